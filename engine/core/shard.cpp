#include "engine/core/shard.h"

#include <algorithm>

#include "engine/core/keys.h"
#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {
constexpr std::size_t kNoticeOctetsMax = 500;
}  // namespace

Shard::Shard(const Config& config, ShardPlace place, StorePort& store, BindPort& binds)
    : impl_(std::make_unique<Impl>(config, place, store, binds)) {}
Shard::~Shard() = default;

std::span<const BindInfo> Shard::binds() const {
  return impl_->bind_infos_;
}
void Shard::remember(const KnowledgeMap& known, std::string installation) {
  impl_->remember(known, std::move(installation));
}
KnowledgeMap Shard::knowledge() const {
  return impl_->knowledge();
}
void Shard::start(Now now) {
  impl_->start(now);
}
void Shard::drain(Now now) {
  impl_->drain(now);
}
bool Shard::drained() const {
  return impl_->drained();
}
void Shard::on_store_up(const StoreHistory& history, Now now) {
  impl_->on_store_up(history, now);
}
void Shard::on_store_down(Now now) {
  impl_->on_store_down(now);
}
void Shard::on_store_answer(const StoreAnswer& answer, Now now) {
  impl_->on_store_answer(answer, now);
}
void Shard::on_store_pressure(double used) {
  impl_->on_store_pressure(used);
}
void Shard::on_store_replicas(std::size_t online) {
  impl_->on_store_replicas(online);
}
void Shard::on_connected(BindId bind, Now now) {
  impl_->on_connected(bind, now);
}
void Shard::on_bytes(BindId bind, std::span<const std::byte> bytes, Now now) {
  impl_->on_bytes(bind, bytes, now);
}
void Shard::on_writable(BindId bind, Now now) {
  impl_->on_writable(bind, now);
}
void Shard::on_closed(BindId bind, std::string_view reason, Now now) {
  impl_->on_closed(bind, reason, now);
}
void Shard::on_policy(throttle::PolicyTable table, Now now) {
  impl_->on_policy(std::move(table), now);
}
void Shard::confirm_policy(TimePoint valid_until) {
  impl_->policy_.lease_valid_until = valid_until;
}
bool Shard::policy_settled(TimePoint deadline, Now now) {
  return impl_->policy_settled(deadline, now);
}
throttle::Names& Shard::names() {
  return impl_->names_;
}
void Shard::turn(Now now) {
  impl_->turn(now);
}
void Shard::written(TimePoint at) {
  impl_->written(at);
}
TimePoint Shard::next_deadline() const {
  return impl_->next_deadline();
}
const Counters& Shard::counters(Now now) {
  return impl_->counters(now);
}
std::vector<Shard::Notice> Shard::take_notices() {
  return std::exchange(impl_->notices_, {});
}

void Shard::pause_operator(std::string_view name, bool paused, Now now) {
  for (auto& op : impl_->operators_) {
    if (op->config.name != name || op->paused == paused) continue;
    op->paused = paused;
    if (paused) op->down_since = now.mono;
  }
}

Shard::Impl::Impl(const Config& config, ShardPlace place, StorePort& store, BindPort& ports)
    : config_(config),
      place_(place),
      hand_(place.in_hand != nullptr ? *place.in_hand : nobody_reads_),
      store_(store),
      ports_(ports),
      random_(place.seed),
      parser_(config, names_),
      router_(config),
      members_(member_name(place.index), sibling_names(), config.lease) {
  for (const auto& category : config.categories) names_.categories.intern(category.name);
  for (PartitionId id = 0; id < config.partitions; ++id) {
    auto partition = std::make_unique<Partition>();
    partition->id = id;
    partitions_.push_back(std::move(partition));
  }
  make_operators();
}

void Shard::Impl::notice(Notice::Level level, std::string text) {
  if (notices_.size() >= 1000) return;
  // Some repeat what operators and Redis said: one line of a log, and no more than that.
  if (text.size() > kNoticeOctetsMax) text.resize(kNoticeOctetsMax);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  notices_.push_back({level, std::move(text)});
}

