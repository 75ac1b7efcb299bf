#pragma once

#include <chrono>
#include <cstdint>

#include "engine/simulator/ring.h"
#include "smpp/time.h"

namespace anchal::simulator {

/// Counts parts in the window of 1,000 ms that ends now, exactly, and remembers the fullest such window:
/// every window that could be the fullest ends at an arrival. Times never go back. Memory: one slot per
/// distinct instant.
class RateMeter {
 public:
  /// Parts in (now - 1 s, now].
  std::uint64_t in_window(TimePoint now) {
    while (!slots_.empty() && now - slots_.front().at >= std::chrono::seconds(1)) {
      sum_ -= slots_.front().count;
      slots_.pop_front();
    }
    return sum_;
  }

  void add(TimePoint now) {
    in_window(now);
    if (!slots_.empty() && slots_.back().at == now) {
      ++slots_.back().count;
    } else {
      slots_.push_back({now, 1});
    }
    if (++sum_ > largest_) largest_ = sum_;
  }

  [[nodiscard]] std::uint64_t largest() const { return largest_; }

 private:
  struct Slot {
    TimePoint at;
    std::uint64_t count = 0;
  };
  Ring<Slot> slots_;
  std::uint64_t sum_ = 0;
  std::uint64_t largest_ = 0;
};

}  // namespace anchal::simulator
