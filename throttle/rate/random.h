#pragma once

#include <cstdint>

namespace anchal::throttle {

/// SplitMix64 (Steele, Lea, Flood 2014): eight bytes of state, every seed good. For jitter and shuffles, not
/// for secrets. The seed comes from the caller, so the same seed gives the same run (law 8).
class SplitMix64 {
 public:
  explicit constexpr SplitMix64(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace anchal::throttle
