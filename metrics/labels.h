#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace anchal::metrics {

/// Labels whose values are known when the code is written. Each is an enumeration; ClosedSet gives the
/// label's key and the values in the order of the enumerators. Labels whose values come from the
/// configuration (operator, bind, shard) belong to the groups in cells.h. Never a number, an id, a
/// sender or a tenant.
template <class Enum>
struct ClosedSet;

/// The enumerator spelled so; nothing for a word outside the set.
template <class Enum>
constexpr std::optional<Enum> value_named(std::string_view name) noexcept {
  const auto& values = ClosedSet<Enum>::values;
  for (std::size_t index = 0; index < values.size(); ++index) {
    if (values[index] == name) return static_cast<Enum>(index);
  }
  return std::nullopt;
}

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

/// Where a message waits; each waits in exactly one place. `job_stream`: read but not yet written to a bind,
/// operator queues included.
enum class Waiting : std::uint8_t { job_stream, backlog, hold, retry, in_flight, in_doubt, awaiting_receipt };
template <>
struct ClosedSet<Waiting> {
  static constexpr std::string_view label = "place";
  static constexpr std::array<std::string_view, 7> values{
      "job_stream", "backlog", "hold", "retry", "in_flight", "in_doubt", "awaiting_receipt"};
};

/// The states of a final outcome.
enum class State : std::uint8_t {
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
template <>
struct ClosedSet<State> {
  static constexpr std::string_view label = "state";
  static constexpr std::array<std::string_view, 10> values{
      "submitted",  "delivered", "undelivered", "expired", "rejected",
      "no_receipt", "unknown",   "dropped",     "invalid", "cancelled"};
};

/// Why a job was refused as a whole, or why an entry went to the dead letters.
enum class Refusal : std::uint8_t {
  malformed_json,
  invalid_utf8,
  unknown_version,
  body_too_large,
  wrong_type,
  missing_field,
  unknown_field,
  bad_value,
  bad_time,
  unknown_category,
  wrong_lane,
  bad_template,
  too_many_recipients,
  malformed_move,
  poison,
  other
};
template <>
struct ClosedSet<Refusal> {
  static constexpr std::string_view label = "reason";
  static constexpr std::array<std::string_view, 16> values{
      "malformed_json", "invalid_utf8",  "unknown_version",     "body_too_large", "wrong_type",
      "missing_field",  "unknown_field", "bad_value",           "bad_time",       "unknown_category",
      "wrong_lane",     "bad_template",  "too_many_recipients", "malformed_move", "poison",
      "other"};
};

/// What became of one written part: the response's word, or none. `throttled` covers queue full.
enum class SubmitResult : std::uint8_t { accepted, throttled, rejected, unresolved };
template <>
struct ClosedSet<SubmitResult> {
  static constexpr std::string_view label = "result";
  static constexpr std::array<std::string_view, 4> values{"accepted", "throttled", "rejected", "unresolved"};
};

/// What a delivery receipt turned out to be.
enum class ReceiptResult : std::uint8_t {
  matched,
  intermediate,
  duplicate,
  correction,
  unmatched,
  malformed
};
template <>
struct ClosedSet<ReceiptResult> {
  static constexpr std::string_view label = "result";
  static constexpr std::array<std::string_view, 6> values{"matched",    "intermediate", "duplicate",
                                                          "correction", "unmatched",    "malformed"};
};

/// What the gate said.
enum class Decision : std::uint8_t { send, hold, drop };
template <>
struct ClosedSet<Decision> {
  static constexpr std::string_view label = "decision";
  static constexpr std::array<std::string_view, 3> values{"send", "hold", "drop"};
};

/// Why the gate did not let a message pass: the kind of rule, or no confirmed policy within the lease.
enum class HoldReason : std::uint8_t { blackout, quiet_hours, policy_lease };
template <>
struct ClosedSet<HoldReason> {
  static constexpr std::string_view label = "reason";
  static constexpr std::array<std::string_view, 3> values{"blackout", "quiet_hours", "policy_lease"};
};

/// What showed that an operator had taken a message in doubt.
enum class DoubtEvidence : std::uint8_t { late_response, receipt, query };
template <>
struct ClosedSet<DoubtEvidence> {
  static constexpr std::string_view label = "evidence";
  static constexpr std::array<std::string_view, 3> values{"late_response", "receipt", "query"};
};

/// Whether a replica had the intents of a flush before it went out.
enum class ReplicaWait : std::uint8_t { confirmed, timed_out, unasked };
template <>
struct ClosedSet<ReplicaWait> {
  static constexpr std::string_view label = "result";
  static constexpr std::array<std::string_view, 3> values{"confirmed", "timed_out", "unasked"};
};

/// A round trip to Redis, by what it is to the core.
enum class StoreOperation : std::uint8_t { transaction, pipeline, bulk_read };
template <>
struct ClosedSet<StoreOperation> {
  static constexpr std::string_view label = "operation";
  static constexpr std::array<std::string_view, 3> values{"transaction", "pipeline", "bulk_read"};
};

/// A refused or failed Redis command, by what it means.
enum class StoreError : std::uint8_t {
  link_lost,
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
  static constexpr std::array<std::string_view, 14> values{
      "link_lost",    "fenced_off",    "out_of_memory", "read_only",   "loading",
      "no_replicas",  "misconfigured", "no_script",     "busy_script", "redirected",
      "cluster_down", "not_allowed",   "wrong_type",    "other"};
};

/// Which way octets or PDUs went, seen from the engine.
enum class Direction : std::uint8_t { in, out };
template <>
struct ClosedSet<Direction> {
  static constexpr std::string_view label = "direction";
  static constexpr std::array<std::string_view, 2> values{"in", "out"};
};

/// Class of an HTTP answer of the admin listener.
enum class HttpClass : std::uint8_t { success, redirect, client_error, server_error };
template <>
struct ClosedSet<HttpClass> {
  static constexpr std::string_view label = "code";
  static constexpr std::array<std::string_view, 4> values{"2xx", "3xx", "4xx", "5xx"};
};

}  // namespace anchal::metrics
