#pragma once

#include <cstdint>
#include <cstring>

namespace anchal::smpp::internal {

/// Sixteen octets at once by the compilers' vector extension: no intrinsics, any machine. A comparison gives
/// 0xFF where true.
using Octets16 = std::uint8_t __attribute__((vector_size(16)));

[[nodiscard]] inline Octets16 load16(const void* from) {
  Octets16 v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
inline void store16(void* to, Octets16 v) {
  std::memcpy(to, &v, sizeof v);
}
/// high[0] low[0] high[1] low[1] ...: thirty-two octets.
inline void store_pairs(std::uint8_t* to, Octets16 high, Octets16 low) {
  store16(to, __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
  store16(to + 16,
          __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
}
[[nodiscard]] inline Octets16 splat16(std::uint8_t octet) {
  return Octets16{} + octet;
}
/// The compilers differ in the type of a comparison.
template <class Mask>
[[nodiscard]] inline Octets16 as_octets(Mask mask) {
  static_assert(sizeof(Mask) == sizeof(Octets16));
  return reinterpret_cast<Octets16>(mask);
}

[[nodiscard]] inline bool any(Octets16 v) {
  std::uint64_t halves[2];
  std::memcpy(halves, &v, sizeof v);
  return (halves[0] | halves[1]) != 0;
}

/// Sum of the lanes.
[[nodiscard]] inline std::uint32_t add_up(Octets16 v) {
  std::uint64_t halves[2];
  std::memcpy(halves, &v, sizeof v);
  constexpr std::uint64_t even = 0x00FF00FF00FF00FFU;
  std::uint64_t sum = 0;
  for (const std::uint64_t half : halves) sum += (half & even) + (half >> 8U & even);
  return static_cast<std::uint32_t>(sum * 0x0001000100010001U >> 48U);
}

/// Characters `[ \ ] ^ { | } ~`: the ASCII part of the GSM extension table, form feed apart.
[[nodiscard]] inline Octets16 is_extension(Octets16 v) {
  const Octets16 folded = (v & splat16(0xDF)) - splat16(0x5B);
  return as_octets(folded < splat16(4));
}
/// Not an ASCII character of the default tables, or form feed.
[[nodiscard]] inline Octets16 is_not_plain(Octets16 v) {
  const Octets16 control =
      as_octets(v < splat16(0x20)) & as_octets(v != splat16('\n')) & as_octets(v != splat16('\r'));
  return control | as_octets(v > splat16(0x7E)) | as_octets(v == splat16('`'));
}

}  // namespace anchal::smpp::internal
