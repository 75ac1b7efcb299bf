#include "throttle/policy/rule.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "throttle/policy/calendar.h"

namespace anchal::throttle {
namespace {

constexpr std::size_t kIdMax = 64;
constexpr std::size_t kNameMax = 255;
// Dates outside are typing mistakes, and their arithmetic would not fit.
constexpr WallTime kEarliest{std::chrono::sys_days{std::chrono::year(1970) / 1 / 1}};
constexpr WallTime kLatest{std::chrono::sys_days{std::chrono::year(10'000) / 1 / 1}};

constexpr std::array<std::pair<RuleKind, std::string_view>, 2> kKinds{
    {{RuleKind::blackout, "blackout"}, {RuleKind::quiet, "quiet"}}};
constexpr std::array<std::pair<OnHold, std::string_view>, 3> kOnHolds{
    {{OnHold::defer, "defer"}, {OnHold::reapprove, "reapprove"}, {OnHold::drop, "drop"}}};

bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.';
}

/// Collects the findings of one rule.
class Findings {
 public:
  Findings(std::vector<RuleError>& out, std::size_t index, const Rule& rule)
      : out_(out), index_(index), rule_(rule) {}

  void fatal(std::string field, std::string message) { add(std::move(field), std::move(message), true); }
  void doubtful(std::string field, std::string message) { add(std::move(field), std::move(message), false); }

 private:
  void add(std::string field, std::string message, bool fatal) {
    out_.push_back({index_, rule_.id, std::move(field), std::move(message), fatal});
  }
  std::vector<RuleError>& out_;
  std::size_t index_;
  const Rule& rule_;
};

void check_id(const Rule& rule, std::unordered_set<std::string_view>& seen, Findings& findings) {
  if (rule.id.empty()) {
    findings.fatal("id", "a rule needs an id");
    return;
  }
  if (rule.id.size() > kIdMax) findings.fatal("id", "an id has at most 64 characters");
  if (!std::ranges::all_of(rule.id, is_id_character)) {
    findings.fatal(
        "id", "an id may have letters, digits, '-', '_' and '.' only, since it becomes part of a Redis key");
  }
  if (rule.id == kPolicyLeaseRule) {
    findings.fatal(
        "id", "'policy-lease' is the name under which the gate reports a stop for want of a policy lease");
  }
  if (!seen.insert(rule.id).second) findings.fatal("id", "another rule has the id '" + rule.id + "' too");
}

void check_names(const std::vector<std::string>& names, const std::string& field, Findings& findings) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!names[i].empty() && names[i].size() <= kNameMax) continue;
    findings.fatal("scope." + field + "[" + std::to_string(i) + "]",
                   names[i].empty() ? "an empty name; leave the list empty to cover all"
                                    : "a name has at most 255 octets");
  }
}

void check_categories(const Rule& rule, std::span<const Category> categories, Findings& findings) {
  for (std::size_t i = 0; i < rule.scope.categories.size(); ++i) {
    const std::string& name = rule.scope.categories[i];
    const std::string field = "scope.categories[" + std::to_string(i) + "]";
    const auto found = std::ranges::find(categories, name, &Category::name);
    if (name.empty()) continue;
    if (found == categories.end()) {
      findings.doubtful(field, "there is no category '" + name + "'; the rule would stop nothing of it");
    } else if (found->exempt) {
      findings.doubtful(field, "category '" + name + "' is exempt and passes every rule");
    }
  }
}

void check_times(const Rule& rule, Findings& findings) {
  const auto in_range = [](WallTime t) { return t >= kEarliest && t < kLatest; };
  if (rule.starts_at && !in_range(*rule.starts_at))
    findings.fatal("starts_at", "the year must be 1970 to 9999");
  if (rule.ends_at && !in_range(*rule.ends_at)) findings.fatal("ends_at", "the year must be 1970 to 9999");
  if (rule.starts_at && rule.ends_at && *rule.ends_at <= *rule.starts_at) {
    findings.fatal("ends_at", "ends_at must be later than starts_at");
  }
  if (rule.kind == RuleKind::quiet && !rule.daily) {
    findings.doubtful("daily", "quiet hours need a daily window; a rule without one is a blackout");
  }
  if (!rule.daily) return;
  constexpr std::chrono::minutes kDay = std::chrono::hours(24);
  const Daily& daily = *rule.daily;
  if (daily.from < std::chrono::minutes(0) || daily.from >= kDay) {
    findings.fatal("daily.from", "from must be 00:00 to 23:59");
  }
  if (daily.to < std::chrono::minutes(0) || daily.to > kDay)
    findings.fatal("daily.to", "to must be 00:00 to 24:00");
  if (daily.days == 0 || daily.days > Daily::kEveryDay)
    findings.fatal("daily.days", "name at least one weekday");
  if (!DailyWindow::make(daily)) {
    findings.fatal("daily.zone", "there is no time zone '" + daily.zone + "' in the system's tz database");
  }
}

}  // namespace

std::string_view to_string(RuleKind kind) {
  return kKinds[static_cast<std::size_t>(kind)].second;
}

std::string_view to_string(OnHold on_hold) {
  return kOnHolds[static_cast<std::size_t>(on_hold)].second;
}

std::optional<RuleKind> parse_rule_kind(std::string_view text) {
  for (const auto& [kind, name] : kKinds) {
    if (name == text) return kind;
  }
  return std::nullopt;
}

std::optional<OnHold> parse_on_hold(std::string_view text) {
  for (const auto& [on_hold, name] : kOnHolds) {
    if (name == text) return on_hold;
  }
  return std::nullopt;
}

std::vector<RuleError> validate(std::span<const Rule> rules, std::span<const Category> categories) {
  std::vector<RuleError> errors;
  std::unordered_set<std::string_view> ids;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const Rule& rule = rules[i];
    Findings findings(errors, i, rule);
    check_id(rule, ids, findings);
    check_names(rule.scope.categories, "categories", findings);
    check_names(rule.scope.tenants, "tenants", findings);
    check_names(rule.scope.senders, "senders", findings);
    check_names(rule.scope.places, "places", findings);
    check_names(rule.scope.operators, "operators", findings);
    check_categories(rule, categories, findings);
    check_times(rule, findings);
  }
  return errors;
}

}  // namespace anchal::throttle
