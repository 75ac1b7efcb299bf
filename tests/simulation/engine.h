#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/shard.h"
#include "tests/simulation/network.h"
#include "tests/simulation/policy_office.h"
#include "tests/simulation/state_file.h"
#include "tests/simulation/trace.h"
#include "tests/support/simulated_store.h"

namespace anchal::sim {

class SimShard;

/// Where a process can die: between any two things it does to the world or hears of it.
enum class Step : std::uint8_t {
  command,  ///< hands a request to the store
  answer,   ///< gets an answer of the store
  write,    ///< writes to a socket
  bytes,    ///< gets bytes of an SMSC
  turn,     ///< ends its loop turn
};

/// A death that waits for its step.
struct CrashPoint {
  Step step = Step::command;
  unsigned countdown = 1;  ///< dies at the so-manieth such step from now on
  bool done = false;       ///< the step itself still happens
  bool flushed = true;     ///< its kernel still sends what it was given; else the machine goes too
  SimulatedStore::Travelling travelling = SimulatedStore::Travelling::some;
  std::move_only_function<void()> died;  ///< told when it has happened
};

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
class SimShard final : public StoreListener,
                       public PipeUser,
                       private core::StorePort,
                       private core::BindPort {
 public:
  SimShard(EngineSurroundings& world, SimEngine& engine, std::size_t number, core::ShardPlace place,
           Random random);
  ~SimShard() override;

  void start();
  void tell_endings(std::vector<core::Ending> endings) { shard_->tell_endings(std::move(endings)); }
  void remember(const core::KnowledgeMap& known, std::string installation) {
    shard_->remember(known, std::move(installation));
  }
  void look_what_it_knows();
  /// What it knew when it was last asked, once a second, and when that was.
  const core::KnowledgeMap& known() const { return known_; }
  TimePoint known_at() const { return known_at_; }
  /// A replica had the intents of all that it never sends twice before any of it went out, from `at` on at
  /// least.
  bool all_confirmed_since(TimePoint at);
  void apply_policy(std::uint64_t epoch, const std::vector<throttle::Rule>& rules);
  void confirm_policy(TimePoint until);
  void drain();
  bool drained() const { return shard_ && shard_->drained(); }
  void die(bool flushed, SimulatedStore::Travelling travelling);
  /// The process stands still: nothing is handled until it goes on, then everything at once.
  void pause(bool paused);
  void pause_operator(std::string_view name, bool paused);

  bool alive() const { return shard_ != nullptr; }
  bool paused() const { return paused_; }
  std::size_t number() const { return number_; }
  const std::string& name() const { return name_; }
  SimEngine& engine() const { return engine_; }
  SimulatedStore& store() { return store_; }
  const SimulatedStore& store() const { return store_; }
  core::Shard& shard() { return *shard_; }
  const core::Counters& counters() { return shard_->counters(instant()); }
  /// By the clocks of its machine.
  core::Now instant() const;

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
  // The ports of the core: what a process that has died on the way does reaches nobody.
  void transact(core::Transaction&& transaction) override;
  void execute(core::Pipeline&& pipeline) override;
  void connect(core::BindId bind) override;
  std::optional<std::size_t> write(core::BindId bind, std::span<const std::byte> bytes,
                                   TimePoint before) override;
  void close(core::BindId bind, bool orderly) override;
  std::size_t unsent(core::BindId bind) override;
  void pause_reading(core::BindId bind, bool paused) override;
  void to_links(std::move_only_function<void()> act);
  void end_turn();

  /// Handles an event now, or when the process goes on.
  void handle(std::move_only_function<void(core::Now)> event);
  void want_turn(Duration delay);
  void turn();
  void tell_replicas();

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
  std::vector<std::move_only_function<void()>> rest_of_turn_;
  TimePoint stands_until_ = TimePoint::min();
  bool turn_wanted_ = false;
  TimePoint wake_ = TimePoint::max();
  TimePoint replicas_due_ = TimePoint::min();
  TimePoint replicas_since_ = TimePoint::max();  ///< the shard knows of replicas
  std::uint64_t unsettled_epoch_ = 0;            ///< applied and not yet acknowledged; 0: none
  TimePoint settle_deadline_{};
  TimePoint confirmed_until_{};
  TimePoint counters_due_{};
  TimePoint knowledge_due_{}, known_at_ = TimePoint::min();
  core::KnowledgeMap known_;
  unsigned busy_turns_ = 0;
};

/// One process: some shards, one incarnation.
class SimEngine {
 public:
  SimEngine(EngineSurroundings& world, std::string id, unsigned incarnation, unsigned shards,
            std::size_t first_number, Random random);

  /// `endings`: what its predecessors had in hand as they ended. `file`: what they knew; kept from now on.
  void start(const std::vector<core::Ending>& endings = {}, StateFile* file = nullptr);
  void kill(bool flushed, SimulatedStore::Travelling travelling = SimulatedStore::Travelling::some);
  void pause(bool paused);
  /// It stands still for so long in the midst of its next turn that writes, right before it does.
  void pause_at_write(Duration length) { pause_at_write_ = length; }
  Duration take_pause_at_write() { return std::exchange(pause_at_write_, Duration(0)); }
  void drain();
  /// Writes its file a last time, as a process does that ends in order.
  void write_file();
  /// Its wall clock goes wrong by so much, or right again (0).
  void set_clock(Duration off) { clock_off_ = off; }
  Duration clock_off() const { return clock_off_; }
  void crash_at(CrashPoint point) { crash_ = std::move(point); }
  void call_off_crash() { crash_.reset(); }
  /// Before a step: whether it happens. The process may die at it.
  bool does(Step step);
  /// Behind it: the process may die right after.
  void did(Step step);
  bool dying() const { return dying_; }
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
  void collapse(std::string_view when);
  void keep_file();
  StateFile file_now() const;

  EngineSurroundings& world_;
  std::string id_;
  bool alive_ = true;
  bool paused_ = false;
  bool dying_ = false;
  Duration pause_at_write_{0};
  std::optional<Step> last_step_;
  Duration clock_off_{0};
  std::optional<CrashPoint> crash_;
  std::vector<std::unique_ptr<SimShard>> shards_;
  std::vector<std::uint64_t> settled_;
  std::uint64_t epoch_ = 0;
  Random disk_;
  StateFile* file_ = nullptr;
  Remembered remembered_;
};

}  // namespace anchal::sim
