#include "engine/app/segments_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anchal::app {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<core::OperatorConfig> two_operators() {
  core::OperatorConfig plain, national;
  plain.name = "plain";
  national.name = "national";
  national.national_languages = {"malayalam"};
  national.max_parts = 3;
  return {plain, national};
}

smpp::EncodingProfile profile_of(const SegmentsQuestion& question) {
  const auto profile = segments_profile(question, two_operators());
  EXPECT_TRUE(profile) << (profile ? "" : profile.error().message);
  return profile.value_or(smpp::EncodingProfile{});
}

std::string page(std::string_view text, const SegmentsQuestion& question = {}) {
  const auto report = smpp::report_segments(text, profile_of(question));
  return report ? segments_page(*report, text) : describe(report.error());
}

/// The cells of a table with one blank between them.
std::string squeezed(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' || !out.ends_with(' ')) out += c;
  }
  return out;
}

TEST(SegmentsReport, AnOperatorIsAskedByItsName) {
  EXPECT_EQ(profile_of({.operator_name = "national"}).max_parts, 3);
  EXPECT_TRUE(profile_of({.operator_name = "plain"}).national.empty());
  const auto unknown = segments_profile({.operator_name = "plane"}, two_operators());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().field, "operator");
  EXPECT_EQ(unknown.error().message, "no operator is called \"plane\"; did you mean \"plain\"?");
}

TEST(SegmentsReport, AJobsEncodingNarrowsTheOperators) {
  EXPECT_EQ(profile_of({.operator_name = "national", .encoding = "ucs2"}).allowed,
            smpp::AlphabetSet{smpp::Alphabet::ucs2});
  EXPECT_TRUE(profile_of({.operator_name = "plain", .encoding = "latin1"}).allowed.empty())
      << "the operator does not take it, so nothing is left";
  EXPECT_EQ(segments_profile({.encoding = "utf8"}, {}).error().field, "encoding");
  EXPECT_EQ(segments_profile({.languages = {"klingon"}}, {}).error().field, "languages");
}

TEST(SegmentsReport, ThePageShowsPartsCostsAndWhatIsWide) {
  const std::string text = "It\u2019s " + std::string(100, 'a');
  const std::string shown = page(text);
  EXPECT_THAT(shown, HasSubstr("ucs2, data_coding 8: 2 parts, 67 + 38 units\n"));
  EXPECT_THAT(shown, HasSubstr("part 1  It\u27E6\u2019\u27E7s a"));
  EXPECT_THAT(shown, HasSubstr("\npart 2  a"));
  EXPECT_THAT(squeezed(shown), HasSubstr("gsm7, transliterated 1 105 not allowed here\n"));
  EXPECT_THAT(squeezed(shown), HasSubstr("gsm7 - - cannot hold it\n"));
  EXPECT_THAT(squeezed(shown), HasSubstr("ucs2 2 105 chosen\n"));
  EXPECT_THAT(shown,
              HasSubstr("not in gsm7: 1 character\n  \u27E6\u2019\u27E7 U+2019 at octet 2, write '\n"));
  EXPECT_THAT(shown, HasSubstr("cheaper: 1 part as gsm7, written so\n        It's a"));
}

TEST(SegmentsReport, ThePageSaysWhatWasChanged) {
  const std::string shown = page("It\u2019s\u00AD", {.transliterate = true});
  EXPECT_THAT(shown, HasSubstr("gsm7, data_coding 0: 1 part, 4 units\n"));
  EXPECT_THAT(squeezed(shown), HasSubstr("gsm7, transliterated 1 4 chosen\n"));
  EXPECT_THAT(
      shown,
      HasSubstr("changed: 2 characters\n  U+2019 at octet 2 becomes '\n  U+00AD at octet 6 left out\n"));
  EXPECT_THAT(shown, Not(HasSubstr("not in")));
  EXPECT_THAT(shown, Not(HasSubstr("turkish"))) << "what saves nothing is not worth a line";
}

TEST(SegmentsReport, NationalTablesAreShownWithWhatTheySave) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "\u0D2E\u0D34 ";
  EXPECT_THAT(page(text, {.operator_name = "national"}),
              HasSubstr("gsm7+locking:malayalam, data_coding 0: 1 part"));
  const std::string plain = page(text, {.operator_name = "plain"});
  EXPECT_THAT(plain, HasSubstr("ucs2, data_coding 8: 3 parts"));
  EXPECT_THAT(squeezed(plain), HasSubstr("gsm7+locking:malayalam 1 150 not allowed here"));
  EXPECT_THAT(plain, HasSubstr("U+0D2E at octet 0, 50 times"));
}

TEST(SegmentsReport, StrangersThatCostAPartAreNamed) {
  EXPECT_THAT(page(std::string(100, 'a') + "\U0001F600"),
              HasSubstr("without the marked characters: 1 part as gsm7\n"));
}

TEST(SegmentsReport, ErrorsNameTheOctetAndTheCharacter) {
  EXPECT_EQ(page("a\xFF"), "invalid_utf8 at octet 1");
  EXPECT_EQ(page("a\x07"), "forbidden_control at octet 1: U+0007");
  EXPECT_EQ(page("ab\u0D2E", {.encoding = "gsm7"}),
            "not_encodable at octet 2: U+0D2E is in no encoding allowed here");
  EXPECT_EQ(page(std::string(500, 'a'), {.operator_name = "national"}),
            "too_many_segments: it would take 4 parts, more than are allowed here");
}

}  // namespace
}  // namespace anchal::app
