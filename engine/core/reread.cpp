#include <algorithm>
#include <functional>

#include "engine/core/keys.h"
#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

// A Redis that forgot its last writes hands out ids anew: those of the jobs that it forgot, and, where its
// clock is behind, ids below our cursor until the clock has come so far. So the job streams are read a second
// time from their start until an id above the cursor of then shows that none below will be given any more
// (design.md §5, redis-streams.md §7). What was read before and is not met again is told to Redis.

namespace {

constexpr std::int64_t kChunk = 32;  // of the largest bodies still an answer that a connection takes
constexpr Duration kPace = 20ms;

/// An entry of the outcomes in which messages are in doubt, and none is final.
bool says_doubts_only(const Commands& commands, std::size_t command) {
  const std::string_view body = commands.argument(command, commands.arguments(command) - 1);
  return commands.argument(command, 1).find("}:outcomes:") != std::string_view::npos &&
         body.find("\"in_doubt\"") != std::string_view::npos &&
         body.find("\"final\":true") == std::string_view::npos;
}

/// By which it is known if it was refused: what ended its readers is met as a job like any other.
std::uint64_t refused_hash(const Job& job) {
  const std::string_view body(job.body.get(), job.body_size);
  return body_hash(body.substr(0, keys::kDeadBodyMax));
}

/// How far a job stream is to be read again, or that it is no more (note_reread).
bool says_reread(const Commands& commands, std::size_t command) {
  return commands.arguments(command) > 2 && commands.argument(command, 1).ends_with("}:ledger") &&
         commands.argument(command, 2).starts_with(keys::kReread);
}

}  // namespace

/// Which entries are known, where no producer key says so.
void Shard::Impl::note_taken(Stream& s, StreamId id, std::uint64_t hash) {
  if (s.kind == StreamKind::jobs) s.taken.emplace(id, hash);
}

/// The same of what leaves no record that it was accepted, for the next owner.
void Shard::Impl::tell_taken(Stream& s, StreamId id, std::uint64_t hash) {
  note_taken(s, id, hash);
  if (s.kind == StreamKind::jobs && config_.idempotency == Duration::zero())
    partitions_[s.partition]->batch.journal.taken(s.suffix, id, hash);
}

/// Into a snapshot, which voids the records that told it.
void Shard::Impl::list_taken(Partition& partition) {
  if (config_.idempotency > Duration::zero()) return;
  JournalWriter& journal = partition.batch.journal;
  const std::size_t before = journal.bytes();
  for (const auto& [suffix, s] : partition.streams) {
    if (s->kind != StreamKind::jobs) continue;
    journal.lists_taken(suffix, s->known_to);
    for (const auto& [id, hash] : s->taken) journal.taken(suffix, id, hash);
  }
  partition.taken_bytes = journal.bytes() - before;
}

/// That the job streams are to be read again goes to Redis in front of all else: of what it `lost`, and of
/// the transaction under way, if that goes `once_more`.
void Shard::Impl::begin_reread(Partition& partition, const Commands& lost, bool once_more) {
  partition.reread_owed = false;
  partition.reread_held = true;
  ++partition.tellings;
  // Items of the inbox may be given ids anew, below what was read.
  partition.inbox_cursor = {};
  partition.inbox_trim.reset();
  partition.inbox_empty_at = TimePoint::min();
  Commands told;
  for (auto& [suffix, s] : partition.streams) {
    const StreamId to = std::max({s->cursor, s->read_to, s->reread_to});
    if (s->kind != StreamKind::jobs || to == StreamId{}) continue;
    s->reread_to = to;
    s->reread_at = s->trimmed = s->taken_from = {};
    ++s->rereads;
    note_reread(partition, suffix, to, told);
  }
  Commands& first = once_more ? partition.outstanding->commands : partition.batch.extra;
  append_untrimmed(told, lost);
  append_untrimmed(told, first);
  first = std::move(told);
  if (!once_more) return;
  Commands waiting;  // that may say, too, that a stream was read again, of before
  append_untrimmed(waiting, partition.batch.extra);
  partition.batch.extra = std::move(waiting);
}

