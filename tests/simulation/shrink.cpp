#include "tests/simulation/shrink.h"

#include <algorithm>
#include <numeric>

namespace anchal::sim {
namespace {

class Shrinker {
 public:
  Shrinker(Reduction from, const Fails& fails, unsigned runs_at_most)
      : best_(std::move(from)), fails_(fails), runs_left_(runs_at_most) {}

  /// Keeps a candidate that still fails.
  bool keep(const Reduction& candidate) {
    if (runs_left_ == 0) return false;
    --runs_left_;
    ++runs_;
    if (!fails_(candidate)) return false;
    best_ = candidate;
    return true;
  }

  void number(unsigned Reduction::* value, unsigned now) {
    for (unsigned less = 1; less < now; less = less * 2 < now ? less * 2 : less + 1) {
      Reduction candidate = best_;
      candidate.*value = less;
      if (keep(candidate)) return;
    }
  }

  void plain(bool Reduction::* value) {
    if (best_.*value) return;
    Reduction candidate = best_;
    candidate.*value = true;
    keep(candidate);
  }

  /// Delta debugging: leaves out pieces of the list, smaller and smaller ones.
  bool list(std::optional<std::vector<unsigned>> Reduction::* value, std::size_t all) {
    bool progress = false;
    std::vector<unsigned> left;
    if (best_.*value) {
      left = *(best_.*value);
    } else {
      left.resize(all);
      std::iota(left.begin(), left.end(), 0u);
    }
    for (std::size_t piece = std::max<std::size_t>(left.size() / 2, 1); !left.empty();) {
      bool smaller = false;
      for (std::size_t at = 0; at < left.size();) {
        std::vector<unsigned> without = left;
        const auto from = without.begin() + static_cast<std::ptrdiff_t>(at);
        without.erase(from, from + static_cast<std::ptrdiff_t>(std::min(piece, left.size() - at)));
        Reduction candidate = best_;
        candidate.*value = without;
        if (keep(candidate)) {
          left = std::move(without);
          smaller = progress = true;
        } else {
          at += piece;
        }
      }
      if (piece == 1 && !smaller) break;
      if (!smaller || piece > left.size()) piece = std::max<std::size_t>(piece / 2, 1);
      if (runs_left_ == 0) break;
    }
    return progress;
  }

  const Reduction& best() const { return best_; }
  unsigned runs() const { return runs_; }
  bool tired() const { return runs_left_ == 0; }

 private:
  Reduction best_;
  const Fails& fails_;
  unsigned runs_left_;
  unsigned runs_ = 0;
};

}  // namespace

Shrunk shrink(Reduction from, const Fails& fails, unsigned runs_at_most) {
  const Plan whole = from.plan();
  Shrinker shrinker(std::move(from), fails, runs_at_most);
  // A world that never comes to rest shows it as well after a shorter wait.
  Reduction hasty = shrinker.best();
  hasty.patience = 200;
  shrinker.keep(hasty);
  // The big cuts first: each makes all later runs cheaper.
  shrinker.list(&Reduction::faults, whole.schedule.size());
  shrinker.list(&Reduction::jobs, whole.workload.jobs);
  shrinker.number(&Reduction::engines, whole.engines);
  shrinker.number(&Reduction::shards, whole.shards);
  shrinker.number(&Reduction::partitions, whole.config.partitions);
  shrinker.number(&Reduction::operators, static_cast<unsigned>(whole.config.operators.size()));
  shrinker.number(&Reduction::recipients, std::max(whole.workload.recipients_max, 30u));
  shrinker.plain(&Reduction::plain_operators);
  shrinker.plain(&Reduction::plain_network);
  shrinker.plain(&Reduction::plain_store);
  shrinker.plain(&Reduction::plain_limits);
  // What could not go before may go now.
  while (!shrinker.tired()) {
    const bool faults = shrinker.list(&Reduction::faults, whole.schedule.size());
    const bool jobs = shrinker.list(&Reduction::jobs, whole.workload.jobs);
    if (!faults && !jobs) break;
  }
  return {shrinker.best(), shrinker.runs()};
}

Fails breaks(Law law) {
  return [law](const Reduction& reduction) {
    const RunResult run = World(reduction.plan()).run();
    return std::ranges::find(run.violations, law, &Violation::law) != run.violations.end();
  };
}

std::string story_of(const Reduction& reduction, std::string_view program, std::size_t lines_at_most) {
  const Plan plan = reduction.plan();
  std::string text = fmt::format(
      "{} {} of {} {}, {} {}, {} {}; {} of the {} faults planned\n", plan.engines,
      plan.engines == 1 ? "engine" : "engines", plan.shards, plan.shards == 1 ? "shard" : "shards",
      plan.config.partitions, plan.config.partitions == 1 ? "partition" : "partitions",
      plan.config.operators.size(), plan.config.operators.size() == 1 ? "operator" : "operators",
      plan.schedule.size(), Plan::of_seed(reduction.seed).schedule.size());
  const RunResult run = World(reduction.plan(), lines_at_most).run();
  if (run.story.size() == lines_at_most) text += "  … what came before is left out\n";
  for (const auto& line : run.story) text += "  " + line + "\n";
  text += "  ----\n";
  for (const auto& violation : run.violations) {
    text += fmt::format(
        "  law violated: {} at {:.6f}: {}\n", kLawNames[static_cast<std::size_t>(violation.law)],
        std::chrono::duration<double>(violation.at - SimClock::kMonoStart).count(), violation.what);
  }
  text += fmt::format("  again: {} --world '{}' --verbose\n", program, reduction.text());
  return text;
}

}  // namespace anchal::sim
