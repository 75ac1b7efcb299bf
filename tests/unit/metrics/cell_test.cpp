#include "metrics/cell.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

#include "metrics/labels.h"

namespace anchal::metrics {
namespace {

TEST(Counter, AddsAndTakesTotalsCountedElsewhere) {
  Counter counter;
  EXPECT_EQ(counter.read(), 0U);
  counter.add();
  counter.add(41);
  EXPECT_EQ(counter.read(), 42U);
  counter.publish(100);
  EXPECT_EQ(counter.read(), 100U);
}

TEST(Gauge, IsNoSampleBeforeItIsSet) {
  Gauge gauge;
  EXPECT_FALSE(gauge.is_set());
  gauge.set(0);
  EXPECT_TRUE(gauge.is_set());
  EXPECT_EQ(gauge.read(), 0);
}

constexpr std::array kBounds{1.0, 2.0, 5.0};

TEST(Histogram, BoundsAreInclusiveAndTheLastBucketTakesTheRest) {
  Histogram<kBounds> histogram;
  for (const double value : {0.5, 1.0, 1.5, 5.0, 5.1, 1e9}) histogram.observe(value);
  EXPECT_EQ(histogram.read(0), 2U);
  EXPECT_EQ(histogram.read(1), 1U);
  EXPECT_EQ(histogram.read(2), 1U);
  EXPECT_EQ(histogram.read(3), 2U);
  EXPECT_DOUBLE_EQ(histogram.sum(), 0.5 + 1.0 + 1.5 + 5.0 + 5.1 + 1e9);
}

TEST(Histogram, TakesBucketsCountedElsewhere) {
  Histogram<kBounds> histogram;
  histogram.observe(3);
  histogram.publish(std::array<std::uint64_t, 4>{7, 0, 2, 1}, 12.5);
  EXPECT_EQ(histogram.read(0), 7U);
  EXPECT_EQ(histogram.read(2), 2U);
  EXPECT_DOUBLE_EQ(histogram.sum(), 12.5);
}

TEST(ClosedSet, KnowsItsWordsAndNoOther) {
  EXPECT_EQ(value_named<Refusal>("wrong_lane"), Refusal::wrong_lane);
  EXPECT_EQ(value_named<Waiting>("in_doubt"), Waiting::in_doubt);
  EXPECT_EQ(value_named<Refusal>("WRONG_LANE"), std::nullopt);
  EXPECT_EQ(value_named<Refusal>(""), std::nullopt);
}

TEST(ByLabel, HasOneCellForEachValueOfItsSet) {
  ByLabel<Decision, Counter> cells;
  cells[Decision::send].add(3);
  cells[Decision::drop].add(5);
  EXPECT_EQ(cells[Decision::send].read(), 3U);
  EXPECT_EQ(cells[Decision::hold].read(), 0U);
  EXPECT_EQ(cells[Decision::drop].read(), 5U);
}

}  // namespace
}  // namespace anchal::metrics
