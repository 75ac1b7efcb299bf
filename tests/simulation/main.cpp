#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/simulation/world.h"

// anchal_sim: whole worlds, one a seed. A failing seed prints the law, the story and how to see it again.

namespace {

using namespace anchal::sim;

struct Options {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 300;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  unsigned twice_every = 10;  ///< every so many seeds runs twice: both must do the same
  bool verbose = false;
  std::size_t story = 60;
};

int usage(const char* program) {
  fmt::print(
      stderr,
      "usage: {} [--seeds N] [--first-seed K] [--jobs J] [--twice-every N] [--story LINES] [--verbose]\n"
      "  --seeds N        so many runs (300)\n"
      "  --first-seed K   seeds K, K+1, ... (1)\n"
      "  --jobs J         so many at a time (number of cores)\n"
      "  --twice-every N  every Nth seed runs twice and must do the same both times (10; 0: none)\n"
      "  --story LINES    last events shown of a failing seed (60)\n"
      "  --verbose        every event of every run; one line a run otherwise\n",
      program);
  return 64;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--verbose") {
      options.verbose = true;
      continue;
    }
    if (i + 1 == argc) return false;
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

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return usage(argv[0]);

  std::atomic<std::uint64_t> next{0};
  std::mutex printing;
  std::vector<std::uint64_t> failed;
  std::array<std::uint64_t, kLaws> checks{};
  std::array<std::uint64_t, kFaults> faults{};
  std::uint64_t messages = 0, twice = 0, duplicates = 0;
  double simulated = 0;
  std::map<std::string, std::uint64_t> finals;

  const auto work = [&] {
    for (;;) {
      const std::uint64_t number = next++;
      if (number >= options.seeds) return;
      const std::uint64_t seed = options.first_seed + number;
      // The story is told by a second run of the same seed: the first need not remember it.
      RunResult run = World(Plan::of_seed(seed), options.verbose ? 1 : 0, options.verbose).run();
      const bool again = options.twice_every > 0 && number % options.twice_every == 0;
      if (again && run.ok()) {
        const RunResult second = World(Plan::of_seed(seed)).run();
        if (second.hash != run.hash) {
          run.violations.push_back(
              {Law::contract, "determinism: the same seed did something else the second time", {}});
        }
      }
      std::vector<std::string> story;
      if (!run.ok() && !options.verbose) story = World(Plan::of_seed(seed), options.story).run().story;

      const std::lock_guard lock(printing);
      fmt::print("{} {}\n", run.ok() ? "ok  " : "FAIL", line_of(run));
      if (!run.ok()) {
        failed.push_back(seed);
        for (const auto& line : story) fmt::print("  {}\n", line);
        for (const auto& violation : run.violations) {
          fmt::print("  law violated: {} at {:.6f}: {}\n", kLawNames[static_cast<std::size_t>(violation.law)],
                     std::chrono::duration<double>(violation.at - SimClock::kMonoStart).count(),
                     violation.what);
        }
        fmt::print("  again: {} --first-seed {} --seeds 1 --verbose\n", argv[0], seed);
      }
      std::fflush(stdout);
      for (std::size_t i = 0; i < kLaws; ++i) checks[i] += run.checks[i];
      for (std::size_t i = 0; i < kFaults; ++i) faults[i] += run.faults[i];
      for (const auto& [state, count] : run.numbers.finals) finals[state] += count;
      messages += run.messages;
      duplicates += run.numbers.duplicates;
      twice += again ? 1 : 0;
      simulated += std::chrono::duration<double>(run.simulated).count();
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.jobs; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();

  fmt::print(
      "\n{} seeds, {} failed, {} run twice; {} messages, {:.0f} s simulated, {} parts delivered twice to an "
      "operator\n",
      options.seeds, failed.size(), twice, messages, simulated, duplicates);
  fmt::print("laws checked:");
  for (std::size_t i = 0; i < kLaws; ++i) fmt::print(" {}={}", kLawNames[i], checks[i]);
  fmt::print("\nfaults:");
  for (std::size_t i = 0; i < kFaults; ++i) fmt::print(" {}={}", kFaultNames[i], faults[i]);
  fmt::print("\nfinal:");
  for (const auto& [state, count] : finals) fmt::print(" {}={}", state, count);
  fmt::print("\n");
  if (!failed.empty()) {
    std::ranges::sort(failed);
    fmt::print("failing seeds:");
    for (const auto seed : failed) fmt::print(" {}", seed);
    fmt::print("\n");
  }
  return failed.empty() ? 0 : 1;
}
