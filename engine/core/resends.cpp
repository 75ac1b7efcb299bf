#include <algorithm>

#include "engine/core/shard_impl.h"

namespace anchal::core {

namespace {
constexpr std::size_t kResendsMax = 65'536;

/// What is heard of the first copy of the message in this slot; null where it is not the second one's.
Resend* resend_in(std::unordered_map<std::string, Resend>& resends, const Active& active) {
  const auto found = resends.find(message_key(active.who.partition, active.who.hash, active.who.index));
  return found != resends.end() && found->second.token == ActiveTable::token(active) ? &found->second
                                                                                     : nullptr;
}

}  // namespace

/// A doubtful message goes to its backlog once more. Until it is written, an answer to the first copy makes
/// that unnecessary.
void Shard::Impl::remember_resend(const std::string& key, const Doubt& doubt, const Moved& moved,
                                  std::uint16_t op) {
  Resend resend;
  resend.operator_index = op;
  if (moved.progress) {
    resend.reference = moved.progress->reference;
    resend.day = moved.progress->day;
    resend.accepted = moved.progress->accepted;
  } else {
    resend.accepted.assign(doubt.parts, '\0');
    resend.guessed = true;
  }
  // What was heard before its takeover had come as far as to the doubt.
  if (const auto before = resends_.find(key); before != resends_.end() &&
                                              before->second.operator_index == op &&
                                              before->second.accepted.size() == resend.accepted.size())
    resend.answers = std::move(before->second.answers);
  keep_resend(key, std::move(resend));
}

Resend& Shard::Impl::keep_resend(const std::string& key, Resend resend) {
  resends_order_.push_back(key);
  for (; resends_order_.size() > kResendsMax; resends_order_.pop_front())
    resends_.erase(resends_order_.front());
  return resends_.insert_or_assign(key, std::move(resend)).first->second;
}

Resend* Shard::Impl::resend_of(const Entry& entry, const Row& row) {
  if (resends_.empty() || !entry.job->moved || !entry.job->moved->resent) return nullptr;
  const auto found = resends_.find(message_key(entry.stream->partition, entry.job->hash, row.index));
  return found == resends_.end() ? nullptr : &found->second;
}

/// `op`: the first copy's. It may be another shard that had the doubt and decided, after ours had lost the
/// partition, and ours that sends: who wrote the first copy hears its answer.
void Shard::Impl::late_for_resend(const DoubtfulCopy& copy, std::uint16_t part, std::string_view message_id,
                                  std::uint16_t op, Now now) {
  auto found = resends_.find(copy.key);
  if (found == resends_.end()) {
    if (copy.parts == 0 || owned(copy.partition) == nullptr) return;
    Resend unread;
    unread.operator_index = op;
    unread.reference = copy.reference;
    unread.accepted.assign(copy.parts, '\0');
    keep_resend(copy.key, std::move(unread));
    found = resends_.find(copy.key);
  }
  Resend& resend = found->second;
  if (part >= resend.accepted.size() || resend.accepted[part] == 1) return;  // other evidence was quicker
  Active* const active = resend.token == 0 ? nullptr : actives_.find(resend.token);
  if (resend.token != 0 && active == nullptr) return;  // the second copy has its answers
  if (resend.guessed) {
    if (op != resend.operator_index || copy.parts != resend.accepted.size()) return;
    resend.guessed = false;
    resend.reference = copy.reference;
    if (active != nullptr && !active->wrote_any) active->reference = copy.reference;
  }
  // An id is stored only while the journal knows of the message: a new owner would take the copy for one
  // awaited.
  if (active == nullptr || active->phase == Active::Phase::journaling ||
      active->phase == Active::Phase::delayed) {
    resend.answers.push_back({part, std::string(message_id)});
    return;
  }
  const bool joins = active->parts.size() == 1 || active->reference == resend.reference;
  if (active->operator_index != resend.operator_index || !joins) return;
  if (part < active->parts.size() && active->parts[part] == PartPhase::on_wire) {
    resend.answers.push_back({part, std::string(message_id)});  // in case the second copy is refused
    return;
  }
  take_late_answer(*active, resend.token, part, message_id, now);
  if (active->phase != Active::Phase::free) try_finish(*active, now);
}

void Shard::Impl::take_late_answer(Active& active, std::uint64_t token, std::uint16_t part,
                                   std::string_view message_id, Now now) {
  if (part >= active.parts.size() || active.parts[part] != PartPhase::unsent) return;
  --active.unsent;
  part_accepted(active, token, part, message_id, now);
}

/// A part of a second copy was refused. Of the first copy it may have been accepted meanwhile.
void Shard::Impl::refused_again(Active& active, std::uint64_t token, std::uint16_t part, Now now) {
  Resend* const resend = resend_in(resends_, active);
  if (resend == nullptr) return;
  std::vector<Resend::Answer>& answers = resend->answers;
  const auto answer = std::ranges::find(answers, part, &Resend::Answer::part);
  if (answer == answers.end()) return;
  if (active.parts[part] == PartPhase::refused) {
    active.parts[part] = PartPhase::unsent;
    --active.refused;
    ++active.unsent;
  }
  const std::string message_id = std::move(answer->message_id);
  answers.erase(answer);
  take_late_answer(active, token, part, message_id, now);
}

/// Of a second copy that gives its slot up: nothing was accepted, so if it waits once more, the first copy's
/// answers count again.
void Shard::Impl::resend_waits(const Active& active) {
  if (!active.who.resent || active.accepted > 0) return;
  if (Resend* const resend = resend_in(resends_, active)) resend->token = 0;
}

/// A resend is about to be journalled: under the first copy's reference, so that its parts may still count.
void Shard::Impl::prepare_resend(Active& active) {
  const std::string key = message_key(active.who.partition, active.who.hash, active.who.index);
  auto found = resends_.find(key);
  if (found == resends_.end()) {
    Resend resend;
    resend.operator_index = active.operator_index;
    resend.reference = active.reference;
    for (const PartPhase phase : active.parts)
      resend.accepted.push_back(phase == PartPhase::accepted ? '\1' : '\0');
    resend.guessed = true;
    keep_resend(key, std::move(resend));
    found = resends_.find(key);
  }
  Resend& resend = found->second;
  resend.token = ActiveTable::token(active);
  if (active.operator_index != resend.operator_index || active.parts.size() != resend.accepted.size()) return;
  if (resend.guessed) {
    resend.reference = active.reference;
  } else {
    active.reference = resend.reference;
  }
  active.day = std::max(active.day, resend.day);
}

/// Its intent is durable: what the first copy's answers say can be used.
void Shard::Impl::resend_journalled(Active& active, Now now) {
  Resend* const found = resend_in(resends_, active);
  if (found == nullptr) return;
  Resend& resend = *found;
  if (active.operator_index != resend.operator_index || active.parts.size() != resend.accepted.size()) return;
  const std::uint64_t token = resend.token;
  for (const auto& answer : std::exchange(resend.answers, {})) {
    take_late_answer(active, token, answer.part, answer.message_id, now);
  }
  if (active.unsent == 0) try_finish(active, now);
}

/// Whether every part of the first copy was accepted while its resend waited: nothing is written again then.
/// Nor is it `through` another operator than the first copy where some were: the rest goes where these went.
/// The message goes back among the doubts; once that is durable, the answers count as late answers do.
bool Shard::Impl::answered_after_all(Entry& entry, std::uint32_t row_number, Now now,
                                     const Operator* through) {
  Row& row = entry.job->rows[row_number];
  Resend* const found = resend_of(entry, row);
  if (found == nullptr || found->token != 0 || found->answers.empty()) return false;
  std::string accepted = found->accepted;
  for (const auto& answer : found->answers) accepted[answer.part] = 1;
  const bool whole = std::all_of(accepted.begin(), accepted.end(), [](char part) { return part == 1; });
  if (!whole && (through == nullptr || through->index == found->operator_index)) return false;

  const Operator& op = *operators_[found->operator_index];
  std::optional<Progress> progress;
  if (accepted.size() > 1) {
    progress.emplace();
    progress->reference = found->reference;
    progress->day = found->day;
    progress->operator_name = op.config.name;
    progress->accepted = found->accepted;
  }
  Doubt doubt = doubt_of(entry, row_number, &op, entry.job->moved->attempts, progress, now, false);
  doubt.state = Doubt::State::waiting;
  doubt.parts = static_cast<std::uint8_t>(accepted.size());
  doubt.storing = static_cast<std::uint8_t>(found->answers.size());
  doubt.doubtful = static_cast<std::uint8_t>(std::ranges::count(found->accepted, '\0'));
  doubt.due = now.wall;
  Partition& partition = of(entry);
  std::string key = message_key(partition.id, entry.job->hash, row.index);
  replace_doubt(key, std::move(doubt));
  Doubt& kept = doubts_.find(key)->second;
  doubt_due_.emplace(kept.due, key);
  ++partition.doubt;
  partition.batch.count("w:doubt", 1);
  store_doubt(kept);
  partition.batch.on_commit.called_off.push_back(std::move(key));
  settle_row(entry, row_number);
  return true;
}

void Shard::Impl::called_off(const std::string& key, Now now) {
  const auto found = resends_.find(key);
  if (found == resends_.end()) return;
  const Resend resend = std::move(found->second);
  resends_.erase(found);
  for (const auto& answer : resend.answers) {
    const auto doubt = doubts_.find(key);
    if (doubt == doubts_.end() || doubt->second.storing == 0) return;
    --doubt->second.storing;  // answer_to_doubt counts it anew
    answer_to_doubt({.key = key}, answer.part, 0, answer.message_id, resend.operator_index, nullptr, now);
  }
}

}  // namespace anchal::core
