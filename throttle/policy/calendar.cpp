#include "throttle/policy/calendar.h"

#include <date/tz.h>

#include <algorithm>

namespace anchal::throttle {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr days kHorizon{32};

}  // namespace

std::optional<DailyWindow> DailyWindow::make(const Daily& daily) {
  DailyWindow window;
  window.from_ = daily.from;
  window.to_ = daily.to;
  window.days_ = daily.days;
  if (daily.zone != "UTC") {
    try {
      window.zone_ = date::locate_zone(daily.zone);
      // The library reads the zone's file at the first question; that must not be at the gate.
      (void)window.zone_->get_info(date::sys_seconds{});
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }
  return window;
}

DailyWindow::Offset DailyWindow::offset_at(WallTime t) const {
  if (zone_ == nullptr) return {Millis::zero(), WallTime::max()};
  const date::sys_info info = zone_->get_info(std::chrono::floor<seconds>(t));
  constexpr auto kMost = std::chrono::floor<seconds>(WallTime::max());
  return {info.offset, std::min(info.end, kMost)};
}

/// `local` counts from the local clock's own 1970-01-01T00:00.
bool DailyWindow::contains_local(Millis local) const {
  const days day = std::chrono::floor<days>(local);
  const Millis time = local - day;
  const auto begins_on = [this](days d) {
    const std::chrono::weekday weekday{std::chrono::sys_days{d}};
    return (days_ >> weekday.c_encoding() & 1) != 0;
  };
  if (from_ < to_) return begins_on(day) && time >= from_ && time < to_;
  return (begins_on(day) && time >= from_) || (begins_on(day - days(1)) && time < to_);
}

bool DailyWindow::contains(WallTime t) const {
  return contains_local(t.time_since_epoch() + offset_at(t).offset);
}

std::optional<WallTime> DailyWindow::next_flip(WallTime t) const {
  const bool state = contains(t);
  for (WallTime at = t; at < t + kHorizon;) {
    const Offset zone = offset_at(at);
    const Millis local = at.time_since_epoch() + zone.offset;
    const Millis midnight = std::chrono::floor<days>(local);
    Millis next = Millis::max();
    for (const Millis edge : {from_, to_, from_ + days(1), to_ + days(1)}) {
      // to may be 24:00, which is also 00:00 of the next day.
      if (midnight + edge > local) next = std::min(next, midnight + edge);
    }
    // The edge counts only if the clock is not set before it is reached; setting it may itself be the flip.
    at = std::min(WallTime(next - zone.offset), zone.until);
    if (contains(at) != state) return at;
  }
  return std::nullopt;
}

std::optional<RuleCalendar> RuleCalendar::make(const Rule& rule) {
  RuleCalendar calendar;
  if (rule.starts_at) calendar.starts_at_ = *rule.starts_at;
  if (rule.ends_at) calendar.ends_at_ = *rule.ends_at;
  if (rule.daily) {
    calendar.daily_ = DailyWindow::make(*rule.daily);
    if (!calendar.daily_) return std::nullopt;
  }
  return calendar;
}

RuleState RuleCalendar::at(WallTime now) const {
  if (now >= ends_at_ || starts_at_ >= ends_at_) return {false, std::nullopt};
  const std::optional<WallTime> end =
      ends_at_ == WallTime::max() ? std::nullopt : std::optional<WallTime>(ends_at_);
  if (!daily_) return now < starts_at_ ? RuleState{false, starts_at_} : RuleState{true, end};

  const WallTime from = std::max(now, starts_at_);
  const bool inside = daily_->contains(from);
  if (now < starts_at_ && inside) return {false, starts_at_};
  const std::optional<WallTime> flip = daily_->next_flip(from);
  if (flip && *flip < ends_at_) return {now >= starts_at_ && inside, flip};
  if (inside) return {true, end};
  return {false, std::nullopt};
}

}  // namespace anchal::throttle
