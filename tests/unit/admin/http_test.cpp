#include "engine/admin/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anchal::admin {
namespace {

using testing::ElementsAre;

TEST(HttpTarget, SplitsAndDecodesSegmentsAndQuery) {
  const Target target = parse_target("/api/v1/messages/a%2Fb/c+d/7?limit=10&q=x+%26y&flag");
  ASSERT_TRUE(target.ok);
  EXPECT_THAT(target.segments, ElementsAre("api", "v1", "messages", "a/b", "c+d", "7"));
  EXPECT_EQ(target.parameter("limit"), "10");
  EXPECT_EQ(target.parameter("q"), "x &y");
  EXPECT_EQ(target.parameter("flag"), "");
  EXPECT_EQ(target.parameter("none"), "");
}

TEST(HttpTarget, TheRootHasNoSegments) {
  EXPECT_TRUE(parse_target("/").ok);
  EXPECT_TRUE(parse_target("/").segments.empty());
  EXPECT_THAT(parse_target("/a//b").segments, ElementsAre("a", "", "b"));
}

TEST(HttpTarget, BrokenEscapesAndForeignFormsAreRefused) {
  for (const char* text : {"", "a", "*", "http://h/x", "/%", "/%4", "/%zz", "/a?b=%", "/a?%4=1"}) {
    EXPECT_FALSE(parse_target(text).ok) << text;
  }
  EXPECT_TRUE(parse_target("/%41").ok);
}

TEST(HttpTarget, EncodedSegmentsComeBackAsTheyWere) {
  const std::string odd = "a/b c%d?e#\xc3\xa9\x01";
  const Target target = parse_target("/" + encode_segment(odd));
  ASSERT_TRUE(target.ok);
  EXPECT_THAT(target.segments, ElementsAre(odd));
}

}  // namespace
}  // namespace anchal::admin
