#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/store.h"
#include "engine/net/clock.h"
#include "engine/net/loop.h"
#include "engine/redis/store.h"
#include "tests/support/redis_server.h"
#include "tests/support/simulated_store.h"

// The two stores there are, behind one face: what is asked of one can be asked of the other.

namespace anchal::test {

/// Replies as text: nil, 12, 'text', !error, [a b].
inline std::string print(const core::Reply& reply) {
  switch (reply.type) {
    case core::Reply::Type::nil:
      return "nil";
    case core::Reply::Type::integer:
      return std::to_string(reply.integer);
    case core::Reply::Type::text:
      return "'" + std::string(reply.text) + "'";
    case core::Reply::Type::error:
      return "!" + std::string(reply.text);
    case core::Reply::Type::array: {
      std::string text = "[";
      for (const core::Reply& element : reply.array()) {
        text += (text.size() == 1 ? "" : " ") + print(element);
      }
      return text + "]";
    }
  }
  return "?";
}

/// One implementation with its Redis, and what it has told so far.
class StoreUnderTest {
 public:
  using Command = std::vector<std::string>;
  struct Told {
    core::StoreOutcome outcome;
    std::vector<std::string> replies;
    std::string error;
    std::int64_t replicas = 0;
  };

  virtual ~StoreUnderTest() = default;
  virtual core::StorePort& port() = 0;
  /// Lets the world go on until `done`; fails the test if that never comes.
  virtual void run_until(const std::function<bool()>& done) = 0;
  /// What was asked for leaves; nothing is answered yet.
  virtual void send() = 0;
  /// One command of another client, done at once: OK, 12, text, nil.
  virtual std::string ask(const std::vector<std::string>& command) = 0;
  virtual void set_full(bool full) = 0;
  /// From now on a replica follows.
  virtual void add_replica() = 0;
  /// The connections break. The store comes back by itself.
  virtual void cut() = 0;

  core::Ticket transact(core::PartitionId partition, std::uint64_t fence,
                        const std::vector<Command>& commands, bool settles = false,
                        std::chrono::milliseconds replica_wait = {}) {
    core::Transaction transaction;
    transaction.ticket = ++last_ticket;
    transaction.partition = partition;
    transaction.fence = fence;
    transaction.settles = settles;
    transaction.replica_wait = replica_wait;
    transaction.commands = list(commands);
    in_call = true;
    port().transact(std::move(transaction));
    in_call = false;
    return last_ticket;
  }
  core::Ticket execute(const std::vector<Command>& commands, bool settles = false, bool bulk_read = false) {
    core::Pipeline pipeline;
    pipeline.ticket = ++last_ticket;
    pipeline.settles = settles;
    pipeline.bulk_read = bulk_read;
    pipeline.commands = list(commands);
    in_call = true;
    port().execute(std::move(pipeline));
    in_call = false;
    return last_ticket;
  }
  const Told& answer(core::Ticket ticket) {
    run_until([&] { return told.contains(ticket); });
    return told[ticket];
  }

  /// For the implementation to call.
  void on_answer(const core::StoreAnswer& answer) {
    EXPECT_FALSE(in_call) << "an answer came from inside a call of the port";
    EXPECT_FALSE(told.contains(answer.ticket)) << "ticket " << answer.ticket << " was answered twice";
    Told& entry = told[answer.ticket];
    entry.outcome = answer.outcome;
    entry.error = answer.error;
    entry.replicas = answer.replicas;
    for (const core::Reply& reply : answer.replies) {
      entry.replies.push_back(print(reply));
    }
    order.push_back(answer.ticket);
  }

  std::map<core::Ticket, Told> told;
  std::vector<core::Ticket> order;
  int ups = 0;
  int downs = 0;

 private:
  static core::Commands list(const std::vector<Command>& commands) {
    core::Commands built;
    for (const Command& command : commands) {
      built.command(command.front());
      for (std::size_t i = 1; i < command.size(); ++i) {
        built.arg(command[i]);
      }
    }
    return built;
  }

  core::Ticket last_ticket = 0;
  bool in_call = false;
};

/// The real store and a real redis-server.
class RealStore final : public StoreUnderTest {
 public:
  RealStore() {
    redis::RedisSettings settings;
    settings.url = *redis::RedisUrl::parse(server_.url());
    settings.reconnect.initial = std::chrono::milliseconds(20);
    store_ = std::make_unique<redis::Store>(
        loop_, settings,
        redis::Store::Callbacks{
            .on_up = [this](const redis::StoreUp&) { ++ups; },
            .on_down = [this](const redis::DownReason&) { ++downs; },
            .on_answer = [this](const core::StoreAnswer& given) { on_answer(given); },
        },
        1);
    store_->start();
  }

  core::StorePort& port() override { return *store_; }
  void run_until(const std::function<bool()>& done) override {
    const TimePoint give_up = net::monotonic_now() + std::chrono::seconds(30);
    while (!done()) {
      ASSERT_LT(net::monotonic_now(), give_up) << "the expected event never came";
      loop_.run_turn(std::chrono::milliseconds(50));
    }
  }
  std::string ask(const std::vector<std::string>& command) override { return server_.ask(command); }
  void set_full(bool full) override { server_.ask({"CONFIG", "SET", "maxmemory", full ? "1" : "0"}); }
  void add_replica() override {
    replica_.emplace();
    replica_->ask({"REPLICAOF", "127.0.0.1", std::to_string(server_.port())});
    run_until(
        [this] { return server_.ask({"INFO", "replication"}).find("state=online") != std::string::npos; });
  }
  void send() override { loop_.run_turn(Duration(0)); }
  void cut() override {
    send();  // and may or may not be answered
    server_.ask({"CLIENT", "KILL", "TYPE", "normal"});
  }

 private:
  RedisServer server_{{.arguments = {"--repl-diskless-sync-delay", "0"}, .tcp = true}};
  std::optional<RedisServer> replica_;
  net::Loop loop_;
  std::unique_ptr<redis::Store> store_;
};

/// The store of the simulation.
class SimulatedStoreUnderTest final : public StoreUnderTest, private sim::StoreListener {
 public:
  SimulatedStoreUnderTest() {
    // What expires is told by the day's date, which both shall agree on.
    clock_.step_wall(std::chrono::system_clock::now() - sim::SimClock::kWallStart);
    store_.start();
  }

  core::StorePort& port() override { return store_; }
  void run_until(const std::function<bool()>& done) override {
    while (!done()) {
      ASSERT_TRUE(clock_.step()) << "the expected event never came";
    }
  }
  std::string ask(const std::vector<std::string>& command) override {
    core::Commands commands;
    commands.command(command.front());
    for (std::size_t i = 1; i < command.size(); ++i) {
      commands.arg(command[i]);
    }
    const sim::Executed done = redis_.execute(commands, true);
    const std::string text = print(done.replies.front());
    return text.starts_with('\'') ? text.substr(1, text.size() - 2) : text;
  }
  void set_full(bool full) override { redis_.set_full(full); }
  void add_replica() override {
    redis_.replicate(std::chrono::milliseconds(200));
    redis_.let_confirm(std::chrono::milliseconds(1), std::chrono::milliseconds(5));
  }
  void send() override {}  // it has left
  void cut() override { store_.cut(); }

 private:
  void on_store_up() override { ++ups; }
  void on_store_down() override { ++downs; }
  void on_store_answer(const core::StoreAnswer& given) override { on_answer(given); }

  sim::SimClock clock_;
  sim::SimRedis redis_{clock_};
  sim::SimulatedStore store_{clock_, redis_, sim::Random(7), *this};
};

}  // namespace anchal::test
