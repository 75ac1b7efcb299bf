#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "throttle/policy/rule.h"
#include "throttle/time.h"

namespace date {
class time_zone;
}

namespace anchal::throttle {

/// Whether a rule holds at an instant, and when that changes.
struct RuleState {
  bool active = false;
  std::optional<WallTime> changes_at =
      std::nullopt;  ///< first later instant at which `active` flips; empty: never
};

/// A Daily, ready to be asked. Reads the zone from the system's tz database once, when it is made; zones
/// whose rules reach beyond the table of that database (2037) keep the last offset.
class DailyWindow {
 public:
  /// Empty if there is no such zone. "UTC" needs no database.
  static std::optional<DailyWindow> make(const Daily& daily);

  bool contains(WallTime t) const;
  /// First instant after `t` at which contains() differs from what it is at `t`; empty if there is none in 32
  /// days, which only a window of all hours of all days has.
  std::optional<WallTime> next_flip(WallTime t) const;

 private:
  using Millis = std::chrono::milliseconds;
  struct Offset {  ///< of local time from UTC, and until when it is so
    Millis offset;
    WallTime until;
  };
  Offset offset_at(WallTime t) const;
  bool contains_local(Millis local) const;

  Millis from_{};
  Millis to_{};
  std::uint8_t days_ = Daily::kEveryDay;
  const date::time_zone* zone_ = nullptr;  ///< null: UTC
};

/// The times of one rule.
class RuleCalendar {
 public:
  /// Empty if the rule's zone does not exist.
  static std::optional<RuleCalendar> make(const Rule& rule);

  RuleState at(WallTime now) const;

 private:
  WallTime starts_at_ = WallTime::min();
  WallTime ends_at_ = WallTime::max();
  std::optional<DailyWindow> daily_;
};

}  // namespace anchal::throttle
