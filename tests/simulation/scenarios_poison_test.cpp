#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/scenario.h"

// Jobs that end whoever has them in hand, and processes that end for other reasons.

namespace anchal::sim {
namespace {

using namespace std::chrono_literals;
using core::Death;
using core::Stage;

Plan plan_with(unsigned tps, unsigned engines = 1) {
  Plan plan = one_operator(tps, 10s, 30s);
  plan.engines = engines;
  return plan;
}

std::vector<StreamEntry> dead_letters(World& world) {
  std::vector<StreamEntry> all;
  for (unsigned p = 0; p < world.plan().config.partitions; ++p) {
    const auto* const dead = world.redis().data().get<Stream>(fmt::format("anchal:{{{}}}:dead", p));
    if (dead != nullptr) all.insert(all.end(), dead->entries.begin(), dead->entries.end());
  }
  return all;
}

std::size_t suspects(World& world) {
  std::size_t count = 0;
  for (unsigned p = 0; p < world.plan().config.partitions; ++p) {
    const auto* const hash = world.redis().data().get<Hash>(fmt::format("anchal:{{{}}}:suspects", p));
    if (hash != nullptr) count += hash->fields.size();
  }
  return count;
}

/// Pushes innocent jobs of ten around one that is not.
JobIndex push_around(World& world, unsigned before, unsigned after) {
  for (unsigned i = 0; i < before; ++i) world.hubs().push("service", 10, "9198");
  const JobIndex bad = world.hubs().push("service", 3, "9198");
  for (unsigned i = 0; i < after; ++i) world.hubs().push("service", 10, "9198");
  return bad;
}

struct Way {
  Death death;
  std::string_view detail;
};

TEST(Poison, AJobThatEndsItsReaderTwiceIsADeadLetterAndTakesNobodyWithIt) {
  for (const Way way : {Way{Death::crashed, "crashed its reader twice; last at: read"},
                        Way{Death::stalled, "stalled its reader twice; last at: read"},
                        Way{Death::silent, "ended its reader without a word twice; last at: read"}}) {
    World world(plan_with(200), 60);
    world.start();
    world.run_for(3s);
    const JobIndex bad = push_around(world, 20, 20);
    world.truth().jobs[bad].refused = true;
    world.poison(bad, {.death = way.death});
    EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
    EXPECT_EQ(world.died_of_entries(), 2u);
    const auto letters = dead_letters(world);
    ASSERT_EQ(letters.size(), 1u) << report(world);
    EXPECT_EQ(letters[0].field("stream"), world.truth().jobs[bad].stream);
    EXPECT_EQ(letters[0].field("id"), world.truth().jobs[bad].entry.text());
    EXPECT_EQ(letters[0].field("reason"), "poison");
    EXPECT_EQ(letters[0].field("detail"), way.detail);
    EXPECT_TRUE(letters[0].field("body")->find("\"id\":\"" + world.truth().jobs[bad].id) !=
                std::string_view::npos);
    EXPECT_TRUE(world.run_for(12s)) << report(world);
    EXPECT_EQ(suspects(world), 0u) << "the entry is trimmed";
    std::size_t good = 0;
    for (MessageIndex i = 0; i < world.truth().messages.size(); ++i)
      good += world.checker().state_of(i) == "delivered";
    EXPECT_GE(good + world.checker().numbers().in_doubt, 400u) << report(world);
  }
}

/// After a failover job streams are read again from their start, and the entry still lies there: a long job
/// before it is not done.
TEST(Poison, WhatIsADeadLetterEndsNobodyWhereTheStreamIsReadAgain) {
  for (const bool by_another : {false, true}) {
    Plan plan = plan_with(5);
    World world(std::move(plan), 60);
    world.start();
    world.redis().replicate(5ms);
    world.run_for(3s);
    for (int jobs = 0; jobs < 8; ++jobs) world.hubs().push("service", 40, "9198");
    const JobIndex bad = push_around(world, 0, 5);
    world.truth().jobs[bad].refused = true;
    world.poison(bad, {.death = Death::stalled});
    while (dead_letters(world).empty()) ASSERT_TRUE(world.run_for(100ms)) << report(world);
    ASSERT_EQ(world.died_of_entries(), 2u);
    ASSERT_TRUE(world.run_for(1s));
    world.fail_over();
    if (by_another) {
      ASSERT_TRUE(world.run_for(20ms)) << report(world);
      world.crash(0, true);
      world.restart(0);
    }
    EXPECT_TRUE(world.run_to_rest(600s)) << report(world);
    EXPECT_EQ(world.died_of_entries(), 2u) << report(world);
    for (const StreamEntry& letter : dead_letters(world))
      EXPECT_EQ(letter.field("id"), world.truth().jobs[bad].entry.text());
  }
}

TEST(Poison, TwoEnginesThatDieOfTheSameEntryKnowItTogether) {
  World world(plan_with(200, 2), 60);
  world.start();
  world.run_for(4s);
  const JobIndex bad = push_around(world, 5, 5);
  world.truth().jobs[bad].refused = true;
  world.poison(bad, {});
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_GE(world.died_of_entries(), 2u);
  EXPECT_LE(world.died_of_entries(), 4u) << report(world);
  ASSERT_EQ(dead_letters(world).size(), 1u);
}

TEST(Poison, WhereNoFileRemembersTheAnnouncementsInRedisDo) {
  Plan plan = plan_with(200);
  plan.keeps_files = false;
  World world(std::move(plan), 60);
  world.start();
  world.run_for(3s);
  const JobIndex bad = push_around(world, 10, 10);
  world.truth().jobs[bad].refused = true;
  world.poison(bad, {.death = Death::silent});
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_LE(world.died_of_entries(), 4u) << report(world);
  const auto letters = dead_letters(world);
  ASSERT_EQ(letters.size(), 1u) << report(world);
  EXPECT_EQ(letters[0].field("reason"), "poison");
  EXPECT_EQ(letters[0].field("detail"), "was announced by an owner that ended 3 times");
  EXPECT_EQ(suspects(world), 0u);
}

/// Lets time pass until more than `before` fields stand against entries; false where that does not come.
bool run_until_suspected(World& world, std::size_t before) {
  for (unsigned ms = 0; ms < 20'000 && suspects(world) <= before; ++ms) {
    if (!world.run_for(1ms)) return false;
  }
  return suspects(world) > before;
}

TEST(Poison, WhatTwoOwnersAnnouncedAndDidNotComeToReadIsReadByTheThird) {
  Plan plan = plan_with(200);
  plan.keeps_files = false;
  World world(std::move(plan), 60);
  world.start();
  world.run_for(3s);
  world.crash(0, true);
  world.hubs().push("service", 10, "9198");
  for (std::size_t owner = 0; owner < 2; ++owner) {
    world.restart(0);
    ASSERT_TRUE(run_until_suspected(world, owner)) << report(world);
    world.crash(0, true);
  }
  world.restart(0);
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_TRUE(dead_letters(world).empty()) << report(world);
  EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 10u);
  EXPECT_EQ(suspects(world), 0u);
}

TEST(Poison, WhatEndsOwnersAsSoonAsTheyBeginSaysNothingAgainstWhatTheyWouldHaveRead) {
  Plan plan = plan_with(200);
  plan.keeps_files = false;
  World world(std::move(plan), 60);
  world.start();
  world.run_for(3s);
  world.crash(0, true);
  world.hubs().push("service", 10, "9198");
  world.restart(0);
  ASSERT_TRUE(run_until_suspected(world, 0)) << report(world);
  for (unsigned owner = 0; owner < 8; ++owner) {
    world.crash(0, true);
    world.restart(0);
    while (world.counters()[0].partitions_owned < 2) ASSERT_TRUE(world.run_for(1ms)) << report(world);
    ASSERT_TRUE(world.run_for(900ms)) << report(world);
    ASSERT_EQ(suspects(world), 1u);
  }
  world.crash(0, true);
  world.restart(0);
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_TRUE(dead_letters(world).empty()) << report(world);
  EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 10u);
  EXPECT_EQ(suspects(world), 0u);
}

