#include "smpp/text/utf8.h"

#include <array>

namespace anchal::smpp {

std::string_view to_string(TextErrorKind kind) {
  constexpr std::array<std::string_view, 6> names = {"invalid_utf8",  "forbidden_control", "noncharacter",
                                                     "not_encodable", "too_many_segments", "text_too_long"};
  return names[static_cast<std::size_t>(kind)];
}

namespace utf8 {
namespace {

// What may follow a lead octet (Unicode 15.0, table 3-7); every further octet is 80..BF.
struct SecondOctet {
  unsigned char low;
  unsigned char high;
};
constexpr SecondOctet second_octet(unsigned char lead) {
  switch (lead) {
    case 0xE0:
      return {0xA0, 0xBF};
    case 0xED:
      return {0x80, 0x9F};
    case 0xF0:
      return {0x90, 0xBF};
    case 0xF4:
      return {0x80, 0x8F};
    default:
      return {0x80, 0xBF};
  }
}

}  // namespace

std::optional<CodePoint> decode(std::string_view text, std::size_t offset) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[offset + i]); };
  const unsigned char lead = octet(0);
  if (lead < 0x80) return CodePoint{lead, 1};
  if (lead < 0xC2 || lead > 0xF4) return std::nullopt;
  const std::size_t length = length_of(lead);
  if (text.size() - offset < length) return std::nullopt;
  const SecondOctet range = second_octet(lead);
  if (octet(1) < range.low || octet(1) > range.high) return std::nullopt;
  for (std::size_t i = 2; i < length; ++i) {
    if ((octet(i) & 0xC0U) != 0x80U) return std::nullopt;
  }
  return decode_valid(text.data() + offset);
}

std::optional<TextError> find_error(std::string_view text) {
  std::optional<TextError> first;
  for (std::size_t offset = 0; offset < text.size();) {
    const auto code_point = decode(text, offset);
    if (!code_point) return TextError{TextErrorKind::invalid_utf8, static_cast<std::uint32_t>(offset), 0, 0};
    if (!first) {
      const char32_t c = code_point->value;
      if (is_forbidden_control(c)) {
        first = TextError{TextErrorKind::forbidden_control, static_cast<std::uint32_t>(offset), c, 0};
      } else if (is_noncharacter(c)) {
        first = TextError{TextErrorKind::noncharacter, static_cast<std::uint32_t>(offset), c, 0};
      }
    }
    offset += code_point->length;
  }
  return first;
}

}  // namespace utf8
}  // namespace anchal::smpp
