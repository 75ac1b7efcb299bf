#include "engine/app/policy_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/app/policy_keys.h"
#include "engine/core/job/time_text.h"
#include "engine/net/clock.h"
#include "engine/redis/server_identity.h"

namespace anchal::app {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// A lease is judged by another clock than it was given by: 1 % and a turn of its event loop.
constexpr Duration kLeaseMargin = 20ms;
constexpr Duration kLookAgain = 4ms;
constexpr Duration kTellFleet = 1s;

std::string key(std::string_view name) {
  return std::string(name);
}

std::uint64_t number_of(const OwnedReply& reply) {
  std::uint64_t value = 0;
  std::from_chars(reply.text.data(), reply.text.data() + reply.text.size(), value);
  return value;
}

std::string time_text(WallTime time) {
  std::string out;
  core::append_rfc3339(out, time);
  return out;
}

template <class Visit>
void each_field(const OwnedReply& hash, Visit visit) {
  for (std::size_t i = 0; i + 1 < hash.elements.size(); i += 2)
    visit(hash.elements[i].text, hash.elements[i + 1].text);
}

PolicyError store_error(const ControlError& error) {
  return {error.kind == ControlFailure::conflict ? PolicyFailure::conflict : PolicyFailure::store,
          error.text};
}

RedisCommand audit_command(const AuditEntry& entry) {
  RedisCommand command{"XADD", key(policy_keys::kAudit), "*"};
  for (const AuditField& field : audit_fields()) {
    command.emplace_back(field.name);
    command.push_back(entry.*field.value);
  }
  return command;
}

/// Completes an entry that follows the chain's head and appends it, with the new epoch, to the commands.
void append_change(std::vector<RedisCommand>& commands, AuditEntry entry, const OwnedReply& head,
                   std::uint64_t epoch) {
  entry.at = time_text(net::wall_now());
  entry.epoch = std::to_string(epoch);
  entry.previous = head.is_nil() ? std::string(kFirstPrevious) : head.text;
  entry.hash = audit_hash(entry);
  commands.push_back({"SET", key(policy_keys::kEpoch), entry.epoch});
  commands.push_back({"SET", key(policy_keys::kAuditHead), entry.hash});
  commands.push_back(audit_command(entry));
}

}  // namespace

PolicyService::PolicyService(const AppConfig& config, PolicyTargets& targets, Log log)
    : config_(config),
      targets_(targets),
      log_(std::move(log)),
      beats_(config.redis, std::max<Duration>(config.policy_lease, 250ms)),
      watches_(config.redis),
      changes_(config.redis) {}

PolicyService::~PolicyService() {
  stop();
}

void PolicyService::start() {
  beater_ = std::thread([this] { beat_until_stopped(); });
  watcher_ = std::thread([this] { watch_until_stopped(); });
}

void PolicyService::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  wake_.notify_all();
  if (beater_.joinable()) beater_.join();
  if (watcher_.joinable()) watcher_.join();
  (void)beats_.ask({"HDEL", key(policy_keys::kAcks), config_.core.engine_id});
  (void)beats_.ask({"HDEL", key(policy_keys::kEngines), config_.core.engine_id});
}

void PolicyService::nudge() {
  {
    const std::lock_guard lock(mutex_);
    nudged_ = true;
  }
  wake_.notify_all();
}

std::shared_ptr<const PolicySnapshot> PolicyService::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

/// False when the service stops.
bool PolicyService::sleep_for(Duration duration) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, duration, [this] { return nudged_ || stopping_; });
  nudged_ = false;
  return !stopping_;
}

void PolicyService::beat_until_stopped() {
  for (;;) {
    const bool confirmed = beat();
    if (confirmed != reachable_) {
      reachable_ = confirmed;
      log_(!confirmed, confirmed ? "confirmed again"
                                 : "cannot be confirmed; restricted categories stop when the lease ends");
    }
    tell_fleet();
    if (!sleep_for(config_.policy_lease / (confirmed ? 3 : 10))) return;
  }
}

void PolicyService::watch_until_stopped() {
  const auto is_stopping = [this] {
    const std::lock_guard lock(mutex_);
    return stopping_;
  };
  std::string last = "$";
  while (!is_stopping()) {
    auto entry = watches_.wait_for_entry(key(policy_keys::kAudit), last, 300ms);
    if (entry && *entry) {
      last = std::move(**entry);
      nudge();
    } else if (!entry) {
      last = "$";
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, 200ms, [this] { return stopping_; });
    }
  }
}

