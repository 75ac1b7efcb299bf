#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/core/keys.h"
#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {

constexpr Duration kOtpPoll = 2ms;
constexpr Duration kIdlePoll = 5ms;
constexpr Duration kProbe = 20ms;
constexpr std::int64_t kProbeEntries = 64;
constexpr std::size_t kBlocked = ~std::size_t{0};  // of a lane, in the variant full_queue_blocks only
constexpr Duration kRecent =
    10s;  ///< an operator nothing was meant for in this time is no reason to read ahead
constexpr std::int64_t kRetryChunk = 200;

std::string_view field_of(const Reply& fields, std::string_view name) {
  for (std::size_t i = 0; i + 1 < fields.size; i += 2) {
    if (fields.elements[i].text == name) return fields.elements[i + 1].text;
  }
  return {};
}

/// In doubt, each of its messages.
void may_have_been_sent(Entry& entry) {
  for (const Row& row : entry.job->rows) entry.open_intents.emplace(row.index, Intent{row.index, 0, 1, {}});
}

}  // namespace

std::string Shard::Impl::entry_name(Lane lane, StreamId id) {
  return std::string(1, static_cast<char>('0' + static_cast<int>(lane))) + id.text();
}

bool Shard::Impl::may_read(const Partition& partition) const {
  return partition.state == Partition::State::owned && !partition.leaving &&
         partition.lease_until > last_turn_;
}

std::size_t Shard::Impl::capacity(const Operator& op) const {
  if (broken(Variant::unbounded_queue)) return std::size_t{1} << 30;
  // Two to three seconds of what the operator really takes: enough to never starve it, little enough that
  // what waits longer waits in its backlog and not at the head of a shared stream.
  double rate = std::max(static_cast<double>(op.written_before), 500.0);
  if (op.config.tps > 0) rate = std::min(rate, static_cast<double>(op.config.tps));
  const double wanted = 2 * rate + std::min(static_cast<double>(op.window_total), rate);
  return std::clamp<std::size_t>(static_cast<std::size_t>(wanted), 16,
                                 std::max(config_.limits.queue_messages, 16u));
}

std::size_t Shard::Impl::room(const Operator& op, Lane lane) const {
  if (!open(op)) return 0;
  const std::size_t most = capacity(op);
  const std::size_t used = op.queue.size(lane);
  return used >= most ? 0 : most - used;
}

std::size_t Shard::Impl::lane_room(Lane lane, Now now) const {
  std::size_t total = 0;
  for (const auto& op : operators_) {
    if (now.mono > op->last_routed + kRecent) continue;
    if (broken(Variant::full_queue_blocks) && room(*op, lane) == 0) return kBlocked;
    if (op->backlog[static_cast<std::size_t>(lane)] > 0 && lane != Lane::otp)
      continue;  // fed from there first
    total += room(*op, lane);
  }
  return total;
}

void Shard::Impl::read_streams(Now now) {
  if (!store_up_) return;
  // What lies in backlogs, for "fed from there first".
  for (auto& op : operators_) op->backlog = {};
  for (const auto& partition : partitions_) {
    if (partition->state != Partition::State::owned) continue;
    for (const auto& [suffix, s] : partition->streams) {
      if (s->kind == StreamKind::backlog && s->operator_index < operators_.size()) {
        operators_[s->operator_index]->backlog[static_cast<std::size_t>(s->lane)] += s->waiting;
      }
    }
  }
  if (!reading_otp_ && now.mono >= read_otp_due_) read_otp(now);
  if (!reading_jobs_ && now.mono >= read_jobs_due_) read_jobs(now);
  if (!reading_waiting_ && now.mono >= read_waiting_due_) read_waiting(now);
}

/// `looked` gets the keys of those in which open entries of a former owner are still to come.
void Shard::Impl::add_streams(Commands& commands, const std::vector<Stream*>& streams, std::int64_t count,
                              std::vector<std::string>& looked) {
  commands.command("XREAD").arg("COUNT").arg(count).arg("STREAMS");
  for (Stream* s : streams) {
    commands.arg(s->key);
    s->looking = !s->recovered.empty();
    if (s->looking) looked.push_back(s->key);
  }
  for (const Stream* s : streams) commands.arg(s->read_to.text());
}

