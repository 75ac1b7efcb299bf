#include <gtest/gtest.h>

#include "engine/core/doubt/doubt.h"
#include "engine/core/job/job.h"
#include "engine/core/outcome/outcome.h"
#include "engine/core/receipts/early_receipt.h"
#include "engine/core/receipts/receipt_map.h"
#include "engine/core/store.h"

namespace anchal::core {
namespace {

/// A record whose times nobody of ours wrote is read, and sums of them do not overflow.
TEST(Records, TimesBeyondAllMeasureAreFarAway) {
  Doubt doubt;
  doubt.due = doubt.deadline = WallTime::max();
  std::string octets;
  doubt.pack(octets);
  const auto read = Doubt::unpack(octets);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->due.time_since_epoch().count(), std::int64_t{1} << 50);
  EXPECT_EQ(read->deadline, read->due);
}

Identity somebody() {
  Identity who;
  who.partition = 3;
  who.index = 4711;
  who.hash = 0x1234567890abcdef;
  who.tenant = "finance";
  who.id_json = "\"job-1\"";
  who.ref_json = "\"emp-1\"";
  return who;
}

TEST(Records, AMovedEntryKeepsItsPositionsAttemptsAndProgress) {
  Moved moved;
  moved.indexes = {0, 5, 9999};
  moved.attempts = 3;
  moved.resent = true;
  moved.progress = Progress{0x1234, "alpha", std::string("\1\0\1", 3)};
  std::string packed;
  moved.pack(packed);
  const auto again = Moved::unpack(packed);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->indexes, moved.indexes);
  EXPECT_EQ(again->attempts, 3u);
  EXPECT_TRUE(again->resent);
  ASSERT_TRUE(again->progress);
  EXPECT_EQ(again->progress->accepted, moved.progress->accepted);
  for (std::size_t size = 0; size < packed.size(); ++size)
    EXPECT_FALSE(Moved::unpack(packed.substr(0, size)));
}

TEST(Records, AReceiptTargetKnowsItsMessageAndPart) {
  ReceiptTarget target;
  target.who = somebody();
  target.part = 2;
  target.parts = 3;
  target.sent_ms = 1'790'000'000'000;
  std::string packed;
  target.pack(packed);
  const auto again = ReceiptTarget::unpack(packed);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->who.index, 4711u);
  EXPECT_EQ(again->who.ref_json, "\"emp-1\"");
  EXPECT_EQ(again->part, 2);
  EXPECT_LE(packed.size(), 64u);
  for (std::size_t size = 0; size < packed.size(); ++size)
    EXPECT_FALSE(ReceiptTarget::unpack(packed.substr(0, size)));
}

TEST(Records, ADoubtKeepsWhatAResendNeeds) {
  Doubt doubt;
  doubt.who = somebody();
  doubt.category = "service";
  doubt.operator_name = "alpha";
  doubt.lane = Lane::alert;
  doubt.due = WallTime(std::chrono::milliseconds(5));
  doubt.orphans_below = 7;
  doubt.address = 0xABCDEF0123456789u;
  doubt.written_from = WallTime(std::chrono::milliseconds(3));
  doubt.written_to = WallTime(std::chrono::milliseconds(4));
  doubt.body = "{}";
  std::string packed;
  doubt.pack(packed);
  const auto again = Doubt::unpack(packed);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->lane, Lane::alert);
  EXPECT_EQ(again->due, doubt.due);
  EXPECT_EQ(again->orphans_below, 7u);
  EXPECT_EQ(again->address, doubt.address);
  EXPECT_EQ(again->written_from, doubt.written_from);
  EXPECT_EQ(again->written_to, doubt.written_to);
  EXPECT_EQ(again->body, "{}");
  for (std::size_t size = 0; size < packed.size(); ++size)
    EXPECT_FALSE(Doubt::unpack(packed.substr(0, size)));
}

TEST(Records, OfADoubtThatIsNotTrustedEveryPartWithoutAnAnswerMayBeOut) {
  for (const bool may_be_resent : {false, true}) {
    Moved moved;
    moved.indexes = {4};
    moved.progress.emplace();
    moved.progress->accepted = {'\1', '\0', '\0'};
    Doubt doubt;
    moved.pack(doubt.moved);
    doubt.parts = 3;
    doubt.doubtful = 1;  // one was written, and one waited
    doubt.distrust(may_be_resent);
    EXPECT_EQ(doubt.doubtful, 2);
    EXPECT_EQ(doubt.who.resent, may_be_resent);
    const auto again = Moved::unpack(doubt.moved);
    ASSERT_TRUE(again && again->progress);
    EXPECT_EQ(again->resent, may_be_resent);
    EXPECT_EQ(again->indexes, moved.indexes);
    EXPECT_EQ(again->progress->accepted, moved.progress->accepted);
  }
}

TEST(Records, AnOutcomeLineLeavesOutWhatIsNotKnown) {
  std::string line;
  OutcomeLine outcome;
  outcome.state = "delivered";
  outcome.operator_name = "alpha";
  outcome.parts = 1;
  write_outcome(line, somebody(), outcome, WallTime(std::chrono::milliseconds(1'772'508'601'204)));
  EXPECT_EQ(
      line,
      R"({"job":"job-1","i":4711,"ref":"emp-1","state":"delivered","final":true,"operator":"alpha","parts":1,)"
      R"("at":"2026-03-03T03:30:01.204Z"})");
}

TEST(Records, AnOperatorsErrorCodeCannotBreakTheJson) {
  std::string text;
  append_json_string(text, "a\"b\\c\n\x01\xff");
  EXPECT_EQ(text, R"("a\"b\\c\u000a\u0001\ufffd")");
}

TEST(Commands, ArgumentsComeBackAsTheyWentIn) {
  Commands commands;
  commands.command("HSET").arg("key").arg("field");
  commands.open_arg().append("a value\r\n with anything");
  commands.close_arg();
  commands.command("HINCRBY").arg("key").arg("n").arg(-7);
  Commands all;
  all.command("PING");
  all.append(commands);
  ASSERT_EQ(all.count(), 3u);
  EXPECT_EQ(all.arguments(1), 4u);
  EXPECT_EQ(all.argument(1, 3), "a value\r\n with anything");
  EXPECT_EQ(all.argument(2, 3), "-7");
}

TEST(Records, AnEarlyReceiptIsToldFromWhatTheReceiptMapHoldsOtherwise) {
  std::string packed;
  EarlyReceipt{smpp::PartState::rejected, "042", 1'800'000'000'000}.pack(packed);
  const auto again = EarlyReceipt::unpack(packed);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->state, smpp::PartState::rejected);
  EXPECT_EQ(again->error, "042");
  EXPECT_EQ(again->arrived_ms, 1'800'000'000'000);
  EXPECT_FALSE(ReceiptTarget::unpack(packed));
  for (std::size_t size = 0; size < packed.size(); ++size)
    EXPECT_FALSE(EarlyReceipt::unpack(std::string_view(packed).substr(0, size)));
  packed[1] = 0x7F;  // no state
  EXPECT_FALSE(EarlyReceipt::unpack(packed));
  std::string target;
  ReceiptTarget::pack(target, somebody(), 0, 1, 1'800'000'000'000, 7, 0);
  EXPECT_FALSE(EarlyReceipt::unpack(target));
}

}  // namespace
}  // namespace anchal::core
