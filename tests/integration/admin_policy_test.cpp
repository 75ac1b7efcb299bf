#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <nlohmann/json.hpp>

#include "engine/app/policy_keys.h"
#include "engine/app/policy_service.h"
#include "engine/net/clock.h"
#include "tests/integration/admin_redis.h"

namespace anchal::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

/// An engine that applies what it is given at once, or never.
class FakeTargets : public PolicyTargets {
 public:
  void apply(std::shared_ptr<const PolicySnapshot> snapshot, TimePoint valid_until) override {
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(snapshot);
    valid_until_ = valid_until;
    if (obedient) settled_ = snapshot_->epoch;
    changed_.notify_all();
    if (obedient && on_settled) on_settled();
  }
  void confirm(TimePoint valid_until) override {
    const std::lock_guard lock(mutex_);
    valid_until_ = valid_until;
    changed_.notify_all();
  }
  std::uint64_t settled_epoch() const override { return settled_; }
  std::string describe() override { return "{}"; }

  template <class Condition>
  bool wait_until(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s,
                             [&] { return snapshot_ != nullptr && condition(*snapshot_, valid_until_); });
  }
  TimePoint valid_until() {
    const std::lock_guard lock(mutex_);
    return valid_until_;
  }

  bool obedient = true;
  std::function<void()> on_settled;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const PolicySnapshot> snapshot_;
  TimePoint valid_until_{};
  std::atomic<std::uint64_t> settled_ = 0;
};

struct FakeEngine {
  FakeEngine(const TestRedis& redis, const std::string& id, bool obedient = true) {
    config.core.engine_id = id;
    config.redis = redis.settings();
    config.policy_lease = 300ms;
    targets.obedient = obedient;
    service =
        std::make_unique<PolicyService>(config, targets, [this](bool is_error, const std::string& text) {
          const std::lock_guard lock(mutex);
          if (is_error) errors.push_back(text);
        });
    targets.on_settled = [this] { service->nudge(); };
    service->start();
    EXPECT_TRUE(targets.wait_until([](const auto&, auto) { return true; }));
  }
  std::vector<std::string> logged() {
    const std::lock_guard lock(mutex);
    return errors;
  }

  AppConfig config;
  FakeTargets targets;
  std::mutex mutex;
  std::vector<std::string> errors;
  std::unique_ptr<PolicyService> service;
};

RuleRecord blackout(const std::string& id) {
  RuleRecord record;
  record.rule.id = id;
  record.rule.scope.categories = {"promotional"};
  record.name = "Election";
  record.reason = "order 17";
  record.author = "meera";
  record.created_at = net::wall_now();
  return record;
}

const Act kAct{"meera", "order 17"};

class AdminPolicyTest : public testing::Test {
 protected:
  std::vector<AuditEntry> chain() {
    std::vector<AuditEntry> out;
    const auto reply = store_.ask({"XRANGE", std::string(policy_keys::kAudit), "-", "+"});
    EXPECT_TRUE(reply);
    for (const OwnedReply& item : reply->elements) {
      AuditEntry entry;
      const auto& fields = item.elements[1].elements;
      for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
        for (const AuditField& field : audit_fields()) {
          if (field.name == fields[i].text) entry.*field.value = fields[i + 1].text;
        }
      }
      out.push_back(entry);
    }
    return out;
  }

  TestRedis redis_;
  ControlStore store_{redis_.settings()};
};

TEST_F(AdminPolicyTest, ABlackoutIsEffectiveWhenEveryEngineAcknowledged) {
  FakeEngine a(redis_, "a");
  FakeEngine b(redis_, "b");
  const auto certificate = a.service->create(blackout("r1"), kAct);
  ASSERT_TRUE(certificate) << certificate.error().text;
  EXPECT_EQ(certificate->epoch, 1u);
  ASSERT_THAT(certificate->engines, SizeIs(2));
  for (const EngineEffect& effect : certificate->engines) EXPECT_TRUE(effect.acknowledged) << effect.engine;
  EXPECT_GE(certificate->effective_at, certificate->requested_at);
  EXPECT_EQ(a.targets.settled_epoch(), 1u);
  EXPECT_EQ(b.targets.settled_epoch(), 1u);
  EXPECT_EQ(b.service->current()->rules.at(0).rule, blackout("r1").rule);
  const auto json = nlohmann::json::parse(certificate_json(*certificate));
  EXPECT_EQ(json["engines"][0]["how"], "acknowledged");
}

