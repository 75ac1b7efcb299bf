#include <gtest/gtest.h>

#include "tests/simulation/scenario.h"

// The double fault of law 5, with a replica that takes over: Redis forgets its last writes, and who wrote
// them is dead. Messages are written in the last moments before, once the replica has all but their intents.

namespace anchal::sim {
namespace {

using namespace std::chrono_literals;

constexpr auto kConfirmed = static_cast<std::size_t>(core::ReplicaWait::confirmed);
constexpr auto kTimedOut = static_cast<std::size_t>(core::ReplicaWait::timed_out);
constexpr auto kUnasked = static_cast<std::size_t>(core::ReplicaWait::unasked);

/// The replica is up to a second behind, but answers WAIT after `confirms`.
Plan with_replica(std::uint64_t seed, Duration confirms, std::chrono::milliseconds wait) {
  Plan plan = one_operator();
  plan.seed = seed;
  plan.replica_lag = 1s;
  plan.confirm_min = plan.confirm_max = confirms;
  plan.config.replica_wait = wait;
  return plan;
}

std::uint64_t waits(World& world, std::size_t which) {
  return world.engine(0).shards()[0]->counters().replica_waits[which];
}

/// Ten messages that the replica has, and which are sent in the last 100 ms.
void send_ten_at_last(World& world, std::string_view category) {
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  const auto pause = [&](bool paused) {
    for (const auto& shard : world.engine(0).shards()) shard->pause_operator("alpha", paused);
  };
  pause(true);
  world.hubs().push(category, 10, "9198");
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  ASSERT_EQ(world.checker().writes_to(0).size(), 0u) << report(world);
  pause(false);
  ASSERT_TRUE(world.run_for(100ms)) << report(world);
  ASSERT_EQ(world.checker().writes_to(0).size(), 10u) << report(world);
}

TEST(ReplicaScenario, WhatAReplicaConfirmedIsInDoubtAndNotSentAgainThoughItsWriterIsDead) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    World world(with_replica(seed, 1ms, 10ms), 200);
    send_ten_at_last(world, "transactional");
    EXPECT_GT(waits(world, kConfirmed), 0u);
    ASSERT_TRUE(world.power_cut(500ms, std::nullopt, 0s));
    EXPECT_TRUE(world.run_to_rest(300s)) << "seed " << seed << "\n" << report(world);
    EXPECT_GT(world.redis().statistics().forgotten, 0u);
    EXPECT_EQ(world.checker().numbers().confirmed, 10u) << report(world);
    EXPECT_EQ(world.checker().writes_to(0).size(), 10u) << "seed " << seed << "\n" << report(world);
    EXPECT_EQ(world.checker().numbers().duplicates, 0u);
    EXPECT_EQ(world.checker().numbers().in_doubt, 10u) << report(world);
  }
}

TEST(ReplicaScenario, WithoutTheWaitItIsTheDoubleFaultAndEverythingGoesOutAgain) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    World world(with_replica(seed, 1ms, 0ms), 200);
    send_ten_at_last(world, "transactional");
    EXPECT_EQ(waits(world, kConfirmed) + waits(world, kUnasked), 0u);
    ASSERT_TRUE(world.power_cut(500ms, std::nullopt, 0s));
    EXPECT_TRUE(world.run_to_rest(300s)) << "seed " << seed << "\n" << report(world);
    EXPECT_EQ(world.checker().numbers().unprotected, 10u) << report(world);
    EXPECT_EQ(world.checker().writes_to(0).size(), 20u) << "seed " << seed << "\n" << report(world);
    EXPECT_EQ(world.checker().numbers().duplicates, 10u);
  }
}

