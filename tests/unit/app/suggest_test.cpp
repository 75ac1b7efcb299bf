#include "engine/app/suggest.h"

#include <gtest/gtest.h>

#include <array>

namespace anchal::app {
namespace {

constexpr std::array<std::string_view, 5> kWords{"window", "lease_ms", "tps", "failover", "enquire_link_s"};

TEST(Suggest, FindsTheWordWithLettersSwappedMissingOrWrong) {
  EXPECT_EQ(nearest("widnow", kWords), "window");
  EXPECT_EQ(nearest("windw", kWords), "window");
  EXPECT_EQ(nearest("failovr", kWords), "failover");
  EXPECT_EQ(nearest("tpss", kWords), "tps");
}

TEST(Suggest, FindsTheSettingWhoseUnitWasForgotten) {
  EXPECT_EQ(nearest("lease", kWords), "lease_ms");
  EXPECT_EQ(nearest("enquire_link", kWords), "enquire_link_s");
}

TEST(Suggest, SaysNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest("colour", kWords), "");
  EXPECT_EQ(nearest("", kWords), "");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace anchal::app
