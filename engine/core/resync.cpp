#include <algorithm>
#include <charconv>
#include <set>

#include "engine/core/keys.h"
#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kLookBack =
    16;  // journal entries: the last transaction is among them, or was not done

std::uint64_t number_in(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Commands journal_end(PartitionId partition, std::string_view beside) {
  Commands commands;
  commands.command("GET").arg(keys::partition(partition, beside));
  commands.command("XREVRANGE").arg(keys::partition(partition, keys::kJournal)).arg("+").arg("-");
  commands.arg("COUNT").arg(kLookBack);
  commands.command("HMGET").arg(keys::partition(partition, keys::kLedger));
  commands.arg(keys::kOrphans).arg(keys::kKnown);
  return commands;
}

/// How far a later owner said that it had come, which could not tell it again.
TransactionId told_by_another(const Reply& known) {
  const auto id = StreamId::parse(known.text).value_or(StreamId{});
  return {id.ms, id.seq};
}

}  // namespace

TransactionId transaction_of(const Reply& journal_entry) {
  TransactionId id;
  if (journal_entry.size < 2) return id;
  const Reply& fields = journal_entry.elements[1];
  for (std::size_t i = 0; i + 1 < fields.size; i += 2) {
    if (fields.elements[i].text == "f") id.fence = number_in(fields.elements[i + 1].text);
    if (fields.elements[i].text == "n") id.number = number_in(fields.elements[i + 1].text);
  }
  return id;
}

/// After another history was met, whoever lives may still tell Redis what it forgot: nobody takes a partition
/// before (design.md §5, redis-streams.md §7).
bool Shard::Impl::within_barrier(Now now) const {
  return history_since_ != TimePoint::min() && now.mono - history_since_ < outwaited();
}

/// Somebody may own what Redis says is free, or is ours. Whoever begins has no barrier: it knows of no other
/// history.
bool Shard::Impl::others_may_tell(Now now) const {
  const TimePoint since = std::max(history_since_, members_.known_since());
  return now.mono - since < outwaited() && !members_.all_told(history_.name());
}

/// Redis became another one when our time was over for so long that somebody may have taken the partition, or
/// while we gave it up. If it has forgotten that, then the record is ours, and the partition is not.
bool Shard::Impl::may_be_taken(const Partition& partition, Now now) const {
  if (!within_barrier(now)) return false;
  const bool lapsed = history_since_ - config_.lease >= partition.lease_until;
  const bool given_up = partition.outstanding && partition.outstanding->on_commit.released;
  return (lapsed || given_up) && others_may_tell(now);
}

void Shard::Impl::resync(Partition& partition, Now now) {
  // What the old connection may still carry is aborted by raising the fence; only then is it known that the
  // journal says the last word about the transaction under way (design.md §5 "Fencing").
  if (broken(Variant::fence_stays)) {
    partition.raised_fence = partition.fence;
    look_for_transaction(partition, now, TimePoint::min());
    return;
  }
  raise_fence(partition, 1, now);
}

void Shard::Impl::raise_fence(Partition& partition, std::uint64_t times, Now now, TimePoint due) {
  Commands commands;
  raise(commands, partition, times, now);
  ask(
      std::move(commands),
      [this, p = &partition](std::span<const Reply> replies, Now at) {
        if (p->state != Partition::State::resyncing) return;
        const auto fence = static_cast<std::uint64_t>(replies.back().integer);
        if (fence <= p->fence) {  // Redis forgot that it was higher
          const std::uint64_t missing = p->fence - fence;
          raise_fence(*p, missing + 1, at, missing < kRaisesMax ? TimePoint::min() : at.mono + 100ms);
          return;
        }
        p->raised_fence = fence;
        look_for_transaction(*p, at, TimePoint::min());
      },
      AskKind::settles, due);
}

