#include "smpp/receipt/receipt_settings.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace anchal::smpp {
namespace {

template <class Value, std::size_t N>
std::optional<Value> find(const std::array<std::pair<std::string_view, Value>, N>& words,
                          std::string_view text) {
  for (const auto& [word, value] : words) {
    if (word == text) return value;
  }
  return std::nullopt;
}

using Settings = ReceiptSettings;

constexpr std::array<std::pair<std::string_view, ReceiptDateForm>, 4> kDateForms{
    {{"auto", ReceiptDateForm::automatic},
     {"YYMMDDhhmmss", ReceiptDateForm::yymmddhhmmss},
     {"YYYYMMDDhhmm", ReceiptDateForm::yyyymmddhhmm},
     {"epoch", ReceiptDateForm::epoch_seconds}}};
constexpr std::array<std::pair<std::string_view, Settings::Prefer>, 2> kPrefers{
    {{"tlv", Settings::Prefer::tlv}, {"text", Settings::Prefer::text}}};
constexpr std::array<std::pair<std::string_view, Settings::AcceptdIs>, 3> kAcceptdIs{
    {{"intermediate", Settings::AcceptdIs::intermediate},
     {"delivered", Settings::AcceptdIs::delivered},
     {"final_accepted", Settings::AcceptdIs::final_accepted}}};
constexpr std::array<std::pair<std::string_view, MessageIdBase>, 3> kBases{
    {{"raw", MessageIdBase::raw}, {"dec", MessageIdBase::dec}, {"hex", MessageIdBase::hex}}};
constexpr std::array<std::pair<std::string_view, Settings::Column>, 10> kColumns{
    {{"id", Settings::Column::id},
     {"stat", Settings::Column::stat},
     {"err", Settings::Column::err},
     {"submit_date", Settings::Column::submit_date},
     {"done_date", Settings::Column::done_date},
     {"text", Settings::Column::text},
     {"ignore", Settings::Column::ignore},
     {"-", Settings::Column::ignore},
     {"sub", Settings::Column::ignore},
     {"dlvrd", Settings::Column::ignore}}};

}  // namespace

std::optional<ReceiptDateForm> parse_receipt_date_form(std::string_view text) {
  return find(kDateForms, text);
}
std::optional<Settings::Prefer> parse_prefer(std::string_view text) {
  return find(kPrefers, text);
}
std::optional<Settings::AcceptdIs> parse_acceptd_is(std::string_view text) {
  return find(kAcceptdIs, text);
}
std::optional<MessageIdBase> parse_message_id_base(std::string_view text) {
  return find(kBases, text);
}

std::optional<ReceiptFormat> parse_receipt_format(std::string_view text) {
  constexpr std::string_view kCsv = "csv:";
  if (text == "appendix_b") return ReceiptFormat{};
  if (text == "tlv_only") return ReceiptFormat{.format = Settings::Format::tlv_only};
  if (!text.starts_with(kCsv)) return std::nullopt;
  text.remove_prefix(kCsv.size());
  ReceiptFormat format{.format = Settings::Format::csv};
  while (true) {
    const std::size_t comma = text.find(',');
    const auto column = find(kColumns, text.substr(0, comma));
    if (!column) return std::nullopt;
    format.columns.push_back(*column);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  if (std::ranges::find(format.columns, Settings::Column::id) == format.columns.end()) return std::nullopt;
  return format;
}

std::optional<std::int16_t> parse_utc_offset(std::string_view text) {
  if (text == "UTC" || text == "Z") return std::int16_t{0};
  if (text.size() == 6 && text[3] != ':') return std::nullopt;
  if (text.size() != 5 && text.size() != 6) return std::nullopt;
  if (text[0] != '+' && text[0] != '-') return std::nullopt;
  const std::array<char, 4> digits{text[1], text[2], text[text.size() - 2], text[text.size() - 1]};
  if (!std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  const int hours = (digits[0] - '0') * 10 + digits[1] - '0';
  const int minutes = (digits[2] - '0') * 10 + digits[3] - '0';
  const int offset = hours * 60 + minutes;
  if (minutes > 59 || offset > 14 * 60) return std::nullopt;
  return static_cast<std::int16_t>(text[0] == '-' ? -offset : offset);
}

}  // namespace anchal::smpp
