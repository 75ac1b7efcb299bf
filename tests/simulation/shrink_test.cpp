#include "tests/simulation/shrink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace anchal::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

/// A seed from `from` on with enough in it to take away.
std::uint64_t rich_seed(std::uint64_t from, std::size_t faults, unsigned jobs) {
  for (;; ++from) {
    const Plan plan = Plan::of_seed(from);
    if (plan.schedule.size() >= faults && plan.workload.jobs >= jobs && plan.engines > 1) return from;
  }
}

bool has(const std::optional<std::vector<unsigned>>& list, unsigned number) {
  return !list || std::ranges::find(*list, number) != list->end();
}

TEST(Reduction, ItsTextIsReadBackAsItWas) {
  Reduction reduction;
  reduction.seed = 4711;
  reduction.engines = 1;
  reduction.recipients = 2;
  reduction.jobs = {3, 17};
  reduction.faults.emplace();
  reduction.plain_network = true;
  const std::string text = reduction.text();
  EXPECT_EQ(text, "seed=4711 engines=1 recipients=2 jobs=3,17 faults= plain=network");
  const auto again = Reduction::parse(text);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->text(), text);
}

TEST(Reduction, WhatIsNoWorldIsRefused) {
  EXPECT_FALSE(Reduction::parse("4711").has_value());
  EXPECT_FALSE(Reduction::parse("seed=x").has_value());
  EXPECT_FALSE(Reduction::parse("seed=1 horses=2").has_value());
  EXPECT_FALSE(Reduction::parse("seed=1 plain=weather").has_value());
}

TEST(Reduction, AWorldWithFewerJobsHasTheSameOnes) {
  Reduction some;
  some.seed = rich_seed(100, 0, 20);
  some.faults.emplace();
  some.jobs = {4, 11};
  const auto pushed = [](const Reduction& reduction) {
    World world(reduction.plan());
    world.start();
    world.run_for(reduction.plan().active);
    std::map<std::string, std::pair<std::uint32_t, TimePoint>> jobs;
    for (const auto& job : world.truth().jobs) jobs[job.id] = {job.messages, job.pushed};
    return jobs;
  };
  const auto few = pushed(some);
  some.jobs.reset();
  const auto all = pushed(some);
  ASSERT_FALSE(few.empty());
  EXPECT_LE(few.size(), 2u);
  EXPECT_GT(all.size(), few.size());
  for (const auto& [id, job] : few) EXPECT_EQ(all.at(id), job) << id;
}

TEST(Shrink, OnlyWhatTheFailureNeedsIsLeft) {
  Reduction whole;
  whole.seed = rich_seed(1, 12, 30);
  const Fails fails = [](const Reduction& reduction) {
    return has(reduction.faults, 3) && has(reduction.faults, 7) && has(reduction.jobs, 5) &&
           reduction.recipients != 1;
  };
  const Shrunk shrunk = shrink(whole, fails);
  EXPECT_THAT(shrunk.reduction.faults, Optional(ElementsAre(3u, 7u)));
  EXPECT_THAT(shrunk.reduction.jobs, Optional(ElementsAre(5u)));
  EXPECT_EQ(shrunk.reduction.engines, 1u);
  EXPECT_EQ(shrunk.reduction.recipients, 2u);
  EXPECT_TRUE(shrunk.reduction.plain_network);
  EXPECT_TRUE(fails(shrunk.reduction));
}

TEST(Shrink, ItStopsWhenItsRunsAreUsedUp) {
  Reduction whole;
  whole.seed = rich_seed(1, 12, 30);
  unsigned runs = 0;
  const Shrunk shrunk = shrink(
      whole,
      [&runs](const Reduction&) {
        ++runs;
        return false;
      },
      20);
  EXPECT_EQ(runs, 20u);
  EXPECT_EQ(shrunk.runs, 20u);
  EXPECT_EQ(shrunk.reduction.text(), whole.text());
}

/// A law of this test only: nothing is ever written by an engine that started a second time.
TEST(Shrink, ABrokenWorldBecomesAStoryThatCanBeRunAgain) {
  const auto broken = [](const Reduction& reduction) {
    World world(reduction.plan(), 5'000);
    const RunResult run = world.run();
    return std::ranges::any_of(run.story, [](const std::string& line) {
      return line.find(".1/") != std::string::npos && line.find(" offers part ") != std::string::npos;
    });
  };
  Reduction whole;
  whole.seed = 1;
  while (Plan::of_seed(whole.seed).schedule.size() < 8 || !broken(whole)) ++whole.seed;
  const Shrunk shrunk = shrink(whole, broken, 120);
  ASSERT_TRUE(shrunk.reduction.faults && shrunk.reduction.jobs);
  EXPECT_LE(shrunk.reduction.faults->size(), 2u) << "one death is enough, and a drain";
  EXPECT_LE(shrunk.reduction.jobs->size(), 2u);

  const std::string story = story_of(shrunk.reduction, "anchal_sim", 60);
  EXPECT_THAT(story, HasSubstr("engine-1.0 starts"));
  EXPECT_THAT(story, HasSubstr("again: anchal_sim --world '" + shrunk.reduction.text() + "'"));
  EXPECT_LE(std::ranges::count(story, '\n'), 70);
  const auto again = Reduction::parse(shrunk.reduction.text());
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(broken(*again)) << "the line that the story ends with does not show it again";
}

}  // namespace
}  // namespace anchal::sim
