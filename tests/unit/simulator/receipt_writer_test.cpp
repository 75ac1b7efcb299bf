#include "engine/simulator/receipt_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace anchal::simulator {
namespace {

using std::chrono::seconds;

// 2026-03-01 14:05:09 UTC
constexpr WallTime kWall{std::chrono::milliseconds(1772373909000)};

Message message() {
  Message m;
  m.number = 42;
  m.accepted_at = TimePoint{};
  m.source_ton = 5;
  m.dest_ton = 1;
  m.dest_npi = 1;
  m.source = Short<20>("KLGOVT");
  m.destination = Short<20>("919800000001");
  m.text = Short<20>("a text of more than twenty letters");
  return m;
}

TEST(ReceiptWriter, RepeatsTheReferenceOfTheSubmitUnlessToldNotTo) {
  ReceiptWriter writer(kWall);
  Message m = message();
  const auto reference = [&](bool repeat) {
    return writer
        .deliver_sm(m, "42", MessageState::delivered, ReceiptForm::text_and_tlvs, TimePoint{}, repeat)
        .tlvs.integer(smpp::TlvTag::user_message_reference);
  };
  EXPECT_FALSE(reference(true)) << "there was none";
  m.reference = 4711;
  EXPECT_EQ(reference(true), 4711U);
  EXPECT_FALSE(reference(false));
}

TEST(ReceiptWriter, WritesAppendixB) {
  ReceiptWriter writer(kWall);
  const Message of = message();
  const smpp::DeliverSm& pdu =
      writer.deliver_sm(of, "42", MessageState::delivered, ReceiptForm::text, TimePoint{} + seconds(60));
  EXPECT_EQ(smpp::as_text(pdu.short_message),
            "id:42 sub:001 dlvrd:001 submit date:2603011405 done date:2603011406 stat:DELIVRD err:000 "
            "text:a text of more than ");
  EXPECT_EQ(pdu.esm_class, 0x04);
  EXPECT_EQ(pdu.source_addr, "919800000001") << "a receipt comes from the recipient";
  EXPECT_EQ(pdu.destination_addr, "KLGOVT");
  EXPECT_EQ(pdu.dest_addr_ton, 5);
  EXPECT_TRUE(pdu.tlvs.empty());
}

TEST(ReceiptWriter, TlvsCarryIdStateAndError) {
  ReceiptWriter writer(kWall);
  const Message of = message();
  const smpp::DeliverSm& pdu =
      writer.deliver_sm(of, "2A", MessageState::undeliverable, ReceiptForm::tlvs, TimePoint{});
  EXPECT_TRUE(pdu.short_message.empty());
  EXPECT_EQ(pdu.tlvs.find(smpp::TlvTag::receipted_message_id)->text(), "2A");
  EXPECT_EQ(pdu.tlvs.integer(smpp::TlvTag::message_state), 5U);
  const auto error = pdu.tlvs.find(smpp::TlvTag::network_error_code);
  ASSERT_TRUE(error);
  EXPECT_EQ(std::to_integer<int>(error->value[0]), 3);
  EXPECT_EQ(std::to_integer<int>(error->value[2]), 11);
}

TEST(ReceiptWriter, IntermediateOnesSaySo) {
  ReceiptWriter writer(kWall);
  const Message of = message();
  const smpp::DeliverSm& pdu =
      writer.deliver_sm(of, "42", MessageState::enroute, ReceiptForm::text_and_tlvs, TimePoint{});
  EXPECT_EQ(pdu.esm_class, 0x20);
  EXPECT_NE(smpp::as_text(pdu.short_message).find("stat:ENROUTE"), std::string_view::npos);
}

TEST(ReceiptWriter, OtherFormsCarryTheSameWords) {
  ReceiptWriter writer(kWall);
  const Message of = message();
  const smpp::DeliverSm payload =
      writer.deliver_sm(of, "42", MessageState::delivered, ReceiptForm::payload, TimePoint{});
  EXPECT_TRUE(payload.short_message.empty());
  EXPECT_TRUE(payload.tlvs.find(smpp::TlvTag::message_payload)->text().starts_with("id:42 "));

  const smpp::DeliverSm wide =
      writer.deliver_sm(of, "42", MessageState::delivered, ReceiptForm::ucs2, TimePoint{});
  EXPECT_EQ(wide.data_coding, 8);
  EXPECT_LE(wide.short_message.size(), 254U);
  EXPECT_TRUE(smpp::as_text(wide.short_message).starts_with(std::string_view("\0i\0d\0:", 6)));

  const smpp::DataSm& data = writer.data_sm(of, "42", MessageState::deleted, TimePoint{});
  EXPECT_NE(data.tlvs.find(smpp::TlvTag::message_payload)->text().find("stat:DELETED"),
            std::string_view::npos);
  EXPECT_EQ(data.tlvs.integer(smpp::TlvTag::message_state), 4U);
}

TEST(ReceiptWriter, DatesFollowTheClock) {
  ReceiptWriter writer(kWall);
  EXPECT_EQ(writer.date(TimePoint{}), "2603011405");
  EXPECT_EQ(writer.date(TimePoint{}, true), "260301140509000+");
  EXPECT_EQ(writer.date(TimePoint{} + std::chrono::hours(10), true), "260302000509000+");
}

}  // namespace
}  // namespace anchal::simulator
