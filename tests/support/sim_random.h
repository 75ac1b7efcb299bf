#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "smpp/time.h"

namespace anchal::sim {

/// The only source of chance in a simulation. SplitMix64, and own distributions on top: those of the standard
/// library may differ between compilers, and a seed must mean the same run everywhere.
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// 0 … bound-1; 0 for a bound of 0. The bias of the modulo is far below anything a run could show.
  constexpr std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  /// low … high, both included.
  constexpr std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  constexpr Duration between(Duration low, Duration high) {
    return Duration(between(low.count(), high.count()));
  }
  constexpr double fraction() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  constexpr bool chance(double probability) { return fraction() < probability; }

  template <class Container>
  constexpr auto& pick(Container& from) {
    return from[below(from.size())];
  }

  /// An independent stream for one component, so that one more draw there does not shift all others.
  constexpr Random fork(std::string_view purpose) const {
    std::uint64_t seed = state_ ^ 0xCBF29CE484222325u;
    for (const char c : purpose) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    Random child(seed);
    child.next();
    return child;
  }
  constexpr Random fork(std::string_view purpose, std::uint64_t number) const {
    Random child = fork(purpose);
    return Random(child.next() + number * 0x9E3779B97F4A7C15u).fork(purpose);
  }

 private:
  std::uint64_t state_;
};

}  // namespace anchal::sim
