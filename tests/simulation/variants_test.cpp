#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <charconv>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>

#include "tests/simulation/variants.h"

// anchal_sim_broken: the simulation on a core that breaks one law on purpose. A law whose breakage goes
// unseen is not checked.

namespace anchal::sim {
namespace {

constexpr int kUsage = 64;
constexpr unsigned kCatches = 5;  // --measure: how often a breakage is caught before the next one's turn

/// One test a breakage: "Variant.no_intent".
class CaughtTest final : public testing::Test {
 public:
  explicit CaughtTest(const Breakage& breakage) : breakage_(breakage) {}
  void TestBody() override {
    const Hunt found = hunt(breakage_, breakage_.seeds);
    std::string others;
    for (const auto& [law, count] : found.others) others += fmt::format(" {} x{}", law, count);
    ASSERT_FALSE(found.caught.empty()) << breakage_.name << " went unseen in " << breakage_.seeds
                                       << " seeds; other laws broken:" << (others.empty() ? " none" : others);
    fmt::print("{} breaks {}: seed {} of at most {}\n", breakage_.name, found.laws.begin()->first,
               found.caught.front(), breakage_.seeds);
  }

 private:
  const Breakage& breakage_;
};

void register_breakages() {
  for (const Breakage& breakage : breakages()) {
    testing::RegisterTest("Variant", std::string(breakage.name).c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [&breakage]() -> testing::Test* { return new CaughtTest(breakage); });
  }
}

struct Options {
  bool measure = false, verbose = false;
  const Breakage* variant = nullptr;
  std::uint64_t first_seed = 1, seeds = 200;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
};

/// The first catching seed, the law, and how often, of every variant (or the one named).
int measure(const Options& options) {
  std::vector<const Breakage*> wanted;
  for (const Breakage& one : breakages()) {
    if (options.variant == nullptr || options.variant == &one) wanted.push_back(&one);
  }
  std::atomic<std::size_t> next{0};
  std::atomic<unsigned> unseen{0};
  std::mutex printing;
  fmt::print("{:<24} {:>5} {:>16}  {:<28} {}\n", "variant", "seed", "caught of seeds", "laws", "only others");
  const auto work = [&] {
    for (std::size_t i = next++; i < wanted.size(); i = next++) {
      const Hunt found = hunt(*wanted[i], options.seeds, kCatches);
      std::string laws, others;
      for (const auto& [law, count] : found.laws) laws += fmt::format("{} x{} ", law, count);
      for (const auto& [law, count] : found.others) others += fmt::format("{} x{} ", law, count);
      const std::lock_guard lock(printing);
      if (found.caught.empty()) ++unseen;
      fmt::print("{:<24} {:>5} {:>8} of {:>4}  {:<28} {}\n", wanted[i]->name,
                 found.caught.empty() ? "-" : std::to_string(found.caught.front()), found.caught.size(),
                 found.seeds, laws, others);
      std::fflush(stdout);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.jobs; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  return unseen == 0 ? 0 : 1;
}

/// What a variant does to single seeds, with their stories.
int show(const Options& options) {
  for (std::uint64_t seed = options.first_seed; seed < options.first_seed + options.seeds; ++seed) {
    const RunResult run = options.variant->run(options.variant->variant, seed, 60, options.verbose);
    fmt::print("seed {}: {}\n", seed, run.ok() ? "nothing seen" : "violations");
    if (!run.ok() && !options.verbose) {
      for (const auto& line : run.story) fmt::print("  {}\n", line);
    }
    for (const Violation& violation : run.violations)
      fmt::print("  law violated: {}: {}\n", kLawNames[static_cast<std::size_t>(violation.law)],
                 violation.what);
  }
  return 0;
}

int usage(const char* program) {
  fmt::print(stderr,
             "usage: {0} [gtest options]                  a test for each variant: is it caught?\n"
             "       {0} --measure [--variant NAME] [--seeds N] [--jobs J]\n"
             "                                           first catching seed and law of every variant\n"
             "       {0} --variant NAME [--first-seed K] [--seeds N] [--verbose]\n"
             "variants:\n",
             program);
  for (const Breakage& one : breakages()) fmt::print(stderr, "  {}\n", one.name);
  return kUsage;
}

/// Everything but running the tests. No value: these are not our options.
std::optional<int> run_command(std::span<const char* const> arguments) {
  if (arguments.size() < 2 || std::string_view(arguments[1]).starts_with("--gtest")) return std::nullopt;
  Options options;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--measure" || name == "--verbose") {
      (name == "--measure" ? options.measure : options.verbose) = true;
      continue;
    }
    if (i + 1 == arguments.size()) return usage(arguments[0]);
    const std::string_view value = arguments[++i];
    if (name == "--variant") {
      options.variant = breakage_named(value);
      if (options.variant == nullptr) return usage(arguments[0]);
      continue;
    }
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size()) return usage(arguments[0]);
    if (name == "--seeds") {
      options.seeds = number;
    } else if (name == "--first-seed") {
      options.first_seed = number;
    } else if (name == "--jobs") {
      options.jobs = static_cast<unsigned>(std::max<std::uint64_t>(1, number));
    } else {
      return usage(arguments[0]);
    }
  }
  if (!options.measure && options.variant == nullptr) return usage(arguments[0]);
  return options.measure ? measure(options) : show(options);
}

TEST(VariantBuild, KeepsTheLawsWhenNothingIsSwitchedOn) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    const RunResult run = World(Plan::of_seed(seed)).run();
    EXPECT_TRUE(run.ok()) << "seed " << seed << ": "
                          << kLawNames[static_cast<std::size_t>(run.violations.front().law)] << ": "
                          << run.violations.front().what;
  }
}

TEST(VariantBuild, AnUnknownVariantIsAUsageError) {
  const char* const unknown[] = {"anchal_sim_broken", "--variant", "no_such_variant"};
  EXPECT_EQ(run_command(unknown), kUsage);
  const char* const nameless[] = {"anchal_sim_broken", "--measure", "--variant"};
  EXPECT_EQ(run_command(nameless), kUsage);
}

TEST(VariantBuild, TheDocumentsNameAsManyFaultsLawsAndVariantsAsThereAre) {
  std::ifstream file(ANCHAL_SOURCE_DIR "/docs/reliability.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const std::size_t variants = breakages().size();
  for (const auto& words :
       {fmt::format(" {} kinds of faults", kFaults), fmt::format(" {} laws checked", kLaws),
        fmt::format(" {} deliberate breakages", variants), fmt::format(" {0} of {0} caught", variants)})
    EXPECT_NE(page.find(words), std::string::npos) << "docs/reliability.md does not say:" << words;
}

TEST(VariantBuild, EveryVariantIsKnownByItsName) {
  std::size_t number = 0;
  for (const Breakage& one : breakages()) {
    EXPECT_EQ(static_cast<std::size_t>(one.variant), ++number) << one.name;
    EXPECT_EQ(breakage_named(one.name), &one);
  }
}

}  // namespace
}  // namespace anchal::sim

int main(int argc, char** argv) {
  anchal::sim::register_breakages();
  if (const auto code = anchal::sim::run_command({argv, static_cast<std::size_t>(argc)})) return *code;
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
