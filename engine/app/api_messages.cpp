#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "engine/admin/problem.h"
#include "engine/app/api.h"
#include "engine/app/send_job.h"
#include "engine/core/doubt/doubt.h"
#include "engine/core/job/job.h"
#include "engine/core/job/time_text.h"
#include "engine/core/keys.h"
#include "engine/net/clock.h"

namespace anchal::app {
namespace {

using admin::Call;
using admin::Response;
using nlohmann::json;
using nlohmann::ordered_json;

// What one look-up reads of a stream at most: newest first for outcomes, oldest first for what waits.
constexpr std::size_t kChunk = 500;
constexpr std::size_t kEntriesMax = 20'000;
// As engine/core/intake.cpp spreads producer keys.
constexpr unsigned kSeenBuckets = 256;

struct Wanted {
  std::string tenant;
  std::string job;
  std::uint64_t index = 0;
  std::uint64_t hash = 0;
};

/// What a partition knows of one message.
struct Found {
  ordered_json outcomes = ordered_json::array();
  ordered_json waiting = ordered_json::array();
  bool seen = false;
  bool cut_short = false;  ///< a stream was longer than kEntriesMax

  bool anything() const { return seen || !outcomes.empty() || !waiting.empty(); }
};

const std::string* field_of(const OwnedReply& entry, std::string_view name) {
  const auto& fields = entry.elements[1].elements;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text == name) return &fields[i + 1].text;
  }
  return nullptr;
}

/// Calls visit(entry) for the entries of a stream in chunks; false where the stream is longer than we read.
template <class Visit>
ControlResult<bool> walk(ControlStore& store, const std::string& key, bool newest_first, Visit visit) {
  std::string from = newest_first ? "+" : "-";
  for (std::size_t read = 0; read < kEntriesMax; read += kChunk) {
    const RedisCommand command =
        newest_first ? RedisCommand{"XREVRANGE", key, from, "-", "COUNT", std::to_string(kChunk)}
                     : RedisCommand{"XRANGE", key, from, "+", "COUNT", std::to_string(kChunk)};
    const auto reply = store.ask(command);
    if (!reply) return std::unexpected(reply.error());
    for (const OwnedReply& entry : reply->elements) visit(entry);
    if (reply->elements.size() < kChunk) return true;
    from = "(" + reply->elements.back().elements[0].text;
  }
  return false;
}

/// The lines about this message, oldest first.
ControlResult<bool> find_outcomes(ControlStore& store, core::PartitionId partition, const Wanted& wanted,
                                  Found& found) {
  std::vector<ordered_json> lines;
  const auto whole = walk(store, core::keys::partition(partition, core::keys::outcomes_suffix(wanted.tenant)),
                          true, [&](const OwnedReply& entry) {
                            const std::string* const body = field_of(entry, "body");
                            if (body == nullptr || body->find(wanted.job) == std::string::npos) return;
                            std::vector<ordered_json> here;
                            std::string_view rest = *body;
                            while (!rest.empty()) {
                              const std::string_view line = rest.substr(0, rest.find('\n'));
                              rest.remove_prefix(std::min(rest.size(), line.size() + 1));
                              auto parsed = ordered_json::parse(line, nullptr, false);
                              if (!parsed.is_object() || parsed.value("job", "") != wanted.job) continue;
                              if (!parsed["i"].is_null() && parsed["i"] != wanted.index) continue;
                              here.push_back(std::move(parsed));
                            }
                            lines.insert(lines.end(), std::make_move_iterator(here.rbegin()),
                                         std::make_move_iterator(here.rend()));
                          });
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) found.outcomes.push_back(std::move(*line));
  return whole;
}

/// Whether an entry with this body is about our message. `meta` is what a moved entry says of the rows it
/// carries; a job as its hub pushed it carries all.
bool is_about(std::string_view body, const std::string* meta, const Wanted& wanted) {
  if (body.find(wanted.tenant) == std::string::npos) return false;
  const json parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object() || parsed.value("id", json()) != wanted.job ||
      parsed.value("tenant", json()) != wanted.tenant) {
    return false;
  }
  if (const auto moved = meta == nullptr ? std::nullopt : core::Moved::unpack(*meta)) {
    return std::find(moved->indexes.begin(), moved->indexes.end(), wanted.index) != moved->indexes.end();
  }
  return wanted.index < (parsed.contains("recipients") ? parsed["recipients"].size() : 1);
}

ControlResult<bool> find_waiting(ControlStore& store, core::PartitionId partition, const Wanted& wanted,
                                 const std::string& suffix, std::string_view place, Found& found) {
  return walk(store, core::keys::partition(partition, suffix), false, [&](const OwnedReply& entry) {
    const std::string* const body = field_of(entry, "body");
    if (body == nullptr || !is_about(*body, field_of(entry, "meta"), wanted)) return;
    found.waiting.push_back({{"place", place}, {"stream", suffix}, {"entry", entry.elements[0].text}});
  });
}

/// Rows of `retry`: "<count> <lane> <octets of meta> <meta><body>" (engine/core/settle.cpp).
ControlResult<bool> find_retry(ControlStore& store, core::PartitionId partition, const Wanted& wanted,
                               Found& found) {
  std::string cursor = "0";
  for (std::size_t read = 0; read < kEntriesMax; read += kChunk) {
    const auto reply = store.ask({"HSCAN", core::keys::partition(partition, core::keys::kRetryRows), cursor,
                                  "COUNT", std::to_string(kChunk)});
    if (!reply) return std::unexpected(reply.error());
    const auto& pairs = reply->elements[1].elements;
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
      std::string_view row = pairs[i + 1].text;
      std::size_t size = 0;
      for (int word = 0; word < 3; ++word) {
        const std::size_t blank = row.find(' ');
        if (blank == std::string_view::npos) break;
        const std::string_view digits = row.substr(0, blank);
        if (word == 2) std::from_chars(digits.data(), digits.data() + digits.size(), size);
        row.remove_prefix(blank + 1);
      }
      if (size > row.size()) continue;
      const std::string meta(row.substr(0, size));
      if (is_about(row.substr(size), &meta, wanted)) {
        found.waiting.push_back({{"place", "retry"}, {"entry", pairs[i].text}});
      }
    }
    cursor = reply->elements[0].text;
    if (cursor == "0") return true;
  }
  return false;
}

