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
template <>
inline constexpr std::array<std::string_view, 1> kOpenLabels<CategoryCells>{"category"};

// clang-format off
inline constexpr auto kShardRows = std::tuple{
    Row{"jobs_read_total", &ShardCells::jobs_read, "Entries read from the job streams."},
    Row{"jobs_accepted_total", &ShardCells::jobs_accepted, "Jobs accepted."},
    Row{"jobs_refused_total", &ShardCells::jobs_refused, "Jobs refused as a whole."},
    Row{"dead_letters_total", &ShardCells::dead_letters, "Entries written to the dead-letter streams."},
    Row{"duplicates_total", &ShardCells::duplicates, "Jobs whose tenant and id had been seen before."},

    Row{"messages_accepted_total", &ShardCells::messages_accepted, "Messages accepted: recipients of accepted jobs."},
    Row{"messages_final_total", &ShardCells::messages_final, "Messages with their final outcome."},
    Row{"messages_waiting", &ShardCells::messages_waiting, "Messages without a final outcome, by the one place they wait in."},
    Row{"ledger_difference_messages", &ShardCells::ledger_difference, "Accepted minus final minus waiting, waiting counted by walking the places. Must read 0."},
    Row{"outcomes_total", &ShardCells::outcomes, "Outcome lines written, interim ones included."},
    Row{"messages_moved_total", &ShardCells::messages_moved, "Messages moved to another place, by the place they went to."},
    Row{"retries_total", &ShardCells::retries, "Messages scheduled to be tried again."},
    Row{"doubts_total", &ShardCells::doubts, "Messages whose submit got no response in time."},
    Row{"doubts_ended_total", &ShardCells::doubts_ended, "Messages that left doubt, by the evidence that ended it."},

    Row{"gate_decisions_total", &ShardCells::gate_decisions, "Decisions of the gate at the instant of the write."},
    Row{"gate_held_total", &ShardCells::gate_held, "Messages the gate held or dropped."},
    Row{"policy_epoch", &ShardCells::policy_epoch, "Version of the policy in force; the oldest of all loops."},
    Row{"policy_confirmed", &ShardCells::policy_confirmed, "1 while every loop holds a confirmed policy, 0 while a loop stops the restricted categories by itself."},
    Row{"policy_rules", &ShardCells::policy_rules, "Rules of the policy in force."},

    Row{"write_delay_seconds", &ShardCells::write_delay, "From the hub's XADD to the hand-over of the first part to the kernel, first tries only."},

    Row{"partitions_owned", &ShardCells::partitions_owned, "Partitions owned."},
    Row{"takeovers_total", &ShardCells::takeovers, "Partitions taken over, restarts included, by how the owner before ended."},
    Row{"fences_lost_total", &ShardCells::fences_lost, "Partitions lost to another owner while still in use here."},
    Row{"credit_entries_used", &ShardCells::credit_entries_used, "Entries between watermark and cursor."},
    Row{"credit_bytes_used", &ShardCells::credit_bytes_used, "Octets of the entries between watermark and cursor."},
    Row{"watermark_age_seconds", &ShardCells::watermark_age, "Age of the oldest entry with an unsettled message."},
    Row{"receipt_map_entries", &ShardCells::receipt_map_entries, "SMSC message ids kept for receipts to come."},

    Row{"journal_records_total", &ShardCells::journal_records, "Records appended to the journals."},
    Row{"journal_bytes_total", &ShardCells::journal_bytes, "Octets appended to the journals."},
    Row{"journal_entries", &ShardCells::journal_entries, "Entries in the journals, not trimmed yet."},

    Row{"store_up", &ShardCells::store_up, "1 while every loop is connected to Redis."},
    Row{"store_commands_total", &ShardCells::store_commands, "Redis commands sent."},
    Row{"store_latency_seconds", &ShardCells::store_latency, "Round trips to Redis, from hand-over of the batch to its reply."},
    Row{"store_errors_total", &ShardCells::store_errors, "Redis commands refused or lost."},
    Row{"store_reconnects_total", &ShardCells::store_reconnects, "Connections to Redis opened again."},
    Row{"store_bytes_total", &ShardCells::store_bytes, "Octets exchanged with Redis."},
    Row{"store_commands_pending", &ShardCells::store_commands_pending, "Redis commands waiting for their reply."},
    Row{"store_memory_used_ratio", &ShardCells::store_memory_used, "Redis used_memory as a part of maxmemory; no sample without maxmemory."}};

inline constexpr auto kLoopRows = std::tuple{
    Row{"loop_turn_seconds", &LoopCells::turn, "Busy time of one turn of an event loop, waiting apart."}};

inline constexpr auto kOperatorRows = std::tuple{
    Row{"submit_parts_total", &OperatorCells::submit_parts, "Parts written, by what became of them."},
    Row{"submit_response_seconds", &OperatorCells::submit_response, "From a part's write to its submit_sm_resp."},
    Row{"receipts_total", &OperatorCells::receipts, "Delivery receipts."},
    Row{"receipt_delay_seconds", &OperatorCells::receipt_delay, "From a part's submit_sm_resp to its final receipt."},
    Row{"rate_used_parts_total", &OperatorCells::rate_used_parts, "Parts that used the contract rate."},
    Row{"rate_contract_parts", &OperatorCells::rate_contract, "Contract rate given to this engine, parts per second; 0 is unlimited."},
    Row{"rate_allowed_parts", &OperatorCells::rate_allowed, "Rate the operator is found to take now, parts per second."},
    Row{"queue_messages", &OperatorCells::queue_messages, "Messages in the operator's queue."},
    Row{"backlog_messages", &OperatorCells::backlog_messages, "Messages waiting for the operator in Redis."},
    Row{"operator_paused", &OperatorCells::paused, "1 while the operator is paused by request."}};

inline constexpr auto kBindRows = std::tuple{
    Row{"bind_up", &BindCells::up, "1 while the bind is bound."},
    Row{"window_used", &BindCells::window_used, "Submits without a response."},
    Row{"window_limit", &BindCells::window_limit, "Submits the bind may have without a response."},
    Row{"bind_connects_total", &BindCells::connects, "Attempts to open the bind."},
    Row{"bind_closes_total", &BindCells::closes, "Ends of the open bind."},
    Row{"bind_pdus_total", &BindCells::pdus, "PDUs exchanged."},
    Row{"bind_bytes_total", &BindCells::bytes, "Octets exchanged."},
    Row{"pdu_errors_total", &BindCells::pdu_errors, "PDUs received that were not in order."}};

inline constexpr auto kCategoryRows = std::tuple{
    Row{"category_messages_total", &CategoryCells::messages, "Messages of a category, by what happened to them."}};

inline constexpr auto kAdminRows = std::tuple{
    Row{"admin_requests_total", &AdminCells::requests, "HTTP requests answered by the admin listener."},
    Row{"admin_event_streams", &AdminCells::event_streams, "Open streams of server-sent events."}};
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
