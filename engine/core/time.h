#pragma once

#include "smpp/time.h"

namespace anchal::core {

/// The instant an event is handled at: monotonic for deadlines, rates and leases; wall for policy, expiry
/// and the times we report. The core never reads a clock; whoever drives it reads both once per loop turn.
struct Now {
  TimePoint mono;
  WallTime wall;
};

/// Days since 1970.
inline std::uint64_t day_of(WallTime at) {
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::days>(at).time_since_epoch().count());
}

}  // namespace anchal::core
