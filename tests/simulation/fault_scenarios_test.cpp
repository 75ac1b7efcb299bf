#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/scenario.h"

// What seeds found broken, as worlds written by hand.

namespace anchal::sim {
namespace {

using namespace std::chrono_literals;

/// The shard that takes the partition after the restore need not be the one that knows how far it had come.
TEST(FaultScenario, WhatAnOlderCopyShowsAsUnsentIsInDoubtWhoeverTakesIt) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Plan plan = one_operator();
    plan.seed = seed;
    plan.engines = 2;
    plan.shards = 2;
    plan.config.partitions = 4;
    plan.config.operators[0].binds = 2;
    World world(std::move(plan), 120);
    world.start();
    world.run_for(4s);
    std::vector<JobIndex> jobs;
    for (int i = 0; i < 8; ++i) jobs.push_back(world.hubs().push("transactional", 3, "9198"));
    world.backup();  // pushed, and not one of them sent
    ASSERT_TRUE(world.run_for(8s)) << report(world);
    ASSERT_EQ(world.checker().writes_to(0).size(), 24u);
    ASSERT_TRUE(world.restore(200ms, 0));
    ASSERT_TRUE(world.run_to_rest(400s)) << report(world);
    EXPECT_EQ(world.checker().writes_to(0).size(), 24u) << "seed " << seed << "\n" << report(world);
    EXPECT_EQ(world.checker().numbers().in_doubt, 24u) << "seed " << seed << "\n" << report(world);
  }
}

TEST(FaultScenario, ANumberThatIsNoneIsInvalidAndNeverInDoubtWhateverRedisForgot) {
  World world(one_operator(), 120);
  world.start();
  world.run_for(4s);
  const auto job = world.hubs().push("transactional", 3, "9198000000000000");
  auto& truth = world.truth();
  for (MessageIndex i = 0; i < 3; ++i) truth.messages[truth.jobs[job].first_message + i].invalid = true;
  world.backup();  // pushed, and not yet read
  ASSERT_TRUE(world.run_for(8s)) << report(world);
  ASSERT_TRUE(world.restore(200ms, 0));
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().numbers().in_doubt, 0u) << report(world);
  EXPECT_EQ(world.checker().state_of(truth.jobs[job].first_message), "invalid");
}

/// Sent, accepted and delivered; then a Redis that only knows the first two. The receipt will not come again.
TEST(FaultScenario, AnOutcomeThatAnOlderCopyLacksIsGivenAgainByTheDeadline) {
  Plan plan = one_operator();
  plan.behaviours[0].receipt_delay = 3s;
  World world(std::move(plan), 120);
  world.start();
  world.run_for(3s);
  const auto job = world.hubs().push("transactional", 3, "9198");
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  world.backup();  // accepted, and awaiting their receipts
  ASSERT_TRUE(world.run_for(8s)) << report(world);
  EXPECT_EQ(world.checker().state_of(world.truth().jobs[job].first_message), "delivered");
  ASSERT_TRUE(world.restore(200ms, 0));
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().numbers().repeated_finals, 3u);
  EXPECT_EQ(world.checker().writes_to(0).size(), 3u);
}

TEST(FaultScenario, AfterFlushallNothingIsSentTwiceAndTheRestGoesOn) {
  Plan plan = one_operator();
  plan.engines = 2;
  plan.behaviours[0].response_delay = 400ms;
  World world(std::move(plan), 120);
  world.start();
  world.run_for(4s);
  for (int i = 0; i < 4; ++i) world.hubs().push("transactional", 10, "9198");
  ASSERT_TRUE(world.run_for(500ms)) << report(world);
  const auto before = world.checker().writes_to(0).size();
  EXPECT_GT(before, 0u);
  world.flush();
  ASSERT_TRUE(world.run_for(10s)) << report(world);
  const auto job = world.hubs().push("transactional", 5, "9198");
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().state_of(world.truth().jobs[job].first_message), "delivered");
}

