#include "smpp/text/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/text/text_support.h"

namespace anchal::smpp {
namespace {

using test::to_hex;
using ::testing::ElementsAre;

std::string repeat(std::string_view unit, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += unit;
  return text;
}

std::string part_hex(const SegmentPlan& plan, std::size_t index, std::uint16_t reference = 0x12AB) {
  std::vector<std::byte> out(plan.octets_in(index));
  EXPECT_EQ(write_part(plan, index, reference, out), out.size());
  return to_hex(out);
}

std::vector<std::uint16_t> units_of(const SegmentPlan& plan) {
  std::vector<std::uint16_t> units;
  for (std::size_t i = 0; i < plan.parts(); ++i) units.push_back(plan.units_in(i));
  return units;
}

TEST(Plan, SingleGsmPartHasNoHeaderAndNoFlag) {
  const auto result = plan("Hi @ [1]", {});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->parts(), 1U);
  EXPECT_EQ(result->esm_class(), 0);
  EXPECT_EQ(result->udh_octets(), 0U);
  EXPECT_EQ(result->concatenation(), Concatenation::none);
  EXPECT_EQ(result->units(), 10U);
  EXPECT_EQ(part_hex(*result, 0), "48692000201B3C311B3E");
}

TEST(Plan, WideReferenceStandsInEveryHeader) {
  const std::string text(200, 'x');
  const auto result = plan(text, {.concatenation = Concatenation::udh16});
  ASSERT_TRUE(result.has_value());
  EXPECT_THAT(units_of(*result), ElementsAre(152, 48));
  EXPECT_EQ(result->esm_class(), kUdhiFlag);
  EXPECT_EQ(part_hex(*result, 0).substr(0, 14), "06080412AB0201");
  EXPECT_EQ(part_hex(*result, 1).substr(0, 14), "06080412AB0202");
}

TEST(Plan, NarrowReferenceTakesTheLowOctet) {
  const std::string text(200, 'x');
  const auto result = plan(text, {});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(part_hex(*result, 1).substr(0, 12), "050003AB0202");
}

TEST(Plan, SarPartsHaveTlvValuesInsteadOfAHeader) {
  const std::string text(200, 'x');
  const auto result = plan(text, {.concatenation = Concatenation::sar});
  ASSERT_TRUE(result.has_value());
  EXPECT_TRUE(result->uses_sar());
  EXPECT_EQ(result->esm_class(), 0);
  EXPECT_THAT(units_of(*result), ElementsAre(153, 47));
  EXPECT_EQ(result->octets_in(0), 153U);
  EXPECT_EQ(sar_fields(*result, 1, 0x12AB), (SarFields{0x12AB, 2, 2}));
}

TEST(Plan, SinglePartHasNoSarFields) {
  const auto result = plan("x", {.concatenation = Concatenation::sar});
  EXPECT_EQ(sar_fields(*result, 0, 1), std::nullopt);
}

TEST(Plan, PayloadIsOneSubmitThatCostsSeveralSegments) {
  const std::string text(200, 'x');
  const auto result = plan(text, {.concatenation = Concatenation::payload});
  ASSERT_TRUE(result.has_value());
  EXPECT_TRUE(result->uses_payload());
  EXPECT_EQ(result->parts(), 1U);
  EXPECT_EQ(result->segments(), 2U);
  EXPECT_EQ(result->octets_in(0), 200U);
  EXPECT_EQ(result->esm_class(), 0);
}

TEST(Plan, ShortTextDoesNotUseThePayload) {
  const auto result = plan("x", {.concatenation = Concatenation::payload});
  EXPECT_FALSE(result->uses_payload());
}

TEST(Plan, LongestPackedPayloadIsWrittenWhole) {
  const std::string text(255 * 153, 'x');
  const auto result =
      plan(text, {.default_charset = Charset::gsm7_packed, .concatenation = Concatenation::payload});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->segments(), 255U);
  EXPECT_EQ(result->octets_in(0), (255U * 153U * 7U + 7U) / 8U);
  EXPECT_EQ(part_hex(*result, 0).size(), 2 * result->octets_in(0));
}

