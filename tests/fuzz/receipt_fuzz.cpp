// Receipts and message ids. The first octet chooses settings, the second a profile of ids, the third is
// esm_class. Its highest bit, which says nothing of receipts, draws the rest as a receipt by Appendix B;
// without it the rest is cut into TLVs and body. The laws: views and warnings agree; a key stays a key; what
// is drawn is what is parsed, in every spelling, order and encoding, under every setting.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "smpp/receipt/fold.h"
#include "smpp/receipt/message_id.h"
#include "smpp/receipt/receipt.h"
#include "smpp/receipt/receipt_settings.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/receipt_draw.h"

namespace {

using namespace anchal::smpp;
using anchal::WallTime;
using anchal::fuzz::check;
using anchal::fuzz::DrawnReceipt;
using anchal::fuzz::Input;
using anchal::fuzz::ReceiptDraw;

constexpr WallTime kArrival{std::chrono::sys_days{std::chrono::year(2026) / 3 / 1}};
constexpr std::uint8_t kDrawn = 0x80;

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

/// What the first octet has no bits for.
void set_more(std::uint8_t bits, ReceiptSettings& settings) {
  if (bits & 1) settings.acceptd_is = ReceiptSettings::AcceptdIs::final_accepted;
  if (bits & 2) settings.format = ReceiptSettings::Format::tlv_only;
  if (bits & 4) settings.utc_offset_minutes = 330;
  if (bits & 8) settings.utc_offset_minutes = -720;
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

void check_receipt(const Receipt& receipt, std::uint8_t id_bits) {
  check(!receipt.id.empty());
  check(receipt.id_alt.empty() == ((receipt.warnings & ReceiptWarning::id_mismatch) == 0));
  for (const auto& date : {receipt.submit_date, receipt.done_date}) {
    if (date) (void)date->instant(330);
  }
  for (const auto view : {receipt.id, receipt.id_alt, receipt.stat_raw, receipt.error, receipt.text}) {
    check_keys(view, id_bits);
  }
  const PartState state = apply(PartState::open, part_state(receipt)).state;
  check(fold({&state, 1}, SegmentPolicy::each, true).outcome != MessageOutcome::pending);
}

ReceiptInput cut(Input& input, std::uint8_t esm_class) {
  const auto tlv = [&input]() -> std::optional<std::span<const std::byte>> {
    const std::uint8_t length = input.octet();
    if (length == 0xFF) return std::nullopt;
    return input.take(length);
  };
  ReceiptInput pdu;
  pdu.esm_class = esm_class;
  pdu.receipted_message_id = tlv();
  pdu.message_state = tlv();
  pdu.network_error_code = tlv();
  pdu.message_payload = tlv();
  pdu.short_message = input.take(SIZE_MAX);
  return pdu;
}

// --- what is drawn is what is parsed ---------------------------------------------------------------------

/// SMPP 3.4 §5.2.12: whether a PDU is a receipt at all.
bool is_receipt(const DrawnReceipt& drawn, std::uint8_t esm_class, const ReceiptSettings& settings) {
  switch (esm_class >> 2 & 0xF) {
    case 1:  // delivery receipt
    case 8:  // intermediate notification
    case 9:  // both
      return true;
    case 2:  // acknowledgement by the SME
      return settings.accept_sme_ack;
    case 4:  // acknowledgement by the user
    case 6:  // conversation abort
      return false;
    default:
      return (drawn.receipted_message_id && drawn.message_state) ||
             (settings.detect_by_text && drawn.labelled_id && drawn.labelled_stat);
  }
}

void check_ids(const DrawnReceipt& drawn, const Receipt& receipt, bool prefer_text) {
  const bool both = !drawn.id.empty() && !drawn.tlv_id.empty();
  const bool text_first = drawn.tlv_id.empty() || (both && prefer_text);
  check(receipt.id == (text_first ? drawn.id : drawn.tlv_id));
  const std::string_view other = text_first ? drawn.tlv_id : drawn.id;
  check(receipt.id_alt == (other == receipt.id ? "" : other));
  if (!drawn.number) return;
  // A response that spells the number as the TLV does, and receipts that spell it as the text does.
  const auto base = [](bool is_hex) { return is_hex ? MessageIdBase::hex : MessageIdBase::dec; };
  const MessageIdProfile profile{.response = base(drawn.number->tlv_is_hex),
                                 .receipt = base(drawn.number->id_is_hex),
                                 .strip_suffix = "@"};
  std::string key;
  if (!drawn.id.empty()) {
    normalise(drawn.id, MessageIdSide::receipt, profile, key);
    check(key == std::to_string(drawn.number->value));
  }
  normalise(drawn.tlv_id, MessageIdSide::response, profile, key);
  check(key == std::to_string(drawn.number->value));
}

std::optional<ReceiptState> state_of(const DrawnReceipt& drawn, const ReceiptSettings& settings) {
  const bool unknown =
      (!drawn.stat.empty() && !drawn.stat_means) || (drawn.message_state && !drawn.tlv_state);
  const bool prefer_text = settings.prefer == ReceiptSettings::Prefer::text;
  auto state = prefer_text ? drawn.stat_means : drawn.tlv_state;
  if (!state) state = prefer_text ? drawn.tlv_state : drawn.stat_means;
  if (!state && unknown) state = ReceiptState::unknown;
  const bool delivered = settings.acceptd_is == ReceiptSettings::AcceptdIs::delivered;
  return state == ReceiptState::accepted && delivered ? ReceiptState::delivered : state;
}

ReceiptKind kind_of(ReceiptState state, std::uint8_t esm_class, const ReceiptSettings& settings) {
  const bool accepted_ends = settings.acceptd_is != ReceiptSettings::AcceptdIs::intermediate;
  if ((esm_class & 0x3C) == 0x20 || state == ReceiptState::scheduled || state == ReceiptState::enroute ||
      (state == ReceiptState::accepted && !accepted_ends)) {
    return ReceiptKind::intermediate;
  }
  return state == ReceiptState::unknown ? ReceiptKind::soft : ReceiptKind::final;
}

void check_error(const DrawnReceipt& drawn, const Receipt& receipt) {
  const auto& nec = drawn.network_error_code;
  const bool fits = nec && nec->size() == 3;
  check(((receipt.warnings & ReceiptWarning::bad_nec) != 0) == (nec && !fits));
  if (fits && nec->find_first_not_of("0123456789") != std::string::npos) {
    const auto octet = [&nec](std::size_t i) { return static_cast<std::uint8_t>((*nec)[i]); };
    const auto code = static_cast<std::uint16_t>(octet(1) << 8 | octet(2));
    check(receipt.network_error_code == NetworkErrorCode{octet(0), code});
    const std::string digits = std::to_string(code);
    const std::string padded = std::string(3 - std::min<std::size_t>(digits.size(), 3), '0') + digits;
    check(!drawn.err.empty() || receipt.error == padded);
  } else {
    check(!receipt.network_error_code && (!drawn.err.empty() || receipt.error == (fits ? *nec : "")));
  }
  if (!drawn.err.empty()) check(receipt.error == drawn.err);
}

void check_dates(const DrawnReceipt& drawn, const Receipt& receipt, std::int16_t offset) {
  check(receipt.submit_date == drawn.submit_date && receipt.done_date == drawn.done_date);
  check((receipt.warnings & ReceiptWarning::bad_date) == 0);
  const bool implausible = (receipt.warnings & ReceiptWarning::implausible_date) != 0;
  if (!drawn.done_date) return check(!implausible);
  const WallTime done = drawn.done_date->instant(offset);
  const WallTime submit = drawn.submit_date ? drawn.submit_date->instant(offset) : done;
  if (submit <= done && done <= kArrival) check(!implausible);
  if (done + std::chrono::hours(1) < submit || done > kArrival + std::chrono::days(2)) check(implausible);
}

void check_drawn(const DrawnReceipt& drawn, const std::expected<Receipt, ReceiptError>& receipt,
                 std::uint8_t esm_class, const ReceiptSettings& settings) {
  const auto state = state_of(drawn, settings);
  if (!is_receipt(drawn, esm_class, settings)) {
    return check(!receipt && receipt.error() == ReceiptError::not_a_receipt);
  }
  if (drawn.id.empty() && drawn.tlv_id.empty()) {
    return check(!receipt && receipt.error() == ReceiptError::no_id);
  }
  if (!state) return check(!receipt && receipt.error() == ReceiptError::no_state);
  check(receipt.has_value());
  check_ids(drawn, *receipt, settings.prefer == ReceiptSettings::Prefer::text);
  check(receipt->state == *state && receipt->kind == kind_of(*state, esm_class, settings));
  check(receipt->stat_raw == drawn.stat && receipt->text == drawn.text);
  const bool differ = drawn.tlv_state && drawn.stat_means && drawn.tlv_state != drawn.stat_means;
  check(((receipt->warnings & ReceiptWarning::state_mismatch) != 0) == differ);
  check_error(drawn, *receipt);
  check_dates(drawn, *receipt, settings.utc_offset_minutes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  ReceiptSettings settings = settings_by(input.octet());
  const std::uint8_t id_bits = input.octet();
  const std::uint8_t esm_class = input.octet();
  if ((esm_class & kDrawn) == 0) {
    ReceiptParser parser(settings);
    const auto receipt = parser.parse(cut(input, esm_class), kArrival);
    if (receipt) check_receipt(*receipt, id_bits);
    return 0;
  }
  set_more(input.octet(), settings);
  const DrawnReceipt drawn = ReceiptDraw(input, settings).receipt();
  ReceiptParser parser(settings);
  const auto receipt = parser.parse(drawn.pdu(esm_class), kArrival);
  if (receipt) check_receipt(*receipt, id_bits);
  check_drawn(drawn, receipt, esm_class, settings);
  return 0;
}
