#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tests/simulation/world.h"

// What worlds written by hand have in common.

namespace anchal::sim {

/// Who takes numbers of `prefix`, and behaves. `tps` 0: without a contract.
inline core::OperatorConfig operator_named(std::string name, std::string prefix, unsigned tps) {
  core::OperatorConfig op;
  op.name = std::move(name);
  op.system_id = "anchal";
  op.prefixes = {std::move(prefix)};
  op.tps = tps;
  op.binds = 2;
  op.window = 50;
  op.response_timeout = std::chrono::seconds(10);
  op.receipt_deadline = std::chrono::seconds(30);
  op.reconnect_min = std::chrono::milliseconds(100);
  op.reconnect_max = std::chrono::seconds(1);
  return op;
}

/// One operator of 9198 and one engine, in which faults may happen: nobody measures how long an OTP waits.
inline Plan one_operator(unsigned tps = 0, Duration response_timeout = std::chrono::seconds(5),
                         Duration receipt_deadline = std::chrono::seconds(40)) {
  Plan plan = Plan::plain();
  plan.calm = false;
  plan.config.operators = {operator_named("alpha", "9198", tps)};
  plan.config.operators[0].response_timeout = response_timeout;
  plan.config.operators[0].receipt_deadline = receipt_deadline;
  plan.behaviours.resize(1);
  return plan;
}

/// For a test that fails: the laws that were broken, and what happened before.
inline std::string report(World& world) {
  std::string text;
  for (const auto& violation : world.checker().violations()) {
    text += fmt::format("{}: {}\n", kLawNames[static_cast<std::size_t>(violation.law)], violation.what);
  }
  for (const auto& line : world.trace().lines()) text += line + "\n";
  return text;
}

/// More than one part holds.
inline std::string long_text(std::size_t octets) {
  std::string text = "zq long";
  while (text.size() < octets) text += " word";
  return text;
}

inline std::size_t ids_in_the_receipt_map(World& world) {
  std::size_t count = 0;
  for (const auto& [key, object] : world.redis().data().objects()) {
    if (key.find(":receipts:") == std::string::npos) continue;
    if (const auto* const hash = std::get_if<Hash>(&object.value)) count += hash->fields.size();
  }
  return count;
}

inline Plan engines_on(std::size_t engines, std::uint16_t partitions) {
  Plan plan = one_operator();
  plan.engines = engines;
  plan.config.partitions = partitions;
  return plan;
}

/// The same with a Redis some way off, and answers in any order: at any moment something is on its way.
inline Plan plan_under_way(std::size_t engines, std::uint16_t partitions) {
  Plan plan = engines_on(engines, partitions);
  plan.store.latency_max = std::chrono::milliseconds(10);
  plan.config.operators[0].tps = 400;
  plan.behaviours[0].response_jitter = std::chrono::milliseconds(40);
  return plan;
}

inline SimulatedStore& store_of(World& world, std::size_t slot) {
  return world.engine(slot).shards()[0]->store();
}

/// Partitions of the engine there.
inline std::uint64_t owned(World& world, std::size_t slot) {
  return world.engine(slot).shards()[0]->counters().partitions_owned;
}

}  // namespace anchal::sim
