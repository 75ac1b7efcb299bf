#include "smpp/text/segments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace anchal::smpp {
namespace {

using nlohmann::json;

json report(std::string_view text, const EncodingProfile& profile = {}) {
  const auto result = report_segments(text, profile);
  return json::parse(result ? to_json(*result) : to_json(result.error()));
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

TEST(Segments, StartsOfPartsAreOctetsOfTheText) {
  const std::string text = std::string(160, 'a') + "\"\\\n";
  const json result = report(text);
  EXPECT_EQ(result["starts"], json::array({0, 153}));
}

}  // namespace
}  // namespace anchal::smpp
