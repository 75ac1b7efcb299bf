#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "smpp/text/error.h"
#include "smpp/text/plan.h"
#include "smpp/text/profile.h"

namespace anchal::smpp {

/// What a text would cost in one encoding.
struct CandidateCost {
  Encoding encoding;
  bool transliterated = false;  // of the transliterated text
  bool allowed = false;         // by the profile
  bool encodable = false;       // else units and parts are 0
  std::uint32_t units = 0;
  std::uint32_t parts = 0;  // also above what a profile allows
};

/// A character of the text that was, or could be, replaced. Offsets and octets are of the UTF-8 input.
struct CharacterNote {
  std::size_t offset = 0;
  std::size_t octets = 0;
  char32_t code_point = 0;
  std::optional<std::string>
      replacement;  // UTF-8, may be empty (removed); none if there is no cheaper spelling
};

/// The text written otherwise.
struct Spelling {
  std::string text;
  Encoding encoding;
  std::uint32_t units = 0;
  std::size_t parts = 0;  // segments
};

/// Why a text costs what it costs: for people who write texts, not for the hot path. Allocates.
struct SegmentReport {
  Encoding encoding;
  std::uint8_t data_coding = 0;
  Concatenation concatenation = Concatenation::none;
  bool transliterated = false;
  std::size_t parts = 0;
  std::size_t segments = 0;               // see SegmentPlan::segments()
  std::vector<std::uint16_t> units;       // of each part
  std::vector<std::size_t> starts;        // offset of each part in the text
  std::vector<CandidateCost> candidates;  // see list_candidates()
  /// The narrower encoding that came closest, and the characters it lacks; none if nothing is narrower.
  std::optional<Encoding> narrower;
  std::vector<CharacterNote> wide;  // at most kWideMax
  std::size_t wide_total = 0;
  std::vector<CharacterNote> changed;  // what chillu, newline and typographic replacement changed, if used
  /// A spelling that says the same in fewer parts: the replacements of transliteration, chillu letters, LF.
  std::optional<Spelling> cheaper;
  /// Fewer parts still, without the few characters in `wide` that have no other spelling. For the writer to
  /// decide: it says less.
  std::optional<Spelling> without;

  static constexpr std::size_t kWideMax = 200;
};

[[nodiscard]] std::expected<SegmentReport, TextError> report_segments(std::string_view utf8,
                                                                      const EncodingProfile& profile);

/// What the text costs in each encoding: gsm7, latin1 and ucs2 always, ascii where the profile allows it;
/// national tables and transliterated texts where they can encode it. Not for ill-formed texts and those with
/// forbidden characters; those that are not encodable or too long in the profile are welcome.
[[nodiscard]] std::vector<CandidateCost> list_candidates(std::string_view utf8,
                                                         const EncodingProfile& profile);

struct Replacements {
  bool chillu = false;
  bool newlines = false;
  bool transliterate = false;
};
/// What these would change in a well-formed text, in order.
[[nodiscard]] std::vector<CharacterNote> list_replacements(std::string_view utf8, Replacements which);

/// The text with U+27E6 and U+27E7 around each run of its wide characters; those that show nothing stand
/// there by their number (U+200D). The second form gives the octets from `begin` to `end` only.
[[nodiscard]] std::string marked_text(std::string_view utf8, const SegmentReport& report);
[[nodiscard]] std::string marked_text(std::string_view utf8, const SegmentReport& report, std::size_t begin,
                                      std::size_t end);

/// "U+0D2E".
[[nodiscard]] std::string code_point_name(char32_t code_point);

/// One JSON object, no white space outside strings; `utf8` is the text reported on:
/// {"encoding","data_coding","transliterated","parts","units":[…],"segments","concatenation","starts":[…],
///  "candidates":[{"encoding","transliterated","allowed","encodable","units","parts"}…],"narrower",
///  "wide":[{"offset","octets","code_point":"U+2019","replacement"}…],"wide_total","marked",
///  "changed":[like
///  wide],"cheaper":{"text","encoding","units","parts"},"without":{"encoding","units","parts"}}
[[nodiscard]] std::string to_json(const SegmentReport& report, std::string_view utf8);
/// {"error","offset","code_point","segments","candidates"}, the latter where they mean something.
[[nodiscard]] std::string to_json(const TextError& error, const std::vector<CandidateCost>& candidates = {});

[[nodiscard]] std::string_view to_string(Concatenation concatenation);

}  // namespace anchal::smpp
