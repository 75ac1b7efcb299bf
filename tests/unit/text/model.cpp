#include "tests/unit/text/model.h"

#include <unicode/uchar.h>

#include <array>
#include <map>
#include <set>

#include "smpp/text/generated/septet_tables.h"

namespace anchal::smpp::test {
namespace {

using Septets = std::vector<std::uint8_t>;

bool disputed(bool locking, Language language, int septet) {
  if (locking) return language == Language::kannada && septet == 0x24;
  if (language == Language::tamil) return septet == 0x24;
  return language == Language::telugu && (septet == 0x22 || septet == 0x23 || septet == 0x65);
}

std::optional<std::uint8_t> find(const tables::SeptetTable& table, char32_t c, bool locking,
                                 Language language, bool allow_disputed) {
  std::optional<std::uint8_t> last_resort;
  for (int septet = 0; septet < 128; ++septet) {
    if (table[static_cast<std::size_t>(septet)] != c || c == 0xFFFF) continue;
    if (!disputed(locking, language, septet)) return static_cast<std::uint8_t>(septet);
    if (allow_disputed && !last_resort) last_resort = static_cast<std::uint8_t>(septet);
  }
  return last_resort;
}

// The octets of one character: one septet, two, or none.
std::optional<Septets> septets_of(char32_t c, const Encoding& encoding, bool allow_disputed) {
  const auto& main = tables::kMainTable[static_cast<std::size_t>(encoding.locking)];
  if (const auto s = find(main, c, true, encoding.locking, allow_disputed)) return Septets{*s};
  const auto& extension = tables::kExtensionTable[static_cast<std::size_t>(encoding.single)];
  if (const auto s = find(extension, c, false, encoding.single, allow_disputed)) return Septets{0x1B, *s};
  return std::nullopt;
}

/// One character with its cost and what it looks like on the wire.
struct Coded {
  std::uint32_t cost;
  std::string octets;
};

std::optional<Coded> code(char32_t c, const Encoding& encoding, const EncodingProfile& profile) {
  const auto as_char = [](std::uint32_t v) { return static_cast<char>(v); };
  switch (encoding.alphabet) {
    case Alphabet::ucs2: {
      if (c < 0x10000) return Coded{1, {as_char(c >> 8U), as_char(c)}};
      const std::uint32_t high = 0xD800 + ((c - 0x10000) >> 10U);
      const std::uint32_t low = 0xDC00 + ((c - 0x10000) & 0x3FFU);
      return Coded{2, {as_char(high >> 8U), as_char(high), as_char(low >> 8U), as_char(low)}};
    }
    case Alphabet::latin1:
      if (c > 0xFF) return std::nullopt;
      return Coded{1, {as_char(c)}};
    case Alphabet::ascii:
      if (c > 0x7F) return std::nullopt;
      return Coded{1, {as_char(c)}};
    case Alphabet::gsm7: {
      const auto septets = septets_of(c, encoding, profile.allow_disputed);
      if (!septets) return std::nullopt;
      const auto cost = static_cast<std::uint32_t>(septets->size());
      if (profile.default_charset == Charset::latin1 || profile.default_charset == Charset::ascii) {
        if (c > (profile.default_charset == Charset::ascii ? 0x7FU : 0xFFU)) return std::nullopt;
        return Coded{cost, {as_char(c)}};
      }
      return Coded{cost, std::string(septets->begin(), septets->end())};
    }
    case Alphabet::binary:
      break;
  }
  return std::nullopt;
}

std::string header(const Encoding& encoding, Concatenation concatenation, std::uint16_t reference,
                   std::size_t total, std::size_t sequence) {
  std::string elements;
  const auto add = [&](std::initializer_list<std::size_t> octets) {
    for (const std::size_t octet : octets) elements += static_cast<char>(octet);
  };
  if (concatenation == Concatenation::udh8) add({0, 3, reference & 0xFFU, total, sequence});
  if (concatenation == Concatenation::udh16) {
    add({8, 4, static_cast<std::size_t>(reference >> 8U), reference & 0xFFU, total, sequence});
  }
  if (encoding.single != Language::none) add({0x24, 1, static_cast<std::size_t>(encoding.single)});
  if (encoding.locking != Language::none) add({0x25, 1, static_cast<std::size_t>(encoding.locking)});
  if (elements.empty()) return {};
  return static_cast<char>(elements.size()) + elements;
}

std::uint32_t capacity(const Encoding& encoding, std::size_t header_octets) {
  const auto octets = static_cast<std::uint32_t>(140 - header_octets);
  if (encoding.alphabet == Alphabet::gsm7) return octets * 8 / 7;
  return encoding.alphabet == Alphabet::ucs2 ? octets / 2 : octets;
}

// Bit by bit, as TS 23.038 draws it.
std::string packed(const std::string& udh, const std::string& septets, bool cr) {
  std::vector<bool> bits(udh.size() * 8);
  while (!septets.empty() && bits.size() % 7 != 0) bits.push_back(false);
  for (const char septet : septets) {
    for (unsigned bit = 0; bit < 7; ++bit) bits.push_back((static_cast<unsigned>(septet) >> bit & 1U) != 0);
  }
  if (cr && bits.size() % 8 == 1) {
    for (unsigned bit = 0; bit < 7; ++bit) bits.push_back((0x0DU >> bit & 1U) != 0);
  }
  std::string octets((bits.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (bits[i]) octets[i / 8] = static_cast<char>(static_cast<unsigned char>(octets[i / 8]) | 1U << (i % 8));
  }
  return udh + octets.substr(udh.size());
}

std::optional<std::vector<Coded>> code_all(const std::u32string& text, const Encoding& encoding,
                                           const EncodingProfile& profile) {
  std::vector<Coded> coded;
  for (const char32_t c : text) {
    auto one = code(c, encoding, profile);
    if (!one) return std::nullopt;
    coded.push_back(std::move(*one));
  }
  return coded;
}

std::uint32_t units_from(const std::vector<Coded>& coded, std::size_t begin) {
  std::uint32_t units = 0;
  for (std::size_t i = begin; i < coded.size(); ++i) units += coded[i].cost;
  return units;
}

// With `parts_max` an end moves back only if what is left surely fits the parts that are left: each of them
// but the last may be a unit short where the text has pairs (two septets, a surrogate pair, CR LF).
std::vector<std::size_t> cut(const std::u32string& text, const std::vector<Coded>& coded, std::uint32_t most,
                             bool graphemes, std::size_t parts_max = 0) {
  const bool pairs = text.contains(U'\r') || units_from(coded, 0) != coded.size();
  std::vector<std::size_t> ends;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    for (std::uint32_t used = 0; end < text.size() && used + coded[end].cost <= most; ++end)
      used += coded[end].cost;
    bool hard = true;
    if (end < text.size() && graphemes) {
      std::size_t back = end;
      while (back > begin && !may_break(text, back)) --back;
      hard = back == begin;
      if (parts_max != 0) {
        const std::size_t left = parts_max - ends.size() - 1;
        hard = hard || units_from(coded, back) + (pairs && left > 0 ? left - 1 : 0) > left * most;
      }
      if (!hard) end = back;
    }
    if (end < text.size() && hard && text[end - 1] == U'\r' && text[end] == U'\n') --end;
    ends.push_back(end);
    begin = end;
  }
  if (ends.empty()) ends.push_back(0);
  return ends;
}

/// A candidate worked out: where its parts end.
struct Worked {
  std::vector<Coded> coded;
  std::vector<std::size_t> ends;
  Concatenation concatenation = Concatenation::none;
};

std::optional<Worked> work_out(const std::u32string& text, const Encoding& encoding,
                               const EncodingProfile& profile) {
  auto coded = code_all(text, encoding, profile);
  if (!coded) return std::nullopt;
  std::uint32_t units = 0;
  for (const Coded& one : *coded) units += one.cost;
  const auto single = header(encoding, Concatenation::none, 0, 0, 0).size();
  if (units <= capacity(encoding, single))
    return Worked{std::move(*coded), {text.size()}, Concatenation::none};
  const bool own_header =
      profile.concatenation == Concatenation::udh8 || profile.concatenation == Concatenation::udh16;
  if (single != 0 && !own_header) return std::nullopt;
  const auto on_air =
      profile.concatenation == Concatenation::udh16 ? Concatenation::udh16 : Concatenation::udh8;
  const std::uint32_t most = capacity(encoding, header(encoding, on_air, 0, 1, 1).size());
  auto ends = cut(text, *coded, most, profile.split != Split::units);
  if (profile.split == Split::grapheme_if_free) {
    const std::size_t least = cut(text, *coded, most, false).size();
    if (least < ends.size()) ends = cut(text, *coded, most, true, least);
  }
  return Worked{std::move(*coded), std::move(ends), profile.concatenation};
}

ModelPlan finish(const std::u32string& text, const Encoding& encoding, const EncodingProfile& profile,
                 Worked worked, std::uint16_t reference) {
  ModelPlan plan;
  plan.encoding = encoding;
  plan.segments = static_cast<std::uint32_t>(worked.ends.size());
  if (worked.concatenation == Concatenation::payload) worked.ends = {text.size()};
  std::size_t begin = 0;
  for (const std::size_t end : worked.ends) {
    ModelPart part;
    std::string body;
    for (std::size_t i = begin; i < end; ++i) {
      part.units += worked.coded[i].cost;
      body += worked.coded[i].octets;
    }
    const std::string udh =
        header(encoding, worked.concatenation, reference, worked.ends.size(), plan.parts.size() + 1);
    const bool pack = encoding.alphabet == Alphabet::gsm7 && profile.default_charset == Charset::gsm7_packed;
    part.octets = pack ? packed(udh, body, profile.fill_with_cr) : udh + body;
    part.text = text.substr(begin, end - begin);
    plan.parts.push_back(std::move(part));
    begin = end;
  }
  return plan;
}

std::vector<Encoding> national_candidates(const EncodingProfile& profile) {
  std::vector<Encoding> list;
  for (const int kind : {0, 1, 2}) {
    for (int n = 1; n <= kLanguageCount; ++n) {
      const auto language = static_cast<Language>(n);
      if (!profile.national.has(language) || (kind != 0 && language == Language::spanish)) continue;
      list.push_back(
          {Alphabet::gsm7, kind == 0 ? Language::none : language, kind == 1 ? Language::none : language});
    }
  }
  return list;
}

const std::map<char32_t, std::u32string>& replacements() {
  static const std::map<char32_t, std::u32string> map = [] {
    std::map<char32_t, std::u32string> m;
    const auto put = [&](std::initializer_list<std::pair<char32_t, char32_t>> ranges,
                         const std::u32string& text) {
      for (const auto& [first, last] : ranges) {
        for (char32_t c = first; c <= last; ++c) m[c] = text;
      }
    };
    put({{0x60, 0x60}, {0xB4, 0xB4}, {0x2BC, 0x2BC}, {0x2018, 0x201B}, {0x2032, 0x2032}}, U"'");
    put({{0xAB, 0xAB}, {0xBB, 0xBB}, {0x201C, 0x201F}, {0x2033, 0x2033}}, U"\"");
    put({{0x2039, 0x2039}}, U"<");
    put({{0x203A, 0x203A}}, U">");
    put({{0x2010, 0x2015}, {0x2043, 0x2043}, {0x2212, 0x2212}}, U"-");
    put({{0x2026, 0x2026}}, U"...");
    put({{0x2022, 0x2022}, {0x25AA, 0x25AA}, {0x25CF, 0x25CF}}, U"*");
    put({{0xB7, 0xB7}}, U".");
    put({{9, 9}, {0xA0, 0xA0}, {0x2000, 0x200A}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}}, U" ");
    put({{0x85, 0x85}, {0x2028, 0x2029}}, U"\n");
    put({{0xAD, 0xAD},
         {0x200B, 0x200B},
         {0x200E, 0x200F},
         {0x202A, 0x202E},
         {0x2060, 0x2060},
         {0x2066, 0x2069},
         {0xFEFF, 0xFEFF}},
        U"");
    put({{0x2044, 0x2044}}, U"/");
    put({{0xD7, 0xD7}}, U"x");
    put({{0x2122, 0x2122}}, U"TM");
    put({{0xA9, 0xA9}}, U"(C)");
    put({{0xAE, 0xAE}}, U"(R)");
    put({{0x20B9, 0x20B9}}, U"Rs.");
    put({{0xBD, 0xBD}}, U"1/2");
    put({{0xBC, 0xBC}}, U"1/4");
    put({{0xBE, 0xBE}}, U"3/4");
    for (char32_t c = 0xFF01; c <= 0xFF5E; ++c) m[c] = std::u32string(1, c - 0xFEE0);
    return m;
  }();
  return map;
}

}  // namespace

