#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/scenario.h"

// Wall clocks that jump, the world's or one engine's: worlds written by hand.

namespace anchal::sim {
namespace {

using namespace std::chrono_literals;

TEST(FaultScenario, AClockThatJumpsHoursAheadLeavesNoReceiptAwaited) {
  Plan plan = one_operator();
  plan.behaviours[0].receipts = 0;
  World world(std::move(plan), 80);
  world.start();
  world.run_for(3s);
  const auto job = world.hubs().push("transactional", 5, "9198");
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  ASSERT_EQ(world.checker().writes_to(0).size(), 5u);
  world.step_clock(5h);
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_EQ(world.checker().state_of(world.truth().jobs[job].first_message), "no_receipt");
}

TEST(FaultScenario, AClockThatJumpsWhileAnIdIsOnItsWayHidesItFromNoReceipt) {
  Plan plan = one_operator();
  plan.behaviours[0].response_delay = 100ms;
  plan.behaviours[0].receipt_delay = 5s;
  World world(std::move(plan), 80);
  world.start();
  world.run_for(3s);
  const auto job = world.hubs().push("transactional", 5, "9198");
  ASSERT_TRUE(world.run_for(60ms)) << report(world);
  ASSERT_EQ(world.checker().writes_to(0).size(), 5u);
  world.redis().stall(world.clock().now() + 600ms);
  ASSERT_TRUE(world.run_for(400ms)) << report(world);
  world.step_clock(5h);
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_EQ(world.checker().state_of(world.truth().jobs[job].first_message), "delivered") << report(world);
}

TEST(FaultScenario, AClockSetBackForAMomentLeavesNoReceiptAwaited) {
  Plan plan = one_operator();
  plan.behaviours[0].response_delay = 50ms;
  plan.behaviours[0].receipts = 0;
  World world(std::move(plan), 80);
  world.start();
  world.run_for(10s);
  const auto job = world.hubs().push("transactional", 5, "9198");
  ASSERT_TRUE(world.run_for(40ms)) << report(world);
  world.step_clock(-5h);
  ASSERT_TRUE(world.run_for(60ms)) << report(world);
  world.step_clock(5h);
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_EQ(world.checker().state_of(world.truth().jobs[job].first_message), "no_receipt") << report(world);
}

TEST(FaultScenario, NorDoesOneThatJumpsWhileNobodyRuns) {
  Plan plan = one_operator();
  plan.behaviours[0].receipts = 0;
  World world(std::move(plan), 80);
  world.start();
  world.run_for(3s);
  const auto job = world.hubs().push("transactional", 5, "9198");
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  world.crash(0, true);
  world.step_clock(5h);
  ASSERT_TRUE(world.run_for(5s)) << report(world);
  world.restart(0);
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_EQ(world.checker().state_of(world.truth().jobs[job].first_message), "no_receipt");
}

TEST(FaultScenario, AQuietHourReachedByAJumpOfTheClockStopsTheNextWrite) {
  Plan plan = one_operator();
  plan.config.operators[0].tps = 20;
  World world(std::move(plan), 80);
  throttle::Rule rule;
  rule.id = "night";
  rule.kind = throttle::RuleKind::quiet;
  rule.scope.categories = {"promotional"};
  rule.daily = throttle::Daily{};
  rule.daily->from = 21h;
  rule.daily->to = 23h;
  world.start();
  world.office().add(rule);
  world.run_for(3s);
  world.hubs().push("promotional", 100, "9198");
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  const auto before = world.checker().writes_to(0).size();
  EXPECT_GT(before, 10u);
  world.step_clock(15h);  // 06:00 becomes 21:00
  ASSERT_TRUE(world.run_for(10s)) << report(world);
  EXPECT_EQ(world.checker().writes_to(0).size(), before);
  EXPECT_GT(world.checker().numbers().held, 0u);
  world.step_clock(2h);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 100u);
}

/// Some wait in the queue when the clock is set right, some are prepared for the wire.
TEST(FaultScenario, WhatCameTooEarlyByAClockThatWasAheadWaitsOnceItIsSetRight) {
  Plan plan = one_operator(20);
  World world(std::move(plan), 80);
  world.start();
  world.run_for(3s);
  world.step_clock_of(world.engine(0), 30s);
  const auto job =
      world.hubs().push("promotional", 100, "9198", "finance", "", world.clock().wall_ms() + 20'000);
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  const auto written = world.checker().writes_to(0).size();
  EXPECT_GT(written, 10u) << "nothing had come by that clock";
  world.step_clock_of(world.engine(0), -30s);
  ASSERT_TRUE(world.run_for(17s)) << report(world);
  EXPECT_EQ(world.checker().writes_to(0).size(), written) << report(world);
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_EQ(world.checker().writes_to(0).size(), 100u) << report(world);
  EXPECT_EQ(world.checker().state_of(world.truth().jobs[job].first_message), "delivered");
}

/// The kernel of a process that dies now may deliver for a lease, and nobody can take that back.
TEST(FaultScenario, WhatARuleDatedAheadStopsGoesNoMoreALeaseBeforeItBegins) {
  Plan plan = one_operator(20);
  World world(std::move(plan), 80);
  world.start();
  world.run_for(3s);
  throttle::Rule rule;
  rule.id = "election";
  rule.scope.categories = {"promotional"};
  rule.starts_at = world.clock().wall() + 6s;
  const TimePoint begins = world.clock().now() + 6s;
  world.office().add(rule);
  for (int i = 0; i < 3; ++i) world.hubs().push("promotional", 100, "9198");
  ASSERT_TRUE(world.run_for(8s)) << report(world);
  const auto& written = world.checker().writes_to(0);
  ASSERT_FALSE(written.empty()) << report(world);
  EXPECT_LE(written.back(), begins - world.plan().config.lease);
  EXPECT_GT(written.back(), begins - world.plan().config.lease - 500ms) << "stopped long before";
}

/// By the engine's clock, which is ahead, the rule has begun when it comes; then the clock is set right.
TEST(FaultScenario, NorDoesItBehindAClockThatWasAheadWhenTheRuleCame) {
  World world(one_operator(20), 80);
  world.start();
  world.run_for(3s);
  for (int i = 0; i < 3; ++i) world.hubs().push("promotional", 100, "9198");
  world.step_clock_of(world.engine(0), 30s);
  throttle::Rule rule;
  rule.id = "election";
  rule.scope.categories = {"promotional"};
  rule.starts_at = world.clock().wall() + 6s;
  const TimePoint begins = world.clock().now() + 6s;
  world.office().add(rule);
  ASSERT_TRUE(world.run_for(1s)) << report(world);
  const auto before = world.checker().writes_to(0).size();
  world.step_clock_of(world.engine(0), -30s);
  ASSERT_TRUE(world.run_for(7s)) << report(world);
  const auto& written = world.checker().writes_to(0);
  ASSERT_GT(written.size(), before) << report(world);
  EXPECT_LE(written.back(), begins - world.plan().config.lease) << report(world);
}

/// The engine dies between the id and its result, and the clock is set back: the message is in doubt, and
/// what lies of it in the map is overdue by the foremost clock only.
TEST(FaultScenario, AnIdStoredBeforeTheClockWasSetBackIsNoSecondOutcomeOfADoubt) {
  unsigned in_doubt = 0;
  for (unsigned answers = 1; answers <= 20; ++answers) {
    Plan plan = one_operator();
    plan.behaviours[0].receipts = 0;
    World world(std::move(plan), 80);
    world.start();
    ASSERT_TRUE(world.run_for(3s)) << report(world);
    CrashPoint point;
    point.step = Step::answer;
    point.countdown = answers;
    point.died = [&world] { world.checker().note_takeover(); };
    world.engine(0).crash_at(std::move(point));
    world.hubs().push("transactional", 3, "9198");
    ASSERT_TRUE(world.run_for(2s)) << report(world);
    ASSERT_FALSE(world.alive(0));
    world.step_clock(-500s);
    world.restart(0);
    ASSERT_TRUE(world.run_for(15s)) << report(world);
    in_doubt += world.checker().numbers().in_doubt;
    world.step_clock(500s);
    EXPECT_TRUE(world.run_to_rest(300s)) << answers << " answers\n" << report(world);
  }
  EXPECT_GT(in_doubt, 0u);
}

/// The same, and the message is resent and comes into doubt anew: the record of that doubt knows as long of
/// the first copy.
TEST(FaultScenario, NorIsItOneOfAMessageThatWasResentAndIsInDoubtAgain) {
  unsigned resent = 0;
  for (unsigned answers = 1; answers <= 20; ++answers) {
    Plan plan = one_operator();
    plan.behaviours[0].receipts = 0;
    World world(std::move(plan), 80);
    world.start();
    ASSERT_TRUE(world.run_for(3s)) << report(world);
    CrashPoint point;
    point.step = Step::answer;
    point.countdown = answers;
    point.died = [&world] { world.checker().note_takeover(); };
    world.engine(0).crash_at(std::move(point));
    world.hubs().push("service", 3, "9198");
    ASSERT_TRUE(world.run_for(2s)) << report(world);
    ASSERT_FALSE(world.alive(0));
    const auto before = world.checker().writes_to(0).size();
    auto mute = world.network().host(0).behaviour();
    mute.response_loss = 1;
    world.network().host(0).set_behaviour(mute);
    world.step_clock(-500s);
    world.restart(0);
    ASSERT_TRUE(world.run_for(25s)) << report(world);
    resent += static_cast<unsigned>(world.checker().writes_to(0).size() - before);
    world.step_clock(500s);
    EXPECT_TRUE(world.run_to_rest(300s)) << answers << " answers\n" << report(world);
  }
  EXPECT_GT(resent, 0u);
}

/// Stored while the clock stood far behind, in generations that the former owner had searched. The clock goes
/// ahead again before the new owner has searched at all.
TEST(FaultScenario, WhatIsStoredUnderAClockSetBackIsSearchedForThoughItsSlotHasANewOwner) {
  Plan plan = one_operator();
  plan.engines = 2;
  plan.config.partitions = 4;
  plan.behaviours[0].receipts = 0;
  World world(std::move(plan), 80);
  world.start();
  ASSERT_TRUE(world.run_for(6s)) << report(world);
  world.crash(0, true);
  ASSERT_TRUE(world.run_for(500ms)) << report(world);
  world.step_clock(-3h);
  for (int i = 0; i < 16; ++i) world.hubs().push("transactional", 3, "9198");
  std::size_t written = 0;
  for (int i = 0; i < 100 && written < 48; ++i) {  // until the dead engine's partitions are taken, no longer
    ASSERT_TRUE(world.run_for(100ms)) << report(world);
    written = world.checker().writes_to(0).size();
  }
  ASSERT_EQ(written, 48u) << report(world);
  ASSERT_TRUE(world.run_for(300ms)) << report(world);
  world.step_clock(3h);
  world.restart(0);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().numbers().finals.at("no_receipt"), 48u);
}

bool owns(World& world, std::string_view machine, unsigned partition) {
  const auto* const owner =
      world.redis().data().get<std::string>(fmt::format("anchal:{{{}}}:owner", partition));
  return owner != nullptr && owner->starts_with(machine);
}

/// Stored by others in a slot that has no owner as long as the clock stands far behind: nobody who could
/// notice it looks after that slot.
TEST(FaultScenario, WhatIsStoredUnderAClockSetBackIsSearchedForThoughItsSlotHasNoOwner) {
  Plan plan = one_operator();
  plan.engines = 2;
  plan.config.partitions = 4;
  plan.behaviours[0].receipts = 0;
  World world(std::move(plan), 80);
  world.start();
  ASSERT_TRUE(world.run_for(6s)) << report(world);
  world.crash(0, true);
  world.step_clock(-3h);
  for (int i = 0; i < 16; ++i) world.hubs().push("transactional", 3, "9198");
  ASSERT_TRUE(world.run_for(600ms)) << report(world);
  EXPECT_EQ(world.checker().writes_to(0).size(), 24u) << "of the partitions whose owner lives";
  world.step_clock(3h);
  world.restart(0);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().numbers().finals.at("no_receipt"), 48u);
}

