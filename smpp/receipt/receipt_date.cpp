#include "smpp/receipt/receipt_date.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace anchal::smpp {
namespace {

constexpr std::size_t kLongest = 16;

/// The value without blanks, on the stack; `length` beyond kLongest means it did not fit.
struct Compact {
  std::array<char, kLongest> chars{};
  std::size_t length = 0;

  explicit Compact(std::string_view value) {
    for (const char c : value) {
      if (c == ' ' || c == '\t') continue;
      if (length < kLongest) chars[length] = c;
      ++length;
    }
  }
  std::string_view view() const { return {chars.data(), std::min(length, kLongest)}; }
};

bool is_digits(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return c >= '0' && c <= '9'; });
}

/// Takes two-digit and four-digit numbers from the front of digits.
class Digits {
 public:
  explicit Digits(std::string_view digits) : rest_(digits) {}

  std::uint16_t take(std::size_t n) {
    unsigned value = 0;
    for (const char c : rest_.substr(0, n)) value = value * 10 + static_cast<unsigned>(c - '0');
    rest_.remove_prefix(n);
    return static_cast<std::uint16_t>(value);
  }
  std::uint8_t two() { return static_cast<std::uint8_t>(take(2)); }

 private:
  std::string_view rest_;
};

bool is_valid(const ReceiptDate& d) {
  const std::chrono::year_month_day day{std::chrono::year(d.year), std::chrono::month(d.month),
                                        std::chrono::day(d.day)};
  return day.ok() && d.hour < 24 && d.minute < 60 && d.second < 60;
}

std::optional<ReceiptDate> read(std::string_view text, std::size_t year_digits, bool has_second,
                                const ReceiptDateRules& rules) {
  Digits digits(text);
  ReceiptDate date;
  date.year = digits.take(year_digits);
  if (year_digits == 2) {
    date.year = static_cast<std::uint16_t>(date.year + (date.year < rules.year_pivot ? 2000 : 1900));
  } else if (date.year < 1970 || date.year > 2069) {
    return std::nullopt;
  }
  date.month = digits.two();
  date.day = digits.two();
  date.hour = digits.two();
  date.minute = digits.two();
  date.has_second = has_second;
  if (has_second) date.second = digits.two();
  if (!is_valid(date)) return std::nullopt;
  return date;
}

/// Twelve digits are YYMMDDhhmmss or YYYYMMDDhhmm; many values are valid as both.
std::optional<ReceiptDate> read_twelve(std::string_view text, const ReceiptDateRules& rules,
                                       std::optional<WallTime> arrival) {
  const auto short_year = read(text, 2, true, rules);
  if (rules.form == ReceiptDateForm::yymmddhhmmss) return short_year;
  const auto long_year = read(text, 4, false, rules);
  if (rules.form == ReceiptDateForm::yyyymmddhhmm || !short_year) return long_year;
  if (!long_year || !arrival) return short_year;
  const auto distance = [&](const ReceiptDate& d) {
    return std::chrono::abs(d.instant(rules.utc_offset_minutes) - *arrival);
  };
  return distance(*long_year) < distance(*short_year) ? long_year : short_year;
}

/// YYMMDDhhmmsstnnp: tenths of a second and quarter hours from UTC (SMPP 3.4 §7.1.1).
std::optional<ReceiptDate> read_zoned(std::string_view text, const ReceiptDateRules& rules) {
  const char sign = text[15];
  if (!is_digits(text.substr(0, 15)) || (sign != '+' && sign != '-')) return std::nullopt;
  auto date = read(text.substr(0, 12), 2, true, rules);
  const int quarters = Digits(text.substr(13)).two();
  if (!date || quarters > 48) return std::nullopt;
  date->offset_minutes = static_cast<std::int16_t>(sign == '+' ? 15 * quarters : -15 * quarters);
  return date;
}

/// Seconds since 1970 have no zone; as a local date they fit beside the other forms.
ReceiptDate from_epoch(std::string_view text, const ReceiptDateRules& rules) {
  std::int64_t seconds = 0;
  for (const char c : text) seconds = seconds * 10 + (c - '0');
  const std::chrono::sys_seconds t{std::chrono::seconds(seconds) +
                                   std::chrono::minutes(rules.utc_offset_minutes)};
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day ymd{day};
  const std::chrono::hh_mm_ss time{t - day};
  return {.year = static_cast<std::uint16_t>(static_cast<int>(ymd.year())),
          .month = static_cast<std::uint8_t>(static_cast<unsigned>(ymd.month())),
          .day = static_cast<std::uint8_t>(static_cast<unsigned>(ymd.day())),
          .hour = static_cast<std::uint8_t>(time.hours().count()),
          .minute = static_cast<std::uint8_t>(time.minutes().count()),
          .second = static_cast<std::uint8_t>(time.seconds().count()),
          .has_second = true};
}

std::optional<ReceiptDate> read_by_length(std::string_view text, const ReceiptDateRules& rules,
                                          std::optional<WallTime> arrival) {
  if (text.size() == 16) return read_zoned(text, rules);
  if (!is_digits(text)) return std::nullopt;
  switch (text.size()) {
    case 10:
      if (rules.form == ReceiptDateForm::epoch_seconds) return from_epoch(text, rules);
      return read(text, 2, false, rules);
    case 12:
      return read_twelve(text, rules, arrival);
    case 14:
      return read(text, 4, true, rules);
    default:
      return std::nullopt;
  }
}

bool is_absent(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return c == '0'; })) return true;  // also the empty one
  return text == "null" || text == "NULL" || text == "Null" || text == "...";
}

}  // namespace

WallTime ReceiptDate::instant(std::int16_t utc_offset_minutes) const {
  const std::chrono::sys_days midnight{
      std::chrono::year_month_day{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)}};
  return midnight + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second) -
         std::chrono::minutes(offset_minutes.value_or(utc_offset_minutes));
}

ReceiptDateResult parse_receipt_date(std::string_view value, const ReceiptDateRules& rules,
                                     std::optional<WallTime> arrival) {
  const Compact compact(value);
  if (compact.length > kLongest) return {std::nullopt, !is_absent(value)};
  if (is_absent(compact.view())) return {};
  auto date = read_by_length(compact.view(), rules, arrival);
  return {date, !date.has_value()};
}

}  // namespace anchal::smpp
