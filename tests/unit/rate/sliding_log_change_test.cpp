#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "tests/unit/rate/window_check.h"
#include "throttle/rate/sliding_log.h"

namespace anchal::throttle {
namespace {

using namespace std::chrono_literals;
using test::fullest_window;
using test::kStart;
using test::Sent;

SlidingLog bursty(std::uint32_t tps) {
  return SlidingLog({.rate = Rate::contract(tps), .burst = 1s});
}

TEST(SlidingLogChange, ALostShareCountsAtOnce) {
  auto log = bursty(100);
  EXPECT_EQ(log.take(60, kStart), 60u);
  log.set_rate(Rate::contract(50), kStart + 1ms);
  EXPECT_EQ(log.available(kStart + 999ms), 0u);
  EXPECT_EQ(log.available(kStart + 1s), 50u);
}

TEST(SlidingLogChange, AGainedShareCountsOneWindowLater) {
  auto log = bursty(100);
  log.set_rate(Rate::contract(300), kStart);
  EXPECT_EQ(log.rate(), Rate::contract(300));
  EXPECT_EQ(log.available(kStart + 999ms), 100u);
  EXPECT_EQ(log.available(kStart + 1s), 300u);
}

TEST(SlidingLogChange, AShareGainedAndPartlyLostAgainCountsFromItsGain) {
  auto log = bursty(10);
  log.set_rate(Rate::contract(20), kStart);
  log.set_rate(Rate::contract(15), kStart + 500ms);
  EXPECT_EQ(log.available(kStart + 999ms), 10u);
  EXPECT_EQ(log.available(kStart + 1s), 15u);
  EXPECT_EQ(log.available(kStart + 5s), 15u);
}

TEST(SlidingLogChange, AGainLostBeforeItCountedNeverCounts) {
  auto log = bursty(10);
  log.set_rate(Rate::contract(20), kStart);
  log.set_rate(Rate::contract(10), kStart + 1ms);
  EXPECT_EQ(log.available(kStart + 5s), 10u);
}

TEST(SlidingLogChange, AFirstShareComesFromNothing) {
  SlidingLog log({.rate = Rate::none(), .burst = 1s});
  log.set_rate(Rate::contract(5), kStart);
  EXPECT_EQ(log.available(kStart), 0u);
  EXPECT_EQ(log.next_available(kStart), kStart + 1s);
  EXPECT_EQ(log.available(kStart + 1s), 5u);
}

TEST(SlidingLogChange, ALimitAfterUnlimitedCountsTheWindowAsFull) {
  auto log = bursty(0);
  log.take(1'000'000, kStart);
  log.set_rate(Rate::contract(5), kStart);
  EXPECT_EQ(log.available(kStart + 999ms), 0u);
  EXPECT_EQ(log.available(kStart + 1s), 5u);
}

TEST(SlidingLogChange, MoreGainsThanTheListHoldsOnlyCountLater) {
  auto log = bursty(1);
  for (std::uint32_t i = 0; i < 100; ++i) log.set_rate(Rate::contract(2 + i), kStart + i * 1ms);
  EXPECT_LE(log.available(kStart + 1s), 2u);
  EXPECT_EQ(log.available(kStart + 1s + 99ms), 101u);
}

TEST(SlidingLogChange, AShareThatMovesBetweenEnginesNeverLeavesTwice) {
  constexpr std::uint32_t kTps = 1000;
  auto from = bursty(kTps);
  SlidingLog to({.rate = Rate::none(), .burst = 1s});
  std::vector<Sent> fleet;
  TimePoint handed_over{};
  for (TimePoint now = kStart; now < kStart + 10s; now += 7ms) {
    if (now - kStart > 3s && handed_over == TimePoint{}) {
      handed_over = now;
      from.set_rate(Rate::share(kTps, 3, 8), now);
      to.set_rate(Rate::share(kTps, 5, 8), now);
    }
    if (const auto n = from.take(kTps, now)) fleet.push_back({now, n});
    if (const auto n = to.take(kTps, now)) fleet.push_back({now, n});
  }
  EXPECT_LE(fullest_window(fleet, 1s), kTps);
  EXPECT_GT(to.used(kStart + 10s), 600u);
}

TEST(SlidingLogChange, APaceSpreadsPartsFurtherApartAndIsLiftedAgain) {
  SlidingLog log({.rate = Rate::contract(1000)});
  log.set_pace(10'000, kStart);  // ten parts a second
  std::uint32_t slow = 0;
  for (TimePoint now = kStart; now < kStart + 10s; now += 1ms) slow += log.take(1000, now);
  EXPECT_NEAR(slow, 100, 1);
  log.set_pace(SlidingLog::kNoPace, kStart + 10s);
  std::uint32_t fast = 0;
  for (TimePoint now = kStart + 10s; now < kStart + 20s; now += 1ms) fast += log.take(1000, now);
  EXPECT_GE(fast, 9950u);
}

TEST(SlidingLogChange, APaceAlsoHoldsWhereTheContractIsUnlimited) {
  SlidingLog log({.rate = Rate::unlimited()});
  log.set_pace(100'000, kStart);
  std::uint32_t sent = 0;
  for (TimePoint now = kStart; now < kStart + 10s; now += 1ms) sent += log.take(1'000'000, now);
  EXPECT_NEAR(sent, 1000, 2);
}

/// The contract of set_rate in the simplest words: in force at t is the smallest rate set in (t - window, t]
/// or in force before it.
std::uint64_t smallest_recent(const std::map<TimePoint, std::uint64_t>& set, TimePoint t, Duration window) {
  auto it = set.upper_bound(t - window);
  std::uint64_t least = std::prev(it)->second;
  for (; it != set.end() && it->first <= t; ++it) least = std::min(least, it->second);
  return least;
}

RC_GTEST_PROP(SlidingLogChangeProperty, NoWindowIsAboveTheSmallestRateOfThatWindow, ()) {
  const Duration window = 1s;
  std::uint64_t tps = static_cast<std::uint64_t>(*rc::gen::inRange(0, 6000));
  const auto rate = [](std::uint64_t n) { return Rate::fractional(static_cast<std::uint32_t>(n), 1); };
  SlidingLog log({.rate = rate(tps), .burst = 100ms});
  std::map<TimePoint, std::uint64_t> set{{TimePoint::min() + window, tps}};
  std::vector<Sent> sent;
  TimePoint now = kStart;
  const int steps = *rc::gen::inRange(0, 200);
  for (int i = 0; i < steps; ++i) {
    now += Duration(*rc::gen::inRange(0, 40'000'000));
    if (*rc::gen::inRange(0, 8) == 0) {
      tps = static_cast<std::uint64_t>(*rc::gen::oneOf(rc::gen::inRange(0, 10), rc::gen::inRange(0, 9000)));
      log.set_rate(rate(tps), now);
      const auto [entry, added] = set.emplace(now, tps);
      if (!added) entry->second = std::min(entry->second, tps);
    }
    if (const auto n = log.take(static_cast<std::uint32_t>(*rc::gen::inRange(1, 2000)), now)) {
      sent.push_back({now, n});
      std::uint64_t inside = 0;
      for (const Sent& s : sent) inside += s.at > now - window ? s.parts : 0;
      RC_ASSERT(inside <= smallest_recent(set, now, window));
    }
    RC_ASSERT(log.next_available(now) >= now);
    RC_ASSERT(log.available(now) > 0 || log.next_available(now) > now);
  }
}

}  // namespace
}  // namespace anchal::throttle
