#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "smpp/text/error.h"

namespace anchal::smpp::utf8 {

struct CodePoint {
  char32_t value = 0;
  std::uint8_t length = 0;  // octets, 1..4
};

/// The code point at `offset` by the Unicode standard's table 3-7, or nothing where the octets there are
/// ill-formed: overlong, surrogate, above U+10FFFF, truncated, a stray continuation. offset < text.size().
[[nodiscard]] std::optional<CodePoint> decode(std::string_view text, std::size_t offset);

/// Length of the well-formed sequence that starts with `lead`.
[[nodiscard]] constexpr std::uint8_t length_of(unsigned char lead) {
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/// The code point at the front of a text known to be well-formed.
[[nodiscard]] constexpr CodePoint decode_valid(const char* text) {
  const auto octet = [text](int i) { return static_cast<unsigned char>(text[i]); };
  const char32_t lead = octet(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {((lead & 0x1FU) << 6U) | (octet(1) & 0x3FU), 2};
  if (lead < 0xF0) {
    return {((lead & 0x0FU) << 12U) | ((octet(1) & 0x3FU) << 6U) | (octet(2) & 0x3FU), 3};
  }
  return {
      ((lead & 0x07U) << 18U) | ((octet(1) & 0x3FU) << 12U) | ((octet(2) & 0x3FU) << 6U) | (octet(3) & 0x3FU),
      4};
}

/// Writes the code point (not a surrogate, at most U+10FFFF) and returns its octets, 1..4.
constexpr std::size_t encode(char32_t c, char* out) {
  const auto put = [out](int i, char32_t octet) { out[i] = static_cast<char>(octet); };
  if (c < 0x80) {
    put(0, c);
    return 1;
  }
  if (c < 0x800) {
    put(0, 0xC0U | (c >> 6U));
    put(1, 0x80U | (c & 0x3FU));
    return 2;
  }
  if (c < 0x10000) {
    put(0, 0xE0U | (c >> 12U));
    put(1, 0x80U | ((c >> 6U) & 0x3FU));
    put(2, 0x80U | (c & 0x3FU));
    return 3;
  }
  put(0, 0xF0U | (c >> 18U));
  put(1, 0x80U | ((c >> 12U) & 0x3FU));
  put(2, 0x80U | ((c >> 6U) & 0x3FU));
  put(3, 0x80U | (c & 0x3FU));
  return 4;
}

[[nodiscard]] constexpr bool is_forbidden_control(char32_t c) {
  if (c < 0x20) return c != 0x09 && c != 0x0A && c != 0x0C && c != 0x0D;
  return c >= 0x7F && c < 0xA0 && c != 0x85;
}
[[nodiscard]] constexpr bool is_noncharacter(char32_t c) {
  return (c & 0xFFFEU) == 0xFFFEU || (c >= 0xFDD0 && c <= 0xFDEF);
}

/// What is wrong with the text as an SMS, if anything: ill-formed UTF-8 anywhere comes before a forbidden
/// control or a noncharacter anywhere. A leading U+FEFF is fine.
[[nodiscard]] std::optional<TextError> find_error(std::string_view text);

}  // namespace anchal::smpp::utf8