std::u32string to_utf32(std::string_view utf8) {
  std::u32string text;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t c = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t k = 1; k < length; ++k) c = c << 6U | (static_cast<unsigned char>(utf8[i + k]) & 0x3FU);
    text += c;
    i += length;
  }
  return text;
}

std::string to_utf8(std::u32string_view text) {
  std::string utf8;
  const auto put = [&](char32_t octet) { utf8 += static_cast<char>(octet); };
  for (const char32_t c : text) {
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0U | c >> 6U);
      put(0x80U | (c & 0x3FU));
    } else {
      if (c < 0x10000) {
        put(0xE0U | c >> 12U);
      } else {
        put(0xF0U | c >> 18U);
        put(0x80U | (c >> 12U & 0x3FU));
      }
      put(0x80U | (c >> 6U & 0x3FU));
      put(0x80U | (c & 0x3FU));
    }
  }
  return utf8;
}

std::u32string with_chillu(const std::u32string& text) {
  static const std::map<char32_t, char32_t> chillu = {{0x0D23, 0x0D7A}, {0x0D28, 0x0D7B}, {0x0D30, 0x0D7C},
                                                      {0x0D32, 0x0D7D}, {0x0D33, 0x0D7E}, {0x0D15, 0x0D7F}};
  std::u32string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto letter = chillu.find(text[i]);
    if (letter != chillu.end() && text.substr(i + 1, 2) == U"\u0D4D\u200D") {
      result += letter->second;
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::u32string with_lf(const std::u32string& text) {
  std::u32string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) != U"\r\n") result += text[i];
  }
  return result;
}