void Shard::Impl::read_otp(Now now) {
  read_otp_due_ = now.mono + kOtpPoll;
  const bool full = open_messages_otp_ >= config_.limits.open_messages_otp || store_health_.full;
  std::vector<Stream*> streams;
  for (auto& partition : partitions_) {
    if (!may_read(*partition)) continue;
    const auto found = partition->streams.find("jobs:otp");
    if (found == partition->streams.end() || now.mono < found->second->trial_due) continue;
    if (!full || found->second->read_to < found->second->recovered_to) streams.push_back(found->second.get());
  }
  if (streams.empty()) return;
  Commands commands;
  const bool one = std::any_of(streams.begin(), streams.end(), [this](Stream* s) { return careful(*s); });
  std::vector<std::string> looked;
  add_streams(commands, streams, one ? 1 : 64, looked);
  reading_otp_ = true;
  ask(std::move(commands), [this, looked = std::move(looked)](std::span<const Reply> replies, Now at) {
    if (on_entries(replies[0], at) > 0) read_otp_due_ = at.mono;
    nothing_follows(looked, at);
    admit_arrived(reading_otp_, at);
  });
}

void Shard::Impl::read_jobs(Now now) {
  read_jobs_due_ = now.mono + kIdlePoll;
  Commands commands;
  std::vector<std::string> looked;
  for (const Lane lane : {Lane::alert, Lane::service, Lane::bulk}) {
    std::vector<Stream*> streams;
    bool recovering = false;
    for (auto& partition : partitions_) {
      if (!may_read(*partition)) continue;
      const auto found = partition->streams.find(keys::jobs_suffix(lane));
      if (found == partition->streams.end() || now.mono < found->second->trial_due) continue;
      streams.push_back(found->second.get());
      recovering |= found->second->read_to < found->second->recovered_to;
    }
    if (streams.empty()) continue;
    std::int64_t count = 0;
    const bool full =
        (open_messages_ >= config_.limits.open_messages || open_bytes_ >= config_.limits.open_bytes ||
         store_health_.full || store_health_.pressed) &&
        !broken(Variant::unbounded_queue);
    const bool blocked = broken(Variant::full_queue_blocks) && lane_room(lane, now) == kBlocked;
    if (!full && !blocked) {
      const std::size_t wanted =
          std::min<std::size_t>(lane_room(lane, now), config_.limits.open_messages - open_messages_);
      const double entries = static_cast<double>(wanted) / rows_per_entry_[static_cast<std::size_t>(lane)];
      count = std::min<std::int64_t>(std::lround(entries / static_cast<double>(streams.size())),
                                     config_.limits.read_count);
      // An operator that has been idle may have messages behind those of others: look, but slowly.
      TimePoint& probe = probe_due_by_lane_[static_cast<std::size_t>(lane)];
      if (count == 0 && now.mono >= probe) {
        probe = now.mono + kProbe;
        count = std::max<std::int64_t>(
            kProbeEntries / static_cast<std::int64_t>(rows_per_entry_[static_cast<std::size_t>(lane)] + 1),
            1);
      }
    }
    if (recovering) count = std::max<std::int64_t>(count, 100);
    if (std::any_of(streams.begin(), streams.end(), [this](Stream* s) { return careful(*s); }))
      count = std::min<std::int64_t>(count, 1);
    if (count > 0) add_streams(commands, streams, count, looked);
  }
  if (commands.empty()) {
    if (!store_health_.full && !store_health_.pressed) read_jobs_due_ = now.mono + 1ms;
    return;
  }
  reading_jobs_ = true;
  ask(
      std::move(commands),
      [this, looked = std::move(looked)](std::span<const Reply> replies, Now at) {
        std::size_t entries = 0;
        for (const Reply& reply : replies) entries += on_entries(reply, at);
        nothing_follows(looked, at);
        if (entries > 0) read_jobs_due_ = at.mono;
        admit_arrived(reading_jobs_, at);
      },
      AskKind::bulk_read);
}

