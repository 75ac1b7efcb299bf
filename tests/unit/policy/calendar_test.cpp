#include "throttle/policy/calendar.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/unit/policy/naive_policy.h"

namespace anchal::throttle {
namespace {

using namespace std::chrono_literals;
using test::wall;

Rule daily_rule(std::chrono::minutes from, std::chrono::minutes to, std::string zone,
                std::uint8_t days = Daily::kEveryDay) {
  return {.id = "r", .kind = RuleKind::quiet, .daily = Daily{from, to, std::move(zone), days}};
}

RuleState at(const Rule& rule, const char* when) {
  return RuleCalendar::make(rule).value().at(wall(when));
}

TEST(RuleCalendar, ADatedRuleHoldsFromItsStartUntilItsEnd) {
  const Rule rule{
      .id = "r", .starts_at = wall("2026-03-01T00:00:00"), .ends_at = wall("2026-03-02T00:00:00")};
  EXPECT_FALSE(at(rule, "2026-02-28T23:59:59").active);
  EXPECT_EQ(at(rule, "2026-02-28T23:59:59").changes_at, wall("2026-03-01T00:00:00"));
  EXPECT_TRUE(at(rule, "2026-03-01T00:00:00").active);
  EXPECT_EQ(at(rule, "2026-03-01T00:00:00").changes_at, wall("2026-03-02T00:00:00"));
  EXPECT_FALSE(at(rule, "2026-03-02T00:00:00").active);
  EXPECT_EQ(at(rule, "2026-03-02T00:00:00").changes_at, std::nullopt);
}

TEST(RuleCalendar, ARuleWithoutDatesHoldsAlways) {
  EXPECT_TRUE(at({.id = "r"}, "2026-03-01T00:00:00").active);
  EXPECT_EQ(at({.id = "r"}, "2026-03-01T00:00:00").changes_at, std::nullopt);
}

TEST(RuleCalendar, NightHoursOfIndiaCrossMidnight) {
  const Rule rule = daily_rule(21h, 9h, "Asia/Kolkata");
  EXPECT_FALSE(at(rule, "2026-03-01T15:29:59").active);
  EXPECT_EQ(at(rule, "2026-03-01T15:29:59").changes_at, wall("2026-03-01T15:30:00"));
  EXPECT_TRUE(at(rule, "2026-03-01T15:30:00").active);
  EXPECT_EQ(at(rule, "2026-03-01T15:30:00").changes_at, wall("2026-03-02T03:30:00"));
  EXPECT_TRUE(at(rule, "2026-03-02T03:29:59").active);
  EXPECT_FALSE(at(rule, "2026-03-02T03:30:00").active);
}

TEST(RuleCalendar, AWindowBelongsToTheDayOnWhichItBegins) {
  const std::uint8_t saturday = 1 << 6;
  const Rule rule = daily_rule(22h, 6h, "UTC", saturday);
  EXPECT_FALSE(at(rule, "2026-03-07T05:00:00").active) << "Saturday morning belongs to Friday's window";
  EXPECT_TRUE(at(rule, "2026-03-07T22:00:00").active);
  EXPECT_TRUE(at(rule, "2026-03-08T05:59:59").active) << "Sunday morning belongs to Saturday's";
  EXPECT_FALSE(at(rule, "2026-03-08T22:00:00").active);
  EXPECT_EQ(at(rule, "2026-03-08T22:00:00").changes_at, wall("2026-03-14T22:00:00"));
}

TEST(RuleCalendar, WholeDaysOfAllDaysNeverChange) {
  EXPECT_EQ(at(daily_rule(0h, 24h, "Europe/Berlin"), "2026-03-01T00:00:00").changes_at, std::nullopt);
  EXPECT_EQ(at(daily_rule(7h, 7h, "Europe/Berlin"), "2026-03-01T00:00:00").changes_at, std::nullopt);
  EXPECT_TRUE(at(daily_rule(7h, 7h, "Europe/Berlin"), "2026-03-01T00:00:00").active);
}

TEST(RuleCalendar, WhereTheClockIsSetForwardTheWindowIsShorter) {
  // Berlin, 2026-03-29: 01:59:59 is followed by 03:00:00.
  const Rule rule = daily_rule(1h, 4h, "Europe/Berlin");
  EXPECT_EQ(at(rule, "2026-03-29T00:00:00").changes_at, wall("2026-03-29T02:00:00"));
  const Rule inside_the_gap = daily_rule(2h + 15min, 2h + 45min, "Europe/Berlin");
  EXPECT_FALSE(at(inside_the_gap, "2026-03-29T01:00:00").active);
  EXPECT_EQ(at(inside_the_gap, "2026-03-29T00:00:00").changes_at, wall("2026-03-30T00:15:00"));
}

TEST(RuleCalendar, WhereTheClockIsSetBackTheWindowOccursTwice) {
  // Berlin, 2026-10-25: 02:59:59 summer time is followed by 02:00:00.
  const Rule rule = daily_rule(2h + 15min, 2h + 45min, "Europe/Berlin");
  EXPECT_EQ(at(rule, "2026-10-25T00:00:00").changes_at, wall("2026-10-25T00:15:00"));
  EXPECT_EQ(at(rule, "2026-10-25T00:15:00").changes_at, wall("2026-10-25T00:45:00"));
  EXPECT_EQ(at(rule, "2026-10-25T00:45:00").changes_at, wall("2026-10-25T01:15:00"));
  EXPECT_EQ(at(rule, "2026-10-25T01:15:00").changes_at, wall("2026-10-25T01:45:00"));
}

TEST(RuleCalendar, ARecurringRuleHoldsOnlyBetweenItsDates) {
  Rule rule = daily_rule(21h, 9h, "UTC");
  rule.starts_at = wall("2026-03-01T23:00:00");
  rule.ends_at = wall("2026-03-03T22:00:00");
  EXPECT_EQ(at(rule, "2026-03-01T22:00:00").changes_at, wall("2026-03-01T23:00:00"));
  EXPECT_FALSE(at(rule, "2026-03-01T22:00:00").active);
  EXPECT_EQ(at(rule, "2026-03-03T21:30:00").changes_at, wall("2026-03-03T22:00:00"));
  EXPECT_FALSE(at(rule, "2026-03-03T22:00:00").active);
  rule.ends_at = wall("2026-03-03T20:00:00");
  EXPECT_EQ(at(rule, "2026-03-03T12:00:00").changes_at, std::nullopt) << "ends before the next window";
}

TEST(RuleCalendar, AnUnknownZoneIsRefused) {
  EXPECT_FALSE(RuleCalendar::make(daily_rule(1h, 2h, "Asia/Trivandrum")).has_value());
  EXPECT_FALSE(RuleCalendar::make(daily_rule(1h, 2h, "../etc/passwd")).has_value());
}

/// Against a clock that is read every minute. Zones: no summer time, the usual, half an hour of it, a skipped
/// day.
RC_GTEST_PROP(RuleCalendarProperty, AgreesWithReadingTheClockEveryMinute, ()) {
  const auto zone = *rc::gen::element<std::string>("Asia/Kolkata", "Europe/Berlin", "America/New_York",
                                                   "Australia/Lord_Howe", "Pacific/Apia", "UTC");
  const auto start =
      *rc::gen::element(wall("2026-03-07T00:00:00"), wall("2026-03-28T00:00:00"), wall("2026-04-04T00:00:00"),
                        wall("2026-10-03T00:00:00"), wall("2026-10-24T00:00:00"), wall("2026-10-31T00:00:00"),
                        wall("2011-12-29T00:00:00"));
  const Rule rule = daily_rule(*rc::gen::inRange(0, 1440) * 1min, *rc::gen::inRange(0, 1441) * 1min, zone,
                               static_cast<std::uint8_t>(*rc::gen::inRange(1, 128)));
  const auto calendar = RuleCalendar::make(rule).value();
  RuleState now = calendar.at(start);
  for (WallTime t = start; t < start + std::chrono::days(9); t += 1min) {
    const bool expected = test::naive_active(rule, t);
    if (now.changes_at && t >= *now.changes_at) {
      RC_ASSERT(t == *now.changes_at);
      now = calendar.at(t);
      RC_ASSERT(calendar.at(t - 1ms).active != now.active);
    }
    RC_ASSERT(now.active == expected);
  }
}

}  // namespace
}  // namespace anchal::throttle
