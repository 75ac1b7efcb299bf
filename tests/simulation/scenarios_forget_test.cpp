#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <variant>

#include "tests/simulation/scenario.h"

// What the models of a Redis that forgets (tests/model) found, in worlds of the real core.

namespace anchal::sim {
namespace {

using namespace std::chrono_literals;

std::string fence(World& world) {
  return std::string(world.redis().run({"GET", "anchal:{0}:fence"}).text);
}

/// One of two engines takes the partition of the other, which is cut off. What it raised the fence to is
/// forgotten by a failover before it owns the partition, and the former owner is given the same number.
TEST(ForgetScenario, AFenceThatAFailoverForgetsIsNotUsedByWhoeverWasGivenIt) {
  Plan plan = engines_on(2, 1);
  plan.config.operators[0].tps = 10;
  World world(std::move(plan), 5000);
  world.start();
  world.redis().replicate(200ms);
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  const std::size_t owner = owned(world, 0) == 1 ? 0 : 1;
  ASSERT_EQ(owned(world, owner), 1u);
  const std::size_t taker = 1 - owner;
  for (int i = 0; i < 10; ++i) world.hubs().push("transactional", 10, "9198");
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  StoreWeather slow;
  slow.latency_min = slow.latency_max = 60ms;
  slow.reconnect_min = slow.reconnect_max = 200ms;
  store_of(world, taker).set_weather(slow);
  StoreWeather quick;
  quick.reconnect_max = quick.reconnect_min;
  store_of(world, owner).set_weather(quick);
  world.checker().note_takeover();
  store_of(world, owner).set_reachable(false);
  store_of(world, owner).cut();
  const std::string before = fence(world);
  for (int i = 0; i < 8'000 && fence(world) == before; ++i) ASSERT_TRUE(world.run_for(1ms)) << report(world);
  ASSERT_NE(fence(world), before);
  ASSERT_TRUE(world.run_for(100ms)) << report(world);  // the answer is there, and the journal is asked for
  ASSERT_EQ(owned(world, taker), 0u);
  world.fail_over();
  store_of(world, owner).set_reachable(true);
  ASSERT_EQ(fence(world), before);
  const auto takeovers = [&] {
    return std::ranges::count_if(world.trace().lines(), [](const std::string& line) {
      return line.find("partition 0 taken") != std::string::npos;
    });
  };
  const auto taken = takeovers();
  ASSERT_TRUE(world.run_for(1500ms)) << report(world);
  EXPECT_EQ(owned(world, owner), 1u);
  EXPECT_EQ(takeovers(), taken) << report(world);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.checker().numbers().duplicates, 0u) << report(world);
}

/// The copy is older than what a former owner can tell again, and the owner after it is dead: the former one
/// alone knows that the messages were sent.
TEST(ForgetScenario, WhatAFormerOwnerSentIsInDoubtThoughItsSuccessorDied) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Plan plan = engines_on(2, 2);
    plan.seed = seed;
    World world(std::move(plan), 120);
    world.start();
    world.crash(1, true);
    ASSERT_TRUE(world.run_for(5s)) << report(world);
    ASSERT_EQ(owned(world, 0), 2u);
    for (int i = 0; i < 8; ++i) world.hubs().push("transactional", 3, "9198");
    world.backup();  // pushed, and not one of them sent
    ASSERT_TRUE(world.run_for(8s)) << report(world);
    ASSERT_EQ(world.checker().writes_to(0).size(), 24u);
    world.restart(1);
    ASSERT_TRUE(world.run_for(3s)) << report(world);
    ASSERT_EQ(owned(world, 1), 1u) << report(world);
    world.crash(1, true);
    ASSERT_TRUE(world.restore(200ms, 0));
    world.restart(1);
    EXPECT_TRUE(world.run_to_rest(400s)) << "seed " << seed << "\n" << report(world);
    EXPECT_EQ(world.checker().writes_to(0).size(), 24u) << "seed " << seed << "\n" << report(world);
  }
}

