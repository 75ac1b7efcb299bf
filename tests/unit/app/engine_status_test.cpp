#include "engine/app/engine_status.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace anchal::app {
namespace {

using nlohmann::ordered_json;

AppConfig two_operators() {
  AppConfig config;
  for (const char* name : {"alpha", "bravo"}) {
    core::OperatorConfig op;
    op.name = name;
    op.tps = 100;
    config.core.operators.push_back(op);
  }
  return config;
}

std::shared_ptr<ShardStatus> shard(std::uint64_t accepted, std::uint64_t delivered, std::uint64_t held) {
  auto status = std::make_shared<ShardStatus>();
  status->counters.accepted = accepted;
  status->counters.partitions_owned = 1;
  status->counters.finals[static_cast<std::size_t>(core::Final::delivered)] = delivered;
  status->counters.waiting[static_cast<std::size_t>(core::Place::hold)] = held;
  status->counters.operators.resize(2);
  status->counters.operators[1].queued = 5;
  status->binds = {{"bravo-1", 1, true, false, 3, 10},
                   {"bravo-1-rx", 1, false, true, 0, 0},
                   {"bravo-2", 1, false, false, 0, 10}};
  return status;
}

TEST(EngineStatus, TheLedgerIsTheSumOfTheShards) {
  const ordered_json ledger = ledger_json({shard(10, 6, 3), nullptr, shard(5, 5, 0)});
  EXPECT_EQ(ledger["accepted"], 15);
  EXPECT_EQ(ledger["final"]["delivered"], 11);
  EXPECT_EQ(ledger["waiting"]["hold"], 3);
  EXPECT_EQ(ledger["difference"], 1);
  EXPECT_EQ(ledger["partitions_owned"], 2);
  EXPECT_EQ(ledger["final"].size(), core::kFinals);
  EXPECT_EQ(ledger["waiting"].size(), core::kPlaces);
}

TEST(EngineStatus, OperatorsCountTheirOwnBindsAndNoDormantOnes) {
  const ordered_json operators = operators_json(two_operators(), {shard(0, 0, 0), shard(0, 0, 0)});
  EXPECT_EQ(operators[0]["binds"], 0);
  EXPECT_EQ(operators[1]["name"], "bravo");
  EXPECT_EQ(operators[1]["binds"], 4);
  EXPECT_EQ(operators[1]["binds_up"], 2);
  EXPECT_EQ(operators[1]["queued"], 10);
}

TEST(EngineStatus, EnginesAddUpByNameAndTheContractStays) {
  ordered_json sum = operators_json(two_operators(), {shard(0, 0, 0)});
  ordered_json other = operators_json(two_operators(), {shard(0, 0, 0)});
  other.push_back({{"name", "charlie"}, {"queued", 1}});
  add_json(sum, other);
  ASSERT_EQ(sum.size(), 3u);
  EXPECT_EQ(sum[1]["queued"], 10);
  EXPECT_EQ(sum[1]["binds_up"], 2);
  EXPECT_EQ(sum[1]["tps"], 100);
  EXPECT_EQ(sum[2]["name"], "charlie");
  ordered_json ledger = ledger_json({shard(1, 1, 0)});
  add_json(ledger, ledger_json({shard(2, 1, 1)}));
  EXPECT_EQ(ledger["accepted"], 3);
  EXPECT_EQ(ledger["difference"], 0);
}

}  // namespace
}  // namespace anchal::app
