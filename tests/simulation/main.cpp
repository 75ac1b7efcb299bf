#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/simulation/shrink.h"
#include "tests/simulation/world.h"

// anchal_sim: whole worlds, one a seed. A failing seed is shrunk to a short story: what happened, the law
// that was broken, and the command that shows it again.

namespace {

using namespace anchal::sim;

// What --all-met wants beside every fault and every law: final answers to query_sm, of every thousand seeds.
constexpr std::uint64_t kFinalAnswersPerThousand = 100;

struct Options {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 300;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  unsigned twice_every = 10;   ///< every so many seeds runs twice: both must do the same
  unsigned shrink_runs = 300;  ///< at most, for one failing seed; 0: it is not shrunk
  std::uint64_t look_every = kLookEvery;
  unsigned stories = 5;  ///< so many failing seeds are shrunk
  bool verbose = false;
  bool all_met = false;  ///< a fault or a law that was never met is a failure
  bool quiet = false;
  std::size_t story = 120;
  std::optional<Reduction> world;
};

int usage(const char* program) {
  fmt::print(
      stderr,
      "usage: {} [--seeds N] [--first-seed K] [--jobs J] [--twice-every N] [--shrink RUNS] [--stories N]\n"
      "       {:{}} [--story LINES] [--quiet] [--verbose] [--all-met] [--world TEXT] [--look-every N]\n"
      "  --seeds N        so many runs (300)\n"
      "  --first-seed K   seeds K, K+1, ... (1)\n"
      "  --jobs J         so many at a time (number of cores)\n"
      "  --twice-every N  every Nth seed runs twice and must do the same both times (10; 0: none)\n"
      "  --look-every N   walks Redis after every N events (2000), and at every fault\n"
      "  --shrink RUNS    at most so many runs to shrink a failing seed (300; 0: tell it whole)\n"
      "  --stories N      so many failing seeds are shrunk and told (5)\n"
      "  --story LINES    last events shown of a failing seed (120)\n"
      "  --quiet          no line for a seed that keeps the laws\n"
      "  --verbose        every event of every run; one line a run otherwise\n"
      "  --all-met        fails also where a kind of fault or a law was never met\n"
      "  --world TEXT     one world, as a story names it: 'seed=7 engines=1 jobs=3 faults=0,2'\n",
      program, "", std::string_view(program).size());
  return 64;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--verbose" || name == "--all-met" || name == "--quiet") {
      (name == "--verbose" ? options.verbose : name == "--quiet" ? options.quiet : options.all_met) = true;
      continue;
    }
    if (i + 1 == argc) return false;
    if (name == "--world") {
      options.world = Reduction::parse(argv[++i]);
      if (!options.world) return false;
      continue;
    }
    char* end = nullptr;
    const auto value = std::strtoull(argv[++i], &end, 10);
    if (*end != '\0') return false;
    if (name == "--seeds") {
      options.seeds = value;
    } else if (name == "--first-seed") {
      options.first_seed = value;
    } else if (name == "--jobs") {
      options.jobs = static_cast<unsigned>(std::max<std::uint64_t>(1, value));
    } else if (name == "--twice-every") {
      options.twice_every = static_cast<unsigned>(value);
    } else if (name == "--shrink") {
      options.shrink_runs = static_cast<unsigned>(value);
    } else if (name == "--look-every") {
      if (value == 0) return false;
      options.look_every = value;
    } else if (name == "--stories") {
      options.stories = static_cast<unsigned>(value);
    } else if (name == "--story") {
      options.story = value;
    } else {
      return false;
    }
  }
  return true;
}

std::string line_of(const RunResult& run) {
  std::string faults;
  for (std::size_t i = 0; i < kFaults; ++i) {
    if (run.faults[i] > 0) faults += fmt::format(" {}={}", kFaultNames[i], run.faults[i]);
  }
  std::string finals;
  for (const auto& [state, count] : run.numbers.finals) finals += fmt::format(" {}={}", state, count);
  return fmt::format(
      "seed {} {:.1f} s simulated, {} messages, {} parts written, {} events | final{} | duplicates {} "
      "in_doubt {} held {} | faults{}",
      run.seed, std::chrono::duration<double>(run.simulated).count(), run.messages, run.numbers.parts_written,
      run.events, finals, run.numbers.duplicates, run.numbers.in_doubt, run.numbers.held,
      faults.empty() ? " none" : faults);
}

std::string violations_of(const RunResult& run) {
  std::string text;
  for (const auto& violation : run.violations) {
    text += fmt::format(
        "  law violated: {} at {:.6f}: {}\n", kLawNames[static_cast<std::size_t>(violation.law)],
        std::chrono::duration<double>(violation.at - SimClock::kMonoStart).count(), violation.what);
  }
  return text;
}

/// What all runs together have met.
struct Totals {
  std::array<std::uint64_t, kLaws> checks{};
  std::array<std::uint64_t, kFaults> faults{};
  std::map<std::string, std::uint64_t> finals;
  std::map<std::uint64_t, Law> failed;
  std::uint64_t runs = 0, messages = 0, twice = 0, duplicates = 0, events = 0;
  std::uint64_t queries = 0, queries_final = 0, unprotected = 0, confirmed = 0;
  double simulated = 0;

