#include "smpp/receipt/message_id.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace anchal::smpp {
namespace {

std::string key(std::string_view id, const MessageIdProfile& profile = {},
                MessageIdSide side = MessageIdSide::receipt) {
  std::string out = "left over";
  normalise(id, side, profile, out);
  return out;
}

TEST(MessageId, IsTrimmedAndCutAtItsNul) {
  EXPECT_EQ(key("  AB18 \t"), "AB18");
  EXPECT_EQ(key(std::string_view("AB\0CD", 5)), "AB");
  EXPECT_EQ(key(""), "");
}

TEST(MessageId, EachSideHasItsBase) {
  const MessageIdProfile profile{.response = MessageIdBase::hex, .receipt = MessageIdBase::dec};
  EXPECT_EQ(key("1D305B4C", profile, MessageIdSide::response), "489708364");
  EXPECT_EQ(key("0489708364", profile, MessageIdSide::receipt), "489708364");
  EXPECT_EQ(key("1D305B4C", profile, MessageIdSide::receipt), "1D305B4C") << "not decimal: stays as it is";
}

TEST(MessageId, NumbersOfAnySizeAreExact) {
  const MessageIdProfile hex{.receipt = MessageIdBase::hex};
  EXPECT_EQ(key("ffffffffffffffff", hex), "18446744073709551615");
  EXPECT_EQ(key("10000000000000000", hex), "18446744073709551616");
  EXPECT_EQ(key("2E179B310EDE971B2760C72B7F026E1B", hex), "61267058294122845644591348796459478555");
  EXPECT_EQ(key(std::string(128, 'f'), hex),
            "134078079299425970995740249982058461274793658205923933777235614437217640300735469768018742981669"
            "03427690031"
            "858186486050853753882811946569946433649006084095");
  EXPECT_EQ(key(std::string(129, 'f'), hex), std::string(129, 'f')) << "longer than any id: stays text";
  EXPECT_EQ(key("000", hex), "0");
  EXPECT_EQ(key("000", {.receipt = MessageIdBase::dec}), "0");
}

TEST(MessageId, OnlyNumbersLoseZeros) {
  const MessageIdProfile profile{.strip_zeros = true};
  EXPECT_EQ(key("00B8BE19", profile), "B8BE19");
  EXPECT_EQ(key("0e999f21-81ef-4b70-8d8f-1f2e3d4c5b6a", profile), "0e999f21-81ef-4b70-8d8f-1f2e3d4c5b6a");
  EXPECT_EQ(key("0000", profile), "0");
}

TEST(MessageId, ASuffixEndsTheIdUnlessNothingWouldBeLeft) {
  const MessageIdProfile profile{.strip_suffix = "@"};
  EXPECT_EQ(key("17.1@12025550143", profile), "17.1");
  EXPECT_EQ(key("@12025550143", profile), "@12025550143");
}

TEST(MessageId, APrefixOfTextIsComparedAndNumbersAreWhole) {
  EXPECT_EQ(key("4a38dc46-5125", {.prefix_len = 10}), "4a38dc46-5");
  EXPECT_EQ(key("12345678", {.receipt = MessageIdBase::dec, .prefix_len = 3}), "12345678");
}

RC_GTEST_PROP(MessageIdProperty, ANumberHasOneKeyInBothBasesWhateverItsCaseAndZeros, (std::uint64_t value)) {
  const MessageIdProfile profile{.response = MessageIdBase::hex, .receipt = MessageIdBase::dec};
  char hex[64];
  std::snprintf(hex, sizeof hex, *rc::gen::arbitrary<bool>() ? "%0*lX" : "%0*lx", *rc::gen::inRange(1, 30),
                value);
  const std::string dec = std::string(*rc::gen::inRange<std::size_t>(0, 10), '0') + std::to_string(value);
  RC_ASSERT(key(hex, profile, MessageIdSide::response) == std::to_string(value));
  RC_ASSERT(key(dec, profile, MessageIdSide::receipt) == std::to_string(value));
}

RC_GTEST_PROP(MessageIdProperty, AKeyOfItsOwnKeyIsTheSameOnADecimalSide, (const std::string& id)) {
  const MessageIdProfile profile{.receipt = *rc::gen::element(MessageIdBase::raw, MessageIdBase::dec),
                                 .fold_case = *rc::gen::arbitrary<bool>(),
                                 .strip_zeros = *rc::gen::arbitrary<bool>()};
  const std::string once = key(id, profile);
  RC_ASSERT(key(once, profile) == once);
}

}  // namespace
}  // namespace anchal::smpp
