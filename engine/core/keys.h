#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/lane.h"
#include "engine/core/store.h"

namespace anchal::core::keys {

/// Names of design.md §5. Everything of a partition carries its hash tag, so that a batch is one cluster
/// slot.

/// "anchal:{3}:" + rest
std::string partition(PartitionId partition, std::string_view rest);

inline std::string jobs_suffix(Lane lane) {
  return std::string("jobs:").append(name_of(lane));
}
/// A backlog per operator *and lane*: an OTP that waits for an operator must not stand behind its bulk.
inline std::string backlog_suffix(std::string_view operator_name, Lane lane) {
  return std::string("backlog:").append(operator_name).append(":").append(name_of(lane));
}
inline std::string hold_suffix(std::string_view rule) {
  return std::string("hold:").append(rule);
}
inline std::string outcomes_suffix(std::string_view tenant) {
  return std::string("outcomes:").append(tenant);
}

/// Who shares the partitions: a hash, shard -> beat.
inline constexpr std::string_view kShards = "anchal:{fleet}:shards";

/// Names the data, not the server: a copy of them bears the same name.
inline constexpr std::string_view kInstallation = "anchal:{fleet}:installation";

inline constexpr std::string_view kJournal = "journal";
inline constexpr std::string_view kOwner = "owner";
inline constexpr std::string_view kFence = "fence";
inline constexpr std::string_view kLedger = "ledger";
/// Fields of the ledger: up to where a stream's entries may have been sent although nothing says so.
inline constexpr std::string_view kForgottenTo = "suspect:";
/// In the ledger: when the last search of the receipt map's slot of the same number began whose effect is
/// durable (receipt_search.cpp).
inline constexpr std::string_view kSearched = "searched";
/// In the ledger: the latest time, by the clocks of owners, that the receipt map has of a settled message.
inline constexpr std::string_view kSent = "sent";
/// In the ledger, after Redis was set back: how far the partition had come (fence-number), and by stream
/// ("known:<stream>") the cursor.
inline constexpr std::string_view kKnown = "known";
/// In the ledger, by stream: up to where a job stream is to be read again (reread.cpp).
inline constexpr std::string_view kReread = "reread:";
/// In the ledger, after Redis was set back or emptied: Partition::orphans.
inline constexpr std::string_view kOrphans = "orphans";
inline constexpr std::string_view kInbox = "inbox";
inline constexpr std::string_view kDead = "dead";
/// A hash of who died with what in hand: poison/suspects.h.
inline constexpr std::string_view kSuspects = "suspects";
/// Octets of a body that a dead letter keeps: a longer one is cut there. It may be the only record of what
/// was asked.
inline constexpr std::size_t kDeadBodyMax = 16u << 20;
inline constexpr std::string_view kDoubt = "doubt";
inline constexpr std::string_view kRetry = "retry";
/// What waits in `retry`, by member: ZSET members stay short, the text is held once.
inline constexpr std::string_view kRetryRows = "retry:rows";
/// Receipts already seen for messages of several parts, until all parts have spoken.
inline constexpr std::string_view kParts = "parts";

/// "anchal:{3}:seen:<generation>:<bucket>"
std::string seen(PartitionId partition, std::int64_t generation, unsigned bucket);

/// "anchal:{r5}:receipts:<operator>:<generation>:<bucket>"
std::string receipts(unsigned slot, std::string_view operator_name, std::int64_t generation, unsigned bucket);

/// Which generations of a slot may hold something: a hash, fields as generation_field() writes them.
std::string generations(unsigned slot);
/// "<operator>:<generation>"
std::string generation_field(std::string_view operator_name, std::int64_t generation);
/// Nothing where it is another operator's.
std::optional<std::int64_t> generation_of(std::string_view field, std::string_view operator_name);
/// The command that lists the generation in which a hash of the receipt map lies, given its name.
void list_generation_of(std::string_view receipts_key, Commands& commands);

/// Receipts that nobody knows, by operator and address_token(): "anchal:{r5}:strays:<operator>:<token in
/// hex>"
std::string strays(unsigned slot, std::string_view operator_name, std::uint64_t address);

}  // namespace anchal::core::keys
