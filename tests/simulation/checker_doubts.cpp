#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/simulation/checker.h"

// What a doubt is ended by. A message is resent, or called unknown, only after the outcomes said that it is
// in doubt, and they still do; against nothing that stood in Redis when its owner looked; and what ended it
// stands there when the doubt is gone.

namespace anchal::sim {

void Checker::on_written(const Arguments& command) {
  places_.on_written(command);
  const std::string_view verb = command[0], key = command[1];
  if (key.find(":strays:") != std::string_view::npos && verb == "HSETNX")
    on_stray(key, command[2], command[3]);
  if (!key.ends_with(":doubt")) return;
  constexpr char kReported = 2;  // nothing waits there any more
  for (std::size_t i = 2; i < command.size(); i += verb == "HDEL" ? 1 : 2) {
    const bool ends = verb == "HDEL" ||
                      (i + 1 < command.size() && command[i + 1].size() > 1 && command[i + 1][1] == kReported);
    const auto message = ends ? places_.doubt_of(key, command[i]) : std::nullopt;
    if (message) doubts_left_.push_back(*message);
  }
}

/// A transaction is done as a whole, or not at all: what it leaves of a doubt is what the next owner finds.
void Checker::on_done() {
  for (const MessageIndex message : std::exchange(doubts_left_, {})) {
    const JobTruth& job = truth_.job_of(message);
    if (job.refused || job.forgotten || clock_.now() < telling_until_) continue;
    checked(Law::evidence);
    if (seen(message).final || places_.waits(message)) continue;
    violate(Law::evidence, fmt::format("the doubt of {} ({}) is over, and nothing in Redis says how",
                                       who(message), job.category));
  }
}

void Checker::on_stray(std::string_view key, std::string_view field, std::string_view value) {
  // "anchal:{3}:strays:<operator>:<number and sender>", field "r:<id>:<1 if final>"
  const std::string_view rest = key.substr(key.find(":strays:") + 8);
  const std::string_view name = rest.substr(0, rest.rfind(':'));
  constexpr std::uint8_t kHasReference = 2;
  if (!field.starts_with("r:") || field.size() < 5 || value.size() < 2) return;
  if ((static_cast<std::uint8_t>(value[1]) & kHasReference) == 0) return;
  for (std::size_t op = 0; op < config_.operators.size(); ++op) {
    if (config_.operators[op].name != name) continue;
    const auto given = given_[op].find(std::string(field.substr(2, field.size() - 4)));
    if (given == given_[op].end()) return;
    strays_[given->second.message].push_back({static_cast<std::uint16_t>(op), given->second.write,
                                              std::string(key), std::string(field), clock_.now()});
  }
}

void Checker::on_read(const Arguments& command) {
  if (command[0] != "HGETALL" || command[1].find(":strays:") == std::string_view::npos) return;
  strays_looked_at_.insert_or_assign(std::string(command[1]), clock_.now());
}

void Checker::on_query(const PipeEnd&, const Connection& connection, std::string_view message_id) {
  queried_.emplace(connection.operator_index, message_id);
}

void Checker::note_power_cut(TimePoint since, const std::map<std::string, TimePoint>& known,
                             const std::set<std::string>& confirmed) {
  note_forgotten(since);
  Forgotten& forgotten = forgotten_.back();
  forgotten.known = false;
  for (Write& write : writes_) {
    if (write.at < since) continue;
    const std::string& shard = shards_[write.shard].name;
    const auto file = known.find(shard.substr(0, shard.rfind('/')));
    const bool behind_file = file == known.end() || write.at >= file->second;
    forgotten.known = forgotten.known || !behind_file;  // Redis is behind that file
    const bool has_intents = confirmed.contains(shard) && at_most_once(write.message);
    write.unprotected = behind_file && !has_intents;
    numbers_.unprotected += write.unprotected ? 1 : 0;
    numbers_.confirmed += behind_file && has_intents ? 1 : 0;
  }
}

bool Checker::at_most_once(MessageIndex message) const {
  if (message == kForeign) return false;
  const auto* const of_category = category(truth_.job_of(message).category);
  return of_category != nullptr && of_category->on_doubt != core::OnDoubt::resend_once;
}

/// What was written of it last is behind what anybody remembers.
bool Checker::unprotected(const MessageSeen& message) const {
  return std::ranges::any_of(message.copies, [&](const Copy& copy) {
    return std::ranges::any_of(copy.parts, [&](const PartSeen& part) {
      return std::ranges::any_of(part.writes, [&](auto number) { return writes_[number].unprotected; });
    });
  });
}

/// It had ended without a write when Redis last forgot.
bool Checker::ended_unwritten(const MessageSeen& message) const {
  const TimePoint forgot = forgotten_.back().at;
  return std::ranges::none_of(message.copies, [&](const Copy& copy) {
    return std::ranges::any_of(copy.parts, [&](const PartSeen& part) {
      return std::ranges::any_of(part.writes, [&](auto number) { return writes_[number].at < forgot; });
    });
  });
}

/// Whether a line that says so stands in the outcomes now: not one that a failover forgot.
bool Checker::said_in_redis(const MessageSeen& message, const JobTruth& job, std::uint32_t index) const {
  return std::ranges::any_of(message.doubts, [&](const Said& said) {
    const auto* const stream = redis_.data().get<Stream>(said.stream);
    if (stream == nullptr) return false;
    const auto at = stream->at_or_after(said.id);
    if (at == stream->entries.end() || at->id != said.id) return false;
    const std::string body(at->field("body").value_or(""));
    for (std::size_t begin = 0; begin < body.size();) {
      const std::size_t end = std::min(body.find('\n', begin), body.size());
      const auto line = nlohmann::json::parse(body.substr(begin, end - begin), nullptr, false);
      if (line.is_object() && line["state"] == "in_doubt" && line["job"] == job.id && line["i"] == index)
        return true;
      begin = end + 1;
    }
    return false;
  });
}

void Checker::note_set_back() {
  set_back_at_ = clock_.now();
  for (MessageIndex message = 0; message < seen_.size(); ++message) {
    MessageSeen& was = seen_[message];
    was.doubt_stood =
        !was.doubts.empty() && said_in_redis(was, truth_.job_of(message), truth_.messages[message].index);
  }
}

/// Who writes has not met the Redis that was set back, and the lease of before is in force: what it decides
/// by is what Redis acknowledged.
bool Checker::unaware(const Write& write) const {
  const auto shard = shards_.find(write.shard);
  return shard != shards_.end() && shard->second.shard != nullptr &&
         shard->second.shard->store().up_since() < set_back_at_ && write.at - set_back_at_ < config_.lease;
}

/// `write`: with which it is resent.
void Checker::check_decision(MessageIndex message, std::string_view what, const Write* write) {
  const JobTruth& job = truth_.job_of(message);
  checked(Law::evidence);
  const bool cannot_know = write != nullptr && seen(message).doubt_stood && unaware(*write);
  if (!cannot_know && !said_in_redis(seen(message), job, truth_.messages[message].index)) {
    violate(Law::evidence,
            fmt::format("{} {}, and the outcomes do not say that it is in doubt", who(message), what));
  }
  check_strays(message, what);
  if (seen(message).final) check_queries(message);
}

/// A receipt that repeats the reference of the last copy is evidence: where it lay in Redis when the owner
/// last looked, or has lain there and nobody looked since the copy was written, the doubt may not end so.
void Checker::check_strays(MessageIndex message, std::string_view what) {
  const auto found = strays_.find(message);
  if (found == strays_.end() || clock_jumped_at_ != TimePoint::min()) return;
  const MessageSeen& was = seen(message);
  std::uint64_t last = 0;
  unsigned parts = 0;
  for (const Copy& copy : was.copies) {
    parts = std::max<unsigned>(parts, static_cast<unsigned>(copy.parts.size()));
    for (const auto& part : copy.parts) {
      for (const auto number : part.writes) last = std::max(last, number);
    }
  }
  if (parts != 1) return;  // of several, one may well be missing
  // Where Redis forgot which operator it went to, nobody knows where to look.
  if (writes_.empty() || forgotten_since(writes_[last].at - config_.lease)) return;
  for (const Stray& stray : found->second) {
    if (stray.write != last || !config_.operators[stray.operator_index].user_message_reference) continue;
    const auto* const hash = redis_.data().get<Hash>(stray.key);
    if (hash == nullptr || hash->find(stray.field) == hash->fields.end()) continue;
    checked(Law::evidence);
    const auto look = strays_looked_at_.find(stray.key);
    const bool looked = look != strays_looked_at_.end() && look->second >= writes_[last].at;
    if (looked && look->second < stray.at) continue;  // it came too late
    // The look that was seen may be that of a shard which had the partition for a moment (seed 662).
    if (looked && takeovers_) continue;
    violate(Law::evidence, fmt::format("{} {} though a receipt of it lies in Redis{}", who(message), what,
                                       looked ? "" : ", where nobody has looked"));
  }
}

/// Of a category that asks, what a former owner put into the receipt map can be asked about, and is.
void Checker::check_queries(MessageIndex message) {
  const MessageSeen& was = seen(message);
  const JobTruth& job = truth_.job_of(message);
  const auto* const kind = category(job.category);
  if (kind == nullptr || kind->on_doubt != core::OnDoubt::query || !job.receipt) return;
  if (was.copies.size() != 1 || was.copies.front().parts.size() != 1) return;
  if (clock_jumped_at_ != TimePoint::min() ||
      !config_.operators[was.copies.front().operator_index].query_trusted)
    return;
  if (forgotten_since(was.first_write)) return;  // nor whom to ask
  for (const std::string& id : places_.ids_of(message, was.last_doubt)) {
    checked(Law::evidence);
    if (queried_.contains({was.copies.front().operator_index, id})) continue;
    violate(Law::evidence, fmt::format("{} ends as unknown, and nobody asked {} about {}", who(message),
                                       config_.operators[was.copies.front().operator_index].name, id));
  }
}

}  // namespace anchal::sim
