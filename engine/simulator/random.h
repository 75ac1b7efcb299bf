#pragma once

#include <cstdint>

namespace anchal::simulator {

/// splitmix64: small, seeded, the same on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  /// True in `fraction` of the calls. Draws nothing for 0 and 1, so a fault that is off does not move the
  /// others.
  bool chance(double fraction) {
    if (fraction <= 0) return false;
    if (fraction >= 1) return true;
    return static_cast<double>(next() >> 11) * 0x1.0p-53 < fraction;
  }

  /// 0 … bound-1; bound is at least 1.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

}  // namespace anchal::simulator
