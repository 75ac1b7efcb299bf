#include "throttle/rate/sliding_log.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/unit/rate/window_check.h"

namespace anchal::throttle {
namespace {

using namespace std::chrono_literals;
using test::fullest_window;
using test::kStart;
using test::Sent;
using test::total;

SlidingLog log_of(std::uint32_t tps, Duration window = 1000ms) {
  return SlidingLog({.rate = Rate::contract(tps), .window = window});
}

/// A caller that always has work and wakes when it is told to, `late` past it.
std::vector<Sent> saturate(SlidingLog& log, Duration length, Duration late = 0ns, std::uint32_t ask_for = 1) {
  std::vector<Sent> sent;
  for (TimePoint now = kStart; now < kStart + length;) {
    if (const auto n = log.take(1'000'000'000, now)) sent.push_back({now, n});
    const TimePoint next = log.next_available(now, ask_for);
    EXPECT_GT(next, now);
    now = next + late;
  }
  return sent;
}

/// The same caller, from whom the processor is taken between the grant and the write, for 70 ms every 3 s.
std::vector<Sent> saturate_descheduled(SlidingLog& log, Duration length, bool told) {
  std::vector<Sent> sent;
  TimePoint pause_due = kStart + 3s;
  for (TimePoint now = kStart; now < kStart + length;) {
    const auto n = log.take(1'000'000'000, now);
    TimePoint left = now;
    if (now >= pause_due && n > 0) {
      left += 70ms;
      pause_due += 3s;
    }
    if (told) log.left_at(now, left);
    if (n > 0) sent.push_back({left, n});
    now = std::max(log.next_available(left), left);
  }
  return sent;
}

class EveryRate : public testing::TestWithParam<std::uint32_t> {};

TEST_P(EveryRate, NoWindowIsAboveTheContractAndNearlyAllOfItIsUsed) {
  const std::uint32_t tps = GetParam();
  for (const Duration window : {1000ms, 1005ms}) {
    auto log = log_of(tps, window);
    const auto sent = saturate(log, 20 * window, 0ns, std::max(1U, tps / 500));
    EXPECT_LE(fullest_window(sent, window), tps);
    EXPECT_GE(total(sent) * 1000, std::uint64_t{tps} * 20 * 995) << "window " << window.count();
  }
}

TEST_P(EveryRate, ALoopThatWakesALittleLateStillUsesNearlyAllOfTheContract) {
  const std::uint32_t tps = GetParam();
  auto log = log_of(tps);
  const auto sent = saturate(log, 20s, 1ms, std::max(1U, tps / 500));
  EXPECT_LE(fullest_window(sent, 1s), tps);
  EXPECT_GE(total(sent) * 1000, std::uint64_t{tps} * 20 * 995);
}

TEST_P(EveryRate, WhatLeftLaterThanItWasGrantedCountsFromThenOn) {
  const std::uint32_t tps = GetParam();
  auto log = log_of(tps);
  const auto sent = saturate_descheduled(log, 20s, true);
  EXPECT_LE(fullest_window(sent, 1s), tps);
  EXPECT_GE(total(sent) * 100, std::uint64_t{tps} * 20 * 90);
}

TEST_P(EveryRate, PartsAreSpreadWithinTheSecond) {
  const std::uint32_t tps = GetParam();
  auto log = log_of(tps);
  const auto sent = saturate(log, 5s);
  // 10 ms worth at once at most, so 100 ms never hold more than 110 ms worth (and one part for rounding).
  EXPECT_LE(fullest_window(sent, 100ms), std::uint64_t{tps} * 110 / 1000 + 2);
  for (const Sent& s : sent) EXPECT_LE(s.parts, 1 + tps / 100);
}

INSTANTIATE_TEST_SUITE_P(Tps, EveryRate,
                         testing::Values(1, 2, 3, 7, 10, 99, 100, 101, 333, 1000, 4095, 4096, 4097, 10'000,
                                         49'999, 300'000));

TEST(SlidingLog, APartIsFreeAgainExactlyOneWindowLater) {
  auto log = log_of(1);
  EXPECT_EQ(log.take(5, kStart), 1u);
  EXPECT_EQ(log.available(kStart + 1s - 1ns), 0u);
  EXPECT_EQ(log.next_available(kStart + 1ms), kStart + 1s);
  EXPECT_EQ(log.available(kStart + 1s), 1u);
}

TEST(SlidingLog, GrantsThatAreNotToldToHaveLeftLateLetAWindowExceedTheContract) {
  auto log = log_of(240, 1005ms);
  EXPECT_GT(fullest_window(saturate_descheduled(log, 20s, false), 1s), 240u)
      << "so the promise needs left_at";
}

TEST(SlidingLog, WindowsOfProcessesAreFiveMillisecondsLonger) {
  auto log = log_of(1, 1005ms);
  log.take(1, kStart);
  EXPECT_EQ(log.next_available(kStart), kStart + 1005ms);
}

TEST(SlidingLog, CountsPartsNotMessages) {
  auto log = SlidingLog({.rate = Rate::contract(100), .burst = 1s});
  EXPECT_EQ(log.take(60, kStart), 60u);
  EXPECT_EQ(log.take(60, kStart), 40u);
  EXPECT_EQ(log.used(kStart), 100u);
  EXPECT_EQ(log.available(kStart), 0u);
}

TEST(SlidingLog, ZeroTpsIsUnlimited) {
  auto log = log_of(0);
  EXPECT_EQ(log.available(kStart), SlidingLog::kUnlimitedParts);
  EXPECT_EQ(log.take(1'000'000, kStart), 1'000'000u);
  EXPECT_EQ(log.next_available(kStart, 1000), kStart);
}

TEST(SlidingLog, AShareOfNothingSendsNothing) {
  SlidingLog log({.rate = Rate::share(1000, 0, 8)});
  EXPECT_EQ(log.available(kStart), 0u);
  EXPECT_EQ(log.next_available(kStart), TimePoint::max());
}

TEST(SlidingLog, ARateBelowOnePartASecondSendsOnePartEveryFewSeconds) {
  SlidingLog log({.rate = Rate::fractional(2, 5)});
  const auto sent = saturate(log, 50s);
  ASSERT_EQ(sent.size(), 20u);
  for (std::size_t i = 1; i < sent.size(); ++i) EXPECT_EQ(sent[i].at - sent[i - 1].at, 2500ms);
}

TEST(SlidingLog, SharesAreRoundedDownSoThatTheFleetStaysWithinTheContract) {
  for (std::uint32_t tps = 1; tps < 50; ++tps) {
    std::uint64_t fleet = 0;
    for (const std::uint32_t owned : {3U, 4U, 1U}) fleet += Rate::share(tps, owned, 8).per_window();
    EXPECT_LE(fleet, tps);
  }
  EXPECT_EQ(Rate::share(1000, 3, 8).per_window(), 375u);
  EXPECT_EQ(Rate::share(4'000'000'000, 8, 8).per_window(), 4'000'000'000u);
  EXPECT_TRUE(Rate::share(5, 1, 8).is_none());
  EXPECT_TRUE(Rate::share(0, 1, 8).is_unlimited);
}

TEST(SlidingLog, AfterAStartTheWindowCountsAsFull) {
  auto log = log_of(1000);
  log.start_full(kStart);
  EXPECT_EQ(log.available(kStart + 999ms), 0u);
  EXPECT_EQ(log.next_available(kStart), kStart + 1s);
  EXPECT_EQ(log.available(kStart + 1s), 11u) << "then smoothly, not the whole second at once";
}

TEST(SlidingLog, AClockThatStepsBackGrantsNothingTwice) {
  auto log = log_of(10);
  std::vector<Sent> sent;
  for (int i = 0; i < 100; ++i) {
    const TimePoint now = kStart + (i % 2 == 0 ? i * 10ms : i * 10ms - 500ms);
    if (const auto n = log.take(10, now)) sent.push_back({std::max(now, kStart + (i / 2 * 2) * 10ms), n});
  }
  EXPECT_LE(fullest_window(sent, 1s), 10u);
}

RC_GTEST_PROP(SlidingLogProperty, WhateverTheCallerDoesNoWindowIsAboveTheRate, ()) {
  const auto tps = *rc::gen::oneOf(rc::gen::inRange(1, 40), rc::gen::inRange(1, 20'000));
  const auto window = *rc::gen::element(Duration(1000ms), Duration(1005ms));
  const auto burst = *rc::gen::element(Duration(0ms), Duration(10ms), Duration(1s));
  SlidingLog log({.rate = Rate::contract(static_cast<std::uint32_t>(tps)), .window = window, .burst = burst});
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 400), rc::gen::inRange(1, 3000)));
  std::vector<Sent> sent;
  TimePoint now = kStart;
  for (const auto& [gap_ms_thirds, n] : steps) {
    now += gap_ms_thirds * Duration(1ms) / 3;
    const auto before = log.available(now);
    const auto granted = log.take(static_cast<std::uint32_t>(n), now);
    RC_ASSERT(granted == std::min(before, static_cast<std::uint32_t>(n)));
    if (granted > 0) sent.push_back({now, granted});
    RC_ASSERT(fullest_window(sent, window) <= static_cast<std::uint64_t>(tps));
  }
}

RC_GTEST_PROP(SlidingLogProperty, NextAvailableIsTheFirstInstantThatServes, ()) {
  const auto tps =
      static_cast<std::uint32_t>(*rc::gen::oneOf(rc::gen::inRange(1, 40), rc::gen::inRange(1, 20'000)));
  SlidingLog log({.rate = Rate::contract(tps)});
  if (*rc::gen::arbitrary<bool>())
    log.set_pace(static_cast<std::uint64_t>(*rc::gen::inRange(1, 5'000'000)), kStart);
  TimePoint now = kStart;
  for (int i = 0; i < 50; ++i) {
    now += Duration(*rc::gen::inRange(0, 50'000'000));
    log.take(static_cast<std::uint32_t>(*rc::gen::inRange(0, 50)), now);
    const auto wanted = std::min(static_cast<std::uint32_t>(*rc::gen::inRange(1, 30)), log.burst_max(now));
    const TimePoint next = log.next_available(now, wanted);
    if (next == now) {
      RC_ASSERT(log.available(now) >= wanted);
      continue;
    }
    auto copy = log;
    RC_ASSERT(copy.available(next - 1ns) < wanted);
    RC_ASSERT(copy.available(next) >= wanted);
  }
}

}  // namespace
}  // namespace anchal::throttle