/// What an owner said of how far it had come is forgotten with the second set-back, before anybody took the
/// partition.
TEST(ForgetScenario, HowFarAPartitionHadComeIsSaidAgainAfterEverySetBack) {
  Plan plan = engines_on(2, 1);
  World world(std::move(plan), 120);
  world.start();
  world.crash(1, true);
  ASSERT_TRUE(world.run_for(5s)) << report(world);
  for (int i = 0; i < 8; ++i) world.hubs().push("transactional", 3, "9198");
  world.backup();  // pushed, and not one of them sent
  ASSERT_TRUE(world.run_for(8s)) << report(world);
  ASSERT_EQ(world.checker().writes_to(0).size(), 24u);
  ASSERT_TRUE(world.restore(200ms, 0));
  for (int i = 0; i < 5'000 && owned(world, 0) == 1; ++i) ASSERT_TRUE(world.run_for(1ms)) << report(world);
  ASSERT_EQ(owned(world, 0), 0u) << report(world);
  ASSERT_TRUE(world.restore(200ms, 0));
  world.engine(0).drain();  // so that it is another one that takes the partition
  ASSERT_TRUE(world.run_for(1s)) << report(world);
  world.restart(1);
  ASSERT_TRUE(world.run_for(8s)) << report(world);
  EXPECT_EQ(owned(world, 1), 1u) << report(world);
  world.crash(0, true);
  EXPECT_TRUE(world.run_to_rest(400s)) << report(world);
  EXPECT_EQ(world.checker().writes_to(0).size(), 24u) << report(world);
}

/// The former owner reminds Redis of what it read, and nobody owns the partition: whoever takes it must know
/// that ids below the cursor are given anew.
TEST(ForgetScenario, AJobUnderAnIdGivenAnewIsNotLostWhereAFormerOwnerReminds) {
  for (const auto idempotency : {Duration(48h), Duration::zero()}) {
    Plan plan = engines_on(2, 1);
    plan.config.idempotency = idempotency;
    World world(std::move(plan), 120);
    world.start();
    world.redis().replicate(1s);
    world.crash(1, true);
    ASSERT_TRUE(world.run_for(6s)) << report(world);
    ASSERT_EQ(owned(world, 0), 1u);
    std::vector<JobIndex> jobs;
    for (int i = 0; i < 8; ++i) jobs.push_back(world.hubs().push("transactional", 2, "9198"));
    ASSERT_TRUE(world.run_for(200ms)) << report(world);
    world.step_clock(-60s);
    world.engine(0).drain();
    for (int i = 0; i < 700 && owned(world, 0) == 1; ++i) ASSERT_TRUE(world.run_for(1ms)) << report(world);
    ASSERT_EQ(owned(world, 0), 0u) << report(world);
    world.fail_over();
    ASSERT_TRUE(world.run_for(2s)) << report(world);
    for (int i = 0; i < 8; ++i) jobs.push_back(world.hubs().push("transactional", 2, "9198"));
    world.restart(1);
    ASSERT_TRUE(world.run_for(20s)) << report(world);
    for (const auto job : jobs) {
      EXPECT_EQ(world.checker().state_of(world.truth().jobs[job].first_message), "delivered")
          << report(world);
    }
    EXPECT_EQ(world.checker().numbers().duplicates, 0u);
    world.crash(0, true);
    EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  }
}

/// Nor where nothing but the journal says which entries were taken: without producer keys, and owners that
/// come and go before the job streams were read again. `slow` keeps settled entries in the stream behind it,
/// longer than the journal has the records that they were accepted.
TEST(ForgetScenario, NorIsItWithoutProducerKeysWhereOwnersChangeBeforeItIsRead) {
  for (const bool killed : {true, false}) {
    for (const bool slow : {false, true}) {
      Plan plan = engines_on(2, 1);
      plan.config.idempotency = 0s;
      plan.config.snapshot_interval = 1s;
      plan.config.move_after = 60s;
      plan.config.operators.push_back(operator_named("bravo", "9197", 2));
      plan.behaviours.resize(2);
      World world(std::move(plan), 120);
      world.start();
      world.redis().replicate(1s);
      world.crash(1, true);
      ASSERT_TRUE(world.run_for(6s)) << report(world);
      ASSERT_EQ(owned(world, 0), 1u);
      std::vector<JobIndex> jobs;
      const auto push = [&] {
        for (int i = 0; i < 8; ++i) jobs.push_back(world.hubs().push("transactional", 2, "9198"));
      };
      if (slow) jobs.push_back(world.hubs().push("transactional", 40, "9197"));
      push();
      ASSERT_TRUE(world.run_for(4s)) << report(world);
      push();
      world.step_clock(-60s);
      ASSERT_TRUE(world.run_for(500ms)) << report(world);
      world.fail_over();
      ASSERT_TRUE(world.run_for(3s)) << report(world);
      std::size_t owner = 0;
      for (int change = 0; change < 3; ++change) {
        push();
        ASSERT_TRUE(world.run_for(400ms)) << report(world);
        world.restart(1 - owner);
        if (killed) {
          world.crash(owner, true);
        } else {
          world.engine(owner).drain();
        }
        push();
        ASSERT_TRUE(world.run_for(6s)) << report(world);
        if (!killed) world.crash(owner, true);
        owner = 1 - owner;
        ASSERT_EQ(owned(world, owner), 1u) << report(world);
      }
      EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
      for (const auto job : jobs) {
        const JobTruth& pushed = world.truth().jobs[job];
        EXPECT_EQ(world.checker().accepted_of(pushed.first_message), 1u)
            << pushed.id << ", killed " << killed << ", slow " << slow << "\n"
            << report(world);
      }
      EXPECT_EQ(world.checker().numbers().duplicates, 0u) << report(world);
    }
  }
}

/// A takeover, its fence and its hand-over are forgotten together, and told again without the fence: the next
/// owner's transactions must not bear names that the journal has.
TEST(ForgetScenario, NoFenceIsGivenThatTheJournalNames) {
  World world(engines_on(2, 1), 120);
  world.start();
  world.redis().replicate(1s);
  world.crash(0, true);
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  ASSERT_EQ(owned(world, 1), 1u);
  world.restart(0);
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  const std::size_t first = owned(world, 1) == 1 ? 1 : 0, second = 1 - first;
  ASSERT_EQ(owned(world, first), 1u);
  world.engine(first).drain();
  for (int i = 0; i < 2'000 && owned(world, second) == 0; ++i) ASSERT_TRUE(world.run_for(1ms));
  ASSERT_EQ(owned(world, second), 1u) << report(world);
  const std::string named = fence(world);
  world.engine(second).drain();
  for (int i = 0; i < 700 && owned(world, second) == 1; ++i) ASSERT_TRUE(world.run_for(1ms));
  ASSERT_EQ(owned(world, second), 0u) << report(world);
  world.fail_over();
  ASSERT_LT(std::stoull(fence(world)), std::stoull(named));
  ASSERT_TRUE(world.run_for(2500ms)) << report(world);
  world.crash(first, true);
  world.restart(first);
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  EXPECT_EQ(owned(world, first), 1u) << report(world);
  EXPECT_GT(std::stoull(fence(world)), std::stoull(named)) << report(world);
}

/// Who died with what in hand is told again where Redis forgot it: two deaths are enough.
TEST(ForgetScenario, ADeathThatAFailoverForgetsCounts) {
  World world(engines_on(1, 2), 120);
  world.start();
  world.redis().replicate(1s);
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  world.crash(0, true);
  const JobIndex bad = world.hubs().push("service", 3, "9198");
  world.truth().jobs[bad].refused = true;
  world.poison(bad, {.death = core::Death::crashed});
  ASSERT_TRUE(world.run_for(1500ms)) << report(world);  // the replica has the job
  world.restart(0);
  const auto suspects = [&] {
    std::size_t count = 0;
    for (unsigned p = 0; p < 2; ++p) {
      const auto* const hash = world.redis().data().get<Hash>(fmt::format("anchal:{{{}}}:suspects", p));
      if (hash != nullptr) count += hash->fields.size();
    }
    return count;
  };
  for (int i = 0; i < 10'000 && suspects() == 0; ++i) ASSERT_TRUE(world.run_for(1ms)) << report(world);
  ASSERT_EQ(suspects(), 1u);
  world.fail_over();
  ASSERT_EQ(suspects(), 0u);
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.died_of_entries(), 2u) << report(world);
}

/// Receipts whose ids nobody knows were laid into Redis for whoever has their messages in doubt.
TEST(ForgetScenario, AReceiptOfUnknownIdThatAFailoverForgetsIsEvidenceAllTheSame) {
  for (const Duration after : {Duration(1500ms), Duration(2000ms), Duration(2500ms)}) {
    Plan plan = engines_on(1, 2);
    plan.config.operators[0].response_timeout = 4s;
    plan.config.operators[0].user_message_reference = true;
    plan.behaviours[0].response_loss = 1;
    plan.behaviours[0].receipt_delay = 300ms;
    World world(std::move(plan), 120);
    world.start();
    world.redis().replicate(2500ms);
    ASSERT_TRUE(world.run_for(4s)) << report(world);
    world.hubs().push("transactional", 20, "9198");
    ASSERT_TRUE(world.run_for(after)) << report(world);
    world.fail_over();
    EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
    EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 20u) << report(world);
  }
}

/// An owner is cut off from Redis for longer than two leases, another takes its partition and sends; a
/// failover forgets the takeover and all that came of it, and the former owner finds its own record.
TEST(ForgetScenario, ATakeoverThatAFailoverForgetsIsNoTakeoverBack) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Plan plan = engines_on(2, 1);
    plan.seed = seed;
    World world(std::move(plan), 5000);
    world.start();
    world.redis().replicate(2500ms);
    ASSERT_TRUE(world.run_for(4s)) << report(world);
    const std::size_t owner = owned(world, 0) == 1 ? 0 : 1;
    const std::size_t taker = 1 - owner;
    ASSERT_EQ(owned(world, owner), 1u);
    StoreWeather weather;  // the former owner is the first to be back
    weather.reconnect_max = weather.reconnect_min;
    store_of(world, owner).set_weather(weather);
    weather.reconnect_min = weather.reconnect_max = 300ms;
    store_of(world, taker).set_weather(weather);
    world.checker().note_takeover();
    store_of(world, owner).set_reachable(false);
    store_of(world, owner).cut();
    for (int i = 0; i < 8; ++i) world.hubs().push("transactional", 3, "9198");
    const auto sent = [&] { return world.checker().writes_to(0).size(); };
    for (int i = 0; i < 5'000 && sent() < 24; ++i) ASSERT_TRUE(world.run_for(1ms)) << report(world);
    ASSERT_EQ(sent(), 24u) << report(world);
    ASSERT_EQ(owned(world, taker), 1u) << report(world);
    world.fail_over();
    store_of(world, owner).set_reachable(true);
    EXPECT_TRUE(world.run_to_rest(400s)) << "seed " << seed << "\n" << report(world);
    EXPECT_EQ(world.checker().writes_to(0).size(), 24u) << "seed " << seed << "\n" << report(world);
    EXPECT_EQ(world.checker().numbers().duplicates, 0u) << report(world);
  }
}

