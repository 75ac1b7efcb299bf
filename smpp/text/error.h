#pragma once

#include <cstdint>
#include <string_view>

namespace anchal::smpp {

enum class TextErrorKind : std::uint8_t {
  invalid_utf8,       // offset: first byte of the first ill-formed sequence
  forbidden_control,  // offset, code_point: C0 except TAB LF FF CR, DEL, C1 except NEL
  noncharacter,       // offset, code_point
  not_encodable,      // offset, code_point: the first character no allowed encoding has
  too_many_segments,  // segments: how many it would take
  text_too_long,      // 2^30 octets or more
};

/// Why a text cannot become parts. Offsets count octets of the UTF-8 input. Never carries text: fit for logs.
struct TextError {
  TextErrorKind kind = TextErrorKind::invalid_utf8;
  std::uint32_t offset = 0;
  char32_t code_point = 0;
  std::uint32_t segments = 0;
  friend constexpr bool operator==(const TextError&, const TextError&) = default;
};

/// The spelling of the enumerator, as in dead letters and outcomes.
[[nodiscard]] std::string_view to_string(TextErrorKind kind);

}  // namespace anchal::smpp