/// Says what we work under and asks what is current, in one step: an answer proves that no change came before
/// it, so our policy is good for one lease from the moment the question was sent.
bool PolicyService::beat() {
  const json ack{
      {"beat", ++beat_number_},
      {"epoch", targets_.settled_epoch()},
      {"lease_ms", std::chrono::duration_cast<std::chrono::milliseconds>(config_.policy_lease).count()},
      {"incarnation", config_.core.incarnation},
      {"at", time_text(net::wall_now())}};
  const TimePoint sent = net::monotonic_now();
  // On a full Redis too: what is stopped for want of a confirmation would only add to what it holds.
  const auto replies = beats_.settle({{"HSET", key(policy_keys::kAcks), config_.core.engine_id, ack.dump()},
                                      {"GET", key(policy_keys::kEpoch)}});
  if (!replies) return false;
  const std::uint64_t epoch = number_of(replies->at(1));
  const auto mine = current();
  if (mine != nullptr && epoch == mine->epoch) {
    targets_.confirm(sent + config_.policy_lease);
    return true;
  }
  if (mine != nullptr && epoch < mine->epoch) {
    log_(true, fmt::format("Redis knows epoch {}, we know {}: changes were lost and are written back", epoch,
                           mine->epoch));
    restore(*mine);
  }
  return fetch(mine == nullptr ? 0 : mine->epoch);
}

bool PolicyService::fetch(std::uint64_t known_epoch) {
  const TimePoint sent = net::monotonic_now();
  const auto replies =
      beats_.settle({{"GET", key(policy_keys::kEpoch)},  // a full Redis queues no reads either
                     {"HGETALL", key(policy_keys::kRules)},
                     {"HGETALL", key(policy_keys::kOperators)}});
  if (!replies) return false;
  auto snapshot = std::make_shared<PolicySnapshot>();
  snapshot->epoch = number_of(replies->at(0));
  if (snapshot->epoch < known_epoch) return false;
  bool whole = true;
  each_field(replies->at(1), [&](const std::string& id, const std::string& text) {
    if (auto rule = rule_from_json(text); rule && rule->rule.id == id) {
      snapshot->rules.push_back(std::move(*rule));
    } else {
      log_(true, fmt::format("rule {} cannot be read", id));
      whole = false;
    }
  });
  if (!whole) return false;  // no guess about a rule: the lease ends and restricted categories stop
  each_field(replies->at(2),
             [&](const std::string& name, const std::string&) { snapshot->paused_operators.insert(name); });
  std::ranges::sort(snapshot->rules, {}, [](const RuleRecord& record) { return record.rule.id; });
  {
    const std::lock_guard lock(mutex_);
    current_ = snapshot;
  }
  log_(false, fmt::format("epoch {}, {} rules", snapshot->epoch, snapshot->rules.size()));
  targets_.apply(snapshot, sent + config_.policy_lease);
  return true;
}

void PolicyService::restore(const PolicySnapshot& snapshot) {
  const std::vector<RedisCommand> read{{"GET", key(policy_keys::kEpoch)},
                                       {"GET", key(policy_keys::kAuditHead)}};
  const auto result = beats_.change(
      {key(policy_keys::kEpoch), key(policy_keys::kAuditHead)}, read,
      [&](const std::vector<OwnedReply>& found) -> std::optional<std::vector<RedisCommand>> {
        if (number_of(found[0]) >= snapshot.epoch) return std::nullopt;  // another engine was quicker
        std::vector<RedisCommand> commands{{"DEL", key(policy_keys::kRules), key(policy_keys::kOperators)}};
        json all = json::array();
        for (const RuleRecord& record : snapshot.rules) {
          commands.push_back({"HSET", key(policy_keys::kRules), record.rule.id, rule_json(record)});
          all.push_back(record.rule.id);
        }
        for (const std::string& name : snapshot.paused_operators) {
          commands.push_back({"HSET", key(policy_keys::kOperators), name, "{}"});
        }
        AuditEntry entry;
        entry.actor = config_.core.engine_id;
        entry.action = "policy.restore";
        entry.before = fmt::format("{{\"epoch\":{}}}", number_of(found[0]));
        entry.after = json{{"rules", all}}.dump();
        entry.reason = fmt::format("Redis had lost changes up to epoch {}", snapshot.epoch);
        append_change(commands, std::move(entry), found[1], snapshot.epoch + 1);
        return commands;
      });
  if (!result) log_(true, fmt::format("cannot be written back: {}", result.error().text));
}

