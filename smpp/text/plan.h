#pragma once

#include <array>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "smpp/text/error.h"
#include "smpp/text/profile.h"

namespace anchal::smpp {

inline constexpr std::size_t kPartsMax = 255;               // total in a concatenation IE is one octet
inline constexpr std::size_t kShortMessageOctetsMax = 254;  // SMPP 3.4 §5.2.21
inline constexpr std::uint8_t kUdhiFlag = 0x40;             // esm_class bit 6, SMPP 3.4 §5.2.12

/// How one text becomes parts: made by plan(), used by write_part(). Holds a view of the text, which must
/// outlive it and stay unchanged. About 3 KB of fixed inline storage, of which plan() and copies touch only
/// what is used; meant for the stack between the decision and the write, not for keeping.
class SegmentPlan {
 public:
  // User-provided, so that value-initialisation leaves the arrays alone.
  SegmentPlan() { cuts_[0] = 0; }
  SegmentPlan(const SegmentPlan& other) { assign(other); }
  SegmentPlan& operator=(const SegmentPlan& other) {
    if (this != &other) assign(other);
    return *this;
  }
  ~SegmentPlan() = default;

  [[nodiscard]] const Encoding& encoding() const { return head_.encoding; }
  [[nodiscard]] std::uint8_t data_coding() const { return head_.data_coding; }
  /// How the parts belong together; none for a single part.
  [[nodiscard]] Concatenation concatenation() const { return head_.concatenation; }
  /// submit_sm to send; 1 for payload.
  [[nodiscard]] std::size_t parts() const { return head_.parts; }
  /// Segments the handset gets and the operator bills: parts(), except for payload, where the SMSC cuts.
  [[nodiscard]] std::size_t segments() const { return head_.segments; }
  /// Septets, octets or UTF-16 units of the whole text: escapes counted, headers and fill not.
  [[nodiscard]] std::uint32_t units() const { return head_.units; }
  [[nodiscard]] std::uint16_t units_in(std::size_t part) const {
    assert(part < head_.parts);
    return part_sizes_[part].units;
  }
  /// Octets of the part as write_part() writes it, UDH included: sm_length, or the TLV's length for payload.
  [[nodiscard]] std::size_t octets_in(std::size_t part) const {
    assert(part < head_.parts);
    return part_sizes_[part].octets;
  }
  /// Octets of the UDH at the front of each part, 0 if none.
  [[nodiscard]] std::size_t udh_octets() const { return head_.udh_octets; }
  /// To be or-ed into esm_class.
  [[nodiscard]] std::uint8_t esm_class() const { return head_.udh_octets == 0 ? 0 : kUdhiFlag; }
  [[nodiscard]] bool uses_sar() const { return head_.concatenation == Concatenation::sar; }
  /// The part goes into message_payload, with sm_length 0.
  [[nodiscard]] bool uses_payload() const { return head_.concatenation == Concatenation::payload; }
  /// Characters were replaced (list_replacements() of segments.h says which).
  [[nodiscard]] bool transliterated() const { return head_.transliterated; }
  [[nodiscard]] std::string_view text() const { return head_.text; }
  /// Where the part starts in the text, in octets. Reads the text up to there.
  [[nodiscard]] std::size_t offset_of(std::size_t part) const;

 private:
  friend class PlanBuilder;
  friend class PartWriter;
  static constexpr std::uint32_t kOffsetMask = (1U << 30U) - 1U;
  static constexpr std::size_t kCellsMax = 1024;

  struct Head {
    std::string_view text;
    std::uint32_t units = 0;
    Encoding encoding;
    std::uint8_t data_coding = 0;
    std::uint8_t candidate = 0;
    Concatenation concatenation = Concatenation::none;
    Charset charset = Charset::gsm7_unpacked;
    std::uint8_t parts = 0;
    std::uint8_t segments = 0;
    std::uint8_t udh_octets = 0;
    bool fill_with_cr = false;
    bool transliterated = false;
    bool chillu = false;
    bool newlines = false;
    std::uint16_t cells = 0;  // characters in cells_, 0 if the text was not kept so
    std::uint16_t block = 0;  // code point / 128 of the cells above 127
  };
  struct PartSize {
    std::uint16_t units;
    std::uint16_t octets;
  };

  void assign(const SegmentPlan& other);

  Head head_;
  // cuts_[i] is where part i starts, cuts_[parts] the end of the text. With cells: an index into them. Else:
  // an offset in the low 30 bits, above them how many characters of that character's replacement already
  // went into the part before.
  std::array<std::uint32_t, kPartsMax + 1> cuts_;
  std::array<PartSize, kPartsMax> part_sizes_;
  std::array<std::uint8_t, kCellsMax> cells_;  // see classify.h
};

/// Chooses the encoding and cuts the text, without allocating. The order, after strict UTF-8 decoding (a
/// leading U+FEFF is dropped) and, if set, the chillu and newline replacements:
///   1. gsm7 default tables, the text, then the transliterated text if `transliterate` is set and ucs2 would
///      not take fewer segments
///   2. ascii, latin1, where allowed, likewise
///   3. national tables, the text, then the transliterated text: single, locking, both; by identifier;
///      fewest segments wins, and only with fewer than ucs2 would take
///   4. ucs2
/// ucs2 that is not allowed does not count in 3. Time does not matter, any thread may call.
[[nodiscard]] std::expected<SegmentPlan, TextError> plan(std::string_view utf8,
                                                         const EncodingProfile& profile);

/// A plan of a temporary would view what is gone.
template <class Text>
  requires std::same_as<Text, std::string>
std::expected<SegmentPlan, TextError> plan(Text&& utf8, const EncodingProfile& profile) = delete;

/// The same into storage of the caller, which is overwritten: saves the copy in the hot path.
[[nodiscard]] std::expected<void, TextError> plan_into(std::string_view utf8, const EncodingProfile& profile,
                                                       SegmentPlan& out);

/// 8-bit data: no alphabet, cut at any octet. The view is kept like a text's.
[[nodiscard]] std::expected<SegmentPlan, TextError> plan_binary(std::span<const std::byte> octets,
                                                                const EncodingProfile& profile);

/// Writes part `index` (UDH, then the user data) to the front of `out` and returns its octets, octets_in().
/// `reference` ties the parts together: the same for all parts of one message, different for messages in
/// flight between the same two addresses; udh8 uses its low octet, a single part none of it.
/// Writes nothing and returns 0 if `out` is shorter than octets_in().
[[nodiscard]] std::size_t write_part(const SegmentPlan& plan, std::size_t index, std::uint16_t reference,
                                     std::span<std::byte> out);

/// Values of the sar_* TLVs (SMPP 3.4 §5.3.2.22 to §5.3.2.24) of one part.
struct SarFields {
  std::uint16_t msg_ref_num = 0;
  std::uint8_t total_segments = 0;
  std::uint8_t segment_seqnum = 0;
  friend constexpr bool operator==(const SarFields&, const SarFields&) = default;
};
[[nodiscard]] inline std::optional<SarFields> sar_fields(const SegmentPlan& plan, std::size_t index,
                                                         std::uint16_t reference) {
  if (!plan.uses_sar()) return std::nullopt;
  return SarFields{reference, static_cast<std::uint8_t>(plan.parts()), static_cast<std::uint8_t>(index + 1)};
}

}  // namespace anchal::smpp