void Shard::Impl::start(Now now) {
  started_ = true;
  for (auto& op : operators_) {
    if (!broken(Variant::window_empty)) op->log.start_full(now.mono);
    op->down_since = now.mono;
  }
  update_shares(now);
}

void Shard::Impl::drain(Now now) {
  if (draining_) return;
  draining_ = true;
  Commands commands;
  commands.command("HDEL").arg(keys::kShards).arg(member_name(place_.index));
  ask(std::move(commands), [](std::span<const Reply>, Now) {}, AskKind::settles);
  for (auto& partition : partitions_) {
    if (partition->state != Partition::State::idle) hand_over(*partition, now);
  }
}

bool Shard::Impl::drained() const {
  if (!draining_) return false;
  for (const auto& partition : partitions_) {
    if (partition->state != Partition::State::idle) return false;
  }
  return std::none_of(binds_.begin(), binds_.end(),
                      [](const auto& bind) { return bind->connected || bind->connecting; });
}

void Shard::Impl::turn(Now now) {
  if (!started_) return;
  last_turn_ = now.mono;
  watch_clock(now);
  tick_sessions(now);
  rule_begins(now);
  watch_policy_lease(now);
  due_delays(now);
  due_doubts(now);
  due_orphans(now);
  share_partitions(now);
  watch_leases(now);
  if (now.mono >= second_due_) {
    second_due_ = now.mono + 500ms;
    detach_old(now);
    spill_queues(now);
    sweep(now);
    hear_searches(now);
  }
  for (auto& partition : partitions_) {
    if (partition->state == Partition::State::owned) read_inbox(*partition, now);
  }
  if (!draining_) {
    connect_binds(now);
    read_streams(now);
    prepare(now);
  }
  write_ready(now);
  send_queries(now);
  look_for_strays();
  search_ids(now);
  look_up_receipts(now);
  flush_receipt_map(now);
  release_partitions(now);
  flush_partitions(now);
  for (auto& bind : binds_) flush_bind(*bind);

  if (!draining_) return;
  for (const auto& partition : partitions_) {
    if (partition->state != Partition::State::idle) return;
  }
  for (auto& bind : binds_) {
    if (!bind->connected || bind->closing || bind->unbinding) continue;
    bind->unbinding = true;
    bind->session->unbind(now.mono, events_);
    handle_events(*bind, now);
    flush_bind(*bind);
  }
}

void Shard::Impl::written(TimePoint at) {
  for (auto& op : operators_) op->log.left_at(last_turn_, at);
}

TimePoint Shard::Impl::next_deadline() const {
  if (!started_) return TimePoint::max();
  TimePoint next = std::min({second_due_, rest_due_, rule_due_});
  if (!policy_lease_over_) next = std::min(next, policy_.lease_valid_until);
  const auto earlier = [&next](TimePoint at) { next = std::min(next, at); };
  for (const auto& bind : binds_) {
    if (bind->session) earlier(bind->session->next_deadline());
    if (!bind->connected && !bind->connecting && !bind->closing && !bind->dormant && !draining_)
      earlier(bind->connect_due);
    if (bind->pause.until() > last_turn_) earlier(bind->pause.until());
  }
  for (const auto& op : operators_) {
    if (!op->ready.empty() || !op->ready_otp.empty()) earlier(op->rate_due);
    if (!op->delayed.empty()) earlier(op->next_delay);
    if (!queries_.empty() && op->query_due > last_turn_) earlier(op->query_due);
  }
  if (!store_up_) return next;  // the rest waits for the store
  if (!draining_ && !beating_) earlier(beat_due_);
  bool reading = false;
  for (const auto& partition : partitions_) {
    reading |= may_read(*partition);
    if (partition->state == Partition::State::idle && !draining_)
      earlier(awaiting_endings(last_turn_) ? endings_due_ : partition->look_due);
    // While a partition resyncs, only the store's answer moves it on.
    if (partition->state != Partition::State::owned && partition->state != Partition::State::releasing)
      continue;
    if (partition->outstanding) {
      if (!partition->outstanding->in_store) earlier(partition->retry_due);
    } else if (partition->state == Partition::State::owned) {
      earlier(std::min({partition->heartbeat_due, partition->trim_due, partition->snapshot_due}));
    }
  }
  if (!draining_ && reading) {
    if (!reading_otp_) earlier(read_otp_due_);
    if (!reading_jobs_) earlier(read_jobs_due_);
    if (!reading_waiting_) earlier(read_waiting_due_);
  }
  if (!orphans_.empty()) earlier(orphans_due_);
  if (!postponed_.empty()) earlier(postponed_due_);
  for (const Question& question : unasked_) earlier(question.due);
  return next;
}