ControlResult<Found> look_into(ControlStore& store, const AppConfig& config, core::PartitionId partition,
                               const std::map<std::string, std::int64_t>& ledger, const Wanted& wanted) {
  Found found;
  const auto note = [&](const ControlResult<bool>& whole) -> std::optional<ControlError> {
    if (!whole) return whole.error();
    found.cut_short = found.cut_short || !*whole;
    return std::nullopt;
  };
  if (auto error = note(find_outcomes(store, partition, wanted, found))) return std::unexpected(*error);
  for (std::size_t lane = 0; lane < core::kLanes; ++lane) {
    const std::string suffix = core::keys::jobs_suffix(static_cast<core::Lane>(lane));
    if (auto error = note(find_waiting(store, partition, wanted, suffix, "job_stream", found)))
      return std::unexpected(*error);
  }
  for (const auto& [field, count] : ledger) {
    const bool backlog = field.starts_with("w:backlog:");
    if (!backlog && !field.starts_with("w:hold:")) continue;
    if (auto error = note(
            find_waiting(store, partition, wanted, field.substr(2), backlog ? "backlog" : "hold", found))) {
      return std::unexpected(*error);
    }
  }
  if (auto error = note(find_retry(store, partition, wanted, found))) return std::unexpected(*error);
  const auto doubt = store.ask({"HGET", core::keys::partition(partition, core::keys::kDoubt),
                                core::message_field(wanted.hash, static_cast<std::uint32_t>(wanted.index))});
  if (!doubt) return std::unexpected(doubt.error());
  if (const auto record = doubt->is_nil() ? std::nullopt : core::Doubt::unpack(doubt->text)) {
    const bool reported = record->state == core::Doubt::State::reported;
    if (!reported) found.waiting.push_back({{"place", "in_doubt"}, {"operator", record->operator_name}});
  }
  if (config.core.idempotency > Duration::zero()) {
    const auto period =
        std::chrono::duration_cast<std::chrono::milliseconds>(config.core.idempotency).count();
    const std::int64_t generation = net::wall_now().time_since_epoch().count() / period;
    const std::string field(reinterpret_cast<const char*>(&wanted.hash), sizeof wanted.hash);
    for (const std::int64_t g : {generation, generation - 1}) {
      const auto seen = store.ask(
          {"HGET", core::keys::seen(partition, g, static_cast<unsigned>(wanted.hash % kSeenBuckets)), field});
      if (!seen) return std::unexpected(seen.error());
      found.seen = found.seen || !seen->is_nil();
    }
  }
  return found;
}

bool has_final(const ordered_json& outcomes) {
  for (const ordered_json& line : outcomes) {
    if (line.value("final", false)) return true;
  }
  return false;
}

/// One word for where the message is: its final state, the place it waits in, or what follows from neither.
std::string state_of(const Found& found) {
  for (const ordered_json& line : found.outcomes) {
    if (line.value("final", false)) return line.value("state", "");
  }
  // A stream keeps what has left it until it is trimmed; the farther place is the truer one.
  for (const std::string_view place : {"in_doubt", "retry", "hold", "backlog", "job_stream"}) {
    for (const ordered_json& row : found.waiting) {
      if (row["place"] == place) return std::string(place);
    }
  }
  // Accepted, not final, in no stream: it is with the operator, or in this moment on its way there.
  return "awaiting_receipt";
}

}  // namespace

/// The life of one message, gathered from outcomes, streams, doubts and producer keys. The documented
/// partition is looked at first, the others only if it knows nothing.
Response Api::message(const Call& call) {
  Wanted wanted{call.arguments[0], call.arguments[1], 0, 0};
  const std::string& digits = call.arguments[2];
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), wanted.index);
  if (error != std::errc{} || end != digits.data() + digits.size() || wanted.index > 0xFFFFFFFF) {
    return admin::problem(400, "the index must be a number");
  }
  wanted.hash = core::job_hash(wanted.tenant, wanted.job);
  const auto ledger = ledgers();
  if (!ledger) return store_problem(ledger.error());
  const unsigned first = partition_of(wanted.job, config_.core.partitions);
  bool cut_short = false;
  for (unsigned step = 0; step < config_.core.partitions; ++step) {
    const auto partition = static_cast<core::PartitionId>((first + step) % config_.core.partitions);
    auto found = look_into(store_, config_, partition, (*ledger)[partition], wanted);
    if (!found) return store_problem(found.error());
    cut_short = cut_short || found->cut_short;
    if (!found->anything()) continue;
    ordered_json body;
    body["tenant"] = wanted.tenant;
    body["job"] = wanted.job;
    body["index"] = wanted.index;
    body["partition"] = partition;
    body["state"] = state_of(*found);
    body["final"] = has_final(found->outcomes);
    body["outcomes"] = std::move(found->outcomes);
    body["waiting"] = std::move(found->waiting);
    body["whole"] = !found->cut_short;
    return {.status = 200, .body = body.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n"};
  }
  return admin::problem(404, cut_short ? "no trace of it among the entries looked at; the streams hold more"
                                       : "there is no trace of such a message");
}

}  // namespace anchal::app
