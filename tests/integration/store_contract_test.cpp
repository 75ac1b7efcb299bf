#include "tests/integration/store_contract.h"

#include "engine/net/clock.h"
#include "engine/net/loop.h"
#include "engine/redis/store.h"
#include "tests/support/redis_server.h"
#include "tests/support/simulated_store.h"

namespace anchal::test {
namespace {

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
  void cut() override {
    loop_.run_turn(Duration(0));  // what was asked for leaves, and may or may not be answered
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
  SimulatedStoreUnderTest() { store_.start(); }

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
  void cut() override { store_.cut(); }

 private:
  void on_store_up() override { ++ups; }
  void on_store_down() override { ++downs; }
  void on_store_answer(const core::StoreAnswer& given) override { on_answer(given); }

  sim::SimClock clock_;
  sim::SimRedis redis_{clock_};
  sim::SimulatedStore store_{clock_, redis_, sim::Random(7), *this};
};

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreContract,
    testing::Values(StoreImplementation{"Real", [] { return std::make_unique<RealStore>(); }},
                    StoreImplementation{"Simulated",
                                        [] { return std::make_unique<SimulatedStoreUnderTest>(); }}),
    [](const auto& chosen) { return chosen.param.name; });

}  // namespace
}  // namespace anchal::test
