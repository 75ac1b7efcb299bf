#pragma once

#include "smpp/time.h"

namespace anchal::core {

/// The instant an event is handled at: monotonic for deadlines, rates and leases; wall for policy, expiry
/// and the times we report. The core never reads a clock; whoever drives it reads both once per loop turn.
struct Now {
  TimePoint mono;
  WallTime wall;
};

}  // namespace anchal::core
