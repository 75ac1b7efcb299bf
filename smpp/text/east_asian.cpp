#include "smpp/text/east_asian.h"

#include <algorithm>
#include <optional>

#include "smpp/text/generated/east_asian_tables.h"

namespace anchal::smpp::east_asian {
namespace {

using tables::Grid;

constexpr std::uint8_t kEscape = 0x1B;

bool in_grid(std::uint8_t octet) {
  return octet >= 0x21 && octet <= 0x7E;
}

char32_t cell(const Grid& grid, std::uint8_t row, std::uint8_t column) {
  if (!in_grid(row) || !in_grid(column)) return 0;
  return grid[(row - 0x21U) * 94U + (column - 0x21U)];
}

bool any_high(std::span<const std::uint8_t> octets) {
  return std::ranges::any_of(octets, [](std::uint8_t c) { return c > 0x7F; });
}

void decode_shift_jis(std::span<const std::uint8_t> octets, const Put& put) {
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const std::uint8_t first = octets[i];
    if (first < 0x80) {
      put(first);
    } else if (first >= 0xA1 && first <= 0xDF) {
      put(0xFF61U + (first - 0xA1U));  // half-width katakana
    } else if (first == 0x80 || first == 0xA0 || first > 0xEF || i + 1 == octets.size()) {
      put(0);
    } else {
      const std::uint8_t second = octets[++i];
      if (second < 0x40 || second == 0x7F || second > 0xFC) {
        put(0);
        continue;
      }
      // Two rows of the grid share a first octet.
      const unsigned pair = first - (first < 0xA0 ? 0x81U : 0xC1U);
      const bool upper = second >= 0x9F;
      const unsigned column = upper ? second - 0x9FU : second - 0x40U - (second > 0x7F ? 1U : 0U);
      put(cell(tables::kJisX0208, static_cast<std::uint8_t>(0x21U + 2 * pair + (upper ? 1U : 0U)),
               static_cast<std::uint8_t>(0x21U + column)));
    }
  }
}

/// Sets that ISO 2022-JP switches between.
enum class Shift : std::uint8_t { ascii, roman, kana, x0208, x0212 };

struct Designation {
  Shift shift;
  std::size_t octets;
};

std::optional<Designation> designation(std::span<const std::uint8_t> at) {
  const auto is = [&](std::size_t i, char c) {
    return i < at.size() && at[i] == static_cast<std::uint8_t>(c);
  };
  if (is(1, '(') && is(2, 'B')) return Designation{Shift::ascii, 3};
  if (is(1, '(') && is(2, 'J')) return Designation{Shift::roman, 3};
  if (is(1, '(') && is(2, 'I')) return Designation{Shift::kana, 3};
  if (is(1, '$') && (is(2, '@') || is(2, 'B'))) return Designation{Shift::x0208, 3};
  if (is(1, '$') && is(2, '(') && is(3, 'D')) return Designation{Shift::x0212, 4};
  return std::nullopt;
}

char32_t from_one_octet(Shift shift, std::uint8_t c) {
  if (c > 0x7F) return 0;
  if (c <= 0x20 || shift == Shift::ascii) return c;
  if (shift == Shift::kana) return c <= 0x5F ? 0xFF61U + (c - 0x21U) : 0U;
  return c == 0x5C ? U'\u00A5' : c == 0x7E ? U'\u203E' : char32_t{c};
}

void decode_iso2022(std::span<const std::uint8_t> octets, const Put& put) {
  Shift shift = Shift::ascii;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const std::uint8_t c = octets[i];
    if (c == kEscape) {
      const auto next = designation(octets.subspan(i));
      if (!next) put(0);
      shift = next ? next->shift : shift;
      i += next ? next->octets - 1 : 0;
    } else if (!in_grid(c) || (shift != Shift::x0208 && shift != Shift::x0212)) {
      put(from_one_octet(shift, c));
    } else {
      const std::uint8_t second = i + 1 < octets.size() ? octets[i + 1] : std::uint8_t{0};
      put(cell(shift == Shift::x0208 ? tables::kJisX0208 : tables::kJisX0212, c, second));
      ++i;
    }
  }
}

// ASCII, and pairs with both high bits set; or, if `bare`, pairs without.
void decode_pairs(std::span<const std::uint8_t> octets, const Grid& grid, bool bare, const Put& put) {
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const std::uint8_t first = octets[i];
    const bool pair = bare ? in_grid(first) : first > 0x7F;
    if (!pair) {
      put(first);
    } else if (i + 1 == octets.size()) {
      put(0);
    } else {
      const std::uint8_t second = octets[++i];
      const bool same = (second > 0x7F) == (first > 0x7F);
      put(same ? cell(grid, first & 0x7FU, second & 0x7FU) : 0);
    }
  }
}

}  // namespace

void decode_jis(std::span<const std::uint8_t> octets, const Put& put) {
  const bool escapes = std::ranges::find(octets, kEscape) != octets.end();
  escapes ? decode_iso2022(octets, put) : decode_shift_jis(octets, put);
}

void decode_jis_extended(std::span<const std::uint8_t> octets, const Put& put) {
  decode_pairs(octets, tables::kJisX0212, !any_high(octets), put);
}

void decode_korean(std::span<const std::uint8_t> octets, const Put& put) {
  decode_pairs(octets, tables::kKsX1001, false, put);
}

}  // namespace anchal::smpp::east_asian