void Shard::Impl::note_reread(const Partition& partition, std::string_view suffix, StreamId to,
                              Commands& told) {
  told.command("HSET").arg(keys::partition(partition.id, keys::kLedger));
  told.arg(std::string(keys::kReread).append(suffix)).arg(to.text());
}

/// What is told again must not trim a job stream or the inbox: below the mark of then there may be new jobs,
/// and receipts, by now. Nor
/// may it take back that the stream is to be read again, for the last time that it was.
void Shard::Impl::append_untrimmed(Commands& to, const Commands& from) {
  for (std::size_t command = 0; command < from.count(); ++command) {
    if (from.argument(command, 0) == "XTRIM" &&
        (from.argument(command, 1).find("}:jobs:") != std::string_view::npos ||
         from.argument(command, 1).ends_with(keys::kInbox)))
      continue;
    if (says_reread(from, command)) continue;
    if (broken(Variant::doubt_not_retold) && says_doubts_only(from, command)) continue;
    to.command(from.argument(command, 0));
    for (std::size_t arg = 1; arg < from.arguments(command); ++arg) to.arg(from.argument(command, arg));
  }
}

void Shard::Impl::reread(Partition& partition, Now now) {
  if (partition.reread_held || now.mono < partition.reread_due || store_health_.full) return;
  partition.reread_due = now.mono + kPace;
  for (auto& [suffix, s] : partition.streams) {
    if (s->kind != StreamKind::jobs || s->reread_to == StreamId{} || s->reading) continue;
    s->reading = true;
    Commands commands;
    commands.command("XRANGE").arg(s->key).arg(s->reread_at.next().text()).arg("+").arg("COUNT").arg(kChunk);
    ask(
        std::move(commands),
        [this, p = &partition, suffix, fence = partition.fence_at_own, rereads = s->rereads](
            std::span<const Reply> replies, Now at) {
          Stream* const of = rereading(*p, suffix, fence, rereads);
          if (of != nullptr) on_reread(*of, replies[0], at);
        },
        AskKind::bulk_read);
  }
}

/// The stream, if what was asked about it is still worth an answer.
Stream* Shard::Impl::rereading(Partition& partition, const std::string& suffix, std::uint64_t fence,
                               std::uint64_t rereads) {
  const auto found = partition.streams.find(suffix);
  if (partition.fence_at_own != fence || found == partition.streams.end()) return nullptr;
  Stream& s = *found->second;
  if (s.rereads == rereads && !partition.reread_held && may_read(partition)) return &s;
  s.reading = false;
  return nullptr;
}

void Shard::Impl::on_reread(Stream& s, const Reply& entries, Now now) {
  Partition& partition = *partitions_[s.partition];
  StreamId last = s.reread_at;
  bool done = false;
  for (const Reply& entry : entries.array()) {
    const auto id = entry.size < 2 ? std::nullopt : StreamId::parse(entry.elements[0].text);
    if (!id) continue;
    done = *id > s.reread_to;
    if (done) break;
    last = *id;
    take_entry(s, *id, entry.elements[1], now);
  }
  auto batch = std::make_shared<std::vector<Arrived>>(std::exchange(arrived_, {}));
  Commands commands;
  for (const Arrived& arrived : *batch) {
    if (arrived.entry) ask_seen(commands, arrived.partition, arrived.entry->job->hash, now);
  }
  const auto judge = [this, p = &partition, suffix = s.suffix, fence = partition.fence_at_own,
                      rereads = s.rereads, batch, last, done,
                      end = done || entries.size < static_cast<std::size_t>(kChunk)](
                         std::span<const Reply> replies, Now at) {
    Stream* const of = rereading(*p, suffix, fence, rereads);
    if (of == nullptr) return;
    of->reading = false;
    std::size_t next = 0;
    for (Arrived& arrived : *batch) {
      bool seen = false;
      if (arrived.entry && !replies.empty()) {
        seen = is_kept(replies[next].text) || is_kept(replies[next + 1].text);
        next += 2;
      }
      take_reread(*of, arrived, seen, at);
    }
    if (last != of->reread_at) p->reread_due = at.mono;
    of->reread_at = last;
    if (end && of->rescued != of->rereads) rescue_forgotten(*of, at);
    if (!done) return;
    of->reread_to = {};
    p->batch.extra.command("HDEL").arg(keys::partition(p->id, keys::kLedger));
    p->batch.extra.arg(std::string(keys::kReread).append(suffix));
  };
  if (commands.empty()) {
    judge({}, now);
  } else {
    ask(std::move(commands), judge);
  }
}

