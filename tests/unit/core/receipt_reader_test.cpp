#include "engine/core/receipts/receipt_reader.h"

#include <gtest/gtest.h>

#include "smpp/text/plan.h"

namespace anchal::core {
namespace {

using namespace std::chrono_literals;
using Unread = ReceiptReader::Unread;
using smpp::Charset;
using smpp::Concatenation;

constexpr std::uint8_t kReceipt = 0x04;
const std::string kText =
    "id:0a1b2c3d-77 sub:001 dlvrd:001 submit date:2603030900 done date:2603030901 stat:DELIVRD err:000 "
    "text:Dear";

/// A text as an SMSC sends it: in this operator's own encoding, cut as its profile says.
class Sent {
 public:
  Sent(std::string text, const smpp::EncodingProfile& profile) : text_(std::move(text)) {
    const auto planned = smpp::plan(std::string_view(text_), profile);
    EXPECT_TRUE(planned);
    for (std::size_t part = 0; part < planned->parts(); ++part) {
      octets_.emplace_back(planned->octets_in(part));
      EXPECT_NE(smpp::write_part(*planned, part, 0x5A, octets_.back()), 0U);
    }
    esm_class_ = kReceipt | planned->esm_class();
    data_coding_ = planned->data_coding();
  }
  [[nodiscard]] std::size_t parts() const { return octets_.size(); }
  [[nodiscard]] ReceiptReader::Arrived part(std::size_t number) const {
    ReceiptReader::Arrived out;
    out.input.esm_class = esm_class_;
    out.input.short_message = octets_.at(number);
    out.data_coding = data_coding_;
    out.source = "919800000001";
    out.destination = "KLGOVT";
    return out;
  }

