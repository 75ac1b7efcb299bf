#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/simulation/checker.h"

namespace anchal::sim {

void Checker::on_entry(std::string_view key, const StreamEntry& entry) {
  trace_.mix(key);
  if (key.ends_with(":dead")) {
    on_dead_letter(entry);
    return;
  }
  if (key.ends_with(":journal")) on_journal(key);
  if (key.find(":outcomes:") == std::string_view::npos) return;
  const auto body = entry.field("body");
  const auto count = entry.field("n");
  if (entry.field("v") != "1" || !body || !count) {
    violate(Law::contract, fmt::format("an entry of {} has not the fields v, n and body", key));
    return;
  }
  trace_.mix(*body);
  std::size_t lines = 0;
  std::string_view rest = *body;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) {
      on_outcome(key, entry.id, rest.substr(0, end));
      ++lines;
    }
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  if (std::to_string(lines) != *count) {
    violate(Law::contract, fmt::format("an entry of {} says n {} and has {} lines", key, *count, lines));
  }
}

void Checker::on_outcome(std::string_view key, EntryId entry, std::string_view line) {
  const auto outcome = nlohmann::json::parse(line, nullptr, false);
  if (!outcome.is_object() || !outcome.contains("job") || !outcome.contains("i") ||
      !outcome["state"].is_string() || !outcome["final"].is_boolean() || !outcome.contains("at")) {
    violate(Law::contract, fmt::format("an outcome that interface.md does not know: {}", line));
    return;
  }
  const std::string state = outcome["state"];
  const bool final = outcome["final"];
  const std::string tenant(key.substr(key.find(":outcomes:") + 10));
  if (outcome["i"].is_null()) {  // a job refused as a whole
    const auto* const job = outcome["job"].is_string() ? truth_.find_job(tenant, outcome["job"]) : nullptr;
    if (state != "invalid" || (job != nullptr && !truth_.jobs[*job].refused)) {
      violate(Law::conservation, fmt::format("a usable job is refused: {}", line));
    }
    return;
  }
  const auto* const job = truth_.find_job(tenant, outcome["job"].get<std::string>());
  const std::uint32_t index = outcome["i"];
  if (job == nullptr || truth_.jobs[*job].refused || index >= truth_.jobs[*job].messages) {
    violate(Law::conservation, fmt::format("an outcome for a message nobody asked for: {}", line));
    return;
  }
  const MessageIndex message = truth_.jobs[*job].first_message + index;
  if (!key.starts_with(fmt::format("anchal:{{{}}}:", truth_.jobs[*job].partition))) {
    violate(Law::conservation,
            fmt::format("the outcome of {} is in another partition: {}", who(message), key));
  }
  MessageSeen& was = seen(message);
  trace_.tell("outcome    {} {}{}", who(message), state,
              outcome.contains("reason") ? " (" + outcome["reason"].get<std::string>() + ")" : "");
  if (!final) {
    if (state == "in_doubt") {
      ++was.in_doubt;
      was.doubts.push_back({std::string(key), entry});
      was.first_doubt = std::min(was.first_doubt, clock_.now());
      was.last_doubt = clock_.now();
      ++numbers_.in_doubt;
    } else if (state == "held") {
      ++was.held;
      ++numbers_.held;
    } else if (state != "submitted") {
      violate(Law::contract, fmt::format("state {} is always final", state));
    }
    return;
  }
  checked(Law::conservation);
  if (was.final) {
    // The hub takes the first. A final line and the journal that knows of it are one transaction: only where
    // Redis forgot, and is told again, may there be a second.
    ++numbers_.repeated_finals;
    was.last_final_at = clock_.now();
    was.resent = was.resent || outcome.value("resent", false);
    if (!redis_forgot()) {
      violate(Law::conservation,
              fmt::format("a second final outcome for {}: {} after {}", who(message), state, was.state));
    }
    return;
  }
  if (state == "in_doubt" || state == "held" || (state == "submitted" && truth_.jobs[*job].receipt)) {
    violate(Law::contract, fmt::format("state {} of {} must not be final", state, who(message)));
  }
  was.final = true;
  was.final_at = was.last_final_at = clock_.now();
  was.state = state;
  was.resent = outcome.value("resent", false);
  if (outcome.contains("reason")) was.reason = outcome["reason"];
  ++finals_;
  ++numbers_.finals[state];
  check_outcome(message);
  if (state == "unknown") check_decision(message, "ends as unknown");
}

