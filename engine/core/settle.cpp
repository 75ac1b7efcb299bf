#include <algorithm>

#include "engine/core/keys.h"
#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {
constexpr Duration kRetryRefused = 100ms;
constexpr Duration kReplayFor = 5s;                 // a failover forgets about a second, a power cut two
constexpr std::uint64_t kSnapshotBytes = 8u << 20;  // a takeover reads no more journal than that
}  // namespace

Partition* Shard::Impl::owned(PartitionId id) {
  if (id >= partitions_.size()) return nullptr;
  Partition& partition = *partitions_[id];
  const bool ours = partition.state == Partition::State::owned ||
                    partition.state == Partition::State::resyncing ||
                    partition.state == Partition::State::releasing;
  return ours ? &partition : nullptr;
}

Identity Shard::Impl::identity(const Entry& entry, const Row& row) const {
  Identity who;
  who.partition = entry.stream->partition;
  who.category = entry.job->category;
  who.index = row.index;
  who.hash = entry.job->hash;
  who.tenant = entry.job->tenant;
  who.id_json = entry.job->id_json;
  who.ref_json = entry.job->ref_json(row);
  who.receipt = entry.job->receipt;
  who.resent = entry.job->moved && entry.job->moved->resent;
  return who;
}

void Shard::Impl::flush_partitions(Now now) {
  for (auto& partition : partitions_) {
    if (partition->state != Partition::State::owned && partition->state != Partition::State::releasing)
      continue;
    if (partition->outstanding) {
      if (!partition->outstanding->in_store && store_up_ && now.mono >= partition->retry_due) {
        submit_transaction(*partition, now);
      }
      continue;
    }
    if (partition->state == Partition::State::owned) {
      heartbeat(*partition, now);
      trim(*partition, now);
      write_snapshot(*partition, now);
    }
    if (partition->batch.empty()) continue;
    if (partition->sent_ms > partition->sent_told_ms) {
      partition->sent_told_ms = partition->sent_ms;
      partition->batch.extra.command("HSET").arg(keys::partition(partition->id, keys::kLedger));
      partition->batch.extra.arg(keys::kSent).arg(partition->sent_ms);
    }
    Partition::Outstanding& next = partition->outstanding.emplace(Partition::Outstanding{});
    next.fence = partition->fence;
    next.number = ++partition->number;
    next.settles_only = partition->batch.settles_only && !probes_full_store(partition->batch, now);
    next.commands = std::exchange(partition->spare, {});
    next.on_commit = std::move(partition->batch.on_commit);
    StreamId oldest_outcome;
    if (config_.outcome_retention > Duration::zero()) {
      const auto oldest =
          now.wall - std::chrono::duration_cast<std::chrono::milliseconds>(config_.outcome_retention);
      oldest_outcome.ms =
          static_cast<std::uint64_t>(std::max<std::int64_t>(oldest.time_since_epoch().count(), 0));
    }
    const std::uint64_t journal_before = partition->journal_bytes;
    partition->batch.build(partition->id, next.fence, next.number, oldest_outcome, next.commands,
                           partition->journal_bytes);
    counters_.journal_bytes += partition->journal_bytes - journal_before;
    partition->batch.on_commit = {};
    partition->batch.settles_only = true;
    ++counters_.journal_entries;
    if (store_up_) submit_transaction(*partition, now);
  }
}

void Shard::Impl::submit_transaction(Partition& partition, Now now) {
  Partition::Outstanding& next = *partition.outstanding;
  next.ticket = next_ticket_++;
  next.sent_at = now.mono;
  next.in_store = true;
  transactions_.emplace(next.ticket, partition.id);
  ++counters_.transactions;
  Transaction transaction;
  transaction.ticket = next.ticket;
  transaction.partition = partition.id;
  transaction.fence = next.fence;
  transaction.settles = next.settles_only;
  transaction.replica_wait = replica_wait(next.on_commit, now);
  next.asks_replica = transaction.replica_wait.count() > 0;
  transaction.commands = next.commands;
  store_.transact(std::move(transaction));
}

