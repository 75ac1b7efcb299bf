#include <algorithm>

#include "engine/core/keys.h"
#include "engine/core/shard_impl.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kKeptMs = 7LL * 24 * 3600 * 1000;  ///< of what nobody asks about any more
constexpr Duration kTellWithin = 2s;  ///< a Redis that does not take it must not keep us from working
/// In one batch of entries that killed its reader the deadly one may be anywhere; what was taken carefully
/// stays accepted, so that each end brings us so many nearer.
constexpr std::uint32_t kCarefulEntries = 16;
/// A suspect is not announced before its owner has worked for so long (what else ends it did so already), and
/// then only while it is this shard's turn among those of its process (who dies of another shard's has not
/// announced one of ours). Several round trips: a suspect kills as soon as it is read.
constexpr Duration kTrialAfter = 1s, kTrialTurn = 500ms;
constexpr int kTrialRounds = 8;  ///< a Redis slower than the turns must not hold it for ever
constexpr std::chrono::milliseconds kDoubtWait = 30s;  ///< the category's own cannot be read
constexpr std::chrono::milliseconds kNoOperatorDeadline = 72h;

/// "0-4,7" of {0, 1, 2, 3, 4, 7}.
template <class Rows>
std::string ranges(const Rows& rows) {
  std::string out;
  for (auto row = rows.begin(); row != rows.end();) {
    const std::uint32_t first = row->first;
    std::uint32_t last = first;
    for (++row; row != rows.end() && row->first == last + 1; ++row) ++last;
    if (!out.empty()) out += ',';
    out += std::to_string(first);
    if (last > first) out.append("-").append(std::to_string(last));
  }
  return out;
}

}  // namespace

void Shard::tell_endings(std::vector<Ending> endings) {
  std::erase_if(endings, [this](const Ending& ending) {
    return ending.partition >= impl_->partitions_.size() || ending.stage == Stage::nothing;
  });
  impl_->endings_ = std::move(endings);
}

bool Shard::endings_told() const {
  return impl_->endings_.empty() && impl_->endings_asked_ == 0;
}

/// Every shard of a process tells all of them, and each waits for its own answers: told twice they count
/// once.
void Shard::Impl::tell_endings(Now now) {
  if (endings_.empty()) return;
  endings_due_ = now.mono + kTellWithin;
  for (const Ending& ending : endings_) {
    const std::string key = keys::partition(ending.partition, keys::kSuspects);
    Commands commands;
    commands.command("HSET").arg(key).arg(ending.field()).arg(ending.value());
    commands.command("PEXPIRE").arg(key).arg(kKeptMs);
    ++endings_asked_;
    ask(std::move(commands), [this](std::span<const Reply>, Now) { --endings_asked_; }, AskKind::settles);
    notice(Notice::Level::error, "partition " + std::to_string(ending.partition) + ": entry " +
                                     ending.id.text() + " of " + ending.stream + " was in hand (" +
                                     std::string(kStageNames[static_cast<std::size_t>(ending.stage)]) +
                                     ") when process " + ending.process + " ended (" +
                                     std::string(kDeathNames[static_cast<std::size_t>(ending.death)]) + ")");
  }
  // For as long as we live: a Redis that forgets is told them again.
  endings_told_.insert(endings_told_.end(), endings_.begin(), endings_.end());
  endings_.clear();
}

bool Shard::Impl::condemned(const Stream& s, StreamId id) const {
  const Suspicion* const suspicion = partitions_[s.partition]->suspects.find(s.suffix, id);
  return suspicion != nullptr && suspicion->condemned();
}

void Shard::Impl::drop_suspects(Partition& partition, const std::vector<std::string>& fields) {
  if (fields.empty()) return;
  partition.batch.extra.command("HDEL").arg(keys::partition(partition.id, keys::kSuspects));
  for (const std::string& field : fields) partition.batch.extra.arg(field);
}

/// At a takeover: what is done with, whoever did it.
void Shard::Impl::drop_old_suspects(Partition& partition, Now now) {
  partition.trials_due = now.mono + kTrialAfter;
  // Handed over, there is no record of an owner.
  const bool unclean = place_.announces && !partition.seen_owner.empty();
  for (auto& [suffix, s] : partition.streams) {
    if (s->kind == StreamKind::jobs && unclean) s->careful = kCarefulEntries;
    if (partition.suspects.empty() || s->kind == StreamKind::retry) continue;
    drop_suspects(partition, partition.suspects.forget_up_to(suffix, s->recovered_to, [&](StreamId id) {
      return s->recovered.contains(id) || id <= s->reread_to || condemned(*s, id);
    }));
  }
}

bool Shard::Impl::careful(const Stream& s) const {
  return s.careful > 0 && s.read_to >= s.recovered_to;
}

