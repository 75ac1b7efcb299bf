#pragma once

#include "metrics/cell.h"
#include "metrics/labels.h"

namespace anchal::metrics {

/// The cells of one loop, in groups that share their open labels. catalogue.h gives every member its name and
/// help. One writer each: the loop that asked for the group (registry.h). Cells are summed over loops at the
/// scrape, least and greatest gauges excepted.

/// No open label: what one loop counts for its partitions.
struct ShardCells {
  Counter jobs_read;
  ByLabel<Refusal, Counter> jobs_refused;
  ByLabel<Refusal, Counter> dead_letters;
  Counter duplicates;

  Counter messages_accepted;
  ByLabel<State, Counter> messages_final;
  ByLabel<Waiting, Gauge> messages_waiting;
  Gauge ledger_difference;
  Counter doubts;
  ByLabel<DoubtEvidence, Counter> doubts_resolved;
  Counter resends;
  Counter corrections;

  ByLabel<Decision, Counter> gate_decisions;
  ByLabel<HoldReason, Counter> gate_held;
  LeastGauge policy_epoch;
  LeastGauge policy_confirmed;
  GreatestGauge policy_rules;

  Gauge partitions_owned;
  Counter takeovers;
  ByLabel<ReplicaWait, Counter> replica_waits;
  Counter told_again;
  Counter forgotten;
  Counter gone;
  Gauge open_entries;
  Gauge open_messages;
  Gauge open_bytes;

  Counter journal_entries;
  Counter journal_bytes;
  Counter transactions;
  Counter transactions_fenced;

  LeastGauge store_up;
  Counter store_downs;
  Counter store_commands;
  ByLabel<StoreOperation, Histogram<kStoreBounds>> store_latency;
  ByLabel<StoreError, Counter> store_errors;
  ByLabel<Direction, Counter> store_bytes;
  Gauge store_commands_pending;
  GreatestGauge store_memory_used;
  GreatestGauge store_full;
  GreatestGauge store_refusing;
};

/// Label `shard`: the loop itself.
struct LoopCells {
  Histogram<kTurnBounds> turn;
};

/// Label `operator`.
struct OperatorCells {
  ByLabel<SubmitResult, Counter> submit_parts;
  Histogram<kResponseBounds> submit_response;
  ByLabel<ReceiptResult, Counter> receipts;
  Counter rate_used_parts;
  GreatestGauge rate_contract;
  Gauge rate_allowed;
  Gauge queue_messages;
  Gauge backlog_messages;
  GreatestGauge paused;
};

/// Labels `operator` and `bind`.
struct BindCells {
  Gauge up;
  Gauge window_used;
  Gauge window_limit;
  Counter connects;
  Counter closes;
  ByLabel<Direction, Counter> bytes;
};

/// No open label, written by the thread of the admin listener.
struct AdminCells {
  ByLabel<HttpClass, Counter> requests;
};

}  // namespace anchal::metrics
