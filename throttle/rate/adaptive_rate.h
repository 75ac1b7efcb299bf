#pragma once

#include <cstdint>

#include "throttle/rate/rate.h"
#include "throttle/time.h"

namespace anchal::throttle {

/// Finds what an operator takes below its contract: additive increase, multiplicative decrease (design.md
/// §7). One per operator; its result goes to SlidingLog::set_pace. It only ever spaces parts further apart,
/// so law 4 does not depend on it.
///
/// A throttled window answers many submits at once with the same bad news; one decrease per round trip is the
/// cure, so a refusal of a part that was sent before the last decrease changes nothing.
/// Units: thousandths of a part per second. Time: the caller's monotonic `now`. Never fails, never allocates.
class AdaptiveRate {
 public:
  struct Config {
    Rate contract = Rate::unlimited();     ///< per second, this engine's share
    std::uint32_t decrease_percent = 70;   ///< of the rate, after a throttled or queue full
    std::uint32_t increase_permille = 20;  ///< of the contract, each second without one
    std::uint32_t floor_permille = 10;  ///< never below this part of the contract (nor one part per second)
    Duration quiet = std::chrono::seconds(1);  ///< no increase this soon after a decrease
  };

  explicit AdaptiveRate(const Config& config) : config_(config) {}

  /// A part was accepted (submit_sm_resp with ESME_ROK).
  void on_accepted(std::uint32_t parts, TimePoint now);
  /// ESME_RTHROTTLED or ESME_RMSGQFUL for a part written at `sent_at`. True if the rate was lowered by it.
  bool on_throttled(TimePoint sent_at, TimePoint now);
  /// The contract or this engine's share of it changed.
  void set_contract(Rate contract, TimePoint now);

  /// Thousandths of a part per second; SlidingLog::kNoPace while nothing but the contract limits.
  std::uint64_t milliparts(TimePoint now) const;
  bool is_reduced(TimePoint now) const;

 private:
  std::uint64_t ceiling() const;
  std::uint64_t step_per_second() const;

  Config config_;
  std::uint64_t rate_ = ~std::uint64_t{0};  ///< as of since_
  TimePoint since_ = TimePoint::min();      ///< growth counts from here
  TimePoint lowered_at_ = TimePoint::min();
  // What was accepted lately: the starting point where the contract is unlimited.
  TimePoint second_ = TimePoint::min();
  std::uint64_t accepted_ = 0;
  std::uint64_t accepted_before_ = 0;
  std::uint64_t peak_ = 0;  ///< unlimited contracts: the rate that drew the refusal
};

/// The pause of one bind after throttled / queue full: the whole bind stops, not only the refused message.
/// Starts at `initial`, doubles with each further refusal after a pause up to `max`, and forgets after
/// `forget` of peace. One per bind. Never fails, never allocates.
class BindPause {
 public:
  struct Config {
    Duration initial = std::chrono::milliseconds(100);
    Duration max = std::chrono::seconds(4);
    Duration forget = std::chrono::seconds(5);
  };

  BindPause() = default;
  explicit BindPause(const Config& config) : config_(config) {}

  /// A refusal for a part written at `sent_at`. Refusals of parts written before the pause began belong to it
  /// and do not lengthen the next one. Returns when the bind may send again.
  TimePoint on_throttled(TimePoint sent_at, TimePoint now);
  bool is_paused(TimePoint now) const { return now < until_; }
  /// When the bind may send again; in the past if it may.
  TimePoint until() const { return until_; }

 private:
  Config config_;
  Duration length_ = Duration::zero();
  TimePoint began_ = TimePoint::min();
  TimePoint until_ = TimePoint::min();
};

}  // namespace anchal::throttle