/// They may go out twice by their own wish: a flush of them alone asks nobody.
TEST(ReplicaScenario, WhatMayBeSentAgainDoesNotWait) {
  Plan plan = with_replica(1, 1ms, 10ms);
  const auto resends =
      std::ranges::find(plan.config.categories, core::OnDoubt::resend_once, &core::CategoryConfig::on_doubt);
  ASSERT_NE(resends, plan.config.categories.end());
  const std::string category = resends->name;
  World world(std::move(plan), 200);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  world.hubs().push(category, 10, "9198");
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  ASSERT_EQ(world.checker().writes_to(0).size(), 10u) << report(world);
  for (std::size_t which = 0; which < core::kReplicaWaits; ++which) EXPECT_EQ(waits(world, which), 0u);
}

/// A replica that is connected and stuck: whatever is sent waits once a second at most, and then goes.
TEST(ReplicaScenario, AReplicaThatIsStuckHoldsUpOneFlushASecond) {
  World world(with_replica(1, 1h, 10ms), 200);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  const TimePoint began = world.clock().now();
  for (int i = 0; i < 200; ++i) {
    world.hubs().push("transactional", 1, "9198");
    ASSERT_TRUE(world.run_for(20ms)) << report(world);
  }
  ASSERT_TRUE(world.run_for(500ms)) << report(world);
  EXPECT_EQ(world.checker().writes_to(0).size(), 200u) << report(world);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(world.clock().now() - began).count();
  // Two partitions: both may be under way when the first time-out comes.
  EXPECT_GE(waits(world, kTimedOut), 3u);
  EXPECT_LE(waits(world, kTimedOut), 2 * static_cast<std::uint64_t>(seconds));
  EXPECT_GT(waits(world, kUnasked), 50u);
  EXPECT_EQ(waits(world, kConfirmed), 0u);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
}

/// Redis comes back after more than a lease, without its last moments and without one of two engines, which
/// might have told it what they knew: the other waits until that may be no more, and then tells what is its
/// own.
TEST(ReplicaScenario, IdsStoredLastAreToldAgainThoughItTookLongToBeSureOfThePartition) {
  for (int step = 0; step < 60; ++step) {
    Plan plan = plan_under_way(2, 1);
    plan.behaviours[0].receipt_delay = 6s;
    World world(std::move(plan), 120);
    world.start();
    world.redis().replicate(4ms);
    ASSERT_TRUE(world.run_for(4s)) << report(world);
    const std::size_t owner = owned(world, 0) == 1 ? 0 : 1;
    world.hubs().push("transactional", 60, "9198");
    ASSERT_TRUE(world.run_for(20ms + step * 2ms)) << report(world);
    world.crash(1 - owner, true);
    world.restart_redis(2 * world.plan().config.lease + 100ms, 4ms);
    EXPECT_TRUE(world.run_to_rest(300s)) << "step " << step << "\n" << report(world);
  }
}

/// Receipts come to the engine that has not the partition, and go by way of its owner's inbox; a failover
/// forgets the last of them, and of the ids that they are about. No receipt that was answered is in vain.
TEST(ReplicaScenario, WhatAFailoverForgetsOfAnInboxIsReadWhenItIsToldAgain) {
  for (const Duration step_back : {Duration(0), Duration(-30s)}) {
    for (int step = 0; step < 25; ++step) {
      Plan plan = engines_on(2, 2);
      plan.store.latency_max = 10ms;
      plan.store.reconnect_max = 100ms;
      plan.config.operators[0].tps = 400;
      plan.behaviours[0].receipt_other_bind = true;
      plan.behaviours[0].receipt_delay = 20ms;
      World world(std::move(plan), 120);
      world.start();
      world.redis().replicate(60ms);
      ASSERT_TRUE(world.run_for(4s)) << report(world);
      world.hubs().push("transactional", 60, "9198");
      world.hubs().push("transactional", 60, "9198");
      ASSERT_TRUE(world.run_for(100ms + step * 7ms)) << report(world);
      if (step_back != Duration(0)) world.step_clock(step_back);
      world.fail_over();
      EXPECT_TRUE(world.run_to_rest(300s)) << "step " << step << "\n" << report(world);
      EXPECT_FALSE(world.checker().numbers().finals.contains("no_receipt")) << step << report(world);
    }
  }
}

}  // namespace
}  // namespace anchal::sim
