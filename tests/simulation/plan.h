#pragma once

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
  link_frozen,
  operator_away,    ///< refuses connections and resets those it has
  operator_silent,  ///< connections come about never, those that stand go silent
  operator_mood,    ///< another behaviour: slower, throttling, losing responses, late receipts …
  operator_paused,  ///< by hand, at every engine
  store_cut,
  store_silent,
  store_away,
  store_full,
  store_refusing,
  engine_crash,
  engine_pause,
  engine_drain,
  blackout,
  policy_cut_off,
  redis_fails_over,  ///< and forgets what its replica had not got
};
inline constexpr std::size_t kFaults = 18;
inline constexpr std::array<std::string_view, kFaults> kFaultNames{
    "link_reset",    "link_silent",     "link_frozen",     "operator_away", "operator_silent",
    "operator_mood", "operator_paused", "store_cut",       "store_silent",  "store_away",
    "store_full",    "store_refusing",  "engine_crash",    "engine_pause",  "engine_drain",
    "blackout",      "policy_cut_off",  "redis_fails_over"};

/// What a seed means: a world, its work, and what will be done to it.
struct Plan {
  std::uint64_t seed = 0;
  bool calm = false;                  ///< no faults, well-behaved operators: latency is checked too
  std::optional<std::size_t> absent;  ///< calm but for this operator, which is away until everything heals
  core::Config config;
  unsigned engines = 1, shards = 1;
  bool keeps_files = true;  ///< an engine that starts again knows what it had in hand; else it announces
  WorkloadPlan workload;
  std::vector<simulator::Behaviour> behaviours;  ///< by operator
  NetworkWeather network;
  StoreWeather store;
  Duration replica_lag{0};                    ///< of Redis' replica, where it may fail over
  Duration active{std::chrono::seconds(30)};  ///< faults happen within; then everything heals
  double faults_per_second = 0.3;
  unsigned drills = 0;        ///< short blackouts of everything, spread over `active`
  std::vector<Fault> faults;  ///< kinds that may happen in this run

  static Plan of_seed(std::uint64_t seed);
  /// A small world without faults, for hand-written scenarios to change.
  static Plan plain();
};

/// An operator as it may be while a run is active.
simulator::Behaviour random_mood(Random& random);

}  // namespace anchal::sim
