#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "smpp/time.h"

namespace anchal::smpp {

/// The sixteen characters of an SMPP time (SMPP 3.4 §7.1.1), owned; a PDU takes its view().
struct TimeText {
  std::array<char, 16> text{};
  [[nodiscard]] std::string_view view() const { return {text.data(), text.size()}; }
};

/// `YYMMDDhhmmsstnnp`: an instant, written in the local time `quarter_hours` (-48 to 48) ahead of UTC. The
/// year is written by its last two digits; nullopt outside 1938-2037, which two digits cannot tell apart, or
/// for a bad zone.
[[nodiscard]] std::optional<TimeText> format_absolute(WallTime at, int quarter_hours = 0);

/// `YYMMDDhhmmss000R`: an amount of time from the SMSC's now, in whole seconds, each field within its natural
/// range (many SMSCs refuse hh = 48). nullopt when negative or above 30 days: months have no fixed length, so
/// a longer time is better said as an instant.
[[nodiscard]] std::optional<TimeText> format_relative(std::chrono::seconds amount);

/// A time as it came.
struct ParsedTime {
  enum class Kind : std::uint8_t {
    none,      // empty: default, or not final yet
    absolute,  // `at` is the instant
    relative,  // `amount` from the SMSC's now
    local,     // 10 or 12 characters without zone: `at` is the SMSC's local time read as if it were UTC
  };
  struct Amount {
    std::uint8_t years = 0;
    std::uint8_t months = 0;
    std::uint8_t days = 0;
    std::chrono::seconds time{};  // hours, minutes and seconds
    bool operator==(const Amount&) const = default;
  };

  Kind kind = Kind::none;
  WallTime at;
  int quarter_hours = 0;
  Amount amount;
  bool operator==(const ParsedTime&) const = default;
};

enum class TimeError : std::uint8_t {
  length,  // none of 0, 10, 12 and 16 characters
  digit,   // something else where a digit must be
  range,   // no such date or time of day, or a zone beyond 48 quarter hours
  sign,    // the last character is none of + - R
};

/// Reads any form a peer may send. Years below `pivot` are 20xx, the others 19xx (SMPP 3.4 §7.1.1.1
/// recommends 38).
[[nodiscard]] std::expected<ParsedTime, TimeError> parse_time(std::string_view text, int pivot = 38);

}  // namespace anchal::smpp
