#include <algorithm>

#include "engine/core/shard_impl.h"

namespace anchal::core {

namespace {
constexpr std::size_t kResendsMax = 65'536;
}

/// A doubtful message goes to its backlog once more. Until it is written, an answer to the first copy makes that
/// unnecessary.
void Shard::Impl::remember_resend(const std::string& key, const Doubt& doubt, const Moved& moved, std::uint16_t op) {
  Resend resend;
  resend.operator_index = op;
  if (moved.progress) {
    resend.reference = moved.progress->reference;
    resend.day = moved.progress->day;
    resend.accepted = moved.progress->accepted;
  } else {
    resend.accepted.assign(doubt.parts, '\0');
  }
  resends_.insert_or_assign(key, std::move(resend));
  resends_order_.push_back(key);
  for (; resends_order_.size() > kResendsMax; resends_order_.pop_front()) resends_.erase(resends_order_.front());
}

Shard::Impl::Resend* Shard::Impl::resend_of(const Entry& entry, const Row& row) {
  if (resends_.empty() || !entry.job->moved || !entry.job->moved->resent) return nullptr;
  const auto found = resends_.find(message_key(entry.stream->partition, entry.job->hash, row.index));
  return found == resends_.end() ? nullptr : &found->second;
}

void Shard::Impl::late_for_resend(const std::string& key, std::uint16_t part, std::string_view message_id, Now now) {
  const auto found = resends_.find(key);
  if (found == resends_.end() || part >= found->second.accepted.size()) return;
  Resend& resend = found->second;
  Active* const active = resend.token == 0 ? nullptr : actives_.find(resend.token);
  if (active == nullptr) {
    if (resend.token == 0) resend.answers.push_back({part, std::string(message_id)});
    return;
  }
  if (active->operator_index != resend.operator_index || active->reference != resend.reference) return;
  take_late_answer(*active, resend.token, part, message_id, now);
  if (active->phase != Active::Phase::free) try_finish(*active, now);
}

void Shard::Impl::take_late_answer(Active& active, std::uint64_t token, std::uint16_t part, std::string_view message_id,
                                   Now now) {
  if (part >= active.parts.size() || active.parts[part] != PartPhase::unsent) return;
  --active.unsent;
  part_accepted(active, token, part, message_id, now);
}

/// What the first copy's answers say of a resend that is about to be journalled.
void Shard::Impl::prepare_resend(Active& active, Resend& resend, Now now) {
  resend.token = ActiveTable::token(active);
  if (active.operator_index != resend.operator_index || active.parts.size() != resend.accepted.size()) return;
  active.reference = resend.reference;
  active.day = resend.day;
  for (const auto& answer : std::exchange(resend.answers, {})) {
    take_late_answer(active, resend.token, answer.part, answer.message_id, now);
  }
}

/// Whether every part of the first copy was accepted while its resend waited: nothing is written again then.
bool Shard::Impl::answered_after_all(Entry& entry, std::uint32_t row_number, Now now) {
  Row& row = entry.job->rows[row_number];
  Resend* const found = resend_of(entry, row);
  if (found == nullptr || found->token != 0) return false;
  std::string accepted = found->accepted;
  for (const auto& answer : found->answers) accepted[answer.part] = 1;
  if (std::any_of(accepted.begin(), accepted.end(), [](char part) { return part != 1; })) return false;
  const Resend resend = std::move(*found);
  resends_.erase(message_key(entry.stream->partition, entry.job->hash, row.index));

  Active& active = take_slot();
  active.entry = &entry;
  active.row = row_number;
  active.operator_index = resend.operator_index;
  active.lane = entry.lane;
  active.who = identity(entry, row);
  active.who.resent = false;
  active.number = row.number;
  active.reference = resend.reference;
  active.day = resend.day;
  active.parts.assign(accepted.size(), PartPhase::unsent);
  active.unsent = static_cast<std::uint16_t>(accepted.size());
  active.phase = Active::Phase::waiting;
  row.state = RowState::active;
  for (std::size_t part = 0; part < accepted.size(); ++part) {
    if (resend.accepted[part] != 1) continue;
    active.parts[part] = PartPhase::accepted;
    --active.unsent;
    ++active.accepted;
  }
  for (const auto& answer : resend.answers) take_late_answer(active, ActiveTable::token(active), answer.part, answer.message_id, now);
  try_finish(active, now);
  return true;
}

}  // namespace anchal::core
