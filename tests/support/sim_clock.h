#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/core/time.h"

namespace anchal::sim {

/// The one clock and the one event queue of a simulated world. Events of the same instant run in the order in
/// which they were scheduled, so a run is a pure function of its seed.
class SimClock {
 public:
  using Task = std::move_only_function<void()>;

  /// 2026-03-02T06:00:00Z; the monotonic clock starts at an odd value, so that nobody takes it for zero.
  static constexpr WallTime kWallStart{std::chrono::milliseconds(1'772'431'200'000)};
  static constexpr TimePoint kMonoStart{std::chrono::seconds(4321)};

  TimePoint now() const { return now_; }
  WallTime wall() const { return wall_at(now_); }
  std::int64_t wall_ms() const { return wall().time_since_epoch().count(); }
  WallTime wall_at(TimePoint at) const {
    return kWallStart + std::chrono::floor<std::chrono::milliseconds>(at - kMonoStart + wall_step_);
  }
  core::Now instant() const { return {now_, wall()}; }
  Duration elapsed() const { return now_ - kMonoStart; }

  /// Sets the wall clock of the world by `step`, as an operator or NTP would. The monotonic one is unmoved.
  void step_wall(Duration step) { wall_step_ += step; }
  Duration wall_step() const { return wall_step_; }  ///< of all jumps together

  /// A time that has passed means now, after what is already scheduled for now.
  void at(TimePoint when, Task task);
  void after(Duration delay, Task task) { at(now_ + delay, std::move(task)); }

  /// Advances to the next event and runs it. False: nothing is scheduled.
  bool step();
  /// Runs everything due until `end`, then stands at `end`.
  void run_until(TimePoint end);
  TimePoint next_event() const { return heap_.empty() ? TimePoint::max() : heap_.front().when; }
  std::uint64_t events() const { return events_; }

 private:
  struct Event {
    TimePoint when;
    std::uint64_t number;
    Task task;
  };
  static bool later(const Event& a, const Event& b) {
    return a.when != b.when ? a.when > b.when : a.number > b.number;
  }

  TimePoint now_ = kMonoStart;
  Duration wall_step_{0};
  std::uint64_t scheduled_ = 0;
  std::uint64_t events_ = 0;
  std::vector<Event> heap_;
};

}  // namespace anchal::sim
