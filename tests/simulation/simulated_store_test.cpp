#include "tests/support/simulated_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

// The simulated store's own manners; that it answers like Redis is shown by the differential test.

namespace anchal::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Recorder final : public StoreListener {
 public:
  void on_store_up() override { told.emplace_back("up"); }
  void on_store_down() override { told.emplace_back("down"); }
  void on_store_answer(const core::StoreAnswer& answer) override {
    static constexpr std::array<std::string_view, 5> kNames{"ok", "fenced", "full", "unknown", "refused"};
    std::string text = std::to_string(answer.ticket) + " ";
    text += kNames[static_cast<std::size_t>(answer.outcome)];
    for (const auto& reply : answer.replies) {
      text += reply.type == core::Reply::Type::integer
                  ? " " + std::to_string(reply.integer)
                  : " " + std::string(reply.is_nil() ? "nil" : reply.text);
    }
    told.push_back(std::move(text));
  }
  std::vector<std::string> told;
};

class SimulatedStoreTest : public ::testing::Test {
 protected:
  SimulatedStoreTest() : store_(clock_, redis_, Random(7), recorder_) {
    store_.start();
    clock_.run_until(clock_.now() + 1s);
    recorder_.told.clear();
    redis_.run({"SET", "anchal:{3}:fence", "5"});
  }
  core::Transaction transaction(core::Ticket ticket, std::uint64_t fence, std::string_view value) {
    core::Transaction out;
    out.ticket = ticket;
    out.partition = 3;
    out.fence = fence;
    out.commands.command("SET").arg("anchal:{3}:x").arg(value);
    out.commands.command("HINCRBY").arg("anchal:{3}:h").arg("n").arg(1);
    return out;
  }
  std::string value() {
    const auto* const text = redis_.data().get<std::string>("anchal:{3}:x");
    return text == nullptr ? "" : *text;
  }
  void settle() { clock_.run_until(clock_.now() + 10s); }

  SimClock clock_;
  SimRedis redis_{clock_};
  Recorder recorder_;
  SimulatedStore store_;
};

TEST_F(SimulatedStoreTest, ATransactionUnderTheRightFenceIsApplied) {
  store_.transact(transaction(1, 5, "a"));
  EXPECT_THAT(recorder_.told, IsEmpty()) << "answered from inside the call";
  settle();
  EXPECT_THAT(recorder_.told, ElementsAre("1 ok OK 1"));
  EXPECT_EQ(value(), "a");
}

TEST_F(SimulatedStoreTest, ATransactionUnderAnotherFenceDoesNothing) {
  store_.transact(transaction(1, 4, "a"));
  settle();
  EXPECT_THAT(recorder_.told, ElementsAre("1 fenced"));
  EXPECT_EQ(value(), "");
}

TEST_F(SimulatedStoreTest, AFullRedisRefusesAllButSettlingTransactions) {
  redis_.set_full(true);
  store_.transact(transaction(1, 5, "a"));
  auto settling = transaction(2, 5, "b");
  settling.settles = true;
  store_.transact(std::move(settling));
  core::Pipeline pipeline;
  pipeline.ticket = 3;
  pipeline.commands.command("SET").arg("y").arg("1");
  pipeline.commands.command("DEL").arg("y");
  store_.execute(std::move(pipeline));
  settle();
  EXPECT_THAT(recorder_.told,
              ::testing::UnorderedElementsAre(
                  "1 full", "2 ok OK 1", "3 ok OOM command not allowed when used memory > 'maxmemory'. 0"));
  EXPECT_EQ(value(), "b");
}

TEST_F(SimulatedStoreTest, WhatIsOnItsWayWhenTheConnectionBreaksIsAnsweredUnknown) {
  for (core::Ticket ticket = 1; ticket <= 5; ++ticket) {
    store_.transact(transaction(ticket, 5, std::to_string(ticket)));
  }
  store_.cut();
  clock_.run_until(clock_.now());
  std::vector<std::string> told = recorder_.told;
  std::erase(told, "down");
  EXPECT_THAT(told, ElementsAre("1 unknown", "2 unknown", "3 unknown", "4 unknown", "5 unknown"));
  EXPECT_EQ(recorder_.told.size(), 6u);
  settle();
  EXPECT_EQ(recorder_.told.back(), "up");
}

TEST_F(SimulatedStoreTest, ABrokenConnectionDeliversAPrefixAtMost) {
  bool nothing = false, some = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SimulatedStore store(clock_, redis_, Random(seed), recorder_);
    store.start();
    settle();
    redis_.run({"DEL", "anchal:{3}:x", "anchal:{3}:h"});
    for (core::Ticket ticket = 1; ticket <= 5; ++ticket) {
      store.transact(transaction(ticket, 5, std::to_string(ticket)));
    }
    store.cut();
    settle();
    const auto* const counted = redis_.data().get<Hash>("anchal:{3}:h");
    const std::string applied = counted == nullptr ? "" : counted->fields.begin()->second;
    EXPECT_EQ(applied, value());
    nothing = nothing || applied.empty();
    some = some || !applied.empty();
    store.die();
    settle();
  }
  EXPECT_TRUE(nothing);
  EXPECT_TRUE(some);
}

TEST_F(SimulatedStoreTest, ARaisedFenceStopsWhatAnOldConnectionStillCarries) {
  for (core::Ticket ticket = 1; ticket <= 5; ++ticket) store_.transact(transaction(ticket, 5, "late"));
  store_.cut();
  redis_.run({"SET", "anchal:{3}:fence", "6"});
  settle();
  EXPECT_EQ(value(), "");
}

TEST_F(SimulatedStoreTest, WhileDownRequestsAreRefusedAtOnce) {
  store_.set_reachable(false);
  settle();
  recorder_.told.clear();
  store_.transact(transaction(9, 5, "a"));
  clock_.run_until(clock_.now());
  EXPECT_THAT(recorder_.told, ElementsAre("9 refused"));
}

TEST_F(SimulatedStoreTest, AFailoverForgetsWhatTheReplicaHadNotSeen) {
  redis_.replicate(100ms);
  redis_.run({"XADD", "s", "*", "v", "1"});
  clock_.run_until(clock_.now() + 1s);
  redis_.run({"XADD", "s", "*", "v", "2"});
  redis_.fail_over();
  const auto* const stream = redis_.data().get<Stream>("s");
  ASSERT_NE(stream, nullptr);
  ASSERT_EQ(stream->entries.size(), 1u);
  EXPECT_EQ(stream->entries[0].field("v"), "1");
  EXPECT_EQ(redis_.statistics().forgotten, 1u);
}

TEST_F(SimulatedStoreTest, AKeyIsGoneWhenItsTimeIsOver) {
  redis_.run({"SET", "lease", "me", "PX", "500"});
  clock_.run_until(clock_.now() + 400ms);
  EXPECT_EQ(redis_.run({"GET", "lease"}).text, "me");
  clock_.run_until(clock_.now() + 200ms);
  EXPECT_TRUE(redis_.run({"GET", "lease"}).is_nil());
}

TEST_F(SimulatedStoreTest, AReadInsideATransactionIsCaught) {
  core::Transaction wrong;
  wrong.ticket = 1;
  wrong.partition = 3;
  wrong.fence = 5;
  wrong.commands.command("GET").arg("anchal:{3}:x");
  store_.transact(std::move(wrong));
  settle();
  EXPECT_EQ(redis_.statistics().outside_contract, 1u);
  EXPECT_EQ(redis_.first_outside_contract(), "GET anchal:{3}:x");
}

}  // namespace
}  // namespace anchal::sim
