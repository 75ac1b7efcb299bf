#include "engine/redis/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "engine/core/keys.h"
#include "engine/net/clock.h"
#include "engine/net/listener.h"
#include "engine/net/loop.h"
#include "tests/support/redis_server.h"

// What only the store on a real Redis has: batches, watches, the errors of a real server, its restarts.

namespace anchal::redis {
namespace {

using namespace std::chrono_literals;
using anchal::test::RedisServer;
using core::StoreOutcome;
using testing::HasSubstr;
using testing::Not;

class RedisStore : public testing::Test {
 protected:
  struct Told {
    StoreOutcome outcome;
    std::string error;
    std::size_t replies;
  };

  RedisStore() { server.ask({"MSET", fence(0), "1", fence(1), "1", fence(2), "1", fence(3), "1"}); }

  void start(const std::string& user = {}, Duration command_timeout = 10s) {
    RedisSettings settings;
    settings.url = *RedisUrl::parse(url.empty() ? server.url() : url);
    settings.username = user;
    settings.password = user.empty() ? "" : "x";
    settings.reconnect = {.initial = 10ms, .max = 50ms};
    settings.command_timeout = command_timeout;
    settings.answer_bytes_max = answer_bytes_max;
    store = std::make_unique<Store>(
        loop, settings,
        Store::Callbacks{
            .on_up = [this](const StoreUp& up) { ups.push_back(up); },
            .on_down = [this](const DownReason& reason) { downs.push_back(reason); },
            .on_answer =
                [this](const core::StoreAnswer& answer) {
                  told[answer.ticket] = {answer.outcome, std::string(answer.error), answer.replies.size()};
                },
        },
        1);
    store->start();
    wait([this] { return !ups.empty(); });
  }
  void wait(const std::function<bool()>& done) {
    const TimePoint give_up = net::monotonic_now() + 30s;
    while (!done()) {
      ASSERT_LT(net::monotonic_now(), give_up) << "the expected event never came";
      loop.run_turn(20ms);
    }
  }
  static std::string fence(core::PartitionId partition) {
    return core::keys::partition(partition, core::keys::kFence);
  }
  core::Ticket transact(core::PartitionId partition, const std::vector<std::vector<std::string>>& commands,
                        std::uint64_t under = 1, bool settles = false,
                        std::chrono::milliseconds replica_wait = {}) {
    core::Transaction transaction;
    transaction.replica_wait = replica_wait;
    transaction.ticket = ++last_ticket;
    transaction.partition = partition;
    transaction.fence = under;
    transaction.settles = settles;
    for (const auto& command : commands) {
      transaction.commands.command(command[0]);
      for (std::size_t i = 1; i < command.size(); ++i) {
        transaction.commands.arg(command[i]);
      }
    }
    store->transact(std::move(transaction));
    return last_ticket;
  }
  core::Ticket get(const std::string& key) {
    core::Pipeline pipeline;
    pipeline.ticket = ++last_ticket;
    pipeline.commands.command("GET").arg(key);
    store->execute(std::move(pipeline));
    return last_ticket;
  }
  const Told& answer(core::Ticket ticket) {
    wait([&] { return told.contains(ticket); });
    return told[ticket];
  }

