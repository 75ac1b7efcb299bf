#pragma once

#include <date/tz.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "throttle/policy/policy_table.h"
#include "throttle/policy/rule.h"

namespace anchal::throttle::test {

/// "2026-03-29T01:30:00", UTC.
inline WallTime wall(const char* iso) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const int read = std::sscanf(iso, "%d-%d-%dT%d:%d:%d", &year, &month, &day, &hour, &minute, &second);
  EXPECT_EQ(read, 6) << iso;
  return std::chrono::sys_days{std::chrono::year(year) / month / day} + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

/// A message by its names, as a person would write it; an empty name is not known.
struct NamedMessage {
  std::string category, tenant, sender, place, operator_;
};

inline MessageClass intern(Names& names, const NamedMessage& m) {
  return {static_cast<std::uint16_t>(names.categories.intern(m.category)),
          static_cast<std::uint16_t>(names.operators.intern(m.operator_)), names.tenants.intern(m.tenant),
          names.senders.intern(m.sender), names.places.intern(m.place)};
}

/// The rules read aloud, without tables, masks or search for the next change.
inline bool naive_in_scope(const Scope& scope, const NamedMessage& m) {
  const auto inside = [](const std::vector<std::string>& list, const std::string& name) {
    return list.empty() || name.empty() || std::ranges::find(list, name) != list.end();
  };
  return inside(scope.categories, m.category) && inside(scope.tenants, m.tenant) &&
         inside(scope.senders, m.sender) && inside(scope.places, m.place) &&
         inside(scope.operators, m.operator_);
}

/// The local clock of the zone is read and compared.
inline bool naive_daily(const Daily& daily, WallTime t) {
  const auto local = date::locate_zone(daily.zone)->to_local(t);
  const auto midnight = date::floor<date::days>(local);
  const auto minutes = local - midnight;
  const auto chosen = [&](date::local_days d) {
    return (daily.days >> date::weekday(d).c_encoding() & 1) != 0;
  };
  if (daily.from < daily.to) return chosen(midnight) && minutes >= daily.from && minutes < daily.to;
  return (minutes >= daily.from && chosen(midnight)) ||
         (minutes < daily.to && chosen(midnight - date::days(1)));
}

inline bool naive_active(const Rule& rule, WallTime t) {
  if (rule.starts_at && t < *rule.starts_at) return false;
  if (rule.ends_at && t >= *rule.ends_at) return false;
  return !rule.daily || naive_daily(*rule.daily, t);
}

/// The strictest answer of any rule that holds; empty: send.
inline std::optional<OnHold> naive_gate(const std::vector<Rule>& rules,
                                        const std::vector<Category>& categories, const NamedMessage& m,
                                        WallTime t, std::optional<OnHold> job) {
  const auto category = std::ranges::find(categories, m.category, &Category::name);
  const bool known = category != categories.end();
  if (known && category->exempt) return std::nullopt;
  std::optional<OnHold> strictest;
  for (const Rule& rule : rules) {
    if (!naive_in_scope(rule.scope, m) || !naive_active(rule, t)) continue;
    strictest = std::max(strictest.value_or(OnHold::defer), rule.on_hold);
  }
  if (!strictest) return std::nullopt;
  return std::max(*strictest, job.value_or(known ? category->on_hold : OnHold::defer));
}

}  // namespace anchal::throttle::test
