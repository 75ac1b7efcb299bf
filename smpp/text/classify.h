#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "smpp/text/generated/class_tables.h"

namespace anchal::smpp::internal {

/// A text as the planner sees it: one class (generated/class_tables.h) for each code point. A class tells
/// which candidate encodings have the character and at what cost, its octets in UTF-8, and whether a part
/// may end before it; so the text is decoded once, and everything after works on small integers.
///
/// Most texts stay within ASCII and one aligned block of 128 code points, the size of an Indic script. Such
/// a text is also kept as cells: 0..127 is ASCII, 128 + n the block's n-th code point. Then writing it needs
/// no second decoding.
inline constexpr std::size_t kClassesMax = 1024;
struct ClassBuffer {
  std::array<std::uint8_t, kClassesMax> classes;
  std::array<std::uint8_t, kClassesMax> cells;
};

struct Classified {
  std::size_t count = 0;        // classes (and cells) written
  std::size_t end = 0;          // offset behind the last code point read
  std::uint64_t encodable = 0;  // AND of the classes'
  std::uint64_t escapes = 0;    // sum of the classes'
  std::uint32_t supplementary = 0;
  std::uint32_t block = 0;  // code point / 128 of the cells above 127; 0 if there are none
  bool one_block = false;   // the cells are all of one block, so of use
  bool ill_formed = false;  // found in this run; utf8::find_error() says where
};

/// Reads from `offset` until the text ends or the buffer is full, which is filled from index `from` on.
/// Ill-formed octets are noticed, not located.
[[nodiscard]] Classified classify(std::string_view text, std::size_t offset, bool allow_disputed,
                                  ClassBuffer& buffer, std::size_t from);

[[nodiscard]] std::uint8_t class_of(char32_t code_point);

/// What the classes of a whole text add up to.
struct Tally {
  std::uint64_t encodable = ~std::uint64_t{0};
  std::uint32_t characters = 0;
  std::uint32_t supplementary = 0;
  std::array<std::uint32_t, 4> escapes = {};  // lanes of tables::ClassTraits::escapes

  void add(const Classified& run);
  /// The same for classes that did not come from classify(); nothing supplementary among them.
  void add(std::span<const std::uint8_t> classes, bool allow_disputed);
  [[nodiscard]] bool has(int bit) const { return ((encodable >> static_cast<unsigned>(bit)) & 1U) != 0; }
};

/// GSM 7-bit text of ASCII characters, by far the commonest: recognised sixteen octets at a time.
struct PlainAscii {
  bool plain = false;         // only characters of the default tables below U+0080, form feed excepted
  std::uint32_t escapes = 0;  // of them in the extension table
};
[[nodiscard]] PlainAscii scan_plain_ascii(std::string_view text);

}  // namespace anchal::smpp::internal