/// An engine dies between ids and their results, and behind it the owner of slots in which they lie: the
/// records of the doubts are kept until somebody has looked through those, whatever the clock says.
TEST(FaultScenario, ARecordOfADoubtIsKeptUntilSlotsWithoutAnOwnerAreSearchedToo) {
  std::uint64_t in_doubt = 0;
  for (unsigned run = 0; run < 4; ++run) {
    Plan plan = one_operator();
    plan.engines = 3;
    plan.config.partitions = 6;
    plan.behaviours[0].receipts = 0;
    World world(std::move(plan), 80);
    world.start();
    ASSERT_TRUE(world.run_for(5s)) << report(world);
    unsigned partition = 0;
    for (unsigned skip = run / 2; !owns(world, "engine-1/", partition) || skip-- > 0; ++partition) {
      world.hubs().push("transactional", 1, "9198");
      ASSERT_TRUE(world.run_for(500ms)) << report(world);
    }
    world.crash_behind_ids(0, [] {});
    world.hubs().push("transactional", 20, "9198");
    ASSERT_TRUE(world.run_for(500ms)) << report(world);
    ASSERT_FALSE(world.alive(0));
    for (int i = 0; i < 100 && owns(world, "engine-1/", partition); ++i) world.run_for(50ms);
    ASSERT_FALSE(owns(world, "engine-1/", partition)) << report(world);
    in_doubt += world.checker().numbers().in_doubt;
    world.crash(owns(world, "engine-2/", partition) ? 2 : 1, true);
    ASSERT_TRUE(world.run_for(100ms)) << report(world);
    world.step_clock(500s);
    EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  }
  EXPECT_GT(in_doubt, 0u);
}

