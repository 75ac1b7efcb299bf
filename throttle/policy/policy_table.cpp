#include "throttle/policy/policy_table.h"

#include <algorithm>
#include <bit>

namespace anchal::throttle {

std::string_view PolicyTable::rule_id(std::uint32_t rule) const {
  if (rule == Verdict::kLease) return kPolicyLeaseRule;
  return rule < rules_.size() ? std::string_view(rules_[rule].id) : std::string_view{};
}

RuleState PolicyTable::state(std::uint32_t rule, WallTime now) const {
  return calendars_[rule].at(now);
}

std::optional<WallTime> PolicyTable::next_change(WallTime now) const {
  std::optional<WallTime> first;
  for (const RuleCalendar& calendar : calendars_) {
    const auto change = calendar.at(now).changes_at;
    if (change && (!first || *change < *first)) first = change;
  }
  return first;
}

template <class Visit>
void PolicyTable::for_each_rule(const MessageClass& message, Visit visit) const {
  const auto at = offsets(message);
  for (std::size_t w = 0; w < words_; ++w) {
    std::uint64_t rules = ~std::uint64_t{0};
    for (std::size_t a = 0; a < kAttributes; ++a) rules &= mask(a, at[a])[w];
    for (; rules != 0; rules &= rules - 1) {
      const auto r = static_cast<std::uint32_t>(w * 64) + static_cast<std::uint32_t>(std::countr_zero(rules));
      if (r < rules_.size()) visit(r);
    }
  }
}

Verdict PolicyTable::stop_by(std::uint32_t rule, const RuleState& state) const {
  const OnHold on_hold = rules_[rule].on_hold;
  return {on_hold == OnHold::drop ? Decision::drop : Decision::hold, on_hold, rule, state.changes_at};
}

/// Which of two verdicts stands: a stop before none, the stricter, then the one that holds longer, then the
/// first.
Verdict PolicyTable::stricter(const Verdict& a, const Verdict& b) {
  if (a.decision == Decision::send || b.decision == Decision::send)
    return a.decision == Decision::send ? b : a;
  if (a.on_hold != b.on_hold) return a.on_hold > b.on_hold ? a : b;
  const WallTime a_until = a.until.value_or(WallTime::max());
  const WallTime b_until = b.until.value_or(WallTime::max());
  return b_until > a_until ? b : a;
}

/// The verdict by the rules themselves, for instants at which the table's cells say nothing.
Verdict PolicyTable::evaluate(const MessageClass& message, WallTime now) const {
  Verdict verdict;
  if (flags(message.category).exempt) return verdict;
  for_each_rule(message, [&](std::uint32_t rule) {
    const RuleState at = calendars_[rule].at(now);
    if (at.active) verdict = stricter(verdict, stop_by(rule, at));
  });
  return verdict;
}

Verdict PolicyTable::narrowed(Verdict verdict, const MessageClass& message,
                              std::optional<OnHold> on_hold) const {
  verdict.on_hold = std::max(verdict.on_hold, on_hold.value_or(flags(message.category).on_hold));
  if (verdict.on_hold == OnHold::drop) verdict.decision = Decision::drop;
  return verdict;
}

/// No lease, no table, or an instant that the table does not speak of.
Verdict PolicyTable::gate_slowly(const MessageClass& message, Now now, std::optional<OnHold> on_hold) const {
  if (now.steady >= lease_valid_until && !flags(message.category).exempt) {
    return {Decision::hold, OnHold::defer, Verdict::kLease, std::nullopt};
  }
  if (rules_.empty()) return {};
  const Verdict verdict = evaluate(message, now.wall);
  return verdict.decision == Decision::send ? verdict : narrowed(verdict, message, on_hold);
}

std::vector<Explanation> PolicyTable::explain(const MessageClass& message, WallTime now) const {
  const std::array<std::uint32_t, kAttributes> ids{message.category, message.tenant, message.sender,
                                                   message.place, message.operator_};
  const bool exempt = flags(message.category).exempt;
  std::vector<Explanation> lines;
  for_each_rule(message, [&](std::uint32_t r) {
    const Scope& scope = rules_[r].scope;
    const std::array<bool, kAttributes> named{!scope.categories.empty(), !scope.tenants.empty(),
                                              !scope.senders.empty(), !scope.places.empty(),
                                              !scope.operators.empty()};
    const RuleState at = calendars_[r].at(now);
    Explanation line{
        .rule = r, .active = at.active, .exempted = exempt, .changes_at = at.changes_at, .named = named};
    for (std::size_t a = 0; a < kAttributes; ++a)
      line.by_unknown[a] = named[a] && ids[a] == Interner::kUnknown;
    lines.push_back(line);
  });
  return lines;
}

}  // namespace anchal::throttle
