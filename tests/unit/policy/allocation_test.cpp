#include <gtest/gtest.h>

#include "tests/support/allocation_count.h"
#include "tests/unit/policy/naive_policy.h"
#include "throttle/policy/policy_table.h"

namespace anchal::throttle {
namespace {

using namespace std::chrono_literals;

TEST(PolicyAllocation, TheGateAllocatesNothingNotEvenWhereItEvaluatesTheRules) {
  const std::vector<Category> categories{{.name = "service"}};
  const std::vector<Rule> rules{
      {.id = "night",
       .kind = RuleKind::quiet,
       .daily = Daily{.from = 21h, .to = 9h, .zone = "Europe/Berlin"}},
      {.id = "mcc", .scope = {.tenants = {"finance"}}, .ends_at = test::wall("2026-03-02T00:00:00")}};
  Names names;
  const WallTime now = test::wall("2026-03-01T12:00:00");
  const auto table = PolicyTable::compile(rules, categories, names, now, 1);
  ASSERT_TRUE(table.has_value());
  const MessageClass message = test::intern(names, {"service", "finance", "S", "P", "alpha"});
  int stopped = 0;
  const std::size_t before = support::allocations();
  for (int hour = 0; hour < 24 * 60; ++hour) {
    stopped += gate(*table, message, {now + hour * 1h, TimePoint{}}).decision != Decision::send;
  }
  EXPECT_EQ(support::allocations(), before);
  EXPECT_GT(stopped, 0);
}

}  // namespace
}  // namespace anchal::throttle
