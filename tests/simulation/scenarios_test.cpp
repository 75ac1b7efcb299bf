#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simulation/scenario.h"

// Worlds written by hand: each states what must come out where one thing is done on purpose. The laws are
// checked all the while, as in every seed.

namespace anchal::sim {
namespace {

using namespace std::chrono_literals;

std::size_t written_within(const std::vector<TimePoint>& times, TimePoint from, TimePoint to) {
  return static_cast<std::size_t>(std::ranges::lower_bound(times, to) -
                                  std::ranges::lower_bound(times, from));
}

TEST(Scenario, ADeadAndASlowOperatorTakeNothingFromTheHealthyOne) {
  Plan plan = Plan::plain();
  plan.config.operators = {operator_named("dead", "9198", 100), operator_named("slow", "9197", 10),
                           operator_named("healthy", "9199", 200)};
  plan.config.limits.open_messages = 1'000;
  plan.config.limits.queue_messages = 300;
  World world(std::move(plan), 40);
  world.checker().set_calm(false);  // an OTP to the dead operator may wait
  world.network().host(0).door = SmscHost::Door::refuses;
  world.start();
  world.run_for(3s);
  const TimePoint begin = world.clock().now();
  for (int i = 0; i < 40; ++i) {
    world.hubs().push("promotional", 100, "9198");
    world.hubs().push("promotional", 50, "9197");
    world.hubs().push("promotional", 100, "9199");
  }
  std::vector<JobIndex> otps;
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(world.run_for(500ms)) << report(world);
    otps.push_back(world.hubs().push("otp", 1, "9199"));
  }
  const TimePoint end = world.clock().now();

  // 15 s at 200 parts a second, but for the first half second in which the window opens.
  const auto& healthy = world.checker().writes_to(2);
  EXPECT_GE(written_within(healthy, begin + 1s, end), 200u * 14 * 995 / 1000) << report(world);
  EXPECT_EQ(world.checker().writes_to(0).size(), 0u);
  const auto slow = written_within(world.checker().writes_to(1), begin + 1s, end);
  EXPECT_GE(slow, 10u * 14 * 95 / 100);
  ASSERT_TRUE(world.run_for(1s)) << report(world);
  for (const auto otp : otps) {
    const auto delay = world.checker().delay_of(world.truth().jobs[otp].first_message);
    ASSERT_TRUE(delay.has_value());
    EXPECT_LE(*delay, 150ms);
  }

  world.network().host(0).door = SmscHost::Door::open;
  EXPECT_TRUE(world.run_to_rest(600s)) << report(world);
  EXPECT_EQ(world.checker().numbers().finals.at("delivered"), world.truth().messages.size());
}

TEST(Scenario, ABlackoutInMidCampaignStopsItsCategoryAndNothingElse) {
  Plan plan = Plan::plain();
  plan.config.operators = {operator_named("alpha", "9198", 100)};
  World world(std::move(plan), 40);
  world.start();
  world.run_for(3s);
  for (int i = 0; i < 10; ++i) {
    world.hubs().push("promotional", 100, "9198");
    world.hubs().push("service", 20, "9198");
  }
  ASSERT_TRUE(world.run_for(3s)) << report(world);
  throttle::Rule rule;
  rule.id = "election";
  rule.scope.categories = {"promotional", "publicity"};
  world.office().add(rule);
  ASSERT_TRUE(world.run_for(1s)) << report(world);
  EXPECT_LT(world.office().lives().front().effective, world.clock().now())
      << "the rule did not become EFFECTIVE";
  ASSERT_TRUE(world.run_for(10s)) << report(world);
  EXPECT_GT(world.checker().numbers().held, 0u);
  std::size_t waiting = 0;
  for (MessageIndex i = 0; i < world.truth().messages.size(); ++i) {
    const auto& job = world.truth().job_of(i);
    if (job.category == "service") {
      EXPECT_EQ(world.checker().state_of(i), "delivered");
    }
    if (job.category == "promotional" && world.checker().writes_of(i) == 0) ++waiting;
  }
  EXPECT_GT(waiting, 300u);
  world.office().lift("election");
  EXPECT_TRUE(world.run_to_rest(600s)) << report(world);
  EXPECT_EQ(world.checker().numbers().finals.at("delivered"), world.truth().messages.size());
}

TEST(Scenario, AfterACrashWhatWasInDoubtGoesByItsCategory) {
  Plan plan = one_operator(0, 10s, 30s);
  plan.config.operators[0].response_timeout = 60s;
  plan.behaviours[0].response_delay = 5s;  // written, and still unanswered when the engine dies
  plan.behaviours[0].receipts = 0;
  World world(std::move(plan), 60);
  world.start();
  world.run_for(3s);
  const auto report_only = world.hubs().push("transactional", 5, "9198");
  const auto resend = world.hubs().push("service", 5, "9198");
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  ASSERT_EQ(world.checker().writes_to(0).size(), 10u);
  world.crash(0, true);
  ASSERT_TRUE(world.run_for(3s));
  world.restart(0);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  const auto first = [&](JobIndex job) { return world.truth().jobs[job].first_message; };
  for (std::uint32_t i = 0; i < 5; ++i) {
    EXPECT_EQ(world.checker().state_of(first(report_only) + i), "unknown");
    EXPECT_EQ(world.checker().writes_of(first(report_only) + i), 1u);
    EXPECT_EQ(world.checker().state_of(first(resend) + i), "no_receipt");
    EXPECT_EQ(world.checker().writes_of(first(resend) + i), 2u);
  }
  EXPECT_EQ(world.checker().numbers().in_doubt, 10u);
}

/// 400 jobs to be read where an answer holds 30 entries: as they come, or once their time has come.
void read_by_fewer(bool waited) {
  Plan plan = Plan::plain();
  plan.config.operators = {operator_named("alpha", "9198", 0)};
  World world(std::move(plan), 60);
  world.start();
  world.run_for(3s);
  std::optional<std::int64_t> not_before_ms;
  if (waited) not_before_ms = world.clock().wall_ms() + 20'000;
  for (int i = 0; i < 400; ++i) world.hubs().push("service", 1, "9198", "finance", "", not_before_ms);
  if (waited) world.run_for(10s);
  world.redis().set_entries_max(30);
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 400u);
}

