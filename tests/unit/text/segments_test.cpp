#include "smpp/text/segments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace anchal::smpp {
namespace {

using nlohmann::json;

json report(std::string_view text, const EncodingProfile& profile = {}) {
  const auto result = report_segments(text, profile);
  return json::parse(result ? to_json(*result, text) : to_json(result.error()));
}

json candidate(const json& of, std::string_view encoding, bool transliterated = false) {
  for (const json& one : of["candidates"]) {
    if (one["encoding"] == encoding && one["transliterated"] == transliterated) return one;
  }
  return nullptr;
}

TEST(Segments, PlainTextNeedsNothingWider) {
  const json result = report("Hello {x}");
  EXPECT_EQ(result["encoding"], "gsm7");
  EXPECT_EQ(result["data_coding"], 0);
  EXPECT_EQ(result["parts"], 1);
  EXPECT_EQ(result["units"], json::array({11}));
  EXPECT_EQ(result["wide"], json::array());
  EXPECT_EQ(candidate(result, "gsm7")["units"], 11);
  EXPECT_EQ(candidate(result, "latin1")["allowed"], false);
  EXPECT_EQ(candidate(result, "ucs2")["units"], 9);
}

TEST(Segments, OneQuoteForcesUcs2AndHasACheaperSpelling) {
  const std::string text = "It\xE2\x80\x99s " + std::string(100, 'a');
  const json result = report(text);
  EXPECT_EQ(result["encoding"], "ucs2");
  EXPECT_EQ(result["parts"], 2);
  EXPECT_EQ(result["starts"], json::array({0, 69}));
  EXPECT_EQ(result["narrower"], "gsm7");
  EXPECT_EQ(result["wide"],
            json::parse(R"([{"offset":2,"octets":3,"code_point":"U+2019","replacement":"'"}])"));
  EXPECT_EQ(candidate(result, "gsm7")["encodable"], false);
  EXPECT_EQ(candidate(result, "gsm7", true)["parts"], 1);
  EXPECT_EQ(candidate(result, "gsm7", true)["allowed"], false);
}

TEST(Segments, WhatTransliterationChangedIsListed) {
  const json result = report(
      "\xE2\x82\xB9"
      "5 \xE2\x80\x93 \xC2\xAD",
      {.transliterate = true});
  EXPECT_EQ(result["encoding"], "gsm7");
  EXPECT_EQ(result["changed"].size(), 3U);
  EXPECT_EQ(result["changed"][0]["replacement"], "Rs.");
  EXPECT_EQ(result["changed"][1]["offset"], 5);
  EXPECT_EQ(result["changed"][2]["replacement"], "");
}

TEST(Segments, WithNationalTablesOnlyTheStrangersAreWide) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "\xE0\xB4\xAE\xE0\xB4\xB4 ";
  text += "\xE2\x80\x8C";  // ZWNJ
  const json result = report(text, {.national = LanguageSet::all()});
  EXPECT_EQ(result["encoding"], "ucs2");
  EXPECT_EQ(result["narrower"], "gsm7+locking:malayalam");
  EXPECT_EQ(result["wide"], json::parse(R"([{"offset":210,"octets":3,"code_point":"U+200C"}])"));
  const json without = report(text);
  EXPECT_EQ(without["narrower"], "gsm7");
  EXPECT_EQ(without["wide_total"], 61);
}

TEST(Segments, OlderChilluHasACheaperSpelling) {
  const std::string text = "\xE0\xB4\xA8\xE0\xB5\x8D\xE2\x80\x8D";
  EncodingProfile profile{.national = LanguageSet::all()};
  profile.chillu = false;
  const json result = report(text, profile);
  EXPECT_EQ(result["wide"],
            json::parse(R"([{"offset":0,"octets":9,"code_point":"U+200D","replacement":"\u0d7b"}])"));
  profile.chillu = true;
  EXPECT_EQ(report(text, profile)["changed"][0]["replacement"], "\xE0\xB5\xBB");
}

TEST(Segments, NationalCandidatesAreShownWhetherAllowedOrNot) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\xE0\xB4\x95";
  const json result = report(text);
  EXPECT_EQ(result["encoding"], "ucs2");
  const json locking = candidate(result, "gsm7+locking:malayalam");
  EXPECT_EQ(locking["parts"], 1);
  EXPECT_EQ(locking["allowed"], false);
}

TEST(Segments, ManyWideCharactersAreCountedAndTheFirstListed) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "\xD0\xB6";
  const json result = report(text);
  EXPECT_EQ(result["wide"].size(), SegmentReport::kWideMax);
  EXPECT_EQ(result["wide_total"], 500);
}

