#include "smpp/receipt/receipt_settings.h"

#include <gtest/gtest.h>

namespace anchal::smpp {
namespace {

using Column = ReceiptSettings::Column;

TEST(ReceiptSettings, FormatsAreReadWithTheirColumns) {
  EXPECT_EQ(parse_receipt_format("appendix_b")->format, ReceiptSettings::Format::appendix_b);
  EXPECT_EQ(parse_receipt_format("tlv_only")->format, ReceiptSettings::Format::tlv_only);
  const auto csv = parse_receipt_format("csv:stat,ignore,id");
  ASSERT_TRUE(csv.has_value());
  EXPECT_EQ(csv->columns, (std::vector{Column::stat, Column::ignore, Column::id}));
  for (const auto* wrong : {"", "csv", "csv:", "csv:stat", "csv:id,", "csv:id,colour", "json"}) {
    EXPECT_FALSE(parse_receipt_format(wrong).has_value()) << wrong;
  }
}

TEST(ReceiptSettings, OffsetsAreReadWithAndWithoutTheColon) {
  EXPECT_EQ(parse_utc_offset("+05:30"), 330);
  EXPECT_EQ(parse_utc_offset("-0300"), -180);
  EXPECT_EQ(parse_utc_offset("UTC"), 0);
  EXPECT_EQ(parse_utc_offset("+14:00"), 840);
  for (const auto* wrong :
       {"", "5:30", "+5:30", "+05.30", "+05:60", "+14:01", "+0a:00", "Asia/Kolkata", "+05:300"}) {
    EXPECT_FALSE(parse_utc_offset(wrong).has_value()) << wrong;
  }
}

TEST(ReceiptSettings, UnknownWordsAreRefused) {
  EXPECT_EQ(parse_prefer("text"), ReceiptSettings::Prefer::text);
  EXPECT_EQ(parse_prefer("both"), std::nullopt);
  EXPECT_EQ(parse_acceptd_is("final_accepted"), ReceiptSettings::AcceptdIs::final_accepted);
  EXPECT_EQ(parse_receipt_date_form("epoch"), ReceiptDateForm::epoch_seconds);
  EXPECT_EQ(parse_message_id_base("hex"), MessageIdBase::hex);
  EXPECT_EQ(parse_message_id_base("HEX"), std::nullopt);
}

}  // namespace
}  // namespace anchal::smpp