/// From when on a suspect may be announced: in the first half of our turn, so that it is read before the next
/// one's begins.
TimePoint Shard::Impl::trial_of(const Partition& partition, TimePoint now) const {
  const TimePoint at = std::max(now, partition.trials_due);
  const Duration round = kTrialTurn * place_.count;
  const Duration phase = (at.time_since_epoch() + round - kTrialTurn * place_.index) % round;
  const bool heeded = at < partition.trials_due + round * kTrialRounds;
  return !heeded || phase < kTrialTurn / 2 ? at : at + round - phase;
}

/// Only once it stands in Redis that this entry is read next, it is.
bool Shard::Impl::may_take(Stream& s, StreamId id, TimePoint now) {
  Partition& partition = *partitions_[s.partition];
  if (s.announced == id) {
    if (!s.announced_durable) return false;
    s.announced = {};
    --s.careful;
    return true;
  }
  if (condemned(s, id)) return true;
  // One at a time in the whole shard, until it is decided: what it dies of is then the one that was
  // announced.
  if (announcing_ != nullptr) return false;
  if (partition.suspects.find(s.suffix, id) != nullptr) {
    s.trial_due = trial_of(partition, now);
    if (now < s.trial_due) return false;
  }
  announcing_ = &s;
  s.announced = id;
  s.announced_durable = false;
  const std::string field = taken_field(s.suffix, id, partition.fence_at_own);
  const std::string value = taken_value(config_.incarnation);
  partition.suspects.heard(field, value, config_.incarnation);
  partition.batch.extra.command("HSET").arg(keys::partition(partition.id, keys::kSuspects)).arg(field);
  partition.batch.extra.arg(value);
  partition.batch.on_commit.announced.push_back(s.suffix);
  return false;
}

/// Redis may have forgotten the entry that was to be read next: nobody waits for it. Whichever comes instead
/// is announced.
void Shard::Impl::announce_anew() {
  if (announcing_ == nullptr || announcing_->announced == StreamId{}) return;
  announcing_->announced = {};
  announcing_ = nullptr;
}

void Shard::Impl::announced(Partition& partition, const std::string& suffix, Now now) {
  const auto found = partition.streams.find(suffix);
  if (found == partition.streams.end() || found->second->announced == StreamId{}) return;
  found->second->announced_durable = true;
  read_otp_due_ = std::min(read_otp_due_, now.mono);
  read_jobs_due_ = std::min(read_jobs_due_, now.mono);
}

void Shard::Impl::dead_letter(Stream& s, StreamId id, const Refusal& refusal, std::string_view body,
                              std::string_view indexes) {
  Partition& partition = *partitions_[s.partition];
  ++counters_.jobs_refused;
  ++counters_.dead_letters;
  ++counters_.refused_by_reason[std::string(refusal.reason)];
  partition.batch.settles_only = false;
  Commands& extra = partition.batch.extra;
  extra.command("XADD").arg(keys::partition(s.partition, keys::kDead)).arg("*").arg("v").arg("1");
  extra.arg("stream").arg(s.key).arg("id").arg(id.text()).arg("reason").arg(refusal.reason);
  extra.arg("detail").arg(refusal.detail);
  if (!indexes.empty()) extra.arg("indexes").arg(indexes);
  extra.arg("body").arg(body);
  // A job stream may be read again, and what is poison then still is.
  if (!partition.suspects.empty() && !(s.kind == StreamKind::jobs && condemned(s, id)))
    drop_suspects(partition, partition.suspects.forget(s.suffix, id));
}

/// An entry that ended two readers is not read again: it goes to the dead letters as it is.
void Shard::Impl::condemn(Stream& s, StreamId id, Lane lane, std::string_view body, bool is_envelope,
                          std::optional<std::string_view> meta, Now now) {
  const Partition& partition = *partitions_[s.partition];
  const Suspicion& suspicion = *partition.suspects.find(s.suffix, id);
  Refusal refusal{"poison", suspicion.detail(), {}, {}};
  notice(Notice::Level::error, "stream " + s.key + ": entry " + id.text() + " is poison: " + refusal.detail);
  // An envelope has an id of its own, in front of its job's.
  if (!suspicion.hopeless && !is_envelope) {
    const Holding in_hand(hand_, s.partition, s.suffix, id, Stage::salvage);
    salvage(body, refusal);
  }
  if (s.kind != StreamKind::jobs || s.recovered.contains(id)) {
    condemn_messages(s, id, lane, body, meta, refusal, now);
    return;
  }
  Arrived arrived;  // what came before it is accepted first
  arrived.partition = s.partition;
  arrived.fence = partition.fence_at_own;
  arrived.suffix = s.suffix;
  arrived.id = id;
  arrived.refusal = std::move(refusal);
  arrived.body = body.substr(0, keys::kDeadBodyMax);
  arrived_.push_back(std::move(arrived));
}