void Checker::on_dead_letter(const StreamEntry& entry) {
  const auto stream = entry.field("stream"), id = entry.field("id"), reason = entry.field("reason");
  if (!stream || !id || !reason || reason->empty()) {
    violate(Law::contract, "a dead letter without stream, id and reason");
    return;
  }
  trace_.tell("dead       {} of {}: {}", *id, *stream, *reason);
  dead_letters_.emplace(*stream, *id);
}

// --- at every look

void Checker::look() {
  for (std::uint16_t partition = 0; partition < config_.partitions; ++partition) look_at_ledger(partition);
  if (clock_.now() < telling_until_) return;
  for (MessageIndex i = 0; i < truth_.messages.size(); ++i) {
    if (i < seen_.size() && seen_[i].final) continue;
    if (!places_.met(i) || truth_.messages[i].job >= truth_.jobs.size()) continue;
    const auto& job = truth_.job_of(i);
    if (job.refused || job.forgotten) continue;
    checked(Law::waiting);
    if (!places_.waits(i)) {
      violate(Law::waiting,
              fmt::format("{} ({}) is not final, and stands nowhere in Redis", who(i), job.category));
      return;
    }
  }
}

/// What a partition's ledger says, and what its streams show.
void Checker::look_at_ledger(std::uint16_t partition) {
  const auto* const ledger = redis_.data().get<Hash>(fmt::format("anchal:{{{}}}:ledger", partition));
  if (ledger == nullptr) return;
  std::int64_t accepted = 0, finals = 0, waiting = 0;
  for (const auto& [field, value] : ledger->fields) {
    const std::string_view name = field.second;
    const std::int64_t number = std::stoll(value);
    if (name == "accepted") accepted = number;
    if (name.starts_with("final:")) finals += number;
    if (name.starts_with("w:")) {
      waiting += number;
      if (number < 0)
        violate(Law::waiting, fmt::format("partition {}: the ledger says {} {}", partition, name, number));
    }
  }
  checked(Law::waiting);
  if (finals != places_.finals_of(partition)) {
    violate(Law::waiting, fmt::format("partition {}: {} final in the ledger, {} in the outcome streams",
                                      partition, finals, places_.finals_of(partition)));
  }
  if (accepted < finals + waiting) {
    violate(Law::waiting, fmt::format("partition {}: the ledger says accepted {}, final {}, and {} waiting",
                                      partition, accepted, finals, waiting));
  }
}

// --- at rest

bool Checker::all_final() const {
  return unfinished() == 0;
}

std::size_t Checker::unfinished() const {
  std::size_t count = 0;
  for (MessageIndex i = 0; i < truth_.messages.size(); ++i) {
    const auto& job = truth_.job_of(i);
    if (!job.refused && !job.forgotten && (i >= seen_.size() || !seen_[i].final)) ++count;
  }
  return count;
}

std::string Checker::story_of_unfinished() const {
  std::string story;
  unsigned told = 0;
  for (MessageIndex i = 0; i < truth_.messages.size() && told < 5; ++i) {
    if (truth_.job_of(i).refused || truth_.job_of(i).forgotten || (i < seen_.size() && seen_[i].final))
      continue;
    ++told;
    story += fmt::format("\n  {} ({}) in {} entry {}", who(i), truth_.job_of(i).category,
                         truth_.job_of(i).stream, truth_.job_of(i).entry.text());
    if (i >= seen_.size()) {
      story += ": never written";
      continue;
    }
    story += fmt::format(": {} in_doubt, {} held", seen_[i].in_doubt, seen_[i].held);
    for (const auto& copy : seen_[i].copies) {
      for (std::size_t part = 0; part < copy.parts.size(); ++part) {
        const auto& of = copy.parts[part];
        story += fmt::format("; {} part {}: accepted {} receipt {}",
                             config_.operators[copy.operator_index].name, part + 1, of.accepted,
                             !of.delivered_as.empty() ? "delivered"
                             : of.undelivered         ? "undelivered"
                                                      : "none");
        for (const auto number : of.writes) {
          const auto& write = writes_[number];
          story += fmt::format(", written at {:.3f} {}",
                               std::chrono::duration<double>(write.at - SimClock::kMonoStart).count(),
                               write.answered ? fmt::format("answered {:#x}", write.status) : "unanswered");
        }
      }
    }
  }
  return story;
}

