#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anchal::app {

/// One link of the audit chain (stream `anchal:{policy}:audit`): who changed what, why, from what to what.
/// Each entry carries the hash of the one before, so that none can be changed, left out or put in later
/// without every hash after it being wrong.
struct AuditEntry {
  std::string at;       ///< RFC 3339, UTC
  std::string actor;    ///< name of the token; "local" without tokens
  std::string action;   ///< "blackout.create", "blackout.end", "operator.pause", …
  std::string subject;  ///< id of the rule, name of the operator
  std::string before;   ///< JSON, or empty
  std::string after;    ///< JSON, or empty
  std::string reason;
  std::string epoch;     ///< of the policy that the change makes
  std::string previous;  ///< hash of the entry before; 64 zeros for the first
  std::string hash;      ///< of all the above
};

inline constexpr std::string_view kFirstPrevious =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// The fields in the order of the stream entry and of the hash.
struct AuditField {
  std::string_view name;
  std::string AuditEntry::* value;
};
std::span<const AuditField> audit_fields();

/// SHA-256, in hex, over "name:octets:value\n" of every field but `hash`, in order.
std::string audit_hash(const AuditEntry& entry);

struct ChainFault {
  std::size_t index;  ///< of the entry that does not fit
  std::string what;
};
/// Checks every hash and every link. `previous` is what the first entry must follow.
std::expected<void, ChainFault> verify_chain(std::span<const AuditEntry> entries, std::string_view previous);

}  // namespace anchal::app
