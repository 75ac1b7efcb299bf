#pragma once

#include <string_view>

namespace anchal::app::policy_keys {

/// design.md §5: everything of the policy is one slot, so that a change is one transaction.
inline constexpr std::string_view kRules = "anchal:{policy}:rules";          // hash: id -> rule_json()
inline constexpr std::string_view kOperators = "anchal:{policy}:operators";  // hash: paused operator -> JSON
inline constexpr std::string_view kEpoch = "anchal:{policy}:epoch";          // number
inline constexpr std::string_view kAcks = "anchal:{policy}:acks";            // hash: engine -> JSON
inline constexpr std::string_view kAudit = "anchal:{policy}:audit";          // stream: audit_fields()
inline constexpr std::string_view kAuditHead =
    "anchal:{policy}:audit-head";  // hash of the chain's last entry
/// Names of engines and what they say of themselves; another slot, nothing depends on it.
inline constexpr std::string_view kEngines = "anchal:{fleet}:engines";  // hash: engine -> JSON

}  // namespace anchal::app::policy_keys
