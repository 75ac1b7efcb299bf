#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/poison/suspects.h"

namespace anchal::core {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

Ending ending(std::string process, Death death, std::uint32_t row = InHand::kWhole,
              Stage stage = Stage::read) {
  return {std::move(process), 3, "hold:a rule", {1700, 4}, stage, row, death};
}

Suspects of(const std::vector<Ending>& endings) {
  Suspects suspects;
  for (const Ending& one : endings) suspects.heard(one.field(), one.value());
  return suspects;
}

const Suspicion& only(const Suspects& suspects) {
  return *suspects.find("hold:a rule", {1700, 4});
}

TEST(Suspects, OneDeathIsNoVerdictAndTwoAre) {
  EXPECT_FALSE(only(of({ending("a", Death::crashed)})).condemned());
  EXPECT_TRUE(only(of({ending("a", Death::crashed), ending("b", Death::stalled)})).condemned());
  EXPECT_EQ(only(of({ending("a", Death::crashed), ending("b", Death::stalled)})).detail(),
            "crashed its reader once, stalled its reader once; last at: read");
}

TEST(Suspects, TheSameDeathToldTwiceCountsOnce) {
  EXPECT_FALSE(only(of({ending("a", Death::crashed), ending("a", Death::crashed)})).condemned());
}

TEST(Suspects, EndsWithoutAWordCountWhereTheyWereAtTheSameMessage) {
  const auto at = [](std::string process, std::uint32_t row) {
    return ending(std::move(process), Death::silent, row, Stage::render);
  };
  EXPECT_FALSE(only(of({at("a", 1), at("b", 2), at("c", 3), at("d", 4)})).condemned());
  EXPECT_TRUE(only(of({at("a", 1), at("b", 2), at("c", 2)})).condemned());
  EXPECT_TRUE(only(of({at("a", 1), ending("b", Death::crashed)})).condemned());
}

void announced(Suspects& suspects, std::uint64_t fence, std::string_view process,
               std::string_view ours = {}) {
  suspects.heard(taken_field("jobs:otp", {5, 1}, fence), taken_value(process), ours);
}

TEST(Suspects, AnAnnouncedEntryIsCondemnedByThreeProcessesAndForgivenWhenItIsAccepted) {
  Suspects suspects;
  announced(suspects, 7, "engine-1.0a");
  announced(suspects, 9, "engine-1.0b");
  EXPECT_FALSE(suspects.find("jobs:otp", {5, 1})->condemned());
  announced(suspects, 11, "engine-2.0a");
  EXPECT_TRUE(suspects.find("jobs:otp", {5, 1})->condemned());
  EXPECT_EQ(suspects.find("jobs:otp", {5, 1})->detail(), "was announced by an owner that ended 3 times");
  Ending crash{"engine-1.0f/0", 0, "jobs:otp", {5, 1}, Stage::plan, InHand::kWhole, Death::crashed};
  suspects.heard(crash.field(), crash.value());
  EXPECT_THAT(suspects.forget_taken("jobs:otp", {5, 1}),
              UnorderedElementsAre("jobs:otp 5-1 7", "jobs:otp 5-1 9", "jobs:otp 5-1 11"));
  EXPECT_FALSE(suspects.find("jobs:otp", {5, 1})->condemned());
  EXPECT_THAT(suspects.forget("jobs:otp", {5, 1}), UnorderedElementsAre("jobs:otp 5-1 engine-1.0f/0"));
  EXPECT_TRUE(suspects.empty());
}

TEST(Suspects, AProcessOfWhichSeveralShardsAnnouncedAnEntryDiesOnce) {
  Suspects suspects;
  for (const std::uint64_t fence : {7, 8, 9, 10}) announced(suspects, fence, "engine-1.0a");
  announced(suspects, 11, "engine-1.0b");
  EXPECT_FALSE(suspects.find("jobs:otp", {5, 1})->condemned());
  EXPECT_EQ(suspects.find("jobs:otp", {5, 1})->detail(), "was announced by an owner that ended twice");
  EXPECT_EQ(suspects.forget_taken("jobs:otp", {5, 1}).size(), 5u);
}

TEST(Suspects, WhatALivingProcessAnnouncedItselfSaysNothingAndIsForgottenWithTheRest) {
  Suspects suspects;
  for (const std::uint64_t fence : {7, 8, 9}) announced(suspects, fence, "engine-1.0c", "engine-1.0c");
  EXPECT_FALSE(suspects.find("jobs:otp", {5, 1})->condemned());
  EXPECT_EQ(suspects.find("jobs:otp", {5, 1})->detail(), "");
  EXPECT_EQ(suspects.forget_taken("jobs:otp", {5, 1}).size(), 3u);
  EXPECT_TRUE(suspects.empty());
}

TEST(Suspects, OwnersOfAVersionThatNamedNoProcessCountByThemselves) {
  Suspects suspects;
  for (const std::uint64_t fence : {7, 8, 9})
    suspects.heard(taken_field("jobs:otp", {5, 1}, fence), "taken", "engine-1.0c");
  EXPECT_TRUE(suspects.find("jobs:otp", {5, 1})->condemned());
}

TEST(Suspects, WhatDiedOfBeingLookedAtIsNotLookedAtAgain) {
  const auto suspects = of({ending("a", Death::crashed), ending("b", Death::crashed),
                            ending("c", Death::crashed, InHand::kWhole, Stage::salvage)});
  EXPECT_TRUE(only(suspects).condemned());
  EXPECT_TRUE(only(suspects).hopeless);
}

TEST(Suspects, FieldsOfAnotherMakeAreIgnored) {
  Suspects suspects;
  for (const auto& [field, value] :
       std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                        {"x", "crashed read 1"},
                                                        {"jobs:otp 5-1 a", "exploded read 1"},
                                                        {"jobs:otp 5-1 a", "crashed"},
                                                        {"jobs:otp five a", "crashed read 1"},
                                                        {" 5-1 a", "crashed read 1"}})
    suspects.heard(field, value);
  EXPECT_TRUE(suspects.empty());
}

