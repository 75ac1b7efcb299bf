#include "throttle/rate/backoff.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace anchal::throttle {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, WithoutJitterItDoublesUpToItsLimit) {
  Backoff backoff({.initial = 100ms, .max = 1s, .jitter_percent = 0}, 1);
  for (const Duration expected : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms})
    EXPECT_EQ(backoff.next(), expected);
  EXPECT_EQ(backoff.failures(), 6u);
  backoff.reset();
  EXPECT_EQ(backoff.next(), 100ms);
}

TEST(Backoff, TheSameSeedGivesTheSameDelays) {
  Backoff a({}, 42);
  Backoff b({}, 42);
  Backoff c({}, 43);
  bool differs = false;
  for (int i = 0; i < 20; ++i) {
    const Duration delay = a.next();
    EXPECT_EQ(delay, b.next());
    differs |= delay != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Backoff, JitterIsSpreadOverItsWholeRange) {
  const BackoffConfig config{.initial = 1s, .max = 1s, .jitter_percent = 50};
  SplitMix64 random(7);
  int low = 0;
  for (int i = 0; i < 10'000; ++i) low += backoff_delay(config, 0, random.next()) < 750ms;
  EXPECT_NEAR(low, 5000, 300);
}

RC_GTEST_PROP(BackoffProperty, DelaysStayWithinTheirBounds, (std::uint32_t attempt, std::uint64_t random)) {
  BackoffConfig config;
  config.initial = Duration(*rc::gen::inRange<std::int64_t>(0, 10'000'000'000));
  config.max = Duration(*rc::gen::inRange<std::int64_t>(0, 100'000'000'000'000));
  config.factor_percent = static_cast<std::uint32_t>(*rc::gen::inRange(0, 1000));
  config.jitter_percent = static_cast<std::uint32_t>(*rc::gen::inRange(0, 150));
  const Duration delay = backoff_delay(config, attempt, random);
  RC_ASSERT(delay >= 1ms);
  RC_ASSERT(delay <= std::max<Duration>(1ms, config.max));
}

}  // namespace
}  // namespace anchal::throttle
