#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace anchal::core {

/// Final states of interface.md "Outcomes", in the order of their counters.
enum class Final : std::uint8_t {
  submitted,
  delivered,
  undelivered,
  expired,
  rejected,
  no_receipt,
  unknown,
  dropped,
  invalid,
  cancelled
};
inline constexpr std::size_t kFinals = 10;
inline constexpr std::array<std::string_view, kFinals> kFinalNames{
    "submitted",  "delivered", "undelivered", "expired", "rejected",
    "no_receipt", "unknown",   "dropped",     "invalid", "cancelled"};
/// Their rows in a partition's durable ledger.
inline constexpr std::array<std::string_view, kFinals> kFinalRows{
    "final:submitted",  "final:delivered", "final:undelivered", "final:expired", "final:rejected",
    "final:no_receipt", "final:unknown",   "final:dropped",     "final:invalid", "final:cancelled"};

/// Where a message can wait (law 1: in exactly one of these).
enum class Place : std::uint8_t { job_stream, backlog, hold, retry, in_flight, in_doubt, awaiting_receipt };
inline constexpr std::size_t kPlaces = 7;
inline constexpr std::array<std::string_view, kPlaces> kPlaceNames{
    "job_stream", "backlog", "hold", "retry", "in_flight", "in_doubt", "awaiting_receipt"};

struct OperatorCounters {
  std::uint64_t parts_accepted = 0, parts_rejected = 0, parts_throttled = 0, parts_unresolved = 0;
  std::uint64_t parts_written = 0;
  std::uint64_t receipts_matched = 0, receipts_unmatched = 0, receipts_duplicate = 0,
                receipts_intermediate = 0, receipts_correction = 0, receipts_malformed = 0;
  std::uint64_t response_ns_sum = 0;
  std::array<std::uint64_t, 12> response_buckets{};  ///< ≤ 1 2 5 10 25 50 100 250 500 1000 5000 ms, then more
  std::uint32_t queued = 0, in_flight = 0, binds_up = 0, window = 0;
  std::uint64_t backlog = 0;
  bool paused = false;
  double rate_limit = 0;  ///< parts/s in force now: share of the contract, or the adaptive rate below it
};

struct BindCounters {
  bool up = false;
  bool dormant = false;  ///< exists only in case the SMSC refuses transceivers
  std::uint32_t window_used = 0, window = 0;
};

/// Why the gate did not let a message pass: the kind of rule, or no policy confirmed within the lease.
enum class Stop : std::uint8_t { blackout, quiet_hours, policy_lease };
inline constexpr std::size_t kStops = 3;
inline constexpr std::array<std::string_view, kStops> kStopNames{"blackout", "quiet_hours", "policy_lease"};

/// What ended a doubt before on_doubt did (doubt/evidence.h).
inline constexpr std::size_t kEvidences = 3;
inline constexpr std::array<std::string_view, kEvidences> kEvidenceNames{"late_response", "receipt", "query"};

/// What became of a flush with intents of at-most-once categories, where a replica is connected.
enum class ReplicaWait : std::uint8_t { confirmed, timed_out, unasked };
inline constexpr std::size_t kReplicaWaits = 3;

/// Plain numbers the core counts in; its shard publishes them to metrics once per loop turn. Cumulative since
/// start, but for `accepted`, `finals` and `waiting`, which are the durable ledger of the partitions owned.
struct Counters {
  std::uint64_t accepted = 0;
  std::array<std::uint64_t, kFinals> finals{};
  std::array<std::uint64_t, kPlaces> waiting{};  ///< counted by walking the places, not from the two above
  std::uint64_t jobs_read = 0, jobs_refused = 0, jobs_duplicate = 0, dead_letters = 0;
  std::map<std::string, std::uint64_t> refused_by_reason;  ///< of the closed list of Refusal::reason
  std::uint64_t accepted_here = 0;                         ///< by this shard, whoever owns the partition now
  std::array<std::uint64_t, kFinals> finals_here{};        ///< likewise
  std::uint64_t gate_sent = 0, gate_held = 0, gate_dropped = 0;
  std::array<std::uint64_t, kStops> stopped{};  ///< held or dropped
  std::uint64_t journal_entries = 0, journal_bytes = 0, transactions = 0, transactions_fenced = 0,
                store_downs = 0;
  bool store_full = false;     ///< Redis is at maxmemory: nothing is read
  bool store_pressed = false;  ///< nearly: no new jobs are read, OTPs apart
  std::string store_refusal;   ///< why Redis refuses what we write; empty: it does not
  std::array<std::uint64_t, kReplicaWaits> replica_waits{};
  std::uint64_t told_again = 0;  ///< transactions that Redis had forgotten
  std::uint64_t gone = 0;        ///< messages whose entry is in no stream any more
  std::uint64_t forgotten = 0;   ///< partitions of which Redis forgot more than can be told again
  std::array<std::uint64_t, kEvidences> doubts_ended{};  ///< by core::Evidence
  std::uint64_t takeovers = 0, doubts = 0, resends = 0, corrections = 0;
  std::uint32_t partitions_owned = 0, open_entries = 0, open_messages = 0;
  std::uint64_t open_bytes = 0;
  std::vector<OperatorCounters> operators;  ///< in the order of Config::operators
  std::vector<BindCounters> binds;          ///< by BindId

  /// accepted − final − waiting: law 1 says 0.
  std::int64_t difference() const;
};

}  // namespace anchal::core