void Shard::Impl::look_for_transaction(Partition& partition, Now, TimePoint due) {
  const auto look = [this, p = &partition](std::span<const Reply> replies, Now at) {
    if (p->state != Partition::State::resyncing) return;
    // The record may also still be the former owner's, if our first transaction was not done: then the
    // takeover begins anew, for another may have been quicker and what we read before is old.
    const bool ours = replies[0].text.starts_with(member_name(place_.index) + "/");
    if (ours) p->telling = false;  // there is nobody whom it could keep waiting
    const bool may_be_ours = ours || replies[0].text == p->seen_owner;
    if (may_be_ours && may_be_taken(*p, at)) {
      tell_knowledge(*p);  // should another claim it as soon as it may
      look_for_transaction(*p, at, at.mono + config_.lease / 16);
      return;
    }
    const auto entries = replies[1].array();
    const TransactionId last = entries.empty() ? TransactionId{} : transaction_of(entries[0]);
    const auto done = std::find_if(entries.begin(), entries.end(), [&](const Reply& entry) {
      return p->outstanding &&
             transaction_of(entry) == TransactionId{p->outstanding->fence, p->outstanding->number};
    });
    if (may_be_ours && told_by_another(replies[2].elements[1]) > p->log.newest()) {
      forgotten(*p, at);
      return;
    }
    if (done != entries.end() || last == p->log.newest()) {
      if (ours) {
        resynced(*p, at);
        // Owed also where others had so long to tell what they know that the barrier is over.
        if (p->reread_owed || within_barrier(at)) {
          // The transaction under way may have been kept, and what was done behind it not.
          const auto lost = last == p->log.newest() ? p->log.take_after(last) : p->log.take_beside();
          tell_beside(*p, lost.beside);
          tell_removals(*p, lost.removals);
        }
        const bool once_more = p->outstanding && (done == entries.end() || broken(Variant::replayed_blindly));
        if (once_more) again(*p, at);
        // What was read, and is in no transaction yet that was done, may be forgotten all the same.
        if (p->reread_owed) begin_reread(*p, {}, once_more);
        if (!p->outstanding || once_more) return;
        count_replica_wait(*p->outstanding, nullptr, at);
        OnCommit on_commit = std::move(p->outstanding->on_commit);
        p->log.committed_unheard({p->outstanding->fence, p->outstanding->number});
        p->known.newest = p->log.newest();
        p->outstanding.reset();
        committed(*p, on_commit, done->elements[0].text, at);
        return;
      }
    } else if (p->log.knows(last) && may_be_ours) {
      // Fences begin anew in a Redis that was emptied: the journal's end may look like one of ours, and is
      // not.
      tell_again(*p, last, at);
      return;
    } else if (last < p->log.newest()) {
      tell_knowledge(*p);
      if (within_barrier(at)) {  // whoever wrote what is missing before ours may be about to tell it
        look_for_transaction(*p, at, at.mono + config_.lease / 8);
        return;
      }
      forgotten(*p, at);
      return;
    }
    notice(Notice::Level::warning,
           "partition " + std::to_string(p->id) + " was taken over while the store was away");
    const std::uint64_t ours_until = p->known.newest.fence;
    lose(*p, at);
    // Whoever took it cannot know what we know: that it was not the first to have it.
    if (ours_until > 0 && Orphans::parse(replies[2].elements[0].text).began() > ours_until)
      tell_forgotten(*p, at);
  };
  ask(journal_end(partition.id, keys::kOwner), look, AskKind::plain, due);
}

void Shard::Impl::resynced(Partition& partition, Now) {
  partition.fence = partition.raised_fence;
  const bool giving_up = partition.batch.on_commit.released ||
                         (partition.outstanding && partition.outstanding->on_commit.released);
  partition.knowledge_told = false;
  partition.state = giving_up ? Partition::State::releasing : Partition::State::owned;
  partition.heartbeat_due = TimePoint::min();
}

/// The transaction under way was not done: it goes once more, under the new fence.
void Shard::Impl::again(Partition& partition, Now now) {
  Partition::Outstanding& next = *partition.outstanding;
  next.fence = partition.fence;
  next.in_store = false;
  partition.retry_due = now.mono;
  // The journal entry, which is its last command, names the fence.
  Commands fresh;
  const std::size_t last = next.commands.count() - 1;
  for (std::size_t command = 0; command <= last; ++command) {
    for (std::size_t arg = 0; arg < next.commands.arguments(command); ++arg) {
      if (arg == 0) {
        fresh.command(next.commands.argument(command, 0));
      } else if (command == last && arg == 4) {
        fresh.arg(static_cast<std::int64_t>(next.fence));
      } else {
        fresh.arg(next.commands.argument(command, arg));
      }
    }
  }
  next.commands = std::move(fresh);
}

/// Redis forgot what came after `last`: all of it goes again as one transaction, in front of the one under
/// way.
void Shard::Impl::tell_again(Partition& partition, TransactionId last, Now now) {
  resynced(partition, now);
  if (!partition.outstanding) {
    Partition::Outstanding& nothing = partition.outstanding.emplace(Partition::Outstanding{});
    nothing.number = ++partition.number;
    Batch{}.build(partition.id, partition.fence, nothing.number, {}, nothing.commands,
                  partition.journal_bytes);
  }
  again(partition, now);
  ReplayLog::Lost lost = partition.log.take_after(last);
  counters_.told_again += lost.count;
  notice(Notice::Level::error, "partition " + std::to_string(partition.id) + ": Redis forgot its last " +
                                   std::to_string(lost.count) + " transactions; they are told again");
  tell_beside(partition, lost.beside);
  partition.outstanding->on_commit.removals.append(lost.removals);
  begin_reread(partition, lost.transactions, true);
}

