#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/app/control_store.h"
#include "engine/net/clock.h"
#include "engine/net/listener.h"
#include "engine/redis/store.h"
#include "tests/support/redis_server.h"

namespace anchal::redis {
namespace {

using namespace std::chrono_literals;
using anchal::test::RedisServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

void run_until(net::Loop& loop, const std::function<bool()>& done) {
  const TimePoint give_up = net::monotonic_now() + 30s;
  while (!done()) {
    ASSERT_LT(net::monotonic_now(), give_up) << "the expected event never came";
    loop.run_turn(20ms);
  }
}

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string naming(std::uint16_t port) {
  return "*2\r\n" + bulk("127.0.0.1") + bulk(std::to_string(port));
}

/// A sentinel that says `words` to whoever asks; nothing if they are empty.
struct ScriptedSentinel {
  ScriptedSentinel(net::Loop& loop, std::string with_words) : words(std::move(with_words)) {
    auto listening =
        net::Listener::listen(loop, "127.0.0.1", 0, [this](std::unique_ptr<net::Stream> accepted) {
          net::Stream* const stream = accepted.get();
          stream->set_callbacks({.on_data = [this, stream](std::span<const std::byte> bytes) {
            heard.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            ++asked;
            if (!words.empty()) std::ignore = stream->write(std::as_bytes(std::span(words)));
          }});
          streams.push_back(std::move(accepted));
        });
    EXPECT_TRUE(listening);
    listener = std::move(*listening);
  }
  std::string words;
  std::string heard;
  int asked = 0;
  std::unique_ptr<net::Listener> listener;
  std::vector<std::unique_ptr<net::Stream>> streams;
};

std::string url_of(const std::vector<std::uint16_t>& ports) {
  std::string url = "redis+sentinel://";
  for (const std::uint16_t port : ports) {
    url += (url.back() == '/' ? "" : ",") + std::string("127.0.0.1:") + std::to_string(port);
  }
  return url + "/main";
}

RedisSettings settings_for(const std::string& url) {
  RedisSettings settings;
  settings.url = *RedisUrl::parse(url);
  settings.reconnect = {.initial = 10ms, .max = 50ms};
  settings.sentinel_timeout = 200ms;
  return settings;
}

/// A connection and what it told.
struct Client {
  Client(net::Loop& on_loop, RedisSettings settings)
      : loop(on_loop),
        connection(on_loop, std::move(settings),
                   {.on_up = [this](const ServerIdentity& identity) { ups.push_back(identity); },
                    .on_down = [this](const DownReason& reason) { downs.push_back(reason); }},
                   1) {
    connection.start();
  }
  net::Loop& loop;
  std::vector<ServerIdentity> ups;
  std::vector<DownReason> downs;
  RespConnection connection;
};

constexpr std::uint16_t kNobody = 1;

TEST(Sentinels, OneThatIsDownOneThatHangsAndOneThatKnowsNothingCostAQuestionEach) {
  RedisServer primary({.tcp = true});
  net::Loop loop;
  ScriptedSentinel hangs(loop, "");
  ScriptedSentinel ignorant(loop, "*-1\r\n");
  ScriptedSentinel babbles(loop, "HTTP/1.1 400 Bad Request\r\n\r\n");
  ScriptedSentinel knows(loop, naming(primary.port()));
  Client client(loop, settings_for(url_of({kNobody, hangs.listener->port(), ignorant.listener->port(),
                                           babbles.listener->port(), knows.listener->port()})));
  run_until(loop, [&] { return !client.ups.empty(); });
  EXPECT_TRUE(client.downs.empty()) << client.downs[0].text;
  EXPECT_EQ(client.ups[0].role, "master");
  EXPECT_EQ(client.connection.label(),
            "127.0.0.1:" + std::to_string(primary.port()) + ", named main by its sentinels");
  EXPECT_EQ(hangs.asked, 1);
  EXPECT_THAT(knows.heard, HasSubstr("GET-MASTER-ADDR-BY-NAME\r\n$4\r\nmain\r\n"));
  EXPECT_THAT(knows.heard, Not(HasSubstr("AUTH")));
}

TEST(Sentinels, OldAddressesAreSeenThrough) {
  RedisServer primary({.tcp = true});
  RedisServer replica(
      {.arguments = {"--replicaof", "127.0.0.1", std::to_string(primary.port())}, .tcp = true});
  net::Loop loop;
  ScriptedSentinel names_a_dead_one(loop, naming(kNobody));
  ScriptedSentinel names_a_replica(loop, naming(replica.port()));
  ScriptedSentinel knows(loop, naming(primary.port()));
  Client client(loop, settings_for(url_of({names_a_dead_one.listener->port(),
                                           names_a_replica.listener->port(), knows.listener->port()})));
  run_until(loop, [&] { return !client.ups.empty(); });
  EXPECT_TRUE(client.downs.empty());
  EXPECT_EQ(client.connection.endpoint().port, primary.port());

  // Demoted: the next answer says so, and the replica that all name now has been promoted.
  replica.ask({"REPLICAOF", "NO", "ONE"});
  primary.ask({"REPLICAOF", "127.0.0.1", std::to_string(replica.port())});
  knows.words = naming(replica.port());
  client.connection.reconnect("it answers: READONLY");
  run_until(loop, [&] { return client.ups.size() == 2; });
  EXPECT_EQ(client.connection.endpoint().port, replica.port());
  EXPECT_EQ(knows.asked, 2) << "the one that was right is asked first";
  EXPECT_EQ(names_a_dead_one.asked, 1);
}

TEST(Sentinels, WhileNoneNamesAPrimaryEachRoundIsReportedOnceWithItsReasons) {
  net::Loop loop;
  ScriptedSentinel ignorant(loop, "*-1\r\n");
  ScriptedSentinel locked(loop, "-NOAUTH Authentication required.\r\n");
  Client client(loop, settings_for(url_of({ignorant.listener->port(), locked.listener->port()})));
  run_until(loop, [&] { return client.downs.size() == 2; });
  EXPECT_FALSE(client.downs[0].fatal);
  EXPECT_THAT(client.downs[0].text, AllOf(HasSubstr("does not know main"), HasSubstr("answers NOAUTH"),
                                          HasSubstr("main of sentinels")));
  EXPECT_EQ(ignorant.asked, 2);
  RedisServer primary({.tcp = true});
  ignorant.words = naming(primary.port());
  run_until(loop, [&] { return !client.ups.empty(); });
  client.connection.stop();
}

TEST(Sentinels, GetTheirOwnPasswordOrThatOfRedisAndMayRefuseIt) {
  RedisServer primary({.arguments = {"--requirepass", "of-redis"}, .tcp = true});
  net::Loop loop;
  ScriptedSentinel without(
      loop, "-ERR AUTH <password> called without any password configured\r\n" + naming(primary.port()));
  RedisSettings settings = settings_for(url_of({without.listener->port()}));
  settings.password = "of-redis";
  Client same(loop, settings);
  run_until(loop, [&] { return !same.ups.empty(); });
  EXPECT_THAT(without.heard, HasSubstr("AUTH\r\n$8\r\nof-redis\r\n"));

  ScriptedSentinel with(loop, "+OK\r\n" + naming(primary.port()));
  settings.url = *RedisUrl::parse(url_of({with.listener->port()}));
  settings.sentinel_username = "engine";
  settings.sentinel_password = "of-sentinels";
  Client own(loop, settings);
  run_until(loop, [&] { return !own.ups.empty(); });
  EXPECT_THAT(with.heard, HasSubstr("AUTH\r\n$6\r\nengine\r\n$12\r\nof-sentinels\r\n"));
  EXPECT_THAT(with.heard, Not(HasSubstr("of-redis")));
}

TEST(Sentinels, AWrongPasswordAtRedisAsksForAPersonAtOnce) {
  RedisServer primary({.arguments = {"--requirepass", "right"}, .tcp = true});
  net::Loop loop;
  ScriptedSentinel knows(loop, "-ERR no\r\n" + naming(primary.port()));
  RedisSettings settings = settings_for(url_of({knows.listener->port()}));
  settings.password = "wr0ng";
  Client client(loop, settings);
  run_until(loop, [&] { return !client.downs.empty(); });
  EXPECT_TRUE(client.downs[0].fatal);
  EXPECT_THAT(client.downs[0].text, AllOf(HasSubstr("WRONGPASS"), Not(HasSubstr("wr0ng"))));
}

TEST(Sentinels, TheConnectionMovesWhenTheyChangeTheirMind) {
  RedisServer old({.tcp = true});
  RedisServer promoted({.tcp = true});
  net::Loop loop;
  ScriptedSentinel knows(loop, naming(old.port()));
  RedisSettings settings = settings_for(url_of({knows.listener->port()}));
  settings.sentinel_interval = 20ms;
  Client client(loop, settings);
  run_until(loop, [&] { return knows.asked > 5; });
  EXPECT_EQ(client.ups.size(), 1u);
  knows.words = "-IDONTKNOW\r\n";
  const int before = knows.asked;
  run_until(loop, [&] { return knows.asked > before + 3; });
  EXPECT_TRUE(client.downs.empty()) << "what works is kept while nobody knows better";
  knows.words = naming(promoted.port());
  run_until(loop, [&] { return client.ups.size() == 2; });
  EXPECT_EQ(client.connection.endpoint().port, promoted.port());
  ASSERT_EQ(client.downs.size(), 1u);
  EXPECT_THAT(client.downs[0].text,
              HasSubstr("its sentinels name 127.0.0.1:" + std::to_string(promoted.port())));
}

TEST(Sentinels, StopEndsASearchWithoutACall) {
  net::Loop loop;
  ScriptedSentinel hangs(loop, "");
  Client client(loop, settings_for(url_of({hangs.listener->port()})));
  run_until(loop, [&] { return hangs.asked == 1; });
  client.connection.stop();
  const TimePoint later = net::monotonic_now() + 300ms;
  while (net::monotonic_now() < later) loop.run_turn(10ms);
  EXPECT_TRUE(client.downs.empty());
}

TEST(Sentinels, BulkReadsNeverComeFromAnotherServerThanTheTransactions) {
  RedisServer one({.tcp = true});
  RedisServer other({.tcp = true});
  one.ask({"XADD", "s", "1-1", "who", "one"});
  other.ask({"XADD", "s", "1-1", "who", "other"});
  net::Loop loop;
  // Every second question is answered with the other one: the two connections of a store part ways.
  std::vector<std::unique_ptr<net::Stream>> streams;
  int asked = 0;
  auto listener = *net::Listener::listen(loop, "127.0.0.1", 0, [&](std::unique_ptr<net::Stream> accepted) {
    net::Stream* const stream = accepted.get();
    stream->set_callbacks({.on_data = [&, stream](std::span<const std::byte>) {
      const std::string words = naming(asked++ % 2 == 0 ? one.port() : other.port());
      std::ignore = stream->write(std::as_bytes(std::span(words)));
    }});
    streams.push_back(std::move(accepted));
  });
  int up = 0;
  std::vector<std::string> read;
  RedisSettings settings = settings_for(url_of({listener->port()}));
  settings.sentinel_interval = Duration::zero();
  Store store(loop, settings,
              {.on_up = [&](const StoreUp&) { ++up; },
               .on_down = nullptr,
               .on_answer =
                   [&](const core::StoreAnswer& answer) {
                     ASSERT_EQ(answer.outcome, core::StoreOutcome::ok);
                     const auto entry = answer.replies[0].array()[0].array();
                     read.emplace_back(entry[1].array()[1].text);
                   }},
              1);
  store.start();
  run_until(loop, [&] { return up == 1; });
  const std::string run_id = store.identity().run_id;
  const bool is_one = one.ask({"INFO", "server"}).find(run_id) != std::string::npos;
  for (std::size_t i = 1; i <= 200 || asked < 3; ++i) {
    core::Pipeline pipeline{.ticket = i, .bulk_read = true, .commands = {}};
    pipeline.commands.command("XRANGE").arg("s").arg("-").arg("+");
    store.execute(std::move(pipeline));
    run_until(loop, [&] { return read.size() == i; });
    ASSERT_EQ(read.back(), is_one ? "one" : "other");
  }
  EXPECT_EQ(up, 1);
}

TEST(Sentinels, TheControlPlaneAsksThemTooAndAgainAfterADemotion) {
  RedisServer first({.tcp = true});
  RedisServer second({.arguments = {"--replicaof", "127.0.0.1", std::to_string(first.port())}, .tcp = true});
  std::atomic<std::uint16_t> named = second.port();
  std::atomic<std::uint16_t> port = 0;
  std::jthread sentinels([&](const std::stop_token& over) {
    net::Loop loop;
    ScriptedSentinel knows(loop, "");
    port = knows.listener->port();
    while (!over.stop_requested()) {
      knows.words = naming(named);
      loop.run_turn(1ms);
    }
  });
  const auto until = [](const std::function<bool()>& done) {
    const TimePoint give_up = net::monotonic_now() + 30s;
    while (!done() && net::monotonic_now() < give_up) std::this_thread::sleep_for(1ms);
    return done();
  };
  ASSERT_TRUE(until([&] { return port != 0; }));
  app::RedisSettings settings;
  settings.address = *app::parse_redis_url(url_of({kNobody, port}));
  app::ControlStore store(settings, 2s);
  const auto replica = store.ask({"PING"});
  ASSERT_FALSE(replica);
  EXPECT_EQ(replica.error().kind, app::ControlFailure::unreachable);
  EXPECT_THAT(replica.error().text, AllOf(HasSubstr("no primary of main"), HasSubstr("which is no primary")));

  named = first.port();
  EXPECT_TRUE(until([&] { return store.ask({"SET", "a", "1"}).has_value(); }));
  ASSERT_TRUE(until([&] { return second.ask({"GET", "a"}) == "1"; }));

  // Demoted: it says READONLY, and at the next question the sentinels are asked anew.
  second.ask({"REPLICAOF", "NO", "ONE"});
  first.ask({"REPLICAOF", "127.0.0.1", std::to_string(second.port())});
  named = second.port();
  EXPECT_TRUE(until([&] { return store.ask({"SET", "a", "2"}).has_value(); }));
  EXPECT_EQ(second.ask({"GET", "a"}), "2");

  // Replaced but not demoted: within a second it is left.
  first.ask({"REPLICAOF", "NO", "ONE"});
  named = first.port();
  EXPECT_TRUE(until([&] {
    (void)store.ask({"SET", "a", "3"});
    return first.ask({"GET", "a"}) == "3";
  }));
}

}  // namespace
}  // namespace anchal::redis