TEST(Scenario, JobsThatAreTooLargeToBeReadTogetherAreReadByFewer) {
  read_by_fewer(false);
}

TEST(Scenario, JobsThatWaitedForTheirTimeAndAreTooLargeToBeReadTogetherAreReadByFewer) {
  read_by_fewer(true);
}

TEST(Scenario, ALateReceiptEndsADoubtAsDelivered) {
  Plan plan = one_operator(0, 10s, 30s);
  plan.config.operators[0].response_timeout = 2s;
  for (auto& category : plan.config.categories) category.doubt_wait = 20s;
  plan.behaviours.resize(1);
  plan.behaviours[0].response_delay = 4s;  // behind the response timer, before the doubt acts
  World world(std::move(plan), 60);
  world.start();
  world.run_for(3s);
  world.hubs().push("transactional", 5, "9198");
  world.hubs().push("service", 5, "9198");
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_EQ(world.checker().numbers().in_doubt, 10u);
  EXPECT_EQ(world.checker().numbers().duplicates, 0u);
  EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 10u);
}

TEST(Scenario, AReceiptThatComesBeforeItsResponseCounts) {
  Plan plan = Plan::plain();
  plan.config.operators = {operator_named("alpha", "9198", 0)};
  plan.behaviours.resize(1);
  plan.behaviours[0].receipt_early = 1;
  plan.behaviours[0].response_delay = 500ms;
  plan.behaviours[0].undelivered = 0.5;
  World world(std::move(plan), 60);
  world.start();
  world.run_for(3s);
  world.hubs().push("service", 40, "9198");
  EXPECT_TRUE(world.run_to_rest(60s)) << report(world);
  const auto& finals = world.checker().numbers().finals;
  ASSERT_TRUE(finals.contains("delivered") && finals.contains("undelivered"));
  EXPECT_EQ(finals.at("delivered") + finals.at("undelivered"), 40u);
}

TEST(Scenario, ALongMessageWithAThrottledPartKeepsItsTextItsReferenceAndItsOperator) {
  Plan plan = Plan::plain();
  plan.config.operators = {operator_named("alpha", "9198", 0), operator_named("bravo", "9197", 0)};
  plan.config.operators[0].failover = {"bravo"};
  plan.behaviours.resize(2);
  plan.behaviours[0].statuses = {{0x58, 0.4}};
  World world(std::move(plan), 60);
  world.start();
  world.run_for(3s);
  std::string text = "zq long";
  while (text.size() < 500) text += " word";
  for (int i = 0; i < 5; ++i) world.hubs().push("service", 4, "9198", "finance", text);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 20u);
  EXPECT_EQ(world.checker().numbers().duplicates, 0u);
  EXPECT_GT(world.checker().numbers().parts_written, 20u * 4) << "no part was throttled";
  for (MessageIndex i = 0; i < 20; ++i) EXPECT_EQ(world.checker().accepted_of(i), 4u);
  EXPECT_TRUE(world.checker().writes_to(1).empty());
}

