#include "smpp/pdu/encode.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "smpp/pdu/decode.h"
#include "tests/unit/pdu/hex.h"

namespace anchal::smpp {
namespace {

using test::to_hex;

SubmitSm hello() {
  return {.source_addr_ton = 5,
          .source_addr = "ACME",
          .dest_addr_ton = 1,
          .dest_addr_npi = 1,
          .destination_addr = "447700900123",
          .registered_delivery = 1,
          .short_message = as_octets("Hello")};
}

TEST(Encode, SubmitSmLiesOnTheWireAsTheBookSays) {
  Buffer out;
  ASSERT_EQ(encode(out, 3, hello()), 54U);
  EXPECT_EQ(to_hex(out.bytes()),
            "00000036000000040000000000000003"
            "00050041434d45000101343437373030393030313233000000000000010000000548656c6c6f");
}

TEST(Encode, AppendsBehindWhatIsThere) {
  Buffer out;
  encode_header(out, CommandId::enquire_link, 0, 1);
  ASSERT_TRUE(encode(out, 2, DeliverSmResp{}));
  EXPECT_EQ(to_hex(out.bytes()),
            "0000001000000015000000000000000100000011800000050000000000000002"
            "00");
}

TEST(Encode, WhatWouldShiftTheFieldsIsRefusedAndNothingIsWritten) {
  Buffer out;
  out.append(as_octets("before"));
  SubmitSm pdu = hello();
  pdu.destination_addr = std::string_view(
      "44\0"
      "700",
      6);
  const auto nul = encode(out, 1, pdu);
  ASSERT_FALSE(nul);
  EXPECT_EQ(nul.error().kind, EncodeErrorKind::nul_in_string);
  EXPECT_EQ(nul.error().field, "destination_addr");

  const std::string text(256, 'x');
  pdu = hello();
  pdu.short_message = as_octets(text);
  ASSERT_FALSE(encode(out, 1, pdu));
  EXPECT_EQ(encode(out, 1, pdu).error().field, "short_message");

  const std::string payload(65536, 'x');
  const std::vector<Tlv> tlvs = {{TlvTag::message_payload, as_octets(payload)}};
  pdu = hello();
  pdu.tlvs = Tlvs(tlvs);
  ASSERT_FALSE(encode(out, 1, pdu));
  EXPECT_EQ(encode(out, 1, pdu).error().field, "message_payload");

  const std::vector<DestAddress> many(256);
  EXPECT_EQ(encode(out, 1, SubmitMulti{.dest_address = std::span(many)}).error().kind,
            EncodeErrorKind::too_long);
  EXPECT_EQ(as_text(out.bytes()), "before");
}

TEST(Encode, APasswordLongerThanTheBookIsSent) {
  BindTransceiver bind;
  bind.system_id = "hub";
  bind.password = "a-password-of-many-characters";
  Buffer out;
  ASSERT_TRUE(encode(out, 1, bind));
  const Frame frame{read_header(out.data()), out.bytes().subspan(kHeaderSize)};
  EXPECT_FALSE(decode<BindTransceiver>(frame, DecodeMode::strict));
  EXPECT_EQ(decode<BindTransceiver>(frame, DecodeMode::lenient)->pdu.password,
            "a-password-of-many-characters");
}

TEST(Encode, LongestSubmitSmFitsTheLimit) {
  const std::string payload(65535, 'x');
  const std::vector<Tlv> tlvs = {{TlvTag::message_payload, as_octets(payload)}};
  SubmitSm pdu = hello();
  pdu.short_message = {};
  pdu.tlvs = Tlvs(tlvs);
  Buffer out;
  const auto size = encode(out, 1, pdu);
  ASSERT_TRUE(size);
  EXPECT_LT(*size, kMaxCommandLength);
}

TEST(Encode, OctetsToComeAreWrittenStraightIntoTheirPlaceWhereverThatIs) {
  const std::string text = "straight into the PDU";
  std::vector<const std::byte*> places;
  const auto writer = [&](std::span<std::byte> place) {
    ASSERT_EQ(place.size(), text.size());
    places.push_back(place.data());
    std::memcpy(place.data(), text.data(), place.size());
  };
  Buffer straight, copied;
  SubmitSm pdu = hello();
  pdu.short_message = octets_to_come(text.size());
  ASSERT_TRUE(encode(straight, 7, pdu, 0, Fill(writer)));
  pdu.short_message = as_octets(text);
  ASSERT_TRUE(encode(copied, 7, pdu));
  EXPECT_EQ(to_hex(straight.bytes()), to_hex(copied.bytes()));
  ASSERT_EQ(places.size(), 1U);
  EXPECT_EQ(places[0], straight.data() + straight.size() - text.size());

  std::vector<Tlv> tlvs = {{TlvTag::message_payload, octets_to_come(text.size())},
                           {TlvTag::user_message_reference, as_octets("ab")}};
  pdu.short_message = {};
  pdu.tlvs = Tlvs(std::span<const Tlv>(tlvs));
  straight.clear();
  ASSERT_TRUE(encode(straight, 8, pdu, 0, Fill(writer)));
  tlvs[0].value = as_octets(text);
  copied.clear();
  ASSERT_TRUE(encode(copied, 8, pdu));
  EXPECT_EQ(to_hex(straight.bytes()), to_hex(copied.bytes()));
}

TEST(Encode, WithoutAWriterNothingGoesOutForOctetsToCome) {
  Buffer out;
  SubmitSm pdu = hello();
  pdu.short_message = octets_to_come(5);
  ASSERT_FALSE(encode(out, 1, pdu));
  EXPECT_EQ(encode(out, 1, pdu).error().kind, EncodeErrorKind::nobody_writes);
  EXPECT_EQ(encode(out, 1, pdu).error().field, "short_message");
  const std::vector<Tlv> tlvs = {{TlvTag::message_payload, octets_to_come(0)}};
  pdu.short_message = {};
  pdu.tlvs = Tlvs(std::span<const Tlv>(tlvs));
  EXPECT_EQ(encode(out, 1, pdu).error().field, "message_payload");
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace anchal::smpp
