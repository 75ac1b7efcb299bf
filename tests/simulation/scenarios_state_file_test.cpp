#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/scenario.h"

// Engines that end together with a Redis which then has less than it had: what they knew stands in their
// state files, or nowhere.

namespace anchal::sim {
namespace {

using namespace std::chrono_literals;

Plan with_files(std::uint64_t seed, unsigned engines = 1) {
  Plan plan = one_operator();
  plan.seed = seed;
  plan.engines = plan.shards = engines;
  plan.config.partitions = 4;
  plan.state_files = true;
  return plan;
}

/// Pushes fifteen messages at most once each, keeps a copy of Redis in which none is sent, and sends them.
void send_behind_a_copy(World& world) {
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  for (int i = 0; i < 5; ++i) world.hubs().push("transactional", 3, "9198");
  world.backup();
  ASSERT_TRUE(world.run_for(8s)) << report(world);
  ASSERT_EQ(world.checker().writes_to(0).size(), 15u) << report(world);
}

TEST(StateFile, WhatAnOlderRedisShowsAsUnsentIsInDoubtForAnEngineThatLivesAgainWithItsFile) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    World world(with_files(seed, seed % 2 == 0 ? 2 : 1), 120);
    send_behind_a_copy(world);
    ASSERT_TRUE(world.power_cut(500ms, 0, 0s));
    EXPECT_TRUE(world.run_to_rest(300s)) << "seed " << seed << "\n" << report(world);
    EXPECT_EQ(world.checker().writes_to(0).size(), 15u) << "seed " << seed << "\n" << report(world);
    EXPECT_EQ(world.checker().numbers().in_doubt, 15u);
    EXPECT_EQ(world.checker().numbers().unprotected, 0u);
  }
}

TEST(StateFile, WithoutItsFileItIsTheDoubleFaultAndEverythingGoesOutAgain) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {  // cut off here and there, or gone
    Plan plan = with_files(seed);
    plan.files_lost = 1;
    World world(std::move(plan), 120);
    send_behind_a_copy(world);
    ASSERT_TRUE(world.power_cut(500ms, 0, 0s));
    EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
    EXPECT_EQ(world.checker().writes_to(0).size(), 30u) << report(world);
    EXPECT_EQ(world.checker().numbers().unprotected, 15u);
    EXPECT_EQ(world.checker().numbers().duplicates, 15u);
  }
}

/// Two engines, and one of them has lost its file: what the other one wrote is in doubt whoever takes it.
TEST(StateFile, AnEngineWithoutAFileDoesNotSendAgainWhatAnotherOneKnows) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    World world(with_files(seed, 2), 120);
    send_behind_a_copy(world);
    world.lose_file(0, seed * 7);
    ASSERT_TRUE(world.power_cut(500ms, 0, 0s));
    EXPECT_TRUE(world.run_to_rest(300s)) << "seed " << seed << "\n" << report(world);
    const auto unprotected = world.checker().numbers().unprotected;
    EXPECT_LT(unprotected, 15u);
    EXPECT_EQ(world.checker().writes_to(0).size(), 15u + unprotected) << "seed " << seed << "\n"
                                                                      << report(world);
  }
}

/// What was written in the last moments stands in no file yet: if Redis forgets that too, it goes out again.
TEST(StateFile, WhatIsWrittenBehindTheFileIsNotProtectedByIt) {
  World world(with_files(1), 120);
  world.start();
  world.redis().replicate(1s);
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  const auto pause = [&](bool paused) {
    for (const auto& shard : world.engine(0).shards()) shard->pause_operator("alpha", paused);
  };
  world.hubs().push("transactional", 10, "9198");
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  pause(true);
  world.hubs().push("transactional", 10, "9198");
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  pause(false);
  ASSERT_TRUE(world.run_for(100ms)) << report(world);
  ASSERT_EQ(world.checker().writes_to(0).size(), 20u) << report(world);
  ASSERT_TRUE(world.power_cut(500ms, std::nullopt, 400ms));
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().numbers().unprotected, 10u);
  EXPECT_EQ(world.checker().writes_to(0).size(), 30u) << report(world);
}

/// A file that says more than Redis has is no reason for an alarm after an end in order.
TEST(StateFile, AnOrdinaryRestartFindsNothingMissing) {
  World world(with_files(1, 2), 120);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  for (int i = 0; i < 5; ++i) world.hubs().push("transactional", 3, "9198");
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  for (std::size_t slot = 0; slot < 2; ++slot) {
    EXPECT_FALSE(world.file(slot).text.empty());
    world.crash(slot, true);
    ASSERT_TRUE(world.run_for(1s)) << report(world);
    world.restart(slot);
    ASSERT_TRUE(world.run_for(8s)) << report(world);
  }
  EXPECT_TRUE(world.run_to_rest(100s)) << report(world);
  for (const auto& counters : world.counters()) EXPECT_EQ(counters.forgotten + counters.told_again, 0u);
  EXPECT_EQ(world.checker().numbers().in_doubt, 0u) << report(world);
}

}  // namespace
}  // namespace anchal::sim
