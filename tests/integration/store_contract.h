#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/keys.h"
#include "engine/core/store.h"
#include "tests/integration/stores_under_test.h"

// What core::StorePort promises, as a suite that runs on every implementation of it. The simulation proves
// something about the real store only as far as both pass here.

namespace anchal::test {

using StoreFactory = std::function<std::unique_ptr<StoreUnderTest>()>;
struct StoreImplementation {
  std::string name;
  StoreFactory make;
  friend void PrintTo(const StoreImplementation& shown, std::ostream* out) { *out << shown.name; }
};

class StoreContract : public testing::TestWithParam<StoreImplementation> {
 protected:
  using Command = StoreUnderTest::Command;
  using Outcome = core::StoreOutcome;

  void SetUp() override {
    store = GetParam().make();
    store->run_until([&] { return store->ups == 1; });
  }

  core::Ticket transact(core::PartitionId partition, std::uint64_t fence,
                        const std::vector<Command>& commands, bool settles = false,
                        std::chrono::milliseconds replica_wait = {}) {
    return store->transact(partition, fence, commands, settles, replica_wait);
  }
  core::Ticket execute(const std::vector<Command>& commands, bool settles = false, bool bulk_read = false) {
    return store->execute(commands, settles, bulk_read);
  }
  const StoreUnderTest::Told& answer(core::Ticket ticket) { return store->answer(ticket); }
  static std::string fence(core::PartitionId partition) {
    return core::keys::partition(partition, core::keys::kFence);
  }
  static std::string key(core::PartitionId partition, std::string_view rest) {
    return core::keys::partition(partition, rest);
  }