bool Shard::Impl::valve_open(const Stream& s, Now now) const {
  if (s.read_to < s.recovered_to) return true;
  if (s.waiting <= 0 || store_health_.full || open_messages_ >= config_.limits.open_messages) return false;
  if (s.kind == StreamKind::backlog) {
    if (s.operator_index >= operators_.size()) return true;
    const Operator& op = *operators_[s.operator_index];
    if (room(op, s.lane) * 4 >= capacity(op)) return true;
    // The operator is away: with a failover that is not, its backlog moves there.
    if (open(op)) return false;
    return std::any_of(op.config.failover.begin(), op.config.failover.end(), [&](const std::string& name) {
      return std::any_of(operators_.begin(), operators_.end(), [&](const auto& other) {
        return other->config.name == name && room(*other, s.lane) * 4 >= capacity(*other);
      });
    });
  }
  const std::string_view rule = std::string_view(s.suffix).substr(5);
  if (rule == throttle::kPolicyLeaseRule) return now.mono < policy_.lease_valid_until;
  if (rule.ends_with("+reapprove")) return false;  // until a person has said so
  const auto& rules = policy_.rules();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto number = static_cast<std::uint32_t>(i);
    if (rules[i].id != rule) continue;
    if (policy_.state(number, now.wall).active || policy_.state(number, now.wall + before_rule()).active)
      return false;
  }
  return true;
}

void Shard::Impl::read_waiting(Now now) {
  read_waiting_due_ = now.mono + kIdlePoll;
  std::vector<Stream*> streams;
  std::size_t most = 0;
  for (auto& partition : partitions_) {
    if (!may_read(*partition)) continue;
    read_retries(*partition, now);
    reread(*partition, now);
    for (auto& [suffix, s] : partition->streams) {
      if (s->kind != StreamKind::backlog && s->kind != StreamKind::hold) continue;
      if (!valve_open(*s, now)) continue;
      streams.push_back(s.get());
      const bool known = s->kind == StreamKind::backlog && s->operator_index < operators_.size();
      most = std::max(most, known ? room(*operators_[s->operator_index], s->lane) : std::size_t{1000});
    }
  }
  if (streams.empty()) return;
  const auto share = static_cast<std::int64_t>(most / streams.size());
  Commands commands;
  std::vector<std::string> looked;
  add_streams(commands, streams, std::clamp<std::int64_t>(share, 1, config_.limits.read_count), looked);
  reading_waiting_ = true;
  ask(
      std::move(commands),
      [this, looked = std::move(looked)](std::span<const Reply> replies, Now at) {
        reading_waiting_ = false;
        if (on_entries(replies[0], at) > 0) read_waiting_due_ = at.mono;
        nothing_follows(looked, at);
      },
      AskKind::bulk_read);
}

/// A Redis that forgot may show entries whose removal is only being told again; their messages have moved on.
void Shard::Impl::read_retries(Partition& partition, Now now) {
  if (partition.reread_held || now.mono < partition.retry_read_due || store_health_.full) return;
  partition.retry_read_due = now.mono + 200ms;
  Stream& s = stream(partition, StreamKind::retry, std::string(keys::kRetry), Lane::bulk, 0);
  if ((s.waiting <= 0 && s.recovered.empty()) || s.reading || open_messages_ >= config_.limits.open_messages)
    return;
  s.reading = true;
  std::erase_if(s.closing, [](const auto& one) { return one.second; });
  Commands commands;
  commands.command("ZRANGEBYSCORE").arg(s.key).arg("-inf").arg(now.wall.time_since_epoch().count());
  commands.arg("LIMIT")
      .arg(std::int64_t{0})
      .arg(kRetryChunk + static_cast<std::int64_t>(s.open.size() + s.closing.size()));
  ask(
      std::move(commands),
      [this, p = &partition, fence = partition.fence_at_own, tellings = partition.tellings](
          std::span<const Reply> replies, Now) {
        const auto found = p->streams.find(keys::kRetry);
        if (p->fence_at_own != fence || found == p->streams.end()) return;
        if (!may_read(*p) || p->tellings != tellings) {
          found->second->reading = false;  // the lease is out for a moment, say: asked again when it is back
          return;
        }
        std::vector<std::string> members;
        for (const Reply& member : replies[0].array()) {
          const auto id = StreamId::parse(member.text);
          const Stream& retry = *found->second;
          if (id && !retry.open.contains(*id) && !retry.closing.contains(*id))
            members.emplace_back(member.text);
        }
        if (members.empty()) {
          found->second->reading = false;
          return;
        }
        Commands rows;
        rows.command("HMGET").arg(keys::partition(p->id, keys::kRetryRows));
        for (const auto& member : members) rows.arg(member);
        ask(
            std::move(rows),
            [this, p, fence, tellings, members](std::span<const Reply> values, Now at) {
              const auto again = p->streams.find(keys::kRetry);
              if (p->fence_at_own != fence || again == p->streams.end()) return;
              again->second->reading = false;
              if (!may_read(*p) || p->tellings != tellings) return;
              for (std::size_t i = 0; i < members.size() && i < values[0].size; ++i) {
                // "<count> <lane> <octets of meta> <meta><body>"
                std::string_view value = values[0].elements[i].text;
                const auto word = [&value] {
                  const std::size_t blank = std::min(value.find(' '), value.size());
                  const std::string_view text = value.substr(0, blank);
                  value.remove_prefix(std::min(blank + 1, value.size()));
                  return text;
                };
                word();
                const auto lane = lane_named(word());
                const std::string_view size = word();
                std::size_t meta_size = 0;
                std::from_chars(size.data(), size.data() + size.size(), meta_size);
                if (!lane || meta_size > value.size()) continue;
                take_body(*again->second, *StreamId::parse(members[i]), *lane, value.substr(meta_size), false,
                          value.substr(0, meta_size), at);
              }
            },
            AskKind::bulk_read);
      },
      AskKind::bulk_read);
}