/// How many entries stand announced by the process.
std::size_t announced_by(World& world, std::string_view process) {
  std::size_t count = 0;
  for (unsigned p = 0; p < world.plan().config.partitions; ++p) {
    const auto* const hash = world.redis().data().get<Hash>(fmt::format("anchal:{{{}}}:suspects", p));
    if (hash == nullptr) continue;
    for (const auto& [field, value] : hash->fields) count += value == fmt::format("taken {}", process);
  }
  return count;
}

/// As if processes that ended had announced all jobs.
void suspect_all(World& world, unsigned processes) {
  for (const JobTruth& job : world.truth().jobs) {
    for (unsigned number = 1; number <= processes; ++number)
      world.redis().run(
          {"HSET", fmt::format("anchal:{{{}}}:suspects", job.partition),
           fmt::format("{} {} {}", job.stream.substr(job.stream.find("}:") + 2), job.entry.text(), number),
           fmt::format("taken engine-9.{}", number)});
  }
}

TEST(Poison, SuspectsAreReadInTheEndWhereRedisIsSlowerThanTheirTurns) {
  Plan plan = plan_with(200);
  plan.shards = 2;
  plan.store.latency_min = 150ms;
  plan.store.latency_max = 200ms;
  plan.keeps_files = false;
  World world(std::move(plan), 60);
  world.start();
  world.run_for(5s);
  world.crash(0, true);
  for (unsigned i = 0; i < 2; ++i) world.hubs().push("service", 1, "9198");
  suspect_all(world, 2);
  world.restart(0);
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_TRUE(dead_letters(world).empty()) << report(world);
  EXPECT_EQ(suspects(world), 0u);
}