TEST(Segments, ErrorsAreObjectsToo) {
  EXPECT_EQ(report("a\xFF"), json::parse(R"({"error":"invalid_utf8","offset":1})"));
  EXPECT_EQ(report("a\x07"),
            json::parse(R"({"error":"forbidden_control","offset":1,"code_point":"U+0007"})"));
  const std::string text(500, 'a');
  EXPECT_EQ(report(text, {.max_parts = 2}), json::parse(R"({"error":"too_many_segments","segments":4})"));
}

TEST(Segments, WideCharactersAreMarkedInTheTextAndInvisibleOnesNamed) {
  const json quote = report("It\u2019s \u201Cnow\u201D");
  EXPECT_EQ(quote["marked"], "It\u27E6\u2019\u27E7s \u27E6\u201C\u27E7now\u27E6\u201D\u27E7");
  EXPECT_EQ(report("plain")["marked"], "plain");
  const json joiner = report("\u0D15\u200C\u0D2E", {.national = LanguageSet::all()});
  EXPECT_EQ(joiner["marked"], "\u0D15\u27E6U+200C\u27E7\u0D2E");
  EXPECT_EQ(report("ab\u0436\u0436 \u0436")["marked"], "ab\u27E6\u0436\u0436\u27E7 \u27E6\u0436\u27E7");
}

TEST(Segments, APartOfTheTextIsMarkedByItself) {
  const std::string text = "\u0436" + std::string(80, 'a') + "\u0436";
  const auto result = report_segments(text, {});
  ASSERT_TRUE(result);
  ASSERT_EQ(result->starts.size(), 2U);
  EXPECT_EQ(marked_text(text, *result, 0, result->starts[1]), "\u27E6\u0436\u27E7" + std::string(66, 'a'));
  EXPECT_EQ(marked_text(text, *result, result->starts[1], text.size()),
            std::string(14, 'a') + "\u27E6\u0436\u27E7");
  EXPECT_EQ(marked_text(text, *result, 1, 2), "\u27E6\xB6\u27E7")
      << "cut inside a character: still no octet lost";
}

TEST(Segments, ACheaperSpellingIsWrittenOut) {
  const std::string text = "It\u2019s " + std::string(100, 'a');
  const json result = report(text);
  EXPECT_EQ(result["cheaper"]["text"], "It's " + std::string(100, 'a'));
  EXPECT_EQ(result["cheaper"]["encoding"], "gsm7");
  EXPECT_EQ(result["cheaper"]["parts"], 1);
  EXPECT_EQ(result["cheaper"]["units"], 105);
  EXPECT_FALSE(report(text, {.transliterate = true}).contains("cheaper")) << "done already";
  EXPECT_FALSE(report("It\u2019s").contains("cheaper")) << "one part is one part";
}

TEST(Segments, InUcs2OnlyShorterSpellingsCount) {
  // 71 units, one of them a soft hyphen; the ellipsis would take two more if written out.
  const std::string text = "\U0001F600\u2026\u00AD" + std::string(67, 'a');
  const json result = report(text);
  EXPECT_EQ(result["parts"], 2);
  EXPECT_EQ(result["cheaper"]["encoding"], "ucs2");
  EXPECT_EQ(result["cheaper"]["parts"], 1);
  EXPECT_EQ(result["cheaper"]["text"], "\U0001F600\u2026" + std::string(67, 'a'));
}

TEST(Segments, WhatAFewStrangersCostIsSaid) {
  const std::string text = std::string(100, 'a') + "\U0001F600";
  const json result = report(text);
  EXPECT_EQ(result["parts"], 2);
  EXPECT_EQ(result["without"], json::parse(R"({"encoding":"gsm7","units":100,"parts":1})"));
  std::string foreign;
  for (int i = 0; i < 100; ++i) foreign += "\u0436";
  EXPECT_FALSE(report(foreign).contains("without")) << "nobody leaves out a whole text";
}

TEST(Segments, ACheaperSpellingIsNeverDearerAndSaysTheSame) {
  std::string chillu;
  for (int i = 0; i < 40; ++i) chillu += "\u0D28\u0D4D\u200D ";
  EncodingProfile profile{.national = LanguageSet::all()};
  profile.chillu = false;
  const json result = report(chillu, profile);
  EXPECT_EQ(result["encoding"], "ucs2");
  EXPECT_EQ(result["parts"], 3);
  EXPECT_EQ(result["cheaper"]["parts"], 1);
  profile.chillu = true;
  EXPECT_EQ(result["cheaper"]["units"], report(chillu, profile)["units"][0]);
}