Stream* Shard::Impl::stream_of_key(std::string_view key) {
  const std::size_t open = key.find('{');
  const std::size_t close = key.find("}:", std::min(open, key.size()));
  if (open == std::string_view::npos || close == std::string_view::npos) return nullptr;
  unsigned id = 0;
  std::from_chars(key.data() + open + 1, key.data() + close, id);
  if (id >= partitions_.size()) return nullptr;
  const auto found = partitions_[id]->streams.find(key.substr(close + 2));
  return found == partitions_[id]->streams.end() ? nullptr : found->second.get();
}

std::size_t Shard::Impl::on_entries(const Reply& reply, Now now) {
  std::size_t count = 0;
  for (const Reply& of_stream : reply.array()) {
    if (of_stream.size < 2) continue;
    Stream* const s = stream_of_key(of_stream.elements[0].text);
    if (s == nullptr || !may_read(*partitions_[s->partition])) continue;
    s->looking = false;
    for (const Reply& entry : of_stream.elements[1].array()) {
      if (entry.size < 2) continue;
      const auto id = StreamId::parse(entry.elements[0].text);
      if (!id || *id <= s->read_to) continue;
      if (!s->recovered.empty() && s->recovered.begin()->first < *id)
        give_up_missing(*s, id->previous(), now);
      if (s->careful > 0 && *id > s->recovered_to && !may_take(*s, *id, now.mono)) break;
      s->read_to = *id;
      ++count;
      if (*id <= s->recovered_to && !s->recovered.contains(*id)) continue;  // settled before the takeover
      counters_.jobs_read += s->kind == StreamKind::jobs;
      take_entry(*s, *id, entry.elements[1], now);
    }
  }
  return count;
}

void Shard::Impl::take_entry(Stream& s, StreamId id, const Reply& fields, Now now) {
  if (s.kind != StreamKind::jobs) {
    const auto lane = lane_named(field_of(fields, "lane"));
    take_body(s, id, lane.value_or(s.lane), field_of(fields, "body"), false, field_of(fields, "meta"), now);
    return;
  }
  const std::string_view body = field_of(fields, "body");
  const std::string_view envelope = body.empty() ? field_of(fields, "data") : std::string_view{};
  const std::string_view version = field_of(fields, "v");
  if (body.empty() && envelope.empty()) {
    Arrived arrived;
    arrived.refusal =
        Refusal{"missing_field", "the entry has neither a field 'body' nor a field 'data'", {}, {}};
    arrived.partition = s.partition;
    arrived.fence = partitions_[s.partition]->fence_at_own;
    arrived.suffix = s.suffix;
    arrived.id = id;
    arrived_.push_back(std::move(arrived));
    return;
  }
  if (envelope.empty() && !version.empty() && version != "1") {
    Arrived arrived;
    arrived.refusal = Refusal{"unknown_version", "field 'v' is not 1", {}, {}};
    arrived.partition = s.partition;
    arrived.fence = partitions_[s.partition]->fence_at_own;
    arrived.suffix = s.suffix;
    arrived.id = id;
    arrived.body = body.substr(0, keys::kDeadBodyMax);
    arrived_.push_back(std::move(arrived));
    return;
  }
  take_body(s, id, s.lane, envelope.empty() ? body : envelope, !envelope.empty(), std::nullopt, now);
}

