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

/// Why a text costs what it costs: for people who write texts, not for the hot path. Allocates.
struct SegmentReport {
  Encoding encoding;
  std::uint8_t data_coding = 0;
  Concatenation concatenation = Concatenation::none;
  std::size_t parts = 0;
  std::size_t segments = 0;          // see SegmentPlan::segments()
  std::vector<std::uint16_t> units;  // of each part
  std::vector<std::size_t> starts;   // offset of each part in the text
  /// gsm7, latin1 and ucs2 always; national tables and transliterated texts where they can encode it.
  std::vector<CandidateCost> candidates;
  /// The narrower encoding that came closest, and the characters it lacks; none if nothing is narrower.
  std::optional<Encoding> narrower;
  std::vector<CharacterNote> wide;  // at most kWideMax
  std::size_t wide_total = 0;
  std::vector<CharacterNote> changed;  // what chillu replacement and transliteration changed, if used

  static constexpr std::size_t kWideMax = 200;
};

[[nodiscard]] std::expected<SegmentReport, TextError> report_segments(std::string_view utf8,
                                                                      const EncodingProfile& profile);

/// What transliteration and chillu replacement would change in a well-formed text, in order.
[[nodiscard]] std::vector<CharacterNote> list_replacements(std::string_view utf8, bool chillu,
                                                           bool transliterate);

/// One JSON object, no white space outside strings:
/// {"encoding","data_coding","parts","units":[…],"segments","concatenation","starts":[…],
///  "candidates":[{"encoding","transliterated","allowed","encodable","units","parts"}…],"narrower",
///  "wide":[{"offset","octets","code_point":"U+2019","replacement"}…],"wide_total","changed":[like wide]}
[[nodiscard]] std::string to_json(const SegmentReport& report);
/// {"error","offset","code_point","segments"}, the latter where they mean something.
[[nodiscard]] std::string to_json(const TextError& error);

[[nodiscard]] std::string_view to_string(Concatenation concatenation);

}  // namespace anchal::smpp