/// A crash point dies exactly once, at its step, and nothing it did afterwards reaches anybody.
TEST(FaultScenario, AnEngineThatDiesAtAStepLeavesNothingBehindIt) {
  for (const Step step : {Step::command, Step::answer, Step::write, Step::bytes, Step::turn}) {
    for (const bool done : {false, true}) {
      Plan plan = one_operator();
      World world(std::move(plan), 80);
      world.start();
      world.run_for(3s);
      unsigned deaths = 0;
      CrashPoint point;
      point.step = step;
      point.countdown = 2;
      point.done = done;
      point.died = [&] {
        ++deaths;
        world.checker().note_takeover();
      };
      world.engine(0).crash_at(std::move(point));
      world.hubs().push("transactional", 5, "9198");
      world.hubs().push("service", 5, "9198");
      ASSERT_TRUE(world.run_for(3s)) << report(world);
      EXPECT_EQ(deaths, 1u) << report(world);
      EXPECT_FALSE(world.alive(0));
      world.restart(0);
      EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
    }
  }
}

/// Part 1's answer is given up, then comes, while part 2 is still unanswered: what is resent is not part 1.
TEST(FaultScenario, AnAnswerThatComesWhileOtherPartsWaitIsNotLost) {
  Plan plan = one_operator();
  plan.config.operators[0].response_timeout = 3s;
  plan.config.operators[0].binds = 1;
  plan.config.operators[0].window = 1;  // one part after the other
  plan.behaviours[0].response_delay = 4s;
  World world(std::move(plan), 120);
  world.start();
  world.run_for(3s);
  world.hubs().push("emergency", 1, "9198", "finance", std::string(250, 'x'));
  world.run_for(60s);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().numbers().duplicates, 0u) << report(world);
}

/// Receipts of some parts had come before the engine died and another resent the whole message.
TEST(FaultScenario, WhatTheFirstCopysPartsHeardDoesNotCountForTheSecond) {
  unsigned resent = 0;
  for (unsigned writes = 1; writes <= 10; ++writes) {
    for (const bool done : {false, true}) {
      Plan plan = one_operator();
      plan.config.operators[0].tps = 4;  // parts: the first have their receipts before the last is written
      plan.behaviours[0].receipt_delay = 10ms;
      plan.behaviours[0].receipt_late = 0.5;  // in any order
      plan.seed = writes;
      World world(std::move(plan), 120);
      world.start();
      ASSERT_TRUE(world.run_for(3s)) << report(world);
      CrashPoint point;
      point.step = Step::write;
      point.countdown = writes;
      point.done = done;
      point.died = [&world] { world.checker().note_takeover(); };
      world.engine(0).crash_at(std::move(point));
      world.hubs().push("service", 1, "9198", "finance", std::string(550, 'x'));
      ASSERT_TRUE(world.run_for(6s)) << report(world);
      const auto before = world.checker().writes_to(0).size();
      if (!world.alive(0)) world.restart(0);
      EXPECT_TRUE(world.run_to_rest(300s)) << writes << " writes\n" << report(world);
      resent += before > 0 && world.checker().writes_to(0).size() > 4;
    }
  }
  EXPECT_GT(resent, 0u);
}

/// Nobody knows which operator it went to: the record waits for the longest receipt deadline, not for days.
TEST(FaultScenario, ADoubtWhoseOperatorRedisForgotIsForgottenInTimeThoughItsOwnerDies) {
  Plan plan = one_operator();
  World world(std::move(plan), 120);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  world.hubs().push("transactional", 3, "9198");
  world.backup();  // pushed, and not one of them sent
  ASSERT_TRUE(world.run_for(8s)) << report(world);
  ASSERT_TRUE(world.restore(200ms, 0));
  for (int i = 0; i < 200 && world.checker().numbers().in_doubt == 0; ++i) {
    ASSERT_TRUE(world.run_for(100ms)) << report(world);
  }
  ASSERT_EQ(world.checker().numbers().in_doubt, 3u) << report(world);
  world.crash(0, true);
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  world.restart(0);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
}

