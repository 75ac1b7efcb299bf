#include <gtest/gtest.h>
#include <unicode/uchar.h>

#include <array>
#include <map>

#include "smpp/text/candidate.h"
#include "smpp/text/classify.h"
#include "smpp/text/cutter.h"
#include "smpp/text/generated/class_tables.h"
#include "smpp/text/generated/encode_tables.h"
#include "smpp/text/generated/septet_tables.h"
#include "smpp/text/utf8.h"

/// Every code point against every table: the derived tables say what the septet tables and Unicode say.
namespace anchal::smpp {
namespace {

using internal::Candidate;
using internal::class_of;
using tables::BreakKind;

bool disputed(bool locking, Language language, int septet) {
  if (locking) return language == Language::kannada && septet == 0x24;
  if (language == Language::tamil) return septet == 0x24;
  return language == Language::telugu && (septet == 0x22 || septet == 0x23);
}

struct Cell {
  std::uint16_t octets;
  bool is_disputed;
};

// What a candidate makes of a character: the octets to write, the first one low; 0x8000 for one alone.
std::map<char32_t, Cell> cells_of(const Encoding& encoding) {
  std::map<char32_t, Cell> cells;
  const auto add = [&](const tables::SeptetTable& table, bool locking, Language language, bool escaped) {
    for (int septet = 0; septet < 128; ++septet) {
      const char16_t c = table[static_cast<std::size_t>(septet)];
      if (c == 0xFFFF) continue;
      const int octets = escaped ? 0x1B | septet << 8 : septet | 0x8000;
      cells.try_emplace(c, Cell{static_cast<std::uint16_t>(octets), disputed(locking, language, septet)});
    }
  };
  add(tables::kMainTable[static_cast<std::size_t>(encoding.locking)], true, encoding.locking, false);
  add(tables::kExtensionTable[static_cast<std::size_t>(encoding.single)], false, encoding.single, true);
  return cells;
}

TEST(Tables, EveryCandidateWritesWhatItsSeptetTablesRead) {
  for (int number = 0; number < tables::kCandidateCount; ++number) {
    const Candidate candidate = Candidate::gsm7(number);
    if (candidate.encoding.locking == Language::spanish) continue;
    const auto cells = cells_of(candidate.encoding);
    const auto& directory = tables::kBlockDirectory[static_cast<std::size_t>(number)];
    const auto& extents = internal::extent_table(candidate.costing);
    for (char32_t c = 0; c < 0x10000; ++c) {
      const std::uint16_t cell = tables::kSeptetBlock[directory[tables::kSlotOfBlock[c >> 7U]]][c & 0x7FU];
      const auto expected = cells.find(c);
      ASSERT_EQ(cell, expected == cells.end() ? tables::kNoSeptet : expected->second.octets)
          << to_string(candidate.encoding) << " U+" << std::hex << static_cast<unsigned>(c);
      if (c >= 0xD800 && c <= 0xDFFF) continue;
      const std::uint8_t id = class_of(c);
      const auto bit = [&](int allow) {
        return (tables::kClassTraits[static_cast<std::size_t>(allow)].encodable[id] >> number & 1U) != 0;
      };
      ASSERT_EQ(bit(1), expected != cells.end()) << std::hex << static_cast<unsigned>(c);
      ASSERT_EQ(bit(0), expected != cells.end() && !expected->second.is_disputed);
      if (bit(1)) {
        ASSERT_EQ(internal::units_of(extents[id]), (cell & 0x8000U) == 0 ? 2U : 1U);
      }
    }
  }
}

BreakKind expected_kind(char32_t c) {
  const auto category = u_charType(static_cast<UChar32>(c));
  switch (c) {
    case U'\r':
      return BreakKind::cr;
    case U'\n':
      return BreakKind::lf;
    case 0x200C:
      return BreakKind::extend;
    case 0x200D:
      return BreakKind::zwj;
    case 0x094D:
    case 0x09CD:
    case 0x0A4D:
    case 0x0ACD:
    case 0x0B4D:
    case 0x0BCD:
    case 0x0C4D:
    case 0x0CCD:
    case 0x0D4D:
    case 0x0DCA:
      return BreakKind::virama;
    default:
      break;
  }
  if (category == U_NON_SPACING_MARK || category == U_COMBINING_SPACING_MARK ||
      category == U_ENCLOSING_MARK || (c >= 0x1F3FB && c <= 0x1F3FF) || (c >= 0xE0020 && c <= 0xE007F)) {
    return BreakKind::extend;
  }
  if (c >= 0x1F1E6 && c <= 0x1F1FF) return BreakKind::regional;
  return category == U_OTHER_LETTER ? BreakKind::letter : BreakKind::other;
}

TEST(Tables, EveryCodePointHasItsLengthKindAndCleanness) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::uint8_t id = class_of(c);
    std::array<char, 4> octets;
    ASSERT_EQ(tables::kClassLength[id], utf8::encode(c, octets.data()));
    const bool clean = (tables::kClassTraits[0].encodable[id] >> tables::kBit_clean & 1U) != 0;
    ASSERT_EQ(clean, !utf8::is_forbidden_control(c) && !utf8::is_noncharacter(c)) << static_cast<unsigned>(c);
    if (clean) {
      ASSERT_EQ(tables::kClassBreak[id], expected_kind(c)) << std::hex << static_cast<unsigned>(c);
    }
  }
}

TEST(Tables, EveryCodePointIsClassifiedAlikeAloneAndInARow) {
  internal::ClassBuffer buffer;
  for (char32_t c = 0; c < 0x110000; c += c < 0x10000 ? 1 : 17) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::array<char, 4> octets;
    const std::string_view one(octets.data(), utf8::encode(c, octets.data()));
    std::string row;
    for (int i = 0; i < 9; ++i) row += one;
    const auto run = internal::classify(row, 0, true, buffer, 0);
    ASSERT_FALSE(run.ill_formed);
    ASSERT_EQ(run.count, 9U);
    ASSERT_EQ(run.end, row.size());
    for (std::size_t i = 0; i < run.count; ++i) ASSERT_EQ(buffer.classes[i], class_of(c));
    ASSERT_EQ(run.one_block, c < 0x10000);
    if (c >= 0x80 && c < 0x10000) {
      ASSERT_EQ(run.block, c >> 7U);
      ASSERT_EQ(buffer.cells[8], (c & 0x7FU) | 0x80U);
    }
  }
}

TEST(Tables, IllFormedOctetsAreNoticedWhereverTheyStand) {
  internal::ClassBuffer buffer;
  const std::string script = "\xE0\xB4\x95\xE0\xB4\x96\xE0\xB4\x97\xE0\xB4\x98";
  for (std::size_t at = 0; at < script.size(); ++at) {
    for (const int octet : {0x80, 0xBF, 0xC0, 0xC3, 0xE0, 0xED, 0xF0, 0xFF, 0x34, 0x74}) {
      std::string text = script + script;
      text[at] = static_cast<char>(octet);
      const bool ill_formed = utf8::find_error(text).has_value();
      const auto run = internal::classify(text, 0, false, buffer, 0);
      const bool noticed =
          run.ill_formed || (run.encodable >> tables::kBit_clean & 1U) == 0 || run.end != text.size();
      EXPECT_EQ(noticed, ill_formed) << at << ' ' << octet;
    }
  }
}

}  // namespace
}  // namespace anchal::smpp
