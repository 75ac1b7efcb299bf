#include "engine/app/knowledge_file.h"

#include <gtest/gtest.h>

namespace anchal::app {
namespace {

StoredKnowledge some() {
  StoredKnowledge out{.installation = "0a1b2c", .partitions = {}};
  out.partitions[3].newest = {7, 1234};
  out.partitions[3].cursors = {{"jobs:otp", {1'764'000'000'000, 2}}, {"retry", {0, 99}}};
  out.partitions[900].newest = {1, 0};
  return out;
}

TEST(KnowledgeFile, ReadsWhatItWrote) {
  const auto read = parse_knowledge(format_knowledge(some()));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(*read, some());
}

TEST(KnowledgeFile, NoTornOrEditedTextIsTakenForKnowledge) {
  const std::string whole = format_knowledge(some());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_knowledge(std::string_view(whole).substr(0, size))) << "cut at " << size;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string edited = whole;
    edited[at] = static_cast<char>(edited[at] ^ 1);
    EXPECT_FALSE(parse_knowledge(edited)) << "changed at " << at;
  }
  EXPECT_FALSE(parse_knowledge(whole + "\n"));
}

TEST(KnowledgeFile, AnotherVersionIsNamedAsWhatIsWrong) {
  std::string text = format_knowledge(some());
  text.replace(text.find(" 1 "), 3, " 2 ");
  const auto read = parse_knowledge(text);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().find("version 1"), std::string::npos);
}

TEST(Knowledge, OfTwoTheFartherCounts) {
  core::Knowledge one{{3, 10}, {{"jobs:otp", {5, 0}}, {"jobs:bulk", {9, 1}}}};
  one.learn({{2, 50}, {{"jobs:otp", {6, 0}}, {"retry", {0, 4}}}});
  EXPECT_EQ(one.newest, (core::TransactionId{3, 10}));
  EXPECT_EQ(one.cursors.at("jobs:otp"), (core::StreamId{6, 0}));
  EXPECT_EQ(one.cursors.at("jobs:bulk"), (core::StreamId{9, 1}));
  EXPECT_EQ(one.cursors.at("retry"), (core::StreamId{0, 4}));
}

}  // namespace
}  // namespace anchal::app