/// The dead engine's clock was ahead: its ids are overdue later than the new owner's doubt of their message.
TEST(FaultScenario, WhatAnEngineStoredWhoseClockWasAheadIsNeverTakenForAwaited) {
  std::uint64_t in_doubt = 0;
  for (unsigned countdown = 1; countdown <= 6; ++countdown) {
    Plan plan = one_operator();
    plan.engines = 2;
    plan.behaviours[0].receipts = 0;
    plan.behaviours[0].response_delay = 200ms;
    World world(std::move(plan), 80);
    world.start();
    world.run_for(3s);
    world.step_clock_of(world.engine(0), 19s);
    for (int i = 0; i < 4; ++i) world.hubs().push("transactional", 3, "9198");
    ASSERT_TRUE(world.run_for(213ms)) << report(world);
    CrashPoint point;
    point.step = Step::command;
    point.countdown = countdown;
    point.done = true;
    point.travelling = SimulatedStore::Travelling::all;
    point.died = [&] { world.checker().note_takeover(); };
    world.engine(0).crash_at(std::move(point));
    ASSERT_TRUE(world.run_for(1s)) << report(world);
    EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
    EXPECT_TRUE(world.run_for(60s)) << report(world);
    in_doubt += world.checker().numbers().in_doubt;
  }
  EXPECT_GT(in_doubt, 0u);
}