/// The same, and what the former owner itself wrote last is forgotten, too, so that nobody can tell all of it
/// again: who came further says so, and what may have been sent is in doubt.
TEST(ForgetScenario, NorIsItOneWhereTheFormerOwnersOwnWritesAreForgottenToo) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Plan plan = engines_on(2, 1);
    plan.seed = seed;
    plan.config.operators[0].tps = 4;
    World world(std::move(plan), 5000);
    world.start();
    world.redis().replicate(5500ms);
    ASSERT_TRUE(world.run_for(1500ms)) << report(world);
    for (int i = 0; i < 8; ++i) world.hubs().push("transactional", 3, "9198");
    ASSERT_TRUE(world.run_for(2500ms)) << report(world);
    const std::size_t owner = owned(world, 0) == 1 ? 0 : 1;
    const std::size_t taker = 1 - owner;
    ASSERT_EQ(owned(world, owner), 1u);
    StoreWeather weather;
    weather.reconnect_max = weather.reconnect_min;
    store_of(world, owner).set_weather(weather);
    weather.reconnect_min = weather.reconnect_max = 300ms;
    store_of(world, taker).set_weather(weather);
    world.checker().note_takeover();
    store_of(world, owner).set_reachable(false);
    store_of(world, owner).cut();
    const auto sent = [&] { return world.checker().writes_to(0).size(); };
    const std::size_t before = sent();
    for (int i = 0; i < 8'000 && sent() < before + 5; ++i) ASSERT_TRUE(world.run_for(1ms)) << report(world);
    ASSERT_EQ(sent(), before + 5) << report(world);
    ASSERT_EQ(owned(world, taker), 1u) << report(world);
    world.fail_over();
    store_of(world, owner).set_reachable(true);
    EXPECT_TRUE(world.run_to_rest(400s)) << "seed " << seed << "\n" << report(world);
    EXPECT_LE(sent(), 24u) << "seed " << seed << "\n" << report(world);
    EXPECT_EQ(world.checker().numbers().duplicates, 0u) << report(world);
  }
}

