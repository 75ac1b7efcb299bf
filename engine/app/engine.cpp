#include "engine/app/engine.h"

#include <fmt/format.h>
#include <signal.h>
#include <sodium.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/admin/server.h"
#include "engine/app/exit_codes.h"
#include "engine/app/knowledge_file.h"
#include "engine/app/systemd_notify.h"
#include "engine/app/version.h"
#include "engine/core/job/time_text.h"
#include "engine/net/clock.h"
#include "metrics/registry.h"

namespace anchal::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRedisPatience = 10s;
constexpr Duration kLook = 50ms;
constexpr Duration kStalledAfter = 10s;

std::uint64_t random_bits() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

/// The next SIGTERM or SIGINT within `patience`.
bool signal_within(Duration patience) {
  const sigset_t set = ending_signals();
  const timespec timeout{static_cast<time_t>(patience / 1s), static_cast<long>((patience % 1s).count())};
  return sigtimedwait(&set, nullptr, &timeout) > 0;
}

redis::RedisSettings store_settings(const AppConfig& config, std::shared_ptr<const net::TlsContext> tls) {
  redis::RedisSettings settings;
  settings.url = *redis::RedisUrl::parse(config.redis.url);  // the configuration was checked
  settings.username = config.redis.username;
  settings.password = config.redis.password;
  settings.sentinel_username = config.redis.sentinel_username;
  settings.sentinel_password = config.redis.sentinel_password;
  settings.tls = std::move(tls);
  settings.client_name = "anchal-" + config.core.engine_id;
  return settings;
}

}  // namespace

/// What lives while it serves, in the order of dependence: the last is ended first.
struct Engine::Parts {
  Parts(const AppConfig& config, Log& log)
      : metrics(build_info()), surroundings{config, log, {}, {}, {}, {}, {}, nullptr} {}

  std::unique_ptr<InHandFile> in_hand;
  bool endings_told = false;
  std::unique_ptr<StallWatch> stalls;
  metrics::Registry metrics;
  ShardSurroundings surroundings;
  std::vector<std::unique_ptr<ShardHost>> hosts;
  std::unique_ptr<KnowledgeFile> knowledge;
  std::unique_ptr<PolicyService> policy;
  admin::Tokens tokens = admin::Tokens::open();
  std::unique_ptr<admin::Router> router;
  std::unique_ptr<Api> api;
  std::unique_ptr<admin::Server> server;
  SystemdNotify systemd;
};

Engine::Engine(AppConfig config)
    : config_(std::move(config)), log_(config_.log, config_.core.engine_id), started_at_(net::wall_now()) {
  config_.core.incarnation = fmt::format("{}.{:016x}", config_.core.engine_id, random_bits());
}

Engine::~Engine() = default;

int Engine::run() {
  if (sodium_init() < 0) return serve_exit::bug;
  struct sigaction ignored{};
  ignored.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignored, nullptr);
  log_.write(LogLevel::info, "engine",
             fmt::format("anchal {} as {}, {} shards", kVersion, config_.core.engine_id, config_.shards));
  auto files = load_files(config_);
  if (!files) {
    for (const std::string& error : files.error()) log_.write(LogLevel::error, "engine", error);
    return serve_exit::configuration;
  }
  if (const auto code = check_surroundings()) return *code;
  if (const auto code = start(std::move(*files))) return *code;
  return serve();
}

/// Redis may be starting beside us: it gets a while.
std::optional<int> Engine::check_surroundings() {
  ControlStore store(config_.redis, 2s);
  const TimePoint deadline = net::monotonic_now() + kRedisPatience;
  std::vector<std::string> told;
  for (;;) {
    const RedisCheck check = check_redis(store, config_);
    if (check.usable) {
      for (const std::string& warning : check.warnings) log_.write(LogLevel::warning, "engine", warning);
      return std::nullopt;
    }
    if (check.faults != told) {
      for (const std::string& fault : check.faults) {
        log_.write(LogLevel::warning, "engine", "waiting for Redis: " + fault);
      }
      told = check.faults;
    }
    if (net::monotonic_now() >= deadline) {
      for (const std::string& fault : check.faults) log_.write(LogLevel::error, "engine", fault);
      return serve_exit::unavailable;
    }
    if (signal_within(200ms)) return serve_exit::clean;
  }
}

