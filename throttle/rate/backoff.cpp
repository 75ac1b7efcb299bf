#include "throttle/rate/backoff.h"

#include <algorithm>

namespace anchal::throttle {

Duration backoff_delay(const BackoffConfig& config, std::uint32_t attempt, std::uint64_t random) {
  constexpr Duration kLeast = std::chrono::milliseconds(1);
  constexpr Duration kMost = std::chrono::hours(24 * 365);  // keeps the products below within 64 bits
  const Duration max = std::clamp(config.max, kLeast, kMost);
  Duration grown = std::clamp(config.initial, kLeast, max);
  for (std::uint32_t i = 0; i < attempt && grown < max; ++i) {
    const Duration next = std::min(max, grown / 100 * std::min(config.factor_percent, 10'000U));
    if (next <= grown) break;
    grown = next;
  }
  const Duration least = grown / 100 * (100 - std::min(config.jitter_percent, 100U));
  const auto spread = static_cast<std::uint64_t>((grown - least).count()) + 1;
  return std::max(kLeast, least + Duration(static_cast<Duration::rep>(random % spread)));
}

}  // namespace anchal::throttle