TEST_F(AdminPolicyTest, AnEngineThatDoesNotObeyHasLostItsLeaseFirst) {
  FakeEngine a(redis_, "a");
  FakeEngine stuck(redis_, "stuck", false);
  const auto certificate = a.service->create(blackout("r1"), kAct);
  ASSERT_TRUE(certificate);
  const TimePoint effective = net::monotonic_now();
  ASSERT_THAT(certificate->engines, SizeIs(2));
  const EngineEffect& effect = certificate->engines.back();
  EXPECT_EQ(effect.engine, "stuck");
  EXPECT_FALSE(effect.acknowledged);
  EXPECT_GE(effect.after, 300ms);
  // It was given the new policy with a new lease; the old one was not extended.
  EXPECT_TRUE(stuck.targets.wait_until([](const PolicySnapshot& s, TimePoint) { return s.epoch == 1; }));
  EXPECT_LE(effective - net::monotonic_now(), 0ns);
}

TEST_F(AdminPolicyTest, ADeadEngineCostsOneLeaseOnce) {
  FakeEngine a(redis_, "a");
  ASSERT_TRUE(store_.ask(
      {"HSET", std::string(policy_keys::kAcks), "dead", R"({"beat":7,"epoch":0,"lease_ms":300})"}));
  const auto first = a.service->create(blackout("r1"), kAct);
  ASSERT_TRUE(first);
  ASSERT_THAT(first->engines, SizeIs(2));
  EXPECT_FALSE(first->engines.back().acknowledged);
  const auto second = a.service->create(blackout("r2"), kAct);
  ASSERT_TRUE(second);
  EXPECT_THAT(second->engines, SizeIs(1));
}

TEST_F(AdminPolicyTest, RulesAreExtendedAndEnded) {
  FakeEngine a(redis_, "a");
  RuleRecord dated = blackout("r1");
  dated.rule.ends_at = net::wall_now() + 1h;
  ASSERT_TRUE(a.service->create(dated, kAct));
  EXPECT_EQ(a.service->create(dated, kAct).error().kind, PolicyFailure::conflict);
  EXPECT_EQ(a.service->extend("r1", *dated.rule.ends_at, kAct).error().kind, PolicyFailure::conflict);
  ASSERT_TRUE(a.service->extend("r1", *dated.rule.ends_at + 1h, kAct));
  EXPECT_EQ(a.service->rules()->at(0).rule.ends_at, *dated.rule.ends_at + 1h);
  ASSERT_TRUE(a.service->end("r1", kAct));
  EXPECT_TRUE(a.service->rules()->empty());
  EXPECT_EQ(a.service->end("r1", kAct).error().kind, PolicyFailure::not_found);
  EXPECT_EQ(a.service->current()->epoch, 3u);
}

TEST_F(AdminPolicyTest, OperatorsArePausedForTheWholeFleet) {
  FakeEngine a(redis_, "a");
  FakeEngine b(redis_, "b");
  ASSERT_TRUE(a.service->pause("alpha", true, kAct));
  EXPECT_THAT(b.service->current()->paused_operators, ElementsAre("alpha"));
  EXPECT_EQ(b.service->pause("alpha", true, kAct).error().kind, PolicyFailure::conflict);
  ASSERT_TRUE(b.service->pause("alpha", false, kAct));
  EXPECT_TRUE(a.service->current()->paused_operators.empty());
  EXPECT_EQ(a.service->pause("alpha", false, kAct).error().kind, PolicyFailure::conflict);
}