void Shard::Impl::on_transaction(Partition& partition, const StoreAnswer& answer, Now now) {
  if (!partition.outstanding || partition.outstanding->ticket != answer.ticket) return;
  Partition::Outstanding& sent = *partition.outstanding;
  sent.in_store = false;
  if (partition.state == Partition::State::reminding) {
    if (answer.outcome == StoreOutcome::ok) {
      tell_removals(partition, sent.on_commit.removals);
      reminded(partition);
    } else {
      remind(partition, now.mono + kRetryRefused);
    }
    return;
  }
  switch (answer.outcome) {
    case StoreOutcome::ok: {
      store_took(sent.settles_only);
      partition.telling = false;
      commit_took_ += (now.mono - sent.sent_at - commit_took_) / 8;
      count_replica_wait(sent, &answer, now);
      if (sent.on_commit.heartbeat) partition.lease_until = sent.sent_at + config_.lease;
      if (broken(Variant::lease_from_answer)) partition.lease_until = now.mono + config_.lease;
      if (broken(Variant::lease_by_redis_clock) && sent.on_commit.heartbeat && !answer.replies.empty()) {
        const auto stamp = StreamId::parse(answer.replies.back().text).value_or(StreamId{});
        partition.lease_until =
            now.mono + config_.lease +
            (std::chrono::milliseconds(static_cast<std::int64_t>(stamp.ms)) - now.wall.time_since_epoch());
      }
      OnCommit done = std::move(sent.on_commit);
      partition.known.newest = {sent.fence, sent.number};
      partition.log.committed(partition.known.newest, sent.commands, answer.replies, now.mono);
      partition.spare = std::move(sent.commands);
      partition.spare.clear();
      partition.log.trim(now.mono, kReplayFor, config_.limits.replay_bytes / config_.partitions,
                         partition.spare);
      partition.outstanding.reset();
      const std::string journal_id(answer.replies.empty() ? std::string_view{} : answer.replies.back().text);
      committed(partition, done, journal_id, now);
      return;
    }
    case StoreOutcome::fenced:
      ++counters_.transactions_fenced;
      if (partition.lease_until == TimePoint::min()) {  // another claimant was quicker
        notice(Notice::Level::warning, "partition " + std::to_string(partition.id) + " has a new owner");
        lose(partition, now);
        return;
      }
      // Someone takes the partition, or an old command of our own was late: the owner record says which.
      partition.state = Partition::State::resyncing;
      if (store_up_) resync(partition, now);
      return;
    case StoreOutcome::full:
      // What it contains has happened in memory already; it is bounded, so it may pass. Nothing new is read
      // or prepared meanwhile.
      store_was_full(now);
      sent.settles_only = true;
      partition.retry_due = now.mono;
      return;
    case StoreOutcome::unknown:
      partition.state = Partition::State::resyncing;
      if (store_up_) resync(partition, now);
      return;
    case StoreOutcome::refused:
      if (store_up_) store_refused(answer.error, now);
      partition.retry_due = now.mono + kRetryRefused;
      return;
  }
}

void Shard::Impl::committed(Partition& partition, OnCommit& done, std::string_view journal_id, Now now) {
  partition.reread_held = false;
  tell_removals(partition, done.removals);
  for (const std::uint64_t token : done.ready) {
    Active* const active = actives_.find(token);
    if (active == nullptr || active->phase != Active::Phase::journaling) continue;
    Operator& op = *operators_[active->operator_index];
    --op.journaling;
    active->phase = Active::Phase::ready;
    (active->lane == Lane::otp ? op.ready_otp : op.ready).push_back(token);
    if (active->who.resent) resend_journalled(*active, now);
  }
  for (const ReceiptAnswer& waiting : done.answers) answer(waiting);
  for (const ReceiptKey& key : done.forget) forget(partition.id, key);
  for (const std::string& key : done.called_off) called_off(key, now);
  for (const std::string& suffix : done.announced) announced(partition, suffix, now);
  if (done.decided && announcing_ != nullptr && announcing_->partition == partition.id) {
    announcing_ = nullptr;
    read_otp_due_ = std::min(read_otp_due_, now.mono);
    read_jobs_due_ = std::min(read_jobs_due_, now.mono);
  }
  if (!done.removed.empty()) {
    Stream& retry = stream(partition, StreamKind::retry, std::string(keys::kRetry), Lane::bulk, 0);
    for (const StreamId id : done.removed) retry.closing[id] = true;
  }
  if (done.snapshot) partition.journal_trim = journal_id;
  if (done.released) {
    notice(Notice::Level::info, "partition " + std::to_string(partition.id) + " handed over");
    lose(partition, now);
  }
}

Stream& Shard::Impl::stream(Partition& partition, StreamKind kind, std::string suffix, Lane lane,
                            std::uint16_t op) {
  auto& slot = partition.streams[suffix];
  if (!slot) {
    slot = std::make_unique<Stream>();
    slot->partition = partition.id;
    slot->kind = kind;
    slot->lane = lane;
    slot->operator_index = op;
    slot->key = keys::partition(partition.id, suffix);
    slot->suffix = std::move(suffix);
  }
  return *slot;
}

