#include "throttle/policy/names.h"

#include <gtest/gtest.h>

namespace anchal::throttle {
namespace {

TEST(Interner, GivesDenseIdsThatStay) {
  Interner names;
  EXPECT_EQ(names.intern("a"), 1u);
  EXPECT_EQ(names.intern("b"), 2u);
  for (int i = 0; i < 10'000; ++i) names.intern("n" + std::to_string(i));
  EXPECT_EQ(names.intern("a"), 1u);
  EXPECT_EQ(names.find("b"), 2u);
  EXPECT_EQ(names.name(2), "b");
  EXPECT_EQ(names.size(), 10'002u);
}

TEST(Interner, WhatIsNotKnownIsZero) {
  Interner places("unknown");
  EXPECT_EQ(places.intern(""), 0u);
  EXPECT_EQ(places.intern("unknown"), 0u);
  EXPECT_EQ(places.find("KL"), 0u);
  EXPECT_EQ(places.name(0), "");
  EXPECT_EQ(places.name(99), "");
  EXPECT_EQ(places.size(), 0u);
}

TEST(Interner, WhatDoesNotFitIsZeroToo) {
  Interner names({}, 2);
  names.intern("a");
  names.intern("b");
  EXPECT_EQ(names.intern("c"), 0u);
  EXPECT_EQ(names.intern("b"), 2u);
  EXPECT_EQ(names.size(), 2u);
}

TEST(Interner, MovedNamesKeepTheirIds) {
  Interner names;
  names.intern("a short one");
  const Interner moved = std::move(names);
  EXPECT_EQ(moved.find("a short one"), 1u);
}

}  // namespace
}  // namespace anchal::throttle
