#include "engine/simulator/schedule.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/simulator/rate_meter.h"

namespace anchal::simulator {
namespace {

using std::chrono::milliseconds;

TimePoint at(int ms) {
  return TimePoint{} + milliseconds(ms);
}

RC_GTEST_PROP(Schedule, GivesBackInOrderOfDueTimeAndThenOfComing, (std::vector<std::uint8_t> dues)) {
  Schedule<std::size_t> schedule;
  std::vector<std::pair<int, std::size_t>> expected;
  for (std::size_t i = 0; i < dues.size(); ++i) {
    schedule.add(at(dues[i]), i);
    expected.emplace_back(dues[i], i);
  }
  std::sort(expected.begin(), expected.end());
  for (const auto& [due, number] : expected) {
    RC_ASSERT(schedule.next_due() == at(due));
    std::size_t taken = 0;
    RC_ASSERT(!schedule.take(at(due) - Duration(1), taken));
    RC_ASSERT(schedule.take(at(due), taken));
    RC_ASSERT(taken == number);
  }
  RC_ASSERT(schedule.empty());
  RC_ASSERT(schedule.next_due() == TimePoint::max());
}

TEST(Schedule, KeepsItsOrderWhileItIsUsed) {
  Schedule<int> schedule;
  int taken = 0;
  schedule.add(at(10), 1);
  schedule.add(at(30), 2);
  schedule.add(at(20), 3);
  ASSERT_TRUE(schedule.take(at(25), taken));
  EXPECT_EQ(taken, 1);
  schedule.add(at(15), 4);
  ASSERT_TRUE(schedule.take(at(25), taken));
  EXPECT_EQ(taken, 4);
  ASSERT_TRUE(schedule.take(at(25), taken));
  EXPECT_EQ(taken, 3);
  EXPECT_FALSE(schedule.take(at(25), taken));
  EXPECT_EQ(schedule.size(), 1U);
}

RC_GTEST_PROP(RateMeter, FindsTheFullestWindowOfOneSecond, (const std::vector<std::uint16_t>& gaps)) {
  RateMeter meter;
  std::vector<TimePoint> times;
  TimePoint now{};
  for (const std::uint16_t gap : gaps) {
    now += milliseconds(gap % 700);
    meter.add(now);
    times.push_back(now);
  }
  std::uint64_t largest = 0;
  for (const TimePoint end : times) {
    largest = std::max<std::uint64_t>(
        largest, static_cast<std::uint64_t>(std::count_if(times.begin(), times.end(), [&](TimePoint time) {
          return time <= end && end - time < milliseconds(1000);
        })));
  }
  RC_ASSERT(meter.largest() == largest);
}

TEST(RateMeter, ForgetsWhatIsASecondOld) {
  RateMeter meter;
  meter.add(at(0));
  meter.add(at(500));
  EXPECT_EQ(meter.in_window(at(999)), 2U);
  EXPECT_EQ(meter.in_window(at(1000)), 1U);
  EXPECT_EQ(meter.in_window(at(1500)), 0U);
}

}  // namespace
}  // namespace anchal::simulator