/// After the restore another shard takes the partition first, and it comes back to the one that remembers.
TEST(FaultScenario, WhatAnOlderCopyAwaitsIsFinalAgainThoughItsFormerOwnerOnceHeardTheReceipt) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Plan plan = one_operator();
    plan.seed = seed;
    plan.engines = 2;
    plan.config.partitions = 4;
    plan.behaviours[0].receipt_delay = 3s;
    World world(std::move(plan), 120);
    world.start();
    ASSERT_TRUE(world.run_for(4s)) << report(world);
    for (int i = 0; i < 8; ++i) world.hubs().push("transactional", 3, "9198");
    ASSERT_TRUE(world.run_for(2s)) << report(world);
    world.backup();  // accepted, and awaiting their receipts
    ASSERT_TRUE(world.run_for(8s)) << report(world);
    EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 24u);
    ASSERT_TRUE(world.restore(200ms, 0));
    ASSERT_TRUE(world.run_for(12s)) << report(world);
    world.crash(0, true);  // the other one takes all of them
    ASSERT_TRUE(world.run_for(8s)) << report(world);
    world.restart(0);
    EXPECT_TRUE(world.run_to_rest(300s)) << "seed " << seed << "\n" << report(world);
    EXPECT_EQ(world.checker().numbers().repeated_finals, 24u) << "seed " << seed;
  }
}

/// Parts that were refused go once more at once where others of the message still wait for their turn.
TEST(FaultScenario, AMessageAcceptedAsAWholeAwaitsItsReceiptsWhateverWasRefusedBefore) {
  Plan plan = one_operator();
  plan.config.operators[0].tps = 20;
  plan.behaviours[0].response_delay = 80ms;
  plan.behaviours[0].statuses = {{0xFF, 0.3}};
  plan.behaviours[0].receipt_delay = 200ms;
  World world(std::move(plan), 120);
  world.start();
  world.run_for(3s);
  for (int i = 0; i < 5; ++i) world.hubs().push("transactional", 4, "9198", "finance", std::string(500, 'x'));
  for (int look = 0; look < 100; ++look) {
    ASSERT_TRUE(world.run_for(50ms)) << report(world);
    world.checker().look();
  }
  world.network().host(0).set_behaviour({});
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_EQ(world.checker().numbers().repeated_finals, 0u) << report(world);
}

/// Part 1 is known to be accepted by its receipt; then its answer comes as well, while part 2 waits to be
/// sent again, and calls that off.
TEST(FaultScenario, AnAnswerToAPartThatIsKnownByItsReceiptIsNoSecondPart) {
  Plan plan = one_operator();
  plan.config.operators[0].response_timeout = 4s;
  plan.config.operators[0].user_message_reference = true;
  plan.config.operators[0].tps = 10;
  plan.behaviours[0].response_delay = 7s;
  plan.behaviours[0].response_jitter = 3s;
  plan.behaviours[0].receipts = 0.5;
  plan.behaviours[0].receipt_early = 1;
  World world(std::move(plan), 120);
  world.start();
  world.run_for(3s);
  for (int i = 0; i < 10; ++i) world.hubs().push("service", 4, "9198", "finance", std::string(250, 'x'));
  ASSERT_TRUE(world.run_for(6s)) << report(world);
  world.hubs().push("transactional", 60, "9198");  // what is resent queues behind them
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_TRUE(world.run_for(60s)) << report(world);
  EXPECT_EQ(world.checker().numbers().repeated_finals, 0u);
}

