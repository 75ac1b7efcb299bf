#include "throttle/rate/adaptive_rate.h"

#include <gtest/gtest.h>

#include "tests/unit/rate/window_check.h"
#include "throttle/rate/sliding_log.h"

namespace anchal::throttle {
namespace {

using namespace std::chrono_literals;
using test::kStart;

constexpr auto kNoPace = SlidingLog::kNoPace;

TEST(AdaptiveRate, WithoutRefusalsOnlyTheContractLimits) {
  AdaptiveRate rate({.contract = Rate::contract(1000)});
  rate.on_accepted(1000, kStart);
  EXPECT_EQ(rate.milliparts(kStart + 1s), kNoPace);
  EXPECT_FALSE(rate.is_reduced(kStart));
}

TEST(AdaptiveRate, ARefusalLowersTheRateAndOneWindowOfThemLowersItOnce) {
  AdaptiveRate rate({.contract = Rate::contract(1000)});
  rate.on_accepted(1000, kStart);
  EXPECT_TRUE(rate.on_throttled(kStart, kStart + 50ms));
  EXPECT_EQ(rate.milliparts(kStart + 50ms), 700'000u);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(rate.on_throttled(kStart + 10ms, kStart + 51ms));
  EXPECT_EQ(rate.milliparts(kStart + 51ms), 700'000u);
  EXPECT_TRUE(rate.on_throttled(kStart + 60ms, kStart + 90ms))
      << "sent after the decrease: it was not enough";
  EXPECT_LT(rate.milliparts(kStart + 90ms), 500'000u);
}

TEST(AdaptiveRate, GrowsBackBySmallStepsToTheContract) {
  AdaptiveRate rate({.contract = Rate::contract(1000)});
  rate.on_accepted(1000, kStart);
  rate.on_throttled(kStart, kStart);
  EXPECT_EQ(rate.milliparts(kStart + 1s), 700'000u) << "a quiet second first";
  EXPECT_EQ(rate.milliparts(kStart + 2s), 720'000u);
  EXPECT_EQ(rate.milliparts(kStart + 11s), 900'000u);
  EXPECT_EQ(rate.milliparts(kStart + 17s), kNoPace);
  EXPECT_EQ(rate.milliparts(kStart + 1000h), kNoPace);
}

TEST(AdaptiveRate, NeverFallsBelowItsFloor) {
  AdaptiveRate rate({.contract = Rate::contract(1000)});
  TimePoint now = kStart;
  for (int i = 0; i < 100; ++i) rate.on_throttled(now, now + 1ms), now += 2ms;
  EXPECT_EQ(rate.milliparts(now), 10'000u);
  AdaptiveRate tiny({.contract = Rate::contract(3)});
  for (int i = 0; i < 100; ++i) tiny.on_throttled(now, now + 1ms), now += 2ms;
  EXPECT_EQ(tiny.milliparts(now), 1'000u);
}

TEST(AdaptiveRate, WithoutAContractItStartsFromWhatWentThrough) {
  AdaptiveRate rate({.contract = Rate::unlimited()});
  for (int i = 0; i < 2000; ++i) rate.on_accepted(1, kStart + i * 1ms);
  EXPECT_TRUE(rate.on_throttled(kStart + 2s, kStart + 2s));
  EXPECT_EQ(rate.milliparts(kStart + 2s), 700'000u);
  EXPECT_TRUE(rate.is_reduced(kStart + 30s));
  EXPECT_EQ(rate.milliparts(kStart + 2s + 70s), kNoPace) << "twice the refused rate went through";
}

TEST(AdaptiveRate, ALostShareKeepsTheReducedRateAndAGainedOneMayGrowPastIt) {
  AdaptiveRate rate({.contract = Rate::contract(1000)});
  rate.on_accepted(1000, kStart);
  rate.on_throttled(kStart, kStart);
  rate.set_contract(Rate::contract(500), kStart + 1s);
  EXPECT_EQ(rate.milliparts(kStart + 1s), kNoPace) << "the share itself is the smaller one now";
  rate.set_contract(Rate::contract(1000), kStart + 2s);
  EXPECT_GE(rate.milliparts(kStart + 2s), 700'000u);
}

TEST(AdaptiveRate, TheSameContractSetEveryTurnDoesNotHinderItsGrowth) {
  AdaptiveRate rate({.contract = Rate::contract(2)});
  rate.on_throttled(kStart, kStart);
  for (TimePoint now = kStart; now < kStart + 60s; now += 1ms) rate.set_contract(Rate::contract(2), now);
  EXPECT_EQ(rate.milliparts(kStart + 60s), kNoPace);
}

/// An operator that takes `capacity` parts a second and refuses the rest, behind the whole chain.
TEST(AdaptiveRate, SettlesNearWhatTheOperatorTakes) {
  constexpr std::uint32_t kCapacity = 300;
  SlidingLog log({.rate = Rate::contract(1000)});
  SlidingLog operator_side({.rate = Rate::contract(kCapacity), .burst = 200ms});
  AdaptiveRate rate({.contract = Rate::contract(1000)});
  BindPause pause;
  std::uint32_t accepted = 0;
  std::uint32_t refused = 0;
  for (TimePoint now = kStart; now < kStart + 120s; now += 1ms) {
    if (pause.is_paused(now)) continue;
    log.set_pace(rate.milliparts(now), now);
    for (auto n = log.take(1000, now); n > 0; --n) {
      if (operator_side.take(1, now) == 1) {
        ++accepted;
        rate.on_accepted(1, now);
      } else {
        ++refused;
        rate.on_throttled(now, now);
        pause.on_throttled(now, now);
      }
    }
  }
  EXPECT_GT(accepted, kCapacity * 120 * 70 / 100);
  EXPECT_LT(refused, accepted / 50);
}

TEST(BindPause, DoublesWithEachRefusalAfterAPauseUpToItsLimit) {
  BindPause pause;
  EXPECT_FALSE(pause.is_paused(kStart));
  TimePoint now = kStart;
  for (const Duration expected : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 4000ms, 4000ms}) {
    const TimePoint until = pause.on_throttled(now, now);
    EXPECT_EQ(until - now, expected);
    EXPECT_TRUE(pause.is_paused(until - 1ns));
    EXPECT_FALSE(pause.is_paused(until));
    now = until + 1ms;
  }
}

TEST(BindPause, TheRestOfARefusedWindowDoesNotLengthenIt) {
  BindPause pause;
  const TimePoint until = pause.on_throttled(kStart, kStart + 20ms);
  EXPECT_EQ(pause.on_throttled(kStart + 1ms, kStart + 30ms), until);
  EXPECT_EQ(pause.on_throttled(kStart + 2ms, until + 50ms), until)
      << "answered after the pause, sent before it";
  EXPECT_FALSE(pause.is_paused(until + 50ms));
}

TEST(BindPause, ForgetsAfterAWhileOfPeace) {
  BindPause pause;
  TimePoint until = pause.on_throttled(kStart, kStart);
  until = pause.on_throttled(until, until);
  const TimePoint later = until + 6s;
  EXPECT_EQ(pause.on_throttled(later, later) - later, 100ms);
}

}  // namespace
}  // namespace anchal::throttle
