#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/checker.h"
#include "tests/simulation/engine.h"
#include "tests/simulation/network.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/policy_office.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/workload.h"
#include "tests/support/sim_redis.h"

namespace anchal::sim {

/// What came out of one run.
struct RunResult {
  std::uint64_t seed = 0;
  std::uint64_t hash = 0;  ///< of every action of every engine with its instant
  std::vector<Violation> violations;
  std::array<std::uint64_t, kLaws> checks{};
  std::array<std::uint64_t, kFaults> faults{};
  Checker::Numbers numbers;
  std::uint64_t messages = 0, events = 0;
  Duration simulated{0};
  std::vector<std::string> story;

  bool ok() const { return violations.empty(); }
};

inline constexpr std::uint64_t kLookEvery = 2'000;  ///< events, from one walk of Redis to the next

/// Where a job ends its reader, and how.
struct Poison {
  core::Stage stage = core::Stage::read;
  core::Death death = core::Death::crashed;
  std::optional<std::uint32_t> row{};  ///< only with this message in hand
};

/// One world of a plan: Redis, operators, pipes, engines, hubs and the policy office on one clock. A scenario
/// drives it by hand; run() does what a seed says.
class World {
 public:
  explicit World(Plan plan, std::size_t story_lines = 0, bool print = false);
  ~World();

  /// Starts Redis' clients, engines and hubs.
  void start();
  /// Lets time pass. False when a law was violated meanwhile.
  bool run_for(Duration time);
  /// Until everything is final and at rest, `patience` at most. Records a violation where it does not come.
  bool run_to_rest(Duration patience);
  /// The whole of a seed: work and faults, healing, rest.
  RunResult run();
  RunResult result();
  /// Redis is walked after so many events, and at every fault.
  void look_every(std::uint64_t events) { look_every_ = events; }

  // Engines.
  std::size_t engines() const { return slots_.size(); }
  SimEngine& engine(std::size_t slot) { return *slots_[slot].engine; }
  bool alive(std::size_t slot) const { return slots_[slot].engine && slots_[slot].engine->alive(); }
  void crash(std::size_t slot, bool flushed);
  /// Dies when the next ids are in the receipt map, and nothing that it sends behind them arrives.
  void crash_behind_ids(std::size_t slot, std::move_only_function<void()> died);
  /// The job's entry, as it was pushed, ends whoever has it in hand so. The engine starts again soon.
  void poison(JobIndex job, Poison poison);
  std::uint64_t died_of_entries() const { return died_of_entries_; }
  void restart(std::size_t slot);
  // Redis.
  /// Its replica becomes the server; what it had not got is forgotten (SimRedis::replicate).
  void fail_over();
  /// It starts again from its append-only file without what came in the last `lost`, and is away meanwhile.
  void restart_redis(Duration away, Duration lost);
  /// It starts again from one of the copies taken (backup(), or as the plan has it). False: none is old
  /// enough.
  bool restore(Duration away, std::uint64_t which);
  void backup() { backups_.push_back({clock_.now(), redis_.backup()}); }
  void flush();
  /// Redis and every machine lose their power; when it is back, Redis has one of the copies (or, of none,
  /// what it had but for the last `lost`; what its replica has, if that one answers WAIT), and the engines
  /// their files. False: no copy is old enough.
  bool power_cut(Duration away, std::optional<std::uint64_t> copy, Duration lost);
  /// The engine's file is found cut off, or not at all, when it starts again.
  void lose_file(std::size_t slot, std::uint64_t chance);
  /// Everybody lives, and has for a while: what Redis forgets now is remembered by whoever wrote it.
  bool steady();
  /// Redis has forgotten, and it is being told what: a time in which nobody is killed.
  bool telling() const { return clock_.now() < told_by_; }
  void unsteady() { unsteady_at_ = clock_.now(); }

  // Wall clocks.
  void step_clock(Duration step);
  void step_clock_of(SimEngine& engine, Duration step);

  SimClock& clock() { return clock_; }
  SimRedis& redis() { return redis_; }
  Network& network() { return network_; }
  PolicyOffice& office() { return office_; }
  Checker& checker() { return checker_; }
  Workload& hubs() { return hubs_; }
  Trace& trace() { return trace_; }
  Truth& truth() { return truth_; }
  const StateFile& file(std::size_t slot) const { return slots_[slot].file; }
  const Plan& plan() const { return plan_; }
  /// What the next engine to start is configured with.
  core::Config& config() { return plan_.config; }
  std::vector<core::Counters> counters();

 private:
  struct Slot {
    std::string id;
    unsigned incarnation = 0;
    std::unique_ptr<SimEngine> engine;
    std::vector<core::Ending> endings;  ///< the files that its dead predecessors left
    StateFile file;                     ///< what they knew
  };
  void die_of_entry(SimEngine& engine, const core::InHand& hand);
  const std::pair<const JobIndex, Poison>* poison_of(const core::InHand& hand) const;
  friend class FaultMaker;

  void drill(unsigned number);
  struct Backup {
    TimePoint at{};
    std::shared_ptr<const Keyspace> data;
  };

  void power_returns();
  const Backup* backup_of(std::uint64_t which) const;
  void take_over_copy(const Backup& backup);
  bool at_rest();
  void keep_backups();
  void forgetting(std::string_view what, Duration away);
  void cut_all();
  void on_written(const Arguments& command);
  void tell_what_waits();
  void heal();

  Plan plan_;
  SimClock clock_;
  Trace trace_{clock_};
  Random random_;
  Truth truth_;
  SimRedis redis_{clock_};
  PolicyOffice office_;
  Checker checker_;
  Network network_;
  EngineSurroundings surroundings_;
  Workload hubs_;
  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<SimEngine>> gone_;  ///< events still point at them
  std::size_t shard_numbers_ = 0;
  std::map<JobIndex, Poison> poisons_;
  std::uint64_t died_of_entries_ = 0;
  std::uint64_t next_look_ = 0, look_every_ = kLookEvery;
  std::array<std::uint64_t, kFaults> faults_{};
  std::vector<Backup> backups_;
  TimePoint unsteady_at_ = SimClock::kMonoStart, told_by_ = TimePoint::min();
  Duration clock_most_{0};  ///< how far ahead of the first instant's any wall clock has been
  bool inbox_twice_ = false, copying_ = false;
  struct BehindIds {
    std::size_t slot = 0;
    std::move_only_function<void()> died;
  };
  std::optional<BehindIds> behind_ids_;
  std::optional<TimePoint> dark_since_;  ///< no power: what Redis will have is of then
  std::set<std::string> confirmed_;      ///< shards of which the replica that took over has all intents
};

}  // namespace anchal::sim
