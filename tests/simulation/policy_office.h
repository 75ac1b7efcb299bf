#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/trace.h"
#include "tests/support/sim_random.h"
#include "throttle/policy/rule.h"

namespace anchal::sim {

class SimEngine;

/// One rule with its life: what the checker holds the engines to.
struct RuleLife {
  throttle::Rule rule;
  std::uint64_t first_epoch = 0;
  TimePoint published{};
  TimePoint effective = TimePoint::max();  ///< reported EFFECTIVE
  TimePoint lifted = TimePoint::max();     ///< published without it
};

/// Stands for the policy side of engine/app and engine/admin: keeps the rules, pushes and confirms epochs,
/// collects acknowledgements, and says when a rule is EFFECTIVE: every live engine acknowledged, or its lease
/// (and its kernel's patience) has run out.
class PolicyOffice {
 public:
  PolicyOffice(SimClock& clock, Random random, Trace& trace, Duration lease, Duration kernel_patience);

  void start();
  void add(throttle::Rule rule);
  void lift(std::string_view id);
  void lift_all();

  std::uint64_t epoch() const { return epoch_; }
  std::vector<throttle::Rule> rules() const;
  std::vector<throttle::Rule> rules_of(std::uint64_t epoch) const;
  const std::vector<RuleLife>& lives() const { return lives_; }
  Duration lease() const { return lease_; }

  // Engines, as long as they live; a dead one's lease runs out.
  void join(SimEngine& engine);
  void leave(SimEngine& engine);
  void acknowledged(SimEngine& engine, std::uint64_t epoch);
  /// While cut off, an engine gets neither news nor confirmations.
  void set_cut_off(SimEngine& engine, bool cut_off);

 private:
  struct Member {
    SimEngine* engine = nullptr;  ///< nullptr: dead, and we do not know it
    std::uint64_t acknowledged = 0;
    TimePoint lease_until{};
    bool cut_off = false;
  };
  void publish();
  void push(Member& member);
  void confirm();
  void judge();

  SimClock& clock_;
  Random random_;
  Trace& trace_;
  Duration lease_, kernel_patience_;
  std::uint64_t epoch_ = 0;
  std::vector<RuleLife> lives_;
  std::vector<std::pair<std::uint64_t, std::vector<throttle::Rule>>> history_;
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace anchal::sim