/// An entry that cannot be used (poison, or a category that is configured no more), and whose messages are
/// accepted already: those that are not settled end here.
void Shard::Impl::condemn_messages(Stream& s, StreamId id, Lane lane, std::string_view body,
                                   std::optional<std::string_view> meta, const Refusal& refusal, Now now) {
  Partition& partition = *partitions_[s.partition];
  const std::optional<Moved> moved = meta ? Moved::unpack(*meta) : std::nullopt;
  std::map<std::uint32_t, std::optional<Intent>> rows;
  std::uint64_t hash = 0;
  const auto recovered = s.recovered.find(id);
  const bool was_read = recovered != s.recovered.end();
  if (was_read) {
    hash = recovered->second.hash;
    rows = std::move(recovered->second.unsettled);
    s.recovered.erase(recovered);
  } else {
    for (const std::uint32_t index : moved ? moved->indexes : std::vector<std::uint32_t>{}) {
      rows.emplace(index, std::nullopt);
      if (suspect(s, id)) rows[index] = Intent{index, 0, 1, {}};
    }
    const auto count = static_cast<std::int64_t>(rows.size());
    s.waiting -= count;
    partition.batch.count("w:" + s.suffix, -count);
    if (s.kind != StreamKind::retry) {
      s.cursor = std::max(s.cursor, id);
      partition.batch.journal.cursor(s.suffix, id);
    }
  }
  const bool named = !refusal.tenant.empty() && !refusal.id_json.empty();
  const bool partly_out =
      moved && moved->progress && moved->progress->accepted.find('\1') != std::string::npos;
  const std::string reason = std::string(refusal.reason).append(": ").append(refusal.detail);
  for (const auto& [index, intent] : rows) {
    Identity who;
    who.partition = s.partition;
    who.index = index;
    who.hash = hash;
    if (named) who.tenant = refusal.tenant, who.id_json = refusal.id_json;
    who.resent = moved && moved->resent;
    if (intent) {
      doubt_condemned(who, *intent, lane, moved, now);
    } else {
      OutcomeLine line;
      line.reason = reason;
      if (partly_out) {
        line.operator_name = moved->progress->operator_name;
        line.parts = static_cast<std::uint32_t>(moved->progress->accepted.size());
        line.parts_delivered = 0;
      }
      finalise(who,
               who.resent   ? Final::unknown
               : partly_out ? Final::undelivered
                            : Final::invalid,
               line, now);
    }
    if (was_read) partition.batch.journal.settled(s.suffix, id, hash, index);
  }
  dead_letter(s, id, refusal, body.substr(0, keys::kDeadBodyMax), ranges(rows));
  if (s.kind != StreamKind::retry) return;
  partition.batch.extra.command("ZREM").arg(s.key).arg(id.text());
  partition.batch.extra.command("HDEL").arg(keys::partition(partition.id, keys::kRetryRows)).arg(id.text());
  partition.batch.on_commit.removed.push_back(id);
  s.closing.emplace(id, false);
}

/// The former owner may have written it. Nothing of it is read again, so it can only be reported.
void Shard::Impl::doubt_condemned(Identity who, const Intent& intent, Lane lane,
                                  const std::optional<Moved>& moved, Now now) {
  Partition& partition = *partitions_[who.partition];
  ++counters_.doubts;
  Doubt doubt;
  doubt.who = std::move(who);
  doubt.operator_name = intent.operator_name;
  doubt.lane = lane;
  doubt.parts = doubt.doubtful = static_cast<std::uint8_t>(std::min<std::uint32_t>(intent.parts, 255));
  doubt.due = now.wall + kDoubtWait;
  doubt.deadline = now.wall + kNoOperatorDeadline;
  for (const auto& op : operators_) {
    if (op->config.name == intent.operator_name)
      doubt.deadline =
          now.wall + std::chrono::duration_cast<std::chrono::milliseconds>(op->config.receipt_deadline);
  }
  doubt.orphans_below = partition.fence_at_own;
  Moved one;
  one.indexes.push_back(doubt.who.index);
  one.attempts = intent.attempt;
  one.resent = doubt.who.resent;
  if (moved) one.progress = moved->progress;
  one.pack(doubt.moved);
  OutcomeLine line;
  line.state = "in_doubt";
  line.operator_name = intent.operator_name;
  line.parts = intent.parts;
  report(doubt.who, line, now);
  ++partition.doubt;
  partition.batch.count("w:doubt", 1);
  store_doubt(doubt);
  remember_doubt(std::move(doubt));
}

}  // namespace anchal::core