TEST(Suspects, BehindTheCursorOnlyWhatIsStillOpenIsKept) {
  auto suspects = of({ending("a", Death::crashed)});
  const auto none = [](StreamId) { return false; };
  EXPECT_THAT(suspects.forget_up_to("hold:a rule", {1700, 3}, none), IsEmpty());
  EXPECT_THAT(suspects.forget_up_to("hold:a rule", {1700, 4}, [](StreamId) { return true; }), IsEmpty());
  EXPECT_THAT(suspects.forget_up_to("hold:a rule", {1700, 4}, none),
              UnorderedElementsAre("hold:a rule 1700-4 a"));
}

TEST(InHand, ALaterStageEndsInTheEarlierOneAndTheLastInNothing) {
  InHand hand;
  {
    const Holding outer(hand, 2, "jobs:bulk", {9, 1}, Stage::plan);
    const auto number = hand.number;
    {
      const Holding inner(hand, 2, "jobs:bulk", {9, 1}, Stage::move, 4);
      EXPECT_EQ(hand.stage, Stage::move);
      EXPECT_EQ(hand.row, 4u);
      EXPECT_GT(hand.number, number);
    }
    EXPECT_EQ(hand.stage, Stage::plan);
    EXPECT_EQ(hand.row, InHand::kWhole);
    EXPECT_STREQ(hand.stream.data(), "jobs:bulk");
  }
  EXPECT_EQ(hand.stage, Stage::nothing);
}

TEST(InHand, AnExceptionLeavesTheMark) {
  InHand hand;
  try {
    const Holding holding(hand, 2, std::string(300, 'x'), {9, 1}, Stage::read);
    throw std::bad_alloc();
  } catch (const std::bad_alloc&) {
  }
  const Ending left = Ending::of(hand, "p");
  EXPECT_EQ(left.stage, Stage::read);
  EXPECT_EQ(left.stream, std::string(hand.stream.size() - 1, 'x')) << "cut, and ended by a zero";
}

}  // namespace
}  // namespace anchal::core