TEST(Plan, NationalTablesStayOutWhereEverySegmentCannotRepeatThem) {
  const std::string text = repeat("\xE0\xB4\x95", 300);
  const auto with_header = plan(text, {.national = LanguageSet::all()});
  EXPECT_EQ(to_string(with_header->encoding()), "gsm7+locking:malayalam");
  for (const auto style : {Concatenation::sar, Concatenation::payload}) {
    const auto without = plan(text, {.national = LanguageSet::all(), .concatenation = style});
    EXPECT_EQ(to_string(without->encoding()), "ucs2");
    const std::string short_text = repeat("\xE0\xB4\x95", 100);
    const auto one = plan(short_text, {.national = LanguageSet::all(), .concatenation = style});
    EXPECT_EQ(to_string(one->encoding()), "gsm7+locking:malayalam");
    EXPECT_EQ(one->esm_class(), kUdhiFlag);
  }
}

TEST(Plan, ProfileWithoutConcatenationRefusesWhatIsLong) {
  const std::string text(161, 'x');
  const auto result = plan(text, {.concatenation = Concatenation::none});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error(), (TextError{TextErrorKind::too_many_segments, 0, 0, 2}));
  EXPECT_TRUE(plan("x", {.concatenation = Concatenation::none}).has_value());
}

TEST(Plan, OperatorThatTakesLatin1GetsLatin1OctetsCountedAsSeptets) {
  const EncodingProfile profile{.default_charset = Charset::latin1};
  const std::string text = "caf\xC3\xA9 [1]";
  const auto result = plan(text, profile);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(to_string(result->encoding()), "gsm7");
  EXPECT_EQ(result->data_coding(), 0);
  EXPECT_EQ(result->units(), 10U);
  EXPECT_EQ(part_hex(*result, 0), "636166E9205B315D");
  // The euro sign is in GSM 7-bit, not in Latin-1.
  EXPECT_EQ(to_string(plan("\xE2\x82\xAC", profile)->encoding()), "ucs2");
}

TEST(Plan, OperatorThatTakesAsciiGetsNothingAboveIt) {
  const EncodingProfile profile{.default_charset = Charset::ascii};
  EXPECT_EQ(part_hex(*plan("a@_$", profile), 0), "61405F24");
  const std::string accented = "caf\xC3\xA9";
  EXPECT_EQ(to_string(plan(accented, profile)->encoding()), "ucs2");
}

TEST(Plan, DataCodingIsTheOperators) {
  EncodingProfile profile;
  profile.data_coding.ucs2 = 0x18;
  profile.data_coding.gsm7 = 0xF1;
  EXPECT_EQ(plan("x", profile)->data_coding(), 0xF1);
  EXPECT_EQ(plan("\xD0\xB6", profile)->data_coding(), 0x18);
}

TEST(Plan, JobNarrowsWhatTheOperatorAllows) {
  const EncodingProfile profile;
  EXPECT_EQ(to_string(plan("x", narrowed(profile, EncodingRequest::ucs2))->encoding()), "ucs2");
  EXPECT_EQ(plan("\xD0\xB6", narrowed(profile, EncodingRequest::gsm7)).error(),
            (TextError{TextErrorKind::not_encodable, 0, 0x0436, 0}));
  const auto latin1 = plan("x", narrowed(profile, EncodingRequest::latin1));
  EXPECT_EQ(latin1.error().kind, TextErrorKind::not_encodable) << "the operator does not take it";
}

TEST(Plan, AsciiAndLatin1AreTriedBeforeUcs2) {
  const EncodingProfile profile{.allowed = {Alphabet::ascii, Alphabet::latin1, Alphabet::ucs2}};
  EXPECT_EQ(to_string(plan("x", profile)->encoding()), "ascii");
  EXPECT_EQ(plan("x", profile)->data_coding(), 1);
  EXPECT_EQ(to_string(plan("\xC3\xA9", profile)->encoding()), "latin1");
  EXPECT_EQ(to_string(plan("\xD0\xB6", profile)->encoding()), "ucs2");
}

TEST(Plan, NotEncodableNamesTheFirstCharacterThatIsToBlame) {
  const auto result = plan("ok \xE2\x82\xAC \xD0\xB6 \xD0\xB6", {.allowed = {Alphabet::gsm7}});
  EXPECT_EQ(result.error(), (TextError{TextErrorKind::not_encodable, 7, 0x0436, 0}));
}

TEST(Plan, ByteOrderMarkAtTheFrontIsDroppedAndCountsForOffsets) {
  const std::string mark = "\xEF\xBB\xBF";
  const std::string text = mark + "hi";
  EXPECT_EQ(part_hex(*plan(text, {}), 0), "6869");
  const std::string bad = mark + "hi\x07";
  EXPECT_EQ(plan(bad, {}).error(), (TextError{TextErrorKind::forbidden_control, 5, 7, 0}));
  const std::string wide = mark + "\xD0\xB6";
  EXPECT_EQ(part_hex(*plan(wide, {}), 0), "0436");
  EXPECT_EQ(plan(mark, {})->parts(), 1U);
}

