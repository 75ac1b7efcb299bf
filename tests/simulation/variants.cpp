#include "tests/simulation/variants.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tests/simulation/scenario.h"

namespace anchal::sim {

namespace {

using namespace std::chrono_literals;
using enum core::Variant;

// Several laws of the checker are one of the design's.
constexpr LawSet kKept{Law::conservation, Law::difference, Law::waiting};
constexpr LawSet kStopped{Law::gate, Law::effective};
constexpr LawSet kOnce{Law::doubt, Law::conservation, Law::difference, Law::waiting};
constexpr LawSet kOwned{Law::ownership, Law::doubt, Law::conservation, Law::difference, Law::waiting};

/// An engine whose wall clock is set forward or back, and which may write again only when Redis has been
/// silent for longer than its lease.
RunResult clocks_apart(std::uint64_t seed, std::size_t story, bool print) {
  Plan plan = Plan::plain();
  plan.seed = seed;
  plan.calm = false;
  plan.engines = 2;
  plan.config.partitions = 4;
  plan.config.operators = {operator_named("alpha", "9198", 60)};
  plan.config.operators[0].receipt_deadline = 130s;
  plan.behaviours.resize(1);
  World world(std::move(plan), story, print);
  Random random = Random(seed).fork("clocks");
  world.start();
  bool kept = world.run_for(5s);
  for (unsigned round = 0; round < 4 && kept; ++round) {
    SimEngine& engine = world.engine(round % 2);
    SimShard& shard = *engine.shards().front();
    for (unsigned i = 0; i < 4; ++i) world.hubs().push("transactional", 50, "9198");
    world.step_clock_of(engine, random.between(Duration(3s), Duration(60s)) * (random.chance(0.5) ? 1 : -1));
    kept = world.run_for(random.between(Duration(1s), Duration(2s)));
    world.checker().note_takeover();
    shard.pause_operator("alpha", true);
    shard.store().set_silent(true);
    kept = kept && world.run_for(world.config().lease + random.between(Duration(1ms), Duration(2s)));
    shard.pause_operator("alpha", false);
    kept = kept && world.run_for(200ms);
    shard.store().set_silent(false);
    shard.store().cut();
    world.step_clock_of(engine, -engine.clock_off());
    kept = kept && world.run_for(5s);
  }
  if (kept) world.run_to_rest(300s);
  return world.result();
}

constexpr std::array kBreakages{
    Breakage{settle_before_send, "settle_before_send", kKept, 20},
    Breakage{ledger_forgets, "ledger_forgets", kKept, 15},
    Breakage{move_forgets_row, "move_forgets_row", kKept, 15},
    Breakage{trim_past_watermark, "trim_past_watermark", kKept, 15},
    Breakage{map_after_settle, "map_after_settle", kKept, 40},
    Breakage{snapshot_forgets, "snapshot_forgets", {Law::doubt}, 80},
    Breakage{finals_not_seeded, "finals_not_seeded", kKept, 320},
    Breakage{receipt_counts_twice, "receipt_counts_twice", kKept, 15},
    Breakage{replayed_blindly, "replayed_blindly", kOnce, 480},
    Breakage{fence_stays, "fence_stays", kOnce, 880},
    Breakage{producer_key_ignored, "producer_key_ignored", kOnce, 15},
    Breakage{gate_before_queue_only, "gate_before_queue_only", kStopped, 40},
    Breakage{gate_spares_retries, "gate_spares_retries", kStopped, 75},
    Breakage{fails_open, "fails_open", {Law::gate}, 90},
    Breakage{acknowledged_unsent, "acknowledged_unsent", {Law::effective}, 100},
    Breakage{clock_rule_unsettled, "clock_rule_unsettled", {Law::effective}, 60},
    Breakage{clock_read_once, "clock_read_once", {Law::gate, Law::effective, Law::ownership}, 200},
    Breakage{rate_in_messages, "rate_in_messages", {Law::rate}, 30},
    Breakage{window_empty, "window_empty", {Law::rate}, 480},
    Breakage{share_kept, "share_kept", {Law::rate}, 240},
    Breakage{window_in_messages, "window_in_messages", {Law::window}, 15},
    Breakage{no_intent, "no_intent", {Law::doubt}, 30},
    Breakage{wait_ignored, "wait_ignored", {Law::doubt}, 400},
    Breakage{resends_everything, "resends_everything", {Law::doubt}, 15},
    Breakage{doubt_unsaid, "doubt_unsaid", {Law::doubt}, 40},
    Breakage{resend_unsaid, "resend_unsaid", {Law::truth}, 25},
    Breakage{doubt_as_delivered, "doubt_as_delivered", {Law::truth}, 15},
    Breakage{doubt_not_retold, "doubt_not_retold", {Law::evidence}, 180},
    Breakage{id_after_doubt, "id_after_doubt", {Law::evidence}, 240},
    Breakage{strays_unsought, "strays_unsought", {Law::evidence}, 80},
    Breakage{query_unasked, "query_unasked", {Law::evidence}, 290},
    Breakage{alarm_unsaid, "alarm_unsaid", {Law::alarm}, 120},
    Breakage{no_fencing, "no_fencing", kOwned, 50},
    Breakage{lease_ignored, "lease_ignored", kOwned, 80},
    Breakage{lease_from_answer, "lease_from_answer", kOwned, 150},
    Breakage{lease_by_redis_clock, "lease_by_redis_clock", kOwned, 15, true, clocks_apart},
    Breakage{claims_early, "claims_early", kOwned, 120},
    Breakage{unbounded_queue, "unbounded_queue", {Law::memory}, 100},
    Breakage{bulk_before_otp, "bulk_before_otp", {Law::urgency}, 120},
    Breakage{full_queue_blocks, "full_queue_blocks", {Law::urgency}, 200},
    Breakage{number_in_notice, "number_in_notice", {Law::privacy}, 15},
    Breakage{order_by_address, "order_by_address", {Law::determinism}, 300, false},
    Breakage{not_before_ignored, "not_before_ignored", {Law::times}, 15},
    Breakage{expires_before_queue, "expires_before_queue", {Law::times}, 60},
    Breakage{text_of_first_row, "text_of_first_row", {Law::content}, 15},
    Breakage{reference_anew, "reference_anew", {Law::truth}, 20},
    Breakage{short_write_ignored, "short_write_ignored", {Law::contract}, 15},
};
static_assert(kBreakages.size() + 1 == static_cast<std::size_t>(core::Variant::count),
              "every variant has its row");

constexpr bool broken_by_some(Law law) {
  return std::ranges::any_of(kBreakages, [law](const Breakage& one) { return one.laws.has(law); });
}
constexpr bool every_law_is_broken() {
  for (std::size_t law = 0; law < kLaws; ++law) {
    if (!broken_by_some(static_cast<Law>(law))) return false;
  }
  return true;
}
static_assert(every_law_is_broken(), "a law that no variant breaks may be one that nothing checks");

}  // namespace

std::span<const Breakage> breakages() {
  return kBreakages;
}

const Breakage* breakage_named(std::string_view name) {
  const auto all = breakages();
  const auto found = std::ranges::find(all, name, &Breakage::name);
  return found == all.end() ? nullptr : &*found;
}

RunResult Breakage::run(core::Variant on, std::uint64_t seed, std::size_t story, bool print) const {
  core::broken_variant = on;
  RunResult run =
      world != nullptr ? world(seed, story, print) : World(Plan::of_seed(seed), story, print).run();
  core::broken_variant = core::Variant::none;
  return run;
}

Hunt hunt(const Breakage& breakage, std::uint64_t seeds, unsigned times) {
  Hunt hunt;
  while (hunt.seeds < seeds && hunt.caught.size() < times) {
    const std::uint64_t seed = ++hunt.seeds;
    const RunResult run = breakage.run(breakage.variant, seed);
    std::string seen, other;
    for (const Violation& violation : run.violations) {
      (breakage.laws.has(violation.law) ? seen : other) = kLawNames[static_cast<std::size_t>(violation.law)];
    }
    if (!breakage.repeatable && breakage.run(breakage.variant, seed).hash != run.hash) seen = "determinism";
    // What the core does wrong by itself in this seed says nothing about the breakage.
    if (!seen.empty() && !breakage.run(core::Variant::none, seed).ok()) {
      ++hunt.others["without it too"];
    } else if (!seen.empty()) {
      hunt.caught.push_back(seed);
      ++hunt.laws[seen];
    } else if (!other.empty()) {
      ++hunt.others[other];
    }
  }
  return hunt;
}

}  // namespace anchal::sim