void PolicyService::tell_fleet() {
  const TimePoint now = net::monotonic_now();
  if (now - told_fleet_ < kTellFleet) return;
  told_fleet_ = now;
  const auto replies =
      beats_.ask_all({{"HSET", key(policy_keys::kEngines), config_.core.engine_id, targets_.describe()},
                      {"INFO", "memory", "replication"}});
  if (!replies) return;
  if (replies->at(1).is_error()) return;  // loading, busy: nothing is known of it
  const auto redis = redis::ServerIdentity::from_info(replies->at(1).text);
  const double used = redis.maxmemory == 0
                          ? std::numeric_limits<double>::quiet_NaN()
                          : static_cast<double>(redis.used_memory) / static_cast<double>(redis.maxmemory);
  targets_.tell_store(used, redis.replicas_online);
}

PolicyResult<std::vector<RuleRecord>> PolicyService::rules() {
  auto reply = changes_.ask({"HGETALL", key(policy_keys::kRules)});
  if (!reply) return std::unexpected(store_error(reply.error()));
  std::vector<RuleRecord> out;
  each_field(*reply, [&](const std::string&, const std::string& text) {
    if (auto rule = rule_from_json(text)) out.push_back(std::move(*rule));
  });
  std::ranges::sort(out, {},
                    [](const RuleRecord& record) { return std::pair(record.created_at, record.rule.id); });
  return out;
}

PolicyResult<Certificate> PolicyService::carry_out(const Change& change, const Act& act) {
  const WallTime requested_at = net::wall_now();
  std::optional<PolicyError> refused;
  std::uint64_t epoch = 0;
  const std::vector<RedisCommand> read{{"GET", key(policy_keys::kEpoch)},
                                       {"GET", key(policy_keys::kAuditHead)},
                                       {"HGET", change.key, change.field}};
  const auto result =
      changes_.change({key(policy_keys::kEpoch), key(policy_keys::kAuditHead), change.key}, read,
                      [&](const std::vector<OwnedReply>& found) -> std::optional<std::vector<RedisCommand>> {
                        std::optional<std::string> before;
                        if (!found[2].is_nil()) before = found[2].text;
                        auto after = change.after(before);
                        if (!after) {
                          refused = std::move(after.error());
                          return std::nullopt;
                        }
                        epoch = number_of(found[0]) + 1;
                        std::vector<RedisCommand> commands;
                        commands.push_back(*after ? RedisCommand{"HSET", change.key, change.field, **after}
                                                  : RedisCommand{"HDEL", change.key, change.field});
                        AuditEntry entry;
                        entry.actor = act.actor;
                        entry.action = change.action;
                        entry.subject = change.field;
                        entry.before = before.value_or("");
                        entry.after = after->value_or("");
                        entry.reason = act.reason;
                        append_change(commands, std::move(entry), found[1], epoch);
                        return commands;
                      });
  if (!result) return std::unexpected(store_error(result.error()));
  if (refused) return std::unexpected(std::move(*refused));
  log_(false, fmt::format("{} {} by {}, epoch {}", change.action, change.field, act.actor, epoch));
  nudge();
  return await_effect(epoch, requested_at);
}

/// Whoever confirmed the old epoch did so before our transaction: one lease after it nobody works under the
/// old policy any more, whatever it does or says. Most say so much sooner.
Certificate PolicyService::await_effect(std::uint64_t epoch, WallTime requested_at) {
  struct Seen {
    std::uint64_t beat = 0;
    bool moved = false;
  };
  Certificate certificate{.epoch = epoch, .requested_at = requested_at, .effective_at = {}, .engines = {}};
  std::map<std::string, Seen> seen;
  std::set<std::string> done;
  const TimePoint start = net::monotonic_now();
  for (;;) {
    const auto acks = changes_.ask({"HGETALL", key(policy_keys::kAcks)});
    const Duration waited = net::monotonic_now() - start;
    Duration longest_lease = config_.policy_lease;
    std::set<std::string> pending;
    if (acks) {
      each_field(*acks, [&](const std::string& engine, const std::string& text) {
        if (done.contains(engine)) return;
        const json ack = json::parse(text, nullptr, false);
        if (!ack.is_object()) return;
        longest_lease =
            std::max<Duration>(longest_lease, std::chrono::milliseconds(ack.value("lease_ms", 0)));
        Seen& state = seen[engine];
        const auto beat = ack.value("beat", std::uint64_t{0});
        state.moved = state.moved || (state.beat != 0 && state.beat != beat);
        state.beat = beat;
        if (ack.value("epoch", std::uint64_t{0}) >= epoch) {
          done.insert(engine);
          certificate.engines.push_back(
              {engine, true, std::chrono::duration_cast<std::chrono::milliseconds>(waited)});
        } else {
          pending.insert(engine);
        }
      });
    }
    const bool lease_over = waited > longest_lease + longest_lease / 100 + kLeaseMargin;
    if ((acks && pending.empty()) || lease_over) {
      for (const std::string& engine : pending) {
        certificate.engines.push_back(
            {engine, false, std::chrono::duration_cast<std::chrono::milliseconds>(waited)});
        // Dead ones would cost every later change a lease; one that comes back enters itself again.
        if (!seen[engine].moved) (void)changes_.ask({"HDEL", key(policy_keys::kAcks), engine});
      }
      certificate.effective_at = net::wall_now();
      return certificate;
    }
    std::this_thread::sleep_for(kLookAgain);
  }
}

