#include <gtest/gtest.h>

#include "tests/support/allocation_count.h"
#include "tests/unit/rate/window_check.h"
#include "throttle/rate/adaptive_rate.h"
#include "throttle/rate/sliding_log.h"

namespace anchal::throttle {
namespace {

using namespace std::chrono_literals;

TEST(RateAllocation, PacingAllocatesNothingInSteadyState) {
  for (const std::uint32_t tps : {1U, 4096U, 100'000U}) {
    SlidingLog log({.rate = Rate::contract(tps)});
    AdaptiveRate adaptive({.contract = Rate::contract(tps)});
    BindPause pause;
    const std::size_t before = support::allocations();
    TimePoint now = test::kStart;
    for (int i = 0; i < 20'000; ++i) {
      now += 1ms;
      log.set_pace(adaptive.milliparts(now), now);
      adaptive.on_accepted(log.take(50, now), now);
      if (i % 1000 == 0) {
        adaptive.on_throttled(now, now);
        pause.on_throttled(now, now);
      }
      log.next_available(now, 10);
    }
    EXPECT_EQ(support::allocations(), before);
  }
}

}  // namespace
}  // namespace anchal::throttle
