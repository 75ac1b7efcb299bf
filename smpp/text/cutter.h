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

/// Takes a text's classes and says where its parts end. Keeps the first 255 parts and counts on. Without
/// graphemes a part takes what fits; with them its end moves back to the nearest place between two
/// user-visible characters, if the part has one and the text still fits the parts allowed. CR LF is never
/// parted.
///
/// A text too long for one buffer comes in several: each feed() returns how many classes at the end of its
/// buffer belong to the open part, and the next buffer must begin with these.
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
  /// No part has more characters, so a buffer must hold more.
  static constexpr std::size_t kHeldMax = 160;

  struct Options {
    Costing costing = Costing::octets;
    std::uint32_t capacity = 0;  // units of a part, at least 2
    bool graphemes = false;
    bool uniform = false;     // known: every character takes one unit
    bool with_octets = true;  // else Cut::octets is worthless where uniform
    // With graphemes: an end moves back only as far as the text surely takes no more parts than these, which
    // must be enough for it without graphemes. 0: however many.
    std::uint32_t parts_max = 0;
    std::uint32_t units = 0;  // with parts_max: of the whole text
    bool gapless = false;     // with parts_max, known: no pair ever makes a part end a unit early
  };
  explicit Cutter(const Options& options)
      : options_(options),
        table_(extent_table(options.costing)),
        limit_((Extent{options.capacity} + 1U) << 48U) {}

  std::size_t feed(std::span<const std::uint8_t> classes);
  /// After the last buffer: the number of parts, at least 1, also of those not kept.
  std::uint32_t finish();
  [[nodiscard]] std::uint32_t count() const { return count_; }

  /// Where part `index` ends.
  [[nodiscard]] const Cut& end_of(std::size_t index) const { return cuts_[index]; }
  [[nodiscard]] const Part& part(std::size_t index) const { return parts_[index]; }

 private:
  std::size_t feed_uniform(std::span<const std::uint8_t> classes);
  [[nodiscard]] Extent extent_of(std::span<const std::uint8_t> classes) const;
  void close(Extent part);
  [[nodiscard]] std::size_t end_at_or_before(std::span<const std::uint8_t> classes, std::size_t start,
                                             std::size_t at, std::uint32_t units) const;
  [[nodiscard]] bool affordable(std::uint32_t units) const;
  [[nodiscard]] std::size_t boundary_at_or_before(std::span<const std::uint8_t> classes, std::size_t start,
                                                  std::size_t at) const;
  [[nodiscard]] bool odd_regionals_before(std::span<const std::uint8_t> classes, std::size_t start,
                                          std::size_t at) const;

  Options options_;
  const ExtentTable& table_;
  Extent limit_;
  Extent open_ = 0;       // the part being filled
  std::size_t held_ = 0;  // its characters
  std::uint32_t count_ = 0;
  std::uint32_t octets_ = 0;
  std::uint32_t characters_ = 0;
  std::uint32_t units_ = 0;
  bool odd_regional_ = false;  // an odd number of regional indicators ends where the open part starts
  std::array<Cut, kPartsKept> cuts_;
  std::array<Part, kPartsKept> parts_;
};

}  // namespace anchal::smpp::internal