std::optional<int> Engine::start(LoadedFiles files) {
  parts_ = std::make_unique<Parts>(config_, log_);
  Parts& parts = *parts_;
  parts.tokens = std::move(files.tokens);
  parts.surroundings.known = remember();
  if (parts.knowledge) parts.surroundings.installation = parts.knowledge->installation();
  parts.surroundings.redis = store_settings(config_, files.redis_tls);
  parts.surroundings.operator_tls = std::move(files.operator_tls);
  parts.surroundings.on_bug = [this](std::string text) { bug(std::move(text)); };
  PolicyTargets& targets = *this;
  parts.policy =
      std::make_unique<PolicyService>(config_, targets, [this](bool is_error, const std::string& text) {
        log_.write(is_error ? LogLevel::error : LogLevel::info, "policy", text);
      });
  parts.surroundings.on_settled = [policy = parts.policy.get()] { policy->nudge(); };
  const auto count = static_cast<std::uint16_t>(config_.shards);
  open_in_hand();
  for (std::uint16_t index = 0; index < count; ++index) {
    parts.hosts.push_back(std::make_unique<ShardHost>(
        parts.surroundings,
        core::ShardPlace{index, count, random_bits(), &parts.in_hand->of(index), !parts.in_hand->mapped()},
        parts.metrics.shard(index)));
  }
  parts.router = std::make_unique<admin::Router>(parts.tokens);
  const EngineView& view = *this;
  parts.api = std::make_unique<Api>(config_, view, *parts.policy, parts.metrics);
  parts.api->add_routes(*parts.router);

  admin::ServerOptions options;
  options.host = config_.admin.host;
  options.port = config_.admin.port;
  options.connections_max = config_.admin.connections_max;
  options.event = [api = parts.api.get()] { return api->status_json(); };
  auto server = admin::Server::start(std::move(options), *parts.router, parts.metrics.admin());
  if (!server) {
    log_.write(LogLevel::error, "admin", "cannot listen on " + server.error());
    return serve_exit::unavailable;
  }
  parts.server = std::move(*server);
  log_.write(LogLevel::info, "admin",
             fmt::format("listening on http://{}:{}{}", config_.admin.host, parts.server->port(),
                         parts.tokens.is_open() ? ", without tokens" : ""));
  for (const auto& host : parts.hosts) host->start();
  parts.policy->start();
  if (parts.knowledge) parts.knowledge->keep([this] { return knowledge(); });
  return std::nullopt;
}

/// The file of what is in hand, and what earlier processes left in theirs.
void Engine::open_in_hand() {
  std::string directory = in_hand_directory(config_);
  auto file = InHandFile::open(directory, config_.core.incarnation, config_.shards);
  if (!file) {  // no reason to send nothing
    log_.write(LogLevel::warning, "engine", "RUNTIME_DIRECTORY or engine.state_dir: " + file.error());
    directory.clear();
    file = InHandFile::open(directory, config_.core.incarnation, config_.shards);
  }
  parts_->in_hand = std::move(*file);
  parts_->surroundings.in_hand = parts_->in_hand.get();
  parts_->stalls = std::make_unique<StallWatch>(config_.shards, config_.stall);
  if (directory.empty()) {
    log_.write(LogLevel::info, "engine",
               "no state directory: after a crash it is not known which entry was in hand");
  } else if (!parts_->in_hand->mapped()) {
    log_.write(LogLevel::info, "engine",
               directory + " is not in memory: an end without a word (kill -9) leaves no entry in hand");
  }
}

/// Between other things: are predecessors' ends known to Redis, and does a loop still get on?
void Engine::watch_hands() {
  Parts& parts = *parts_;
  if (!parts.endings_told &&
      std::ranges::all_of(parts.hosts, [](const auto& host) { return host->endings_told(); })) {
    parts.endings_told = true;
    parts.in_hand->endings_told();
  }
  for (unsigned shard = 0; shard < config_.shards; ++shard) {
    const core::InHand& hand = parts.in_hand->of(shard);
    if (!parts.stalls->look(shard, hand, net::monotonic_now())) continue;
    parts.in_hand->saw_end(shard, core::Death::stalled);
    log_.write(LogLevel::error, "engine",
               fmt::format("bug: shard {} has had entry {} of partition {}, {}, in hand for {} s: ending",
                           shard, hand.id.text(), hand.partition, hand.stream.data(), config_.stall / 1s));
    // The loop cannot be joined, and what it holds is not to be trusted.
    std::_Exit(serve_exit::bug);
  }
}

/// What an earlier life of this engine knew of the data that Redis holds.
core::KnowledgeMap Engine::remember() {
  const std::string directory = state_directory(config_);
  if (directory.empty()) {
    log_.write(LogLevel::info, "engine",
               "engine.state_dir is not set: after a restart we cannot tell that Redis is older than it was");
    return {};
  }
  parts_->knowledge = std::make_unique<KnowledgeFile>(
      directory, config_.core.engine_id, [this](bool is_error, const std::string& text) {
        log_.write(is_error ? LogLevel::warning : LogLevel::info, "engine", text);
      });
  ControlStore store(config_.redis, 2s);
  return parts_->knowledge->load(store);
}

int Engine::serve() {
  bool ready = false;
  TimePoint alive_due{};
  while (!signal_within(kLook)) {
    {
      const std::lock_guard lock(bug_mutex_);
      if (!bug_.empty()) {
        log_.write(LogLevel::error, "engine", "bug: " + bug_);
        return serve_exit::bug;
      }
    }
    watch_hands();
    if (!ready && starting().empty()) {
      ready = true;
      parts_->systemd.ready();
      log_.write(LogLevel::info, "engine", "ready");
    }
    if (net::monotonic_now() >= alive_due) {
      alive_due = net::monotonic_now() + 1s;
      if (stalled().empty()) parts_->systemd.alive();
    }
  }
  return drain();
}

