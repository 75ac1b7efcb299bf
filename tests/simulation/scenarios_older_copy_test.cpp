#include <gtest/gtest.h>

#include "tests/simulation/scenario.h"

// Redis is restored from a copy older than what can be told again: worlds written by hand.

namespace anchal::sim {
namespace {

using namespace std::chrono_literals;

/// In doubt, copied, sent again; then a Redis that knows of the doubt and not of what came of it.
TEST(OlderCopyScenario, WhatAnOlderCopyHasInDoubtMayHaveBeenSentAgainAndIsNotAThirdTime) {
  for (const std::size_t engines : {1u, 2u}) {
    Plan plan = engines_on(engines, 2);
    plan.config.operators[0].response_timeout = 2s;
    plan.behaviours[0].response_loss = 1;
    plan.behaviours[0].receipts = 0;
    for (auto& category : plan.config.categories) category.doubt_wait = 3s;
    World world(std::move(plan), 120);
    world.start();
    ASSERT_TRUE(world.run_for(4s)) << report(world);
    const auto job = world.hubs().push("service", 5, "9198");  // resend_once
    ASSERT_TRUE(world.run_for(2500ms)) << report(world);
    ASSERT_EQ(world.checker().numbers().in_doubt, 5u) << report(world);
    world.backup();
    ASSERT_TRUE(world.run_for(10s)) << report(world);  // more than can be told again
    ASSERT_EQ(world.checker().writes_to(0).size(), 10u) << report(world);
    ASSERT_TRUE(world.restore(200ms, 0));
    EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
    EXPECT_EQ(world.checker().writes_to(0).size(), 10u) << report(world);
    EXPECT_EQ(world.checker().state_of(world.truth().jobs[job].first_message), "unknown");
  }
}

/// What was final is being removed from the receipt map when an older Redis comes back, in which it awaits
/// its receipt: the removal must not be done there.
TEST(OlderCopyScenario, WhatAnOlderCopyAwaitsIsNotRemovedByWhoHadItsReceiptInTheNewerOne) {
  for (int step = 0; step < 20; ++step) {
    Plan plan = engines_on(1, 1);
    plan.store.latency_max = 10ms;
    plan.config.operators[0].tps = 400;
    plan.behaviours[0].receipt_delay = 7s;
    World world(std::move(plan), 120);
    world.start();
    ASSERT_TRUE(world.run_for(4s)) << report(world);
    world.hubs().push("transactional", 80, "9198");
    ASSERT_TRUE(world.run_for(1s)) << report(world);
    world.backup();  // all of them await their receipts
    ASSERT_TRUE(world.run_for(6050ms + step * 5ms)) << report(world);
    ASSERT_TRUE(world.restore(200ms, 0));
    EXPECT_TRUE(world.run_to_rest(300s)) << "step " << step << "\n" << report(world);
  }
}

/// Redis shows long messages as not sent, and does not know of how many parts. Some answers come while they
/// are in doubt: those parts are not sent again.
TEST(OlderCopyScenario, AnswersCountThoughRedisForgotOfHowManyPartsAMessageIs) {
  Plan plan = engines_on(1, 1);
  plan.config.operators[0].response_timeout = 30s;
  plan.config.operators[0].receipt_deadline = 60s;
  plan.behaviours[0].response_delay = 9s;
  plan.behaviours[0].response_jitter = 6s;
  for (auto& category : plan.config.categories) category.doubt_wait = 3s;
  World world(std::move(plan), 120);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  for (int i = 0; i < 4; ++i) world.hubs().push("service", 5, "9198", "finance", long_text(500));
  world.backup();  // pushed, and not one of them sent
  ASSERT_TRUE(world.run_for(7s)) << report(world);
  const auto written = world.checker().writes_to(0).size();
  ASSERT_GT(written, 20u) << report(world);
  ASSERT_TRUE(world.restore(200ms, 0));
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_GT(world.checker().writes_to(0).size(), written) << "nothing was sent again";
}

}  // namespace
}  // namespace anchal::sim
