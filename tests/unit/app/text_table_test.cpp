#include "engine/app/text_table.h"

#include <gtest/gtest.h>

namespace anchal::app {
namespace {

TEST(TextTable, PadsToTheWidestAndPutsNumbersToTheRight) {
  TextTable table({"name", "n", "why"});
  table.add({"a", "1", "x"});
  table.add({"bé", "1,000", ""});
  EXPECT_EQ(table.text(), "name      n  why\na         1  x\nbé    1,000\n");
}

TEST(TextTable, GroupsDigitsByThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
}

}  // namespace
}  // namespace anchal::app
