#pragma once

#include <string>

#include "tests/simulation/plan.h"
#include "tests/support/sim_random.h"

namespace anchal::sim {

class World;

/// Does to a world what its plan's schedule says, and undoes it after a while. Each event draws its details
/// from its own seed. What finds nothing to do (a crash where everybody is dead) is not counted as done.
class FaultMaker {
 public:
  explicit FaultMaker(World& world) : world_(world) {}
  void start();
  void stop() { stopped_ = true; }

 private:
  void make(const FaultEvent& event);
  /// False: there was nothing to do it to.
  bool happens(Fault fault, Random& random);
  bool link_fault(Fault fault, Random& random);
  bool operator_fault(Fault fault, Random& random);
  bool store_fault(Fault fault, Random& random);
  bool redis_fault(Fault fault, Random& random);
  bool forgetting_fault(Fault fault, Random& random);
  bool engine_fault(Fault fault, Random& random);
  bool crash_before_settle(Random& random);
  bool power_fault(Random& random);
  bool crash_point(Fault fault, Random& random);
  bool policy_fault(Fault fault, Random& random);
  bool clock_fault(Fault fault, Random& random);
  void watch_drain(std::size_t slot, std::string incarnation, TimePoint deadline, Duration restart);
  void made(Fault fault);
  /// After a while, unless the healing came before.
  void later(Duration when, std::move_only_function<void()> undo);

  World& world_;
  bool stopped_ = false;
  unsigned rules_ = 0;
};

}  // namespace anchal::sim