/// Entries that two processes had announced, in all shards; of one of them the third dies as well.
TEST(Poison, OfTheSuspectsOfAllItsShardsAProcessReadsOneAtATimeSoThatItsEndIsTheFaultOfOne) {
  Plan plan = plan_with(200);
  plan.shards = 4;
  plan.config.partitions = 8;
  plan.config.operators[0].binds = 4;
  plan.store.latency_min = 20ms;
  plan.store.latency_max = 40ms;
  plan.keeps_files = false;
  World world(std::move(plan), 60);
  world.start();
  world.run_for(5s);
  world.crash(0, true);
  for (unsigned i = 0; i < 8; ++i) world.hubs().push("service", 1, "9198");
  suspect_all(world, 2);
  const JobIndex bad = 3;
  world.truth().jobs[bad].refused = true;
  world.poison(bad, {.death = Death::silent});
  world.restart(0);
  std::size_t most = 0;
  while (suspects(world) > 0) {
    ASSERT_TRUE(world.run_for(1ms)) << report(world);
    ASSERT_LT(world.clock().elapsed(), 60s) << report(world);
    if (world.alive(0)) most = std::max(most, announced_by(world, world.engine(0).id()));
  }
  EXPECT_EQ(most, 1u) << report(world);
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_EQ(world.died_of_entries(), 1u);
  const auto letters = dead_letters(world);
  ASSERT_EQ(letters.size(), 1u) << report(world);
  EXPECT_EQ(letters[0].field("id"), world.truth().jobs[bad].entry.text());
}

TEST(Poison, AnAnnouncedEntryThatRedisForgetsHoldsNobodyUp) {
  Plan plan = plan_with(200);
  plan.keeps_files = false;
  World world(std::move(plan), 60);
  world.start();
  world.redis().replicate(300ms);
  world.run_for(3s);
  world.crash(0, true);
  world.restart(0);
  while (world.counters()[0].partitions_owned < 2) ASSERT_TRUE(world.run_for(1ms)) << report(world);
  ASSERT_TRUE(world.run_for(6s)) << report(world);
  world.hubs().push("service", 1, "9198");
  ASSERT_TRUE(run_until_suspected(world, 0)) << report(world);
  world.fail_over();
  ASSERT_TRUE(world.run_for(2s)) << report(world);
  std::vector<JobIndex> jobs;
  for (const char* category : {"service", "promotional", "service", "promotional"})
    jobs.push_back(world.hubs().push(category, 1, "9198"));
  EXPECT_TRUE(world.run_to_rest(60s)) << report(world);
  for (const JobIndex job : jobs)
    EXPECT_EQ(world.checker().state_of(world.truth().jobs[job].first_message), "delivered") << report(world);
}

TEST(Poison, DeepInALongStreamItIsFoundWithoutAFileToo) {
  Plan plan = plan_with(0);
  plan.keeps_files = false;
  World world(std::move(plan), 60);
  world.start();
  world.run_for(3s);
  for (unsigned i = 0; i < 120; ++i) world.hubs().push("service", 1, "9198");
  const JobIndex bad = world.hubs().push("service", 1, "9198");
  for (unsigned i = 0; i < 40; ++i) world.hubs().push("service", 1, "9198");
  world.truth().jobs[bad].refused = true;
  world.poison(bad, {.death = Death::silent});
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  ASSERT_EQ(dead_letters(world).size(), 1u) << report(world);
  EXPECT_LE(world.died_of_entries(), 4u + 60 / 16 + 1) << report(world);
}

