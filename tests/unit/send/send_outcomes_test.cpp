#include "engine/app/send_outcomes.h"

#include <gtest/gtest.h>

namespace anchal::app {
namespace {

TEST(SendOutcomes, ALineIsTakenApart) {
  const OutcomeLine line = read_outcome(
      R"({"job":"da-17","i":42,"ref":"emp-1","state":"delivered","final":true,"operator":"alpha","parts":3})");
  EXPECT_EQ(line.job, "da-17");
  EXPECT_EQ(line.index, 42U);
  EXPECT_EQ(line.state, "delivered");
  EXPECT_EQ(line.operator_name, "alpha");
  EXPECT_EQ(line.parts, 3U);
  EXPECT_TRUE(line.final);
  EXPECT_FALSE(line.whole_job);
}

TEST(SendOutcomes, WordsInsideStringsAreNoKeys) {
  const OutcomeLine line = read_outcome(
      R"({"job":"x\",\"state\":\"delivered\",\"final\":true","i":0,"state":"held","final":false})");
  EXPECT_EQ(line.job, R"(x\",\"state\":\"delivered\",\"final\":true)");
  EXPECT_EQ(line.state, "held");
  EXPECT_FALSE(line.final);
}

TEST(SendOutcomes, AJobRefusedAsAWholeHasNoIndex) {
  const OutcomeLine line =
      read_outcome(R"({"job":"a","i":null,"state":"invalid","final":true,"reason":"bad_json"})");
  EXPECT_TRUE(line.whole_job);
  EXPECT_EQ(line.reason, "bad_json");
}

TEST(SendOutcomes, WhatIsNoLineGivesNothing) {
  for (const char* odd : {"", "{", "[]", R"({"state":12})", R"({"job":"open)", R"({"job":"back\)"}) {
    EXPECT_FALSE(read_outcome(odd).final) << odd;
    EXPECT_EQ(read_outcome(odd).state, "") << odd;
  }
}

}  // namespace
}  // namespace anchal::app