TEST(Plan, IllFormedOctetsComeBeforeAForbiddenControl) {
  EXPECT_EQ(plan("\x01 \xFF", {}).error(), (TextError{TextErrorKind::invalid_utf8, 2, 0, 0}));
}

TEST(Plan, OctetsLikeNoPatternAtAllAreIllFormed) {
  // Found by fuzzing: what matched the run of a script before there was one.
  EXPECT_EQ(plan("\xFF\xFE\xC0\xFF\xFE\xC0 and more", {}).error().kind, TextErrorKind::invalid_utf8);
}

TEST(Plan, ReplacementMayBeCutInTheMiddleLikeAnyText) {
  const std::string text = std::string(152, 'a') + "\xE2\x80\xA6" + std::string(10, 'b');
  const auto result = plan(text, {.split = Split::units, .transliterate = true});
  ASSERT_TRUE(result.has_value());
  EXPECT_TRUE(result->transliterated());
  EXPECT_THAT(units_of(*result), ElementsAre(153, 12));
  EXPECT_EQ(part_hex(*result, 0).substr(2 * 158), "2E");
  EXPECT_EQ(part_hex(*result, 1), "050003AB02022E2E" + repeat("62", 10));
}

TEST(Plan, GraphemesAreKeptOnlyWhileThatIsFree) {
  // 66 letters, then base and accent over the end of the first part.
  const std::string accent = "e\xCC\x81";
  const std::string room = repeat("\xD0\xB6", 66) + accent + repeat("\xD0\xB6", 20);
  EXPECT_THAT(units_of(*plan(room, {.split = Split::grapheme_if_free})), ElementsAre(66, 22));
  const std::string full = repeat("\xD0\xB6", 66) + accent + repeat("\xD0\xB6", 66);
  EXPECT_THAT(units_of(*plan(full, {.split = Split::grapheme_if_free})), ElementsAre(67, 67));
  EXPECT_THAT(units_of(*plan(full, {.split = Split::grapheme})), ElementsAre(66, 67, 1));
}

TEST(Plan, WhereOneClusterMustBeCutTheOthersStayWhole) {
  // Two clusters lie over the borders of three parts; of them move as many as there are units to spare.
  const std::string head =
      repeat("\xD0\xB6", 66) + "e\xCC\x81" + repeat("\xD0\xB6", 64) + "e\xCC\x81\xCC\x81";
  const std::string two = head + repeat("\xD0\xB6", 64);
  const std::string one = head + repeat("\xD0\xB6", 65);
  const std::string none = head + repeat("\xD0\xB6", 66);
  EXPECT_THAT(units_of(*plan(two, {})), ElementsAre(66, 66, 67));
  EXPECT_THAT(units_of(*plan(one, {})), ElementsAre(66, 67, 67));
  EXPECT_THAT(units_of(*plan(one, {.split = Split::grapheme})), ElementsAre(66, 66, 67, 1));
  EXPECT_THAT(units_of(*plan(none, {})), ElementsAre(67, 67, 67));
}

TEST(Plan, WhatOnlyNationalTablesHaveIsTooLongWhereTheseMayNotGoInParts) {
  EncodingProfile profile{.allowed = {Alphabet::gsm7}, .national = LanguageSet::all()};
  profile.concatenation = Concatenation::sar;
  const std::string one = repeat("\u0D15", 155);
  const std::string two = repeat("\u0D15", 156);
  EXPECT_EQ(plan(one, profile)->parts(), 1U);
  EXPECT_EQ(plan(two, profile).error(), (TextError{TextErrorKind::too_many_segments, 0, 0, 2}));
  const std::string stranger = two + "\u0436";
  EXPECT_EQ(plan(stranger, profile).error().kind, TextErrorKind::not_encodable);
  EXPECT_EQ(plan(stranger, profile).error().code_point, U'\u0436');
}