void Shard::Impl::take_body(Stream& s, StreamId id, Lane lane, std::string_view body, bool is_envelope,
                            std::optional<std::string_view> meta, Now now) {
  if (condemned(s, id)) {
    condemn(s, id, lane, body, is_envelope, meta, now);
    return;
  }
  const Holding in_hand(hand_, s.partition, s.suffix, id, Stage::read);
  auto job = parser_.parse(body, lane, is_envelope);
  std::optional<Moved> moved;
  if (job && meta) {
    moved = Moved::unpack(*meta);
    if (!moved || moved->indexes.size() != (*job)->rows.size()) {
      job = std::unexpected(Refusal{"malformed_move", "a moved entry does not list its messages", {}, {}});
    }
  }
  if (!job && (s.kind != StreamKind::jobs || s.recovered.contains(id))) {
    condemn_messages(s, id, lane, body, meta, job.error(), now);
    return;
  }
  Arrived arrived;
  arrived.partition = s.partition;
  arrived.fence = partitions_[s.partition]->fence_at_own;
  arrived.suffix = s.suffix;
  arrived.id = id;
  if (!job) {
    arrived.refusal = std::move(job.error());
    arrived.body = body.substr(0, keys::kDeadBodyMax);
  } else {
    auto entry = std::make_unique<Entry>();
    entry->stream = &s;
    entry->id = id;
    entry->lane = lane;
    entry->job = std::move(*job);
    if (moved) {
      for (std::size_t row = 0; row < moved->indexes.size(); ++row)
        entry->job->rows[row].index = moved->indexes[row];
      entry->job->moved = std::move(moved);
    }
    entry->unsettled = static_cast<std::uint32_t>(entry->job->rows.size());
    if (suspect(s, id)) may_have_been_sent(*entry);
    const auto recovered = s.recovered.find(id);
    if (recovered != s.recovered.end()) {
      if (recovered->second.hash == entry->job->hash) {
        // Accepted by a former owner: only what it left open is ours, and what it was about to write is in
        // doubt.
        for (Row& row : entry->job->rows) {
          const auto open = recovered->second.unsettled.find(row.index);
          if (open == recovered->second.unsettled.end()) {
            row.state = RowState::settled;
            --entry->unsettled;
          } else if (open->second) {
            entry->open_intents[row.index] = std::move(*open->second);
          }
        }
        s.recovered.erase(recovered);
        if (entry->unsettled > 0) open_entry(std::move(entry), now);
        return;
      }
      notice(Notice::Level::error,
             "stream " + s.key + ": entry " + id.text() + " is not the job that was read before");
      give_up(s, id, now);
    }
    if (s.kind != StreamKind::jobs) {
      accept(std::move(entry), now);
      return;
    }
    arrived.entry = std::move(entry);
  }
  arrived_.push_back(std::move(arrived));
}

/// Looks up the producer keys of what was just read, then accepts it. `reading` stays set until then: the
/// next read of these streams must not overtake.
void Shard::Impl::admit_arrived(bool& reading, Now now) {
  const bool look_up = config_.idempotency > Duration::zero();
  Commands commands;
  for (const Arrived& arrived : arrived_) {
    if (!arrived.entry || !look_up) continue;
    ask_seen(commands, arrived.partition, arrived.entry->job->hash, now);
  }
  if (commands.empty()) {
    for (Arrived& arrived : arrived_) admit(arrived, nullptr, nullptr, now);
    arrived_.clear();
    reading = false;
    return;
  }
  auto batch = std::make_shared<std::vector<Arrived>>(std::move(arrived_));
  arrived_.clear();
  ask(std::move(commands), [this, batch, &reading](std::span<const Reply> replies, Now at) {
    std::size_t next = 0;
    for (Arrived& arrived : *batch) {
      const bool asked = arrived.entry != nullptr;
      admit(arrived, asked ? &replies[next] : nullptr, asked ? &replies[next + 1] : nullptr, at);
      if (asked) next += 2;
    }
    reading = false;
  });
}

