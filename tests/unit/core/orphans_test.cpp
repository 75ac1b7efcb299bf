#include "engine/core/partition/orphans.h"

#include <gtest/gtest.h>

namespace anchal::core {
namespace {

TEST(Orphans, AreWhatWasSentBehindAMarkByOwnersBelowItsFence) {
  Orphans orphans;
  EXPECT_FALSE(orphans.contain(1, 1000));
  orphans.add(8, 6000);
  EXPECT_TRUE(orphans.contain(7, 6001));
  EXPECT_FALSE(orphans.contain(8, 6001)) << "stored by who took the partition afterwards";
  EXPECT_FALSE(orphans.contain(7, 6000)) << "Redis did not forget it";
}

TEST(Orphans, OfAnEarlierSetBackAreKnownBehindALaterOneAndNothingElseIs) {
  Orphans orphans;
  orphans.add(8, 6000);
  orphans.add(9, 15000);
  EXPECT_TRUE(orphans.contain(7, 6500));
  EXPECT_TRUE(orphans.contain(8, 15500));
  EXPECT_FALSE(orphans.contain(8, 6500)) << "accepted between the two, and awaited";
}

TEST(Orphans, TellWhichOwnerFoundNothing) {
  Orphans orphans;
  EXPECT_EQ(orphans.began(), 0u);
  orphans.add(8, 6000);
  EXPECT_EQ(orphans.began(), 0u) << "set back, and not to nothing";
  orphans.add(9, 0);
  orphans.add(12, 9000);
  EXPECT_EQ(Orphans::parse(orphans.text()).began(), 9u);
}

TEST(Orphans, ReadWhatTheyWrote) {
  Orphans orphans;
  for (int i = 1; i <= 20; ++i) orphans.add(static_cast<std::uint64_t>(i), i * 1000);
  const auto again = Orphans::parse(orphans.text());
  EXPECT_EQ(again.text(), orphans.text());
  EXPECT_TRUE(again.contain(19, 20'500));
  EXPECT_FALSE(Orphans::parse("5-1000").contain(5, 2000));
  EXPECT_TRUE(Orphans::parse("no mark 5-1000 ").contain(4, 2000));
}

}  // namespace
}  // namespace anchal::core
