#include "tests/simulation/variants.h"

#include <algorithm>
#include <array>
#include <utility>

namespace anchal::sim {

std::span<const Breakage> breakages() {
  using enum core::Variant;
  // The checker's names: several of its laws are one of the design's.
  static const std::vector<std::string_view> kept{"conservation", "difference", "waiting"};
  static const std::vector<std::string_view> stopped{"gate", "effective"};
  static const std::vector<std::string_view> once{"doubt", "conservation", "difference", "waiting"};
  static const std::vector<std::string_view> owned{"ownership", "doubt", "conservation", "difference",
                                                   "waiting"};
  static const std::array kAll{
      Breakage{settle_before_send, "settle_before_send", kept, 20},
      Breakage{ledger_forgets, "ledger_forgets", kept, 15},
      Breakage{move_forgets_row, "move_forgets_row", kept, 15},
      Breakage{trim_past_watermark, "trim_past_watermark", kept, 15},
      Breakage{map_after_settle, "map_after_settle", kept, 40},
      Breakage{snapshot_forgets, "snapshot_forgets", {"doubt"}, 80},
      Breakage{finals_not_seeded, "finals_not_seeded", kept, 320},
      Breakage{receipt_counts_twice, "receipt_counts_twice", kept, 15},
      Breakage{replayed_blindly, "replayed_blindly", once, 480},
      Breakage{fence_stays, "fence_stays", once, 480},
      Breakage{producer_key_ignored, "producer_key_ignored", once, 15},
      Breakage{gate_before_queue_only, "gate_before_queue_only", stopped, 40},
      Breakage{gate_spares_retries, "gate_spares_retries", stopped, 40},
      Breakage{fails_open, "fails_open", {"gate"}, 40},
      Breakage{acknowledged_unsent, "acknowledged_unsent", {"effective"}, 100},
      Breakage{clock_rule_unsettled, "clock_rule_unsettled", {"effective"}, 60},
      Breakage{rate_in_messages, "rate_in_messages", {"rate"}, 30},
      Breakage{window_empty, "window_empty", {"rate"}, 480},
      Breakage{share_kept, "share_kept", {"rate"}, 240},
      Breakage{no_intent, "no_intent", {"doubt"}, 30},
      Breakage{wait_ignored, "wait_ignored", {"doubt"}, 400},
      Breakage{resends_everything, "resends_everything", {"doubt"}, 15},
      Breakage{doubt_unsaid, "doubt_unsaid", {"doubt"}, 15},
      Breakage{resend_unsaid, "resend_unsaid", {"truth"}, 25},
      Breakage{doubt_as_delivered, "doubt_as_delivered", {"truth"}, 15},
      Breakage{doubt_not_retold, "doubt_not_retold", {"evidence"}, 180},
      Breakage{id_after_doubt, "id_after_doubt", {"evidence"}, 240},
      Breakage{strays_unsought, "strays_unsought", {"evidence"}, 80},
      Breakage{query_unasked, "query_unasked", {"evidence"}, 160},
      Breakage{no_fencing, "no_fencing", owned, 50},
      Breakage{lease_ignored, "lease_ignored", owned, 80},
      Breakage{lease_from_answer, "lease_from_answer", owned, 80},
      Breakage{claims_early, "claims_early", owned, 120},
      Breakage{unbounded_queue, "unbounded_queue", {"memory"}, 100},
      Breakage{bulk_before_otp, "bulk_before_otp", {"urgency"}, 120},
      Breakage{full_queue_blocks, "full_queue_blocks", {"urgency"}, 200},
      Breakage{number_in_notice, "number_in_notice", {"privacy"}, 15},
      Breakage{order_by_address, "order_by_address", {"determinism"}, 160, false},
      Breakage{not_before_ignored, "not_before_ignored", {"times"}, 15},
      Breakage{expires_before_queue, "expires_before_queue", {"times"}, 60},
  };
  static_assert(kAll.size() + 1 == static_cast<std::size_t>(count), "every variant has its row");
  return kAll;
}

const Breakage* breakage_named(std::string_view name) {
  const auto all = breakages();
  const auto found = std::ranges::find(all, name, &Breakage::name);
  return found == all.end() ? nullptr : &*found;
}

RunResult run_broken(core::Variant variant, std::uint64_t seed, std::size_t story, bool print) {
  core::broken_variant = variant;
  RunResult run = World(Plan::of_seed(seed), story, print).run();
  core::broken_variant = core::Variant::none;
  return run;
}

Hunt hunt(const Breakage& breakage, std::uint64_t seeds, unsigned times) {
  Hunt hunt;
  while (hunt.seeds < seeds && hunt.caught.size() < times) {
    const std::uint64_t seed = ++hunt.seeds;
    const RunResult run = run_broken(breakage.variant, seed, 0, false);
    std::string seen, other;
    for (const Violation& violation : run.violations) {
      const std::string_view law = kLawNames[static_cast<std::size_t>(violation.law)];
      const bool meant = std::ranges::find(breakage.laws, law) != breakage.laws.end();
      (meant ? seen : other) = law;
    }
    if (!breakage.repeatable && run_broken(breakage.variant, seed, 0, false).hash != run.hash)
      seen = "determinism";
    // What the core does wrong by itself in this seed says nothing about the breakage.
    if (!seen.empty() && !run_broken(core::Variant::none, seed, 0, false).ok()) {
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