/// A job that comes again when its id is no longer known as a repetition is a new one, of the same name. That
/// breaks laws of the checker, which knows one message by that name; the ledger is what is asked here.
TEST(FaultScenario, ALongMessageThatIsPushedAgainAfterTheIdempotencyTimeWaitsForItsOwnReceipts) {
  Plan plan = one_operator();
  plan.config.idempotency = 0s;
  plan.behaviours[0].receipt_delay = 1s;
  World world(std::move(plan), 120);
  world.start();
  world.run_for(3s);
  const auto job = world.hubs().push("transactional", 1, "9198", "finance", std::string(500, 'x'));
  const std::string& stream = world.truth().jobs[job].stream;
  const std::string body(*world.redis().data().get<Stream>(stream)->entries.back().field("body"));
  const std::string ledger_key = stream.substr(0, stream.find('}') + 1) + ":ledger";
  const auto ledger = [&](std::string_view name) {
    const auto* const hash = world.redis().data().get<Hash>(ledger_key);
    const auto found = hash->find(name);
    return found == hash->fields.end() ? 0 : std::stoi(found->second);
  };
  ASSERT_TRUE(world.run_for(3s)) << report(world);
  ASSERT_EQ(ledger("final:delivered"), 1);
  core::Commands again;
  again.command("XADD").arg(stream).arg("*").arg("v").arg("1").arg("body").arg(body);
  world.redis().execute(again);
  world.clock().run_until(world.clock().now() + 500ms);
  EXPECT_EQ(ledger("final:delivered"), 1);
  EXPECT_EQ(ledger("w:awaiting"), 1);
  world.clock().run_until(world.clock().now() + 3s);
  EXPECT_EQ(ledger("final:delivered"), 2);
  EXPECT_EQ(ledger("w:awaiting"), 0);
}

/// A failover forgets a job that its owner goes on to send; then the owner dies, and has not sent all of it.
/// Nobody has the text any more: what was accepted of it does not count, and holds nothing up.
TEST(FaultScenario, AJobThatRedisForgotDoesNotOutliveItsOwnerAsAGhost) {
  for (const bool another : {false, true}) {
    Plan plan = one_operator(4);
    plan.config.partitions = 1;
    plan.behaviours[0].receipt_delay = 3s;
    World world(std::move(plan), 120);
    world.start();
    world.redis().replicate(1s);
    ASSERT_TRUE(world.run_for(4s)) << report(world);
    const auto job = world.hubs().push("transactional", 20, "9198");
    ASSERT_TRUE(world.run_for(500ms)) << report(world);
    world.fail_over();
    ASSERT_TRUE(world.truth().jobs[job].forgotten);
    ASSERT_TRUE(world.run_for(2s)) << report(world);
    ASSERT_GT(world.checker().writes_to(0).size(), 5u) << report(world);  // it is sent all the same
    ASSERT_LT(world.checker().writes_to(0).size(), 15u) << report(world);
    world.crash(0, true);
    if (another) world.hubs().push("transactional", 2, "9198");  // behind it, in its stream
    ASSERT_TRUE(world.run_for(2s)) << report(world);
    world.restart(0);
    EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
    EXPECT_EQ(world.checker().numbers().duplicates, 0u);
  }
}

/// Nor where another job has its id by now, and its owner gave the partition up before it could keep it.
TEST(FaultScenario, NorDoesItWhereAnotherJobHasItsId) {
  for (const auto idempotency : {Duration(48h), Duration::zero()}) {
    Plan plan = one_operator(4);
    plan.config.partitions = 1;
    plan.config.idempotency = idempotency;
    World world(std::move(plan), 120);
    world.start();
    world.redis().replicate(1s);
    ASSERT_TRUE(world.run_for(4s)) << report(world);
    world.step_clock(60s);
    world.hubs().push("transactional", 1, "9198");
    world.step_clock(-60s);  // from now on ids are the last one's, and counted
    ASSERT_TRUE(world.run_for(3s)) << report(world);
    const auto forgotten = world.hubs().push("transactional", 20, "9198");
    ASSERT_TRUE(world.run_for(500ms)) << report(world);
    world.engine(0).drain();
    world.fail_over();
    const auto another = world.hubs().push("transactional", 2, "9198");
    ASSERT_TRUE(world.truth().jobs[forgotten].forgotten);
    ASSERT_EQ(world.truth().jobs[forgotten].entry, world.truth().jobs[another].entry);
    ASSERT_TRUE(world.run_for(3s)) << report(world);
    world.crash(0, true);
    world.restart(0);
    EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
    EXPECT_EQ(world.checker().accepted_of(world.truth().jobs[another].first_message), 1u) << report(world);
    EXPECT_EQ(world.checker().numbers().duplicates, 0u);
  }
}

