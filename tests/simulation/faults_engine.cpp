#include <algorithm>
#include <functional>

#include "tests/simulation/faults.h"
#include "tests/simulation/world.h"

namespace anchal::sim {

using namespace std::chrono_literals;

bool FaultMaker::engine_fault(Fault fault, Random& random) {
  const std::size_t slot = random.below(world_.engines());
  if (!world_.alive(slot) || world_.telling()) return false;
  world_.unsteady();
  switch (fault) {
    case Fault::engine_crash:
      world_.crash(slot, random.chance(0.7));
      later(random.between(Duration(10ms), Duration(6s)), [this, slot] { world_.restart(slot); });
      return true;
    case Fault::engine_pause: {
      world_.checker_.note_takeover();
      auto& engine = world_.engine(slot);
      if (engine.paused()) return false;
      const Duration length = random.between(Duration(10ms), Duration(5s));
      if (random.chance(0.7)) {
        engine.pause_at_write(length);
        later(length, [this] { world_.unsteady(); });
        return true;
      }
      engine.pause(true);
      later(length, [this, &engine] {
        engine.pause(false);
        world_.unsteady();
      });
      return true;
    }
    default:
      world_.engine(slot).drain();
      watch_drain(slot, world_.engine(slot).id(), world_.clock_.now() + world_.plan_.config.drain_deadline,
                  random.between(Duration(10ms), Duration(2s)));
      return true;
  }
}

/// An engine dies at the so-manieth step of a kind from now on, before or right after it, with or without
/// what its kernel and its connections to Redis had been given.
bool FaultMaker::crash_point(Fault fault, Random& random) {
  const std::size_t slot = random.below(world_.engines());
  if (!world_.alive(slot) || world_.telling()) return false;
  using Travelling = SimulatedStore::Travelling;
  static constexpr std::array<Travelling, 3> kTravelling{Travelling::some, Travelling::none, Travelling::all};
  CrashPoint point;
  point.step = static_cast<Step>(static_cast<int>(fault) - static_cast<int>(Fault::crash_at_command));
  point.countdown = static_cast<unsigned>(random.chance(0.5) ? random.between(1, 6) : random.between(1, 200));
  point.done = random.chance(0.5);
  point.flushed = random.chance(0.6);
  point.travelling = random.pick(kTravelling);
  const Duration restart = random.between(Duration(10ms), Duration(6s));
  point.died = [this, slot, fault, restart] {
    world_.checker_.note_takeover();
    world_.unsteady();
    made(fault);
    later(restart, [this, slot] { world_.restart(slot); });
  };
  world_.engine(slot).crash_at(std::move(point));
  return false;  // counted when it has come to that
}

bool FaultMaker::crash_before_settle(Random& random) {
  const std::size_t slot = random.below(world_.engines());
  const Duration restart = random.between(Duration(10ms), Duration(6s));
  if (!world_.alive(slot) || world_.telling()) return false;
  world_.crash_behind_ids(slot, [this, slot, restart] {
    made(Fault::crash_before_settle);
    later(restart, [this, slot] { world_.restart(slot); });
  });
  return false;  // counted when it has come to that
}

/// What systemd does: waits for the end, insists after the deadline, starts the next.
void FaultMaker::watch_drain(std::size_t slot, std::string incarnation, TimePoint deadline,
                             Duration restart) {
  world_.clock_.after(20ms, [this, slot, incarnation = std::move(incarnation), deadline, restart] {
    if (!world_.alive(slot) || world_.engine(slot).id() != incarnation) return;
    const bool drained = !world_.engine(slot).paused() && world_.engine(slot).drained();
    if (!drained && world_.clock_.now() < deadline) {
      watch_drain(slot, incarnation, deadline, restart);
      return;
    }
    world_.trace_.tell("{} {}", incarnation, drained ? "has drained" : "does not drain in time");
    if (!drained) world_.checker_.note_takeover();
    if (drained) world_.engine(slot).write_file();
    world_.engine(slot).kill(true);
    world_.unsteady();
    world_.clock_.after(restart, [this, slot] { world_.restart(slot); });
  });
}

}  // namespace anchal::sim
