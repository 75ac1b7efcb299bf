#include "engine/core/queue/operator_queue.h"

#include <gtest/gtest.h>

#include <map>

namespace anchal::core {
namespace {

Queued message(std::uint32_t row) {
  return {nullptr, row, Queued::kNone, {}};
}

TEST(OperatorQueue, OtpIsTakenFirstWhateverElseWaits) {
  OperatorQueue queue({8, 4, 1});
  for (std::uint32_t i = 0; i < 100; ++i) queue.push(Lane::bulk, 1, message(i), 1);
  queue.push(Lane::otp, 2, message(1000), 1);
  const auto first = queue.pop_otp();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->row, 1000u);
  EXPECT_FALSE(queue.pop_otp());
}

TEST(OperatorQueue, LanesShareByWeight) {
  OperatorQueue queue({8, 4, 1});
  for (std::uint32_t i = 0; i < 1300; ++i) {
    queue.push(Lane::alert, 1, message(1), 1);
    queue.push(Lane::service, 1, message(2), 1);
    queue.push(Lane::bulk, 1, message(3), 1);
  }
  std::map<std::uint32_t, int> taken;
  for (int i = 0; i < 1300; ++i) ++taken[queue.pop_other()->row];
  EXPECT_EQ(taken[1], 800);
  EXPECT_EQ(taken[2], 400);
  EXPECT_EQ(taken[3], 100);
}

TEST(OperatorQueue, ALaneAloneGetsEverything) {
  OperatorQueue queue({8, 4, 1});
  for (std::uint32_t i = 0; i < 10; ++i) queue.push(Lane::bulk, 1, message(i), 1);
  for (std::uint32_t i = 0; i < 10; ++i) EXPECT_EQ(queue.pop_other()->row, i);
  EXPECT_FALSE(queue.pop_other());
  EXPECT_TRUE(queue.empty());
}

TEST(OperatorQueue, TenantsTakeTurnsByParts) {
  OperatorQueue queue({8, 4, 1});
  for (std::uint32_t i = 0; i < 1000; ++i) queue.push(Lane::bulk, 1, message(1), 1);
  for (std::uint32_t i = 0; i < 100; ++i) queue.push(Lane::bulk, 2, message(2), 1);
  for (std::uint32_t i = 0; i < 100; ++i) queue.push(Lane::bulk, 3, message(3), 4);
  std::map<std::uint32_t, int> taken;
  for (int i = 0; i < 90; ++i) ++taken[queue.pop_other()->row];
  EXPECT_NEAR(taken[1], 40, 4);
  EXPECT_NEAR(taken[2], 40, 4);
  EXPECT_NEAR(taken[3], 10, 2);
}

TEST(OperatorQueue, WhatIsRemovedIsNotTaken) {
  OperatorQueue queue({8, 4, 1});
  for (std::uint32_t i = 0; i < 10; ++i) queue.push(Lane::bulk, i % 2, message(i), 1);
  queue.remove_if(Lane::bulk, [](const Queued& one) { return one.row % 2 == 0; });
  EXPECT_EQ(queue.size(), 5u);
  while (const auto one = queue.pop_other()) EXPECT_EQ(one->row % 2, 1u);
}

}  // namespace
}  // namespace anchal::core