std::u32string transliterated(const std::u32string& text) {
  std::u32string result;
  for (const char32_t c : text) {
    const auto found = replacements().find(c);
    result += found == replacements().end() ? std::u32string(1, c) : found->second;
  }
  return result;
}

bool may_break(const std::u32string& text, std::size_t before) {
  const char32_t a = text[before - 1];
  const char32_t b = text[before];
  static const std::set<char32_t> viramas = {0x094D, 0x09CD, 0x0A4D, 0x0ACD, 0x0B4D,
                                             0x0BCD, 0x0C4D, 0x0CCD, 0x0D4D, 0x0DCA};
  const auto category = u_charType(static_cast<UChar32>(b));
  if (a == U'\r' && b == U'\n') return false;
  if (category == U_NON_SPACING_MARK || category == U_COMBINING_SPACING_MARK ||
      category == U_ENCLOSING_MARK) {
    return false;
  }
  if (b == 0x200C || b == 0x200D || (b >= 0x1F3FB && b <= 0x1F3FF) || (b >= 0xE0020 && b <= 0xE007F))
    return false;
  if (a == 0x200D) return false;
  if (viramas.contains(a) && category == U_OTHER_LETTER) return false;
  const auto regional = [](char32_t c) { return c >= 0x1F1E6 && c <= 0x1F1FF; };
  if (!regional(a) || !regional(b)) return true;
  std::size_t run = 0;
  while (run < before && regional(text[before - run - 1])) ++run;
  return run % 2 == 0;
}

