#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/app/api.h"
#include "engine/app/config.h"
#include "engine/app/log.h"
#include "engine/app/policy_service.h"
#include "engine/app/shard_host.h"
#include "engine/app/startup_checks.h"

namespace anchal::app {

/// `anchal serve`: shards, policy, admin listener, and the life of the process around them.
class Engine final : private PolicyTargets, private EngineView {
 public:
  explicit Engine(AppConfig config);
  ~Engine() override;

  /// Starts, serves until SIGTERM or SIGINT, drains; a second signal ends at once. SIGTERM and SIGINT must be
  /// blocked in the calling thread before any other thread is made. Returns an exit code of serve_exit.
  int run();

 private:
  struct Parts;

  std::optional<int> check_surroundings();
  std::optional<int> start(LoadedFiles files);
  core::KnowledgeMap remember();
  int serve();
  int drain();
  void open_in_hand();
  void watch_hands();
  bool all_finished() const;
  void bug(std::string text);

  // PolicyTargets
  void apply(std::shared_ptr<const PolicySnapshot> snapshot, TimePoint valid_until) override;
  void confirm(TimePoint valid_until) override;
  std::uint64_t settled_epoch() const override;
  std::string describe() override { return self_json(); }
  void tell_store(double memory_used, std::size_t replicas) override;

  // EngineView
  ShardStatuses shards() const override;
  std::string self_json() const override;
  std::string not_ready() const override;
  std::string starting() const;
  core::KnowledgeMap knowledge() const;
  std::string stalled() const override;

  AppConfig config_;
  Log log_;
  const WallTime started_at_;
  std::atomic<bool> draining_ = false;
  std::mutex bug_mutex_;
  std::string bug_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace anchal::app
