#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/simulator/ring.h"
#include "smpp/time.h"

namespace anchal::simulator {

/// Things to do at an instant, given back in order of that instant, those of the same instant in order of
/// coming. With a constant delay everything comes in order and a ring does; only what is due before something
/// that came earlier goes through a heap.
template <class T>
class Schedule {
 public:
  [[nodiscard]] bool empty() const { return ring_.empty() && heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return ring_.size() + heap_.size(); }

  void add(TimePoint due, T item) {
    const Entry entry{due, ++count_, std::move(item)};
    if (ring_.empty() || ring_.back().due <= due) {
      ring_.push_back(entry);
    } else {
      heap_.push_back(entry);
      std::push_heap(heap_.begin(), heap_.end(), later);
    }
  }

  /// TimePoint::max() when empty.
  [[nodiscard]] TimePoint next_due() const {
    const TimePoint in_ring = ring_.empty() ? TimePoint::max() : ring_.front().due;
    return heap_.empty() ? in_ring : std::min(in_ring, heap_.front().due);
  }

  /// Takes the first item that is due at `now` into `item`; false when none is.
  bool take(TimePoint now, T& item) {
    if (next_due() > now || empty()) return false;
    if (heap_.empty() || (!ring_.empty() && !later(ring_.front(), heap_.front()))) {
      item = std::move(ring_.front().item);
      ring_.pop_front();
    } else {
      std::pop_heap(heap_.begin(), heap_.end(), later);
      item = std::move(heap_.back().item);
      heap_.pop_back();
    }
    return true;
  }

 private:
  struct Entry {
    TimePoint due;
    std::uint64_t number = 0;
    T item{};
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.due != b.due ? a.due > b.due : a.number > b.number;
  }

  Ring<Entry> ring_;
  std::vector<Entry> heap_;
  std::uint64_t count_ = 0;
};

}  // namespace anchal::simulator