TEST(Poison, AnAcceptedJobThatEndsItsReadersEndsAsInvalidWhereItIsNotSettled) {
  Plan plan = plan_with(10);
  plan.behaviours.resize(1);
  plan.behaviours[0].response_delay = 700ms;  // so that intents are open when it dies
  World world(std::move(plan), 80);
  world.start();
  world.run_for(3s);
  const JobIndex bad = world.hubs().push("transactional", 40, "9198");
  for (unsigned i = 0; i < 4; ++i) world.hubs().push("transactional", 5, "9198");
  world.poison(bad, {.stage = Stage::render, .row = 25});
  while (dead_letters(world).empty()) {
    ASSERT_TRUE(world.run_for(50ms)) << report(world);
    ASSERT_LT(world.clock().elapsed(), 60s) << report(world);
  }
  const auto first = world.truth().jobs[bad].first_message;
  std::size_t invalid = 0;
  for (MessageIndex i = first; i < first + 40; ++i) {
    if (world.checker().state_of(i) != "invalid") continue;
    EXPECT_EQ(world.checker().writes_of(i), 0u);
    ++invalid;
  }
  EXPECT_TRUE(world.run_to_rest(300s)) << report(world);
  EXPECT_EQ(world.died_of_entries(), 2u);
  EXPECT_EQ(world.checker().state_of(first + 25), "invalid");
  EXPECT_GE(invalid, 10u);
  EXPECT_GT(world.checker().numbers().in_doubt, 0u);
  EXPECT_EQ(world.checker().numbers().duplicates, 0u);
  const auto letters = dead_letters(world);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].field("reason"), "poison");
  EXPECT_EQ(letters[0].field("detail"), "crashed its reader twice; last at: render");
  EXPECT_TRUE(letters[0].field("indexes").has_value());
  EXPECT_EQ(suspects(world), 0u);
}

/// What is recorded against an entry of a waiting place, as if two processes had died of it.
void blame(World& world, std::string_view key, std::string_view id) {
  const std::string_view suffix = key.substr(key.find("}:") + 2);
  const std::string hash = std::string(key.substr(0, key.find("}:") + 2)) + "suspects";
  for (const char* process : {"engine-9.a/0", "engine-9.b/0"})
    world.redis().run(
        {"HSET", hash, fmt::format("{} {} {}", suffix, id, process), "crashed read 4294967295"});
}

TEST(Poison, WhatWaitsInABacklogIsCondemnedWithItsMessagesInTheLedger) {
  World world(plan_with(100), 80);
  world.network().host(0).door = SmscHost::Door::refuses;
  world.start();
  world.run_for(3s);
  std::vector<JobIndex> jobs;
  for (unsigned i = 0; i < 4; ++i) jobs.push_back(world.hubs().push("service", 5, "9198"));
  ASSERT_TRUE(world.run_for(8s)) << report(world);
  const std::string key =
      fmt::format("anchal:{{{}}}:backlog:alpha:service", world.truth().jobs[jobs[0]].partition);
  const auto* const backlog = world.redis().data().get<Stream>(key);
  ASSERT_NE(backlog, nullptr) << report(world);
  ASSERT_FALSE(backlog->entries.empty());
  blame(world, key, backlog->entries.front().id.text());
  world.crash(0, true);
  world.network().host(0).door = SmscHost::Door::open;
  const auto first = world.truth().jobs[jobs[0]].first_message;
  for (MessageIndex i = first; i < first + 5; ++i) world.truth().messages[i].invalid = true;
  world.restart(0);
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_EQ(world.checker().numbers().finals.at("invalid"), 5u) << report(world);
  EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 15u);
  const auto letters = dead_letters(world);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].field("indexes"), "0-4");
  EXPECT_EQ(suspects(world), 0u);
}

