#include "engine/app/shard_host.h"

#include <pthread.h>

#include <exception>
#include <optional>
#include <random>
#include <unordered_map>

#include <fmt/format.h>

#include "engine/app/policy_categories.h"
#include "engine/app/publish.h"
#include "engine/net/clock.h"
#include "engine/net/hooks.h"
#include "engine/net/stream.h"
#include "engine/net/timer.h"
#include "engine/redis/redis_error.h"
#include "engine/redis/store.h"
#include "metrics/registry.h"

namespace anchal::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPublishEvery = 250ms;
constexpr Duration kKnowledgeEvery = 1s;
// How long the kernel may take to send what was written under the old policy, before its binds are reset.
constexpr Duration kSettleWithin = 150ms;
constexpr Duration kSettleLook = 1ms;
constexpr Duration kOrderlyClose = 2s;

core::Now read_clocks() {
  return {net::monotonic_now(), net::wall_now()};
}

metrics::StoreError store_error_of(const core::StoreAnswer& answer) {
  using metrics::StoreError;
  switch (answer.outcome) {
    case core::StoreOutcome::unknown:
      return StoreError::link_lost;
    case core::StoreOutcome::full:
      return StoreError::out_of_memory;
    case core::StoreOutcome::fenced:
      return StoreError::fenced_off;
    default:
      break;
  }
  using redis::RedisErrorKind;
  switch (redis::classify_error(answer.error).kind) {
    case RedisErrorKind::read_only:
      return StoreError::read_only;
    case RedisErrorKind::loading:
      return StoreError::loading;
    case RedisErrorKind::replicas_missing:
      return StoreError::no_replicas;
    case RedisErrorKind::persistence_failing:
      return StoreError::misconfigured;
    case RedisErrorKind::script_missing:
      return StoreError::no_script;
    case RedisErrorKind::busy:
      return StoreError::busy_script;
    case RedisErrorKind::moved:
    case RedisErrorKind::ask:
      return StoreError::redirected;
    case RedisErrorKind::cluster_down:
      return StoreError::cluster_down;
    case RedisErrorKind::not_authenticated:
    case RedisErrorKind::no_permission:
      return StoreError::not_allowed;
    case RedisErrorKind::wrong_type:
      return StoreError::wrong_type;
    case RedisErrorKind::full:
      return StoreError::out_of_memory;
    default:
      return StoreError::other;
  }
}

}  // namespace

/// Everything that lives on the shard's loop, in the order it must go.
class ShardHost::Driver final : public core::BindPort, public core::StorePort {
 public:
  Driver(ShardHost& host, metrics::Shard& cells);
  ~Driver() override;

  void run() { loop_.run(); }
  net::Loop& loop() { return loop_; }

  // From the loop.
  void apply(std::shared_ptr<const PolicySnapshot> snapshot, TimePoint valid_until);
  void confirm(TimePoint valid_until);
  void tell_store(double memory_used, std::size_t replicas) {
    shard_->on_store_pressure(memory_used);
    if (store_up_) shard_->on_store_replicas(replicas);
  }
  void drain();
  void stop();

  // core::BindPort
  void connect(core::BindId bind) override;
  std::optional<std::size_t> write(core::BindId bind, std::span<const std::byte> bytes,
                                   TimePoint before) override;
  void close(core::BindId bind, bool orderly) override;
  std::size_t unsent(core::BindId bind) override;
  void pause_reading(core::BindId bind, bool paused) override;

  // core::StorePort, timed on the way
  void transact(core::Transaction&& transaction) override;
  void execute(core::Pipeline&& pipeline) override;

 private:
  struct Asked {
    TimePoint at;
    metrics::StoreOperation operation;
  };
  struct Bind {
    std::unique_ptr<net::Stream> stream;
    metrics::BindCells* cells = nullptr;  // from the first attempt to connect
    bool reset = false;                   // closed by us with RST: the stream does not tell
  };