void Shard::Impl::write_snapshot(Partition& partition, Now now) {
  // What lists much of what was taken must not come so often that it is most of the journal.
  const std::uint64_t most = kSnapshotBytes + 2 * partition.taken_bytes;
  if (now.mono < partition.snapshot_due && partition.journal_bytes < most) return;
  partition.snapshot_due = now.mono + config_.snapshot_interval;
  partition.journal_bytes = 0;
  JournalWriter& journal = partition.batch.journal;
  // Receipt-map entries whose removal is only asked for stay listed until it is known.
  std::vector<ReceiptKey> finals;
  finals.reserve(partition.forgetting.size() + partition.batch.on_commit.forget.size());
  for (const auto& [number, key] : partition.forgetting) finals.push_back(key);
  for (const ReceiptKey& key : partition.batch.on_commit.forget) finals.push_back(key);
  journal.snapshot();
  list_taken(partition);
  for (const auto& [suffix, s] : partition.streams) {
    if (s->kind != StreamKind::retry && s->cursor > StreamId{}) journal.cursor(suffix, s->cursor);
    for (const auto& [id, entry] : s->recovered) {
      std::vector<std::uint32_t> indexes;
      indexes.reserve(entry.unsettled.size());
      for (const auto& [index, intent] : entry.unsettled) indexes.push_back(index);
      journal.accept(suffix, id, entry.hash, 0, indexes);
      for (const auto& [index, intent] : entry.unsettled) {
        if (intent) journal.intent(suffix, id, entry.hash, *intent);
      }
    }
    for (const auto& [id, entry] : s->open) {
      std::vector<std::uint32_t> indexes;
      for (const Row& row : entry->job->rows) {
        if (row.state != RowState::settled) indexes.push_back(row.index);
      }
      if (!indexes.empty()) journal.accept(suffix, id, entry->job->hash, 0, indexes);
    }
  }
  actives_.each([&](const Active& active) {
    if (active.entry == nullptr || active.who.partition != partition.id) return;
    if (broken(Variant::snapshot_forgets)) return;
    if (active.phase == Active::Phase::delayed && !active.wrote_any) return;
    Intent intent;
    intent.index = active.who.index;
    intent.attempt = active.attempts;
    intent.parts = static_cast<std::uint32_t>(active.parts.size());
    intent.operator_name = operators_[active.operator_index]->config.name;
    journal.intent(active.entry->stream->suffix, active.entry->id, active.who.hash, intent);
  });
  for (const ReceiptKey& key : finals) journal.final_receipt(key);
  partition.batch.on_commit.snapshot = true;
}

void Shard::Impl::trim(Partition& partition, Now now) {
  if (now.mono < partition.trim_due) return;
  partition.trim_due = now.mono + 250ms;
  for (auto& [suffix, s] : partition.streams) {
    if (s->kind == StreamKind::retry) continue;
    if (now.mono >= s->taken_due) {
      s->taken_due = now.mono + kReplayFor;
      s->taken.erase(s->taken.begin(), s->taken.lower_bound({s->taken_from, 0}));
      if (!partition.suspects.empty())
        drop_suspects(partition, partition.suspects.forget_below(suffix, s->taken_from));
      s->taken_from = s->trimmed;  // by now it is known that this was done
    }
    const StreamId mark = broken(Variant::trim_past_watermark) ? s->cursor.next() : s->watermark();
    if (mark <= s->trimmed || s->cursor == StreamId{}) continue;
    s->trimmed = mark;
    partition.batch.extra.command("XTRIM").arg(s->key).arg("MINID").arg("=").arg(mark.text());
  }
  if (!partition.journal_trim.empty()) {
    partition.batch.extra.command("XTRIM")
        .arg(keys::partition(partition.id, keys::kJournal))
        .arg("MINID")
        .arg("=")
        .arg(partition.journal_trim);
    partition.journal_trim.clear();
  }
}

void Shard::Impl::finalise(const Identity& who, Final state, OutcomeLine line, Now now) {
  Partition* const partition = owned(who.partition);
  if (partition == nullptr) return;
  // Of a message sent twice the first copy may have arrived, whatever became of the second.
  const bool not_out = state == Final::rejected || state == Final::expired || state == Final::dropped;
  if (who.resent && not_out) state = Final::unknown;
  const auto number = static_cast<std::size_t>(state);
  line.state = kFinalNames[number];
  line.is_final = true;
  if (!who.tenant.empty()) {  // unreadable in what ended its readers: the dead letter is all there is
    write_outcome(line_, who, line, now.wall);
    if (broken(Variant::resend_unsaid)) {
      Identity unsaid = who;
      unsaid.resent = false;
      write_outcome(line_, unsaid, line, now.wall);
    }
    partition->batch.outcome(who.tenant, line_);
  }
  const bool forgets = broken(Variant::ledger_forgets) && state == Final::undelivered;
  partition->batch.count(kFinalRows[number], forgets ? 0 : 1);
  ++partition->finals[number];
  ++counters_.finals_here[number];
}

