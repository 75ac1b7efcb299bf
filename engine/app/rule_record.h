#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/admin/problem.h"
#include "throttle/policy/rule.h"

namespace anchal::app {

/// A rule as it is kept in Redis and shown by the API: the rule itself, and who wants it why.
struct RuleRecord {
  throttle::Rule rule;
  std::string name;
  std::string reason;
  std::string reference;  ///< the order it follows: a court's, the commission's
  std::string author;
  WallTime created_at{};
};

/// The body of POST /api/v1/blackouts, checked: types, unknown fields, times, every finding of
/// throttle::validate(), operators that there are. The id, the author and the time come from the caller.
std::expected<RuleRecord, std::vector<admin::FieldError>> rule_from_request(
    std::string_view body, const std::vector<throttle::Category>& categories,
    const std::vector<std::string>& operators, std::string id, std::string author, WallTime now);

/// The record as JSON: what Redis keeps and the API shows.
std::string rule_json(const RuleRecord& record);

/// Reads rule_json() back; nothing where it is not one.
std::optional<RuleRecord> rule_from_json(std::string_view json);

/// A new rule's id: the day and 50 random bits, fit for a Redis key.
std::string new_rule_id(WallTime now, std::uint64_t random);

}  // namespace anchal::app
