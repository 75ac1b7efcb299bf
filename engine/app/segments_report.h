#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/config.h"
#include "smpp/text/segments.h"

namespace anchal::app {

/// By whose rules a text is judged: those of a configured operator, or such as are given by hand. What a job
/// may say narrows either.
struct SegmentsQuestion {
  std::string operator_name = {};           ///< empty: by hand
  std::string encoding = "auto";            ///< as a job's `encoding`
  std::vector<std::string> languages = {};  ///< by hand: national tables, or "all"
  bool latin1 = false;                      ///< by hand
  bool transliterate = false;               ///< by hand
};

struct QuestionError {
  std::string field;  ///< "operator", "encoding", "languages"
  std::string message;
};

/// The profile that `anchal segments` and POST /api/v1/segments ask with.
[[nodiscard]] std::expected<smpp::EncodingProfile, QuestionError> segments_profile(
    const SegmentsQuestion& question, std::span<const core::OperatorConfig> operators);

/// The report for people: the parts with what is wide in them marked, the cost in every encoding, the wide
/// characters one by one, and what would be cheaper.
[[nodiscard]] std::string segments_page(const smpp::SegmentReport& report, std::string_view text);

/// "not_encodable at octet 5: U+0D2E is in no encoding allowed here". Holds no more of the text than that.
[[nodiscard]] std::string describe(const smpp::TextError& error);

/// What a refused text would cost elsewhere; nothing where it is no text at all.
[[nodiscard]] std::vector<smpp::CandidateCost> candidates_of_refused(const smpp::TextError& error,
                                                                     std::string_view text,
                                                                     const smpp::EncodingProfile& profile);

/// The table of costs alone. Beside the chosen encoding, national tables that are not allowed are left out
/// where they would save nothing: nearly any text fits some of them.
[[nodiscard]] std::string costs_table(const std::vector<smpp::CandidateCost>& candidates,
                                      const smpp::SegmentReport* chosen = nullptr);

}  // namespace anchal::app
