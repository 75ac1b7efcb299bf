#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/app/audit_chain.h"
#include "engine/app/config.h"
#include "engine/app/control_store.h"
#include "engine/app/rule_record.h"

namespace anchal::app {

/// The policy as one epoch has it.
struct PolicySnapshot {
  std::uint64_t epoch = 0;
  std::vector<RuleRecord> rules;
  std::set<std::string> paused_operators;
};

/// Those who enforce the policy: all shards of this engine together. Called from the service's thread.
class PolicyTargets {
 public:
  virtual ~PolicyTargets() = default;
  /// The policy from now on; restricted categories stop by themselves at `valid_until` unless confirmed.
  virtual void apply(std::shared_ptr<const PolicySnapshot> snapshot, TimePoint valid_until) = 0;
  /// The policy applied last is still the current one.
  virtual void confirm(TimePoint valid_until) = 0;
  /// The newest epoch under which every shard works and before which nothing is left unsent. Any thread.
  virtual std::uint64_t settled_epoch() const = 0;
  /// What this engine says of itself to the fleet: one JSON object.
  virtual std::string describe() = 0;
  /// How much of its maxmemory Redis uses, once a second (NaN: there is no limit), and how many replicas
  /// follow it.
  virtual void tell_store(double /*memory_used*/, std::size_t /*replicas*/) {}
};

/// How a change became effective at one engine.
struct EngineEffect {
  std::string engine;
  bool acknowledged = false;  ///< else its lease ran out: it has stopped the restricted categories by itself
  std::chrono::milliseconds after{0};
};

/// The answer to a change of the policy: from `effective_at` on it holds at every engine (law 3).
struct Certificate {
  std::uint64_t epoch = 0;
  WallTime requested_at{};
  WallTime effective_at{};
  std::vector<EngineEffect> engines;
};

enum class PolicyFailure : std::uint8_t { not_found, conflict, store };
struct PolicyError {
  PolicyFailure kind = PolicyFailure::store;
  std::string text;
};
template <class T>
using PolicyResult = std::expected<T, PolicyError>;

/// Who changes the policy and why.
struct Act {
  std::string actor;
  std::string reason;
};

/// Keeps this engine's policy current and carries out changes (design.md §6).
///
/// A thread confirms the epoch in Redis three times a lease; another waits on the audit stream, which every
/// change appends to, so that a change is known at once. That stream is the push of design.md §6: unlike
/// pub/sub it cannot be missed while a connection is re-made. What Redis cannot confirm within the lease is
/// not extended: the gate then stops the restricted categories (fail closed).
///
/// Redis that knows an older epoch than we do has lost changes (failover, backup, flush): the policy is then
/// written back from memory under a newer epoch, and the audit chain says so.
class PolicyService {
 public:
  /// All must outlive the service. `log` is called for what a person should know; from several threads.
  using Log = std::function<void(bool is_error, std::string text)>;
  PolicyService(const AppConfig& config, PolicyTargets& targets, Log log);
  ~PolicyService();

  void start();
  /// Takes this engine out of the list of those whose word is awaited. Idempotent.
  void stop();

  /// Something changed (a shard has settled): confirm now instead of at the next beat. Any thread.
  void nudge();

  /// The policy this engine works under; null before the first.
  std::shared_ptr<const PolicySnapshot> current() const;

  /// Changes, each one entry of the audit chain and one epoch; they return when EFFECTIVE everywhere.
  PolicyResult<Certificate> create(const RuleRecord& rule, const Act& act);
  PolicyResult<Certificate> end(const std::string& id, const Act& act);
  PolicyResult<Certificate> extend(const std::string& id, WallTime ends_at, const Act& act);
  PolicyResult<Certificate> pause(const std::string& operator_name, bool paused, const Act& act);

  /// Rules as Redis has them now.
  PolicyResult<std::vector<RuleRecord>> rules();

 private:
  /// What a change makes of one field of one hash.
  struct Change {
    std::string key;
    std::string field;
    std::string action;
    std::function<PolicyResult<std::optional<std::string>>(const std::optional<std::string>& before)> after;
  };
  PolicyResult<Certificate> carry_out(const Change& change, const Act& act);
  Certificate await_effect(std::uint64_t epoch, WallTime requested_at);

  void beat_until_stopped();
  void watch_until_stopped();
  bool beat();
  void tell_fleet();
  bool fetch(std::uint64_t known_epoch);
  void restore(const PolicySnapshot& snapshot);
  bool sleep_for(Duration duration);

  const AppConfig& config_;
  PolicyTargets& targets_;
  Log log_;
  ControlStore beats_;    // the beat must not stand behind a person's look-up
  ControlStore watches_;  // blocks in XREAD
  ControlStore changes_;
  std::uint64_t beat_number_ = 0;
  bool reachable_ = true;
  TimePoint told_fleet_{};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool nudged_ = false;
  bool stopping_ = false;
  std::shared_ptr<const PolicySnapshot> current_;
  std::thread beater_;
  std::thread watcher_;
};

/// One JSON object: epoch, requested_at, effective_at, engines[{engine, how, after_ms}].
std::string certificate_json(const Certificate& certificate);

}  // namespace anchal::app
