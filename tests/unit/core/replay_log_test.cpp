#include "engine/core/partition/replay_log.h"

#include <gtest/gtest.h>

#include <vector>

namespace anchal::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

Reply text(std::string_view words) {
  Reply reply;
  reply.type = Reply::Type::text;
  reply.text = words;
  return reply;
}

Commands one(std::string_view verb, std::string_view key, std::string_view argument,
             std::string_view more = {}) {
  Commands commands;
  commands.command(verb).arg(key).arg(argument);
  if (!more.empty()) commands.arg("f").arg(more);
  return commands;
}

std::string line(const Commands& commands) {
  std::string all;
  for (std::size_t command = 0; command < commands.count(); ++command) {
    for (std::size_t i = 0; i < commands.arguments(command); ++i)
      all.append(i == 0 ? "" : " ").append(commands.argument(command, i));
    all += "; ";
  }
  return all;
}

void commit(ReplayLog& log, TransactionId id, std::string_view value, std::string_view stream_id,
            TimePoint at = kStart) {
  const std::vector<Reply> replies{text(stream_id)};
  log.committed(id, one("XADD", "journal", "*", value), replies, at);
}

TEST(ReplayLog, WhatWasDoneBehindATransactionThatNobodyHeardOfIsKept) {
  ReplayLog log;
  log.begin({6, 40});
  commit(log, {7, 1}, "a", "100-0");
  log.beside() = one("HSETNX", "map", "id-1");
  log.committed_unheard({7, 2});
  EXPECT_EQ(log.newest(), (TransactionId{7, 2}));
  EXPECT_FALSE(log.knows({7, 1}));
  EXPECT_EQ(log.transactions(), 0u);
  EXPECT_EQ(log.bytes(), 0u);
  EXPECT_EQ(line(log.take_beside().beside), "HSETNX map id-1; ");
  EXPECT_TRUE(log.empty());
}

TEST(ReplayLog, RemovalsAreGivenApartFromWhatGoesAheadOfTheirReasons) {
  ReplayLog log;
  log.begin({6, 40});
  log.beside() = one("HSETNX", "map", "id-1");
  log.removals() = one("HDEL", "map", "id-0");
  commit(log, {7, 1}, "a", "100-0");
  log.removals() = one("HDEL", "map", "id-1");
  commit(log, {7, 2}, "b", "101-0");
  log.removals() = one("HDEL", "map", "id-2");
  EXPECT_FALSE(log.empty());
  const auto lost = log.take_after({7, 1});
  EXPECT_EQ(line(lost.beside), "HSETNX map id-1; ");
  EXPECT_EQ(line(lost.removals), "HDEL map id-0; HDEL map id-1; HDEL map id-2; ");
  EXPECT_EQ(lost.count, 1u);
}

TEST(ReplayLog, WhatCameAfterTheLastKnownTransactionIsGivenWithTheIdsThatRedisGave) {
  ReplayLog log;
  log.begin({6, 40});
  commit(log, {7, 1}, "a", "100-0");
  log.beside() = one("HSETNX", "map", "id-1");
  commit(log, {7, 2}, "*", "101-0");
  log.beside() = one("HDEL", "map", "id-0");
  commit(log, {8, 3}, "c", "102-0");
  log.beside() = one("HDEL", "map", "id-2");
  EXPECT_TRUE(log.knows({7, 1}));
  EXPECT_EQ(log.newest(), (TransactionId{8, 3}));
  const auto lost = log.take_after({7, 1});
  EXPECT_EQ(lost.count, 2u);
  EXPECT_EQ(line(lost.transactions), "XADD journal 101-0 f *; XADD journal 102-0 f c; ");
  EXPECT_EQ(line(lost.beside), "HSETNX map id-1; HDEL map id-0; HDEL map id-2; ");
  EXPECT_EQ(log.newest(), (TransactionId{7, 1}));
}

TEST(ReplayLog, WhatWasDoneBesideTheKeptTransactionIsToldAgainForItMayHaveComeBehindIt) {
  ReplayLog log;
  log.begin({});
  log.beside() = one("HSETNX", "map", "id-1");
  commit(log, {1, 1}, "a", "100-0");
  const auto lost = log.take_after({1, 1});
  EXPECT_EQ(lost.count, 0u);
  EXPECT_TRUE(lost.transactions.empty());
  EXPECT_EQ(line(lost.beside), "HSETNX map id-1; ");
}

TEST(ReplayLog, ARedisThatForgotTheWholeTimeOfThisOwnerIsToldAllOfIt) {
  ReplayLog log;
  log.begin({6, 40});
  commit(log, {7, 1}, "a", "100-0");
  EXPECT_TRUE(log.knows({6, 40}));
  EXPECT_FALSE(log.knows({6, 39}));
  EXPECT_EQ(log.take_after({6, 40}).count, 1u);
}

TEST(ReplayLog, ItsAgeAndItsOctetsAreBoundedAndWhatIsGoneIsNoLongerKnown) {
  ReplayLog log;
  log.begin({});
  Commands spare;
  for (std::uint64_t number = 1; number <= 100; ++number) {
    commit(log, {1, number}, std::string(1000, 'x'), "100-0", kStart + number * 10ms);
    log.trim(kStart + number * 10ms, 300ms, 10'000, spare);
    EXPECT_LE(log.bytes(), 10'000u);
  }
  EXPECT_LT(log.transactions(), 10u);
  EXPECT_FALSE(log.knows({1, 50}));
  EXPECT_TRUE(log.knows({1, 100}));
  log.trim(kStart + 2s, 300ms, 10'000, spare);
  EXPECT_EQ(log.transactions(), 0u);
  EXPECT_EQ(log.bytes(), 0u);
  EXPECT_EQ(log.newest(), (TransactionId{1, 100}));
}

}  // namespace
}  // namespace anchal::core
