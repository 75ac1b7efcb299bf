#include "engine/core/doubt/evidence.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/core/doubt/doubt.h"
#include "engine/core/source_address.h"

namespace anchal::core {
namespace {

using namespace std::chrono_literals;

TEST(AddressToken, IsTheSameHoweverAReceiptSpellsNumberAndSender) {
  const auto token = address_token("919800000001", "KLGOVT");
  EXPECT_EQ(address_token("+919800000001", "KLGOVT"), token);
  EXPECT_EQ(address_token("9800000001", "klgovt"), token) << "national, and a sender in other letters";
  EXPECT_EQ(address_token("00919800000001", "KLGOVT"), token);
  EXPECT_EQ(address_token("919800000001", "+4711"), address_token("919800000001", "4711"));
}

TEST(AddressToken, DiffersForAnotherNumberOrSender) {
  const auto token = address_token("919800000001", "KLGOVT");
  EXPECT_NE(address_token("919800000002", "KLGOVT"), token);
  EXPECT_NE(address_token("919800000001", "KLGOV"), token);
  EXPECT_EQ(address_token("", "KLGOVT"), 0u);
  EXPECT_EQ(address_token("no digits", "KLGOVT"), 0u);
}

TEST(PartReference, FollowsFromThePartAloneAndDiffersWithinAMessage) {
  std::set<std::uint16_t> references;
  for (std::size_t part = 0; part < 255; ++part) {
    const auto reference = part_reference(0x1122334455667788u, 7, false, part);
    EXPECT_EQ(reference, part_reference(0x1122334455667788u, 7, false, part));
    EXPECT_NE(reference, 0);
    references.insert(reference);
  }
  EXPECT_EQ(references.size(), 255u);
  EXPECT_NE(part_reference(0x1122334455667788u, 7, true, 0), part_reference(0x1122334455667788u, 7, false, 0))
      << "the second copy has its own";
}

TEST(PartReference, SpreadsOverAllValues) {
  std::set<std::uint16_t> references;
  for (std::uint32_t index = 0; index < 65'535; ++index)
    references.insert(part_reference(1, index, false, 0));
  EXPECT_GT(references.size(), 65'535u * 6 / 10);  // 1 - 1/e of them, if at random
}

TEST(Stray, ComesBackAsItWentInAndNoPieceOfItDoes) {
  Stray stray;
  stray.state = smpp::PartState::undeliverable;
  stray.is_final = true;
  stray.error = "011";
  stray.origin.reference = 4711;
  stray.origin.submitted = WallTime(1'772'373'900'000ms);
  stray.origin.arrived = WallTime(1'772'373'909'000ms);
  std::string packed;
  stray.pack(packed);
  const auto again = Stray::unpack(packed);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->state, stray.state);
  EXPECT_TRUE(again->is_final);
  EXPECT_EQ(again->error, "011");
  EXPECT_EQ(again->origin.reference, stray.origin.reference);
  EXPECT_EQ(again->origin.submitted, stray.origin.submitted);
  EXPECT_EQ(again->origin.arrived, stray.origin.arrived);
  for (std::size_t size = 0; size < packed.size(); ++size)
    EXPECT_FALSE(Stray::unpack(packed.substr(0, size)));
}

TEST(WrittenWithin, FitsADateGivenToTheMinute) {
  const WrittenWithin written{WallTime(600s), WallTime(605s)};
  EXPECT_TRUE(written.fits(WallTime(540s)));
  EXPECT_TRUE(written.fits(WallTime(480s)));
  EXPECT_FALSE(written.fits(WallTime(479s)));
  EXPECT_TRUE(written.fits(WallTime(725s)));
  EXPECT_FALSE(written.fits(WallTime(726s)));
}

TEST(Doubt, OpenPartsAreThoseWithoutAnyAnswer) {
  Doubt doubt;
  doubt.parts = 4;
  Progress progress;
  progress.accepted = std::string("\x01\x00\x00\x00", 4);
  EXPECT_EQ(doubt.open_parts(progress), (std::vector<std::uint8_t>{1, 2, 3}));
  EXPECT_TRUE(doubt.take_answer(2));
  EXPECT_FALSE(doubt.take_answer(2)) << "the first answer counts";
  EXPECT_FALSE(doubt.take_answer(4)) << "no such part";
  EXPECT_EQ(doubt.open_parts(progress), (std::vector<std::uint8_t>{1, 3}));
  EXPECT_EQ(doubt.open_parts(std::nullopt), (std::vector<std::uint8_t>{0, 1, 3}));
}

TEST(SourceAddress, IsThatOfTheSubmit) {
  OperatorConfig config;
  config.source_ton = 2;
  config.source_npi = 8;
  const auto number = source_address(config, "+4711");
  EXPECT_EQ(number.ton, 2);
  EXPECT_EQ(number.npi, 8);
  EXPECT_EQ(number.address, "4711");
  const auto name = source_address(config, "KLGOVT");
  EXPECT_EQ(name.ton, 5);
  EXPECT_EQ(name.npi, 0);
  EXPECT_EQ(name.address, "KLGOVT");
}

}  // namespace
}  // namespace anchal::core
