#pragma once

#include <cstdint>

#include "throttle/rate/random.h"
#include "throttle/time.h"

namespace anchal::throttle {

/// Exponential growth with a ceiling and jitter: for reconnects (`Backoff`) and for retries of single
/// messages
/// (`backoff_delay`, which keeps no state a message would have to carry).
struct BackoffConfig {
  Duration initial = std::chrono::milliseconds(100);
  Duration max = std::chrono::seconds(30);
  std::uint32_t factor_percent = 200;  ///< growth from try to try; 200 = doubling
  std::uint32_t jitter_percent = 50;   ///< the delay is even over [100 - jitter, 100] % of the grown value
};

/// Delay before try number `attempt` + 1 (attempt 0 = after the first failure). `random` is 64 even bits from
/// the caller. At least 1 ms, at most config.max. Pure.
Duration backoff_delay(const BackoffConfig& config, std::uint32_t attempt, std::uint64_t random);

/// The same for one connection: counts its failures. One loop owns it.
class Backoff {
 public:
  Backoff(const BackoffConfig& config, std::uint64_t seed) : config_(config), random_(seed) {}

  /// After a failure: how long to wait before the next try.
  Duration next() {
    const Duration delay = backoff_delay(config_, failures_, random_.next());
    if (failures_ < kFailuresMax) ++failures_;
    return delay;
  }
  /// After a success that lasted (a bind that was answered, not merely a TCP connection).
  void reset() { failures_ = 0; }
  std::uint32_t failures() const { return failures_; }

 private:
  static constexpr std::uint32_t kFailuresMax = 1'000'000;
  BackoffConfig config_;
  SplitMix64 random_;
  std::uint32_t failures_ = 0;
};

}  // namespace anchal::throttle