/// A partition is given up, taken and used, and a failover forgets the owner's whole time. An engine that
/// starts just then finds it free.
TEST(ForgetScenario, AnEngineThatStartsDuringAFailoverTakesNothingBeforeOthersCouldTell) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Plan plan = engines_on(2, 2);
    plan.seed = seed;
    World world(std::move(plan), 5000);
    world.start();
    world.crash(1, true);
    world.redis().replicate(1200ms);
    for (int i = 0; i < 8; ++i) world.hubs().push("transactional", 3, "9198");
    const auto sent = [&] { return world.checker().writes_to(0).size(); };
    for (int i = 0; i < 5'000 && sent() < 24; ++i) ASSERT_TRUE(world.run_for(1ms)) << report(world);
    ASSERT_EQ(sent(), 24u) << report(world);
    StoreWeather weather;
    weather.reconnect_min = weather.reconnect_max = 900ms;
    store_of(world, 0).set_weather(weather);
    world.fail_over();
    world.restart(1);
    EXPECT_TRUE(world.run_to_rest(400s)) << "seed " << seed << "\n" << report(world);
    EXPECT_EQ(world.checker().writes_to(0).size(), 24u) << "seed " << seed << "\n" << report(world);
    EXPECT_EQ(world.checker().numbers().duplicates, 0u) << report(world);
  }
}