TEST(Poison, WhatWaitsForItsTimeIsCondemnedToo) {
  World world(plan_with(100), 80);
  world.start();
  world.run_for(3s);
  const JobIndex ready = world.hubs().push("service", 1, "9198");
  JobTruth later = world.truth().jobs[ready];
  later.id = "later";
  later.not_before_ms = world.clock().wall_ms() + 20'000;
  later.first_message = static_cast<MessageIndex>(world.truth().messages.size());
  world.truth().by_number.emplace("919800000099", later.first_message);
  world.truth().messages.push_back({1, 0, "919800000099", "", "zq", true});
  world.truth().by_key.emplace("finance\nlater", 1);
  world.truth().jobs.push_back(later);
  world.redis().run({"XADD", later.stream, "*", "v", "1", "body",
                     R"({"id":"later","tenant":"finance","category":"service","sender":"KLGOVT","text":"zq",)"
                     R"("to":"+919800000099","not_before":")" +
                         time_text(*later.not_before_ms) + "\"}"});
  ASSERT_TRUE(world.run_for(3s)) << report(world);
  const std::string key = fmt::format("anchal:{{{}}}:retry", later.partition);
  const auto* const retry = world.redis().data().get<SortedSet>(key);
  ASSERT_NE(retry, nullptr) << report(world);
  ASSERT_EQ(retry->scores.size(), 1u);
  blame(world, key, retry->scores.begin()->first);
  world.crash(0, true);
  world.restart(0);
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_EQ(world.checker().state_of(later.first_message), "invalid");
  EXPECT_EQ(world.checker().state_of(world.truth().jobs[ready].first_message), "delivered");
  ASSERT_EQ(dead_letters(world).size(), 1u);
  EXPECT_EQ(suspects(world), 0u);
}

TEST(Poison, WhatWaitsInACategoryThatIsConfiguredNoMoreEndsAsInvalid) {
  for (const Duration waited : {Duration(1s), Duration(8s)}) {  // still in its job stream; in the backlog
    World world(plan_with(100), 80);
    world.network().host(0).door = SmscHost::Door::refuses;
    world.start();
    world.run_for(3s);
    world.hubs().push("service", 5, "9198");
    world.hubs().push("promotional", 5, "9198");
    ASSERT_TRUE(world.run_for(waited)) << report(world);
    world.crash(0, true);
    std::erase_if(world.config().categories, [](const auto& category) { return category.name == "service"; });
    for (MessageIndex i = 0; i < 5; ++i) world.truth().messages[i].invalid = true;
    world.network().host(0).door = SmscHost::Door::open;
    world.restart(0);
    EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
    EXPECT_EQ(world.checker().numbers().finals.at("invalid"), 5u) << report(world);
    const auto letters = dead_letters(world);
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(letters[0].field("reason"), "unknown_category");
    EXPECT_EQ(letters[0].field("indexes"), "0-4");
  }
}

TEST(Poison, OneDeathIsNoVerdict) {
  World world(plan_with(200), 60);
  world.start();
  world.run_for(3s);
  const JobIndex bad = push_around(world, 5, 5);
  world.redis().run({"HSET", fmt::format("anchal:{{{}}}:suspects", world.truth().jobs[bad].partition),
                     fmt::format("jobs:service {} engine-9.a/0", world.truth().jobs[bad].entry.text()),
                     "crashed read 4294967295"});
  world.crash(0, true);
  world.restart(0);
  EXPECT_TRUE(world.run_to_rest(120s)) << report(world);
  EXPECT_TRUE(dead_letters(world).empty());
  EXPECT_EQ(world.checker().numbers().finals.at("delivered"), 103u);
  EXPECT_EQ(suspects(world), 0u);
}

TEST(Poison, ProcessesThatAreKilledAgainAndAgainCondemnNobody) {
  for (const bool keeps_files : {true, false}) {
    Plan plan = plan_with(100, 2);
    plan.keeps_files = keeps_files;
    World world(std::move(plan), 60);
    Random random(7);
    world.start();
    world.run_for(3s);
    for (unsigned round = 0; round < 60; ++round) {
      for (unsigned i = 0; i < 5; ++i) world.hubs().push("service", 5, "9198");
      ASSERT_TRUE(world.run_for(random.between(Duration(1ms), Duration(2500ms)))) << report(world);
      const std::size_t slot = random.below(2);
      world.crash(slot, true);
      ASSERT_TRUE(world.run_for(random.between(Duration(1ms), Duration(300ms)))) << report(world);
      world.restart(slot);
    }
    EXPECT_TRUE(world.run_to_rest(600s)) << report(world);
    EXPECT_TRUE(dead_letters(world).empty()) << report(world);
    EXPECT_EQ(suspects(world), 0u);
  }
}

}  // namespace
}  // namespace anchal::sim
