#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "engine/net/clock.h"
#include "engine/net/listener.h"
#include "engine/net/loop.h"
#include "engine/redis/resp_connection.h"
#include "tests/support/certificates.h"
#include "tests/support/redis_server.h"

namespace anchal::redis {
namespace {

using namespace std::chrono_literals;
using anchal::test::RedisServer;
using anchal::test::TestAuthority;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Fate = RespConnection::Fate;

void run_until(net::Loop& loop, const std::function<bool()>& done) {
  const TimePoint give_up = net::monotonic_now() + 30s;
  while (!done()) {
    ASSERT_LT(net::monotonic_now(), give_up) << "the expected event never came";
    loop.run_turn(20ms);
  }
}

RedisSettings settings_for(const std::string& url) {
  RedisSettings settings;
  auto parsed = RedisUrl::parse(url);
  EXPECT_TRUE(parsed);
  settings.url = *parsed;
  settings.reconnect = {.initial = 10ms, .max = 50ms};
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
  void come_up() {
    run_until(loop, [this] { return !ups.empty(); });
  }
  void send(std::initializer_list<std::string_view> command) {
    connection.write().command(command);
    connection.commit([this](const RespConnection::Answer& answer) {
      fates.push_back(answer.fate);
      for (const core::Reply& reply : answer.replies) {
        replies.emplace_back(reply.type == core::Reply::Type::integer ? std::to_string(reply.integer)
                                                                      : std::string(reply.text));
      }
    });
  }
  std::string ask(std::initializer_list<std::string_view> command) {
    const std::size_t before = fates.size();
    send(command);
    run_until(loop, [&] { return fates.size() > before; });
    return replies.empty() ? "" : replies.back();
  }

  net::Loop& loop;
  std::vector<ServerIdentity> ups;
  std::vector<DownReason> downs;
  std::vector<Fate> fates;
  std::vector<std::string> replies;
  RespConnection connection;
};

TEST(RespConnection, ComesUpNamesItselfAndKnowsItsServer) {
  RedisServer server;
  net::Loop loop;
  RedisSettings settings = settings_for(server.url());
  settings.client_name = "engine-1";
  Client client(loop, settings);
  client.come_up();
  EXPECT_TRUE(client.ups[0].version.starts_with("7.") || client.ups[0].version.size() > 2);
  EXPECT_EQ(client.ups[0].run_id.size(), 40u);
  EXPECT_EQ(client.ups[0].role, "master");
  EXPECT_EQ(client.ask({"CLIENT", "GETNAME"}), "engine-1");
}

TEST(RespConnection, ALoopTurnLeavesInOneWriteAndAnswersComeInOrder) {
  RedisServer server;
  net::Loop loop;
  Client client(loop, settings_for(server.url()));
  client.come_up();
  const auto before = client.connection.statistics();
  for (int i = 0; i < 1000; ++i) {
    client.send({"INCR", "n"});
  }
  run_until(loop, [&] { return client.replies.size() == 1000; });
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(client.replies[static_cast<std::size_t>(i)], std::to_string(i + 1));
  }
  EXPECT_EQ(client.connection.statistics().writes - before.writes, 1u);
}

TEST(RespConnection, PasswordsAndUsersOpenTheDoor) {
  RedisServer server({.arguments = {"--requirepass", "s3cret"}});
  net::Loop loop;
  RedisSettings settings = settings_for(server.url());
  settings.password = "s3cret";
  Client by_password(loop, settings);
  by_password.come_up();
  by_password.ask({"ACL", "SETUSER", "engine", "on", ">pa ss", "~anchal:*", "+@all"});
  settings.username = "engine";
  settings.password = "pa ss";
  Client by_user(loop, settings);
  by_user.come_up();
  EXPECT_EQ(by_user.ask({"ACL", "WHOAMI"}), "engine");
}

TEST(RespConnection, WrongCredentialsAreFatalAndStaySecret) {
  RedisServer server({.arguments = {"--requirepass", "s3cret"}});
  net::Loop loop;
  for (const std::string password : {"", "wr0ng"}) {
    RedisSettings settings = settings_for(server.url());
    settings.password = password;
    Client client(loop, settings);
    run_until(loop, [&] { return !client.downs.empty(); });
    EXPECT_TRUE(client.downs[0].fatal);
    EXPECT_THAT(client.downs[0].text, HasSubstr(password.empty() ? "NOAUTH" : "WRONGPASS"));
    EXPECT_THAT(client.downs[0].text, Not(HasSubstr("wr0ng")));
    EXPECT_TRUE(client.ups.empty());
  }
}

TEST(RespConnection, AUserWithoutTransactionsIsFatalAUserWithoutNamesIsNot) {
  RedisServer server;
  server.ask({"ACL", "SETUSER", "no-multi", "on", ">x", "~*", "+@all", "-multi"});
  server.ask({"ACL", "SETUSER", "no-name", "on", ">x", "~*", "+@all", "-client"});
  net::Loop loop;
  RedisSettings settings = settings_for(server.url());
  settings.password = "x";
  settings.username = "no-multi";
  Client refused(loop, settings);
  run_until(loop, [&] { return !refused.downs.empty(); });
  EXPECT_TRUE(refused.downs[0].fatal);
  EXPECT_THAT(refused.downs[0].text, AllOf(HasSubstr("NOPERM"), HasSubstr("multi")));
  settings.username = "no-name";
  Client nameless(loop, settings);
  nameless.come_up();
}

TEST(RespConnection, SelectsItsDatabase) {
  RedisServer server;
  net::Loop loop;
  Client client(loop, settings_for(server.url() + "?db=3"));
  client.come_up();
  client.ask({"SET", "a", "in three"});
  EXPECT_EQ(server.ask({"GET", "a"}), "nil");
  Client wrong(loop, settings_for(server.url() + "?db=4000"));
  run_until(loop, [&] { return !wrong.downs.empty(); });
  EXPECT_TRUE(wrong.downs[0].fatal);
  EXPECT_THAT(wrong.downs[0].text, HasSubstr("DB index"));
}

TEST(RespConnection, AnEvictingRedisIsRefusedUntilItIsSetRight) {
  RedisServer server({.arguments = {"--maxmemory-policy", "allkeys-lru"}});
  net::Loop loop;
  Client client(loop, settings_for(server.url()));
  run_until(loop, [&] { return !client.downs.empty(); });
  EXPECT_TRUE(client.downs[0].fatal);
  EXPECT_THAT(client.downs[0].text, AllOf(HasSubstr("allkeys-lru"), HasSubstr("noeviction")));
  server.ask({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  client.come_up();
}

TEST(RespConnection, AReplicaIsNotUsedUntilItIsPromoted) {
  RedisServer server({.arguments = {"--replicaof", "127.0.0.1", "1"}});
  net::Loop loop;
  Client client(loop, settings_for(server.url()));
  run_until(loop, [&] { return client.downs.size() >= 2; });
  EXPECT_FALSE(client.downs[0].fatal);
  EXPECT_THAT(client.downs[0].text, HasSubstr("replica"));
  server.ask({"REPLICAOF", "NO", "ONE"});
  client.come_up();
}

TEST(RespConnection, ARestartedServerIsFoundAgainAndKnownAsAnother) {
  RedisServer server({.append_only = true});
  net::Loop loop;
  Client client(loop, settings_for(server.url()));
  client.come_up();
  client.ask({"SET", "a", "kept"});
  server.kill();
  client.send({"SET", "a", "lost"});
  run_until(loop, [&] { return client.fates.size() == 2; });
  EXPECT_NE(client.fates[1], Fate::answered);
  EXPECT_FALSE(client.connection.up());
  EXPECT_FALSE(client.connection.accepts());
  server.start();
  run_until(loop, [&] { return client.ups.size() == 2; });
  EXPECT_FALSE(client.ups[0].same_process(client.ups[1]));
  EXPECT_EQ(client.ask({"GET", "a"}), "kept");
}

TEST(RespConnection, SilenceWhileAnAnswerIsOwedEndsTheConnection) {
  RedisServer server;
  net::Loop loop;
  RedisSettings settings = settings_for(server.url());
  settings.command_timeout = 300ms;
  settings.connect_timeout = 300ms;
  Client client(loop, settings);
  client.come_up();
  server.pause();
  client.send({"PING"});
  run_until(loop, [&] { return !client.downs.empty(); });
  EXPECT_EQ(client.fates, std::vector<Fate>{Fate::sent});
  EXPECT_THAT(client.downs[0].text, HasSubstr("no answer"));
  server.resume();
  run_until(loop, [&] { return client.ups.size() == 2; });
  EXPECT_EQ(client.ask({"PING"}), "PONG");
}

TEST(RespConnection, AnEngineThatSleptFindsItsAnswersInsteadOfLosingThem) {
  RedisServer server;
  net::Loop loop;
  RedisSettings settings = settings_for(server.url());
  settings.command_timeout = 500ms;
  Client client(loop, settings);
  client.come_up();
  client.send({"PING"});
  loop.run_turn(0ms);
  const TimePoint wake = net::monotonic_now() + 700ms;
  while (net::monotonic_now() < wake) {
    // the process does not get to its loop
  }
  run_until(loop, [&] { return !client.fates.empty(); });
  EXPECT_EQ(client.fates, std::vector<Fate>{Fate::answered});
  EXPECT_TRUE(client.downs.empty());
}

TEST(RespConnection, WhatTheKernelDoesNotTakeIsBoundedAndItsFateIsKnown) {
  RedisServer server;
  net::Loop loop;
  RedisSettings settings = settings_for(server.url());
  settings.command_timeout = 300ms;
  settings.output_bytes_max = 4 << 20;
  Client client(loop, settings);
  client.come_up();
  server.pause();
  const std::string body(64 << 10, 'x');
  int sent = 0;
  while (client.connection.accepts()) {
    client.send({"SET", "a", body});
    ++sent;
    ASSERT_LT(sent, 10000);
  }
  EXPECT_LE(client.connection.waiting_bytes(), (4u << 20) + body.size() + 100);
  run_until(loop, [&] { return !client.downs.empty(); });
  ASSERT_EQ(client.fates.size(), static_cast<std::size_t>(sent));
  EXPECT_EQ(client.fates.front(), Fate::sent);
  EXPECT_EQ(client.fates.back(), Fate::unsent) << "a single command that left in part was not done";
  server.resume();
}

TEST(RespConnection, SpeaksTlsAndVerifiesTheServer) {
  TestAuthority authority;
  const auto files = authority.issue();
  const auto own = authority.issue({.common_name = "engine"});
  RedisServer server({.tcp = true,
                      .tls_certificate = files.certificate,
                      .tls_key = files.key,
                      .tls_ca = authority.ca_file()});
  net::Loop loop;
  RedisSettings settings = settings_for("rediss://localhost:" + std::to_string(server.port()));
  settings.tls = *net::TlsContext::client(
      {.ca_file = authority.ca_file(), .cert_file = own.certificate, .key_file = own.key});
  Client client(loop, settings);
  client.come_up();
  const std::string body(300'000, 'b');
  client.ask({"SET", "a", body});
  EXPECT_EQ(client.ask({"GET", "a"}), body);

  TestAuthority other;
  settings.tls = *net::TlsContext::client({.ca_file = other.ca_file()});
  Client refused(loop, settings);
  run_until(loop, [&] { return !refused.downs.empty(); });
  EXPECT_THAT(refused.downs[0].text, HasSubstr("certificate verify failed"));
}

TEST(RespConnection, AMissingServerIsReportedAndSoughtAgain) {
  net::Loop loop;
  Client client(loop, settings_for("unix:///nonexistent/redis.sock"));
  run_until(loop, [&] { return client.downs.size() == 3; });
  EXPECT_FALSE(client.downs[0].fatal);
  EXPECT_THAT(client.downs[0].text, HasSubstr("/nonexistent/redis.sock"));
  EXPECT_GT(client.downs[0].retry_in, Duration(0));
}

TEST(RespConnection, StopEndsItWithoutACall) {
  RedisServer server;
  net::Loop loop;
  Client client(loop, settings_for(server.url()));
  client.come_up();
  client.send({"PING"});
  client.connection.stop();
  for (int i = 0; i < 5; ++i) {
    loop.run_turn(5ms);
  }
  EXPECT_TRUE(client.fates.empty());
  EXPECT_TRUE(client.downs.empty());
  client.connection.start();
  run_until(loop, [&] { return client.ups.size() == 2; });
}

/// Something that listens where a Redis should be, and says `words` to whoever writes to it.
struct Impostor {
  Impostor(net::Loop& loop, std::string with_words, bool speaks_first = false)
      : words(std::move(with_words)) {
    auto listening =
        net::Listener::listen(loop, "127.0.0.1", 0, [this, speaks_first](std::unique_ptr<net::Stream> s) {
          auto* const stream = s.get();
          const auto say = [this, stream] { std::ignore = stream->write(std::as_bytes(std::span(words))); };
          stream->set_callbacks({.on_connected =
                                     [speaks_first, say] {
                                       if (speaks_first) say();
                                     },
                                 .on_data =
                                     [speaks_first, say](std::span<const std::byte>) {
                                       if (!speaks_first) say();
                                     }});
          streams.push_back(std::move(s));
        });
    EXPECT_TRUE(listening);
    listener = std::move(*listening);
  }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(listener->port()); }
  std::string words;
  std::vector<std::unique_ptr<net::Stream>> streams;
  std::unique_ptr<net::Listener> listener;
};

TEST(RespConnection, WhatIsNotARedisIsReportedWithoutHarm) {
  const struct {
    std::string words;
    bool first;
  } impostors[] = {
      {"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", false},
      {"220 mail.example ESMTP\r\n", true},
      {"-DENIED Redis is running in protected mode\r\n", true},
      {"-ERR max number of clients reached\r\n", true},
      {std::string("\0\0\0\x10\x80\0\0\x09\0\0\0\0\0\0\0\x01", 16), false},
      {"+OK\r\n+OK\r\n*0\r\n$4\r\nINFO\r\n", false},
      {"+OK\r\n+OK\r\n*0\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n", false},
      {"*1000000000\r\n", false},
      {"$-7\r\n", false},
  };
  for (const auto& impostor : impostors) {
    net::Loop loop;
    Impostor server(loop, impostor.words, impostor.first);
    RedisSettings settings = settings_for(server.url());
    settings.command_timeout = 200ms;
    Client client(loop, settings);
    run_until(loop, [&] { return client.downs.size() >= 2; });
    EXPECT_TRUE(client.ups.empty()) << impostor.words;
    EXPECT_THAT(client.downs[0].text, HasSubstr("Redis at 127.0.0.1:"));
  }
}

}  // namespace
}  // namespace anchal::redis