/// Nobody had its text any more. Pushed again it has its outcomes, and what may have been sent is not sent
/// again.
TEST(FaultScenario, AJobThatRedisForgotAndWhoseOwnerDiedHasItsOutcomesIfItIsPushedAgain) {
  Plan plan = one_operator(4);
  plan.config.partitions = 1;
  plan.behaviours[0].receipt_delay = 3s;
  World world(std::move(plan), 120);
  world.start();
  world.redis().replicate(1s);
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  const JobTruth pushed = world.truth().jobs[world.hubs().push("transactional", 20, "9198")];
  const std::string body(
      world.redis().data().get<Stream>(pushed.stream)->entries.back().field("body").value());
  ASSERT_TRUE(world.run_for(500ms)) << report(world);
  world.fail_over();
  const auto told = [&] { return world.counters()[0].told_again; };
  for (int i = 0; i < 3'000 && told() == 0; ++i) ASSERT_TRUE(world.run_for(1ms)) << report(world);
  ASSERT_TRUE(world.run_for(5ms)) << report(world);  // before it has kept what it has in hand elsewhere
  world.crash(0, true);
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  world.restart(0);
  ASSERT_TRUE(world.run_for(20s)) << report(world);
  ASSERT_GT(world.counters()[0].gone, 0u) << report(world);
  world.redis().run({"XADD", pushed.stream, "*", "v", "1", "body", body});
  EXPECT_TRUE(world.run_for(100s)) << report(world);
  for (MessageIndex message = 0; message < 20; ++message) {
    EXPECT_NE(world.checker().state_of(pushed.first_message + message), "") << message;
    EXPECT_LE(world.checker().accepted_of(pushed.first_message + message), 1u) << message;
  }
  EXPECT_EQ(world.checker().numbers().duplicates, 0u);
}

/// The new primary's clock is behind: what is pushed to it gets ids that the owner has long read past.
TEST(FaultScenario, AJobPushedUnderAnIdThatAForgetfulRedisGivesAnewIsSentOnce) {
  for (const auto idempotency : {Duration(48h), Duration::zero()}) {
    Plan plan = one_operator();
    plan.config.idempotency = idempotency;
    World world(std::move(plan), 120);
    world.start();
    world.redis().replicate(1s);
    world.run_for(3s);
    std::vector<JobIndex> jobs{world.hubs().push("transactional", 2, "9198")};
    ASSERT_TRUE(world.run_for(3s)) << report(world);
    for (int i = 0; i < 8; ++i) jobs.push_back(world.hubs().push("transactional", 2, "9198"));
    world.step_clock(-20s);
    ASSERT_TRUE(world.run_for(500ms)) << report(world);
    world.fail_over();
    ASSERT_TRUE(world.run_for(2s)) << report(world);
    for (int i = 0; i < 8; ++i) jobs.push_back(world.hubs().push("transactional", 2, "9198"));
    EXPECT_TRUE(world.run_for(8s)) << report(world);
    EXPECT_EQ(world.checker().writes_to(0).size(), 34u) << report(world);
    for (const auto job : jobs) {
      EXPECT_EQ(world.checker().state_of(world.truth().jobs[job].first_message), "delivered");
    }
    EXPECT_EQ(world.checker().numbers().duplicates, 0u);
    EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  }
}

/// Nor does it need the shard that knows: which streams are to be read again stands in the ledger.
TEST(FaultScenario, NorIsSuchAJobLostWhenItsOwnerDiesBeforeItIsRead) {
  Plan plan = one_operator();
  World world(std::move(plan), 120);
  world.start();
  world.redis().replicate(1s);
  world.run_for(3s);
  ASSERT_TRUE(world.run_for(3s)) << report(world);
  std::vector<JobIndex> jobs;
  for (int i = 0; i < 8; ++i) jobs.push_back(world.hubs().push("transactional", 2, "9198"));
  world.step_clock(-60s);
  ASSERT_TRUE(world.run_for(500ms)) << report(world);
  world.fail_over();
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  world.crash(0, true);
  for (int i = 0; i < 8; ++i) jobs.push_back(world.hubs().push("transactional", 2, "9198"));
  world.run_for(1s);
  world.restart(0);
  EXPECT_TRUE(world.run_for(20s)) << report(world);
  for (const auto job : jobs) {
    EXPECT_EQ(world.checker().state_of(world.truth().jobs[job].first_message), "delivered");
  }
  EXPECT_EQ(world.checker().numbers().duplicates, 0u);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
}

/// Nor where nothing that its owner wrote is forgotten, but a job that it had read and not yet accepted.
TEST(FaultScenario, NorWhereRedisForgetsOnlyWhatWasReadJustNow) {
  for (const auto idempotency : {Duration(48h), Duration::zero()}) {
    std::size_t given_anew = 0;
    for (Duration after = 5ms; after < 400ms; after += 15ms) {
      Plan plan = one_operator();
      plan.config.partitions = 1;
      plan.config.idempotency = idempotency;
      plan.store.latency_min = plan.store.latency_max = 60ms;
      World world(std::move(plan), 120);
      world.start();
      world.redis().replicate(after);
      ASSERT_TRUE(world.run_for(4s)) << report(world);
      world.step_clock(60s);
      world.hubs().push("transactional", 1, "9198");
      world.step_clock(-60s);  // from now on ids are the last one's, and counted
      ASSERT_TRUE(world.run_for(3s)) << report(world);
      const auto forgotten = world.hubs().push("transactional", 2, "9198");
      ASSERT_TRUE(world.run_for(after - 1ms)) << report(world);
      world.fail_over();
      const auto another = world.hubs().push("transactional", 2, "9198");
      given_anew += world.truth().jobs[forgotten].entry == world.truth().jobs[another].entry ? 1 : 0;
      EXPECT_TRUE(world.run_to_rest(300s)) << after.count() << report(world);
      EXPECT_EQ(world.checker().accepted_of(world.truth().jobs[another].first_message), 1u)
          << after.count() << report(world);
      EXPECT_EQ(world.checker().numbers().duplicates, 0u);
    }
    EXPECT_GT(given_anew, 10u);
  }
}

/// A first failover's mark is gone, as its reading again is done, when a second one forgets just that: what
/// is told again must not take the second one's mark away.
TEST(FaultScenario, NorWhenItsOwnerDiesAfterASecondFailover) {
  for (const auto idempotency : {Duration(48h), Duration::zero()}) {
    Plan plan = one_operator();
    plan.config.partitions = 1;
    plan.config.idempotency = idempotency;
    World world(std::move(plan), 120);
    world.start();
    world.redis().replicate(1s);
    ASSERT_TRUE(world.run_for(6s)) << report(world);
    std::vector<JobIndex> jobs;
    const auto push = [&] {
      for (int i = 0; i < 8; ++i) jobs.push_back(world.hubs().push("transactional", 2, "9198"));
    };
    const auto marked = [&] {
      return !world.redis().run({"HGET", "anchal:{0}:ledger", "reread:jobs:service"}).is_nil();
    };
    push();
    ASSERT_TRUE(world.run_for(500ms)) << report(world);
    world.fail_over();
    ASSERT_TRUE(world.run_for(5s)) << report(world);
    ASSERT_TRUE(marked());
    push();
    for (int i = 0; i < 900 && marked(); ++i) ASSERT_TRUE(world.run_for(1ms)) << report(world);
    ASSERT_FALSE(marked());
    world.step_clock(-60s);
    world.fail_over();
    ASSERT_TRUE(world.run_for(2s)) << report(world);
    EXPECT_TRUE(marked());
    world.crash(0, true);
    push();
    world.run_for(1s);
    world.restart(0);
    EXPECT_TRUE(world.run_for(20s)) << report(world);
    for (const auto job : jobs) {
      EXPECT_EQ(world.checker().state_of(world.truth().jobs[job].first_message), "delivered")
          << report(world);
    }
    EXPECT_EQ(world.checker().numbers().duplicates, 0u);
    EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  }
}

/// The hub's push is among what Redis forgot. Only the engine that read it has it, and that one dies later.
TEST(FaultScenario, AJobThatRedisForgotIsSentThoughItsReaderDiesSoonAfter) {
  Plan plan = one_operator();
  plan.config.operators[0].tps = 5;
  World world(std::move(plan), 120);
  world.start();
  world.run_for(4s);
  world.backup();
  const auto job = world.hubs().push("transactional", 60, "9198");
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  ASSERT_TRUE(world.restore(200ms, 0));
  ASSERT_TRUE(world.run_for(3s)) << report(world);
  world.checker().note_takeover();
  world.crash(0, true);
  world.restart(0);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  std::size_t delivered = 0;
  const auto first = world.truth().jobs[job].first_message;
  for (MessageIndex i = first; i < first + 60; ++i) {
    EXPECT_FALSE(world.checker().state_of(i).empty());
    EXPECT_LE(world.checker().writes_of(i), 1u);
    delivered += world.checker().state_of(i) == "delivered";
  }
  EXPECT_GT(delivered, 50u) << report(world);
}

/// Somebody trims a stream by hand while its owner is dead: below the second entry, and below none.
TEST(FaultScenario, AnEntryThatIsGoneHoldsUpNoReceiptOfTheOthers) {
  for (const std::size_t gone : {1u, 2u}) {
    Plan plan = one_operator();
    plan.config.partitions = 1;
    plan.behaviours[0].response_delay = 2s;
    World world(std::move(plan), 120);
    world.start();
    world.run_for(3s);
    std::vector<JobIndex> jobs;
    for (int i = 0; i < 2; ++i) jobs.push_back(world.hubs().push("transactional", 1, "9198"));
    ASSERT_TRUE(world.run_for(50ms)) << report(world);
    world.crash(0, true);
    const JobTruth& last = world.truth().jobs[jobs.back()];
    const std::string kept = gone == 1 ? last.entry.text() : std::to_string(last.entry.ms + 1) + "-0";
    core::Commands trim;
    trim.command("XTRIM").arg(last.stream).arg("MINID").arg("=").arg(kept);
    world.redis().execute(trim);
    world.restart(0);
    world.clock().run_until(world.clock().now() + 4s);
    const auto after = world.hubs().push("transactional", 1, "9198");
    world.clock().run_until(world.clock().now() + 8s);
    EXPECT_EQ(world.checker().state_of(world.truth().jobs[after].first_message), "delivered")
        << report(world);
    std::uint64_t accepted = 0, known = 0, lost = 0;
    for (const auto& counters : world.counters()) {
      accepted += counters.accepted;
      lost += counters.gone;
      for (const auto number : counters.finals) known += number;
      for (const auto number : counters.waiting) known += number;
    }
    EXPECT_EQ(lost, gone) << report(world);
    EXPECT_EQ(accepted, known) << report(world);
  }
}

}  // namespace
}  // namespace anchal::sim
