#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "smpp/text/generated/class_tables.h"

namespace anchal::smpp::internal {

/// The text as it came, or with replacements.
struct View {
  bool chillu = false;
  bool newlines = false;
  bool transliterated = false;
  [[nodiscard]] bool mapped() const { return chillu || newlines || transliterated; }
};

/// A place in a text whose characters may be replaced on the way: the source character's first octet, and
/// how many characters of its replacement are behind already.
struct Position {
  std::uint32_t offset = 0;
  std::uint32_t done = 0;
  friend constexpr bool operator==(const Position&, const Position&) = default;
};

/// U+0D4D U+200D, what makes a chillu of a consonant in older text.
inline constexpr std::string_view kViramaAndJoiner = "\xE0\xB5\x8D\xE2\x80\x8D";

/// What stands for a code point in GSM 7-bit text, or null.
[[nodiscard]] const tables::Replacement* find_replacement(char32_t code_point);

/// The atomic chillu letter that older text spells `consonant` + U+0D4D + U+200D, or 0.
[[nodiscard]] char32_t chillu_of(char32_t consonant);

/// Reads a well-formed text code point by code point, replacing as asked. The slow way to read a text, for
/// the few that have something to replace.
class MappedReader {
 public:
  MappedReader(std::string_view text, Position from, View view)
      : text_(text), offset_(from.offset), done_(from.done), view_(view) {}

  /// The next code point, nothing at the end.
  [[nodiscard]] std::optional<char32_t> next() {
    if (offset_ < text_.size() && is_plain()) return static_cast<unsigned char>(text_[offset_++]);
    return next_mapped();
  }
  /// The ASCII characters from here to offset `end` at most that stay as they are: the quick way over them.
  [[nodiscard]] std::string_view take_plain(std::size_t end) {
    const std::size_t begin = offset_;
    while (offset_ < end && is_plain()) ++offset_;
    return text_.substr(begin, offset_ - begin);
  }
  /// Where the code point that next() would give begins: characters that are removed belong to what comes
  /// before them.
  [[nodiscard]] Position position() {
    if (offset_ < text_.size() && !is_plain()) skip_removed();
    return {static_cast<std::uint32_t>(offset_), done_};
  }

 private:
  struct Source {
    char32_t code_point;
    std::uint32_t length;
    const tables::Replacement* replacement;
  };
  [[nodiscard]] Source source() const;
  [[nodiscard]] std::optional<char32_t> next_mapped();
  void skip_removed();
  // ASCII stays as it is, but for the backtick, TAB and CR.
  [[nodiscard]] bool is_plain() const {
    const auto octet = static_cast<unsigned char>(text_[offset_]);
    return octet < 0x80 && octet != '`' && octet != '\t' && octet != '\r';
  }

  std::string_view text_;
  std::size_t offset_;
  std::uint32_t done_;
  View view_;
};

}  // namespace anchal::smpp::internal
