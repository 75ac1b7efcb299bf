#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/config.h"
#include "engine/simulator/behaviour.h"
#include "tests/simulation/network.h"
#include "tests/simulation/workload.h"
#include "tests/support/simulated_store.h"

namespace anchal::sim {

/// Everything that can be done to a world while it works.
enum class Fault : std::uint8_t {
  link_reset,
  link_silent,
  link_half_open,  ///< one direction only: the engine's bytes arrive and the SMSC's do not, or the reverse
  link_frozen,
  operator_away,    ///< refuses connections and resets those it has
  operator_silent,  ///< connections come about never, those that stand go silent
  operator_mood,    ///< another behaviour: slower, throttling, losing responses, late receipts …
  operator_paused,  ///< by hand, at every engine
  store_cut,
  store_silent,
  store_away,
  store_slow,   ///< the way to Redis
  store_echo,   ///< cut, and answers of the old connection come all the same
  redis_stall,  ///< the server does nothing for a while: a slow fsync, a fork
  redis_full,
  redis_full_without_scripts,
  redis_loading,
  redis_read_only,
  redis_restart,        ///< from its append-only file, nothing lost
  redis_restart_lossy,  ///< and up to the last second lost
  redis_fails_over,     ///< and forgets what its replica had not got
  redis_restored,       ///< from a copy that is seconds to minutes old
  redis_flushed,        ///< FLUSHALL by mistake
  inbox_twice,          ///< for a while every inbox entry comes twice
  engine_crash,         ///< between two events
  crash_at_command,     ///< at its k-th request to Redis from now on; likewise the next four
  crash_at_answer,
  crash_at_write,
  crash_at_bytes,
  crash_at_turn,
  engine_pause,
  engine_drain,
  blackout,
  policy_cut_off,
  clock_of_all,         ///< the wall clock of the whole world jumps
  clock_of_engine,      ///< of one engine's machine
  hub_asks_twice,       ///< the reply to its XADD was lost: it pushes the job again (part of the workload)
  power_cut,            ///< Redis and all engines end at once, and Redis comes back without its last writes
  state_file_lost,      ///< an engine that starts again does not know what it knew
  crash_before_settle,  ///< as soon as ids of accepted messages are in the receipt map, and nothing else
};
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::crash_before_settle) + 1;
inline constexpr std::array<std::string_view, kFaults> kFaultNames{
    "link_reset",       "link_silent",      "link_half_open",  "link_frozen",
    "operator_away",    "operator_silent",  "operator_mood",   "operator_paused",
    "store_cut",        "store_silent",     "store_away",      "store_slow",
    "store_echo",       "redis_stall",      "redis_full",      "redis_full_without_scripts",
    "redis_loading",    "redis_read_only",  "redis_restart",   "redis_restart_lossy",
    "redis_fails_over", "redis_restored",   "redis_flushed",   "inbox_twice",
    "engine_crash",     "crash_at_command", "crash_at_answer", "crash_at_write",
    "crash_at_bytes",   "crash_at_turn",    "engine_pause",    "engine_drain",
    "blackout",         "policy_cut_off",   "clock_of_all",    "clock_of_engine",
    "hub_asks_twice",   "power_cut",        "state_file_lost", "crash_before_settle"};
static_assert(!kFaultNames.back().empty());
inline std::string_view name_of(Fault fault) {
  return kFaultNames[static_cast<std::size_t>(fault)];
}

/// Not one of the kinds that a schedule is drawn from: the workload's, or with chance of its own.
inline bool apart(Fault fault) {
  return fault == Fault::hub_asks_twice || fault == Fault::power_cut || fault == Fault::state_file_lost ||
         fault == Fault::crash_before_settle;
}

/// Redis loses what it had acknowledged. Only who wrote it can tell it again, so these happen only while
/// everybody lives and has lived for a while, and nobody is killed until it has been told. The double fault
/// that law 5 names comes with a power cut only.
inline bool forgets(Fault fault) {
  return fault == Fault::redis_restart_lossy || fault == Fault::redis_fails_over ||
         fault == Fault::redis_restored || fault == Fault::redis_flushed;
}

/// One thing that is done to a world. Its details come from a seed of its own, so that a schedule without one
/// of its events still does the others in the same way.
struct FaultEvent {
  Duration at{0};
  Fault kind{};
  std::uint64_t seed = 0;
};

/// What a seed means: a world, its work, and what will be done to it.
struct Plan {
  std::uint64_t seed = 0;
  bool calm = false;                  ///< no faults, well-behaved operators: latency is checked too
  std::optional<std::size_t> absent;  ///< calm but for this operator, which is away until everything heals
  core::Config config;
  unsigned engines = 1, shards = 1;
  bool state_files = false;  ///< an engine that starts again has the file of what it knew
  double files_lost = 0;     ///< of these
  bool keeps_files = true;   ///< an engine that starts again knows what it had in hand; else it announces
  WorkloadPlan workload;
  std::vector<simulator::Behaviour> behaviours;  ///< by operator
  NetworkWeather network;
  StoreWeather store;
  Duration replica_lag{0};  ///< of Redis' replica, where it may fail over
  /// It answers WAIT, after a time between these, and takes over at a power cut. 0: neither.
  Duration confirm_min{0}, confirm_max{0};
  Duration active{std::chrono::seconds(30)};     ///< faults happen within; then everything heals
  unsigned drills = 0;                           ///< short blackouts of everything, spread over `active`
  Duration patience{std::chrono::seconds(900)};  ///< for coming to rest after the healing
  std::vector<FaultEvent> schedule;

  bool may(Fault kind) const {
    return std::ranges::find(schedule, kind, &FaultEvent::kind) != schedule.end();
  }

  static Plan of_seed(std::uint64_t seed);
  /// A small world without faults, for hand-written scenarios to change.
  static Plan plain();
};

/// An operator as it may be while a run is active.
simulator::Behaviour random_mood(Random& random);

}  // namespace anchal::sim