  RedisServer server;
  std::string url;  // of another server than that one
  std::size_t answer_bytes_max = RedisSettings{}.answer_bytes_max;
  net::Loop loop;
  std::unique_ptr<Store> store;
  std::vector<StoreUp> ups;
  std::vector<DownReason> downs;
  std::map<core::Ticket, Told> told;
  core::Ticket last_ticket = 0;
};

TEST_F(RedisStore, ALoopTurnOfAllPartitionsIsOneExec) {
  start();
  for (core::PartitionId p = 0; p < 4; ++p) {
    answer(transact(p, {{"INCR", "n"}}));
  }
  const auto before = store->statistics();
  core::Ticket last = 0;
  for (int i = 0; i < 40; ++i) {
    last = transact(static_cast<core::PartitionId>(i % 4), {{"INCR", "n"}, {"INCR", "m"}});
  }
  EXPECT_EQ(answer(last).replies, 2u);
  EXPECT_EQ(store->statistics().transactions.batches - before.transactions.batches, 1u);
  EXPECT_EQ(store->statistics().main.writes - before.main.writes, 1u);
}

TEST_F(RedisStore, ABrokenWatchIsLookedAtAgainAndOnlyTheFencedPartitionIsTold) {
  start();
  answer(transact(0, {{"SET", "a", "1"}}));
  answer(transact(1, {{"SET", "b", "1"}}));
  server.ask({"INCR", fence(1)});  // the fences of both are armed now: the next EXEC must fail
  const auto innocent = transact(0, {{"SET", "a", "2"}});
  const auto fenced = transact(1, {{"SET", "b", "2"}});
  EXPECT_EQ(answer(innocent).outcome, StoreOutcome::ok);
  EXPECT_EQ(answer(fenced).outcome, StoreOutcome::fenced);
  EXPECT_EQ(server.ask({"MGET", "a", "b"}), "[2, 1]");
  EXPECT_EQ(store->statistics().transactions.broken_watches, 1u);
  EXPECT_EQ(answer(transact(1, {{"SET", "b", "3"}}, 2)).outcome, StoreOutcome::ok)
      << "the partition came back";
}

TEST_F(RedisStore, WhoDoesNotAskForReplicasIsToldAtOnce) {
  start();
  const auto asks = transact(0, {{"SET", "a", "1"}}, 1, false, 1000ms);
  const auto does_not = transact(1, {{"SET", "b", "1"}});
  EXPECT_EQ(answer(does_not).outcome, StoreOutcome::ok);
  EXPECT_FALSE(told.contains(asks));
  EXPECT_EQ(store->statistics().transactions.batches, 1u);
  EXPECT_EQ(answer(asks).outcome, StoreOutcome::ok);
  EXPECT_EQ(answer(asks).replies, 1u);
}

TEST_F(RedisStore, WhoeverMayNotAskForReplicasIsToldSo) {
  start();
  server.ask({"ACL", "SETUSER", "default", "-wait"});
  const auto& answered = answer(transact(0, {{"SET", "a", "1"}}, 1, false, 30'000ms));
  EXPECT_EQ(answered.outcome, StoreOutcome::ok);
  EXPECT_EQ(answered.replies, 1u);
  EXPECT_THAT(answered.error, HasSubstr("NOPERM"));
}

TEST_F(RedisStore, AConnectionLostWhileReplicasAreAskedLeavesItUnknown) {
  start();
  const auto asks = transact(0, {{"SET", "a", "1"}}, 1, false, 30'000ms);
  wait([this] { return server.ask({"INFO", "clients"}).find("blocked_clients:1") != std::string::npos; });
  server.ask({"CLIENT", "KILL", "TYPE", "normal"});
  EXPECT_EQ(answer(asks).outcome, StoreOutcome::unknown);
  wait([this] { return ups.size() == 2; });
  EXPECT_EQ(server.ask({"GET", "a"}), "1");
  EXPECT_EQ(answer(transact(0, {{"SET", "a", "2"}})).outcome, StoreOutcome::ok);
}

TEST_F(RedisStore, AWrongCommandRefusesOnlyItsOwnTransaction) {
  start();
  const auto first = transact(0, {{"SET", "a", "1"}});
  const auto wrong = transact(0, {{"NOSUCHCOMMAND", "+919800000001"}});
  const auto last = transact(1, {{"SET", "b", "1"}});
  EXPECT_EQ(answer(first).outcome, StoreOutcome::ok);
  EXPECT_EQ(answer(wrong).outcome, StoreOutcome::refused);
  EXPECT_THAT(answer(wrong).error, HasSubstr("unknown command"));
  EXPECT_THAT(answer(wrong).error, Not(HasSubstr("9198")));
  EXPECT_EQ(answer(last).outcome, StoreOutcome::ok);
  EXPECT_EQ(server.ask({"MGET", "a", "b"}), "[1, 1]");
}

TEST_F(RedisStore, MissingReplicasRefuseWithoutReconnecting) {
  start();
  answer(transact(0, {{"SET", "a", "1"}}));
  server.ask({"CONFIG", "SET", "min-replicas-to-write", "1"});
  const auto refused = answer(transact(0, {{"SET", "a", "2"}}));
  EXPECT_EQ(refused.outcome, StoreOutcome::refused);
  EXPECT_THAT(refused.error, HasSubstr("NOREPLICAS"));
  server.ask({"CONFIG", "SET", "min-replicas-to-write", "0"});
  EXPECT_EQ(answer(transact(0, {{"SET", "a", "3"}})).outcome, StoreOutcome::ok);
  EXPECT_TRUE(downs.empty());
}

TEST_F(RedisStore, ADemotedServerIsLeftUntilItIsPrimaryAgain) {
  start();
  answer(transact(0, {{"SET", "a", "1"}}));
  server.ask({"REPLICAOF", "127.0.0.1", "1"});
  const auto refused = answer(transact(0, {{"SET", "a", "2"}}));
  EXPECT_NE(refused.outcome, StoreOutcome::ok);
  wait([this] { return !downs.empty(); });
  EXPECT_FALSE(store->up());
  server.ask({"REPLICAOF", "NO", "ONE"});
  wait([this] { return ups.size() == 2; });
  EXPECT_TRUE(ups[1].other_history);
  EXPECT_FALSE(ups[1].other_process);
  EXPECT_EQ(server.ask({"GET", "a"}), "1");
}

TEST_F(RedisStore, AFenceThatCouldNotBeReadAgainIsNotTrusted) {
  start();
  answer(transact(0, {{"SET", "a", "1"}}));  // the fence of 0 is seen and watched
  server.ask({"INCR", fence(0)});
  server.ask({"ACL", "SETUSER", "default", "-mget"});
  EXPECT_EQ(answer(transact(1, {{"SET", "b", "1"}})).outcome, StoreOutcome::refused);  // ends that watch
  server.ask({"ACL", "SETUSER", "default", "+mget"});
  EXPECT_EQ(answer(transact(0, {{"SET", "a", "2"}})).outcome, StoreOutcome::fenced);
  EXPECT_EQ(server.ask({"GET", "a"}), "1");
}

TEST_F(RedisStore, ADemotedServerIsLeftThoughItStillAnswersReads) {
  start();
  server.ask({"REPLICAOF", "127.0.0.1", "1"});
  core::Pipeline claim;
  claim.ticket = ++last_ticket;
  claim.settles = true;
  claim.commands.command("INCR").arg(fence(0));
  claim.commands.command("GET").arg("owner");
  store->execute(std::move(claim));
  EXPECT_EQ(answer(last_ticket).outcome, StoreOutcome::ok);
  EXPECT_EQ(answer(last_ticket).replies, 2u);
  wait([this] { return !downs.empty(); });
  EXPECT_THAT(downs[0].text, HasSubstr("READONLY"));
}

TEST_F(RedisStore, ARestartIsToldAsAnotherProcess) {
  start();
  EXPECT_FALSE(ups[0].other_process);
  EXPECT_FALSE(ups[0].other_history);
  server.kill();
  const auto lost = transact(0, {{"SET", "a", "1"}});
  EXPECT_NE(answer(lost).outcome, StoreOutcome::ok);
  server.start();
  wait([this] { return ups.size() == 2; });
  EXPECT_TRUE(ups[1].other_process);
}

TEST_F(RedisStore, ATransactionThatMayHaveLeftIsUnknownOneThatDidNotIsRefused) {
  start({}, 500ms);
  answer(transact(0, {{"SET", "a", "1"}}));
  server.pause();
  const auto under_way = transact(0, {{"SET", "a", "2"}});
  loop.run_turn(0ms);
  const auto behind = transact(0, {{"SET", "a", "3"}});
  EXPECT_EQ(answer(under_way).outcome, StoreOutcome::unknown);
  EXPECT_EQ(answer(behind).outcome, StoreOutcome::refused);
  server.resume();
  wait([this] { return ups.size() == 2; });
  EXPECT_EQ(server.ask({"GET", "a"}), "2") << "it had left: unknown was the honest word";
}

TEST_F(RedisStore, WithoutScriptsAFullRedisRefusesSettlesAndSaysWhy) {
  server.ask({"ACL", "SETUSER", "engine", "on", ">x", "~*", "&*", "+@all", "-eval"});
  start("engine");
  server.ask({"CONFIG", "SET", "maxmemory", "1"});
  const auto refused = answer(transact(0, {{"SET", "a", "1"}}, 1, true));
  EXPECT_EQ(refused.outcome, StoreOutcome::refused);
  EXPECT_THAT(refused.error, HasSubstr("NOPERM"));
  EXPECT_TRUE(store->full());
  server.ask({"CONFIG", "SET", "maxmemory", "0"});
  wait([this] { return answer(transact(0, {{"SET", "a", "1"}}, 1, false)).outcome == StoreOutcome::ok; });
  EXPECT_FALSE(store->full());
}

TEST_F(RedisStore, SettlesReturnToTransactionsWhenMemoryIsBack) {
  start();
  server.ask({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_EQ(answer(transact(0, {{"INCR", "n"}}, 1, true)).outcome, StoreOutcome::ok);
  EXPECT_TRUE(store->full());
  server.ask({"CONFIG", "SET", "maxmemory", "0"});
  int settles = 0;
  while (store->full() && settles < 1000) {
    ASSERT_EQ(answer(transact(0, {{"INCR", "n"}}, 1, true)).outcome, StoreOutcome::ok);
    ++settles;
  }
  EXPECT_FALSE(store->full());
  EXPECT_EQ(server.ask({"GET", "n"}), std::to_string(settles + 1));
}

TEST_F(RedisStore, BulkReadsTravelApartAndFallBackToTheMainConnection) {
  start();
  wait([this] { return server.ask({"CLIENT", "LIST"}).find("anchal-bulk") != std::string::npos; });
  core::Pipeline read;
  read.ticket = ++last_ticket;
  read.bulk_read = true;
  read.commands.command("XREAD").arg("STREAMS").arg("s").arg("0");
  wait([&] { return store->statistics().bulk.connects == 1; });
  const auto before = store->statistics();
  store->execute(core::Pipeline(read));
  EXPECT_EQ(answer(read.ticket).outcome, StoreOutcome::ok);
  EXPECT_LE(store->statistics().main.commands, before.main.commands + 1);
}

TEST_F(RedisStore, TransactionsThatWaitForASlowRedisAreBoundedAndNoneIsForgotten) {
  start();
  answer(transact(0, {{"SET", "a", "1"}}));
  server.pause();
  const std::string body(1 << 20, 'x');
  std::vector<core::Ticket> tickets;
  for (int i = 0; i < 200; ++i) {
    tickets.push_back(transact(0, {{"SET", "a", body}}));
    loop.run_turn(0ms);
  }
  EXPECT_GT(store->statistics().refused, 0u);
  EXPECT_LT(store->statistics().waiting_bytes, 160u << 20) << "two bounds of 64 MiB and what went over";
  server.resume();
  for (const core::Ticket ticket : tickets) {
    const StoreOutcome outcome = answer(ticket).outcome;
    EXPECT_TRUE(outcome == StoreOutcome::ok || outcome == StoreOutcome::refused);
  }
  EXPECT_EQ(store->statistics().waiting_bytes, 0u);
}

TEST_F(RedisStore, ABulkReadTooLargeToTakeIsRefusedAndEndsNoConnection) {
  for (int i = 1; i <= 3; ++i) {
    server.ask({"XADD", "s", std::to_string(i) + "-1", "b", std::string(600'000, 'x')});
  }
  answer_bytes_max = 1 << 20;
  start();
  const auto read = [this](const std::string& count) {
    core::Pipeline asked;
    asked.ticket = ++last_ticket;
    asked.bulk_read = true;
    asked.commands.command("XREAD").arg("COUNT").arg(count).arg("STREAMS").arg("s").arg("0");
    asked.commands.command("XREAD").arg("COUNT").arg("1").arg("STREAMS").arg("none").arg("0");
    store->execute(std::move(asked));
    return answer(last_ticket);
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(read("100").outcome, StoreOutcome::refused);
    EXPECT_EQ(told[last_ticket].error, core::kAnswerTooLarge);
    EXPECT_EQ(read("1").outcome, StoreOutcome::ok);
    EXPECT_EQ(told[last_ticket].replies, 2u);
  }
  EXPECT_TRUE(downs.empty());
  EXPECT_EQ(store->statistics().bulk.losses, 0u);
}

TEST_F(RedisStore, RefusesWhatIsEmpty) {
  start();
  EXPECT_EQ(answer(transact(0, {})).outcome, StoreOutcome::refused);
  core::Pipeline empty;
  empty.ticket = ++last_ticket;
  store->execute(std::move(empty));
  EXPECT_EQ(answer(last_ticket).outcome, StoreOutcome::refused);
  EXPECT_EQ(answer(get("none")).outcome, StoreOutcome::ok);
}

/// A server that greets as a Redis does, and answers a look at fences and an EXEC of one command as it is
/// told.
class OddServer {
 public:
  OddServer(net::Loop& loop, std::string fences, std::string done)
      : fences_(std::move(fences)), done_(std::move(done)) {
    listener_ = *net::Listener::listen(loop, "127.0.0.1", 0, [this](std::unique_ptr<net::Stream> taken) {
      taken->set_callbacks({.on_data = [this, stream = taken.get()](std::span<const std::byte> bytes) {
        const std::string_view asked(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        const std::string said = answer(asked);
        EXPECT_EQ(stream->write(std::as_bytes(std::span(said))), said.size());
      }});
      streams_.push_back(std::move(taken));
    });
  }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(listener_->port()); }
  int looks = 0;

 private:
  std::string answer(std::string_view asked) {
    const std::string info = "redis_version:7.0.15\r\nrole:master\r\nrun_id:a\r\nmaxmemory_policy:noeviction";
    if (asked.contains("INFO")) {
      return "+OK\r\n+OK\r\n*0\r\n$" + std::to_string(info.size()) + "\r\n" + info + "\r\n";
    }
    ++looks;
    return (asked.contains("UNWATCH") ? "+OK\r\n" : "+OK\r\n+QUEUED\r\n" + done_) + "+OK\r\n" + fences_;
  }

  std::string fences_, done_;
  std::unique_ptr<net::Listener> listener_;
  std::vector<std::unique_ptr<net::Stream>> streams_;
};

TEST_F(RedisStore, FencesThatWereNotToldEndTheConnectionAndTheWait) {
  for (const std::string fences : {"*0\r\n", "*2\r\n$1\r\n1\r\n$1\r\n1\r\n", ":1\r\n", "$-1\r\n"}) {
    OddServer odd(loop, fences, "");
    url = odd.url();
    start();
    downs.clear();
    EXPECT_EQ(answer(transact(0, {{"SET", "a", "1"}})).outcome, StoreOutcome::refused) << fences;
    EXPECT_EQ(odd.looks, 1);
    ASSERT_FALSE(downs.empty());
    EXPECT_THAT(downs[0].text, HasSubstr("does not answer"));
    store.reset();
    ups.clear();
  }
}

TEST_F(RedisStore, AnExecThatDoesNotAnswerEveryCommandLeavesItUnknown) {
  for (const std::string done : {"*0\r\n", "*2\r\n+OK\r\n+OK\r\n", "+OK\r\n", ":1\r\n"}) {
    OddServer odd(loop, "*1\r\n$1\r\n1\r\n", done);
    url = odd.url();
    start();
    downs.clear();
    EXPECT_EQ(answer(transact(0, {{"SET", "a", "1"}})).outcome, StoreOutcome::unknown) << done;
    wait([this] { return !downs.empty(); });
    EXPECT_THAT(downs[0].text, HasSubstr("does not answer"));
    store.reset();
    ups.clear();
  }
}

}  // namespace
}  // namespace anchal::redis
