#include <algorithm>

#include "engine/core/keys.h"
#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

void Shard::Impl::remember(const KnowledgeMap& known, std::string installation) {
  installation_ = std::move(installation);
  for (const auto& [id, of_partition] : known) {
    if (id < partitions_.size()) partitions_[id]->known.learn(of_partition);
  }
}

/// Where reading stands, of a partition that is ours.
void Shard::Impl::note_cursors(Partition& partition, Knowledge& known) const {
  for (const auto& [suffix, s] : partition.streams) {
    const StreamId at = s->kind == StreamKind::retry ? StreamId{0, partition.retry_number} : s->cursor;
    if (at == StreamId{}) continue;
    StreamId& cursor = known.cursors[suffix];
    cursor = std::max(cursor, at);
  }
}

KnowledgeMap Shard::Impl::knowledge() const {
  KnowledgeMap out;
  for (const auto& partition : partitions_) {
    if (partition->known.newest.fence == 0) continue;
    note_cursors(*partition, out.emplace(partition->id, partition->known).first->second);
  }
  return out;
}

/// What is known of a partition that is not ours, at the first sight of Redis or of another one: whoever is
/// about to take the partition may know nothing.
void Shard::Impl::compare_with_known(Partition& partition) {
  Commands commands;
  commands.command("XREVRANGE").arg(keys::partition(partition.id, keys::kJournal)).arg("+").arg("-");
  commands.arg("COUNT").arg(std::int64_t{1});
  partition.telling = true;
  ask(std::move(commands), [this, p = &partition](std::span<const Reply> replies, Now at) {
    p->telling = false;
    const auto entries = replies[0].array();
    const TransactionId last = entries.empty() ? TransactionId{} : transaction_of(entries[0]);
    if (p->state != Partition::State::idle || last >= p->known.newest) return;
    if (within_barrier(at)) tell_knowledge(*p);
    redis_forgot(*p, at);
  });
}

/// Redis is older than what is known of the partition: alarm, and a note in its ledger for whoever owns it
/// next. The note is not fenced: at worst it puts more in doubt than had to be.
void Shard::Impl::redis_forgot(Partition& partition, Now now) {
  for (const auto& [suffix, cursor] : partition.known.cursors) {
    StreamId& mark = partition.forgotten_to[suffix];
    mark = std::max(mark, cursor);
  }
  if (partition.forgot == partition.known.newest) return;  // told already
  partition.forgot = partition.known.newest;
  tell_forgotten(partition, now);
  Commands commands;
  write_forgotten(partition, commands);
  if (!commands.empty()) ask(std::move(commands), [](std::span<const Reply>, Now) {}, AskKind::settles);
}

void Shard::Impl::tell_forgotten(const Partition& partition, Now now) {
  if (broken(Variant::alarm_unsaid)) return;
  ++counters_.forgotten;
  notice(Notice::Level::error, "partition " + std::to_string(partition.id) +
                                   ": Redis is older than what is known of it (a backup, a flush, lost "
                                   "writes): what it shows as not sent "
                                   "and may have been sent is in doubt");
  tell_seen(partition, now);
}

/// A job that we know and Redis does not: whether Redis forgot it, so that its messages may be out and nobody
/// else will say what became of them. It may have been forgotten while somebody else had the partition;
/// `marked`: whoever had it says so.
bool Shard::Impl::job_forgotten(const Partition& partition, const Seen& seen, bool marked) const {
  if (seen.fence == partition.fence_at_own) return false;
  if (partition.taken_back || marked) return true;
  const auto entry = StreamId::parse(std::string_view(seen.entry).substr(1));  // behind its lane
  return entry && partition.orphans.contain(seen.fence, static_cast<std::int64_t>(entry->ms));
}

/// What was final may await its receipt again, in a Redis that is older than this memory: repeats and
/// deadlines must find it. Whether somebody else has taken the partition meanwhile says nothing about that.
void Shard::Impl::forget_finals(const Partition& partition) {
  for (auto of = recent_finals_.begin(); of != recent_finals_.end();)
    of = of->second == partition.id ? recent_finals_.erase(of) : std::next(of);
}

void Shard::Impl::write_forgotten(const Partition& partition, Commands& commands) const {
  if (partition.forgotten_to.empty()) return;
  commands.command("HSET").arg(keys::partition(partition.id, keys::kLedger));
  for (const auto& [suffix, id] : partition.forgotten_to)
    commands.arg(std::string(keys::kForgottenTo).append(suffix)).arg(id.text());
}

/// At a takeover, once the streams are known: marks that reading has passed go, and the others stay in the
/// ledger until it has. The numbers of the retry set must not begin anew below its mark.
void Shard::Impl::settle_forgotten(Partition& partition) {
  if (const auto retry = partition.forgotten_to.find(keys::kRetry); retry != partition.forgotten_to.end())
    partition.retry_number = std::max(partition.retry_number, retry->second.seq);
  if (partition.taken_back) {
    write_forgotten(partition, partition.batch.extra);
    return;
  }
  for (auto mark = partition.forgotten_to.begin(); mark != partition.forgotten_to.end();) {
    const auto found = partition.streams.find(mark->first);
    const bool passed =
        found != partition.streams.end() && mark->first != keys::kRetry &&
        found->second->cursor >= mark->second &&
        (found->second->recovered.empty() || found->second->recovered.begin()->first > mark->second);
    if (!passed) {
      ++mark;
      continue;
    }
    partition.batch.extra.command("HDEL")
        .arg(keys::partition(partition.id, keys::kLedger))
        .arg(std::string(keys::kForgottenTo).append(mark->first));
    mark = partition.forgotten_to.erase(mark);
  }
}

/// An entry of which a Redis that forgot says that nothing was sent: up to where reading had come, it may
/// have been.
bool Shard::Impl::suspect(const Stream& s, StreamId id) const {
  const Partition& partition = *partitions_[s.partition];
  if (partition.forgotten_to.empty()) return false;
  const auto mark = partition.forgotten_to.find(s.suffix);
  if (mark == partition.forgotten_to.end()) return false;
  return s.kind == StreamKind::retry ? id.seq <= mark->second.seq : id <= mark->second;
}

}  // namespace anchal::core