  std::unique_ptr<StoreUnderTest> store;
};

TEST_P(StoreContract, APipelineAnswersEveryCommandInOrder) {
  const auto& told = answer(execute({{"SET", "anchal:{1}:a", "x"},
                                     {"GET", "anchal:{1}:a"},
                                     {"GET", "anchal:{1}:none"},
                                     {"INCR", "anchal:{1}:n"},
                                     {"HSET", "anchal:{1}:h", "f", "1", "g", "2"},
                                     {"HMGET", "anchal:{1}:h", "f", "none", "g"},
                                     {"XADD", "anchal:{1}:s", "5-1", "v", "1"},
                                     {"XRANGE", "anchal:{1}:s", "-", "+"},
                                     {"XREAD", "COUNT", "10", "STREAMS", "anchal:{1}:s", "0"},
                                     {"XREAD", "COUNT", "10", "STREAMS", "anchal:{1}:s", "5-1"}}));
  EXPECT_EQ(told.outcome, Outcome::ok);
  EXPECT_THAT(told.replies,
              testing::ElementsAre("'OK'", "'x'", "nil", "1", "2", "['1' nil '2']", "'5-1'",
                                   "[['5-1' ['v' '1']]]", "[['anchal:{1}:s' [['5-1' ['v' '1']]]]]", "nil"));
}

TEST_P(StoreContract, AFailedCommandOfAPipelineLeavesTheOthersAlone) {
  const auto& told = answer(execute(
      {{"SET", "anchal:{1}:a", "x"}, {"XADD", "anchal:{1}:a", "*", "f", "v"}, {"GET", "anchal:{1}:a"}}));
  EXPECT_EQ(told.outcome, Outcome::ok);
  EXPECT_THAT(told.replies, testing::ElementsAre("'OK'", testing::StartsWith("!WRONGTYPE"), "'x'"));
}

TEST_P(StoreContract, BytesPassUnchanged) {
  std::string all;
  for (int i = 0; i < 1024; ++i) {
    all += static_cast<char>(i);
  }
  const auto& told = answer(execute({{"SET", "anchal:{1}:b", all}, {"GET", "anchal:{1}:b"}}));
  EXPECT_THAT(told.replies, testing::ElementsAre("'OK'", "'" + all + "'"));
}

TEST_P(StoreContract, LargeBodiesPassByBulkRead) {
  const std::string body(4 << 20, 'b');
  answer(execute(
      {{"XADD", "anchal:{1}:s", "1-1", "body", body}, {"XADD", "anchal:{1}:s", "2-1", "body", body}}));
  const auto& told = answer(execute({{"XREAD", "COUNT", "10", "STREAMS", "anchal:{1}:s", "0"}}, false, true));
  ASSERT_EQ(told.replies.size(), 1u);
  EXPECT_EQ(told.replies[0],
            "[['anchal:{1}:s' [['1-1' ['body' '" + body + "']] ['2-1' ['body' '" + body + "']]]]]");
}

TEST_P(StoreContract, ATransactionIsDoneUnderItsFence) {
  store->ask({"SET", fence(3), "7"});
  const auto& told =
      answer(transact(3, 7, {{"XADD", key(3, "s"), "1-1", "v", "1"}, {"SET", key(3, "a"), "x"}}));
  EXPECT_EQ(told.outcome, Outcome::ok);
  EXPECT_THAT(told.replies, testing::ElementsAre("'1-1'", "'OK'"));
  EXPECT_EQ(store->ask({"GET", key(3, "a")}), "x");
}

TEST_P(StoreContract, ATransactionMayAskHowManyReplicasHaveIt) {
  using std::chrono::milliseconds;
  store->ask({"SET", fence(3), "7"});
  const auto& alone = answer(transact(3, 7, {{"INCR", key(3, "n")}}, false, milliseconds(20)));
  EXPECT_EQ(alone.outcome, Outcome::ok);
  EXPECT_THAT(alone.replies, testing::ElementsAre("1"));
  EXPECT_EQ(alone.replicas, 0) << "there is none: the time ran out";
  EXPECT_EQ(alone.error, "");
  store->add_replica();
  const auto& both = answer(transact(3, 7, {{"INCR", key(3, "n")}, {"XADD", key(3, "s"), "1-1", "v", "1"}},
                                     false, milliseconds(10'000)));
  EXPECT_EQ(both.outcome, Outcome::ok);
  EXPECT_THAT(both.replies, testing::ElementsAre("2", "'1-1'"));
  EXPECT_EQ(both.replicas, 1);
  EXPECT_EQ(answer(transact(3, 7, {{"INCR", key(3, "n")}})).replicas, 0) << "who does not ask is not told";
  EXPECT_EQ(answer(transact(3, 6, {{"INCR", key(3, "n")}}, false, milliseconds(20))).outcome,
            Outcome::fenced);
}

TEST_P(StoreContract, WhatSettlesOnAFullRedisMayAskForReplicasToo) {
  store->ask({"SET", fence(3), "7"});
  store->add_replica();
  store->set_full(true);
  for (int i = 1; i <= 2; ++i) {  // refused first, and by the script at once then
    const auto& told =
        answer(transact(3, 7, {{"INCR", key(3, "n")}}, true, std::chrono::milliseconds(10'000)));
    EXPECT_EQ(told.outcome, Outcome::ok);
    EXPECT_THAT(told.replies, testing::ElementsAre(std::to_string(i)));
    EXPECT_EQ(told.replicas, 1);
  }
}

TEST_P(StoreContract, AnotherFenceMeansNothingIsDone) {
  store->ask({"SET", fence(3), "8"});
  for (const std::uint64_t wrong : {std::uint64_t{7}, std::uint64_t{9}, std::uint64_t{0}}) {
    EXPECT_EQ(answer(transact(3, wrong, {{"SET", key(3, "a"), "x"}})).outcome, Outcome::fenced);
  }
  EXPECT_EQ(answer(transact(4, 1, {{"SET", key(4, "a"), "x"}})).outcome, Outcome::fenced)
      << "no fence at all";
  EXPECT_EQ(store->ask({"GET", key(3, "a")}), "nil");
  EXPECT_EQ(store->ask({"GET", key(4, "a")}), "nil");
}

TEST_P(StoreContract, AFenceRaisedByAnotherStopsTheNextTransaction) {
  store->ask({"SET", fence(2), "1"});
  EXPECT_EQ(answer(transact(2, 1, {{"INCR", key(2, "n")}})).outcome, Outcome::ok);
  store->ask({"INCR", fence(2)});
  EXPECT_EQ(answer(transact(2, 1, {{"INCR", key(2, "n")}})).outcome, Outcome::fenced);
  EXPECT_EQ(store->ask({"GET", key(2, "n")}), "1");
  EXPECT_EQ(answer(transact(2, 2, {{"INCR", key(2, "n")}})).outcome, Outcome::ok);
  EXPECT_EQ(store->ask({"GET", key(2, "n")}), "2");
}

TEST_P(StoreContract, AFenceRaisedByTheOwnPipelineCountsAtOnce) {
  store->ask({"SET", fence(2), "1"});
  answer(transact(2, 1, {{"INCR", key(2, "n")}}));
  EXPECT_THAT(answer(execute({{"INCR", fence(2)}})).replies, testing::ElementsAre("2"));
  EXPECT_EQ(answer(transact(2, 2, {{"INCR", key(2, "n")}})).outcome, Outcome::ok);
  EXPECT_EQ(answer(transact(2, 1, {{"INCR", key(2, "n")}})).outcome, Outcome::fenced);
}

TEST_P(StoreContract, TransactionsOfAPartitionAreDoneInTheOrderGiven) {
  store->ask({"SET", fence(1), "1"});
  std::vector<core::Ticket> tickets;
  for (int i = 0; i < 300; ++i) {
    tickets.push_back(transact(1, 1, {{"XADD", key(1, "s"), "*", "i", std::to_string(i)}}, i % 3 == 0));
    if (i % 40 == 0) {
      answer(tickets.front());
    }
  }
  for (const core::Ticket ticket : tickets) {
    ASSERT_EQ(answer(ticket).outcome, Outcome::ok);
  }
  const auto& told = answer(execute({{"XRANGE", key(1, "s"), "-", "+"}}));
  std::size_t at = 0;
  for (int i = 0; i < 300; ++i) {
    at = told.replies[0].find("['i' '" + std::to_string(i) + "']", at);
    ASSERT_NE(at, std::string::npos) << "entry " << i << " is missing or late";
  }
}

TEST_P(StoreContract, OneFencedPartitionDoesNotStopTheOthers) {
  store->ask({"SET", fence(1), "1"});
  store->ask({"SET", fence(2), "9"});
  store->ask({"SET", fence(3), "1"});
  const auto a = transact(1, 1, {{"SET", key(1, "a"), "x"}});
  const auto b = transact(2, 1, {{"SET", key(2, "a"), "x"}});
  const auto c = transact(3, 1, {{"SET", key(3, "a"), "x"}});
  EXPECT_EQ(answer(a).outcome, Outcome::ok);
  EXPECT_EQ(answer(b).outcome, Outcome::fenced);
  EXPECT_EQ(answer(c).outcome, Outcome::ok);
}

TEST_P(StoreContract, OneThatComesWhileTheFenceIsReadForAnotherIsAnsweredToo) {
  store->ask({"SET", fence(1), "5"});
  const auto first = transact(1, 4, {{"SET", key(1, "a"), "x"}});
  store->send();
  const auto second = transact(1, 4, {{"SET", key(1, "a"), "x"}});
  EXPECT_EQ(answer(first).outcome, Outcome::fenced);
  EXPECT_EQ(answer(second).outcome, Outcome::fenced);
  EXPECT_EQ(answer(transact(1, 5, {{"SET", key(1, "a"), "x"}})).outcome, Outcome::ok);
}

TEST_P(StoreContract, OneBehindASettleThatIsFencedOnAFullRedisIsAnsweredToo) {
  store->ask({"SET", fence(1), "5"});
  store->set_full(true);
  const std::vector<Command> write = {{"SET", key(1, "a"), "x"}};
  EXPECT_EQ(answer(transact(1, 5, write)).outcome, Outcome::full);
  store->set_full(false);
  store->ask({"SET", fence(1), "6"});
  store->set_full(true);
  const auto fenced = transact(1, 5, write, true);
  const auto behind = transact(1, 6, write);
  EXPECT_EQ(answer(fenced).outcome, Outcome::fenced);
  EXPECT_EQ(answer(behind).outcome, Outcome::full);
}

TEST_P(StoreContract, AFenceThatWasSeenLongAgoIsNotTrusted) {
  store->ask({"SET", fence(1), "5"});
  store->ask({"SET", fence(2), "9"});
  const auto first = transact(1, 4, {{"SET", key(1, "a"), "x"}});
  store->send();
  const auto second = transact(2, 8, {{"SET", key(2, "a"), "x"}});  // looked at when nobody minds fence 1
  EXPECT_EQ(answer(first).outcome, Outcome::fenced);
  EXPECT_EQ(answer(second).outcome, Outcome::fenced);
  store->ask({"INCR", fence(1)});
  EXPECT_EQ(answer(transact(1, 5, {{"SET", key(1, "a"), "x"}})).outcome, Outcome::fenced);
  EXPECT_EQ(store->ask({"GET", key(1, "a")}), "nil");
}

TEST_P(StoreContract, AFailedCommandOfATransactionIsToldAndTheOthersAreDone) {
  store->ask({"SET", fence(1), "1"});
  store->ask({"SET", key(1, "text"), "x"});
  const auto& told =
      answer(transact(1, 1, {{"XADD", key(1, "text"), "*", "f", "v"}, {"SET", key(1, "a"), "x"}}));
  EXPECT_EQ(told.outcome, Outcome::ok);
  EXPECT_THAT(told.replies, testing::ElementsAre(testing::StartsWith("!WRONGTYPE"), "'OK'"));
}

TEST_P(StoreContract, LongTransactionsAreOneStep) {
  store->ask({"SET", fence(1), "1"});
  std::vector<Command> commands;
  for (int i = 0; i < 5000; ++i) {
    commands.push_back({"HSET", key(1, "h"), std::to_string(i), "v"});
  }
  const auto& told = answer(transact(1, 1, commands));
  EXPECT_EQ(told.outcome, Outcome::ok);
  EXPECT_EQ(told.replies.size(), 5000u);
  EXPECT_EQ(store->ask({"HLEN", key(1, "h")}), "5000");
}

TEST_P(StoreContract, AFullRedisRefusesTransactionsWhole) {
  store->ask({"SET", fence(1), "1"});
  store->ask({"SET", key(1, "gone"), "x"});
  store->set_full(true);
  const auto& told = answer(transact(1, 1, {{"DEL", key(1, "gone")}, {"SET", key(1, "a"), "x"}}));
  EXPECT_EQ(told.outcome, Outcome::full);
  EXPECT_EQ(store->ask({"GET", key(1, "gone")}), "x");
  EXPECT_EQ(store->ask({"GET", key(1, "a")}), "nil");
  store->set_full(false);
  EXPECT_EQ(answer(transact(1, 1, {{"SET", key(1, "a"), "x"}})).outcome, Outcome::ok);
}

TEST_P(StoreContract, AFullRedisStillSettles) {
  store->ask({"SET", fence(1), "1"});
  store->set_full(true);
  const auto& told = answer(transact(1, 1,
                                     {{"XADD", key(1, "outcomes:t"), "1-1", "v", "1"},
                                      {"SET", key(1, "owner"), "me", "PX", "60000"},
                                      {"HSET", key(1, "h"), "a", "1", "b", "2"},
                                      {"XADD", key(1, "owner"), "*", "f", "v"},
                                      {"SET", key(1, "owner"), "you", "NX"}},
                                     true));
  EXPECT_EQ(told.outcome, Outcome::ok);
  EXPECT_THAT(told.replies,
              testing::ElementsAre("'1-1'", "'OK'", "2", testing::StartsWith("!WRONGTYPE"), "nil"));
  EXPECT_EQ(answer(transact(1, 2, {{"SET", key(1, "a"), "x"}}, true)).outcome, Outcome::fenced);
  EXPECT_EQ(store->ask({"GET", key(1, "a")}), "nil");
}

TEST_P(StoreContract, AFullRedisKeepsTheOrderOfSettles) {
  store->ask({"SET", fence(1), "1"});
  store->set_full(true);
  std::vector<core::Ticket> settles;
  std::vector<core::Ticket> others;
  for (int i = 0; i < 200; ++i) {
    settles.push_back(transact(1, 1, {{"XADD", key(1, "s"), "*", "i", std::to_string(i)}}, true));
    if (i % 5 == 0) {
      others.push_back(transact(1, 1, {{"XADD", key(1, "s"), "*", "i", "never"}}));
    }
  }
  for (const core::Ticket ticket : settles) {
    ASSERT_EQ(answer(ticket).outcome, Outcome::ok);
  }
  for (const core::Ticket ticket : others) {
    ASSERT_EQ(answer(ticket).outcome, Outcome::full);
  }
  store->set_full(false);
  const auto& told = answer(execute({{"XRANGE", key(1, "s"), "-", "+"}}));
  std::size_t at = 0;
  for (int i = 0; i < 200; ++i) {
    at = told.replies[0].find("['i' '" + std::to_string(i) + "']", at);
    ASSERT_NE(at, std::string::npos) << "entry " << i << " is missing or late";
  }
  EXPECT_EQ(told.replies[0].find("never"), std::string::npos);
}

TEST_P(StoreContract, AFullRedisRefusesPipelinedWritesUnlessTheySettle) {
  store->ask({"HSET", key(1, "h"), "f", "old"});
  store->set_full(true);
  const std::vector<Command> commands = {{"HGET", key(1, "h"), "f"},
                                         {"HSET", key(1, "h"), "f", "new"},
                                         {"HGET", key(1, "h"), "f"},
                                         {"HDEL", key(1, "h"), "none"},
                                         {"XADD", key(1, "inbox"), "3-3", "v", "1"}};
  const auto& refused = answer(execute(commands));
  EXPECT_EQ(refused.outcome, Outcome::ok);
  EXPECT_THAT(refused.replies, testing::ElementsAre("'old'", testing::StartsWith("!OOM "), "'old'", "0",
                                                    testing::StartsWith("!OOM ")));
  const auto& done = answer(execute(commands, true));
  EXPECT_EQ(done.outcome, Outcome::ok);
  EXPECT_THAT(done.replies, testing::ElementsAre("'old'", "0", "'new'", "0", "'3-3'"));
}

TEST_P(StoreContract, AfterALostConnectionEveryRequestHasExactlyOneAnswer) {
  store->ask({"SET", fence(1), "1"});
  for (int round = 0; round < 5; ++round) {
    const int ups = store->ups;
    std::map<core::Ticket, std::string> written;
    for (int i = 0; i < 20; ++i) {
      const std::string mark = std::to_string(round) + "-" + std::to_string(i);
      written[transact(1, 1, {{"SET", key(1, mark), "x"}, {"INCR", key(1, "count")}})] = mark;
      written[execute({{"SET", key(2, mark), "x"}})] = {};
    }
    store->cut();
    written[transact(1, 1, {{"SET", key(1, std::to_string(round) + "-late"), "x"}})] =
        std::to_string(round) + "-late";
    store->run_until([&] { return store->ups > ups; });
    // The fence is raised before anything else, as an owner does: then nothing of the old link can follow.
    store->ask({"INCR", fence(1)});
    for (const auto& [ticket, mark] : written) {
      const auto& told = answer(ticket);
      if (mark.empty()) {
        continue;
      }
      const bool done = store->ask({"GET", key(1, mark)}) == "x";
      EXPECT_NE(told.outcome, Outcome::full);
      if (told.outcome == Outcome::ok) {
        EXPECT_TRUE(done) << mark;
      } else if (told.outcome != Outcome::unknown) {
        EXPECT_FALSE(done) << mark << " was told " << static_cast<int>(told.outcome);
      }
    }
    store->ask({"SET", fence(1), "1"});
  }
  EXPECT_GE(store->downs, 5);
}

TEST_P(StoreContract, WhileTheStoreIsDownRequestsAreRefused) {
  store->cut();
  store->run_until([&] { return store->downs >= 1; });
  const auto transaction = transact(1, 1, {{"SET", key(1, "a"), "x"}});
  const auto pipeline = execute({{"GET", key(1, "a")}});
  if (store->ups == 1) {
    EXPECT_EQ(answer(transaction).outcome, Outcome::refused);
    EXPECT_EQ(answer(pipeline).outcome, Outcome::refused);
    EXPECT_FALSE(answer(pipeline).error.empty());
  }
  store->run_until([&] { return store->ups == 2; });
  EXPECT_EQ(answer(execute({{"GET", key(1, "a")}})).outcome, Outcome::ok);
}

TEST_P(StoreContract, AnswersOfOneKindComeInTheOrderOfTheRequests) {
  store->ask({"SET", fence(1), "1"});
  std::vector<core::Ticket> pipelines;
  std::vector<core::Ticket> transactions;
  for (int i = 0; i < 100; ++i) {
    pipelines.push_back(execute({{"INCR", key(2, "n")}}));
    transactions.push_back(transact(1, 1, {{"INCR", key(1, "n")}}));
  }
  answer(pipelines.back());
  answer(transactions.back());
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(store->told[pipelines[static_cast<std::size_t>(i)]].replies,
                testing::ElementsAre(std::to_string(i + 1)));
    EXPECT_THAT(store->told[transactions[static_cast<std::size_t>(i)]].replies,
                testing::ElementsAre(std::to_string(i + 1)));
  }
}

}  // namespace anchal::test