void Shard::Impl::admit(Arrived& arrived, const Reply* current, const Reply* previous, Now now) {
  Partition& partition = *partitions_[arrived.partition];
  if (partition.state != Partition::State::owned && partition.state != Partition::State::resyncing) return;
  if (partition.fence_at_own != arrived.fence || partition.leaving) return;  // read anew by its next owner
  const auto found = partition.streams.find(arrived.suffix);
  if (found == partition.streams.end()) return;
  Stream& s = *found->second;
  if (arrived.entry && !partition.suspects.empty())
    drop_suspects(partition, partition.suspects.forget_taken(s.suffix, arrived.id));
  if (announcing_ == &s && s.announced == StreamId{}) partition.batch.on_commit.decided = true;
  if (!arrived.entry) {
    refuse(s, arrived.id, *arrived.refusal, arrived.body, now);
    return;
  }
  if (current != nullptr) {
    const std::uint64_t hash = arrived.entry->job->hash;
    const std::uint64_t key = hash ^ (std::uint64_t{arrived.partition} << 48);
    const std::string name = entry_name(s.lane, arrived.id);
    std::string_view before = current->text.empty() ? previous->text : current->text;
    bool forgotten = false;
    if (!is_kept(before)) {
      const bool marked = !before.empty();
      if (marked) before.remove_suffix(1);
      const auto recent = recently_seen_.find(key);
      const bool ours = recent != recently_seen_.end();
      if (ours) before = recent->second.entry;
      forgotten = !before.empty() && before != name &&
                  (ours ? job_forgotten(partition, recent->second, marked) : marked);
    }
    if (forgotten) {
      may_have_been_sent(*arrived.entry);
    } else if (!before.empty() && before != name && !broken(Variant::producer_key_ignored)) {
      ++counters_.jobs_duplicate;
      drop_suspects(partition, partition.suspects.forget(s.suffix, arrived.id));
      s.cursor = arrived.id;
      partition.batch.journal.cursor(s.suffix, arrived.id);
      return;
    }
    remember_seen(partition, hash, name, now);
  } else {
    note_taken(s, arrived.id, arrived.entry->job->hash);
  }
  accept(std::move(arrived.entry), now);
}

void Shard::Impl::refuse(Stream& s, StreamId id, const Refusal& refusal, std::string_view body, Now now) {
  Partition& partition = *partitions_[s.partition];
  dead_letter(s, id, refusal, body);
  tell_taken(s, id, body_hash(body));
  if (!refusal.tenant.empty() && !refusal.id_json.empty()) {
    write_refused_job(line_, refusal.id_json, refusal.reason, refusal.detail, now.wall);
    partition.batch.outcome(refusal.tenant, line_);
  }
  if (s.kind != StreamKind::retry) {
    s.cursor = std::max(s.cursor, id);
    partition.batch.journal.cursor(s.suffix, id);
  }
}

void Shard::Impl::accept(std::unique_ptr<Entry> entry, Now now) {
  Stream& s = *entry->stream;
  Partition& partition = of(*entry);
  const auto count = static_cast<std::uint32_t>(entry->job->rows.size());
  partition.batch.journal.accept(
      s.suffix, entry->id, entry->job->hash, count,
      entry->job->moved ? entry->job->moved->indexes : std::vector<std::uint32_t>{});
  partition.batch.settles_only = false;
  if (s.kind != StreamKind::retry) s.cursor = std::max(s.cursor, entry->id);
  if (s.kind == StreamKind::jobs) {
    partition.accepted += count;
    counters_.accepted_here += count;
    partition.batch.count("accepted", count);
    double& average = rows_per_entry_[static_cast<std::size_t>(entry->lane)];
    average = std::max(1.0, average + (static_cast<double>(count) - average) * 0.02);
  } else {
    s.waiting -= count;
    partition.batch.count("w:" + s.suffix, -static_cast<std::int64_t>(count));
  }
  open_entry(std::move(entry), now);
}

void Shard::Impl::open_entry(std::unique_ptr<Entry> entry, Now now) {
  (entry->lane == Lane::otp ? open_messages_otp_ : open_messages_) += entry->unsettled;
  open_bytes_ += entry->job->body_size;
  Entry& opened = *entry;
  opened.stream->open.emplace(opened.id, std::move(entry));
  plan(opened, now);
}

}  // namespace anchal::core
