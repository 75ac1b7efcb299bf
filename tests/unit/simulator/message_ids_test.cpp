#include "engine/simulator/message_ids.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>

namespace anchal::simulator {
namespace {

constexpr IdStyle kStyles[] = {IdStyle::decimal, IdStyle::decimal_padded, IdStyle::hex, IdStyle::hex_lower,
                               IdStyle::uuid};

std::string written(std::uint64_t number, IdStyle style, std::uint64_t seed = 7) {
  MessageIds::Text text;
  return std::string(MessageIds(seed).write(number, style, text));
}

TEST(MessageIds, StylesSpellTheSameNumberAsTheWildDoes) {
  EXPECT_EQ(written(489708364, IdStyle::hex), "1D305B4C");
  EXPECT_EQ(written(489708364, IdStyle::hex_lower), "1d305b4c");
  EXPECT_EQ(written(489708364, IdStyle::decimal), "489708364");
  EXPECT_EQ(written(489708364, IdStyle::decimal_padded), "0489708364");
  EXPECT_EQ(written(12345678901, IdStyle::decimal_padded), "12345678901");
}

TEST(MessageIds, UuidsHaveTheirShapeAndDifferEarly) {
  const std::string first = written(1, IdStyle::uuid);
  ASSERT_EQ(first.size(), 36U);
  EXPECT_EQ(first[8], '-');
  EXPECT_EQ(first[14], '4');
  EXPECT_EQ(first[19], '8');
  EXPECT_NE(first.substr(0, 8), written(2, IdStyle::uuid).substr(0, 8));
  EXPECT_NE(first, written(1, IdStyle::uuid, 8));
}

TEST(MessageIds, ForeignIdsAreNotRead) {
  const MessageIds ids(7);
  for (const IdStyle style : kStyles) {
    EXPECT_EQ(ids.read("", style), std::nullopt);
    EXPECT_EQ(ids.read("-1", style), std::nullopt);
    EXPECT_EQ(ids.read("12x", style), std::nullopt);
    EXPECT_EQ(ids.read("99999999999999999999999999", style), std::nullopt);
  }
  EXPECT_EQ(ids.read("0012", IdStyle::decimal), std::nullopt);
}

RC_GTEST_PROP(MessageIds, WhatIsWrittenIsReadBack, (std::uint64_t seed, std::uint64_t any)) {
  const std::uint64_t number = any & 0x3FFFFFFFFFFFFFFFULL;
  const MessageIds ids(seed);
  for (const IdStyle style : kStyles) {
    MessageIds::Text text;
    RC_ASSERT(ids.read(ids.write(number, style, text), style) == number);
  }
}

}  // namespace
}  // namespace anchal::simulator
