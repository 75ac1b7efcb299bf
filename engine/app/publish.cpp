#include "engine/app/publish.h"

namespace anchal::app {
namespace {

using metrics::Direction;
using metrics::ReceiptResult;
using metrics::SubmitResult;

static_assert(core::kFinals == metrics::ClosedSet<metrics::State>::values.size());
static_assert(core::kFinalNames == metrics::ClosedSet<metrics::State>::values);
static_assert(core::kPlaceNames == metrics::ClosedSet<metrics::Waiting>::values);
static_assert(core::kStopNames == metrics::ClosedSet<metrics::HoldReason>::values);

void publish_operator(const core::OperatorCounters& from, const core::OperatorConfig& config,
                      metrics::OperatorCells& to) {
  to.submit_parts[SubmitResult::accepted].publish(from.parts_accepted);
  to.submit_parts[SubmitResult::throttled].publish(from.parts_throttled);
  to.submit_parts[SubmitResult::rejected].publish(from.parts_rejected);
  to.submit_parts[SubmitResult::unresolved].publish(from.parts_unresolved);
  to.submit_response.publish(from.response_buckets, static_cast<double>(from.response_ns_sum) / 1e9);
  to.receipts[ReceiptResult::matched].publish(from.receipts_matched);
  to.receipts[ReceiptResult::intermediate].publish(from.receipts_intermediate);
  to.receipts[ReceiptResult::duplicate].publish(from.receipts_duplicate);
  to.receipts[ReceiptResult::correction].publish(from.receipts_correction);
  to.receipts[ReceiptResult::unmatched].publish(from.receipts_unmatched);
  to.receipts[ReceiptResult::malformed].publish(from.receipts_malformed);
  to.rate_used_parts.publish(from.parts_written);
  to.rate_contract.set(config.tps);
  to.rate_allowed.set(from.rate_limit);
  to.queue_messages.set(from.queued);
  to.backlog_messages.set(static_cast<double>(from.backlog));
  to.paused.set(from.paused ? 1 : 0);
}

}  // namespace

Publisher::Publisher(metrics::Shard& cells, const core::Config& config, std::span<const core::BindInfo> binds)
    : cells_(cells), config_(config), bind_infos_(binds), binds_(binds.size()) {
  for (const core::OperatorConfig& op : config.operators) operators_.push_back(&cells.for_operator(op.name));
}

metrics::BindCells& Publisher::bind(core::BindId id) {
  if (binds_[id] == nullptr) {
    const core::BindInfo& info = bind_infos_[id];
    binds_[id] = &cells_.for_bind(config_.operators[info.operator_index].name, info.label);
  }
  return *binds_[id];
}

void Publisher::publish(const core::Counters& counters) {
  metrics::ShardCells& to = cells_.cells();
  to.jobs_read.publish(counters.jobs_read);
  for (const auto& [reason, count] : counters.refused_by_reason) {
    const auto label = metrics::value_named<metrics::Refusal>(reason).value_or(metrics::Refusal::other);
    to.jobs_refused[label].publish(count);
    to.dead_letters[label].publish(count);
  }
  to.duplicates.publish(counters.jobs_duplicate);
  to.messages_accepted.publish(counters.accepted_here);
  for (std::size_t i = 0; i < core::kFinals; ++i) {
    to.messages_final[static_cast<metrics::State>(i)].publish(counters.finals_here[i]);
  }
  for (std::size_t i = 0; i < core::kPlaces; ++i) {
    to.messages_waiting[static_cast<metrics::Waiting>(i)].set(static_cast<double>(counters.waiting[i]));
  }
  to.ledger_difference.set(static_cast<double>(counters.difference()));
  to.doubts.publish(counters.doubts);
  for (std::size_t i = 0; i < core::kEvidences; ++i) {
    to.doubts_resolved[static_cast<metrics::DoubtEvidence>(i)].publish(counters.doubts_ended[i]);
  }
  to.resends.publish(counters.resends);
  to.corrections.publish(counters.corrections);
  to.gate_decisions[metrics::Decision::send].publish(counters.gate_sent);
  to.gate_decisions[metrics::Decision::hold].publish(counters.gate_held);
  to.gate_decisions[metrics::Decision::drop].publish(counters.gate_dropped);
  for (std::size_t i = 0; i < core::kStops; ++i) {
    to.gate_held[static_cast<metrics::HoldReason>(i)].publish(counters.stopped[i]);
  }
  to.partitions_owned.set(counters.partitions_owned);
  to.takeovers.publish(counters.takeovers);
  for (std::size_t i = 0; i < core::kReplicaWaits; ++i) {
    to.replica_waits[static_cast<metrics::ReplicaWait>(i)].publish(counters.replica_waits[i]);
  }
  to.told_again.publish(counters.told_again);
  to.forgotten.publish(counters.forgotten);
  to.gone.publish(counters.gone);
  to.store_full.set(counters.store_full || counters.store_pressed ? 1 : 0);
  to.store_refusing.set(counters.store_refusal.empty() ? 0 : 1);
  to.open_entries.set(counters.open_entries);
  to.open_messages.set(counters.open_messages);
  to.open_bytes.set(static_cast<double>(counters.open_bytes));
  to.journal_entries.publish(counters.journal_entries);
  to.journal_bytes.publish(counters.journal_bytes);
  to.transactions.publish(counters.transactions);
  to.transactions_fenced.publish(counters.transactions_fenced);
  to.store_downs.publish(counters.store_downs);
  for (std::size_t i = 0; i < operators_.size() && i < counters.operators.size(); ++i) {
    publish_operator(counters.operators[i], config_.operators[i], *operators_[i]);
  }
  for (std::size_t i = 0; i < binds_.size() && i < counters.binds.size(); ++i) {
    if (counters.binds[i].dormant) continue;
    metrics::BindCells& cells = bind(static_cast<core::BindId>(i));
    cells.up.set(counters.binds[i].up ? 1 : 0);
    cells.window_used.set(counters.binds[i].window_used);
    cells.window_limit.set(counters.binds[i].window);
  }
}

void Publisher::publish(const redis::Store::Statistics& statistics, bool store_up, double memory_used) {
  metrics::ShardCells& to = cells_.cells();
  to.store_up.set(store_up ? 1 : 0);
  to.store_commands.publish(statistics.main.commands + statistics.bulk.commands);
  to.store_bytes[Direction::out].publish(statistics.main.bytes_out + statistics.bulk.bytes_out);
  to.store_bytes[Direction::in].publish(statistics.main.bytes_in + statistics.bulk.bytes_in);
  to.store_commands_pending.set(static_cast<double>(statistics.unanswered));
  to.store_memory_used.set(memory_used);
}

}  // namespace anchal::app
