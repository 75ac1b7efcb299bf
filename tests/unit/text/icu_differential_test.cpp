#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unicode/brkiter.h>
#include <unicode/ucnv.h>
#include <unicode/unistr.h>

#include <memory>
#include <string>
#include <vector>

#include "smpp/text/decode.h"
#include "smpp/text/plan.h"
#include "tests/unit/text/generators.h"
#include "tests/unit/text/model.h"
#include "tests/unit/text/text_support.h"

/// ICU knows UTF-16, grapheme clusters and the older character sets on its own account.
namespace anchal::smpp {
namespace {

using test::any_text;
using test::to_utf8;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string utf16be(const icu::UnicodeString& text) {
  std::string octets;
  for (std::int32_t i = 0; i < text.length(); ++i) {
    octets += static_cast<char>(text.charAt(i) >> 8U);
    octets += static_cast<char>(text.charAt(i) & 0xFFU);
  }
  return octets;
}

RC_GTEST_PROP(IcuDifferential, Ucs2PartsAreIcusUtf16, ()) {
  const std::string utf8 = to_utf8(*any_text());
  EncodingProfile profile{.allowed = {Alphabet::ucs2}};
  profile.chillu = false;
  const auto result = plan(utf8, profile);
  if (!result) return;
  std::string joined;
  for (std::size_t i = 0; i < result->parts(); ++i) {
    std::vector<std::byte> out(result->octets_in(i));
    RC_ASSERT(write_part(*result, i, 0, out) == out.size());
    joined.append(reinterpret_cast<const char*>(out.data()), out.size());
    joined.erase(joined.size() - out.size(), result->udh_octets());
  }
  auto expected = icu::UnicodeString::fromUTF8(utf8);
  if (expected.startsWith(u"\uFEFF")) expected.remove(0, 1);
  RC_ASSERT(joined == utf16be(expected));
}

RC_GTEST_PROP(IcuDifferential, GraphemePartsEndAtIcusClusterBoundaries, ()) {
  const std::string utf8 = to_utf8(*any_text());
  EncodingProfile profile{.allowed = {Alphabet::ucs2}, .split = Split::grapheme};
  profile.chillu = false;
  const auto result = plan(utf8, profile);
  if (!result) return;
  const auto text = icu::UnicodeString::fromUTF8(utf8);
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> clusters(
      icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
  RC_ASSERT(U_SUCCESS(status));
  clusters->setText(text);
  std::int32_t begin = text.startsWith(u"\uFEFF") ? 1 : 0;
  for (std::size_t i = 0; i + 1 < result->parts(); ++i) {
    const std::int32_t end = begin + result->units_in(i);
    // Our clusters join ICU's, so one of ours longer than a part is cut where no boundary of ours is.
    bool has_boundary = false;
    const std::u32string whole = test::to_utf32(utf8);
    std::int32_t at = 0;
    for (std::size_t k = 0; k < whole.size(); ++k) {
      if (k != 0 && at > begin && at <= begin + 67 && test::may_break(whole, k)) has_boundary = true;
      at += whole[k] > 0xFFFF ? 2 : 1;
    }
    RC_ASSERT(!has_boundary || clusters->isBoundary(end));
    begin = end;
  }
}

bool icu_takes(std::string_view octets) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(ucnv_open("UTF-8", &status),
                                                                     &ucnv_close);
  ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  std::vector<UChar> out(octets.size() + 1);
  ucnv_toUChars(converter.get(), out.data(), static_cast<std::int32_t>(out.size()), octets.data(),
                static_cast<std::int32_t>(octets.size()), &status);
  return U_SUCCESS(status);
}

RC_GTEST_PROP(IcuDifferential, Utf8IsIllFormedForBothOrNeither, ()) {
  // Octets that are often nearly right.
  const auto noise = *rc::gen::container<std::string>(rc::gen::weightedOneOf<char>(
      {{3, rc::gen::map(rc::gen::inRange(0x20, 0x7F), [](int c) { return static_cast<char>(c); })},
       {4, rc::gen::map(rc::gen::inRange(0x80, 0xC0), [](int c) { return static_cast<char>(c); })},
       {3,
        rc::gen::map(rc::gen::element(0xC0, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF),
                     [](int c) { return static_cast<char>(c); })}}));
  const auto result = plan(noise, {});
  const bool ill_formed = !result && result.error().kind == TextErrorKind::invalid_utf8;
  RC_ASSERT(ill_formed == !icu_takes(noise));
  if (ill_formed) {
    RC_ASSERT(icu_takes(std::string_view(noise).substr(0, result.error().offset)));
  }
}

std::string ours(ReceivedAlphabet alphabet, std::string_view octets) {
  std::string text;
  const auto bytes = std::as_bytes(std::span(octets.data(), octets.size()));
  return decode_body(bytes, {.alphabet = alphabet}, text) == 0 ? text : std::string("unread");
}

std::string icus(const char* name, std::string_view octets) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(ucnv_open(name, &status), &ucnv_close);
  ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  std::array<UChar, 8> out;
  const std::int32_t size = ucnv_toUChars(converter.get(), out.data(), out.size(), octets.data(),
                                          static_cast<std::int32_t>(octets.size()), &status);
  std::string text;
  if (U_SUCCESS(status)) icu::UnicodeString(out.data(), size).toUTF8String(text);
  return U_SUCCESS(status) ? text : "unread";
}

TEST(IcuDifferential, CyrillicAndHebrewAgreeOctetForOctet) {
  for (int c = 0x20; c < 0x100; ++c) {
    const std::string octet(1, static_cast<char>(c));
    if (c != 0x7F && !(c >= 0x80 && c < 0xA0)) {
      EXPECT_EQ(ours(ReceivedAlphabet::cyrillic, octet), icus("ISO-8859-5", octet)) << c;
    }
    // ICU's Hebrew has the macron and the bidi marks of the standard's first edition apart.
    if (c < 0x80 || (c >= 0xE0 && c <= 0xFA)) {
      EXPECT_EQ(ours(ReceivedAlphabet::hebrew, octet), icus("ISO-8859-8", octet)) << c;
    }
  }
}

// Pairs that both read, but not alike, or only we.
std::vector<std::string> differences(ReceivedAlphabet alphabet, const char* name, int first, int last,
                                     int low, int high) {
  std::vector<std::string> list;
  for (int a = first; a <= last; ++a) {
    for (int b = low; b <= high; ++b) {
      const std::string pair = {static_cast<char>(a), static_cast<char>(b)};
      const std::string mine = ours(alphabet, pair);
      if (mine == "unread" || mine == icus(name, pair)) continue;
      list.push_back(test::to_hex(std::as_bytes(std::span(pair.data(), pair.size()))));
    }
  }
  return list;
}

TEST(IcuDifferential, KoreanPairsAgreeButForTwoLaterSigns) {
  EXPECT_THAT(differences(ReceivedAlphabet::korean, "EUC-KR", 0xA1, 0xFE, 0xA1, 0xFE),
              ElementsAre("A2E6", "A2E7"));
}

TEST(IcuDifferential, ShiftJisPairsAgreeButForThoseThatVendorsWiden) {
  EXPECT_THAT(differences(ReceivedAlphabet::jis, "Shift_JIS", 0x81, 0x9F, 0x40, 0xFC),
              ElementsAre("8160", "8161", "817C", "8191", "8192", "81CA"));
  EXPECT_THAT(differences(ReceivedAlphabet::jis, "Shift_JIS", 0xE0, 0xEF, 0x40, 0xFC), IsEmpty());
}

}  // namespace
}  // namespace anchal::smpp
