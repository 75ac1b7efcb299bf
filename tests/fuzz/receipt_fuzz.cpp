// Receipts and message ids. The first octets choose settings and cut the rest into body and TLVs.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "smpp/receipt/fold.h"
#include "smpp/receipt/message_id.h"
#include "smpp/receipt/receipt.h"
#include "smpp/receipt/receipt_settings.h"

namespace {

using namespace anchal::smpp;

/// Hands out pieces of the input; what is not there is empty.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(std::as_bytes(std::span(data, size))) {}

  std::uint8_t octet() {
    const auto piece = take(1);
    return piece.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(piece.front());
  }
  std::span<const std::byte> take(std::size_t n) {
    const auto piece = rest_.first(n < rest_.size() ? n : rest_.size());
    rest_ = rest_.subspan(piece.size());
    return piece;
  }
  std::optional<std::span<const std::byte>> tlv() {
    const std::uint8_t length = octet();
    if (length == 0xFF) return std::nullopt;
    return take(length);
  }
  std::span<const std::byte> rest() { return take(rest_.size()); }

 private:
  std::span<const std::byte> rest_;
};

ReceiptSettings settings_by(std::uint8_t bits) {
  ReceiptSettings settings;
  settings.detect_by_text = bits & 1;
  settings.accept_sme_ack = bits & 2;
  settings.prefer = bits & 4 ? ReceiptSettings::Prefer::text : ReceiptSettings::Prefer::tlv;
  settings.acceptd_is = static_cast<ReceiptSettings::AcceptdIs>(bits >> 3 & 1);
  settings.date = static_cast<ReceiptDateForm>(bits >> 4 & 3);
  if (bits & 64) settings.stat_map = {{"FOO", ReceiptState::delivered}};
  if (bits & 128) {
    auto format = parse_receipt_format("csv:stat,done_date,submit_date,err,ignore,text,id").value();
    settings.format = format.format;
    settings.csv_columns = format.columns;
  }
  return settings;
}

void check(bool law) {
  if (!law) std::abort();
}

/// A key must not change when it is made again from the same id, and a key in decimal is its own key.
void check_keys(std::string_view id, std::uint8_t bits) {
  const MessageIdProfile profile{.response = static_cast<MessageIdBase>(bits % 3),
                                 .receipt = static_cast<MessageIdBase>(bits / 3 % 3),
                                 .fold_case = (bits & 0x10) != 0,
                                 .strip_zeros = (bits & 0x20) != 0,
                                 .prefix_len = static_cast<std::uint16_t>((bits & 0x40) != 0 ? 10 : 0),
                                 .strip_suffix = (bits & 0x80) != 0 ? "@" : ""};
  std::string key;
  std::string again;
  for (const auto side : {MessageIdSide::response, MessageIdSide::receipt}) {
    normalise(id, side, profile, key);
    normalise(id, side, profile, again);
    check(key == again);
    check(key.size() <= id.size() || key.size() <= 160);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  ReceiptParser parser(settings_by(input.octet()));
  const std::uint8_t id_bits = input.octet();
  ReceiptInput pdu;
  pdu.esm_class = input.octet();
  pdu.receipted_message_id = input.tlv();
  pdu.message_state = input.tlv();
  pdu.network_error_code = input.tlv();
  pdu.message_payload = input.tlv();
  pdu.short_message = input.rest();
  const std::optional<anchal::WallTime> arrival{std::chrono::sys_days{std::chrono::year(2026) / 3 / 1}};

  const auto receipt = parser.parse(pdu, arrival);
  if (!receipt) return 0;
  check(!receipt->id.empty());
  check(receipt->id_alt.empty() == ((receipt->warnings & ReceiptWarning::id_mismatch) == 0));
  for (const auto& date : {receipt->submit_date, receipt->done_date}) {
    if (date) (void)date->instant(330);
  }
  for (const auto view : {receipt->id, receipt->id_alt, receipt->stat_raw, receipt->error, receipt->text}) {
    check_keys(view, id_bits);
  }
  const PartState state = apply(PartState::open, part_state(*receipt)).state;
  check(fold({&state, 1}, SegmentPolicy::each, true).outcome != MessageOutcome::pending);
  return 0;
}
