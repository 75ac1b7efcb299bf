#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simulation/scenario.h"

// Receipts that come before anybody has stored their ids.

namespace anchal::sim {
namespace {

using namespace std::chrono_literals;

/// Its response came on an engine that is cut off from Redis; the receipt on another, which answered it, as
/// it must, before anybody had stored the id, and died.
TEST(EarlyScenario, AReceiptThatWasAnsweredBeforeItsIdWasStoredOutlivesWhoAnsweredIt) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Plan plan = engines_on(2, 1);
    plan.seed = seed;
    plan.behaviours[0].response_delay = 100ms;
    plan.behaviours[0].receipt_other_bind = true;
    World world(std::move(plan), 120);
    world.start();
    ASSERT_TRUE(world.run_for(4s)) << report(world);
    const std::size_t owner = owned(world, 0) == 1 ? 0 : 1;
    world.hubs().push("transactional", 20, "9198");
    const auto written = [&] { return world.checker().writes_to(0).size(); };
    for (int i = 0; i < 3'000 && written() < 20; ++i) ASSERT_TRUE(world.run_for(1ms)) << report(world);
    ASSERT_EQ(written(), 20u) << report(world);
    world.checker().note_takeover();
    store_of(world, owner).set_reachable(false);
    store_of(world, owner).cut();
    ASSERT_TRUE(world.run_for(1700ms)) << report(world);
    EXPECT_GT(ids_in_the_receipt_map(world), 5u) << report(world);
    world.crash(1 - owner, true);
    store_of(world, owner).set_reachable(true);
    EXPECT_TRUE(world.run_to_rest(400s)) << "seed " << seed << "\n" << report(world);
    const auto& finals = world.checker().numbers().finals;
    EXPECT_FALSE(finals.contains("no_receipt")) << finals.at("no_receipt") << "\n" << report(world);
  }
}

/// Law 6: an operator's receipts that nobody can place must not fill Redis, however many come.
TEST(EarlyScenario, OfReceiptsThatComeBeforeTheirIdsNoMoreLieInRedisThanTheLimit) {
  Plan plan = engines_on(2, 1);
  plan.config.limits.orphan_receipts = 6;
  plan.behaviours[0].response_delay = 100ms;
  plan.behaviours[0].receipt_other_bind = true;
  plan.behaviours[0].receipt_late = 0.5;  // those that come first are laid before
  plan.behaviours[0].receipt_late_by = 2s;
  World world(std::move(plan), 120);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  const std::size_t owner = owned(world, 0) == 1 ? 0 : 1;
  world.hubs().push("transactional", 40, "9198");
  const auto written = [&] { return world.checker().writes_to(0).size(); };
  for (int i = 0; i < 3'000 && written() < 40; ++i) ASSERT_TRUE(world.run_for(1ms)) << report(world);
  ASSERT_EQ(written(), 40u) << report(world);
  world.checker().note_takeover();
  store_of(world, owner).set_reachable(false);
  store_of(world, owner).cut();
  std::size_t most = 0;
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(world.run_for(100ms)) << report(world);
    most = std::max(most, ids_in_the_receipt_map(world));
  }
  EXPECT_EQ(most, 6u) << report(world);
  store_of(world, owner).set_reachable(true);
  EXPECT_TRUE(world.run_to_rest(400s)) << report(world);
}

}  // namespace
}  // namespace anchal::sim