  void make_binds();
  void tell_resets();
  void on_store_answer(const core::StoreAnswer& answer);
  void start_shard();
  void tell_store_up(core::Now now);
  bool compile(core::Now now);
  void end_turn();
  void watch_policy(core::Now now);
  void sleep_until_due(core::Now now);
  void publish(core::Now now);
  /// For events: the instant this turn's events were collected.
  core::Now turn_clocks() const { return {loop_.turn_time(), net::wall_now()}; }
  void log(LogLevel level, std::string_view text) { host_.surroundings_.log.write(level, name_, text); }

  ShardHost& host_;
  const AppConfig& config_;
  metrics::Shard& cells_;
  const std::string name_;
  net::Loop loop_;
  net::TurnHook turn_hook_;
  net::Timer timer_;
  net::Deferred resets_later_;
  std::optional<redis::Store> store_;
  std::optional<core::Shard> shard_;
  std::vector<Bind> binds_;
  std::unordered_map<core::Ticket, Asked> asked_;
  std::optional<Publisher> publisher_;

  bool store_up_ = false;
  std::string told_down_;  // why the store is not there, as the log has it
  bool started_ = false;
  bool draining_ = false;
  std::shared_ptr<const PolicySnapshot> snapshot_;
  bool snapshot_in_force_ = false;
  TimePoint valid_until_{};
  std::optional<WallTime> recompile_at_;
  bool settling_ = false;
  TimePoint settle_deadline_{};
  TimePoint publish_due_{};
  TimePoint knowledge_due_{};
  core::KnowledgeMap known_;
  TimePoint armed_for_ = TimePoint::max();
};

ShardHost::Driver::Driver(ShardHost& host, metrics::Shard& cells)
    : host_(host),
      config_(host.surroundings_.config),
      cells_(cells),
      name_(fmt::format("shard {}", host.place_.index)),
      turn_hook_(loop_, net::TurnPhase::before_sleep, [this] { end_turn(); }),
      timer_(loop_,
             [this] {
               armed_for_ = TimePoint::max();  // the turn itself is the work
             }),
      resets_later_(loop_, [this] { tell_resets(); }) {
  redis::Store::Callbacks callbacks;
  callbacks.on_up = [this](const redis::StoreUp& up) {
    store_up_ = true;
    log(LogLevel::info, fmt::format("Redis {} at {}{}", up.identity.version, store_->label(),
                                    up.other_process || up.other_history ? ", not the one we knew" : ""));
    told_down_.clear();
    if (started_) tell_store_up(turn_clocks());
  };
  callbacks.on_down = [this](const redis::DownReason& reason) {
    const bool was_up = std::exchange(store_up_, false);
    if (was_up || told_down_ != reason.text)
      log(reason.fatal ? LogLevel::error : LogLevel::warning, reason.text);
    told_down_ = reason.text;
    if (was_up && started_) shard_->on_store_down(turn_clocks());
  };
  callbacks.on_answer = [this](const core::StoreAnswer& answer) { on_store_answer(answer); };
  store_.emplace(loop_, host.surroundings_.redis, std::move(callbacks), host.place_.seed);
  shard_.emplace(config_.core, host.place_, *this, *this);
  shard_->tell_endings(host.surroundings_.in_hand->endings());
  publisher_.emplace(cells, config_.core, shard_->binds());
  make_binds();
  timer_.start(kPublishEvery);  // keeps the loop alive; end_turn() moves it
  store_->start();
}

ShardHost::Driver::~Driver() {
  store_->stop();
  shard_.reset();
  binds_.clear();
  store_.reset();
}