TEST(Scenario, AnEngineThatDrainsLeavesNothingInDoubt) {
  Plan plan = Plan::plain();
  plan.config.operators = {operator_named("alpha", "9198", 100)};
  World world(std::move(plan), 60);
  world.start();
  world.run_for(3s);
  for (int i = 0; i < 10; ++i) world.hubs().push("service", 100, "9198");
  ASSERT_TRUE(world.run_for(3s)) << report(world);
  world.engine(0).drain();
  ASSERT_TRUE(world.run_for(10s)) << report(world);
  EXPECT_TRUE(world.engine(0).drained());
  world.crash(0, true);
  world.restart(0);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().numbers().in_doubt, 0u);
  EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 1'000u);
}

TEST(Scenario, ASecondEngineTakesOverFromOneThatDies) {
  Plan plan = Plan::plain();
  plan.engines = 2;
  plan.config.operators = {operator_named("alpha", "9198", 100)};
  World world(std::move(plan), 60);
  world.start();
  world.run_for(3s);
  for (int i = 0; i < 10; ++i) world.hubs().push("promotional", 100, "9198");
  ASSERT_TRUE(world.run_for(3s)) << report(world);
  world.crash(0, true);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().unfinished(), 0u);
}

std::vector<std::uint64_t> owned_by_engine(World& world) {
  std::vector<std::uint64_t> owned;
  for (std::size_t slot = 0; slot < world.engines(); ++slot) {
    std::uint64_t count = 0;
    if (world.alive(slot)) {
      for (const auto& shard : world.engine(slot).shards()) count += shard->counters().partitions_owned;
    }
    owned.push_back(count);
  }
  return owned;
}

TEST(Scenario, ThreeEnginesShareThePartitionsEvenlyAndANewcomerGetsItsPart) {
  Plan plan = Plan::plain();
  plan.engines = 3;
  plan.config.partitions = 8;
  plan.config.operators = {operator_named("alpha", "9198", 300)};
  World world(std::move(plan), 60);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  EXPECT_THAT(owned_by_engine(world), testing::UnorderedElementsAre(3, 3, 2)) << report(world);
  world.crash(2, true);
  ASSERT_TRUE(world.run_for(6s)) << report(world);
  EXPECT_THAT(owned_by_engine(world), testing::ElementsAre(4, 4, 0)) << report(world);
  for (int i = 0; i < 10; ++i) world.hubs().push("service", 100, "9198");
  ASSERT_TRUE(world.run_for(1s)) << report(world);
  world.restart(2);
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  EXPECT_THAT(owned_by_engine(world), testing::UnorderedElementsAre(3, 3, 2)) << report(world);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().numbers().in_doubt, 0u) << "a hand-over left something in doubt";
  EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 1'000u);
}

TEST(Scenario, ADrainedEnginesPartitionsAreTakenBeforeALeaseHasRunOut) {
  Plan plan = Plan::plain();
  plan.engines = 2;
  plan.config.operators = {operator_named("alpha", "9198", 100)};
  World world(std::move(plan), 60);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  for (int i = 0; i < 10; ++i) world.hubs().push("service", 100, "9198");
  ASSERT_TRUE(world.run_for(3s)) << report(world);
  world.engine(0).drain();
  const auto all = [&] { return owned_by_engine(world)[1] == world.plan().config.partitions; };
  TimePoint released{};
  while (!all()) {
    ASSERT_TRUE(world.run_for(20ms)) << report(world);
    if (released == TimePoint{} && owned_by_engine(world)[0] == 0) released = world.clock().now();
    ASSERT_TRUE(released == TimePoint{} || world.clock().now() - released < world.plan().config.lease)
        << report(world);
  }
  EXPECT_TRUE(world.run_for(2s)) << report(world);
  EXPECT_TRUE(world.engine(0).drained());
  world.crash(0, true);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().numbers().in_doubt, 0u);
  EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 1'000u);
}

TEST(Scenario, AShardThatGaveAPartitionAwayAndTookItAgainIsNotTakenForOneThatStoodStill) {
  Plan plan = Plan::plain();
  plan.engines = 2;
  plan.config.operators = {operator_named("alpha", "9198", 100)};
  World world(std::move(plan), 60);
  world.start();
  // Whoever waits for a dead owner goes by the record alone; the law is that none comes twice.
  for (int round = 0; round < 4; ++round) {
    ASSERT_TRUE(world.run_for(4s)) << report(world);
    EXPECT_EQ(owned_by_engine(world)[1], world.plan().config.partitions / 2) << report(world);
    world.engine(1).drain();
    ASSERT_TRUE(world.run_for(2s)) << report(world);
    EXPECT_EQ(owned_by_engine(world)[0], world.plan().config.partitions) << report(world);
    world.crash(1, true);
    world.restart(1);
  }
}

