#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "metrics/cells.h"

namespace anchal::metrics {

/// The one list of every metric: name without the prefix `anchal_`, the cell it shows, help. Kind and closed
/// labels follow from the cell's type, open labels from its group.
template <class Group, class Cell>
struct Row {
  std::string_view name;
  Cell Group::* cell;
  std::string_view help;
};

inline constexpr std::string_view kPrefix = "anchal_";

template <class Group>
inline constexpr std::array<std::string_view, 0> kOpenLabels{};
template <>
inline constexpr std::array<std::string_view, 1> kOpenLabels<LoopCells>{"shard"};
template <>
inline constexpr std::array<std::string_view, 1> kOpenLabels<OperatorCells>{"operator"};
template <>
inline constexpr std::array<std::string_view, 2> kOpenLabels<BindCells>{"operator", "bind"};

// clang-format off
inline constexpr auto kShardRows = std::tuple{
    Row{"jobs_read_total", &ShardCells::jobs_read, "Jobs read from the job streams."},
    Row{"jobs_refused_total", &ShardCells::jobs_refused, "Jobs refused as a whole."},
    Row{"dead_letters_total", &ShardCells::dead_letters, "Entries written to the dead-letter streams."},
    Row{"duplicates_total", &ShardCells::duplicates, "Jobs whose tenant and id had been seen before."},

    Row{"messages_accepted_total", &ShardCells::messages_accepted, "Messages accepted by this process."},
    Row{"messages_final_total", &ShardCells::messages_final, "Messages that got their final outcome from this process."},
    Row{"messages_waiting", &ShardCells::messages_waiting, "Messages without a final outcome, by the one place they wait in."},
    Row{"ledger_difference_messages", &ShardCells::ledger_difference, "Accepted minus final minus waiting, waiting counted by walking the places. Must read 0."},
    Row{"doubts_total", &ShardCells::doubts, "Messages whose submit got no response in time."},
    Row{"doubts_resolved_total", &ShardCells::doubts_resolved,
        "Messages in doubt that evidence settled before on_doubt acted: the response after all, a receipt, query_sm."},
    Row{"resends_total", &ShardCells::resends, "Messages in doubt that were sent again."},
    Row{"corrections_total", &ShardCells::corrections, "Receipts that contradicted a final outcome."},

    Row{"gate_decisions_total", &ShardCells::gate_decisions, "Decisions of the gate: send for each part written, hold and drop for each message."},
    Row{"gate_held_total", &ShardCells::gate_held, "Messages that the gate did not let pass, held or dropped, by the kind of rule."},
    Row{"policy_epoch", &ShardCells::policy_epoch, "Version of the policy in force; the oldest of all loops."},
    Row{"policy_confirmed", &ShardCells::policy_confirmed, "1 while every loop holds a confirmed policy, 0 while a loop stops the restricted categories by itself."},
    Row{"policy_rules", &ShardCells::policy_rules, "Rules of the policy in force."},

    Row{"partitions_owned", &ShardCells::partitions_owned, "Partitions owned."},
    Row{"store_replica_waits_total", &ShardCells::replica_waits,
        "Flushes of what is never sent twice while Redis had a replica: its intents confirmed by one, not within "
        "redis.replica_wait_ms, or not asked about for a second after that."},
    Row{"store_told_again_transactions_total", &ShardCells::told_again,
        "Transactions that Redis had forgotten (a failover) and was told again."},
    Row{"store_forgotten_partitions_total", &ShardCells::forgotten,
        "Partitions taken from a Redis that is older than what is known of them: a backup, a flush, lost writes. "
        "What may have been sent is in doubt."},
    Row{"messages_gone_total", &ShardCells::gone,
        "Accepted messages whose entry is in no stream any more: forgotten by Redis while their reader died, or "
        "deleted by hand. They have no outcome."},
    Row{"takeovers_total", &ShardCells::takeovers, "Partitions taken over, restarts included."},
    Row{"open_entries", &ShardCells::open_entries, "Stream entries read whose messages are not all settled."},
    Row{"open_messages", &ShardCells::open_messages, "Messages of the open entries."},
    Row{"open_bytes", &ShardCells::open_bytes, "Octets of the open entries."},

    Row{"journal_entries_total", &ShardCells::journal_entries, "Entries appended to the journals."},
    Row{"journal_bytes_total", &ShardCells::journal_bytes, "Octets appended to the journals."},
    Row{"transactions_total", &ShardCells::transactions, "Fenced transactions given to Redis."},
    Row{"transactions_fenced_total", &ShardCells::transactions_fenced, "Transactions refused because the partition had become someone else's."},

    Row{"store_up", &ShardCells::store_up, "1 while every loop is connected to Redis."},
    Row{"store_downs_total", &ShardCells::store_downs, "Connections to Redis lost."},
    Row{"store_commands_total", &ShardCells::store_commands, "Redis commands sent."},
    Row{"store_latency_seconds", &ShardCells::store_latency, "Round trips to Redis, from hand-over of the batch to its reply."},
    Row{"store_errors_total", &ShardCells::store_errors, "Redis commands refused or lost."},
    Row{"store_bytes_total", &ShardCells::store_bytes, "Octets exchanged with Redis."},
    Row{"store_commands_pending", &ShardCells::store_commands_pending, "Redis commands waiting for their reply."},
    Row{"store_memory_used_ratio", &ShardCells::store_memory_used, "Redis used_memory as a part of maxmemory; no sample without maxmemory."},
    Row{"store_full", &ShardCells::store_full, "1 while new jobs are not read because Redis is full, or nearly (90 % of maxmemory)."},
    Row{"store_refusing", &ShardCells::store_refusing,
        "1 while Redis refuses what a loop writes: read-only, too few replicas, a failing disk, missing rights."}};

inline constexpr auto kLoopRows = std::tuple{
    Row{"loop_turn_seconds", &LoopCells::turn, "Busy time of one turn of an event loop, waiting apart."}};

inline constexpr auto kOperatorRows = std::tuple{
    Row{"submit_parts_total", &OperatorCells::submit_parts, "Parts written, by what became of them."},
    Row{"submit_response_seconds", &OperatorCells::submit_response, "From a part's write to its submit_sm_resp."},
    Row{"receipts_total", &OperatorCells::receipts, "Delivery receipts."},
    Row{"rate_used_parts_total", &OperatorCells::rate_used_parts, "Parts that used the contract rate: all that were written."},
    Row{"rate_contract_parts", &OperatorCells::rate_contract, "Contract rate of the whole fleet, parts per second; 0 is unlimited."},
    Row{"rate_allowed_parts", &OperatorCells::rate_allowed, "Rate in force in this engine, parts per second: its share of the contract, or what the operator is found to take."},
    Row{"queue_messages", &OperatorCells::queue_messages, "Messages in the operator's queue."},
    Row{"backlog_messages", &OperatorCells::backlog_messages, "Messages waiting for the operator in Redis."},
    Row{"operator_paused", &OperatorCells::paused, "1 while the operator is paused by request."}};

inline constexpr auto kBindRows = std::tuple{
    Row{"bind_up", &BindCells::up, "1 while the bind is bound."},
    Row{"window_used", &BindCells::window_used, "Submits without a response."},
    Row{"window_limit", &BindCells::window_limit, "Submits the bind may have without a response."},
    Row{"bind_connects_total", &BindCells::connects, "Attempts to connect the bind."},
    Row{"bind_closes_total", &BindCells::closes, "Ends of the bind's connection, failed attempts included."},
    Row{"bind_bytes_total", &BindCells::bytes, "Octets exchanged with the operator."}};

inline constexpr auto kAdminRows = std::tuple{
    Row{"admin_requests_total", &AdminCells::requests, "HTTP requests answered by the admin listener."}};
// clang-format on

/// What a metric is to a reader of the exposition.
enum class Kind : std::uint8_t { counter, gauge, histogram };
std::string_view to_string(Kind kind);

/// One metric, spelled out. `values` is empty for a label whose values come from the configuration.
struct LabelDescription {
  std::string key;
  std::vector<std::string> values;
};
struct Description {
  std::string name;
  Kind kind;
  std::string help;
  std::vector<LabelDescription> labels;
};

/// Every metric of the exposition with its full name, in its order: the rows above, then what the registry
/// adds about the build and the process.
std::vector<Description> describe();

}  // namespace anchal::metrics
