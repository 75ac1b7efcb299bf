#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "smpp/text/plan.h"

/// A second encoder, written from the rules alone: slow, plain, sharing nothing with smpp/text but the tables
/// from septet to character. What both agree on is likely right.
namespace anchal::smpp::test {

struct ModelPart {
  std::uint32_t units = 0;
  std::string octets;  // UDH and user data
  std::u32string text;
};

struct ModelPlan {
  Encoding encoding;
  bool transliterated = false;
  std::uint32_t segments = 0;
  std::vector<ModelPart> parts;
};

std::u32string to_utf32(std::string_view utf8);  // of well-formed text
std::string to_utf8(std::u32string_view text);

/// Nothing if the profile has no encoding for the text; segments above `max_parts` are left to the caller.
std::optional<ModelPlan> model_plan(const std::u32string& text, const EncodingProfile& profile,
                                    std::uint16_t reference);

/// Replacements as the planner makes them before anything else.
std::u32string with_chillu(const std::u32string& text);
std::u32string transliterated(const std::u32string& text);
std::u32string with_lf(const std::u32string& text);

/// The cutting rules for user-visible characters, categories from ICU.
bool may_break(const std::u32string& text, std::size_t before);

}  // namespace anchal::smpp::test
