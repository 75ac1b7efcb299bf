#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace anchal::metrics {

/// Labels whose values are known when the code is written. Each is an enumeration; ClosedSet gives the
/// label's key and the values in the order of the enumerators. Labels whose values come from the
/// configuration (operator, bind, category, shard) belong to the groups in cells.h. Never a number, an id, a
/// sender or a tenant.
template <class Enum>
struct ClosedSet;

/// One cell for each value of a closed set.
template <class Enum, class Cell>
class ByLabel {
 public:
  using Label = Enum;
  static constexpr std::size_t size = ClosedSet<Enum>::values.size();
  Cell& operator[](Enum value) noexcept { return cells_[static_cast<std::size_t>(value)]; }
  const Cell& operator[](Enum value) const noexcept { return cells_[static_cast<std::size_t>(value)]; }

 private:
  std::array<Cell, size> cells_;
};

/// Urgency; the job streams have the same names.
enum class Lane : std::uint8_t { otp, alert, service, bulk };
template <>
struct ClosedSet<Lane> {
  static constexpr std::string_view label = "lane";
  static constexpr std::array<std::string_view, 4> values{"otp", "alert", "service", "bulk"};
};

/// Where a message waits; each waits in exactly one place. `job_stream`: read but not yet written to a bind,
/// operator queues included.
enum class Waiting : std::uint8_t { job_stream, backlog, hold, retry, in_flight, in_doubt, awaiting_receipt };
template <>
struct ClosedSet<Waiting> {
  static constexpr std::string_view label = "place";
  static constexpr std::array<std::string_view, 7> values{
      "job_stream", "backlog", "hold", "retry", "in_flight", "in_doubt", "awaiting_receipt"};
};

