#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "throttle/rate/rate.h"
#include "throttle/time.h"

namespace anchal::throttle {

/// Paces the parts of one operator: law 4. No half-open window [t, t + window) ever holds more than the
/// rate's parts, whatever the caller does, because a part is granted only when fewer than `rate` parts were
/// granted in the window before it. On top of the law the parts are spread: at most `burst_max()` at once,
/// then one every window/rate, so that an operator that counts in 100 ms slots has nothing to complain about.
///
/// Units: parts (one submit_sm each). Time: the caller's monotonic `now`; an older `now` counts as the newest
/// seen. One loop owns it. Never fails. No allocation but in the constructor and in set_rate.
/// Memory: 16 bytes a part up to 4,096 parts a window, where the log is exact. Above, the grants of
/// window/4096 share one entry that counts as granted at the end of that slice: later than true, so the law
/// holds, and less than 0.03 % of the rate is lost.
class SlidingLog {
 public:
  struct Config {
    Rate rate = Rate::unlimited();
    Duration window =
        std::chrono::milliseconds(1000);  ///< 1000 ms in simulation, 1005 ms in processes; at most 4 s
    Duration burst = std::chrono::milliseconds(10);  ///< this much worth of parts may leave at once
  };

  static constexpr std::uint32_t kUnlimitedParts = 0xFFFFFFFF;

  explicit SlidingLog(const Config& config);

  /// Parts that take() would grant at `now`; kUnlimitedParts when nothing limits.
  std::uint32_t available(TimePoint now);

  /// Grants and logs min(n, available(now)) parts; returns how many.
  std::uint32_t take(std::uint32_t n, TimePoint now);

  /// What was granted at `from` or later left only at `left`, as far as anybody knows: it counts from then.
  /// A thread can lose its processor between the grant and the write, for longer than any margin.
  void left_at(TimePoint from, TimePoint left);

  /// When to ask again: never later than the first instant at which min(n, burst_max()) parts are available,
  /// later than `now` if they are not available at `now`. TimePoint::max() if only a change of the rate can
  /// help. May be early right after a change of the rate; ask again then. n > 1 saves wake-ups at high rates.
  TimePoint next_available(TimePoint now, std::uint32_t n = 1);

  /// After a start or a takeover: what others sent in the last window is not known, so it counts as full.
  void start_full(TimePoint now);

  /// A lost share counts at once. A gained share counts one window later, since who had it may have used it
  /// just now. Several changes inside one window: the smallest of them holds.
  void set_rate(Rate rate, TimePoint now);

  /// Below the contract: spreads parts further apart, `milliparts` thousandths of a part per second
  /// (AdaptiveRate). Touches only the spacing, never the law. kNoPace lifts it.
  void set_pace(std::uint64_t milliparts_per_second, TimePoint now);
  static constexpr std::uint64_t kNoPace = ~std::uint64_t{0};

  /// The rate that was last set; the one in force may be smaller for a window.
  Rate rate() const { return target_; }
  /// Most parts that leave at one instant at the rate in force.
  std::uint32_t burst_max(TimePoint now);
  /// Parts granted in the window before `now`.
  std::uint64_t used(TimePoint now);

 private:
  struct Run {  ///< parts granted at one instant (or counted as such)
    TimePoint at;
    std::uint64_t parts;
  };
  struct Gain {  ///< a raised rate and the instant from which it counts
    TimePoint from;
    Rate rate;
  };
  /// The rate in force, in the units that take() needs.
  struct Limit {
    std::uint64_t parts;  ///< most parts in one window; kNoLimit when unlimited
    Duration gap;         ///< least distance of two parts; only for rates below one part per window
  };
  static constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};
  static constexpr std::size_t kGainsMax = 8;
  static constexpr std::size_t kRunsMax = 4096;

  Limit limit_of(const Rate& rate) const;
  TimePoint advance(TimePoint now);
  std::uint32_t available_at(TimePoint now) const;
  std::uint32_t burst_of(const Limit& limit) const;
  std::uint64_t parts_in(Duration time, const Limit& limit) const;
  Duration spacing(std::uint64_t parts, const Limit& limit) const;
  void log(std::uint32_t parts, TimePoint now);
  void cap_due(TimePoint now);
  void reserve(const Rate& rate);
  Run& run(std::size_t i) { return ring_[head_ + i < ring_.size() ? head_ + i : head_ + i - ring_.size()]; }

  Duration window_;
  Duration burst_;
  Rate target_;
  Rate base_;                            ///< in force
  Limit limit_;                          ///< of base_
  std::array<Gain, kGainsMax> gains_{};  ///< not yet in force; ascending in time and rate
  std::size_t gain_count_ = 0;
  std::uint64_t pace_ = kNoPace;

  std::vector<Run> ring_;  ///< grants of the last window, oldest at head_
  std::size_t head_ = 0;
  std::size_t runs_ = 0;
  std::uint64_t logged_ = 0;  ///< parts in the ring
  TimePoint newest_ = TimePoint::min();
  TimePoint last_grant_ = TimePoint::min();
  TimePoint closed_until_ = TimePoint::min();  ///< start_full
  TimePoint due_ = TimePoint::min();           ///< when the next part is due on an even spacing
};

}  // namespace anchal::throttle