/// Ids are on their way into the map when the clock jumps and a failover forgets the last moments: they go to
/// another place of the map, and the first one must be empty whichever of their commands is forgotten and
/// told again. A later owner would take what lies there for a second message that awaits its receipt.
TEST(FaultScenario, AnIdThatMovesAsTheClockJumpsLeavesNothingWhereItWasWhateverAFailoverForgets) {
  for (const Duration wait : {0ms, 12ms, 24ms}) {
    for (int step = 0; step < 75; ++step) {
      Plan plan = plan_under_way(1, 1);
      plan.behaviours[0].receipt_delay = 1s;
      World world(std::move(plan), 120);
      world.start();
      world.redis().replicate(4ms);
      ASSERT_TRUE(world.run_for(4s)) << report(world);
      world.hubs().push("transactional", 60, "9198");
      ASSERT_TRUE(world.run_for(20ms + step * 2ms)) << report(world);
      world.step_clock(-600s);
      ASSERT_TRUE(world.run_for(wait)) << report(world);
      world.fail_over();
      ASSERT_TRUE(world.run_for(4s)) << report(world);
      world.crash(0, true);
      world.restart(0);
      world.step_clock(600s);
      EXPECT_TRUE(world.run_to_rest(300s)) << "step " << step << "\n" << report(world);
    }
  }
}

}  // namespace
}  // namespace anchal::sim
