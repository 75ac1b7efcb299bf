#include "engine/admin/problem.h"

#include <gtest/gtest.h>

namespace anchal::admin {
namespace {

TEST(Problem, IsProblemJsonWithTheFieldsThatAreWrong) {
  const Response response = problem(422, "the rule cannot be \"used\"", {{"scope.categories", "a\nb"}});
  EXPECT_EQ(response.status, 422u);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.body,
            "{\"type\":\"about:blank\",\"title\":\"Unprocessable Content\",\"status\":422,"
            "\"detail\":\"the rule cannot be \\\"used\\\"\","
            "\"errors\":[{\"field\":\"scope.categories\",\"message\":\"a\\u000ab\"}]}\n");
}

TEST(Problem, AnExtensionMemberStandsBesideTheOthers) {
  const std::string body = problem(422, "no", {}, "refused", R"({"offset":1})").body;
  EXPECT_TRUE(body.ends_with(R"("detail":"no","refused":{"offset":1}})"
                             "\n"))
      << body;
}

TEST(Problem, IsJsonWhateverOctetsItRepeats) {
  EXPECT_EQ(json_quoted("a\xE0\xB4\x95z"), "\"a\xE0\xB4\x95z\"");
  EXPECT_EQ(json_quoted("a\xE0\xB4"), "\"a\uFFFD\uFFFD\"");  // cut inside a character
  EXPECT_EQ(json_quoted("\xC0\xAF"), "\"\uFFFD\uFFFD\"");    // overlong
  EXPECT_EQ(json_quoted("\xED\xA0\x80\xF4\x90\x80\x80"), "\"\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\"");
}

TEST(Problem, UnauthorizedNamesTheScheme) {
  const Response response = problem(401, "no");
  ASSERT_EQ(response.headers.size(), 1u);
  EXPECT_EQ(response.headers[0].first, "WWW-Authenticate");
  EXPECT_EQ(response.headers[0].second, "Bearer");
}

}  // namespace
}  // namespace anchal::admin