void Shard::Impl::report(const Identity& who, OutcomeLine line, Now now) {
  Partition* const partition = owned(who.partition);
  if (partition == nullptr) return;
  if (who.tenant.empty()) return;
  if (broken(Variant::doubt_unsaid) && line.state == "in_doubt") return;
  line.is_final = false;
  write_outcome(line_, who, line, now.wall);
  partition->batch.outcome(who.tenant, line_);
}

void Shard::Impl::settle_row(Entry& entry, std::uint32_t row_number) {
  Row& row = entry.job->rows[row_number];
  Partition& partition = of(entry);
  Stream& s = *entry.stream;
  row.state = RowState::settled;
  partition.batch.journal.settled(s.suffix, entry.id, entry.job->hash, row.index);
  std::uint32_t& open = entry.lane == Lane::otp ? open_messages_otp_ : open_messages_;
  if (open > 0) --open;
  unpin(entry);
}

void Shard::Impl::unpin(Entry& entry) {
  if (--entry.unsettled > 0) return;
  Partition& partition = of(entry);
  Stream& s = *entry.stream;
  open_bytes_ -= std::min(open_bytes_, entry.job->body_size);
  if (!partition.suspects.empty()) drop_suspects(partition, partition.suspects.forget(s.suffix, entry.id));
  if (s.kind == StreamKind::retry) {
    partition.batch.extra.command("ZREM").arg(s.key).arg(entry.id.text());
    partition.batch.extra.command("HDEL")
        .arg(keys::partition(partition.id, keys::kRetryRows))
        .arg(entry.id.text());
    partition.batch.on_commit.removed.push_back(entry.id);
    s.closing.emplace(entry.id, false);
  }
  s.open.erase(entry.id);  // `entry` is gone
}

void Shard::Impl::put(Partition& partition, const Destination& to, std::string_view body,
                      std::string_view moved, std::uint32_t count, Now now) {
  Batch& batch = partition.batch;
  batch.settles_only = false;
  if (to.kind == StreamKind::retry) {
    Stream& s = stream(partition, StreamKind::retry, std::string(keys::kRetry), to.lane, 0);
    const auto due = std::max(to.due, now.wall).time_since_epoch().count();
    const StreamId id{static_cast<std::uint64_t>(due), ++partition.retry_number};
    batch.extra.command("ZADD").arg(s.key).arg(due).arg(id.text());
    batch.extra.command("HSET").arg(keys::partition(partition.id, keys::kRetryRows)).arg(id.text());
    std::string& value = batch.extra.open_arg();
    value.append(std::to_string(count)).append(" ").append(name_of(to.lane)).append(" ");
    value.append(std::to_string(moved.size())).append(" ").append(moved).append(body);
    batch.extra.close_arg();
    batch.extra.command("HSET")
        .arg(keys::partition(partition.id, keys::kLedger))
        .arg("retry_number")
        .arg(static_cast<std::int64_t>(partition.retry_number));
    s.waiting += count;
    batch.count("w:retry", count);
    return;
  }
  std::string suffix = to.kind == StreamKind::backlog
                           ? keys::backlog_suffix(operators_[to.operator_index]->config.name, to.lane)
                           : keys::hold_suffix(to.rule);
  Stream& s = stream(partition, to.kind, std::move(suffix), to.lane, to.operator_index);
  batch.extra.command("XADD").arg(s.key).arg("*").arg("v").arg("1").arg("n").arg(
      static_cast<std::int64_t>(count));
  batch.extra.arg("lane").arg(name_of(to.lane)).arg("meta").arg(moved).arg("body").arg(body);
  s.waiting += count;
  batch.count("w:" + s.suffix, count);
}

void Shard::Impl::move_rows(Entry& entry, const std::vector<std::uint32_t>& rows, const Destination& to,
                            std::uint32_t attempts, const std::optional<Progress>& progress, Now now) {
  const Holding in_hand =
      holding(entry, Stage::move, rows.size() == 1 ? entry.job->rows[rows.front()].index : InHand::kWhole);
  Moved moved;
  moved.attempts = attempts;
  moved.resent = entry.job->moved && entry.job->moved->resent;
  moved.progress = progress;
  if (broken(Variant::move_forgets_row) && rows.size() > 1) {
    settle_row(entry, rows.back());
    move_rows(entry, {rows.begin(), rows.end() - 1}, to, attempts, progress, now);
    return;
  }
  for (const std::uint32_t row : rows) moved.indexes.push_back(entry.job->rows[row].index);
  std::string packed;
  moved.pack(packed);
  put(of(entry), to, entry.job->body_with(rows), packed, static_cast<std::uint32_t>(rows.size()), now);
  for (const std::uint32_t row : rows) settle_row(entry, row);  // the last one may free the entry
}

}  // namespace anchal::core