void Shard::Impl::on_policy(throttle::PolicyTable table, Now now) {
  policy_ = std::move(table);
  look_ahead(now);
  rule_begins(now);
  for (auto& bind : binds_) bind->settling = bind->wrote_submits;
}

/// When the next rule begins or ends by this clock.
void Shard::Impl::look_ahead(Now now) {
  policy_change_ = policy_.next_change(now.wall).value_or(WallTime::max());
  rule_settling_ = false;
}

/// A rule that begins by the clock is effective at that instant: nothing written before may still lie in the
/// kernel then.
void Shard::Impl::rule_begins(Now now) {
  const auto left =
      policy_change_ == WallTime::max() ? std::chrono::milliseconds::max() : policy_change_ - now.wall;
  if (left <= std::chrono::milliseconds::zero()) {
    look_ahead(now);
    rule_due_ = now.mono;
  } else if (left > before_rule()) {
    rule_due_ =
        left == std::chrono::milliseconds::max() ? TimePoint::max() : now.mono + (left - before_rule());
  } else {
    if (!std::exchange(rule_settling_, true) && !broken(Variant::clock_rule_unsettled)) {
      for (auto& bind : binds_) bind->settling = bind->wrote_submits;
    }
    const bool last_chance = left <= kResetBeforeRule;
    policy_settled(last_chance ? now.mono : TimePoint::max(), now);
    rule_due_ = now.mono + (last_chance ? left : left - kResetBeforeRule);
  }
  rule_begins_at_ =
      policy_change_ == WallTime::max() ? TimePoint::max() : now.mono + (policy_change_ - now.wall);
}

/// The policy can be confirmed no longer: whoever changes it waits for no longer either, so that nothing that
/// it allowed may still lie in the kernel.
void Shard::Impl::watch_policy_lease(Now now) {
  if (now.mono < policy_.lease_valid_until) {
    policy_lease_over_ = false;
  } else if (!std::exchange(policy_lease_over_, true)) {
    for (auto& bind : binds_) bind->settling = bind->wrote_submits;
    policy_settled(now.mono, now);
  }
}

bool Shard::Impl::policy_settled(TimePoint deadline, Now now) {
  bool settled = true;
  for (auto& bind : binds_) {
    if (!bind->settling) continue;
    const bool remainder = bind->session && !bind->session->out().empty();
    if (!bind->connected ||
        (!remainder && (broken(Variant::acknowledged_unsent) || ports_.unsent(bind->id) == 0))) {
      bind->settling = bind->wrote_submits = false;
      continue;
    }
    if (now.mono < deadline) {
      settled = false;
      continue;
    }
    notice(Notice::Level::warning, "bind " + bind_infos_[bind->id].label +
                                       " reset: it had not sent what was written before the policy changed");
    close_bind(*bind, false);
    bind->settling = bind->wrote_submits = false;
  }
  return settled;
}