TEST(Plan, TransliterationThatCostsMorePartsThanUcs2IsNotMade) {
  const EncodingProfile profile{.transliterate = true};
  const std::string few = repeat("\xE2\x82\xB9", 200);   // 600 septets: four parts; 200 units: three
  const std::string many = repeat("\xE2\x82\xB9", 204);  // 612 septets: four parts; 204 units: four
  EXPECT_EQ(plan(few, profile)->encoding(), (Encoding{.alphabet = Alphabet::ucs2}));
  EXPECT_EQ(plan(few, profile)->parts(), 3U);
  EXPECT_EQ(plan(many, profile)->encoding(), Encoding{});
  EXPECT_EQ(plan(many, profile)->parts(), 4U);
  EXPECT_EQ(plan(few, {.allowed = {Alphabet::gsm7}, .transliterate = true})->parts(), 4U) << "no other way";
  const EncodingProfile latin{.allowed = {Alphabet::latin1, Alphabet::ucs2}, .transliterate = true};
  EXPECT_EQ(plan(few, latin)->encoding(), (Encoding{.alphabet = Alphabet::ucs2}));
}

TEST(Plan, ClusterLongerThanAPartIsCutHard) {
  const std::string text = "e" + repeat("\xCC\x81", 100);
  EXPECT_THAT(units_of(*plan(text, {.split = Split::grapheme})), ElementsAre(67, 34));
}

TEST(Plan, CrLfIsNeverPartedEvenIfThatTakesAnotherPart) {
  const std::string room = std::string(152, 'a') + "\r\n" + std::string(10, 'b');
  const std::string full = std::string(152, 'a') + "\r\n" + std::string(152, 'b');
  const std::string escapes = std::string(151, 'a') + "[\r\n" + std::string(151, 'b');
  const std::string wide = repeat("\xD0\xB6", 66) + "\r\n" + repeat("\xD0\xB6", 66);
  for (const Split split : {Split::units, Split::grapheme, Split::grapheme_if_free}) {
    EXPECT_THAT(units_of(*plan(room, {.split = split})), ElementsAre(152, 12));
    EXPECT_THAT(units_of(*plan(full, {.split = split})), ElementsAre(152, 153, 1));
    EXPECT_THAT(units_of(*plan(escapes, {.split = split})), ElementsAre(153, 153));
    EXPECT_THAT(units_of(*plan(wide, {.split = split})), ElementsAre(66, 67, 1));
  }
}

TEST(Plan, CrLfBehindAClusterLongerThanAPartIsNotPartedEither) {
  const std::string text = "e" + repeat("\xCC\x81", 64) + "\xE2\x80\x8D\r\n" + repeat("\xD0\xB6", 40);
  EXPECT_THAT(units_of(*plan(text, {.split = Split::grapheme})), ElementsAre(66, 42));
}

TEST(Plan, TablesAreChosenKnowingThatCrLfIsNotParted) {
  // Two parts of UCS-2 would do, were it not for CR LF across their border.
  const std::string text = "\xE0\xB4\x95" + std::string(65, 'A') + "\r\n" + std::string(66, 'A');
  const auto result = plan(text, {.national = LanguageSet::all()});
  EXPECT_EQ(to_string(result->encoding()), "gsm7+locking:malayalam+single:malayalam");
  EXPECT_EQ(result->parts(), 2U);
  EXPECT_THAT(units_of(*plan(text, {})), ElementsAre(66, 67, 1));
}

TEST(Plan, NewlinesAreShortenedIfAsked) {
  const std::string text = "a\r\nb\rc\n\r\n";
  EXPECT_EQ(part_hex(*plan(text, {.newlines_to_lf = true}), 0), "610A620D630A0A");
  EXPECT_EQ(part_hex(*plan(text, {}), 0), "610D0A620D630A0D0A");
  const std::string wide = "\xD0\xB6\r\n";
  EXPECT_EQ(part_hex(*plan(wide, {.newlines_to_lf = true}), 0), "0436000A");
}

TEST(Plan, TextsOfManyBuffersAreCutAsShortOnes) {
  // A euro sign at each part's end costs a septet there; clusters cross every buffer.
  std::string text;
  for (int i = 0; i < 40; ++i) text += std::string(152, 'a') + "\xE2\x82\xAC";
  const auto gsm7 = plan(text, {.split = Split::units});
  ASSERT_TRUE(gsm7.has_value());
  EXPECT_EQ(gsm7->units(), 40U * 154U);
  std::size_t sum = 0;
  for (std::size_t i = 0; i < gsm7->parts(); ++i) sum += gsm7->units_in(i);
  EXPECT_EQ(sum, gsm7->units());
  const std::string lines = repeat(std::string(38, 'a') + "\r\n", 200);
  const auto cut = plan(lines, {.split = Split::units});
  ASSERT_TRUE(cut.has_value());
  EXPECT_EQ(cut->units(), 8000U);
  for (std::size_t i = 0; i < cut->parts(); ++i) EXPECT_NE(part_hex(*cut, i).substr(12, 2), "0A") << i;
  const std::string wide = repeat("e\xCC\x81\xD0\xB6", 1500);
  const auto ucs2 = plan(wide, {.split = Split::grapheme});
  ASSERT_TRUE(ucs2.has_value());
  EXPECT_EQ(ucs2->units(), 4500U);
  for (std::size_t i = 0; i < ucs2->parts(); ++i) {
    EXPECT_NE(part_hex(*ucs2, i).substr(12, 4), "0301") << i;
  }
}

