#include "smpp/receipt/receipt_date.h"

#include <gtest/gtest.h>

namespace anchal::smpp {
namespace {

using namespace std::chrono_literals;

ReceiptDateResult read(std::string_view text, ReceiptDateRules rules = {}) {
  return parse_receipt_date(text, rules, std::nullopt);
}

TEST(ReceiptDate, IsReadByItsLength) {
  EXPECT_EQ(read("2603010930").date,
            (ReceiptDate{.year = 2026, .month = 3, .day = 1, .hour = 9, .minute = 30}));
  EXPECT_EQ(
      read("260301093015").date,
      (ReceiptDate{
          .year = 2026, .month = 3, .day = 1, .hour = 9, .minute = 30, .second = 15, .has_second = true}));
  EXPECT_EQ(read("202603010930").date,
            (ReceiptDate{.year = 2026, .month = 3, .day = 1, .hour = 9, .minute = 30}));
  EXPECT_EQ(read("20260301093015").date, read("260301093015").date);
  EXPECT_EQ(read("26 03 01 09 30").date, read("2603010930").date) << "blanks inside";
}

TEST(ReceiptDate, TheZoneFormCarriesItsOffset) {
  const auto date = read("260301093015022+").date;
  ASSERT_TRUE(date.has_value());
  EXPECT_EQ(date->offset_minutes, 330);
  EXPECT_EQ(date->instant(-600), std::chrono::sys_days{std::chrono::year(2026) / 3 / 1} + 4h + 15s);
  EXPECT_EQ(read("260301093015004-").date->offset_minutes, -60);
  EXPECT_TRUE(read("260301093015049+").bad);
  EXPECT_TRUE(read("000007000000000R").bad) << "a relative time is no date";
}

TEST(ReceiptDate, WithoutAZoneItIsTheOperatorsLocalTime) {
  EXPECT_EQ(read("2603010930").date->instant(330),
            std::chrono::sys_days{std::chrono::year(2026) / 3 / 1} + 4h);
}

TEST(ReceiptDate, NothingIsSpelledInManyWays) {
  for (const auto* text : {"", "0000000000", "000000000000", "0", "null", "NULL", "...", "   "}) {
    EXPECT_FALSE(read(text).date.has_value()) << text;
    EXPECT_FALSE(read(text).bad) << text;
  }
}

TEST(ReceiptDate, WhatIsNoDateIsBad) {
  for (const auto* text : {"2613010930", "2602300930", "2603012430", "2603010960", "26030109", "26030109xx",
                           "yesterday", "209912310000000", "20991231000000", "12345678901234567890"}) {
    EXPECT_FALSE(read(text).date.has_value()) << text;
    EXPECT_TRUE(read(text).bad) << text;
  }
}

TEST(ReceiptDate, ThePivotDividesTheCenturies) {
  EXPECT_EQ(read("3712312359").date->year, 2037);
  EXPECT_EQ(read("3801010000").date->year, 1938);
  EXPECT_EQ(read("3801010000", {.year_pivot = 70}).date->year, 2038);
}

TEST(ReceiptDate, EpochSecondsOnlyWhereTheOperatorWritesThem) {
  EXPECT_EQ(read("1702281424").date->year, 2017);
  const auto date =
      read("1702281424", {.form = ReceiptDateForm::epoch_seconds, .utc_offset_minutes = 330}).date;
  ASSERT_TRUE(date.has_value());
  EXPECT_EQ(date->instant(330), WallTime(1702281424s)) << "epoch seconds have no zone";
}

TEST(ReceiptDate, AFixedFormAllowsNoOtherReading) {
  EXPECT_TRUE(read("201506201641", {.form = ReceiptDateForm::yymmddhhmmss}).bad);
  EXPECT_TRUE(read("260301093015", {.form = ReceiptDateForm::yyyymmddhhmm}).bad);
}

TEST(ReceiptDate, OfTwoReadingsTheOneNearerToTheArrivalCounts) {
  const auto at = [](int year) { return WallTime(std::chrono::sys_days{std::chrono::year(year) / 11 / 10}); };
  EXPECT_EQ(parse_receipt_date("201011101112", {}, at(2010)).date->year, 2010);
  EXPECT_EQ(parse_receipt_date("201011101112", {}, at(2020)).date->year, 2020);
  EXPECT_EQ(read("201011101112").date->year, 2020) << "without an arrival the shorter year";
}

}  // namespace
}  // namespace anchal::smpp