const Counters& Shard::Impl::counters(Now now) {
  Counters& c = counters_;
  c.accepted = 0;
  c.finals = {};
  c.waiting = {};
  c.partitions_owned = 0;
  c.open_entries = 0;
  const auto place = [&c](Place at) -> std::uint64_t& { return c.waiting[static_cast<std::size_t>(at)]; };
  for (const auto& partition : partitions_) {
    if (partition->state != Partition::State::owned && partition->state != Partition::State::resyncing &&
        partition->state != Partition::State::releasing) {
      continue;
    }
    // What a takeover read may be stale until its first transaction has shown that the fence is still ours.
    if (partition->lease_until == TimePoint::min()) continue;
    ++c.partitions_owned;
    c.accepted += static_cast<std::uint64_t>(partition->accepted);
    for (std::size_t state = 0; state < kFinals; ++state) {
      c.finals[state] += static_cast<std::uint64_t>(partition->finals[state]);
    }
    place(Place::in_doubt) += static_cast<std::uint64_t>(partition->doubt);
    place(Place::awaiting_receipt) += static_cast<std::uint64_t>(partition->awaiting);
    for (const auto& [suffix, stream] : partition->streams) {
      const Place where = stream->kind == StreamKind::jobs      ? Place::job_stream
                          : stream->kind == StreamKind::backlog ? Place::backlog
                          : stream->kind == StreamKind::hold    ? Place::hold
                                                                : Place::retry;
      place(where) += static_cast<std::uint64_t>(stream->waiting);
      for (const auto& [id, entry] : stream->recovered) place(where) += entry.unsettled.size();
      c.open_entries += static_cast<std::uint32_t>(stream->open.size());
      for (const auto& [id, entry] : stream->open) {
        for (const Row& row : entry->job->rows) place(where) += row.state != RowState::settled;
      }
    }
  }
  actives_.each([&](const Active& active) {
    if (active.entry == nullptr || !active.wrote_any) return;
    const StreamKind kind = active.entry->stream->kind;
    const Place from = kind == StreamKind::jobs      ? Place::job_stream
                       : kind == StreamKind::backlog ? Place::backlog
                       : kind == StreamKind::hold    ? Place::hold
                                                     : Place::retry;
    --place(from);
    ++place(Place::in_flight);
  });
  c.store_full = store_health_.full;
  c.store_pressed = store_health_.pressed;
  c.store_refusal = store_health_.refusal;
  c.open_messages = open_messages_ + open_messages_otp_;
  c.open_bytes = open_bytes_;
  c.operators.resize(operators_.size());
  c.binds.resize(binds_.size());
  for (auto& op : operators_) {
    OperatorCounters& o = op->counters;
    o.queued = static_cast<std::uint32_t>(op->queue.size());
    o.in_flight = 0;
    o.window = 0;
    o.binds_up = op->transmit_binds_up;
    o.paused = op->paused;
    o.backlog = 0;
    for (const auto& partition : partitions_) {
      for (const auto& [suffix, stream] : partition->streams) {
        if (stream->kind == StreamKind::backlog && stream->operator_index == op->index) {
          o.backlog += static_cast<std::uint64_t>(stream->waiting);
        }
      }
    }
    const auto limit = op->adaptive.milliparts(now.mono);
    o.rate_limit = limit == throttle::SlidingLog::kNoPace ? static_cast<double>(op->config.tps)
                                                          : static_cast<double>(limit) / 1000.0;
    for (const BindId id : op->binds) {
      const Bind& bind = *binds_[id];
      BindCounters& b = c.binds[id];
      b.up = bind.bound;
      b.dormant = bind.dormant;
      b.window = op->config.window;
      b.window_used = bind.session ? bind.session->outstanding() : 0;
      o.in_flight += b.window_used;
      o.window += bind.bound && bind.kind != smpp::BindKind::receiver ? b.window : 0;
    }
    c.operators[op->index] = o;
  }
  return c;
}

}  // namespace anchal::core
