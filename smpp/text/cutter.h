#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "smpp/text/generated/class_tables.h"

namespace anchal::smpp::internal {

/// How the candidates count characters. The first four are the lanes of ClassTraits::escapes.
enum class Costing : std::uint8_t { gsm7_default, gsm7_turkish, gsm7_portuguese, gsm7_indic, ucs2, octets };

/// What a run of characters amounts to, in one integer so that a character costs one addition:
/// units in the top 16 bits, characters in the next 16, octets of UTF-8 in the low 32. A part never comes
/// near the lanes' limits.
using Extent = std::uint64_t;
[[nodiscard]] constexpr std::uint32_t units_of(Extent extent) {
  return static_cast<std::uint32_t>(extent >> 48U);
}
[[nodiscard]] constexpr std::uint32_t characters_of(Extent extent) {
  return static_cast<std::uint32_t>(extent >> 32U) & 0xFFFFU;
}
[[nodiscard]] constexpr std::uint32_t octets_of(Extent extent) {
  return static_cast<std::uint32_t>(extent);
}

/// Extent of one character of each class.
using ExtentTable = std::array<Extent, tables::kClassCount>;
[[nodiscard]] const ExtentTable& extent_table(Costing costing);

/// Takes a text's classes and says where its parts end. Fed in pieces of any size; keeps the first 255 parts
/// and counts on. Without graphemes a part takes what fits; with them its end moves back to the nearest place
/// between two user-visible characters, if the part has one.
class Cutter {
 public:
  struct Cut {
    std::uint32_t octets;      // of UTF-8 in the text before this cut
    std::uint32_t characters;  // likewise
  };
  struct Part {
    std::uint16_t units;
    std::uint16_t characters;
  };
  static constexpr std::size_t kPartsKept = 255;

  Cutter(Costing costing, std::uint32_t capacity, bool graphemes)
      : table_(extent_table(costing)), limit_((Extent{capacity} + 1U) << 48U), graphemes_(graphemes) {}

  void feed(std::span<const std::uint8_t> classes) {
    graphemes_ ? feed_graphemes(classes) : feed_units(classes);
  }
  /// After the last piece: the number of parts, at least 1, also of those not kept.
  std::uint32_t finish();
  [[nodiscard]] std::uint32_t count() const { return count_; }

  /// Where part `index` ends.
  [[nodiscard]] const Cut& end_of(std::size_t index) const { return cuts_[index]; }
  [[nodiscard]] const Part& part(std::size_t index) const { return parts_[index]; }

 private:
  void feed_units(std::span<const std::uint8_t> classes);
  void feed_graphemes(std::span<const std::uint8_t> classes);
  void close(Extent part);
  [[nodiscard]] bool may_break_before(tables::BreakKind kind) const;

  const ExtentTable& table_;
  Extent limit_;
  Extent open_ = 0;        // the part being filled
  Extent last_break_ = 0;  // its extent at the last place where it may end; 0 if there is none
  std::uint32_t count_ = 0;
  std::uint32_t octets_ = 0;
  std::uint32_t characters_ = 0;
  tables::BreakKind previous_ = tables::BreakKind::other;
  bool odd_regional_ = false;  // an odd number of regional indicators stands before
  bool graphemes_;
  std::array<Cut, kPartsKept> cuts_;
  std::array<Part, kPartsKept> parts_;
};

}  // namespace anchal::smpp::internal
