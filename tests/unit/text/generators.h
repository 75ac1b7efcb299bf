#pragma once

#include <rapidcheck.h>

#include <string>
#include <vector>

#include "smpp/text/plan.h"

namespace anchal::smpp::test {

/// Texts that look for trouble: a few scripts at a time with escapes, clusters and typographic characters,
/// often repeated so that they end near a part's limit. No Hangul jamo and no prepended marks, which the
/// cutting rules do not know.
inline rc::Gen<std::u32string> any_text() {
  using Pieces = std::vector<std::u32string>;
  static const std::vector<Pieces> groups = {
      {U"a", U"Z", U"0 ", U"the quick brown fox ", U"@$_", U"\u20AC", U"[", U"^{}\\~|", U"\f", U"\n", U"\r",
       U"\r\n"},
      {U"a ", U"\u00E9", U"\u00C7", U"\u0394\u03A9", U"\u00E8\u00F9", U"\u00A3"},
      {U"\u011F\u0131\u015E", U"\u0130", U"\u00E7", U"a", U"\u20AC"},
      {U"\u00E7\u00E3\u00F5", U"\u00CA", U"\u00E1", U"\u00CD", U"`", U"a"},
      // Malayalam with both spellings of chillus, conjuncts and joiners.
      {U"\u0D15", U"\u0D2E\u0D34 ", U"\u0D15\u0D4D\u0D37", U"\u0D3E", U"\u0D7B", U"\u0D28\u0D4D\u200D",
       U"\u0D35"},
      {U"\u0D15\u0D4D\u0D37\u0D4D\u0D2E\u0D4D", U"\u0D4D\u200D", U"\u0D4D\u200C", U"\u0D7D",
       U"\u0D33\u0D4D\u200D"},
      {U"\u0915\u094D\u0937", U"\u0939\u093F\u0928\u094D\u0926\u0940 ", U"\u0964", U"\u0966"},
      {U"\u0BA4\u0BAE\u0BBF\u0BB4\u0BCD", U"\u0BEE", U"1"},
      {U"\u0CA1", U"\u0CAA\u0CCD\u0CAA", U"\u0CE6"},
      {U"\u0C24\u0C46\u0C32\u0C41\u0C17\u0C41", U"\u0C6C", U"\u0C6D", U"A"},
      {U"\u0995\u09CD\u09B7", U"\u0964", U"\u09AC\u09BE"},
      {U"\u0627\u0644\u06CC ", U"\u0679", U"\u060C"},
      {U"\u2019", U"\u201C", U"\u2026", U"\u20B9", U"\u00A9", U"\u2013", U"\u200B", U"\u00AD", U"\uFF21",
       U"\u200E", U"\uFEFF", U"\u00A0", U"\t", U"\u0085"},
      {U"e\u0301", U"\U0001F600", U"\U0001F468\u200D\U0001F469\u200D\U0001F467", U"\U0001F44D\U0001F3FD",
       U"\U0001F1EE\U0001F1F3", U"\U0001F1EE", U"\u2764\uFE0F", U"1\uFE0F\u20E3",
       U"\U0001F3F4\U000E0067\U000E0062\U000E007F", U"\U00011103", U"\u4E2D", U"\uAC00", U"\uE000",
       U"\uFFFD"},
      {U"\u0436", U"\u0416\u0301", U"\u044F "},
  };
  return rc::gen::exec([] {
    const int palettes = *rc::gen::weightedElement<int>({{5, 1}, {4, 2}, {2, 3}});
    Pieces pieces;
    for (int i = 0; i < palettes; ++i) {
      const auto& group = groups[*rc::gen::inRange<std::size_t>(0, groups.size())];
      pieces.insert(pieces.end(), group.begin(), group.end());
    }
    const auto piece = rc::gen::apply(
        [pieces](std::size_t which, int times) {
          std::u32string text;
          for (int i = 0; i < times; ++i) text += pieces[which % pieces.size()];
          return text;
        },
        rc::gen::inRange<std::size_t>(0, 100),
        rc::gen::weightedOneOf<int>({{8, rc::gen::just(1)},
                                     {4, rc::gen::inRange(1, 8)},
                                     {2, rc::gen::inRange(60, 75)},
                                     {1, rc::gen::inRange(140, 165)}}));
    std::u32string text;
    for (const auto& one : *rc::gen::container<Pieces>(piece)) text += one;
    return text;
  });
}

inline rc::Gen<EncodingProfile> any_profile() {
  return rc::gen::exec([] {
    EncodingProfile profile;
    const int alphabets = *rc::gen::weightedElement<int>({{6, 0}, {2, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}});
    if (alphabets == 1) profile.allowed = {Alphabet::gsm7};
    if (alphabets == 2) profile.allowed = {Alphabet::ucs2};
    if (alphabets == 3) profile.allowed = {Alphabet::latin1};
    if (alphabets == 4) profile.allowed = {Alphabet::gsm7, Alphabet::ascii, Alphabet::latin1, Alphabet::ucs2};
    if (alphabets == 5) profile.allowed = {Alphabet::ascii};
    const int national = *rc::gen::weightedElement<int>({{3, 0}, {4, 1}, {2, 2}});
    if (national == 1) profile.national = LanguageSet::all();
    if (national == 2) {
      for (int n = 1; n <= kLanguageCount; ++n) {
        if (*rc::gen::arbitrary<bool>()) profile.national.add(static_cast<Language>(n));
      }
    }
    profile.allow_disputed = *rc::gen::arbitrary<bool>();
    profile.default_charset = *rc::gen::weightedElement<Charset>(
        {{5, Charset::gsm7_unpacked}, {2, Charset::gsm7_packed}, {1, Charset::latin1}, {1, Charset::ascii}});
    profile.fill_with_cr = *rc::gen::arbitrary<bool>();
    profile.concatenation = *rc::gen::weightedElement<Concatenation>({{4, Concatenation::udh8},
                                                                      {2, Concatenation::udh16},
                                                                      {1, Concatenation::sar},
                                                                      {1, Concatenation::payload}});
    profile.split = *rc::gen::element(Split::units, Split::grapheme, Split::grapheme_if_free);
    profile.transliterate = *rc::gen::arbitrary<bool>();
    profile.chillu = *rc::gen::arbitrary<bool>();
    profile.newlines_to_lf = *rc::gen::arbitrary<bool>();
    return profile;
  });
}

}  // namespace anchal::smpp::test
