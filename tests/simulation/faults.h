#pragma once

#include <string>

#include "tests/simulation/plan.h"
#include "tests/support/sim_random.h"

namespace anchal::sim {

class World;

/// Does to a world what its plan allows, at seeded times, and undoes it after a while.
class FaultMaker {
 public:
  FaultMaker(World& world, Random random);
  void start();
  void stop() { stopped_ = true; }

 private:
  void next();
  void make(Fault fault);
  void link_fault(Fault fault);
  void operator_fault(Fault fault);
  void store_fault(Fault fault);
  void engine_fault(Fault fault);
  void policy_fault(Fault fault);
  void watch_drain(std::size_t slot, std::string incarnation, TimePoint deadline);
  /// After a while, unless the healing came before.
  void later(Duration least, Duration most, std::move_only_function<void()> undo);

  World& world_;
  Random random_;
  bool stopped_ = false;
  unsigned rules_ = 0;
};

}  // namespace anchal::sim
