#include "tests/simulation/faults.h"

#include <algorithm>
#include <functional>

#include "tests/simulation/world.h"

namespace anchal::sim {

using namespace std::chrono_literals;

void FaultMaker::start() {
  for (const FaultEvent& event : world_.plan_.schedule) {
    world_.clock_.after(event.at, [this, event] {
      if (!stopped_) make(event);
    });
  }
}

void FaultMaker::later(Duration when, std::move_only_function<void()> undo) {
  world_.clock_.after(when, [this, undo = std::move(undo)]() mutable {
    if (!stopped_) undo();
  });
}

void FaultMaker::make(const FaultEvent& event) {
  Random random(event.seed);
  if (happens(event.kind, random)) made(event.kind);
}

void FaultMaker::made(Fault fault) {
  ++world_.faults_[static_cast<std::size_t>(fault)];
  world_.checker_.look();
}

bool FaultMaker::happens(Fault fault, Random& random) {
  switch (fault) {
    case Fault::link_reset:
    case Fault::link_silent:
    case Fault::link_half_open:
    case Fault::link_frozen:
      return link_fault(fault, random);
    case Fault::operator_away:
    case Fault::operator_silent:
    case Fault::operator_mood:
    case Fault::operator_paused:
      return operator_fault(fault, random);
    case Fault::store_cut:
    case Fault::store_silent:
    case Fault::store_away:
    case Fault::store_slow:
    case Fault::store_echo:
      return store_fault(fault, random);
    case Fault::redis_stall:
    case Fault::redis_full:
    case Fault::redis_full_without_scripts:
    case Fault::redis_loading:
    case Fault::redis_read_only:
    case Fault::redis_restart:
    case Fault::inbox_twice:
      return redis_fault(fault, random);
    case Fault::redis_restart_lossy:
    case Fault::redis_fails_over:
    case Fault::redis_restored:
    case Fault::redis_flushed:
      return forgetting_fault(fault, random);
    case Fault::engine_crash:
    case Fault::engine_pause:
    case Fault::engine_drain:
      return engine_fault(fault, random);
    case Fault::crash_at_command:
    case Fault::crash_at_answer:
    case Fault::crash_at_write:
    case Fault::crash_at_bytes:
    case Fault::crash_at_turn:
      return crash_point(fault, random);
    case Fault::blackout:
    case Fault::policy_cut_off:
      return policy_fault(fault, random);
    case Fault::clock_of_all:
    case Fault::clock_of_engine:
      return clock_fault(fault, random);
    case Fault::crash_before_settle:
      return crash_before_settle(random);
    case Fault::power_cut:
      return power_fault(random);
    case Fault::hub_asks_twice:   // the hubs do it by themselves
    case Fault::state_file_lost:  // found when an engine starts
      return false;
  }
  return false;
}

bool FaultMaker::link_fault(Fault fault, Random& random) {
  const auto link = world_.network_.any_connection(random);
  if (!link) return false;
  if (fault == Fault::link_reset) {
    world_.network_.reset(link);
  } else if (fault == Fault::link_silent) {
    world_.network_.go_silent(link);
  } else if (fault == Fault::link_half_open) {
    const bool deaf = random.chance(0.5);
    world_.network_.go_silent(link, deaf, !deaf);
  } else {
    world_.network_.freeze(link, true);
    later(random.between(Duration(10ms), Duration(3s)),
          [this, link] { world_.network_.freeze(link, false); });
  }
  return true;
}

bool FaultMaker::operator_fault(Fault fault, Random& random) {
  const std::size_t index = random.below(world_.network_.hosts());
  auto& host = world_.network_.host(index);
  world_.trace_.tell("fault: {} for {}", kFaultNames[static_cast<std::size_t>(fault)], host.name());
  switch (fault) {
    case Fault::operator_mood: {
      auto mood = random_mood(random);
      // The way ids are written is part of the contract, not of the mood.
      mood.id_style = host.behaviour().id_style;
      mood.receipt_id_style = host.behaviour().receipt_id_style;
      host.set_behaviour(mood);
      return true;
    }
    case Fault::operator_paused: {
      const std::string name = host.name();
      const auto set = [this, name](bool paused) {
        for (std::size_t slot = 0; slot < world_.engines(); ++slot) {
          if (!world_.alive(slot)) continue;
          for (const auto& shard : world_.engine(slot).shards()) shard->pause_operator(name, paused);
        }
      };
      set(true);
      later(random.between(Duration(100ms), Duration(8s)), [set] { set(false); });
      return true;
    }
    default:
      break;
  }
  const bool away = fault == Fault::operator_away;
  host.door = away ? SmscHost::Door::refuses : SmscHost::Door::silent;
  for (const auto& [number, link] : std::map(host.connections())) {
    if (!link->open) continue;
    if (away) {
      world_.network_.reset(link);
    } else {
      world_.network_.go_silent(link);
    }
  }
  later(random.between(Duration(100ms), Duration(15s)), [&host] { host.door = SmscHost::Door::open; });
  return true;
}

bool FaultMaker::policy_fault(Fault fault, Random& random) {
  if (fault == Fault::policy_cut_off) {
    const std::size_t slot = random.below(world_.engines());
    if (!world_.alive(slot)) return false;
    auto& engine = world_.engine(slot);
    world_.trace_.tell("fault: {} hears nothing from the policy office", engine.id());
    world_.office_.set_cut_off(engine, true);
    later(random.between(Duration(100ms), Duration(6s)),
          [this, &engine] { world_.office_.set_cut_off(engine, false); });
    return true;
  }
  throttle::Rule rule;
  rule.id = "rule-" + std::to_string(++rules_);
  const auto some = [&](const auto& from) {
    std::vector<std::string> chosen;
    for (const auto& one : from) {
      if (random.chance(0.5)) chosen.push_back(one);
    }
    return chosen;
  };
  std::vector<std::string> categories, operators;
  for (const auto& category : world_.plan_.config.categories) categories.push_back(category.name);
  for (const auto& op : world_.plan_.config.operators) operators.push_back(op.name);
  if (random.chance(0.7)) rule.scope.categories = some(categories);
  if (random.chance(0.2)) rule.scope.tenants = some(world_.plan_.workload.tenants);
  if (random.chance(0.2)) rule.scope.senders = some(world_.plan_.workload.senders);
  if (random.chance(0.2)) rule.scope.places = some(world_.plan_.workload.places);
  if (random.chance(0.2)) rule.scope.operators = some(operators);
  if (random.chance(0.15)) rule.on_hold = throttle::OnHold::drop;
  const WallTime wall = world_.clock_.wall();
  if (random.chance(0.4)) rule.starts_at = wall + std::chrono::milliseconds(random.between(0, 5'000));
  if (random.chance(0.4)) rule.ends_at = wall + std::chrono::milliseconds(random.between(5'100, 15'000));
  if (random.chance(0.15)) {
    // Quiet hours whose edge lies close. A run begins at 06:00 UTC, 11:30 in Kolkata.
    rule.kind = throttle::RuleKind::quiet;
    throttle::Daily daily;
    const bool kolkata = random.chance(0.5);
    daily.zone = kolkata ? "Asia/Kolkata" : "UTC";
    const auto minutes = world_.clock_.wall_ms() / 60'000 + (kolkata ? 330 : 0);
    const auto now = static_cast<int>(minutes % (24 * 60)) + 24 * 60;
    daily.from = std::chrono::minutes((now + static_cast<int>(random.between(-1, 1))) % (24 * 60));
    daily.to = std::chrono::minutes((now + 2 + static_cast<int>(random.between(0, 60))) % (24 * 60));
    rule.daily = daily;
  }
  const std::string id = rule.id;
  world_.office_.add(std::move(rule));
  later(random.between(Duration(500ms), Duration(12s)), [this, id] { world_.office_.lift(id); });
  return true;
}

/// NTP, or a hand, sets a clock: forward and back, by seconds to hours, and best across the edge of a rule.
bool FaultMaker::clock_fault(Fault fault, Random& random) {
  const double size = random.fraction();
  Duration step = size < 0.4   ? random.between(Duration(1s), Duration(20s))
                  : size < 0.7 ? random.between(Duration(20s), Duration(10min))
                               : random.between(Duration(10min), Duration(3h));
  if (random.chance(0.4)) step = -step;
  // Across the edge of quiet hours or of a dated rule, where there is one near: to just behind it.
  const WallTime wall = world_.clock_.wall();
  const bool to_edge = random.chance(0.4);
  const auto beyond = random.between(Duration(0), Duration(400ms));
  for (const auto& rule : world_.office_.rules()) {
    if (!to_edge) break;
    std::optional<WallTime> edge = random.chance(0.5) ? rule.starts_at : rule.ends_at;
    if (rule.daily) {
      const auto zone = rule.daily->zone == "UTC" ? 0min : 330min;
      const auto day = std::chrono::floor<std::chrono::days>(wall + zone);
      edge = day + (random.chance(0.5) ? rule.daily->from : rule.daily->to) - zone;
    }
    if (!edge || *edge < wall - 3h || *edge > wall + 3h) continue;
    step = *edge - wall + beyond;
  }
  if (fault == Fault::clock_of_all) {
    // Producer keys live for a day, and a run's jumps must stay well below that.
    const Duration sum = world_.clock_.wall_step() + step;
    if (sum > 9h || sum < -9h) return false;
    world_.step_clock(step);
    return true;
  }
  const std::size_t slot = random.below(world_.engines());
  if (!world_.alive(slot)) return false;
  auto& engine = world_.engine(slot);
  if (engine.clock_off() != Duration::zero()) {
    step = -engine.clock_off();
  } else {
    // Engines whose clocks differ by more than receipts are waited for (days, in earnest) store ids where the
    // others do not search.
    Duration deadline = 1h;
    for (const auto& op : world_.plan_.config.operators) deadline = std::min(deadline, op.receipt_deadline);
    step = std::clamp<Duration>(step, -deadline / 2, deadline / 2);
  }
  world_.step_clock_of(engine, step);
  later(random.between(Duration(1s), Duration(15s)), [this, &engine] {
    if (engine.alive() && engine.clock_off() != Duration::zero())
      world_.step_clock_of(engine, -engine.clock_off());
  });
  return true;
}

}  // namespace anchal::sim
