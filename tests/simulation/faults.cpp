#include "tests/simulation/faults.h"

#include <cmath>
#include <functional>

#include "tests/simulation/world.h"

namespace anchal::sim {

using namespace std::chrono_literals;

FaultMaker::FaultMaker(World& world, Random random) : world_(world), random_(random) {}

void FaultMaker::start() {
  if (!world_.plan_.faults.empty() && world_.plan_.faults_per_second > 0) next();
}

void FaultMaker::next() {
  const double seconds = -std::log(1.0 - random_.fraction()) / world_.plan_.faults_per_second;
  world_.clock_.after(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)), [this] {
    if (stopped_) return;
    make(random_.pick(world_.plan_.faults));
    next();
  });
}

void FaultMaker::later(Duration least, Duration most, std::move_only_function<void()> undo) {
  world_.clock_.after(random_.between(least, most), [this, undo = std::move(undo)]() mutable {
    if (!stopped_) undo();
  });
}

void FaultMaker::make(Fault fault) {
  ++world_.faults_[static_cast<std::size_t>(fault)];
  switch (fault) {
    case Fault::link_reset:
    case Fault::link_silent:
    case Fault::link_frozen:
      return link_fault(fault);
    case Fault::operator_away:
    case Fault::operator_silent:
    case Fault::operator_mood:
    case Fault::operator_paused:
      return operator_fault(fault);
    case Fault::store_cut:
    case Fault::store_silent:
    case Fault::store_away:
    case Fault::store_full:
    case Fault::store_refusing:
      return store_fault(fault);
    case Fault::redis_fails_over:
      return world_.fail_over();
    case Fault::engine_crash:
    case Fault::engine_pause:
    case Fault::engine_drain:
      return engine_fault(fault);
    case Fault::blackout:
    case Fault::policy_cut_off:
      return policy_fault(fault);
  }
}

void FaultMaker::link_fault(Fault fault) {
  const auto link = world_.network_.any_connection();
  if (!link) return;
  if (fault == Fault::link_reset) {
    world_.network_.reset(link);
  } else if (fault == Fault::link_silent) {
    world_.network_.go_silent(link);
  } else {
    world_.network_.freeze(link, true);
    later(10ms, 3s, [this, link] { world_.network_.freeze(link, false); });
  }
}