TEST(Plan, ManySegmentsAreCountedBeyondWhatCanBeSent) {
  const std::string text = repeat("\xD0\xB6", 67 * 1000 + 1);
  EXPECT_EQ(plan(text, {}).error(), (TextError{TextErrorKind::too_many_segments, 0, 0, 1001}));
}

TEST(Plan, OutputTooShortIsLeftAlone) {
  const auto result = plan("hello", {});
  std::vector<std::byte> out(4, std::byte{0xEE});
  EXPECT_EQ(write_part(*result, 0, 0, out), 0U);
  EXPECT_EQ(to_hex(out), "EEEEEEEE");
}

TEST(Plan, BinaryIsCutAnywhereAndKeptAsItIs) {
  std::vector<std::byte> octets(200);
  for (std::size_t i = 0; i < octets.size(); ++i) octets[i] = static_cast<std::byte>(i ^ 0xEFU);
  const auto result = plan_binary(octets, {});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(to_string(result->encoding()), "binary");
  EXPECT_EQ(result->data_coding(), 4);
  EXPECT_THAT(units_of(*result), ElementsAre(134, 66));
  EXPECT_EQ(part_hex(*result, 0).substr(12) + part_hex(*result, 1).substr(12), to_hex(octets));
}

TEST(Plan, BinaryThatStartsLikeAByteOrderMarkKeepsIt) {
  const std::string octets = "\xEF\xBB\xBF!";
  const auto result = plan_binary(std::as_bytes(std::span(octets.data(), octets.size())), {});
  EXPECT_EQ(part_hex(*result, 0), "EFBBBF21");
}

TEST(Plan, OffsetsOfPartsAreOctetsOfTheText) {
  const std::string mark = "\xEF\xBB\xBF";
  const std::string cells = mark + repeat("\xE0\xB4\x95", 100);
  const auto ucs2 = plan(cells, {});
  EXPECT_EQ(ucs2->offset_of(0), 3U);
  EXPECT_EQ(ucs2->offset_of(1), 3U + 67U * 3U);
  const std::string mixed = repeat("\xD0\xB6\xE0\xB4\x95", 40);
  EXPECT_EQ(plan(mixed, {})->offset_of(1), 33U * 5U + 2U);
}

TEST(Plan, FlashIsMarkedAsTheOperatorWants) {
  EXPECT_EQ(flash_data_coding(Alphabet::gsm7, FlashStyle::dcs_general), 0x10);
  EXPECT_EQ(flash_data_coding(Alphabet::gsm7, FlashStyle::dcs_1111), 0xF0);
  EXPECT_EQ(flash_data_coding(Alphabet::ucs2, FlashStyle::dcs_1111), 0x18);
  EXPECT_EQ(flash_data_coding(Alphabet::ucs2, FlashStyle::tlv), std::nullopt);
}

TEST(Profile, NamesRoundTrip) {
  for (int n = 1; n <= kLanguageCount; ++n) {
    const auto language = static_cast<Language>(n);
    EXPECT_EQ(parse_language(to_string(language)), language);
  }
  EXPECT_EQ(parse_language("none"), std::nullopt);
  EXPECT_EQ(parse_encoding_request("auto"), EncodingRequest::automatic);
  EXPECT_EQ(parse_encoding_request("latin1"), EncodingRequest::latin1);
  EXPECT_EQ(parse_encoding_request("utf8"), std::nullopt);
  EXPECT_EQ(to_string(Encoding{Alphabet::gsm7, Language::urdu, Language::urdu}),
            "gsm7+locking:urdu+single:urdu");
  EXPECT_EQ(to_string(Encoding{Alphabet::gsm7, Language::urdu, Language::hindi}), "gsm7+mixed");
}

}  // namespace
}  // namespace anchal::smpp
