#include "engine/net/clock.h"

#include <ctime>

namespace anchal::net {

TimePoint boot_now() {
  std::timespec at{};
  clock_gettime(CLOCK_BOOTTIME, &at);
  return TimePoint(std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec));
}

WallTime wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace anchal::net
