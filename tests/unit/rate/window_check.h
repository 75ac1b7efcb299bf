#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "throttle/time.h"

namespace anchal::throttle::test {

inline constexpr TimePoint kStart{Duration(std::chrono::hours(1))};

/// Parts seen on the wire: what a checker outside the engine would have.
struct Sent {
  TimePoint at;
  std::uint64_t parts;
};

/// Most parts in any half-open window [t, t + window). It is enough to look at windows that end with a send.
inline std::uint64_t fullest_window(const std::vector<Sent>& sent, Duration window) {
  std::uint64_t most = 0;
  std::uint64_t inside = 0;
  std::size_t oldest = 0;
  for (const Sent& newest : sent) {
    inside += newest.parts;
    while (sent[oldest].at + window <= newest.at) inside -= sent[oldest++].parts;
    most = std::max(most, inside);
  }
  return most;
}

inline std::uint64_t total(const std::vector<Sent>& sent) {
  std::uint64_t parts = 0;
  for (const Sent& s : sent) parts += s.parts;
  return parts;
}

}  // namespace anchal::throttle::test