void Shard::Impl::tell_beside(Partition& partition, const Commands& beside) {
  if (beside.empty()) return;
  partition.log.beside().append(beside);
  Commands told;  // where ids go is listed, which may be forgotten too
  std::set<std::string_view> listed;
  for (std::size_t i = 0; i < beside.count(); ++i) {
    if (beside.argument(i, 0) != "HDEL" && listed.insert(beside.argument(i, 1)).second)
      keys::list_generation_of(beside.argument(i, 1), told);
  }
  told.append(beside);
  ask(
      told, [this, told](std::span<const Reply> replies, Now at) { ids_told_again(told, replies, at); },
      AskKind::settles);
}

/// What was removed because of transactions, once Redis has those: until then its messages await receipts.
void Shard::Impl::tell_removals(Partition& partition, const Commands& removals) {
  if (removals.empty()) return;
  ask(
      removals,
      [this, p = &partition, fence = partition.fence_at_own, removals](std::span<const Reply> replies, Now) {
        if (p->fence_at_own != fence || owned(p->id) == nullptr) return;
        // Given up where Redis became another one: again, when that has what is told it.
        Commands& kept = replies.empty() ? p->batch.on_commit.removals : p->log.removals();
        kept.append(removals);
      },
      AskKind::removals);
}

/// How far the partition had come is written beside what Redis has: whoever takes it, which need not be this
/// shard, must know what may have been sent.
void Shard::Impl::tell_knowledge(Partition& partition) {
  if (std::exchange(partition.knowledge_told, true)) return;
  note_cursors(partition, partition.known);
  Commands commands;
  commands.command("HSET").arg(keys::partition(partition.id, keys::kLedger));
  const TransactionId newest = std::max(partition.log.newest(), partition.known.newest);
  commands.arg(keys::kKnown).arg(std::to_string(newest.fence) + "-" + std::to_string(newest.number));
  for (const auto& [suffix, cursor] : partition.known.cursors) {
    commands.arg(std::string(keys::kKnown).append(":").append(suffix)).arg(cursor.text());
  }
  ask(std::move(commands), [](std::span<const Reply>, Now) {}, AskKind::settles);
}

/// Redis is older than what is kept in memory. The partition is taken anew from what Redis has; what it shows
/// as unsettled may have been sent (Partition::forgotten_to).
void Shard::Impl::forgotten(Partition& partition, Now now) {
  partition.known.newest = std::max(partition.known.newest, partition.log.newest());
  partition.knowledge_told = true;
  partition.log.clear();
  lose(partition, now);
  redis_forgot(partition, now);
  forget_finals(partition);
}

/// Another Redis than before, of a partition that is not ours: what we know, and nobody else may know, is
/// told.
void Shard::Impl::meet_history(Partition& partition, Now now) {
  if (within_barrier(now) && !partition.log.empty()) {
    partition.state = Partition::State::reminding;
    partition.telling = true;
    remind(partition, TimePoint::min());
  } else if (partition.known.newest.fence > 0) {
    compare_with_known(partition);
  }
}

/// Someone else's by now. But what we wrote until then may be missing, and nobody else has it.
void Shard::Impl::remind(Partition& partition, TimePoint due) {
  const auto look = [this, p = &partition](std::span<const Reply> replies, Now at) {
    if (p->state != Partition::State::reminding) return;
    const auto entries = replies[1].array();
    const TransactionId last = entries.empty() ? TransactionId{} : transaction_of(entries[0]);
    if (p->outstanding ? last == p->reminded_of : p->log.knows(last) && last != p->log.newest()) {
      if (!p->outstanding) {
        p->reminded_of = last;
        p->outstanding.emplace(Partition::Outstanding{});
        ReplayLog::Lost lost = p->log.take_after(last);
        counters_.told_again += lost.count;
        notice(Notice::Level::error,
               "partition " + std::to_string(p->id) + ": Redis forgot " + std::to_string(lost.count) +
                   " transactions of ours from before it was handed over; they are told again");
        tell_beside(*p, lost.beside);
        p->outstanding->on_commit.removals = std::move(lost.removals);
        // Nobody else may know that ids below these cursors may be given anew.
        for (const auto& [suffix, cursor] : p->known.cursors) {
          if (suffix.starts_with("jobs:")) note_reread(*p, suffix, cursor, p->outstanding->commands);
        }
        append_untrimmed(p->outstanding->commands, lost.transactions);
        p->outstanding->settles_only = false;
      }
      p->outstanding->fence = number_in(replies[0].text);
      if (!p->outstanding->commands.empty()) {
        submit_transaction(*p, at);
        return;
      }
    } else if (last < p->log.newest() && within_barrier(at)) {
      // Whoever wrote before us may be about to tell it. If nobody is, the next owner must know.
      tell_knowledge(*p);
      remind(*p, at.mono + config_.lease / 8);
      return;
    }
    reminded(*p);
  };
  ask(journal_end(partition.id, keys::kFence), look, AskKind::plain, due);
}

void Shard::Impl::reminded(Partition& partition) {
  partition.outstanding.reset();
  partition.log.clear();
  partition.telling = false;
  partition.state = Partition::State::idle;
}

}  // namespace anchal::core
