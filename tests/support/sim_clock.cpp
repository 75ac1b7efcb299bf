#include "tests/support/sim_clock.h"

#include <algorithm>

namespace anchal::sim {

void SimClock::at(TimePoint when, Task task) {
  heap_.push_back({std::max(when, now_), scheduled_++, std::move(task)});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

bool SimClock::step() {
  if (heap_.empty()) return false;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  Event event = std::move(heap_.back());
  heap_.pop_back();
  now_ = event.when;
  ++events_;
  event.task();
  return true;
}

void SimClock::run_until(TimePoint end) {
  while (!heap_.empty() && heap_.front().when <= end) step();
  now_ = std::max(now_, end);
}

}  // namespace anchal::sim