PolicyResult<Certificate> PolicyService::create(const RuleRecord& rule, const Act& act) {
  Change change{key(policy_keys::kRules), rule.rule.id, "blackout.create", nullptr};
  change.after = [&](const std::optional<std::string>& before) -> PolicyResult<std::optional<std::string>> {
    if (before) return std::unexpected(PolicyError{PolicyFailure::conflict, "there is a rule with this id"});
    return rule_json(rule);
  };
  return carry_out(change, act);
}

PolicyResult<Certificate> PolicyService::end(const std::string& id, const Act& act) {
  Change change{key(policy_keys::kRules), id, "blackout.end", nullptr};
  change.after = [](const std::optional<std::string>& before) -> PolicyResult<std::optional<std::string>> {
    if (!before) return std::unexpected(PolicyError{PolicyFailure::not_found, "there is no such rule"});
    return std::optional<std::string>();
  };
  return carry_out(change, act);
}

PolicyResult<Certificate> PolicyService::extend(const std::string& id, WallTime ends_at, const Act& act) {
  Change change{key(policy_keys::kRules), id, "blackout.extend", nullptr};
  change.after = [&](const std::optional<std::string>& before) -> PolicyResult<std::optional<std::string>> {
    auto rule = before ? rule_from_json(*before) : std::nullopt;
    if (!rule) return std::unexpected(PolicyError{PolicyFailure::not_found, "there is no such rule"});
    if (!rule->rule.ends_at) {
      return std::unexpected(
          PolicyError{PolicyFailure::conflict, "the rule has no end: it lasts until it is ended"});
    }
    if (ends_at <= *rule->rule.ends_at) {
      return std::unexpected(PolicyError{PolicyFailure::conflict,
                                         "ends_at must be later than " + time_text(*rule->rule.ends_at)});
    }
    rule->rule.ends_at = ends_at;
    return rule_json(*rule);
  };
  return carry_out(change, act);
}

PolicyResult<Certificate> PolicyService::pause(const std::string& operator_name, bool paused,
                                               const Act& act) {
  Change change{key(policy_keys::kOperators), operator_name, paused ? "operator.pause" : "operator.resume",
                nullptr};
  change.after = [&](const std::optional<std::string>& before) -> PolicyResult<std::optional<std::string>> {
    if (before.has_value() == paused) {
      return std::unexpected(PolicyError{
          PolicyFailure::conflict, paused ? "the operator is paused already" : "the operator is not paused"});
    }
    if (!paused) return std::optional<std::string>();
    return json{{"by", act.actor}, {"at", time_text(net::wall_now())}, {"reason", act.reason}}.dump(
        -1, ' ', false, json::error_handler_t::replace);
  };
  return carry_out(change, act);
}

std::string certificate_json(const Certificate& certificate) {
  nlohmann::ordered_json out;
  out["epoch"] = certificate.epoch;
  out["requested_at"] = time_text(certificate.requested_at);
  out["effective_at"] = time_text(certificate.effective_at);
  out["engines"] = nlohmann::ordered_json::array();
  for (const EngineEffect& effect : certificate.engines) {
    out["engines"].push_back({{"engine", effect.engine},
                              {"how", effect.acknowledged ? "acknowledged" : "lease ran out"},
                              {"after_ms", effect.after.count()}});
  }
  return out.dump();
}

}  // namespace anchal::app