/// Those of one job of which outcomes in Redis say that they are in doubt, or how they ended.
std::set<unsigned> said(World& world, const std::string& job, std::string_view what) {
  std::set<unsigned> indexes;
  for (const auto& [key, object] : world.redis().data().objects()) {
    const auto* const stream = std::get_if<Stream>(&object.value);
    if (stream == nullptr || key.find(":outcomes:") == std::string::npos) continue;
    for (const auto& entry : stream->entries) {
      std::istringstream lines(std::string(entry.field("body").value_or("")));
      for (std::string line; std::getline(lines, line);) {
        const auto outcome = nlohmann::json::parse(line);
        const bool fits = what == "final" ? outcome["final"] == true : outcome["state"] == what;
        if (outcome["job"] == job && fits) indexes.insert(outcome["i"].get<unsigned>());
      }
    }
  }
  return indexes;
}

/// What was decided by lines that Redis had acknowledged is written under the lease of before. The lines are
/// forgotten together with that they were decided by; whoever reads the copy says them anew.
TEST(ForgetScenario, AResendDecidedBeforeASetBackGoesOutAndItsDoubtIsSaidAgain) {
  std::size_t under_way = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Plan plan = engines_on(1, 1);
    plan.seed = seed;
    plan.config.operators[0].tps = 5;
    plan.config.operators[0].response_timeout = 2s;
    for (auto& category : plan.config.categories) category.doubt_wait = 1s;
    plan.behaviours[0].response_loss = 1;
    World world(std::move(plan), 120);
    world.start();
    ASSERT_TRUE(world.run_for(4s)) << report(world);
    const JobIndex job = world.hubs().push("service", 20, "9198");
    world.backup();  // pushed, and not one of them sent
    const auto written = [&] { return world.checker().writes_to(0).size(); };
    const auto doubted = [&] { return said(world, world.truth().jobs[job].id, "in_doubt").size(); };
    for (int i = 0; i < 20'000 && doubted() < 20; ++i) ASSERT_TRUE(world.run_for(1ms)) << report(world);
    ASSERT_EQ(doubted(), 20u) << report(world);
    const std::size_t before = written();
    ASSERT_LT(before, 40u) << "all are resent already";
    ASSERT_TRUE(world.restore(5s, 0));
    ASSERT_EQ(doubted(), 0u);
    ASSERT_TRUE(world.run_for(4s)) << report(world);
    under_way += written() - before;
    EXPECT_TRUE(world.run_to_rest(300s)) << "seed " << seed << "\n" << report(world);
    EXPECT_EQ(doubted(), 20u) << "seed " << seed << "\n" << report(world);
  }
  EXPECT_GT(under_way, 0u);
}

