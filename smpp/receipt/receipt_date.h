#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "smpp/time.h"

namespace anchal::smpp {

/// Which of the forms of receipt dates an operator uses. automatic reads by length and, where 12 digits have
/// two valid readings, takes the one nearer to the arrival.
enum class ReceiptDateForm : std::uint8_t { automatic, yymmddhhmmss, yyyymmddhhmm, epoch_seconds };

/// A date of a receipt as written: the SMSC's local time unless it carries an offset. Reported data only;
/// nothing is ordered or timed by it.
struct ReceiptDate {
  std::uint16_t year = 0;
  std::uint8_t month = 0;
  std::uint8_t day = 0;
  std::uint8_t hour = 0;
  std::uint8_t minute = 0;
  std::uint8_t second = 0;
  bool has_second = false;
  std::optional<std::int16_t> offset_minutes =
      std::nullopt;  ///< only the zone form (SMPP 3.4 §7.1.1) carries it
  friend bool operator==(const ReceiptDate&, const ReceiptDate&) = default;

  /// The instant, by its own offset or else by the operator's.
  WallTime instant(std::int16_t utc_offset_minutes) const;
};

struct ReceiptDateResult {
  std::optional<ReceiptDate> date = std::nullopt;
  bool bad = false;  ///< neither a date nor one of the spellings of "absent"
};

struct ReceiptDateRules {
  ReceiptDateForm form = ReceiptDateForm::automatic;
  std::int16_t utc_offset_minutes = 0;
  std::uint8_t year_pivot = 38;
};

/// Reads the value of a date label. Blanks inside are ignored; zeros, null, ... and nothing mean absent.
ReceiptDateResult parse_receipt_date(std::string_view value, const ReceiptDateRules& rules,
                                     std::optional<WallTime> arrival);

}  // namespace anchal::smpp