/// Known, or a new job under an id that was given before. Such a one goes on by way of the retry set: under
/// its own id another job may be open, or known as settled.
void Shard::Impl::take_reread(Stream& s, Arrived& arrived, bool seen, Now now) {
  Partition& partition = *partitions_[s.partition];
  const std::uint64_t hash = arrived.entry ? arrived.entry->job->hash : body_hash(arrived.body);
  const auto open = s.open.find(arrived.id);
  if (open != s.open.end() && arrived.entry && open->second->job->hash == hash) {
    open->second->met_in = s.rereads;
    return;
  }
  if (seen || s.taken.contains({arrived.id, hash})) return;
  if (arrived.id > std::max(s.read_to, s.recovered_to)) return;  // the usual reading has yet to come to it
  if (!arrived.entry) {
    refuse(s, arrived.id, *arrived.refusal, arrived.body, now);
    return;
  }
  if (config_.idempotency > Duration::zero()) {
    if (recently_seen_.contains(hash ^ (std::uint64_t{s.partition} << 48))) return;
    // Not the name of an entry: whoever reads this one under its id takes it for a repetition.
    remember_seen(partition, hash, entry_name(s.lane, arrived.id) + "+", now);
  } else if (arrived.id <= s.known_to || s.taken.contains({arrived.id, refused_hash(*arrived.entry->job)})) {
    return;
  } else {
    tell_taken(s, arrived.id, hash);
  }
  notice(Notice::Level::warning,
         "stream " + s.key + ": entry " + arrived.id.text() + " is a new job under an id given before");
  ++counters_.jobs_read;
  const Job& job = *arrived.entry->job;
  const auto count = static_cast<std::uint32_t>(job.rows.size());
  partition.accepted += count;
  counters_.accepted_here += count;
  partition.batch.count("accepted", count);
  Moved moved;
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < count; ++row) {
    rows.push_back(row);
    moved.indexes.push_back(job.rows[row].index);
  }
  std::string packed;
  moved.pack(packed);
  put(partition, {StreamKind::retry, 0, {}, s.lane, now.wall}, job.body_with(rows), packed, count, now);
}

/// What was read before and is not found again was pushed in the time that Redis forgot, and lives in this
/// memory only. Whatever waits for its turn goes into the retry set, and what is on the wire among the
/// unanswered (detach_old), so that the next owner has it too.
void Shard::Impl::rescue_forgotten(Stream& s, Now now) {
  s.rescued = s.rereads;
  std::uint32_t messages = 0;
  for (auto& [id, entry] : s.open) {
    if (id > s.reread_to) break;
    if (entry->met_in == s.rereads) continue;
    entry->forgotten = true;
    messages += entry->unsettled;
  }
  if (messages == 0) return;
  notice(Notice::Level::error, "stream " + s.key + ": Redis forgot jobs that were read; their " +
                                   std::to_string(messages) + " open messages are told again");
  std::map<StreamId, std::vector<std::uint32_t>> waiting;
  for (auto& op : operators_) {
    op->queue.remove_if(s.lane, [&](const Queued& message) {
      if (message.entry->stream != &s || !message.entry->forgotten || message.active != Queued::kNone)
        return false;
      waiting[message.entry->id].push_back(message.row);
      return true;
    });
  }
  for (auto& [id, rows] : waiting) {
    Entry& entry = *s.open.find(id)->second;
    std::sort(rows.begin(), rows.end());
    move_rows(entry, rows, {StreamKind::retry, 0, {}, entry.lane, now.wall}, 0, std::nullopt, now);
  }
}

}  // namespace anchal::core
