#include <algorithm>

#include "engine/core/keys.h"
#include "engine/core/shard_impl.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {
constexpr Duration kLookForRest =
    10ms;  // how often a partition that is given up is asked whether it is at rest

bool holds(const Partition& partition) {
  return partition.state != Partition::State::idle && partition.state != Partition::State::reminding &&
         !partition.leaving;
}

}  // namespace

std::string Shard::Impl::member_name(std::uint16_t index) const {
  return config_.engine_id + "/" + config_.incarnation + "/" + std::to_string(index);
}

std::vector<std::string> Shard::Impl::sibling_names() const {
  std::vector<std::string> names;
  for (std::uint16_t index = 0; index < place_.count; ++index) {
    if (index != place_.index) names.push_back(member_name(index));
  }
  return names;
}

void Shard::Impl::share_partitions(Now now) {
  if (!store_up_ || draining_) return;
  const bool telling = std::ranges::any_of(partitions_, [](const auto& one) { return one->telling; });
  if (std::exchange(telling_, telling) && !telling) beat_due_ = now.mono;  // somebody may wait for that
  if (now.mono >= beat_due_ && !beating_) {
    // Where another Redis was met, it is looked more often who has told it what it may have forgotten.
    beat_due_ = now.mono + config_.lease / (within_barrier(now) ? 16 : 4);
    beating_ = true;
    Commands beat;
    beat.command("HSET")
        .arg(keys::kShards)
        .arg(member_name(place_.index))
        .arg(Members::beat(++beat_, telling ? "-" : history_.name()));
    if (!installation_.empty()) beat.command("SET").arg(keys::kInstallation).arg(installation_).arg("NX");
    ask(std::move(beat), [this](std::span<const Reply>, Now) { hear_members(); }, AskKind::settles);
  }
  if (!members_.known()) return;
  std::vector<Partition*> staying;
  for (auto& partition : partitions_) {
    if (holds(*partition)) staying.push_back(partition.get());
  }
  const std::size_t part = members_.part_of(config_.partitions);
  if (staying.size() <= part) return;
  std::stable_partition(staying.begin(), staying.end(),
                        [this](const Partition* one) { return members_.prefers(one->id); });
  for (; staying.size() > part; staying.pop_back()) {
    if (staying.back()->state == Partition::State::owned) hand_over(*staying.back(), now);
  }
}

void Shard::Impl::hear_members() {
  Commands look;
  look.command("HGETALL").arg(keys::kShards);
  ask(std::move(look), [this](std::span<const Reply> replies, Now now) {
    beating_ = false;
    if (draining_) return;
    members_.heard(replies[0].array(), now.mono);
    const auto gone = members_.long_gone(now.mono);
    if (gone.empty()) return;
    Commands forget;
    forget.command("HDEL").arg(keys::kShards);
    for (const std::string& name : gone) forget.arg(name);
    ask(std::move(forget), [](std::span<const Reply>, Now) {}, AskKind::removals);
  });
}

/// May we take one more partition, and is it this one's turn? Others that are free we take a little later, so
/// that whoever prefers them comes first.
bool Shard::Impl::may_claim(const Partition& partition, Duration silent) const {
  if (!members_.known()) return false;
  const auto held =
      std::count_if(partitions_.begin(), partitions_.end(), [](const auto& one) { return holds(*one); });
  if (held >= members_.part_of(config_.partitions)) return false;
  return members_.prefers(partition.id) || silent >= config_.lease / 2;
}

/// Stops reading and sending for a partition; once everything that was written is answered, the lease is
/// given up, and the next owner need not wait for it to run out.
void Shard::Impl::hand_over(Partition& partition, Now now) {
  if (partition.leaving) return;
  partition.leaving = true;
  partition.give_up_due = now.mono + config_.drain_deadline * 3 / 4;
  rest_due_ = now.mono;
  forget_queued(partition);
  // Intents of which nothing was written are taken back, so that the next owner need not doubt them.
  actives_.each([&](Active& active) {
    if (active.who.partition == partition.id && !active.wrote_any && active.entry != nullptr)
      leave(active, now);
  });
}

void Shard::Impl::forget_queued(const Partition& partition) {
  for (auto& op : operators_) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      op->queue.remove_if(static_cast<Lane>(lane),
                          [&](const Queued& q) { return q.entry->stream->partition == partition.id; });
    }
  }
}

void Shard::Impl::release_partitions(Now now) {
  if (now.mono < rest_due_) return;
  rest_due_ = TimePoint::max();
  for (auto& partition : partitions_) {
    if (!partition->leaving) continue;
    if (partition->state == Partition::State::claiming || partition->state == Partition::State::reading ||
        partition->state == Partition::State::reminding) {
      partition->state = Partition::State::idle;  // draining: nothing was begun
      partition->outstanding.reset();
      partition->leaving = false;
      continue;
    }
    if (partition->state == Partition::State::idle || partition->state == Partition::State::releasing)
      continue;
    rest_due_ = now.mono + kLookForRest;
    if (partition->state != Partition::State::owned) continue;
    if (now.mono >= partition->give_up_due) give_up_answers(*partition, now);
    if (!at_rest(*partition)) continue;
    partition->batch.on_commit.released = true;
    partition->batch.extra.command("DEL").arg(keys::partition(partition->id, keys::kOwner));
    partition->state = Partition::State::releasing;
  }
}

/// Nothing of it is under way, neither to an operator nor to the receipt map.
bool Shard::Impl::at_rest(const Partition& partition) {
  if (partition.puts_under_way > 0) return false;
  for (const MapPut& put : puts_) {
    if (put.partition == partition.id) return false;
  }
  bool rest = true;
  actives_.each([&](const Active& active) { rest &= active.who.partition != partition.id; });
  return rest;
}

/// An operator that does not answer must not keep a partition from its next owner: its messages are handed
/// over as what they are, in doubt.
void Shard::Impl::give_up_answers(Partition& partition, Now now) {
  partition.give_up_due = TimePoint::max();
  actives_.each([&](Active& active) {
    if (active.who.partition != partition.id) return;
    if (active.cancelled) {
      free_slot(active);
      return;
    }
    for (std::size_t part = 0; part < active.parts.size(); ++part) {
      if (active.parts[part] == PartPhase::on_wire) active.parts[part] = PartPhase::doubtful;
    }
    active.doubtful += active.on_wire;
    active.on_wire = 0;
    if (active.doubtful == 0 && active.accepted == 0 && active.entry != nullptr) {
      leave(active, now);
      return;
    }
    if (active.unsent > 0) active.again = true;
    if (active.phase == Active::Phase::journaling) --operators_[active.operator_index]->journaling;
    active.phase = Active::Phase::waiting;
    try_finish(active, now);
  });
}

}  // namespace anchal::core
