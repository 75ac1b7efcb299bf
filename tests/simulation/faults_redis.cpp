#include <algorithm>
#include <functional>

#include "tests/simulation/faults.h"
#include "tests/simulation/world.h"

namespace anchal::sim {

using namespace std::chrono_literals;

bool FaultMaker::store_fault(Fault fault, Random& random) {
  world_.trace_.tell("fault: {}", kFaultNames[static_cast<std::size_t>(fault)]);
  // One shard's connections, or everybody's.
  std::vector<SimulatedStore*> stores;
  for (std::size_t slot = 0; slot < world_.engines(); ++slot) {
    if (!world_.alive(slot)) continue;
    for (const auto& shard : world_.engine(slot).shards()) stores.push_back(&shard->store());
  }
  if (stores.empty()) return false;
  if (random.chance(0.5)) stores = {random.pick(stores)};
  if (fault == Fault::store_silent || fault == Fault::store_away || fault == Fault::store_slow) {
    if (world_.telling()) return false;
    world_.checker_.note_takeover();  // it may last longer than a lease
  }
  const bool idle = std::ranges::all_of(stores, [](const auto* store) { return store->pending() == 0; });
  if (fault == Fault::store_echo && idle) return false;
  world_.unsteady();
  const Duration slower = random.between(Duration(20ms), Duration(1500ms));
  for (auto* const store : stores) {
    const Duration longer = random.between(Duration(10ms), Duration(5s));
    switch (fault) {
      case Fault::store_cut:
        store->cut();
        break;
      case Fault::store_echo:
        store->cut_with_echo();
        break;
      case Fault::store_away:
        store->set_reachable(false);
        later(longer, [store] { store->set_reachable(true); });
        break;
      case Fault::store_slow: {
        StoreWeather slow = world_.plan_.store;
        slow.latency_max = slower;
        store->set_weather(slow);
        later(longer, [this, store] { store->set_weather(world_.plan_.store); });
        break;
      }
      default:
        store->set_silent(true);
        later(std::min(longer, Duration(3s)), [store] {
          store->set_silent(false);
          store->cut();
        });
    }
  }
  return true;
}

bool FaultMaker::redis_fault(Fault fault, Random& random) {
  if (world_.telling() && fault != Fault::inbox_twice && fault != Fault::redis_full) return false;
  auto& redis = world_.redis_;
  const Duration time = random.between(Duration(10ms), Duration(4s));
  world_.trace_.tell("fault: {}", name_of(fault));
  world_.unsteady();
  switch (fault) {
    case Fault::redis_full:
    case Fault::redis_full_without_scripts:
      if (fault == Fault::redis_full_without_scripts) {
        world_.checker_.note_takeover();  // nor do heartbeats get through
        redis.set_scripts(false);
      }
      redis.set_full(true);
      later(time, [&redis] {
        redis.set_full(false);
        redis.set_scripts(true);
      });
      break;
    case Fault::redis_stall:
      world_.checker_.note_takeover();
      redis.stall(world_.clock_.now() + time);
      break;
    case Fault::redis_read_only:
      world_.checker_.note_takeover();
      redis.set_read_only(true);
      later(time, [&redis] { redis.set_read_only(false); });
      break;
    case Fault::redis_restart:
      world_.restart_redis(std::min(time, Duration(3s)), Duration::zero());
      break;
    case Fault::inbox_twice:
      world_.inbox_twice_ = true;
      later(time * 3, [this] { world_.inbox_twice_ = false; });
      return false;  // counted by the entry
    default:
      world_.checker_.note_takeover();
      redis.set_refusal("LOADING Redis is loading the dataset in memory");
      later(time, [&redis] { redis.set_refusal({}); });
  }
  return true;
}

bool FaultMaker::power_fault(Random& random) {
  const Duration away = random.between(Duration(10ms), Duration(2s));
  const Duration lost = random.between(Duration(1ms), Duration(1s));
  const bool old_copy = random.chance(0.6);
  const std::uint64_t which = random.next();
  if (!world_.steady()) return false;
  return world_.power_cut(away, old_copy ? std::optional(which) : std::nullopt, lost);
}

bool FaultMaker::forgetting_fault(Fault fault, Random& random) {
  const Duration away = random.between(Duration(10ms), Duration(1s));
  const Duration lost = random.between(Duration(1ms), Duration(1s));
  const std::uint64_t which = random.next();
  if (!world_.steady()) return false;
  switch (fault) {
    case Fault::redis_fails_over:
      world_.fail_over();
      break;
    case Fault::redis_restart_lossy:
      world_.restart_redis(away, lost);
      break;
    case Fault::redis_restored:
      return world_.restore(away, which);
    default:
      world_.flush();
  }
  return true;
}

}  // namespace anchal::sim
