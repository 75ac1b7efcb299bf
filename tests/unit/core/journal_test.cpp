#include "engine/core/journal/journal.h"

#include <gtest/gtest.h>

namespace anchal::core {
namespace {

std::string packed(JournalWriter& journal) {
  std::string out;
  journal.finish(out);
  return out;
}

TEST(Journal, AnAcceptedEntryIsOpenUntilItsLastRowIsSettled) {
  JournalWriter journal;
  journal.accept("jobs:bulk", {5, 1}, 77, 2, {});
  Recovered recovered;
  ASSERT_TRUE(recovered.apply(packed(journal)));
  EXPECT_EQ(recovered.streams["jobs:bulk"].cursor, (StreamId{5, 1}));
  ASSERT_EQ(recovered.streams["jobs:bulk"].open.size(), 1u);
  journal.settled("jobs:bulk", {5, 1}, 77, 1);
  ASSERT_TRUE(recovered.apply(packed(journal)));
  ASSERT_EQ(recovered.streams["jobs:bulk"].open.size(), 1u);
  journal.settled("jobs:bulk", {5, 1}, 77, 0);
  ASSERT_TRUE(recovered.apply(packed(journal)));
  EXPECT_TRUE(recovered.streams["jobs:bulk"].open.empty());
}

TEST(Journal, TheLastRecordOfAnAttemptCounts) {
  JournalWriter journal;
  journal.accept("jobs:otp", {5, 1}, 77, 1, {});
  journal.intent("jobs:otp", {5, 1}, 77, {0, 0, 1, "alpha"});
  Recovered recovered;
  ASSERT_TRUE(recovered.apply(packed(journal)));
  auto& row = recovered.streams["jobs:otp"].open[{5, 1}].unsettled[0];
  ASSERT_TRUE(row);
  EXPECT_EQ(row->operator_name, "alpha");
  journal.not_sent("jobs:otp", {5, 1}, 77, 0);
  ASSERT_TRUE(recovered.apply(packed(journal)));
  EXPECT_FALSE((recovered.streams["jobs:otp"].open[StreamId{5, 1}].unsettled[0]).has_value());
}

TEST(Journal, RecordsOfAnotherJobUnderTheSameEntryIdDoNotCount) {
  JournalWriter journal;
  journal.accept("jobs:otp", {5, 1}, 77, 1, {});
  journal.settled("jobs:otp", {5, 1}, 78, 0);
  Recovered recovered;
  ASSERT_TRUE(recovered.apply(packed(journal)));
  EXPECT_EQ(recovered.streams["jobs:otp"].open.size(), 1u);
}

TEST(Journal, ASnapshotReplacesWhatWasBefore) {
  JournalWriter journal;
  journal.accept("jobs:otp", {5, 1}, 77, 1, {});
  journal.final_receipt({1, "alpha", 3, 4, "id"});
  Recovered recovered;
  ASSERT_TRUE(recovered.apply(packed(journal)));
  journal.snapshot();
  journal.cursor("jobs:otp", {9, 0});
  journal.accept("jobs:otp", {8, 0}, 5, 0, {3, 7});
  ASSERT_TRUE(recovered.apply(packed(journal)));
  EXPECT_TRUE(recovered.finals.empty());
  const auto& stream = recovered.streams["jobs:otp"];
  EXPECT_EQ(stream.cursor, (StreamId{9, 0}));
  ASSERT_EQ(stream.open.size(), 1u);
  const auto& entry = stream.open.begin()->second;
  EXPECT_EQ(entry.unsettled.size(), 2u);
  EXPECT_TRUE(entry.unsettled.contains(3));
  EXPECT_TRUE(entry.unsettled.contains(7));
}

TEST(Journal, WhatWasTakenIsKnownAlsoOnceItIsSettledWhereThatIsAskedFor) {
  using Taken = std::set<std::pair<StreamId, std::uint64_t>>;
  JournalWriter journal;
  journal.accept("jobs:otp", {5, 1}, 77, 1, {});
  journal.settled("jobs:otp", {5, 1}, 77, 0);
  journal.taken("jobs:otp", {6, 0}, 78);
  const std::string records = packed(journal);
  journal.snapshot();
  journal.lists_taken("jobs:otp", {4, 0});
  journal.cursor("jobs:otp", {9, 0});
  journal.taken("jobs:otp", {8, 0}, 5);
  const std::string snapshot = packed(journal);
  for (const bool asked : {false, true}) {
    Recovered recovered;
    recovered.keep_taken = asked;
    ASSERT_TRUE(recovered.apply(records));
    const auto& stream = recovered.streams["jobs:otp"];
    EXPECT_TRUE(stream.open.empty());
    EXPECT_EQ(stream.cursor, (StreamId{6, 0}));
    EXPECT_EQ(stream.taken, asked ? (Taken{{{5, 1}, 77}, {{6, 0}, 78}}) : Taken{});
    EXPECT_FALSE(stream.known_to);
    ASSERT_TRUE(recovered.apply(snapshot));
    const auto& listed = recovered.streams["jobs:otp"];
    EXPECT_EQ(recovered.streams.size(), 1u);
    EXPECT_EQ(listed.cursor, (StreamId{9, 0}));
    EXPECT_EQ(listed.taken, asked ? (Taken{{{8, 0}, 5}}) : Taken{});
    EXPECT_EQ(listed.known_to, asked ? std::optional(StreamId{4, 0}) : std::nullopt);
  }
}

TEST(Journal, FinalReceiptsStayUntilTheirMapEntryIsGone) {
  JournalWriter journal;
  journal.final_receipt({1, "alpha", 3, 4, "id"});
  journal.final_receipt({1, "alpha", 3, 4, "id2"});
  journal.receipt_gone({1, "alpha", 3, 4, "id"});
  Recovered recovered;
  ASSERT_TRUE(recovered.apply(packed(journal)));
  ASSERT_EQ(recovered.finals.size(), 1u);
  EXPECT_EQ(recovered.finals[0].id, "id2");
}

TEST(Journal, ATruncatedEntryIsReportedAndReadsNothingBeyondItsEnd) {
  JournalWriter journal;
  journal.accept("jobs:otp", {5, 1}, 77, 3, {1, 200, 4000});
  journal.intent("jobs:otp", {5, 1}, 77, {200, 1, 2, "alpha"});
  const std::string whole = packed(journal);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Recovered recovered;
    if (!recovered.apply(whole.substr(0, size))) {
      EXPECT_GE(recovered.malformed, 1u);
    }
  }
}

TEST(Journal, MoreRowsThanAnyEngineHasOpenAreNoJournalOfOurs) {
  JournalWriter journal;
  Recovered recovered;
  journal.accept("jobs:otp", {5, 1}, 77, 100'001, {});
  EXPECT_FALSE(recovered.apply(packed(journal)));
  EXPECT_EQ(recovered.malformed, 1u);

  recovered.rows_max = 250;
  for (std::uint64_t entry = 1; entry <= 3; ++entry) journal.accept("jobs:otp", {6, entry}, 77, 100, {});
  EXPECT_FALSE(recovered.apply(packed(journal)));
  EXPECT_EQ(recovered.streams["jobs:otp"].open.size(), 2u);
  // What is settled makes room, what is accepted again takes none.
  for (std::uint32_t row = 0; row < 100; ++row) journal.settled("jobs:otp", {6, 1}, 77, row);
  journal.accept("jobs:otp", {6, 2}, 77, 100, {});
  journal.accept("jobs:otp", {6, 3}, 77, 100, {});
  EXPECT_TRUE(recovered.apply(packed(journal)));
  EXPECT_EQ(recovered.malformed, 2u);
}

TEST(Journal, AnEntryWithoutRowsIsNotOpen) {
  JournalWriter journal;
  journal.accept("jobs:otp", {5, 1}, 77, 0, {});
  Recovered recovered;
  EXPECT_TRUE(recovered.apply(packed(journal)));
  EXPECT_TRUE(recovered.streams["jobs:otp"].open.empty());
  EXPECT_EQ(recovered.streams["jobs:otp"].cursor, (StreamId{5, 1}));
}

TEST(Journal, AnEntryThatListsMoreRowsThanItHoldsIsReported) {
  JournalWriter journal;
  journal.accept("jobs:otp", {5, 1}, 77, 300, std::vector<std::uint32_t>(300, 1));
  const std::string whole = packed(journal);
  Recovered recovered;
  EXPECT_FALSE(recovered.apply(whole.substr(0, whole.size() - 200)));
  EXPECT_EQ(recovered.malformed, 1u);
}

}  // namespace
}  // namespace anchal::core