TEST_F(AdminPolicyTest, EveryChangeIsALinkOfTheAuditChain) {
  FakeEngine a(redis_, "a");
  FakeEngine b(redis_, "b");
  ASSERT_TRUE(a.service->create(blackout("r1"), kAct));
  ASSERT_TRUE(b.service->pause("alpha", true, {"ravi", "fault \xff"}));
  ASSERT_TRUE(b.service->end("r1", {"meera", "over"}));
  const auto entries = chain();
  ASSERT_THAT(entries, SizeIs(3));
  EXPECT_TRUE(verify_chain(entries, kFirstPrevious));
  EXPECT_EQ(entries[0].action, "blackout.create");
  EXPECT_EQ(entries[0].actor, "meera");
  EXPECT_EQ(entries[0].before, "");
  EXPECT_THAT(entries[0].after, HasSubstr("\"reason\":\"order 17\""));
  EXPECT_EQ(entries[1].action, "operator.pause");
  EXPECT_EQ(entries[2].before, entries[0].after);
  EXPECT_EQ(entries[2].epoch, "3");
}

TEST_F(AdminPolicyTest, ChangesFromManySidesFormOneChain) {
  FakeEngine a(redis_, "a");
  FakeEngine b(redis_, "b");
  std::thread other([&] {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(b.service->create(blackout("b" + std::to_string(i)), kAct));
  });
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(a.service->create(blackout("a" + std::to_string(i)), kAct));
  other.join();
  const auto entries = chain();
  EXPECT_THAT(entries, SizeIs(20));
  EXPECT_TRUE(verify_chain(entries, kFirstPrevious));
  EXPECT_THAT(*a.service->rules(), SizeIs(20));
}

TEST_F(AdminPolicyTest, WithoutRedisTheLeaseIsNotExtendedAndComesBackWithIt) {
  FakeEngine a(redis_, "a");
  ASSERT_TRUE(a.service->create(blackout("r1"), kAct));
  redis_.stop();
  EXPECT_EQ(a.service->create(blackout("r2"), kAct).error().kind, PolicyFailure::store);
  const TimePoint last = a.targets.valid_until();
  EXPECT_LE(last, net::monotonic_now() + 300ms);
  redis_.start();  // with nothing in it: the changes are lost and come back from memory
  EXPECT_TRUE(a.targets.wait_until(
      [&](const PolicySnapshot& s, TimePoint valid) { return s.epoch == 2 && valid > last; }));
  EXPECT_THAT(*a.service->rules(), SizeIs(1));
  const auto entries = chain();
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].action, "policy.restore");
  EXPECT_THAT(a.logged(), testing::Contains(HasSubstr("changes were lost and are written back")));
}

TEST_F(AdminPolicyTest, ARuleThatCannotBeReadStopsTheConfirmation) {
  FakeEngine a(redis_, "a");
  const TimePoint before = a.targets.valid_until();
  ASSERT_TRUE(
      store_.transact({{"HSET", std::string(policy_keys::kRules), "r1", "{\"id\":\"r1\",\"kind\":\"odd\"}"},
                       {"SET", std::string(policy_keys::kEpoch), "1"}}));
  for (int tries = 0; tries < 500 && a.logged().empty(); ++tries) std::this_thread::sleep_for(10ms);
  EXPECT_THAT(a.logged(), testing::Contains("rule r1 cannot be read"));
  EXPECT_EQ(a.service->current()->epoch, 0u);
  EXPECT_LE(a.targets.valid_until(), before + 10s);
  ASSERT_TRUE(store_.transact(
      {{"HDEL", std::string(policy_keys::kRules), "r1"}, {"SET", std::string(policy_keys::kEpoch), "2"}}));
  EXPECT_TRUE(a.targets.wait_until([](const PolicySnapshot& s, TimePoint) { return s.epoch == 2; }));
}

TEST_F(AdminPolicyTest, AnEngineThatStopsIsNotAwaited) {
  FakeEngine a(redis_, "a");
  {
    FakeEngine b(redis_, "b");
  }
  const auto certificate = a.service->create(blackout("r1"), kAct);
  ASSERT_TRUE(certificate);
  EXPECT_THAT(certificate->engines, SizeIs(1));
}

}  // namespace
}  // namespace anchal::app
