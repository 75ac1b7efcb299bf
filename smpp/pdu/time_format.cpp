#include "smpp/pdu/time_format.h"

#include <cstddef>

namespace anchal::smpp {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kMaxQuarterHours = 48;
constexpr auto kQuarterHour = minutes(15);

void put_two(TimeText& out, std::size_t at, long value) {
  out.text[at] = static_cast<char>('0' + value / 10);
  out.text[at + 1] = static_cast<char>('0' + value % 10);
}

/// Two digits, or -1.
int two_digits(std::string_view text, std::size_t at) {
  const int tens = text[at] - '0';
  const int ones = text[at + 1] - '0';
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

void put_clock(TimeText& out, seconds since_midnight) {
  put_two(out, 6, since_midnight.count() / 3600);
  put_two(out, 8, since_midnight.count() / 60 % 60);
  put_two(out, 10, since_midnight.count() % 60);
}

}  // namespace

std::optional<TimeText> format_absolute(WallTime at, int quarter_hours) {
  if (quarter_hours < -kMaxQuarterHours || quarter_hours > kMaxQuarterHours) return std::nullopt;
  const auto local = at + quarter_hours * kQuarterHour;
  const auto day = floor<days>(local);
  const std::chrono::year_month_day date(day);
  const int year = static_cast<int>(date.year());
  if (year < 1938 || year > 2037) return std::nullopt;

  TimeText out;
  put_two(out, 0, year % 100);
  put_two(out, 2, static_cast<long>(static_cast<unsigned>(date.month())));
  put_two(out, 4, static_cast<long>(static_cast<unsigned>(date.day())));
  const auto time_of_day = local - day;
  put_clock(out, floor<seconds>(time_of_day));
  out.text[12] = static_cast<char>('0' + time_of_day.count() % 1000 / 100);
  put_two(out, 13, quarter_hours < 0 ? -quarter_hours : quarter_hours);
  out.text[15] = quarter_hours < 0 ? '-' : '+';
  return out;
}

std::optional<TimeText> format_relative(seconds amount) {
  const auto whole_days = floor<days>(amount);
  if (amount < seconds(0) || whole_days > days(30)) return std::nullopt;
  TimeText out;
  put_two(out, 0, 0);
  put_two(out, 2, 0);
  put_two(out, 4, whole_days.count());
  put_clock(out, amount - whole_days);
  out.text[12] = out.text[13] = out.text[14] = '0';
  out.text[15] = 'R';
  return out;
}

std::expected<ParsedTime, TimeError> parse_time(std::string_view text, int pivot) {
  ParsedTime parsed;
  if (text.empty()) return parsed;
  if (text.size() != 10 && text.size() != 12 && text.size() != 16) return std::unexpected(TimeError::length);

  std::array<int, 6> part{};  // years, months, days, hours, minutes, seconds
  for (std::size_t index = 0; index < part.size() && index * 2 < text.size(); ++index) {
    part[index] = two_digits(text, index * 2);
    if (part[index] < 0) return std::unexpected(TimeError::digit);
  }
  int tenths = 0;
  int quarter_hours = 0;
  char sign = 0;
  if (text.size() == 16) {
    tenths = text[12] - '0';
    quarter_hours = two_digits(text, 13);
    sign = text[15];
    if (tenths < 0 || tenths > 9 || quarter_hours < 0) return std::unexpected(TimeError::digit);
    if (sign != '+' && sign != '-' && sign != 'R') return std::unexpected(TimeError::sign);
  }
  const seconds clock = hours(part[3]) + minutes(part[4]) + seconds(part[5]);
  if (sign == 'R') {
    parsed.kind = ParsedTime::Kind::relative;
    parsed.amount = {static_cast<std::uint8_t>(part[0]), static_cast<std::uint8_t>(part[1]),
                     static_cast<std::uint8_t>(part[2]), clock};
    return parsed;
  }

  const std::chrono::year_month_day date(std::chrono::year((part[0] < pivot ? 2000 : 1900) + part[0]),
                                         std::chrono::month(static_cast<unsigned>(part[1])),
                                         std::chrono::day(static_cast<unsigned>(part[2])));
  if (!date.ok() || part[3] > 23 || part[4] > 59 || part[5] > 59 || quarter_hours > kMaxQuarterHours) {
    return std::unexpected(TimeError::range);
  }
  parsed.kind = sign == 0 ? ParsedTime::Kind::local : ParsedTime::Kind::absolute;
  parsed.quarter_hours = sign == '-' ? -quarter_hours : quarter_hours;
  parsed.at = std::chrono::sys_days(date) + clock + std::chrono::milliseconds(tenths * 100) -
              parsed.quarter_hours * kQuarterHour;
  return parsed;
}

}  // namespace anchal::smpp