void FaultMaker::operator_fault(Fault fault) {
  const std::size_t index = random_.below(world_.network_.hosts());
  auto& host = world_.network_.host(index);
  world_.trace_.tell("fault: {} for {}", kFaultNames[static_cast<std::size_t>(fault)], host.name());
  switch (fault) {
    case Fault::operator_mood: {
      auto mood = random_mood(random_);
      // The way ids are written is part of the contract, not of the mood.
      mood.id_style = host.behaviour().id_style;
      mood.receipt_id_style = host.behaviour().receipt_id_style;
      host.set_behaviour(mood);
      return;
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
      later(100ms, 8s, [set] { set(false); });
      return;
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
  later(100ms, 15s, [&host] { host.door = SmscHost::Door::open; });
}

void FaultMaker::store_fault(Fault fault) {
  world_.trace_.tell("fault: {}", kFaultNames[static_cast<std::size_t>(fault)]);
  if (fault == Fault::store_full) {
    world_.redis_.set_full(true);
    later(100ms, 4s, [this] { world_.redis_.set_full(false); });
    return;
  }
  if (fault == Fault::store_refusing) {
    world_.redis_.set_refusal("LOADING Redis is loading the dataset in memory");
    world_.checker_.note_takeover();
    later(10ms, 3s, [this] { world_.redis_.set_refusal({}); });
    return;
  }
  // One shard's connections, or everybody's.
  std::vector<SimulatedStore*> stores;
  for (std::size_t slot = 0; slot < world_.engines(); ++slot) {
    if (!world_.alive(slot)) continue;
    for (const auto& shard : world_.engine(slot).shards()) stores.push_back(&shard->store());
  }
  if (stores.empty()) return;
  if (random_.chance(0.5)) stores = {random_.pick(stores)};
  for (auto* const store : stores) {
    if (fault == Fault::store_cut) {
      store->cut();
    } else if (fault == Fault::store_away) {
      world_.checker_.note_takeover();  // it may last longer than a lease
      store->set_reachable(false);
      later(10ms, 5s, [store] { store->set_reachable(true); });
    } else {
      world_.checker_.note_takeover();
      store->set_silent(true);
      later(10ms, 3s, [store] {
        store->set_silent(false);
        store->cut();
      });
    }
  }
}

void FaultMaker::engine_fault(Fault fault) {
  const std::size_t slot = random_.below(world_.engines());
  if (!world_.alive(slot)) return;
  switch (fault) {
    case Fault::engine_crash:
      world_.crash(slot, random_.chance(0.7));
      later(10ms, 6s, [this, slot] { world_.restart(slot); });
      return;
    case Fault::engine_pause: {
      world_.checker_.note_takeover();
      auto& engine = world_.engine(slot);
      if (engine.paused()) return;
      engine.pause(true);
      later(10ms, 5s, [&engine] { engine.pause(false); });
      return;
    }
    default:
      world_.engine(slot).drain();
      watch_drain(slot, world_.engine(slot).id(), world_.clock_.now() + world_.plan_.config.drain_deadline);
  }
}

/// What systemd does: waits for the end, insists after the deadline, starts the next.
void FaultMaker::watch_drain(std::size_t slot, std::string incarnation, TimePoint deadline) {
  world_.clock_.after(20ms, [this, slot, incarnation = std::move(incarnation), deadline] {
    if (!world_.alive(slot) || world_.engine(slot).id() != incarnation) return;
    const bool drained = !world_.engine(slot).paused() && world_.engine(slot).drained();
    if (!drained && world_.clock_.now() < deadline) {
      watch_drain(slot, incarnation, deadline);
      return;
    }
    world_.trace_.tell("{} {}", incarnation, drained ? "has drained" : "does not drain in time");
    if (!drained) world_.checker_.note_takeover();
    world_.engine(slot).kill(true);
    world_.clock_.after(random_.between(Duration(10ms), Duration(2s)),
                        [this, slot] { world_.restart(slot); });
  });
}

void FaultMaker::policy_fault(Fault fault) {
  if (fault == Fault::policy_cut_off) {
    const std::size_t slot = random_.below(world_.engines());
    if (!world_.alive(slot)) return;
    auto& engine = world_.engine(slot);
    world_.trace_.tell("fault: {} hears nothing from the policy office", engine.id());
    world_.office_.set_cut_off(engine, true);
    later(100ms, 6s, [this, &engine] { world_.office_.set_cut_off(engine, false); });
    return;
  }
  throttle::Rule rule;
  rule.id = "rule-" + std::to_string(++rules_);
  const auto some = [&](const auto& from) {
    std::vector<std::string> chosen;
    for (const auto& one : from) {
      if (random_.chance(0.5)) chosen.push_back(one);
    }
    return chosen;
  };
  std::vector<std::string> categories, operators;
  for (const auto& category : world_.plan_.config.categories) categories.push_back(category.name);
  for (const auto& op : world_.plan_.config.operators) operators.push_back(op.name);
  if (random_.chance(0.7)) rule.scope.categories = some(categories);
  if (random_.chance(0.2)) rule.scope.tenants = some(world_.plan_.workload.tenants);
  if (random_.chance(0.2)) rule.scope.senders = some(world_.plan_.workload.senders);
  if (random_.chance(0.2)) rule.scope.places = some(world_.plan_.workload.places);
  if (random_.chance(0.2)) rule.scope.operators = some(operators);
  if (random_.chance(0.15)) rule.on_hold = throttle::OnHold::drop;
  const WallTime wall = world_.clock_.wall();
  if (random_.chance(0.4)) rule.starts_at = wall + std::chrono::milliseconds(random_.between(0, 5'000));
  if (random_.chance(0.4)) rule.ends_at = wall + std::chrono::milliseconds(random_.between(5'100, 15'000));
  if (random_.chance(0.15)) {
    // Quiet hours whose edge lies close: the run stands at 06:00 UTC, 11:30 in Kolkata.
    rule.kind = throttle::RuleKind::quiet;
    throttle::Daily daily;
    const bool kolkata = random_.chance(0.5);
    daily.zone = kolkata ? "Asia/Kolkata" : "UTC";
    const int now = kolkata ? 11 * 60 + 30 : 6 * 60;
    daily.from = std::chrono::minutes(now + static_cast<int>(random_.between(-1, 1)));
    daily.to = std::chrono::minutes(now + 2 + static_cast<int>(random_.between(0, 60)));
    rule.daily = daily;
  }
  const std::string id = rule.id;
  world_.office_.add(std::move(rule));
  later(500ms, 12s, [this, id] { world_.office_.lift(id); });
}

}  // namespace anchal::sim