TEST(Scenario, WhatAFailoverForgetsIsToldAgainByTheEngineThatWroteIt) {
  Plan plan = one_operator(200, 10s, 30s);
  plan.engines = 2;
  World world(std::move(plan), 60);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  world.redis().replicate(1s);
  for (int i = 0; i < 10; ++i) world.hubs().push("transactional", 100, "9198");
  ASSERT_TRUE(world.run_for(3s)) << report(world);
  world.fail_over();
  EXPECT_GT(world.redis().statistics().forgotten, 100u);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().numbers().duplicates, 0u);
  EXPECT_EQ(world.checker().numbers().in_doubt, 0u);
  EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 1'000u);
}

TEST(Scenario, AFlushByMistakeIsAnAlarmAndNothingThatWasSentIsSentAgain) {
  Plan plan = one_operator(100, 10s, 30s);
  plan.engines = 2;
  World world(std::move(plan), 60);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  for (int i = 0; i < 5; ++i) world.hubs().push("transactional", 100, "9198");
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  world.checker().note_takeover();
  world.flush();
  ASSERT_TRUE(world.run_for(10s)) << report(world);
  std::uint64_t alarms = 0;
  for (const auto& counters : world.counters()) alarms += counters.forgotten;
  EXPECT_GT(alarms, 0u);
  const auto after = world.hubs().push("transactional", 100, "9198");
  ASSERT_TRUE(world.run_for(10s)) << report(world);
  EXPECT_EQ(world.checker().numbers().duplicates, 0u);
  const auto first = world.truth().jobs[after].first_message;
  for (MessageIndex i = first; i < first + 100; ++i) EXPECT_EQ(world.checker().state_of(i), "delivered");
}

TEST(Scenario, WhatAnOlderRedisShowsAsUnsentIsInDoubtWhereItMayHaveBeenSent) {
  Plan plan = one_operator(50, 10s, 30s);
  plan.config.limits.replay_bytes = 0;  // nothing can be told again
  World world(std::move(plan), 60);
  world.start();
  world.redis().replicate(2s);
  ASSERT_TRUE(world.run_for(5s)) << report(world);
  const auto job = world.hubs().push("transactional", 100, "9198");
  ASSERT_TRUE(world.run_for(3s)) << report(world);
  world.fail_over();
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  const auto first = world.truth().jobs[job].first_message;
  for (MessageIndex i = first; i < first + 100; ++i) {
    EXPECT_LE(world.checker().writes_of(i), 1u);
    EXPECT_FALSE(world.checker().state_of(i).empty());
  }
  EXPECT_GT(world.checker().numbers().in_doubt, 30u);
}

/// One part a second, and a window of one: the rest of a long message is ready, and fills what may be ahead.
TEST(Scenario, AnOtpGoesBeforeTheRestOfALongMessageThatHasBegun) {
  Plan plan = one_operator(1);
  plan.config.operators[0].binds = 1;
  plan.config.operators[0].window = 1;
  World world(std::move(plan), 60);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  world.hubs().push("promotional", 2, "9198", "finance", long_text(800));
  while (world.checker().writes_to(0).size() < 2) ASSERT_TRUE(world.run_for(10ms)) << report(world);
  const JobIndex otp = world.hubs().push("otp", 1, "9198");
  ASSERT_TRUE(world.run_for(3s)) << report(world);
  const auto delay = world.checker().delay_of(world.truth().jobs[otp].first_message);
  ASSERT_TRUE(delay.has_value()) << report(world);
  EXPECT_LE(*delay, 1050ms) << report(world);
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
}

/// Every message waits for two commits of Redis on its way; the next ones are prepared meanwhile.
TEST(Scenario, TheContractIsUsedThoughRedisIsFarAway) {
  Plan plan = one_operator(50);
  plan.store.latency_min = 60ms;  // one way
  plan.store.latency_max = 70ms;
  World world(std::move(plan), 80);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  for (int i = 0; i < 4; ++i) world.hubs().push("promotional", 200, "9198");
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  const auto before = world.checker().writes_to(0).size();
  ASSERT_TRUE(world.run_for(10s)) << report(world);
  EXPECT_GE(world.checker().writes_to(0).size() - before, 480u);
}

}  // namespace
}  // namespace anchal::sim
