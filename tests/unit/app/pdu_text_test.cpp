#include "engine/app/pdu_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "smpp/text/plan.h"

namespace anchal::app {
namespace {

using nlohmann::json;
using smpp::DeliverSm;
using testing::ElementsAre;
using testing::HasSubstr;

/// The parts of a text as deliver_sm; their octets live as long as this.
struct Delivered {
  explicit Delivered(std::string_view text, const smpp::EncodingProfile& profile = {}) {
    const auto plan = smpp::plan(text, profile);
    for (std::size_t i = 0; i < plan->parts(); ++i) {
      auto& part = octets.emplace_back(plan->octets_in(i));
      EXPECT_EQ(smpp::write_part(*plan, i, 7, part), part.size());
      DeliverSm& pdu = pdus.emplace_back();
      pdu.source_addr = "919800000001";
      pdu.destination_addr = "56070";
      pdu.data_coding = plan->data_coding();
      pdu.esm_class = plan->esm_class();
    }
    for (std::size_t i = 0; i < pdus.size(); ++i) pdus[i].short_message = octets[i];
  }
  std::vector<std::vector<std::byte>> octets;
  std::vector<DeliverSm> pdus;
};

TEST(PduTexts, AShortTextIsReadWithItsTables) {
  const Delivered sent(std::string(100, 'a') + "\u0D2E\u0D34", {.national = smpp::LanguageSet::all()});
  PduTexts texts;
  const json shown = json::parse(texts.describe(smpp::AnyPdu(sent.pdus.at(0)), true).value());
  EXPECT_EQ(shown["alphabet"], "gsm7+locking:malayalam");
  EXPECT_EQ(shown["text"], std::string(100, 'a') + "\u0D2E\u0D34");
  EXPECT_EQ(shown["unread"], 0);
  EXPECT_FALSE(shown.contains("part"));
  EXPECT_TRUE(texts.joined(true).empty());
}

TEST(PduTexts, AnOperatorThatPacksIsReadSo) {
  const smpp::EncodingProfile packed{.default_charset = smpp::Charset::gsm7_packed};
  const std::string text(200, 'x');
  const Delivered sent(text, packed);
  PduTexts texts(packed);
  for (const DeliverSm& pdu : sent.pdus) {
    EXPECT_EQ(json::parse(texts.describe(smpp::AnyPdu(pdu), true).value())["alphabet"], "gsm7_packed");
  }
  EXPECT_EQ(json::parse(texts.joined(true).at(0))["joined"]["text"], text);
}

TEST(PduTexts, PartsAreNumberedAndJoinedInAnyOrder) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "\u0D2E\u0D34 ";
  const Delivered sent(text);
  ASSERT_EQ(sent.pdus.size(), 3U);
  PduTexts texts;
  for (const std::size_t i : {2U, 0U, 1U}) {
    EXPECT_THAT(texts.describe(smpp::AnyPdu(sent.pdus[i]), false).value(),
                HasSubstr("part                      " + std::to_string(i + 1) + " of 3, reference 7\n"));
  }
  const auto joined = texts.joined(true);
  ASSERT_EQ(joined.size(), 1U);
  const json message = json::parse(joined[0])["joined"];
  EXPECT_EQ(message["text"], text);
  EXPECT_EQ(message["missing"], json::array());
}

TEST(PduTexts, WhatDidNotComeIsNamed) {
  const Delivered sent(std::string(400, 'a'));
  PduTexts texts;
  EXPECT_TRUE(texts.describe(smpp::AnyPdu(sent.pdus.at(1)), false));
  EXPECT_THAT(texts.joined(false), ElementsAre(HasSubstr("long message of 3 parts, missing 1, 3\n")));
}

TEST(PduTexts, SarTlvsJoinTooAndAPayloadIsAText) {
  const std::vector<std::byte> hi = {std::byte{'h'}, std::byte{'i'}}, ref = {std::byte{0}, std::byte{9}},
                               one = {std::byte{1}}, two = {std::byte{2}};
  std::vector<smpp::Tlv> first = {{smpp::TlvTag::sar_msg_ref_num, ref},
                                  {smpp::TlvTag::sar_total_segments, two},
                                  {smpp::TlvTag::sar_segment_seqnum, one},
                                  {smpp::TlvTag::message_payload, hi}};
  auto second = first;
  second[2].value = two;
  PduTexts texts;
  smpp::DataSm pdu;
  for (const auto* list : {&first, &second}) {
    pdu.tlvs = smpp::Tlvs(std::span<const smpp::Tlv>(*list));
    EXPECT_EQ(json::parse(texts.describe(smpp::AnyPdu(pdu), true).value())["text"], "hi");
  }
  EXPECT_EQ(json::parse(texts.joined(true).at(0))["joined"]["text"], "hihi");
}

TEST(PduTexts, NoUserDataAndBrokenHeadersAreNoTexts) {
  PduTexts texts;
  EXPECT_FALSE(texts.describe(smpp::AnyPdu(smpp::EnquireLink{}), false));
  EXPECT_FALSE(texts.describe(smpp::AnyPdu(DeliverSm{}), false));
  DeliverSm pdu;
  const std::vector<std::byte> broken = {std::byte{200}, std::byte{0}};
  pdu.esm_class = 0x40;
  pdu.short_message = broken;
  EXPECT_THAT(texts.describe(smpp::AnyPdu(pdu), false).value(), HasSubstr("bad_udh"));
}

}  // namespace
}  // namespace anchal::app