 private:
  std::string text_;
  std::vector<std::vector<std::byte>> octets_;
  std::uint8_t esm_class_ = 0, data_coding_ = 0;
};

const smpp::EncodingProfile kUcs2{.allowed = {smpp::Alphabet::ucs2}};

class ReceiptReaderTest : public testing::Test {
 protected:
  explicit ReceiptReaderTest() = default;
  void expect_delivered(const std::expected<smpp::Receipt, Unread>& receipt) {
    ASSERT_TRUE(receipt) << static_cast<int>(receipt.error());
    EXPECT_EQ(receipt->id, "0a1b2c3d-77");
    EXPECT_EQ(receipt->state, smpp::ReceiptState::delivered);
  }
  Now now_{};
};

TEST_F(ReceiptReaderTest, APlainReceiptIsReadAsItIs) {
  ReceiptReader reader({}, {});
  const Sent sent(kText, {});
  ASSERT_EQ(sent.parts(), 1U);
  expect_delivered(reader.read(sent.part(0), now_));
}

TEST_F(ReceiptReaderTest, PackedSeptetsAreUnpackedWhereTheOperatorPacks) {
  const smpp::EncodingProfile packed{.default_charset = Charset::gsm7_packed};
  const Sent sent(kText, packed);
  ReceiptReader reader({}, packed);
  expect_delivered(reader.read(sent.part(0), now_));
  expect_delivered(reader.read(Sent(kText, {}).part(0), now_));
  EXPECT_EQ(ReceiptReader({}, {}).read(sent.part(0), now_).error(), Unread::malformed);
}

TEST_F(ReceiptReaderTest, PartsAreJoinedInAnyOrder) {
  for (const auto& profile : {kUcs2, smpp::EncodingProfile{.default_charset = Charset::gsm7_packed},
                              smpp::EncodingProfile{.concatenation = Concatenation::udh16}}) {
    // The state stands in the second part, whatever the alphabet.
    const Sent sent("id:0a1b2c3d-77 " + std::string(140, ' ') + kText.substr(15), profile);
    ASSERT_GE(sent.parts(), 2U);
    for (const bool backwards : {false, true}) {
      ReceiptReader reader({}, profile);
      for (std::size_t i = 0; i + 1 < sent.parts(); ++i) {
        const std::size_t number = backwards ? sent.parts() - 1 - i : i;
        const auto receipt = reader.read(sent.part(number), now_);
        ASSERT_FALSE(receipt);
        EXPECT_EQ(receipt.error(), Unread::incomplete);
      }
      expect_delivered(reader.read(sent.part(backwards ? 0 : sent.parts() - 1), now_));
      EXPECT_EQ(reader.take_lost({now_.mono + 24h, now_.wall}), 0U);
    }
  }
}

TEST_F(ReceiptReaderTest, AWordThatIsCutInTwoIsNotTakenForAState) {
  std::string text = kText;
  const std::size_t state = text.find("DELIVRD");
  text.insert(state - 6, 153 - state - 3, ' ');  // "stat:" moves up to the border
  const Sent sent(text, {});
  ASSERT_EQ(sent.parts(), 2U);
  ReceiptReader reader({}, {});
  EXPECT_EQ(reader.read(sent.part(0), now_).error(), Unread::incomplete);
  expect_delivered(reader.read(sent.part(1), now_));
}

TEST_F(ReceiptReaderTest, AFirstPartThatSaysAllNeedNotWaitForTheRest) {
  const Sent sent(kText + std::string(100, 'x'), {});
  ASSERT_EQ(sent.parts(), 2U);
  ReceiptReader reader({}, {});
  expect_delivered(reader.read(sent.part(0), now_));
  EXPECT_EQ(reader.read(sent.part(1), now_).error(), Unread::incomplete);
  EXPECT_EQ(reader.take_lost({now_.mono + 24h, now_.wall}), 0U) << "nothing was lost";
}

TEST_F(ReceiptReaderTest, WhatNeverBecomesWholeIsLostWhenItsTimeIsOver) {
  const Sent sent(kText, kUcs2);
  ASSERT_EQ(sent.parts(), 2U);
  ReceiptReader reader({}, {});
  EXPECT_EQ(reader.read(sent.part(0), now_).error(), Unread::incomplete);
  EXPECT_EQ(reader.take_lost({now_.mono + 9min, now_.wall}), 0U);
  EXPECT_EQ(reader.take_lost({now_.mono + 10min, now_.wall}), 1U);
  EXPECT_EQ(reader.read(sent.part(1), now_).error(), Unread::incomplete) << "too late";
}

TEST_F(ReceiptReaderTest, SarTlvsNumberPartsTooAndTlvsOfAReceiptNeedNoText) {
  const Sent sent(kText, {});
  ReceiptReader reader({}, {});
  ReceiptReader::Arrived first = sent.part(0), second = sent.part(0);
  first.input.short_message = first.input.short_message.first(60);
  second.input.short_message = second.input.short_message.subspan(60);
  first.sar = smpp::PartNumber{9, 2, 1, true};
  second.sar = smpp::PartNumber{9, 2, 2, true};
  EXPECT_EQ(reader.read(first, now_).error(), Unread::incomplete);
  expect_delivered(reader.read(second, now_));
  const std::vector<std::byte> state = {std::byte{2}};
  first.input.receipted_message_id = std::as_bytes(std::span(kText)).subspan(3, 11);
  first.input.message_state = state;
  expect_delivered(reader.read(first, now_));
}

TEST_F(ReceiptReaderTest, AHeaderFlagWithoutAHeaderAndOrdinaryMessagesAreTakenForWhatTheyAre) {
  ReceiptReader reader({}, {});
  const Sent sent(kText, {});
  ReceiptReader::Arrived flagged = sent.part(0);
  flagged.input.esm_class = 0x44;
  expect_delivered(reader.read(flagged, now_));
  const Sent parts(kText, kUcs2);
  ReceiptReader::Arrived ordinary = parts.part(0);
  ordinary.input.esm_class = 0x40;
  EXPECT_EQ(reader.read(ordinary, now_).error(), Unread::not_a_receipt);
  EXPECT_EQ(reader.take_lost({now_.mono + 24h, now_.wall}), 0U);
}

}  // namespace
}  // namespace anchal::core