void Checker::check_rest(const std::vector<core::Counters>& counters) {
  if (!all_final()) {
    violate(Law::conservation,
            fmt::format("{} messages have no final outcome{}", unfinished(), story_of_unfinished()));
    return;
  }
  look();
  for (const auto& forgotten : forgotten_) {
    if (!forgotten.known) continue;
    checked(Law::alarm);
    if (alarms() == forgotten.alarms)
      violate(Law::alarm, "Redis lost what it had acknowledged, and no engine said so");
  }
  for (const auto& job : truth_.jobs) {
    if (!job.refused || job.forgotten) continue;
    checked(Law::conservation);
    if (!dead_letters_.contains({job.stream, job.entry.text()})) {
      violate(Law::conservation, fmt::format("{} cannot be used and is no dead letter ({} {})", job.id,
                                             job.stream, job.entry.text()));
    }
  }
  for (MessageIndex i = 0; i < truth_.messages.size(); ++i) {
    if (!truth_.job_of(i).refused && seen(i).final) check_outcome(i);
  }

  std::uint64_t accepted = 0, final = 0, waiting = 0, expected = 0, forgotten = 0;
  for (const auto& one : counters) {
    accepted += one.accepted;
    for (const auto number : one.finals) final += number;
    for (const auto number : one.waiting) waiting += number;
  }
  for (const auto& job : truth_.jobs)
    (job.forgotten ? forgotten : expected) += job.refused ? 0 : job.messages;
  checked(Law::difference);
  if (accepted < expected || accepted > expected + forgotten || final != accepted || waiting != 0) {
    violate(Law::difference,
            fmt::format("at rest {} were asked for; counters say accepted {} final {} waiting {}", expected,
                        accepted, final, waiting));
  }
  check_ledgers_at_rest();
  // By state, as the hubs read it.
  for (std::size_t i = 0; i < core::kFinals; ++i) {
    std::uint64_t sum = 0;
    for (const auto& one : counters) sum += one.finals[i];
    const auto told = numbers_.finals.find(std::string(core::kFinalNames[i]));
    const std::uint64_t seen_sum = told == numbers_.finals.end() ? 0 : told->second;
    if (sum != seen_sum && !takeovers_) {
      violate(Law::difference, fmt::format("{} outcomes {} in the streams, {} in the counters", seen_sum,
                                           core::kFinalNames[i], sum));
    }
  }

  for (const auto& [key, object] : redis_.data().objects()) {
    const auto* const stream = std::get_if<Stream>(&object.value);
    std::size_t left = stream != nullptr ? stream->entries.size() : 0;
    if (const auto* const set = std::get_if<SortedSet>(&object.value)) left = set->scores.size();
    if (const auto* const hash = std::get_if<Hash>(&object.value)) left = hash->fields.size();
    const bool waits =
        key.find(":jobs:") != std::string::npos || key.find(":backlog:") != std::string::npos ||
        key.find(":hold:") != std::string::npos || key.ends_with(":retry") || key.ends_with(":doubt");
    if (!waits) continue;
    checked(Law::conservation);
    if (left > 0) violate(Law::conservation, fmt::format("at rest {} things are left in {}", left, key));
  }
}

