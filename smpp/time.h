#pragma once

#include <chrono>

namespace anchal {

/// Monotonic instants and wall-clock instants as the whole tree uses them. The types of std::chrono only:
/// nothing below engine/net and engine/app ever calls now(); every function takes the instant it works at.
using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

}  // namespace anchal