  void add(const RunResult& run, bool again) {
    ++runs;
    for (std::size_t i = 0; i < kLaws; ++i) checks[i] += run.checks[i];
    for (std::size_t i = 0; i < kFaults; ++i) faults[i] += run.faults[i];
    for (const auto& [state, count] : run.numbers.finals) finals[state] += count;
    messages += run.messages;
    events += run.events;
    duplicates += run.numbers.duplicates;
    queries += run.numbers.queries;
    queries_final += run.numbers.queries_final;
    unprotected += run.numbers.unprotected;
    confirmed += run.numbers.confirmed;
    simulated += std::chrono::duration<double>(run.simulated).count();
    twice += again ? 1 : 0;
    checks[static_cast<std::size_t>(Law::determinism)] += again ? 1 : 0;
    if (!run.ok()) failed.emplace(run.seed, run.violations.front().law);
  }

  /// True: every kind of fault and every law was met, and enough answers to query_sm.
  bool print(double seconds) const {
    fmt::print(
        "\n{} seeds in {:.0f} s, {} failed, {} run twice\n{} messages, {:.1f} h simulated, {} events, {} "
        "parts "
        "delivered twice to an operator\n",
        runs, seconds, failed.size(), twice, messages, simulated / 3600, events, duplicates);
    bool all = true;
    const auto table = [&all](std::string_view title, const auto& names, const auto& counts) {
      fmt::print("{}\n", title);
      for (std::size_t i = 0; i < names.size(); ++i) {
        fmt::print("  {:<28}{:>12}{}\n", names[i], counts[i], counts[i] == 0 ? "  NEVER MET" : "");
        all = all && counts[i] > 0;
      }
    };
    table("faults injected:", kFaultNames, faults);
    table("laws checked:", kLawNames, checks);
    const std::uint64_t wanted = runs * kFinalAnswersPerThousand / 1000;
    fmt::print("query_sm: {} answered, {} with a final state ({} wanted){}\n", queries, queries_final, wanted,
               queries_final < wanted ? "  TOO FEW" : "");
    all = all && queries_final >= wanted;
    fmt::print("parts that neither Redis nor a state file remembered after a power cut: {}\n", unprotected);
    fmt::print("parts of then that were remembered because a replica had confirmed their intents: {}\n",
               confirmed);
    fmt::print("final:");
    for (const auto& [state, count] : finals) fmt::print(" {}={}", state, count);
    fmt::print("\n");
    if (!failed.empty()) fmt::print("failing seeds:");
    for (const auto& [seed, law] : failed)
      fmt::print(" {} ({})", seed, kLawNames[static_cast<std::size_t>(law)]);
    if (!failed.empty()) fmt::print("\n");
    return all;
  }
};

RunResult run_seed(std::uint64_t seed, const Options& options, bool again) {
  // The story is told by another run of the same seed: the first need not remember it.
  const auto once = [&](bool verbose) {
    World world(Plan::of_seed(seed), verbose ? 1 : 0, verbose);
    world.look_every(options.look_every);
    return world.run();
  };
  RunResult run = once(options.verbose);
  if (again && run.ok() && once(false).hash != run.hash) {
    run.violations.push_back({Law::determinism, "the same seed did something else the second time", {}});
  }
  return run;
}

std::string tell(const RunResult& run, const Options& options, const char* program) {
  Reduction whole;
  whole.seed = run.seed;
  const Law law = run.violations.front().law;
  if (options.shrink_runs == 0 || law == Law::determinism) {
    return violations_of(run) + fmt::format("  again: {} --world 'seed={}' --verbose\n", program, run.seed);
  }
  const Shrunk shrunk = shrink(whole, breaks(law), options.shrink_runs);
  return violations_of(run) + fmt::format("shrunk in {} runs:\n", shrunk.runs) +
         story_of(shrunk.reduction, program, options.story);
}

int run_world(const Options& options, const char* program) {
  World world(options.world->plan(), 1, options.verbose);
  world.look_every(options.look_every);
  const RunResult run = world.run();
  if (options.verbose) {
    fmt::print("{}{}\n", violations_of(run), line_of(run));
  } else {
    fmt::print("{}", story_of(*options.world, program, options.story));
  }
  return run.ok() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return usage(argv[0]);
  if (options.world) return run_world(options, argv[0]);

  const auto began = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> next{0};
  std::atomic<unsigned> told{0};
  std::mutex printing;
  Totals totals;
  const auto work = [&] {
    for (;;) {
      const std::uint64_t number = next++;
      if (number >= options.seeds) return;
      const bool again = options.twice_every > 0 && number % options.twice_every == 0;
      const RunResult run = run_seed(options.first_seed + number, options, again);
      std::string story;
      if (!run.ok()) {
        story = told++ < options.stories
                    ? tell(run, options, argv[0])
                    : violations_of(run) +
                          fmt::format("  again: {} --first-seed {} --seeds 1\n", argv[0], run.seed);
      }
      const std::lock_guard lock(printing);
      if (!options.quiet || !run.ok())
        fmt::print("{} {}\n{}", run.ok() ? "ok  " : "FAIL", line_of(run), story);
      std::fflush(stdout);
      totals.add(run, again);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.jobs; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();

  const bool all =
      totals.print(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  if (!all && options.all_met)
    fmt::print("a fault or a law was never met, or query_sm answered too rarely\n");
  return totals.failed.empty() && (all || !options.all_met) ? 0 : 1;
}