void ShardHost::Driver::make_binds() {
  net::StreamOptions options;
  options.user_timeout = config_.core.lease;  // the kernel must not deliver for an owner who was replaced
  options.keepalive_idle = 15s;
  for (const core::BindInfo& info : shard_->binds()) {
    Bind bind;
    bind.stream = std::make_unique<net::Stream>(loop_, options);
    const core::BindId id = info.id;
    bind.stream->set_callbacks({.on_connected = [this, id] { shard_->on_connected(id, turn_clocks()); },
                                .on_data =
                                    [this, id](std::span<const std::byte> bytes) {
                                      binds_[id].cells->bytes[metrics::Direction::in].add(bytes.size());
                                      shard_->on_bytes(id, bytes, turn_clocks());
                                    },
                                .on_writable = [this, id] { shard_->on_writable(id, turn_clocks()); },
                                .on_closed =
                                    [this, id](const net::CloseReason& reason) {
                                      binds_[id].cells->closes.add();
                                      shard_->on_closed(id, reason.text, turn_clocks());
                                    }});
    binds_.push_back(std::move(bind));
  }
}

void ShardHost::Driver::connect(core::BindId id) {
  const std::uint16_t operator_index = shard_->binds()[id].operator_index;
  const OperatorLink& link = config_.links[operator_index];
  binds_[id].cells = &publisher_->bind(id);
  binds_[id].cells->connects.add();
  binds_[id].stream->connect(link.host, link.port, host_.surroundings_.operator_tls[operator_index]);
}

std::optional<std::size_t> ShardHost::Driver::write(core::BindId id, std::span<const std::byte> bytes,
                                                    TimePoint before) {
  if (before != TimePoint::max() && net::monotonic_now() >= before) return std::nullopt;
  const std::size_t taken = binds_[id].stream->write(bytes);
  binds_[id].cells->bytes[metrics::Direction::out].add(taken);
  return taken;
}

void ShardHost::Driver::close(core::BindId id, bool orderly) {
  Bind& bind = binds_[id];
  if (orderly && bind.stream->connected()) {
    bind.stream->close_orderly(kOrderlyClose);
    return;
  }
  bind.stream->reset();
  bind.reset = true;
  resets_later_.schedule();
}

void ShardHost::Driver::tell_resets() {
  for (std::size_t id = 0; id < binds_.size(); ++id) {
    if (!std::exchange(binds_[id].reset, false)) continue;
    if (binds_[id].cells != nullptr) binds_[id].cells->closes.add();
    shard_->on_closed(static_cast<core::BindId>(id), "reset by us", turn_clocks());
  }
}

std::size_t ShardHost::Driver::unsent(core::BindId id) {
  return binds_[id].stream->unsent_bytes();
}

void ShardHost::Driver::pause_reading(core::BindId id, bool paused) {
  if (paused) {
    binds_[id].stream->pause_reading();
  } else {
    binds_[id].stream->resume_reading();
  }
}

void ShardHost::Driver::transact(core::Transaction&& transaction) {
  asked_.emplace(transaction.ticket, Asked{net::monotonic_now(), metrics::StoreOperation::transaction});
  store_->transact(std::move(transaction));
}

void ShardHost::Driver::execute(core::Pipeline&& pipeline) {
  const auto operation =
      pipeline.bulk_read ? metrics::StoreOperation::bulk_read : metrics::StoreOperation::pipeline;
  asked_.emplace(pipeline.ticket, Asked{net::monotonic_now(), operation});
  store_->execute(std::move(pipeline));
}

void ShardHost::Driver::on_store_answer(const core::StoreAnswer& answer) {
  const core::Now now = turn_clocks();
  if (const auto asked = asked_.find(answer.ticket); asked != asked_.end()) {
    cells_.cells().store_latency[asked->second.operation].observe(
        std::chrono::duration<double>(now.mono - asked->second.at).count());
    asked_.erase(asked);
  }
  if (answer.outcome != core::StoreOutcome::ok) cells_.cells().store_errors[store_error_of(answer)].add();
  shard_->on_store_answer(answer, now);
}