/// The states of an outcome. All are final but held and in_doubt; submitted is final only where no receipt
/// was asked.
enum class State : std::uint8_t {
  held,
  submitted,
  in_doubt,
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
template <>
struct ClosedSet<State> {
  static constexpr std::string_view label = "state";
  static constexpr std::array<std::string_view, 12> values{
      "held",     "submitted",  "in_doubt", "delivered", "undelivered", "expired",
      "rejected", "no_receipt", "unknown",  "dropped",   "invalid",     "cancelled"};
};

/// Why a job was refused as a whole, or why an entry went to the dead letters.
enum class Refusal : std::uint8_t {
  malformed,
  unsupported_version,
  missing_field,
  wrong_type,
  unknown_category,
  wrong_lane,
  bad_recipient,
  too_many_recipients,
  too_large,
  invalid_utf8,
  template_error,
  poison,
  other
};
template <>
struct ClosedSet<Refusal> {
  static constexpr std::string_view label = "reason";
  static constexpr std::array<std::string_view, 13> values{
      "malformed",     "unsupported_version", "missing_field",
      "wrong_type",    "unknown_category",    "wrong_lane",
      "bad_recipient", "too_many_recipients", "too_large",
      "invalid_utf8",  "template_error",      "poison",
      "other"};
};

/// What became of one written part.
enum class SubmitResult : std::uint8_t { accepted, throttled, queue_full, temporary, refused, unresolved };
template <>
struct ClosedSet<SubmitResult> {
  static constexpr std::string_view label = "result";
  static constexpr std::array<std::string_view, 6> values{"accepted",  "throttled", "queue_full",
                                                          "temporary", "refused",   "unresolved"};
};

/// What a delivery receipt turned out to be.
enum class ReceiptResult : std::uint8_t {
  matched,
  intermediate,
  early,
  duplicate,
  correction,
  unmatched,
  malformed
};
template <>
struct ClosedSet<ReceiptResult> {
  static constexpr std::string_view label = "result";
  static constexpr std::array<std::string_view, 7> values{
      "matched", "intermediate", "early", "duplicate", "correction", "unmatched", "malformed"};
};

/// What the gate said.
enum class Decision : std::uint8_t { send, hold, drop };
template <>
struct ClosedSet<Decision> {
  static constexpr std::string_view label = "decision";
  static constexpr std::array<std::string_view, 3> values{"send", "hold", "drop"};
};

/// Why the gate did not let a message pass.
enum class HoldReason : std::uint8_t {
  blackout,
  quiet_hours,
  policy_lease,
  operator_window,
  suppression,
  purpose
};
template <>
struct ClosedSet<HoldReason> {
  static constexpr std::string_view label = "reason";
  static constexpr std::array<std::string_view, 6> values{"blackout",        "quiet_hours", "policy_lease",
                                                          "operator_window", "suppression", "purpose"};
};

/// Why a message will be tried again.
enum class RetryReason : std::uint8_t { throttled, queue_full, temporary, link_lost, failover };
template <>
struct ClosedSet<RetryReason> {
  static constexpr std::string_view label = "reason";
  static constexpr std::array<std::string_view, 5> values{"throttled", "queue_full", "temporary", "link_lost",
                                                          "failover"};
};

/// What ended a doubt.
enum class DoubtEnd : std::uint8_t { late_response, receipt, query, resent, reported };
template <>
struct ClosedSet<DoubtEnd> {
  static constexpr std::string_view label = "by";
  static constexpr std::array<std::string_view, 5> values{"late_response", "receipt", "query", "resent",
                                                          "reported"};
};

/// How the owner before a takeover ended.
enum class Takeover : std::uint8_t { clean, unclean };
template <>
struct ClosedSet<Takeover> {
  static constexpr std::string_view label = "kind";
  static constexpr std::array<std::string_view, 2> values{"clean", "unclean"};
};

/// A round trip to Redis, by what it is for.
enum class StoreOperation : std::uint8_t {
  read,
  intents,
  settle,
  move,
  trim,
  receipts,
  lease,
  policy,
  other
};
template <>
struct ClosedSet<StoreOperation> {
  static constexpr std::string_view label = "operation";
  static constexpr std::array<std::string_view, 9> values{"read",     "intents", "settle", "move", "trim",
                                                          "receipts", "lease",   "policy", "other"};
};

/// A refused or failed Redis command, by what it means.
enum class StoreError : std::uint8_t {
  link_lost,
  timed_out,
  fenced_off,
  out_of_memory,
  read_only,
  loading,
  no_replicas,
  misconfigured,
  no_script,
  busy_script,
  redirected,
  cluster_down,
  not_allowed,
  wrong_type,
  other
};
template <>
struct ClosedSet<StoreError> {
  static constexpr std::string_view label = "error";
  static constexpr std::array<std::string_view, 15> values{
      "link_lost",  "timed_out",    "fenced_off",    "out_of_memory", "read_only",
      "loading",    "no_replicas",  "misconfigured", "no_script",     "busy_script",
      "redirected", "cluster_down", "not_allowed",   "wrong_type",    "other"};
};

/// Which way octets or PDUs went, seen from the engine.
enum class Direction : std::uint8_t { in, out };
template <>
struct ClosedSet<Direction> {
  static constexpr std::string_view label = "direction";
  static constexpr std::array<std::string_view, 2> values{"in", "out"};
};

/// How an attempt to open a bind ended.
enum class ConnectResult : std::uint8_t { bound, unreachable, tls_failed, refused, timed_out };
template <>
struct ClosedSet<ConnectResult> {
  static constexpr std::string_view label = "result";
  static constexpr std::array<std::string_view, 5> values{"bound", "unreachable", "tls_failed", "refused",
                                                          "timed_out"};
};

/// Why an open bind ended.
enum class CloseReason : std::uint8_t {
  unbound,
  peer_unbound,
  link_lost,
  no_answer,
  protocol_error,
  policy_reset
};
template <>
struct ClosedSet<CloseReason> {
  static constexpr std::string_view label = "reason";
  static constexpr std::array<std::string_view, 6> values{"unbound",   "peer_unbound",   "link_lost",
                                                          "no_answer", "protocol_error", "policy_reset"};
};

/// What was wrong with a PDU: the link goes on after a recoverable one.
enum class PduError : std::uint8_t { recoverable, unrecoverable, unexpected };
template <>
struct ClosedSet<PduError> {
  static constexpr std::string_view label = "kind";
  static constexpr std::array<std::string_view, 3> values{"recoverable", "unrecoverable", "unexpected"};
};

/// What happened to a message of a category.
enum class CategoryEvent : std::uint8_t { accepted, written, held, dropped };
template <>
struct ClosedSet<CategoryEvent> {
  static constexpr std::string_view label = "event";
  static constexpr std::array<std::string_view, 4> values{"accepted", "written", "held", "dropped"};
};

/// Class of an HTTP answer of the admin listener.
enum class HttpClass : std::uint8_t { success, redirect, client_error, server_error };
template <>
struct ClosedSet<HttpClass> {
  static constexpr std::string_view label = "code";
  static constexpr std::array<std::string_view, 4> values{"2xx", "3xx", "4xx", "5xx"};
};

}  // namespace anchal::metrics
