#include "engine/core/receipts/receipt_reader.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "smpp/text/decode.h"
#include "smpp/text/plan.h"

namespace anchal::core {

using smpp::Receipt;
using smpp::ReceiptInput;

namespace {

// Parts come one behind the other, or not at all: the SMSC has the whole text.
constexpr smpp::Reassembler::Limits kLimits = {
    .timeout = std::chrono::minutes(10), .messages_max = 1000, .octets_max = std::size_t{1} << 20U};

std::span<const std::byte> user_data_of(const ReceiptInput& input) {
  if (!input.short_message.empty() || !input.message_payload) return input.short_message;
  return *input.message_payload;
}

/// A word that no table knows may be the half of one.
bool is_sure(const std::expected<Receipt, ReceiptReader::Unread>& receipt) {
  return receipt && (receipt->warnings & smpp::ReceiptWarning::unknown_stat) == 0;
}

}  // namespace

ReceiptReader::ReceiptReader(smpp::ReceiptSettings settings, const smpp::EncodingProfile& profile)
    : parser_(std::move(settings)), profile_(profile), parts_(kLimits) {}

std::expected<Receipt, ReceiptReader::Unread> ReceiptReader::parse(const ReceiptInput& input, Now now) {
  auto receipt = parser_.parse(input, now.wall);
  if (receipt) return *receipt;
  return std::unexpected(receipt.error() == smpp::ReceiptError::not_a_receipt ? Unread::not_a_receipt
                                                                              : Unread::malformed);
}

std::expected<Receipt, ReceiptReader::Unread> ReceiptReader::parse_text(const ReceiptInput& input, Now now) {
  ReceiptInput decoded = input;
  decoded.esm_class = static_cast<std::uint8_t>(decoded.esm_class & ~smpp::kUdhiFlag);
  decoded.short_message = std::as_bytes(std::span(text_));
  decoded.message_payload.reset();
  return parse(decoded, now);
}

std::expected<Receipt, ReceiptReader::Unread> ReceiptReader::read(const Arrived& arrived, Now now) {
  const bool headed = (arrived.input.esm_class & smpp::kUdhiFlag) != 0 || arrived.sar.has_value();
  const bool packed = profile_.default_charset == smpp::Charset::gsm7_packed;
  auto receipt = parse(arrived.input, now);
  if (!headed && !packed) return receipt;
  if (is_sure(receipt) || (!receipt && receipt.error() == Unread::not_a_receipt)) return receipt;
  auto decoded = read_decoded(arrived, now);
  if (decoded || decoded.error() == Unread::incomplete) return decoded;
  return parse(arrived.input, now);  // anew: its views are gone
}

std::expected<Receipt, ReceiptReader::Unread> ReceiptReader::read_decoded(const Arrived& arrived, Now now) {
  auto received = smpp::open_user_data(user_data_of(arrived.input), arrived.data_coding,
                                       arrived.input.esm_class, profile_);
  if (!received) return std::unexpected(Unread::malformed);
  // Labels and words are ASCII in every set, and what data_coding says of the rest is often wrong: the parser
  // tells UTF-16 by itself.
  const auto alphabet = received->format.alphabet;
  if (alphabet != smpp::ReceivedAlphabet::ucs2 && alphabet != smpp::ReceivedAlphabet::gsm7_packed) {
    received->format = {.alphabet = smpp::ReceivedAlphabet::latin1};
  }
  text_.clear();
  smpp::decode_body(received->body, received->format, text_);
  auto alone = parse_text(arrived.input, now);
  const auto part = received->header.part ? received->header.part : arrived.sar;
  if (is_sure(alone) || !part || part->total < 2) return alone;
  parts_.add({arrived.source, arrived.destination, *part, *received}, now.mono, done_);
  const auto whole = std::ranges::find_if(done_, &smpp::Reassembled::complete);
  const bool found = whole != done_.end();
  if (found) text_ = std::move(whole->text);
  count_lost();
  if (!found) return std::unexpected(Unread::incomplete);
  return parse_text(arrived.input, now);
}

/// A first part that named message and state was enough: of that receipt only the rest waits.
void ReceiptReader::count_lost() {
  for (const smpp::Reassembled& message : done_) {
    lost_ += message.complete() || std::ranges::find(message.missing, 1) != message.missing.end() ? 0 : 1;
  }
  done_.clear();
}

std::size_t ReceiptReader::take_lost(Now now) {
  parts_.expire(now.mono, done_);
  count_lost();
  return std::exchange(lost_, 0);
}

}  // namespace anchal::core
