#include "smpp/text/classify.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include "smpp/text/utf8.h"
#include "smpp/text/vector16.h"

namespace anchal::smpp::internal {
namespace {

using namespace tables;

std::uint8_t supplementary_class(char32_t c) {
  if (utf8::is_noncharacter(c)) return kSupplementaryNoncharacterClass;
  const auto* range = std::ranges::upper_bound(kSupplementaryRanges, c, {}, &SupplementaryRange::first);
  if (range == kSupplementaryRanges.begin()) return kSupplementaryOtherClass;
  --range;
  return c <= range->last ? range->class_id : kSupplementaryOtherClass;
}

}  // namespace

std::uint8_t class_of(char32_t code_point) {
  if (code_point > 0xFFFF) return supplementary_class(code_point);
  if (code_point < 0x80) return kAsciiClass[code_point];
  const std::uint8_t page =
      code_point < 0x800 ? kPageOfTwo[code_point >> 6U] : kPageOfThree[code_point >> 6U];
  return kClassPage[page][code_point & 0x3FU];
}

Classified classify(std::string_view text, std::size_t offset, ClassBuffer& out) {
  const auto* const begin = reinterpret_cast<const unsigned char*>(text.data());
  const unsigned char* p = begin + offset;
  const unsigned char* const end = begin + text.size();
  std::size_t count = 0;
  std::size_t supplementary = 0;
  // Continuation octets are checked all together at the end, and every look-up is masked, so that the common
  // path has no branch for what does not happen.
  unsigned wrong = 0;
  while (p != end && count != kClassesMax) {
    const unsigned lead = *p;
    if (lead < 0x80) {
      out[count++] = kAsciiClass[lead];
      ++p;
    } else if (lead >= 0xE0 && lead < 0xF0 && end - p >= 3) {
      const unsigned second = p[1];
      const unsigned third = p[2];
      const std::uint8_t page = kPageOfThree[((lead & 0x0FU) << 6U) | (second & 0x3FU)];
      out[count++] = kClassPage[page][third & 0x3FU];
      wrong |= (second ^ 0x80U) | (third ^ 0x80U);
      p += 3;
    } else if (lead >= 0xC0 && lead < 0xE0 && end - p >= 2) {
      const unsigned second = p[1];
      out[count++] = kClassPage[kPageOfTwo[lead & 0x1FU]][second & 0x3FU];
      wrong |= second ^ 0x80U;
      p += 2;
    } else {
      const auto code_point = utf8::decode(text, static_cast<std::size_t>(p - begin));
      if (!code_point) return {count, static_cast<std::size_t>(p - begin), supplementary, true};
      out[count++] = supplementary_class(code_point->value);
      ++supplementary;
      p += 4;
    }
  }
  return {count, static_cast<std::size_t>(p - begin), supplementary, (wrong & 0xC0U) != 0};
}

void Tally::add(std::span<const std::uint8_t> classes, bool allow_disputed) {
  assert(classes.size() <= kClassesMax);  // the lanes are 16 bits wide
  const auto& traits = kClassTraits[allow_disputed ? 1 : 0];
  std::uint64_t mask = encodable;
  std::uint64_t lanes = 0;
  for (const std::uint8_t id : classes) {
    mask &= traits[id].encodable;
    lanes += traits[id].escapes;
  }
  encodable = mask;
  characters += static_cast<std::uint32_t>(classes.size());
  for (std::size_t i = 0; i < escapes.size(); ++i) escapes[i] += (lanes >> (16U * i)) & 0xFFFFU;
}

PlainAscii scan_plain_ascii(std::string_view text) {
  // A block's lane counts at most one escape, so a lane lasts 255 blocks.
  constexpr std::size_t kBlocksMax = 255;
  std::uint32_t escapes = 0;
  while (!text.empty()) {
    const std::string_view run = text.substr(0, kBlocksMax * 16);
    text.remove_prefix(run.size());
    Octets16 count = {};
    Octets16 wrong = {};
    std::size_t i = 0;
    for (; i + 16 <= run.size(); i += 16) {
      const Octets16 v = load16(run.data() + i);
      wrong |= is_not_plain(v);
      count -= is_extension(v);
      // A text in another script shows it at once.
      if (any(wrong)) return {};
    }
    if (i < run.size()) {
      std::array<char, 16> rest;
      rest.fill('a');
      std::memcpy(rest.data(), run.data() + i, run.size() - i);
      const Octets16 v = load16(rest.data());
      wrong |= is_not_plain(v);
      count -= is_extension(v);
    }
    if (any(wrong)) return {};
    for (int lane = 0; lane < 16; ++lane) escapes += count[lane];
  }
  return {true, escapes};
}

}  // namespace anchal::smpp::internal
