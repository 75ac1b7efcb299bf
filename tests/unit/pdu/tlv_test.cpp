#include "smpp/pdu/tlv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/pdu/hex.h"

namespace anchal::smpp {
namespace {

using test::from_hex;
using testing::ElementsAre;

std::vector<std::string> shown(const Tlvs& tlvs) {
  std::vector<std::string> all;
  for (const Tlv& tlv : tlvs) all.push_back(std::string(tlv_name(tlv.tag)) + "=" + test::to_hex(tlv.value));
  return all;
}

TEST(Tlvs, RawTailIsWalkedInWireOrder) {
  const auto octets = from_hex("0204 0002 0007  3fff 0000  7777 0001 7a");
  EXPECT_THAT(shown(Tlvs(octets)), ElementsAre("user_message_reference=0007", "vendor=", "unknown=7a"));
}

TEST(Tlvs, WalkSkipsAnUncountedNulAndEndsAtWhatItCannotRead) {
  const auto stray = from_hex("00 0427 0001 02  00 0204 0002 0001");
  EXPECT_THAT(shown(Tlvs(stray)), ElementsAre("message_state=02", "user_message_reference=0001"));
  const auto cut = from_hex("0427 0001 02  001e 0009 61");
  EXPECT_THAT(shown(Tlvs(cut)), ElementsAre("message_state=02"));
}

TEST(Tlvs, ListAndRawTailLookTheSame) {
  const auto value = from_hex("0007");
  const std::vector<Tlv> list = {{TlvTag::user_message_reference, value}};
  EXPECT_THAT(shown(Tlvs(list)), ElementsAre("user_message_reference=0007"));
  EXPECT_FALSE(Tlvs(list).empty());
  EXPECT_TRUE(Tlvs().empty());
}

TEST(Tlvs, FirstOfARepeatedTagIsItsValue) {
  const auto octets = from_hex("0204 0002 0001  0204 0002 0002");
  EXPECT_EQ(Tlvs(octets).integer(TlvTag::user_message_reference), 1U);
  EXPECT_EQ(Tlvs(octets).find(TlvTag::message_payload), std::nullopt);
}

TEST(Tlv, IntegersAreReadInAnyWidthPeersSend) {
  const auto wide = from_hex("00000034");
  const auto five = from_hex("0000000034");
  EXPECT_EQ((Tlv{TlvTag::sc_interface_version, wide}.integer()), 0x34U);
  EXPECT_EQ((Tlv{TlvTag::sc_interface_version, Octets(wide).last(1)}.integer()), 0x34U);
  EXPECT_EQ((Tlv{TlvTag::sc_interface_version, {}}.integer()), std::nullopt);
  EXPECT_EQ((Tlv{TlvTag::dest_addr_np_country, five}.integer()), std::nullopt);
}

TEST(Tlv, TextEndsAtItsNulWhetherCountedOrNot) {
  EXPECT_EQ((Tlv{TlvTag::receipted_message_id, as_octets(std::string_view("1d3\0", 4))}.text()), "1d3");
  EXPECT_EQ((Tlv{TlvTag::receipted_message_id, as_octets("1d3")}.text()), "1d3");
}

TEST(TlvTable, IsSortedAndFound) {
  EXPECT_EQ(tlv_table().size(), 64U);
  for (const TlvInfo& row : tlv_table()) EXPECT_EQ(tlv_info(row.tag), &row);
  EXPECT_EQ(tlv_info(static_cast<TlvTag>(0x0001)), nullptr);
  EXPECT_EQ(tlv_name(static_cast<TlvTag>(0x1400)), "vendor");
  EXPECT_EQ(tlv_name(static_cast<TlvTag>(0x3FFF)), "vendor");
  EXPECT_EQ(tlv_name(static_cast<TlvTag>(0x4000)), "unknown");
}

}  // namespace
}  // namespace anchal::smpp
