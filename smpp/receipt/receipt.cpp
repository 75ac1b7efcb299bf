#include "smpp/receipt/receipt.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "smpp/receipt/receipt_text.h"

namespace anchal::smpp {
namespace {

constexpr std::array<std::string_view, 10> kStates{"SCHEDULED", "ENROUTE",       "DELIVERED", "EXPIRED",
                                                   "DELETED",   "UNDELIVERABLE", "ACCEPTED",  "UNKNOWN",
                                                   "REJECTED",  "SKIPPED"};
constexpr std::array<std::string_view, 3> kErrors{"not_a_receipt", "no_id", "no_state"};

struct Word {
  std::string_view word;
  ReceiptState state;
};

// SMPP 3.4 Appendix B first, then what operators send besides. The common word leads.
constexpr std::array<Word, 30> kWords{{{"DELIVRD", ReceiptState::delivered},
                                       {"UNDELIV", ReceiptState::undeliverable},
                                       {"EXPIRED", ReceiptState::expired},
                                       {"REJECTD", ReceiptState::rejected},
                                       {"ACCEPTD", ReceiptState::accepted},
                                       {"ENROUTE", ReceiptState::enroute},
                                       {"UNKNOWN", ReceiptState::unknown},
                                       {"DELETED", ReceiptState::deleted},
                                       {"SKIPPED", ReceiptState::skipped},
                                       {"SCHEDULED", ReceiptState::scheduled},
                                       {"DELIVERED", ReceiptState::delivered},
                                       {"DLVRD", ReceiptState::delivered},
                                       {"0", ReceiptState::delivered},
                                       {"00", ReceiptState::delivered},
                                       {"000", ReceiptState::delivered},
                                       {"UNDELIVERABLE", ReceiptState::undeliverable},
                                       {"UNDELIVERED", ReceiptState::undeliverable},
                                       {"FAILED", ReceiptState::undeliverable},
                                       {"NACK", ReceiptState::undeliverable},
                                       {"SYSERR", ReceiptState::undeliverable},
                                       {"BADSTAT", ReceiptState::undeliverable},
                                       {"NOCRED", ReceiptState::rejected},
                                       {"REJECTED", ReceiptState::rejected},
                                       {"DND_REJECTED", ReceiptState::rejected},
                                       {"BUFFRED", ReceiptState::enroute},
                                       {"BUFFERD", ReceiptState::enroute},
                                       {"BUFFERED", ReceiptState::enroute},
                                       {"SENT", ReceiptState::enroute},
                                       {"ACKED", ReceiptState::accepted},
                                       {"ACCEPTED", ReceiptState::accepted}}};

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::ranges::equal(a, b, [](char x, char y) { return upper(x) == upper(y); });
}

std::string_view text_of(std::span<const std::byte> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

/// Bits 5 to 2 of esm_class tell the type of message (SMPP 3.4 §5.2.12); the others vary and say nothing
/// here.
enum class Carrier : std::uint8_t { receipt, notification, sme_ack, other, none };

Carrier carrier_of(std::uint8_t esm_class) {
  switch (esm_class & 0x3C) {
    case 0x04:
    case 0x24:
      return Carrier::receipt;
    case 0x20:
      return Carrier::notification;
    case 0x08:
      return Carrier::sme_ack;
    case 0x10:
    case 0x18:
      return Carrier::other;
    default:
      return Carrier::none;  // normal, and the reserved values
  }
}

std::string_view id_of_tlv(const ReceiptInput& input) {
  if (!input.receipted_message_id) return {};
  const std::string_view id = text_of(*input.receipted_message_id);
  return trim_receipt_value(id.substr(0, id.find('\0')));
}

/// A comma-separated body, by the operator's list of columns.
ReceiptFields split_csv(std::string_view body, const std::vector<ReceiptSettings::Column>& columns) {
  using Column = ReceiptSettings::Column;
  ReceiptFields fields;
  for (const Column column : columns) {
    const std::size_t comma = body.find(',');
    const std::string_view value = clean_receipt_value(trim_receipt_value(body.substr(0, comma)));
    if (column == Column::id) fields.id = value;
    if (column == Column::stat) fields.stat = value;
    if (column == Column::err) fields.err = value;
    if (column == Column::submit_date) fields.submit_date = value;
    if (column == Column::done_date) fields.done_date = value;
    if (column == Column::text) fields.text = value;
    if (comma == std::string_view::npos) break;
    body.remove_prefix(comma + 1);
  }
  return fields;
}

ReceiptKind kind_of(ReceiptState state, const ReceiptSettings& settings) {
  switch (state) {
    case ReceiptState::scheduled:
    case ReceiptState::enroute:
      return ReceiptKind::intermediate;
    case ReceiptState::accepted:
      return settings.acceptd_is == ReceiptSettings::AcceptdIs::intermediate ? ReceiptKind::intermediate
                                                                             : ReceiptKind::final;
    case ReceiptState::unknown:
      return ReceiptKind::soft;
    default:
      return ReceiptKind::final;
  }
}

/// Both candidates for the id; where they differ the preferred one is the first.
void choose_id(std::string_view tlv, std::string_view text, bool prefer_text, Receipt& receipt) {
  receipt.id = tlv.empty() || (prefer_text && !text.empty()) ? text : tlv;
  const std::string_view other = receipt.id.data() == tlv.data() ? text : tlv;
  if (other.empty() || other == receipt.id) return;
  receipt.id_alt = other;
  receipt.warnings |= ReceiptWarning::id_mismatch;
}

void check_dates(Receipt& receipt, const ReceiptSettings& settings, std::optional<WallTime> arrival) {
  if (!receipt.done_date) return;
  const WallTime done = receipt.done_date->instant(settings.utc_offset_minutes);
  // A minute of grace: where only one of the two has seconds, done may seem a little earlier.
  const bool before_submit =
      receipt.submit_date &&
      done + std::chrono::minutes(1) <= receipt.submit_date->instant(settings.utc_offset_minutes);
  if (before_submit || (arrival && done > *arrival + std::chrono::days(1))) {
    receipt.warnings |= ReceiptWarning::implausible_date;
  }
}

}  // namespace

std::string_view to_string(ReceiptState state) {
  return kStates[static_cast<std::size_t>(state)];
}

std::optional<ReceiptState> parse_receipt_state(std::string_view name) {
  const auto found = std::ranges::find(kStates, name);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<ReceiptState>(found - kStates.begin());
}

std::string_view to_string(ReceiptError error) {
  return kErrors[static_cast<std::size_t>(error)];
}

ReceiptParser::ReceiptParser(ReceiptSettings settings) : settings_(std::move(settings)) {}

/// short_message or message_payload; with both, the one that has an id (5.0 prefers the payload).
std::string_view ReceiptParser::body_of(const ReceiptInput& input) {
  const bool has_payload = input.message_payload && !input.message_payload->empty();
  if (!has_payload) return receipt_body(input.short_message, decoded_);
  std::string_view body = receipt_body(*input.message_payload, decoded_);
  if (input.short_message.empty() || scan_receipt_text(body).has_id_label) return body;
  body = receipt_body(input.short_message, decoded_);
  return scan_receipt_text(body).has_id_label ? body : receipt_body(*input.message_payload, decoded_);
}

std::optional<ReceiptState> ReceiptParser::state_of(std::string_view word) const {
  for (const auto& [own, state] : settings_.stat_map) {
    if (same_word(word, own)) return state;
  }
  for (const Word& known : kWords) {
    if (same_word(word, known.word)) return known.state;
  }
  return std::nullopt;
}

/// A state whose label is missing. Words only: digits there are more likely a counter than a state.
std::string_view ReceiptParser::bare_state(std::string_view part) const {
  while (true) {
    part = trim_receipt_value(part);
    if (part.empty()) return {};
    const std::string_view word = part.substr(0, part.find_first_of(" \t\r\n"));
    if (upper(word.front()) >= 'A' && upper(word.front()) <= 'Z' && state_of(word)) return word;
    part.remove_prefix(word.size());
  }
}

/// network_error_code: type and code, or, at some SMSCs, three digits of text.
void ReceiptParser::read_nec(std::span<const std::byte> tlv, Receipt& receipt) {
  if (tlv.size() != 3) {
    receipt.warnings |= ReceiptWarning::bad_nec;
    return;
  }
  const std::string_view text = text_of(tlv);
  if (std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
    if (receipt.error.empty()) receipt.error = text;
    return;
  }
  const auto code =
      static_cast<std::uint16_t>(std::to_integer<unsigned>(tlv[1]) << 8 | std::to_integer<unsigned>(tlv[2]));
  receipt.network_error_code = {std::to_integer<std::uint8_t>(tlv[0]), code};
  if (!receipt.error.empty()) return;
  // In decimal, at least three digits.
  std::size_t at = sizeof error_digits_;
  for (unsigned left = code; left > 0 || at > sizeof error_digits_ - 3; left /= 10) {
    error_digits_[--at] = static_cast<char>('0' + left % 10);
  }
  receipt.error = {error_digits_ + at, sizeof error_digits_ - at};
}

std::expected<Receipt, ReceiptError> ReceiptParser::parse(const ReceiptInput& input,
                                                          std::optional<WallTime> arrival) {
  const Carrier carrier = carrier_of(input.esm_class);
  const bool has_both_tlvs = input.receipted_message_id && input.message_state;
  if (carrier == Carrier::other || (carrier == Carrier::sme_ack && !settings_.accept_sme_ack)) {
    return std::unexpected(ReceiptError::not_a_receipt);
  }
  if (carrier == Carrier::none && !has_both_tlvs && !settings_.detect_by_text) {
    return std::unexpected(ReceiptError::not_a_receipt);
  }

  ReceiptFields fields;
  if (settings_.format != ReceiptSettings::Format::tlv_only) {
    const std::string_view body = body_of(input);
    fields = settings_.format == ReceiptSettings::Format::csv ? split_csv(body, settings_.csv_columns)
                                                              : scan_receipt_text(body);
  }
  Receipt receipt;
  if (carrier == Carrier::none && !has_both_tlvs) {
    if (!fields.has_id_label || !fields.has_stat_label) return std::unexpected(ReceiptError::not_a_receipt);
    receipt.by_text = true;
  }
  const bool prefer_text = settings_.prefer == ReceiptSettings::Prefer::text;
  choose_id(id_of_tlv(input), fields.id, prefer_text, receipt);
  if (receipt.id.empty()) return std::unexpected(ReceiptError::no_id);

  receipt.stat_raw = fields.stat;
  if (!fields.has_stat_label && fields.stat.empty()) receipt.stat_raw = bare_state(fields.behind_dates);
  const auto state = choose_state(input, receipt);
  if (!state) return std::unexpected(ReceiptError::no_state);
  receipt.state = *state;
  if (receipt.state == ReceiptState::accepted &&
      settings_.acceptd_is == ReceiptSettings::AcceptdIs::delivered) {
    receipt.state = ReceiptState::delivered;
  }
  receipt.kind =
      carrier == Carrier::notification ? ReceiptKind::intermediate : kind_of(receipt.state, settings_);

  receipt.error = fields.err;
  receipt.text = fields.text;
  if (input.network_error_code) read_nec(*input.network_error_code, receipt);
  read_dates(fields.submit_date, fields.done_date, arrival, receipt);
  return receipt;
}

/// message_state against the word of the text. A word that no table knows decides only where there is nothing
/// else.
std::optional<ReceiptState> ReceiptParser::choose_state(const ReceiptInput& input, Receipt& receipt) const {
  std::optional<ReceiptState> tlv;
  if (input.message_state && input.message_state->size() == 1) {
    const auto value = std::to_integer<std::uint8_t>(input.message_state->front());
    if (value < kStates.size()) {
      tlv = static_cast<ReceiptState>(value);
    } else {
      receipt.warnings |= ReceiptWarning::unknown_stat;
    }
  }
  std::optional<ReceiptState> text;
  if (!receipt.stat_raw.empty()) {
    text = state_of(receipt.stat_raw);
    if (!text) receipt.warnings |= ReceiptWarning::unknown_stat;
  }
  if (tlv && text && *tlv != *text) receipt.warnings |= ReceiptWarning::state_mismatch;
  if (tlv && (!text || settings_.prefer == ReceiptSettings::Prefer::tlv)) return tlv;
  if (text) return text;
  if (receipt.warnings & ReceiptWarning::unknown_stat) return ReceiptState::unknown;
  return std::nullopt;
}

void ReceiptParser::read_dates(std::string_view submit, std::string_view done,
                               std::optional<WallTime> arrival, Receipt& receipt) const {
  const ReceiptDateRules rules{settings_.date, settings_.utc_offset_minutes, settings_.year_pivot};
  const auto submit_date = parse_receipt_date(submit, rules, arrival);
  const auto done_date = parse_receipt_date(done, rules, arrival);
  receipt.submit_date = submit_date.date;
  receipt.done_date = done_date.date;
  if (submit_date.bad || done_date.bad) receipt.warnings |= ReceiptWarning::bad_date;
  check_dates(receipt, settings_, arrival);
}

}  // namespace anchal::smpp