void Checker::check_outcome(MessageIndex index) {
  checked(Law::truth);
  const MessageSeen& was = seen(index);
  const auto& job = truth_.job_of(index);
  bool every_accepted = false, every_delivered = false, any_accepted = false, any_written = false,
       long_message = false;
  // Whether the engines could know what became of every write; and knew it when they said in_doubt.
  bool all_known = true, known_before_doubt = true;
  for (const auto& copy : was.copies) {
    // A handset joins parts by their reference.
    auto accepted_as = copy.parts.front().accepted_as, delivered_as = copy.parts.front().delivered_as;
    for (const auto& part : copy.parts) {
      std::erase_if(accepted_as, [&](unsigned reference) { return !part.accepted_as.contains(reference); });
      std::erase_if(delivered_as, [&](unsigned reference) { return !part.delivered_as.contains(reference); });
      any_accepted = any_accepted || part.accepted > 0;
      for (const auto number : part.writes) {
        any_written = true;
        all_known = all_known && answer_is_known(writes_[number], was);
        known_before_doubt =
            known_before_doubt && writes_[number].answered && writes_[number].answered_at < was.first_doubt;
      }
    }
    every_accepted = every_accepted || !accepted_as.empty();
    every_delivered = every_delivered || !delivered_as.empty();
    long_message = long_message || copy.parts.size() > 1;
  }
  const auto wrong = [&](std::string_view why) {
    violate(Law::truth, fmt::format("{} ended as {} ({}): {}", who(index), was.state, was.reason, why));
  };
  // A line that the hub read before the second copy cannot say so. Where Redis forgot that line there was one
  // though, and the outcome given again does say it; unless yet another copy of Redis brought the line back.
  // Nor can anybody say it after the double fault.
  const bool came_before = redis_forgot() && was.last_final_at < was.taken_twice_at;
  // An older copy than can be told again, and said so: the second copy itself is forgotten.
  const bool too_old = was.taken_twice_at != TimePoint::max() &&
                       forgotten_since(was.taken_twice_at - config_.lease) && alarms() > 0;
  if (was.taken_twice_at != TimePoint::max() && !was.resent && !came_before && !too_old && !unprotected(was))
    wrong("it was taken twice, and that is not said");
  // A job that ended two processes is condemned; of one that did not, nobody may say so.
  const bool condemned = job.deaths >= 2 && was.reason.starts_with("poison: ");
  if (was.state == "invalid" && !truth_.messages[index].invalid && !condemned)
    wrong("the recipient can be used");
  if (truth_.messages[index].invalid && any_written) wrong("the recipient cannot be used");
  if (was.state == "invalid" && any_written) wrong("it was written");
  if (was.state == "delivered" && !every_delivered) wrong("no receipts say so for all parts of one copy");
  if (was.state == "delivered" && !job.receipt) wrong("no receipt was asked for");
  if (was.state == "submitted" && !every_accepted) wrong("not every part of one copy was accepted");
  if (was.state == "no_receipt" && !any_accepted) wrong("the operator never took it");
  // After a takeover an intent without a result is all that is known.
  if (was.state == "unknown" && known_before_doubt && !takeovers_) wrong("every write has an answer");
  if (!long_message && all_known && !takeovers_ && any_accepted &&
      (was.state == "rejected" || was.state == "dropped" || was.state == "expired")) {
    wrong("the operator took it");
  }
}

std::optional<Duration> Checker::delay_of(MessageIndex message) const {
  if (message >= seen_.size() || seen_[message].first_write == TimePoint::max()) return std::nullopt;
  return seen_[message].first_write - truth_.job_of(message).pushed;
}

const std::string& Checker::state_of(MessageIndex message) const {
  static const std::string none;
  return message < seen_.size() ? seen_[message].state : none;
}

std::size_t Checker::writes_of(MessageIndex message) const {
  std::size_t sum = 0;
  if (message >= seen_.size()) return 0;
  for (const auto& copy : seen_[message].copies) {
    for (const auto& part : copy.parts) sum += part.writes.size();
  }
  return sum;
}

std::size_t Checker::accepted_of(MessageIndex message) const {
  std::size_t sum = 0;
  if (message >= seen_.size()) return 0;
  for (const auto& copy : seen_[message].copies) {
    for (const auto& part : copy.parts) sum += part.accepted;
  }
  return sum;
}

}  // namespace anchal::sim
