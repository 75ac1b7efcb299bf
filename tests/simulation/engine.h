#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/shard.h"
#include "tests/simulation/network.h"
#include "tests/simulation/policy_office.h"
#include "tests/simulation/trace.h"
#include "tests/support/simulated_store.h"

namespace anchal::sim {

class SimShard;

/// What the checker sees of the engines.
class EngineWatcher {
 public:
  virtual ~EngineWatcher() = default;
  virtual void on_policy_applied(const SimShard& shard, std::uint64_t epoch) = 0;
  virtual void on_policy_confirmed(const SimShard& shard, TimePoint until) = 0;
  virtual void on_shard_start(const SimShard& shard) = 0;
  virtual void on_shard_end(const SimShard& shard, bool drained) = 0;
  virtual void on_counters(const SimShard& shard, const core::Counters& counters) = 0;
  virtual void on_notice(const SimShard& shard, std::string_view text) = 0;
  virtual void on_stuck(const SimShard& shard, std::string_view what) = 0;
};

/// Everything a world shares with its engines.
struct EngineSurroundings {
  SimClock& clock;
  SimRedis& redis;
  Network& network;
  PolicyOffice& office;
  Trace& trace;
  EngineWatcher& watcher;
  const core::Config& config;
  StoreWeather store_weather;
  /// A shard died of the entry that it has in hand: its whole engine stands still from here on.
  std::function<void(SimEngine&, const core::InHand&)> on_died_of_entry;
  bool announces = false;  ///< no file survives an engine: as core::ShardPlace has it
  Duration turn_max{std::chrono::microseconds(300)};  ///< an event waits so long at most for its loop turn
};

/// One event loop: a real core::Shard, its store and its pipes, driven as engine/app drives it.
class SimShard final : public StoreListener, public PipeUser {
 public:
  SimShard(EngineSurroundings& world, SimEngine& engine, std::size_t number, core::ShardPlace place,
           Random random);
  ~SimShard() override;

  void start();
  void tell_endings(std::vector<core::Ending> endings) { shard_->tell_endings(std::move(endings)); }
  void apply_policy(std::uint64_t epoch, const std::vector<throttle::Rule>& rules);
  void confirm_policy(TimePoint until);
  void drain();
  bool drained() const { return shard_ && shard_->drained(); }
  void die(bool flushed);
  /// The process stands still: nothing is handled until it goes on, then everything at once.
  void pause(bool paused);
  void pause_operator(std::string_view name, bool paused);

  bool alive() const { return shard_ != nullptr; }
  bool paused() const { return paused_; }
  std::size_t number() const { return number_; }
  const std::string& name() const { return name_; }
  SimEngine& engine() const { return engine_; }
  SimulatedStore& store() { return store_; }
  core::Shard& shard() { return *shard_; }
  const core::Counters& counters() { return shard_->counters(world_.clock.instant()); }

  void on_store_up() override;
  void on_store_down() override;
  void on_store_answer(const core::StoreAnswer& answer) override;
  void pipe_connected(core::BindId bind) override;
  void pipe_bytes(core::BindId bind, std::span<const std::byte> bytes) override;
  void pipe_writable(core::BindId bind) override;
  void pipe_closed(core::BindId bind, std::string_view reason) override;

 private:
  /// Does something with the shard; false when it died of it.
  bool work(std::move_only_function<void()> what);
  /// Handles an event now, or when the process goes on.
  void handle(std::move_only_function<void(core::Now)> event);
  void want_turn(Duration delay);
  void turn();

  EngineSurroundings& world_;
  SimEngine& engine_;
  std::size_t number_;
  std::string name_;
  Random random_;
  core::Config config_;
  SimulatedStore store_;
  PipeEnd pipes_;
  core::InHand hand_;
  std::unique_ptr<core::Shard> shard_;
  bool paused_ = false;
  std::deque<std::move_only_function<void(core::Now)>> held_;
  bool turn_wanted_ = false;
  TimePoint wake_ = TimePoint::max();
  std::uint64_t unsettled_epoch_ = 0;  ///< applied and not yet acknowledged; 0: none
  TimePoint settle_deadline_{};
  TimePoint confirmed_until_{};
  TimePoint counters_due_{};
  unsigned busy_turns_ = 0;
};

/// One process: some shards, one incarnation.
class SimEngine {
 public:
  SimEngine(EngineSurroundings& world, std::string id, unsigned incarnation, unsigned shards,
            std::size_t first_number, Random random);

  /// `endings`: what its predecessors had in hand as they ended.
  void start(const std::vector<core::Ending>& endings = {});
  void kill(bool flushed);
  void pause(bool paused);
  void drain();
  bool drained() const;

  bool alive() const { return alive_; }
  bool paused() const { return paused_; }
  const std::string& id() const { return id_; }
  const std::vector<std::unique_ptr<SimShard>>& shards() const { return shards_; }

  // From the policy office.
  std::uint64_t epoch() const { return epoch_; }  ///< of the policy last heard of
  void policy(std::uint64_t epoch, const std::vector<throttle::Rule>& rules);
  void policy_confirmed(TimePoint until);
  // From the shards.
  void settled(const SimShard& shard, std::uint64_t epoch);

 private:
  EngineSurroundings& world_;
  std::string id_;
  bool alive_ = true;
  bool paused_ = false;
  std::vector<std::unique_ptr<SimShard>> shards_;
  std::vector<std::uint64_t> settled_;
  std::uint64_t epoch_ = 0;
};

}  // namespace anchal::sim