void ShardHost::Driver::apply(std::shared_ptr<const PolicySnapshot> snapshot, TimePoint valid_until) {
  const core::Now now = read_clocks();
  snapshot_ = std::move(snapshot);
  valid_until_ = valid_until;
  snapshot_in_force_ = compile(now);
  if (!snapshot_in_force_) return;  // the old policy stays, its lease runs out: fail closed
  for (const core::OperatorConfig& op : config_.core.operators) {
    shard_->pause_operator(op.name, snapshot_->paused_operators.contains(op.name), now);
  }
  settling_ = true;
  settle_deadline_ = now.mono + kSettleWithin;
  if (!started_) start_shard();
}

bool ShardHost::Driver::compile(core::Now now) {
  std::vector<throttle::Rule> rules;
  rules.reserve(snapshot_->rules.size());
  for (const RuleRecord& record : snapshot_->rules) rules.push_back(record.rule);
  auto table = throttle::PolicyTable::compile(std::move(rules), policy_categories(config_.core),
                                              shard_->names(), now.wall, snapshot_->epoch);
  if (!table) {
    for (const throttle::RuleError& error : table.error()) {
      log(LogLevel::error, fmt::format("policy: rule {}: {}: {}", error.id, error.field, error.message));
    }
    return false;
  }
  table->lease_valid_until = valid_until_;
  recompile_at_ = table->next_change(now.wall);
  shard_->on_policy(std::move(*table), now);
  cells_.cells().policy_rules.set(static_cast<double>(snapshot_->rules.size()));
  return true;
}

void ShardHost::Driver::confirm(TimePoint valid_until) {
  if (!snapshot_in_force_) return;
  valid_until_ = valid_until;
  shard_->confirm_policy(valid_until);
}

void ShardHost::Driver::start_shard() {
  started_ = true;
  const core::Now now = read_clocks();
  shard_->remember(host_.surroundings_.known, host_.surroundings_.installation);
  shard_->start(now);
  if (store_up_) tell_store_up(now);
}

void ShardHost::Driver::tell_store_up(core::Now now) {
  const redis::ServerIdentity& identity = store_->identity();
  shard_->on_store_up({identity.run_id, identity.replication_id}, now);
  shard_->on_store_replicas(identity.replicas_online);
}

void ShardHost::Driver::drain() {
  if (std::exchange(draining_, true)) return;
  if (started_) {
    shard_->drain(read_clocks());
  } else {
    loop_.stop();
  }
}

void ShardHost::Driver::stop() {
  loop_.stop();
}

void ShardHost::Driver::end_turn() {
  const TimePoint began = loop_.turn_time();  // read here at the latest: a turn does not end before it begins
  const core::Now now = read_clocks();
  host_.last_turn_.store(now.mono.time_since_epoch().count(), std::memory_order_relaxed);
  if (!started_) {
    timer_.start(kPublishEvery);
    return;
  }
  watch_policy(now);
  shard_->turn(now);
  shard_->written(net::monotonic_now());
  for (const core::Shard::Notice& notice : shard_->take_notices()) {
    using Level = core::Shard::Notice::Level;
    log(notice.level == Level::error     ? LogLevel::error
        : notice.level == Level::warning ? LogLevel::warning
                                         : LogLevel::info,
        notice.text);
  }
  const bool last = draining_ && shard_->drained();
  if (now.mono >= publish_due_ || last) publish(now);
  cells_.loop().turn.observe(std::chrono::duration<double>(net::monotonic_now() - began).count());
  if (last) {
    loop_.stop();
    return;
  }
  sleep_until_due(now);
}

void ShardHost::Driver::watch_policy(core::Now now) {
  if (recompile_at_ && now.wall >= *recompile_at_) {
    snapshot_in_force_ = compile(now);
    settling_ = true;
    settle_deadline_ = now.mono + kSettleWithin;
  }
  if (settling_ && snapshot_in_force_ && shard_->policy_settled(settle_deadline_, now)) {
    settling_ = false;
    if (host_.settled_epoch_.exchange(snapshot_->epoch, std::memory_order_acq_rel) != snapshot_->epoch) {
      host_.surroundings_.on_settled();
    }
  }
}

