#pragma once

#include "throttle/time.h"

namespace anchal::net {

/// The only places below engine/app that read a clock. Everything else is given the instant it works at.

/// Monotonic, stands still while the machine is suspended (CLOCK_MONOTONIC). For pacing and time-outs.
inline TimePoint monotonic_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

/// Monotonic and counting suspended time too (CLOCK_BOOTTIME): for leases, which others see running out.
/// Its epoch differs from monotonic_now(): never compare the two.
TimePoint boot_now();

/// The wall clock, to the millisecond. May jump.
WallTime wall_now();

}  // namespace anchal::net