TEST(Segments, CostsFollowTheOperatorsDefaultAlphabet) {
  // The euro is GSM 7-bit but not Latin-1: where the SMSC takes data_coding 0 for Latin-1 it cannot go so.
  const json result = report("\u20AC", {.default_charset = Charset::latin1});
  EXPECT_EQ(result["encoding"], "ucs2");
  EXPECT_EQ(candidate(result, "gsm7")["encodable"], false);
  EXPECT_EQ(result["wide"][0]["code_point"], "U+20AC");
  const json national =
      report("\u0D2E", {.national = LanguageSet::all(), .default_charset = Charset::latin1});
  EXPECT_EQ(candidate(national, "gsm7+locking:malayalam")["allowed"], false);
  EXPECT_EQ(candidate(report("a", {.allowed = {Alphabet::ascii}}), "ascii")["allowed"], true);
}

TEST(Segments, CostsAreKnownOfTextsThatAreRefusedToo) {
  const EncodingProfile narrow{.allowed = {Alphabet::gsm7}};
  ASSERT_FALSE(report_segments("\u0D2E", narrow));
  const json refused =
      json::parse(to_json(report_segments("\u0D2E", narrow).error(), list_candidates("\u0D2E", narrow)));
  EXPECT_EQ(refused["error"], "not_encodable");
  EXPECT_EQ(candidate(refused, "ucs2")["parts"], 1);
  EXPECT_EQ(candidate(refused, "ucs2")["allowed"], false);
  const std::string long_text(400, 'a');
  const EncodingProfile short_only{.max_parts = 2};
  EXPECT_EQ(list_candidates(long_text, short_only)[0].parts, 3U);
}

TEST(Segments, LatinOneIsANarrowerEncodingWhereItIsAllowed) {
  const EncodingProfile profile{.allowed = {Alphabet::gsm7, Alphabet::latin1, Alphabet::ucs2}};
  const json euro = report("na\u00EFve \u00E2 \u20AC", profile);
  EXPECT_EQ(euro["encoding"], "ucs2");
  EXPECT_EQ(euro["narrower"], "latin1");
  EXPECT_EQ(euro["wide"], json::parse(R"([{"offset":10,"octets":3,"code_point":"U+20AC"}])"));
  const json latin = report("na\u00EFve", profile);
  EXPECT_EQ(latin["encoding"], "latin1");
  EXPECT_EQ(latin["narrower"], "gsm7");
  EXPECT_EQ(latin["wide_total"], 1);
  // The euro is in GSM 7-bit, which this operator does not take: all the same it is what stands in the way.
  const json without = report("\u00E9\u20AC", {.allowed = {Alphabet::latin1, Alphabet::ucs2}});
  EXPECT_EQ(without["narrower"], "latin1");
  EXPECT_EQ(without["wide"][0]["code_point"], "U+20AC");
  EXPECT_EQ(report("\u00E9", {.allowed = {Alphabet::ascii, Alphabet::latin1}})["narrower"], "ascii");
}

TEST(Segments, TheChosenEncodingIsAmongTheCandidates) {
  const std::string text = "\u201C\u00E2\u201D";
  EncodingProfile profile{.allowed = {Alphabet::latin1, Alphabet::ucs2}, .transliterate = true};
  const json latin = report(text, profile);
  EXPECT_EQ(latin["encoding"], "latin1");
  EXPECT_EQ(latin["transliterated"], true);
  EXPECT_EQ(candidate(latin, "latin1", true)["units"], 3);
  EXPECT_EQ(candidate(latin, "latin1", true)["allowed"], true);
  EXPECT_EQ(candidate(latin, "latin1", false)["encodable"], false);
  profile.allowed = {Alphabet::ascii};
  EXPECT_EQ(candidate(report("\u201Ca\u201D", profile), "ascii", true)["parts"], 1);
}

TEST(Segments, ThereIsNoSpanishLockingTable) {
  EXPECT_EQ(candidate(report(""), "gsm7+locking:spanish"), nullptr);
  EXPECT_EQ(candidate(report(""), "gsm7+single:spanish")["parts"], 1);
}

TEST(Segments, LineEndsThatChangeAreListed) {
  const json result = report("a\r\nb", {.newlines_to_lf = true});
  EXPECT_EQ(result["changed"],
            json::parse(R"([{"offset":1,"octets":1,"code_point":"U+000D","replacement":""}])"));
}

TEST(Segments, StartsOfPartsAreOctetsOfTheText) {
  const std::string text = std::string(160, 'a') + "\"\\\n";
  const json result = report(text);
  EXPECT_EQ(result["starts"], json::array({0, 153}));
}

}  // namespace
}  // namespace anchal::smpp