void ShardHost::Driver::sleep_until_due(core::Now now) {
  TimePoint due = std::min(shard_->next_deadline(), publish_due_);
  if (settling_) due = std::min(due, now.mono + kSettleLook);
  if (recompile_at_) {
    // The wall clock may be set meanwhile: look once a second.
    due = std::min(due, now.mono + std::clamp<Duration>(*recompile_at_ - now.wall, 1ms, 1s));
  }
  if (due <= now.mono) {
    loop_.ask_for_another_turn();
  } else if (due != armed_for_) {
    armed_for_ = due;
    timer_.start_at(due);
  }
}

void ShardHost::Driver::publish(core::Now now) {
  publish_due_ = now.mono + kPublishEvery;
  if (now.mono >= knowledge_due_ || draining_) {
    knowledge_due_ = now.mono + kKnowledgeEvery;
    known_ = shard_->knowledge();
  }
  auto status = std::make_shared<ShardStatus>();
  status->counters = shard_->counters(now);
  status->store_up = store_up_;
  host_.endings_told_.store(shard_->endings_told(), std::memory_order_release);
  status->known = known_;
  const auto infos = shard_->binds();
  for (std::size_t i = 0; i < infos.size() && i < status->counters.binds.size(); ++i) {
    const core::BindCounters& bind = status->counters.binds[i];
    status->binds.push_back(
        {infos[i].label, infos[i].operator_index, bind.up, bind.dormant, bind.window_used, bind.window});
  }
  publisher_->publish(status->counters);
  publisher_->publish(store_->statistics(), store_up_, host_.memory_used_.load(std::memory_order_relaxed));
  metrics::ShardCells& cells = cells_.cells();
  cells.policy_epoch.set(static_cast<double>(host_.settled_epoch()));
  cells.policy_confirmed.set(now.mono < valid_until_ ? 1 : 0);
  const std::lock_guard lock(host_.status_mutex_);
  host_.status_ = std::move(status);
}

ShardHost::ShardHost(const ShardSurroundings& surroundings, core::ShardPlace place, metrics::Shard& cells)
    : surroundings_(surroundings), place_(place), driver_(std::make_unique<Driver>(*this, cells)) {}

ShardHost::~ShardHost() {
  if (!thread_.joinable()) return;
  driver_->loop().post([this] { driver_->stop(); });
  thread_.join();
}

void ShardHost::start() {
  last_turn_ = net::monotonic_now().time_since_epoch().count();
  thread_ = std::thread([this] { run(); });
}

void ShardHost::run() {
  pthread_setname_np(pthread_self(), fmt::format("shard-{}", place_.index).c_str());
  const CrashNote note(*surroundings_.in_hand, place_.index);
  try {
    driver_->run();
  } catch (const std::exception& bug) {
    surroundings_.in_hand->saw_end(place_.index, core::Death::crashed);
    surroundings_.on_bug(fmt::format("shard {}: {}", place_.index, bug.what()));
  }
  finished_.store(true, std::memory_order_release);
}

void ShardHost::apply(std::shared_ptr<const PolicySnapshot> snapshot, TimePoint valid_until) {
  driver_->loop().post([this, snapshot = std::move(snapshot), valid_until]() mutable {
    driver_->apply(std::move(snapshot), valid_until);
  });
}

void ShardHost::confirm(TimePoint valid_until) {
  driver_->loop().post([this, valid_until] { driver_->confirm(valid_until); });
}

void ShardHost::tell_store(double memory_used, std::size_t replicas) {
  memory_used_.store(memory_used, std::memory_order_relaxed);
  driver_->loop().post([this, memory_used, replicas] { driver_->tell_store(memory_used, replicas); });
}

void ShardHost::drain() {
  driver_->loop().post([this] { driver_->drain(); });
}

std::shared_ptr<const ShardStatus> ShardHost::status() const {
  const std::lock_guard lock(status_mutex_);
  return status_;
}

}  // namespace anchal::app