std::optional<ModelPlan> model_plan(const std::u32string& whole, const EncodingProfile& profile,
                                    std::uint16_t reference) {
  std::u32string text = whole;
  if (!text.empty() && text.front() == 0xFEFF) text.erase(0, 1);
  if (profile.chillu) text = with_chillu(text);
  if (profile.newlines_to_lf) text = with_lf(text);
  const std::u32string other = profile.transliterate ? transliterated(text) : text;
  std::vector<std::pair<std::u32string, bool>> views = {{text, false}};
  if (other != text) views.emplace_back(other, true);

  std::optional<ModelPlan> wide;
  if (profile.allowed.has(Alphabet::ucs2)) {
    const Encoding ucs2{Alphabet::ucs2, Language::none, Language::none};
    wide = finish(text, ucs2, profile, work_out(text, ucs2, profile).value(), reference);
  }
  const auto first_of = [&](const Encoding& encoding) -> std::optional<ModelPlan> {
    for (const auto& [view, changed] : views) {
      auto worked = work_out(view, encoding, profile);
      if (!worked || (changed && wide && worked->ends.size() > wide->segments)) continue;
      ModelPlan plan = finish(view, encoding, profile, std::move(*worked), reference);
      plan.transliterated = changed;
      return plan;
    }
    return std::nullopt;
  };
  const bool gsm7 = profile.allowed.has(Alphabet::gsm7);
  if (gsm7) {
    if (auto plan = first_of({})) return plan;
  }
  for (const Alphabet alphabet : {Alphabet::ascii, Alphabet::latin1}) {
    if (!profile.allowed.has(alphabet)) continue;
    if (auto plan = first_of({alphabet, Language::none, Language::none})) return plan;
  }
  const bool septets =
      profile.default_charset == Charset::gsm7_unpacked || profile.default_charset == Charset::gsm7_packed;
  std::optional<ModelPlan> best = wide;
  if (gsm7 && septets) {
    for (const auto& [view, changed] : views) {
      for (const Encoding& encoding : national_candidates(profile)) {
        auto worked = work_out(view, encoding, profile);
        if (!worked || (best && worked->ends.size() >= best->segments)) continue;
        best = finish(view, encoding, profile, std::move(*worked), reference);
        best->transliterated = changed;
      }
    }
  }
  return best;
}

}  // namespace anchal::smpp::test
