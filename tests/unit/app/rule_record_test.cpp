#include "engine/app/rule_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anchal::app {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::SizeIs;

const WallTime kNow{std::chrono::sys_days{std::chrono::year(2026) / 3 / 1} + 10h};
const std::vector<throttle::Category> kCategories{
    {.name = "otp", .exempt = true, .on_hold = throttle::OnHold::defer},
    {.name = "promotional"},
    {.name = "publicity"}};

std::expected<RuleRecord, std::vector<admin::FieldError>> read(std::string_view body) {
  return rule_from_request(body, kCategories, {"alpha", "bravo"}, "r1", "meera", kNow);
}

std::vector<std::string> errors_of(std::string_view body) {
  std::vector<std::string> out;
  const auto record = read(body);
  if (record) return out;
  for (const auto& error : record.error()) out.push_back(error.field + ": " + error.message);
  return out;
}

constexpr std::string_view kFull =
    R"({"name":"Election","kind":"blackout","scope":{"categories":["promotional"],"tenants":["finance"],
        "senders":["KLGOVT"],"places":["KL-EKM"],"operators":["alpha"]},
        "starts_at":"2026-03-03T09:00:00+05:30","ends_at":"2026-03-05T00:00:00Z","on_hold":"drop",
        "reason":"model code of conduct","reference":"ECI/2026/17"})";

TEST(RuleRecord, ReadsAWholeBlackout) {
  const auto record = read(kFull);
  ASSERT_TRUE(record) << record.error().front().message;
  EXPECT_EQ(record->rule.id, "r1");
  EXPECT_EQ(record->rule.kind, throttle::RuleKind::blackout);
  EXPECT_THAT(record->rule.scope.places, ElementsAre("KL-EKM"));
  EXPECT_EQ(record->rule.starts_at,
            WallTime(std::chrono::sys_days{std::chrono::year(2026) / 3 / 3} + 3h + 30min));
  EXPECT_EQ(record->rule.on_hold, throttle::OnHold::drop);
  EXPECT_EQ(record->reason, "model code of conduct");
  EXPECT_EQ(record->reference, "ECI/2026/17");
  EXPECT_EQ(record->author, "meera");
  EXPECT_EQ(record->created_at, kNow);
}

TEST(RuleRecord, ReadsQuietHoursWithTheirDays) {
  const auto record = read(
      R"({"kind":"quiet","daily":{"from":"21:00","to":"24:00","zone":"Asia/Kolkata","days":["mon","sun"]},"reason":"night"})");
  ASSERT_TRUE(record) << record.error().front().message;
  ASSERT_TRUE(record->rule.daily);
  EXPECT_EQ(record->rule.daily->from, 21h);
  EXPECT_EQ(record->rule.daily->to, 24h);
  EXPECT_EQ(record->rule.daily->days, 0b0000011);
}

TEST(RuleRecord, TheLeastIsAReason) {
  const auto record = read(R"({"reason":"order"})");
  ASSERT_TRUE(record);
  EXPECT_FALSE(record->rule.starts_at);
  EXPECT_TRUE(record->rule.scope.categories.empty());
}

TEST(RuleRecord, WhatIsKeptReadsBackTheSame) {
  for (
      const std::string_view body :
      {kFull, std::string_view(R"({"reason":"x"})"),
       std::string_view(
           R"({"reason":"\"\u0d2e\"","kind":"quiet","daily":{"from":"09:05","to":"08:00","zone":"UTC"}})")}) {
    const auto record = read(body);
    ASSERT_TRUE(record);
    const auto again = rule_from_json(rule_json(*record));
    ASSERT_TRUE(again) << rule_json(*record);
    EXPECT_EQ(again->rule, record->rule);
    EXPECT_EQ(again->name, record->name);
    EXPECT_EQ(again->reason, record->reason);
    EXPECT_EQ(again->reference, record->reference);
    EXPECT_EQ(again->author, record->author);
    EXPECT_EQ(again->created_at, record->created_at);
  }
}

TEST(RuleRecord, EveryMistakeIsToldWithItsField) {
  EXPECT_THAT(errors_of("[]"), ElementsAre(": the body must be one JSON object"));
  EXPECT_THAT(errors_of("{"), ElementsAre(": the body must be one JSON object"));
  EXPECT_THAT(errors_of("{}"), ElementsAre("reason: is required"));
  EXPECT_THAT(errors_of(R"({"reason":"  "})"), ElementsAre("reason: must not be empty"));
  EXPECT_THAT(errors_of(R"({"reason":"x","scop":{}})"),
              ElementsAre("scop: there is no such field; did you mean scope?"));
  EXPECT_THAT(
      errors_of(
          R"({"reason":1,"kind":"ban","on_hold":"wait","scope":[],"daily":7,"starts_at":"2026-03-03"})"),
      ElementsAre("reason: must be a text", "kind: must be blackout or quiet",
                  "on_hold: must be defer, drop or reapprove",
                  "starts_at: must be a time with its zone, like 2026-03-03T09:00:00+05:30",
                  "scope: must be an object", "daily: must be an object"));
  EXPECT_THAT(errors_of(R"({"reason":"x","scope":{"operators":["alhpa"],"tenants":[1]}})"),
              ElementsAre("scope.tenants[0]: must be a text",
                          "scope.operators[0]: there is no operator 'alhpa'; did you mean 'alpha'?"));
  EXPECT_THAT(errors_of(R"({"reason":"x","daily":{"from":"9:00","zone":"UTC","days":["monday"]}})"),
              Contains("daily.from: must be a time of day, like 21:00"));
  EXPECT_THAT(errors_of(R"({"reason":"x","ends_at":"2020-01-01T00:00:00Z"})"),
              ElementsAre("ends_at: is in the past"));
  EXPECT_THAT(errors_of(R"({"reason":"x","scope":{"categories":["otp"]}})"), SizeIs(1)) << "exempt";
}

TEST(RuleRecord, IdsFitARedisKeyAndNameTheDay) {
  EXPECT_EQ(new_rule_id(kNow, 0), "r20260301-aaaaaaaaaa");
  EXPECT_NE(new_rule_id(kNow, 1), new_rule_id(kNow, 2));
  EXPECT_EQ(new_rule_id(kNow, ~std::uint64_t{0}), "r20260301-9999999999");
}

}  // namespace
}  // namespace anchal::app
