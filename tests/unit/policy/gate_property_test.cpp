#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/unit/policy/naive_policy.h"
#include "throttle/policy/policy_table.h"

namespace anchal::throttle {
namespace {

using namespace std::chrono_literals;
using test::NamedMessage;
using test::wall;

const std::vector<Category> kCategories{{.name = "c1"},
                                        {.name = "c2", .on_hold = OnHold::drop},
                                        {.name = "c3", .exempt = true},
                                        {.name = "c4", .on_hold = OnHold::reapprove}};

/// `count` names of an attribute; messages also carry names of no rule, and none at all.
rc::Gen<std::string> name_of(char attribute, int count) {
  return rc::gen::map(rc::gen::inRange(1, count + 1),
                      [attribute](int i) { return attribute + std::to_string(i); });
}

std::vector<std::string> some_names(char attribute, int count) {
  if (*rc::gen::inRange(0, 2) == 0) return {};
  return *rc::gen::container<std::vector<std::string>>(3, name_of(attribute, count));
}

/// Around the days on which clocks are set, in whole minutes.
WallTime some_time() {
  const auto day = *rc::gen::element(wall("2026-03-28T20:00:00"), wall("2026-10-24T20:00:00"),
                                     wall("2026-11-01T00:00:00"));
  return day + *rc::gen::inRange(0, 2 * 1440) * 1min;
}

OnHold some_on_hold() {
  return *rc::gen::element(OnHold::defer, OnHold::reapprove, OnHold::drop);
}

Rule some_rule(std::size_t index, int names) {
  Rule rule{.id = "r" + std::to_string(index),
            .scope = {some_names('c', 4), some_names('t', names), some_names('s', names),
                      some_names('p', names), some_names('o', names)},
            .on_hold = some_on_hold()};
  if (*rc::gen::arbitrary<bool>()) rule.starts_at = some_time();
  if (*rc::gen::arbitrary<bool>())
    rule.ends_at = rule.starts_at.value_or(some_time()) + *rc::gen::inRange(1, 2000) * 1min;
  if (*rc::gen::arbitrary<bool>()) {
    rule.daily =
        Daily{*rc::gen::inRange(0, 1440) * 1min, *rc::gen::inRange(0, 1441) * 1min,
              *rc::gen::element<std::string>("Asia/Kolkata", "Europe/Berlin", "America/New_York", "UTC"),
              static_cast<std::uint8_t>(*rc::gen::inRange(1, 128))};
  }
  return rule;
}

NamedMessage some_message(int names) {
  const auto one = [names](char attribute) {
    return *rc::gen::oneOf(name_of(attribute, names), name_of(attribute, names), name_of(attribute, 1000),
                           rc::gen::just(std::string()));
  };
  return {*rc::gen::oneOf(name_of('c', 4), name_of('c', 6), rc::gen::just(std::string())), one('t'), one('s'),
          one('p'), one('o')};
}

void compare(int rules_max, int names, int messages) {
  std::vector<Rule> rules;
  const int count = *rc::gen::inRange(0, rules_max + 1);
  for (int i = 0; i < count; ++i) rules.push_back(some_rule(static_cast<std::size_t>(i), names));
  const WallTime compiled_at = some_time();
  Names ids;
  auto table = PolicyTable::compile(rules, kCategories, ids, compiled_at, 1);
  RC_ASSERT(table.has_value());
  const auto next_change = table->next_change(compiled_at);

  for (int i = 0; i < messages; ++i) {
    const NamedMessage message = some_message(names);
    const MessageClass ids_of_message = test::intern(ids, message);
    const WallTime now = *rc::gen::arbitrary<bool>() ? compiled_at : some_time();
    const auto job = *rc::gen::element<std::optional<OnHold>>(std::nullopt, OnHold::defer, OnHold::reapprove,
                                                              OnHold::drop);
    const Verdict verdict = gate(*table, ids_of_message, {now, TimePoint{}}, job);
    const auto expected = test::naive_gate(rules, kCategories, message, now, job);

    RC_ASSERT((verdict.decision != Decision::send) == expected.has_value());
    bool stopped = false;
    for (const Explanation& line : table->explain(ids_of_message, now)) {
      RC_ASSERT(test::naive_in_scope(rules[line.rule].scope, message));
      RC_ASSERT(line.active == test::naive_active(rules[line.rule], now));
      stopped |= line.active && !line.exempted;
    }
    RC_ASSERT(stopped == expected.has_value());
    if (!expected) continue;

    RC_ASSERT(verdict.on_hold == *expected);
    RC_ASSERT((verdict.decision == Decision::drop) == (*expected == OnHold::drop));
    const Rule& rule = rules[verdict.rule];
    RC_ASSERT(test::naive_in_scope(rule.scope, message));
    RC_ASSERT(test::naive_active(rule, now));
    if (verdict.until) {
      RC_ASSERT(!test::naive_active(rule, *verdict.until));
      RC_ASSERT(test::naive_active(rule, *verdict.until - 1min));
    }
    if (now == compiled_at && verdict.until) RC_ASSERT((next_change && *next_change <= *verdict.until));
  }
}

RC_GTEST_PROP(GateProperty, TheTableAgreesWithTheRulesReadAloud, ()) {
  compare(8, 3, 30);
}

RC_GTEST_PROP(GateProperty, SoItDoesWhereTheClassesAreTooManyForATable, ()) {
  compare(120, 40, 30);
}

RC_GTEST_PROP(GateProperty, NothingChangesBeforeTheNextChange, ()) {
  std::vector<Rule> rules;
  for (std::size_t i = 0; i < 4; ++i) rules.push_back(some_rule(i, 2));
  const WallTime start = some_time();
  Names ids;
  const auto table = PolicyTable::compile(rules, kCategories, ids, start, 1);
  RC_ASSERT(table.has_value());
  const WallTime next =
      std::min(table->next_change(start).value_or(WallTime::max()), start + std::chrono::days(3));
  for (WallTime t = start; t < next; t += 1min) {
    for (const Rule& rule : rules) RC_ASSERT(test::naive_active(rule, t) == test::naive_active(rule, start));
  }
}

}  // namespace
}  // namespace anchal::throttle