int Engine::drain() {
  log_.write(LogLevel::info, "engine", "draining: windows are emptied, the rest is handed back");
  draining_ = true;
  parts_->systemd.stopping();
  for (const auto& host : parts_->hosts) host->drain();
  const TimePoint deadline = net::monotonic_now() + config_.core.drain_deadline;
  while (!all_finished()) {
    watch_hands();
    if (signal_within(20ms)) {
      log_.write(LogLevel::warning, "engine", "second signal: ending at once");
      return serve_exit::drain_deadline;
    }
    if (net::monotonic_now() >= deadline) {
      log_.write(LogLevel::warning, "engine",
                 "drain deadline passed: the next owner goes on from the journal");
      return serve_exit::drain_deadline;
    }
  }
  parts_->policy->stop();
  if (parts_->knowledge) parts_->knowledge->stop();
  log_.write(LogLevel::info, "engine", "drained");
  return serve_exit::clean;
}

bool Engine::all_finished() const {
  return std::ranges::all_of(parts_->hosts, [](const auto& host) { return host->finished(); });
}

void Engine::bug(std::string text) {
  const std::lock_guard lock(bug_mutex_);
  if (bug_.empty()) bug_ = std::move(text);
}

void Engine::apply(std::shared_ptr<const PolicySnapshot> snapshot, TimePoint valid_until) {
  for (const auto& host : parts_->hosts) host->apply(snapshot, valid_until);
}

void Engine::confirm(TimePoint valid_until) {
  for (const auto& host : parts_->hosts) host->confirm(valid_until);
}

void Engine::tell_store(double memory_used, std::size_t replicas) {
  for (const auto& host : parts_->hosts) host->tell_store(memory_used, replicas);
}

std::uint64_t Engine::settled_epoch() const {
  std::uint64_t least = ~std::uint64_t{0};
  for (const auto& host : parts_->hosts) least = std::min(least, host->settled_epoch());
  return least;
}

ShardStatuses Engine::shards() const {
  ShardStatuses out;
  out.reserve(parts_->hosts.size());
  for (const auto& host : parts_->hosts) out.push_back(host->status());
  return out;
}

std::string Engine::self_json() const {
  const ShardStatuses statuses = shards();
  std::string now;
  std::string started;
  core::append_rfc3339(now, net::wall_now());
  core::append_rfc3339(started, started_at_);
  std::uint32_t partitions = 0;
  for (const auto& status : statuses) {
    if (status != nullptr) partitions += status->counters.partitions_owned;
  }
  nlohmann::ordered_json out;
  out["engine"] = config_.core.engine_id;
  out["incarnation"] = config_.core.incarnation;
  out["version"] = kVersion;
  out["at"] = now;
  out["started_at"] = started;
  out["state"] = draining_ ? "draining" : starting().empty() ? "ready" : "starting";
  out["shards"] = config_.shards;
  out["partitions"] = partitions;
  out["policy_epoch"] = settled_epoch();
  out["ledger"] = ledger_json(statuses);
  out["operators"] = operators_json(config_, statuses);
  return out.dump();
}

/// Why no new work is taken.
std::string Engine::not_ready() const {
  if (draining_) return "draining\n";
  std::string out = starting();
  for (std::size_t i = 0; i < parts_->hosts.size(); ++i) {
    const auto status = parts_->hosts[i]->status();
    if (status == nullptr || !status->store_up) continue;
    const core::Counters& counters = status->counters;
    if (!counters.store_refusal.empty()) {
      out += fmt::format("shard {}: Redis refuses what we write: {}\n", i, counters.store_refusal);
    } else if (counters.store_full) {
      out += fmt::format("shard {}: Redis is full (maxmemory): nothing is read, settling goes on\n", i);
    } else if (counters.store_pressed) {
      out += fmt::format("shard {}: Redis is nearly full (maxmemory): new jobs are not read\n", i);
    }
  }
  return out;
}

core::KnowledgeMap Engine::knowledge() const {
  core::KnowledgeMap out;
  for (const auto& host : parts_->hosts) {
    const auto status = host->status();
    if (status == nullptr) continue;
    for (const auto& [id, known] : status->known) out[id].learn(known);
  }
  return out;
}

std::string Engine::starting() const {
  std::string out;
  for (std::size_t i = 0; i < parts_->hosts.size(); ++i) {
    const auto status = parts_->hosts[i]->status();
    if (status == nullptr) {
      out += fmt::format("shard {}: no policy yet\n", i);
    } else if (!status->store_up) {
      out += fmt::format("shard {}: no connection to Redis\n", i);
    }
  }
  return out;
}

std::string Engine::stalled() const {
  std::string out;
  const TimePoint now = net::monotonic_now();
  for (std::size_t i = 0; i < parts_->hosts.size(); ++i) {
    const ShardHost& host = *parts_->hosts[i];
    if (!host.finished() && now - host.last_turn() > kStalledAfter)
      out += fmt::format("shard {}: its loop does not turn\n", i);
  }
  return out;
}

}  // namespace anchal::app
