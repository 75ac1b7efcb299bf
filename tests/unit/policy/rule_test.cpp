#include "throttle/policy/rule.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/naive_policy.h"
#include "throttle/policy/policy_table.h"

namespace anchal::throttle {
namespace {

using namespace std::chrono_literals;
using test::wall;

const std::vector<Category> kCategories{{.name = "otp", .exempt = true}, {.name = "service"}};

struct Case {
  const char* name;
  Rule rule;
  const char* field;
  const char* message;
  bool fatal;
};

Rule quiet(Daily daily) {
  return {.id = "q", .kind = RuleKind::quiet, .daily = std::move(daily)};
}

class RuleMistake : public testing::TestWithParam<Case> {};

TEST_P(RuleMistake, IsFoundAndSaid) {
  const Case& c = GetParam();
  const std::vector<Rule> rules{c.rule};
  const auto errors = validate(rules, kCategories);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].field, c.field);
  EXPECT_NE(errors[0].message.find(c.message), std::string::npos) << errors[0].message;
  EXPECT_EQ(errors[0].fatal, c.fatal);
  Names names;
  EXPECT_EQ(PolicyTable::compile(rules, kCategories, names, wall("2026-01-01T00:00:00"), 1).has_value(),
            !c.fatal);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RuleMistake,
    testing::Values(
        Case{"NoId", {}, "id", "needs an id", true},
        Case{"LongId", {.id = std::string(65, 'x')}, "id", "at most 64", true},
        Case{"BraceInId", {.id = "a}b"}, "id", "letters, digits", true},
        Case{"ReservedId", {.id = "policy-lease"}, "id", "policy lease", true},
        Case{"EmptyName", {.id = "r", .scope = {.tenants = {"a", ""}}}, "scope.tenants[1]", "empty", true},
        Case{"LongName",
             {.id = "r", .scope = {.places = {std::string(256, 'x')}}},
             "scope.places[0]",
             "255",
             true},
        Case{"UnknownCategory",
             {.id = "r", .scope = {.categories = {"servce"}}},
             "scope.categories[0]",
             "'servce'",
             false},
        Case{"ExemptCategory",
             {.id = "r", .scope = {.categories = {"otp"}}},
             "scope.categories[0]",
             "exempt",
             false},
        Case{"EndBeforeStart",
             {.id = "r", .starts_at = wall("2026-01-02T00:00:00"), .ends_at = wall("2026-01-02T00:00:00")},
             "ends_at",
             "later than starts_at",
             true},
        Case{"YearTooLarge", {.id = "r", .starts_at = WallTime::max()}, "starts_at", "1970 to 9999", true},
        Case{"QuietWithoutDaily", {.id = "r", .kind = RuleKind::quiet}, "daily", "daily window", false},
        Case{"FromTooLarge", quiet({.from = 24h, .to = 6h}), "daily.from", "00:00 to 23:59", true},
        Case{"NegativeTo", quiet({.from = 1h, .to = -1min}), "daily.to", "00:00 to 24:00", true},
        Case{"NoDays", quiet({.from = 1h, .to = 2h, .days = 0}), "daily.days", "weekday", true},
        Case{"NoSuchZone", quiet({.from = 1h, .to = 2h, .zone = "India"}), "daily.zone", "'India'", true}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(RuleValidation, ReportsAllMistakesTogether) {
  const std::vector<Rule> rules{{.id = "same"},
                                {.id = "same", .scope = {.categories = {"x"}}},
                                quiet({.from = 30h, .to = 30h, .days = 0})};
  const auto errors = validate(rules, kCategories);
  ASSERT_EQ(errors.size(), 5u);
  EXPECT_EQ(errors[0].rule, 1u);
  EXPECT_EQ(errors[0].id, "same");
  EXPECT_EQ(errors[4].rule, 2u);
  Names names;
  const auto compiled = PolicyTable::compile(rules, kCategories, names, wall("2026-01-01T00:00:00"), 1);
  ASSERT_FALSE(compiled.has_value());
  EXPECT_EQ(compiled.error().size(), 4u) << "an unknown category is no reason to run without the rest";
}

TEST(RuleWords, ReadAndWriteTheSame) {
  for (const auto kind : {RuleKind::blackout, RuleKind::quiet})
    EXPECT_EQ(parse_rule_kind(to_string(kind)), kind);
  for (const auto on_hold : {OnHold::defer, OnHold::reapprove, OnHold::drop}) {
    EXPECT_EQ(parse_on_hold(to_string(on_hold)), on_hold);
  }
  EXPECT_EQ(parse_on_hold("delay"), std::nullopt);
}

}  // namespace
}  // namespace anchal::throttle