std::uint64_t said_forgotten(World& world, std::size_t slot) {
  return world.engine(slot).shards()[0]->counters().forgotten;
}

/// Redis is emptied while the owner cannot see it, and somebody else takes the partition of which Redis knows
/// nothing. Returns who owned it.
std::size_t emptied_behind_its_owner(World& world) {
  const std::size_t owner = owned(world, 0) == 1 ? 0 : 1;
  store_of(world, owner).set_reachable(false);
  world.flush();
  for (int i = 0; i < 3'000 && (!world.alive(1 - owner) || owned(world, 1 - owner) == 0); ++i)
    world.run_for(1ms);
  store_of(world, owner).set_reachable(true);
  return owner;
}

/// Both know that it was not the first time that somebody took it: the owner of before, and who saw its
/// record.
TEST(ForgetScenario, AFlushIsSaidThoughAnotherTakesThePartitionBeforeItsOwnerLooks) {
  World world(engines_on(2, 1), 200);
  world.start();
  ASSERT_TRUE(world.run_for(6s)) << report(world);
  const std::size_t owner = emptied_behind_its_owner(world);
  EXPECT_EQ(said_forgotten(world, 1 - owner), 1u) << report(world);
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  EXPECT_EQ(said_forgotten(world, owner), 1u) << report(world);
  EXPECT_TRUE(world.run_to_rest(60s)) << report(world);
  EXPECT_EQ(said_forgotten(world, owner) + said_forgotten(world, 1 - owner), 2u) << report(world);
}

TEST(ForgetScenario, AFlushIsSaidByTheNextOwnerWhereTheLastOneDied) {
  World world(engines_on(2, 1), 200);
  world.start();
  world.crash(1, true);
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  ASSERT_EQ(owned(world, 0), 1u) << report(world);
  world.restart(1);  // never had the partition, and saw whose it is
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  ASSERT_EQ(owned(world, 0), 1u) << report(world);
  world.crash(0, true);
  world.flush();
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  EXPECT_EQ(owned(world, 1), 1u) << report(world);
  EXPECT_EQ(said_forgotten(world, 1), 1u) << report(world);
  EXPECT_TRUE(world.run_to_rest(60s)) << report(world);
}

TEST(ForgetScenario, AFlushIsSaidByTheLastOwnerWhereTheNextOneIsNew) {
  World world(engines_on(2, 1), 200);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  const std::size_t fresh = owned(world, 0) == 1 ? 1 : 0;
  world.crash(fresh, true);
  ASSERT_TRUE(world.run_for(1s)) << report(world);
  world.clock().after(1ms, [&] { world.restart(fresh); });
  ASSERT_NE(emptied_behind_its_owner(world), fresh);
  ASSERT_EQ(owned(world, fresh), 1u) << report(world);
  EXPECT_EQ(said_forgotten(world, fresh), 0u) << report(world);
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  EXPECT_EQ(said_forgotten(world, 1 - fresh), 1u) << report(world);
  EXPECT_TRUE(world.run_to_rest(60s)) << report(world);
}

/// It is known to who had the partition before and has it again, and to nobody in between: no duplicate, for
/// nothing of it is anywhere.
TEST(ForgetScenario, AJobPushedAgainAfterAFlushHasItsOutcomeThoughThePartitionWentToAndFro) {
  World world(engines_on(2, 1), 200);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  const JobIndex job = world.hubs().push("transactional", 3, "9198");
  const JobTruth pushed = world.truth().jobs[job];
  const std::string body(
      world.redis().data().get<Stream>(pushed.stream)->entries.back().field("body").value());
  ASSERT_TRUE(world.run_for(6s)) << report(world);
  ASSERT_EQ(world.checker().state_of(pushed.first_message), "delivered") << report(world);
  const std::size_t owner = emptied_behind_its_owner(world);
  ASSERT_EQ(owned(world, 1 - owner), 1u) << report(world);
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  world.engine(1 - owner).drain();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  ASSERT_EQ(owned(world, owner), 1u) << report(world);
  world.redis().run({"XADD", pushed.stream, "*", "v", "1", "body", body});
  ASSERT_TRUE(world.run_for(60s)) << report(world);
  EXPECT_EQ(said(world, pushed.id, "final").size(), 3u) << report(world);
  EXPECT_EQ(world.checker().accepted_of(pushed.first_message), 1u) << "the copy before may be out";
}

/// Whoever took the partition has never heard of the job; who had it before says that it may be out.
TEST(ForgetScenario, AJobPushedAgainAfterAFlushIsNotSentTwiceByWhoeverTookThePartition) {
  World world(engines_on(2, 1), 200);
  world.start();
  ASSERT_TRUE(world.run_for(4s)) << report(world);
  const JobIndex job = world.hubs().push("transactional", 3, "9198");
  const JobTruth pushed = world.truth().jobs[job];
  const std::string body(
      world.redis().data().get<Stream>(pushed.stream)->entries.back().field("body").value());
  ASSERT_TRUE(world.run_for(6s)) << report(world);
  ASSERT_EQ(world.checker().state_of(pushed.first_message), "delivered") << report(world);
  const std::size_t owner = emptied_behind_its_owner(world);
  ASSERT_TRUE(world.run_for(300ms)) << report(world);
  ASSERT_EQ(owned(world, 1 - owner), 1u) << report(world);
  world.redis().run({"XADD", pushed.stream, "*", "v", "1", "body", body});
  ASSERT_TRUE(world.run_for(60s)) << report(world);
  EXPECT_EQ(said(world, pushed.id, "final").size(), 3u) << report(world);
  EXPECT_EQ(world.checker().accepted_of(pushed.first_message), 1u) << report(world);
}

/// An id is stored behind a transaction whose reply has not come; a failover keeps that, and forgets the id.
TEST(ForgetScenario, AnIdStoredBehindATransactionThatAFailoverKeepsIsStoredAgain) {
  for (int step = 0; step < 300; ++step) {
    World world(plan_under_way(1, 1), 120);
    world.start();
    world.redis().replicate(4ms);
    ASSERT_TRUE(world.run_for(4s)) << report(world);
    world.hubs().push("transactional", 100, "9198");
    ASSERT_TRUE(world.run_for(50ms + step * 500us)) << report(world);
    world.fail_over();
    EXPECT_TRUE(world.run_to_rest(300s)) << "step " << step << "\n" << report(world);
    EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 100u) << report(world);
  }
}

/// A failover brings back entries of the retry set whose messages have moved on; their removal is being told
/// again when the set is read.
TEST(ForgetScenario, ARetryThatAFailoverBringsBackIsNotTakenASecondTime) {
  for (int step = 0; step < 120; ++step) {
    Plan plan = engines_on(1, 1);
    plan.config.lease = 2s;  // which outlives the failover
    plan.store.latency_max = 30ms;
    plan.store.reconnect_max = 50ms;
    plan.config.operators[0].tps = 200;
    plan.behaviours[0].statuses = {{0x45, 0.6}};  // tried again later
    World world(std::move(plan), 120);
    world.start();
    world.redis().replicate(600ms);
    ASSERT_TRUE(world.run_for(4s)) << report(world);
    world.hubs().push("transactional", 60, "9198");
    ASSERT_TRUE(world.run_for(5800ms + step * 10ms)) << report(world);
    world.fail_over();
    EXPECT_TRUE(world.run_to_rest(300s)) << "step " << step << "\n" << report(world);
  }
}

}  // namespace
}  // namespace anchal::sim
