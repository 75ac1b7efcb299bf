#include "smpp/receipt/receipt.h"

#include <gtest/gtest.h>

#include "tests/unit/receipt/receipt_input.h"

namespace anchal::smpp {
namespace {

using namespace std::string_view_literals;
using test::error_of;
using test::octets;
using test::text_receipt;

constexpr std::string_view kGood =
    "id:0123456789 sub:001 dlvrd:001 submit date:1005232039 done date:1005242339 stat:DELIVRD err:000 "
    "text:Hello";

Receipt parsed(ReceiptParser& parser, const ReceiptInput& input) {
  const auto receipt = parser.parse(input);
  EXPECT_TRUE(receipt.has_value());
  return receipt.value_or(Receipt{});
}

TEST(Receipt, ViewsPointIntoThePdu) {
  ReceiptParser parser;
  const Receipt receipt = parsed(parser, text_receipt(kGood));
  EXPECT_EQ(receipt.id.data(), kGood.data() + 3);
  EXPECT_EQ(receipt.text, "Hello");
}

TEST(Receipt, OnlyTheTypeBitsOfEsmClassCount) {
  ReceiptParser parser;
  for (const int esm_class : {0x04, 0x44, 0x07, 0x84, 0xC7, 0x24}) {
    EXPECT_TRUE(
        parser.parse({.esm_class = static_cast<std::uint8_t>(esm_class), .short_message = octets(kGood)}));
  }
  for (const int esm_class : {0x00, 0x40, 0x03, 0x08, 0x10, 0x18, 0x0C}) {
    EXPECT_EQ(error_of(parser.parse(
                  {.esm_class = static_cast<std::uint8_t>(esm_class), .short_message = octets(kGood)})),
              ReceiptError::not_a_receipt)
        << esm_class;
  }
}

TEST(Receipt, BothTlvsMakeAReceiptWithoutTheBits) {
  ReceiptParser parser;
  const Receipt receipt =
      parsed(parser, {.receipted_message_id = octets("AB\0"sv), .message_state = octets("\2"sv)});
  EXPECT_EQ(receipt.id, "AB");
  EXPECT_FALSE(receipt.by_text);
  EXPECT_EQ(error_of(parser.parse({.receipted_message_id = octets("AB\0"sv)})), ReceiptError::not_a_receipt);
}

TEST(Receipt, FoundByItsTextAloneItSaysSo) {
  ReceiptParser parser({.detect_by_text = true});
  EXPECT_TRUE(parsed(parser, {.short_message = octets(kGood)}).by_text);
  EXPECT_EQ(error_of(parser.parse({.short_message = octets("id:5 is my name")})),
            ReceiptError::not_a_receipt);
}

TEST(Receipt, AnIntermediateNotificationIsNeverFinal) {
  ReceiptParser parser;
  const Receipt receipt = parsed(parser, {.esm_class = 0x20, .short_message = octets(kGood)});
  EXPECT_EQ(receipt.kind, ReceiptKind::intermediate);
  EXPECT_EQ(receipt.state, ReceiptState::delivered);
}

TEST(Receipt, AcceptdIsWhatTheOperatorMeansByIt) {
  const auto input = text_receipt("id:1 stat:ACCEPTD");
  const auto with = [&](ReceiptSettings::AcceptdIs is) {
    ReceiptParser parser({.acceptd_is = is});
    const Receipt receipt = parsed(parser, input);
    return std::pair(receipt.state, receipt.kind);
  };
  using Is = ReceiptSettings::AcceptdIs;
  EXPECT_EQ(with(Is::intermediate), std::pair(ReceiptState::accepted, ReceiptKind::intermediate));
  EXPECT_EQ(with(Is::delivered), std::pair(ReceiptState::delivered, ReceiptKind::final));
  EXPECT_EQ(with(Is::final_accepted), std::pair(ReceiptState::accepted, ReceiptKind::final));
}

TEST(Receipt, ValuesMayBeQuotedOrSpelledAsNothing) {
  ReceiptParser parser;
  Receipt receipt = parsed(parser, text_receipt("id:\"AB-1\" err:... stat:'UNDELIV'"));
  EXPECT_EQ(receipt.id, "AB-1");
  EXPECT_EQ(receipt.state, ReceiptState::undeliverable);
  EXPECT_TRUE(receipt.error.empty());
  EXPECT_EQ(error_of(parser.parse(text_receipt("id:null stat:DELIVRD"))), ReceiptError::no_id);
  EXPECT_EQ(error_of(parser.parse(text_receipt("id: stat:DELIVRD"))), ReceiptError::no_id);
}

TEST(Receipt, TheMessagesOwnWordsDoNotCountWhereTheReceiptHasItsLabels) {
  ReceiptParser parser;
  const Receipt receipt = parsed(parser, text_receipt("id:7 stat:UNDELIV text:stat:DELIVRD err:9 id:8"));
  EXPECT_EQ(receipt.id, "7");
  EXPECT_EQ(receipt.state, ReceiptState::undeliverable);
  EXPECT_TRUE(receipt.error.empty());
  EXPECT_EQ(receipt.text, "stat:DELIVRD err:9 id:8");
}

TEST(Receipt, ALabelInsideAWordIsNone) {
  ReceiptParser parser;
  EXPECT_EQ(error_of(parser.parse(text_receipt("Void:5 restat:DELIVRD"))), ReceiptError::no_id);
  EXPECT_EQ(parsed(parser, text_receipt("alert^id:5 stat:DELIVRD")).id, "5");
}

TEST(Receipt, AStateWithoutItsLabelIsAWordBehindTheDates) {
  ReceiptParser parser;
  const std::string_view dates = "submit date:1801010000 done date:1801010001 ";
  EXPECT_EQ(parsed(parser, text_receipt("id:1 " + std::string(dates) + "done EXPIRED err:0")).state,
            ReceiptState::expired);
  EXPECT_EQ(error_of(parser.parse(text_receipt("id:1 " + std::string(dates) + "000 err:0"))),
            ReceiptError::no_state)
      << "digits there are no state";
  EXPECT_EQ(error_of(parser.parse(text_receipt("id:1 DELIVRD"))), ReceiptError::no_state)
      << "no dates, no place for it";
}

TEST(Receipt, AnOperatorsOwnWordsWinOverTheTable) {
  ReceiptParser parser({.stat_map = {{"rejectd", ReceiptState::expired}}});
  EXPECT_EQ(parsed(parser, text_receipt("id:1 stat:REJECTD")).state, ReceiptState::expired);
}

TEST(Receipt, AnUnknownWordDecidesOnlyWhereThereIsNothingElse) {
  ReceiptParser parser({.prefer = ReceiptSettings::Prefer::text});
  auto input = text_receipt("id:1 stat:HURRAH");
  EXPECT_EQ(parsed(parser, input).state, ReceiptState::unknown);
  EXPECT_EQ(parsed(parser, input).kind, ReceiptKind::soft);
  input.message_state = octets("\2"sv);
  EXPECT_EQ(parsed(parser, input).state, ReceiptState::delivered);
  EXPECT_EQ(parsed(parser, input).warnings, ReceiptWarning::unknown_stat);
}

TEST(Receipt, StatesOutsideTheTableOfTheTlvAreUnknown) {
  ReceiptParser parser;
  const Receipt receipt = parsed(
      parser, {.esm_class = 4, .receipted_message_id = octets("A"), .message_state = octets("\x63"sv)});
  EXPECT_EQ(receipt.state, ReceiptState::unknown);
  EXPECT_EQ(receipt.warnings, ReceiptWarning::unknown_stat);
  EXPECT_EQ(error_of(parser.parse(
                {.esm_class = 4, .receipted_message_id = octets("A"), .message_state = octets("")})),
            ReceiptError::no_state);
}

TEST(Receipt, NetworkErrorCodesOfOddSizesAreKeptOutWithAWarning) {
  ReceiptParser parser;
  auto input = text_receipt("id:1 stat:UNDELIV");
  for (const auto value : {""sv, "\3"sv, "\3\0\1\2"sv}) {
    input.network_error_code = octets(value);
    const Receipt receipt = parsed(parser, input);
    EXPECT_EQ(receipt.warnings, ReceiptWarning::bad_nec);
    EXPECT_FALSE(receipt.network_error_code.has_value());
  }
  input.network_error_code = octets("\3\xFF\xFF"sv);
  EXPECT_EQ(parsed(parser, input).error, "65535");
  input.network_error_code = octets("\3\0\0"sv);
  EXPECT_EQ(parsed(parser, input).error, "000");
}

TEST(Receipt, CommaSeparatedOnesAreReadByTheirColumns) {
  using Column = ReceiptSettings::Column;
  ReceiptParser parser({.format = ReceiptSettings::Format::csv,
                        .csv_columns = {Column::stat, Column::done_date, Column::submit_date, Column::err,
                                        Column::ignore, Column::ignore, Column::id}});
  const Receipt receipt = parsed(
      parser, text_receipt("00,0210021543,0210021500,,447700900123,10110200000000,we2345678i9o03er45ty67u"));
  EXPECT_EQ(receipt.id, "we2345678i9o03er45ty67u");
  EXPECT_EQ(receipt.state, ReceiptState::delivered);
  ASSERT_TRUE(receipt.done_date.has_value());
  EXPECT_EQ(receipt.done_date->minute, 43);
  EXPECT_EQ(error_of(parser.parse(text_receipt("00,0210021543"))), ReceiptError::no_id);
}

TEST(Receipt, WithTlvsOnlyTheTextIsNotRead) {
  ReceiptParser parser({.format = ReceiptSettings::Format::tlv_only});
  auto input = text_receipt(kGood);
  EXPECT_EQ(error_of(parser.parse(input)), ReceiptError::no_id);
  input.receipted_message_id = octets("T\0"sv);
  EXPECT_EQ(error_of(parser.parse(input)), ReceiptError::no_state);
  input.message_state = octets("\5"sv);
  EXPECT_EQ(parsed(parser, input).warnings, 0);
}

TEST(Receipt, DatesThatCannotBeAreSaid) {
  ReceiptParser parser;
  EXPECT_EQ(
      parsed(parser, text_receipt("id:1 stat:DELIVRD submit date:2601021200 done date:2601021100")).warnings,
      ReceiptWarning::implausible_date);
  EXPECT_EQ(parsed(parser, text_receipt("id:1 stat:DELIVRD submit date:260102120059 done date:2601021200"))
                .warnings,
            0);
  const WallTime arrival = std::chrono::sys_days{std::chrono::year(2026) / 1 / 2};
  const auto late = parser.parse(text_receipt("id:1 stat:DELIVRD done date:2601041200"), arrival);
  ASSERT_TRUE(late.has_value());
  EXPECT_EQ(late->warnings, ReceiptWarning::implausible_date);
}

TEST(Receipt, StatesReadAndWriteTheSame) {
  for (int i = 0; i < 10; ++i) {
    const auto state = static_cast<ReceiptState>(i);
    EXPECT_EQ(parse_receipt_state(to_string(state)), state);
  }
  EXPECT_EQ(parse_receipt_state("DELIVRD"), std::nullopt);
}

}  // namespace
}  // namespace anchal::smpp
