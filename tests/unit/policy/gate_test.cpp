#include <gtest/gtest.h>

#include "tests/unit/policy/naive_policy.h"
#include "throttle/policy/policy_table.h"

namespace anchal::throttle {
namespace {

using namespace std::chrono_literals;
using test::NamedMessage;
using test::wall;

const std::vector<Category> kCategories{
    {.name = "otp", .exempt = true}, {.name = "service"}, {.name = "promotional", .on_hold = OnHold::drop}};
const WallTime kNow = wall("2026-03-01T12:00:00");
const NamedMessage kService{"service", "finance", "KLGOVT", "KL-EKM", "alpha"};

struct Fixture {
  Names names;
  PolicyTable table;

  explicit Fixture(std::vector<Rule> rules) {
    auto compiled = PolicyTable::compile(std::move(rules), kCategories, names, kNow, 7);
    EXPECT_TRUE(compiled.has_value());
    if (compiled) table = std::move(*compiled);
  }
  Verdict ask(const NamedMessage& m, WallTime when = kNow, std::optional<OnHold> job = {}) {
    return gate(table, test::intern(names, m), {when, TimePoint{}}, job);
  }
  bool passes(const NamedMessage& m) { return ask(m).decision == Decision::send; }
};

TEST(Gate, WithoutRulesEverythingPasses) {
  Fixture f({});
  EXPECT_EQ(f.ask(kService), Verdict{});
  EXPECT_EQ(gate(PolicyTable{}, MessageClass{}, {kNow, TimePoint{}}), Verdict{});
}

TEST(Gate, ABlackoutHoldsItsScopeAndNothingElse) {
  Fixture f({{.id = "mcc", .scope = {.categories = {"service"}, .tenants = {"finance", "health"}}}});
  const Verdict verdict = f.ask(kService);
  EXPECT_EQ(verdict.decision, Decision::hold);
  EXPECT_EQ(f.table.rule_id(verdict.rule), "mcc");
  EXPECT_EQ(verdict.until, std::nullopt);
  EXPECT_TRUE(f.passes({"service", "police", "KLGOVT", "KL-EKM", "alpha"}));
  EXPECT_TRUE(f.passes({"promotional", "finance", "KLGOVT", "KL-EKM", "alpha"}));
  EXPECT_EQ(f.table.epoch(), 7u);
}

TEST(Gate, AnEmptyScopeCoversAll) {
  Fixture f({{.id = "all"}});
  EXPECT_FALSE(f.passes(kService));
  EXPECT_FALSE(f.passes({"service", "never seen", "x", "y", "z"}));
}

TEST(Gate, ExemptCategoriesPassEvenWhereTheyAreNamed) {
  Fixture f({{.id = "all"}, {.id = "otp", .scope = {.categories = {"otp"}}}});
  EXPECT_TRUE(f.passes({"otp", "finance", "KLGOVT", "KL-EKM", "alpha"}));
}

TEST(Gate, AnUnknownPlaceIsInsideEveryPlace) {
  Fixture f({{.id = "ekm", .scope = {.places = {"KL-EKM"}}}});
  EXPECT_FALSE(f.passes({"service", "finance", "KLGOVT", "", "alpha"}));
  EXPECT_FALSE(f.passes({"service", "finance", "KLGOVT", "unknown", "alpha"}));
  EXPECT_TRUE(f.passes({"service", "finance", "KLGOVT", "KL-TVM", "alpha"}));
}

TEST(Gate, NamesMetAfterTheCompilationAreNamedByNoRule) {
  Fixture f({{.id = "r", .scope = {.senders = {"KLGOVT"}}}});
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(f.passes(
        {"service", "t" + std::to_string(i), "s" + std::to_string(i), "p" + std::to_string(i), "alpha"}));
  }
  EXPECT_FALSE(f.passes({"service", "t1", "KLGOVT", "p1", "alpha"}));
}

TEST(Gate, TheStrictestRuleWinsThenTheOneThatHoldsLongest) {
  Fixture f({{.id = "a", .ends_at = kNow + 1h},
             {.id = "b", .ends_at = kNow + 3h},
             {.id = "c", .ends_at = kNow + 2h},
             {.id = "re", .ends_at = kNow + 10min, .on_hold = OnHold::reapprove},
             {.id = "kill", .scope = {.tenants = {"spam"}}, .on_hold = OnHold::drop}});
  EXPECT_EQ(f.ask(kService), (Verdict{Decision::hold, OnHold::reapprove, 3, kNow + 10min}));
  EXPECT_EQ(f.ask(kService, kNow + 10min), (Verdict{Decision::hold, OnHold::defer, 1, kNow + 3h}));
  EXPECT_EQ(f.ask({"service", "spam", "KLGOVT", "KL-EKM", "alpha"}),
            (Verdict{Decision::drop, OnHold::drop, 4, {}}));
}

TEST(Gate, AJobCanOnlyMakeTheOutcomeStricter) {
  Fixture f({{.id = "r", .scope = {.tenants = {"finance"}}, .on_hold = OnHold::reapprove}});
  EXPECT_EQ(f.ask(kService, kNow, OnHold::drop).decision, Decision::drop);
  EXPECT_EQ(f.ask(kService, kNow, OnHold::defer).on_hold, OnHold::reapprove);
  const NamedMessage promotional{"promotional", "finance", "KLGOVT", "KL-EKM", "alpha"};
  EXPECT_EQ(f.ask(promotional).decision, Decision::drop) << "the category's word where the job has none";
  EXPECT_EQ(f.ask(promotional, kNow, OnHold::defer).decision, Decision::hold);
  EXPECT_EQ(f.ask({"service", "x", "x", "x", "x"}, kNow, OnHold::drop).decision, Decision::send);
}

TEST(Gate, IsExactAfterAChangeThatNobodyCompiledFor) {
  Fixture f({{.id = "later", .starts_at = kNow + 1h, .ends_at = kNow + 2h}});
  EXPECT_EQ(f.table.next_change(kNow), kNow + 1h);
  EXPECT_EQ(f.ask(kService, kNow + 1h - 1ms).decision, Decision::send);
  EXPECT_EQ(f.ask(kService, kNow + 1h), (Verdict{Decision::hold, OnHold::defer, 0, kNow + 2h}));
  EXPECT_EQ(f.ask(kService, kNow + 2h).decision, Decision::send);
  EXPECT_EQ(f.table.next_change(kNow + 2h), std::nullopt);
}

TEST(Gate, IsExactWhereTheWallClockWasSetBack) {
  Fixture f({{.id = "past", .starts_at = kNow - 2h, .ends_at = kNow - 1h}});
  EXPECT_EQ(f.ask(kService).decision, Decision::send);
  EXPECT_EQ(f.ask(kService, kNow - 90min).decision, Decision::hold);
}

TEST(PolicyLease, WithoutOneRestrictedCategoriesHoldAndExemptOnesGoOn) {
  Fixture f({{.id = "kill", .on_hold = OnHold::drop}});
  f.table.lease_valid_until = TimePoint{} + 1s;
  const auto service = test::intern(f.names, kService);
  const auto otp = test::intern(f.names, {"otp", "finance", "KLGOVT", "KL-EKM", "alpha"});
  EXPECT_EQ(gate(f.table, service, {kNow, TimePoint{} + 999ms}).decision, Decision::drop);
  const Verdict verdict = gate(f.table, service, {kNow, TimePoint{} + 1s}, OnHold::drop);
  EXPECT_EQ(verdict, (Verdict{Decision::hold, OnHold::defer, Verdict::kLease, std::nullopt}))
      << "an engine cut off must not destroy";
  EXPECT_EQ(f.table.rule_id(verdict.rule), "policy-lease");
  EXPECT_EQ(gate(f.table, otp, {kNow, TimePoint{} + 1s}).decision, Decision::send);
}

TEST(PolicyLease, HoldsAlsoWithoutAnyRule) {
  Fixture f({});
  f.table.lease_valid_until = TimePoint{};
  EXPECT_EQ(f.ask(kService).rule, Verdict::kLease);
  EXPECT_EQ(f.ask({"otp", "", "", "", ""}).decision, Decision::send);
}

TEST(Explain, NamesEveryRuleWhoseScopeTheMessageIsInAndWhy) {
  Fixture f({{.id = "now", .scope = {.categories = {"service"}, .places = {"KL-EKM"}}, .ends_at = kNow + 1h},
             {.id = "elsewhere", .scope = {.places = {"TN-CHN"}}},
             {.id = "later", .scope = {.tenants = {"finance"}}, .starts_at = kNow + 5h}});
  const auto lines = f.table.explain(test::intern(f.names, kService), kNow);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].rule, 0u);
  EXPECT_TRUE(lines[0].active);
  EXPECT_EQ(lines[0].changes_at, kNow + 1h);
  EXPECT_EQ(lines[0].named, (std::array<bool, 5>{true, false, false, true, false}));
  EXPECT_EQ(lines[0].by_unknown, (std::array<bool, 5>{}));
  EXPECT_EQ(lines[1].rule, 2u);
  EXPECT_FALSE(lines[1].active);
  EXPECT_EQ(lines[1].changes_at, kNow + 5h);

  const auto unknown = f.table.explain(test::intern(f.names, {"service", "police", "X", "", "alpha"}), kNow);
  ASSERT_EQ(unknown.size(), 2u);
  EXPECT_EQ(unknown[1].by_unknown, (std::array<bool, 5>{false, false, false, true, false}));
}

TEST(Explain, SaysThatACategoryIsExempt) {
  Fixture f({{.id = "all"}});
  const auto lines = f.table.explain(test::intern(f.names, {"otp", "x", "x", "x", "x"}), kNow);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0].active);
  EXPECT_TRUE(lines[0].exempted);
}

}  // namespace
}  // namespace anchal::throttle
