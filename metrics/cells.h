#pragma once

#include "metrics/cell.h"
#include "metrics/labels.h"

namespace anchal::metrics {

/// The cells of one loop, in groups that share their open labels. catalogue.h gives every member its name and
/// help. One writer each: the loop that asked for the group (registry.h). Cells are summed over loops at the
/// scrape, least and greatest gauges excepted.

/// No open label: what one loop counts for its partitions.
struct ShardCells {
  ByLabel<Lane, Counter> jobs_read;
  ByLabel<Lane, Counter> jobs_accepted;
  ByLabel<Refusal, Counter> jobs_refused;
  ByLabel<Refusal, Counter> dead_letters;
  Counter duplicates;

  Counter messages_accepted;
  ByLabel<State, Counter> messages_final;
  ByLabel<Waiting, Gauge> messages_waiting;
  Gauge ledger_difference;
  ByLabel<State, Counter> outcomes;
  ByLabel<Waiting, Counter> messages_moved;
  ByLabel<RetryReason, Counter> retries;
  Counter doubts;
  ByLabel<DoubtEnd, Counter> doubts_ended;

  ByLabel<Decision, Counter> gate_decisions;
  ByLabel<HoldReason, Counter> gate_held;
  LeastGauge policy_epoch;
  LeastGauge policy_confirmed;
  GreatestGauge policy_rules;

  ByLabel<Lane, Histogram<kDelayBounds>> write_delay;

  Gauge partitions_owned;
  ByLabel<Takeover, Counter> takeovers;
  Counter fences_lost;
  Gauge credit_entries_used;
  Gauge credit_bytes_used;
  GreatestGauge watermark_age;
  Gauge receipt_map_entries;

  Counter journal_records;
  Counter journal_bytes;
  Gauge journal_entries;

  LeastGauge store_up;
  Counter store_commands;
  ByLabel<StoreOperation, Histogram<kStoreBounds>> store_latency;
  ByLabel<StoreError, Counter> store_errors;
  Counter store_reconnects;
  ByLabel<Direction, Counter> store_bytes;
  Gauge store_commands_pending;
  GreatestGauge store_memory_used;
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
  Histogram<kReceiptBounds> receipt_delay;
  Counter rate_used_parts;
  Gauge rate_contract;
  Gauge rate_allowed;
  ByLabel<Lane, Gauge> queue_messages;
  Gauge backlog_messages;
  GreatestGauge paused;
};

/// Labels `operator` and `bind`.
struct BindCells {
  Gauge up;
  Gauge window_used;
  Gauge window_limit;
  ByLabel<ConnectResult, Counter> connects;
  ByLabel<CloseReason, Counter> closes;
  ByLabel<Direction, Counter> pdus;
  ByLabel<Direction, Counter> bytes;
  ByLabel<PduError, Counter> pdu_errors;
};

/// Label `category`.
struct CategoryCells {
  ByLabel<CategoryEvent, Counter> messages;
};

/// No open label, written by the thread of the admin listener.
struct AdminCells {
  ByLabel<HttpClass, Counter> requests;
  Gauge event_streams;
};

}  // namespace anchal::metrics
