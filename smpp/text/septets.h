#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace anchal::smpp {

/// Fill bits between a UDH and packed septets, so that these start at a septet boundary (TS 23.040
/// §9.2.3.24).
[[nodiscard]] constexpr unsigned fill_bits(std::size_t udh_octets) {
  return static_cast<unsigned>((7 - 8 * udh_octets % 7) % 7);
}

/// Octets of UDH, fill and `septets` septets together.
[[nodiscard]] constexpr std::size_t packed_octets(std::size_t udh_octets, std::size_t septets) {
  return (8 * udh_octets + (septets == 0 ? 0 : fill_bits(udh_octets)) + 7 * septets + 7) / 8;
}

/// Septets that fit into 140 octets behind a UDH (TS 23.038 §4, TS 23.040 §9.2.3.24).
[[nodiscard]] constexpr std::size_t septet_capacity(std::size_t udh_octets) {
  return (140 * 8 - 8 * udh_octets) / 7;
}

/// Packs septets (one an octet) behind `fill` zero bits, low bits first (TS 23.038 §6.1.2.1). `out` has room
/// for ceil((fill + 7 * septets) / 8) octets, which are returned. With `cr`, exactly seven spare bits in the
/// last octet take a CR (TS 23.038 §6.1.2.3.1), for receivers that would read them as `@`.
std::size_t pack_septets(std::span<const std::uint8_t> septets, unsigned fill, bool cr, std::byte* out);

/// The reverse: reads `out.size()` septets after `fill` bits. `packed` has at least the octets for them.
void unpack_septets(std::span<const std::byte> packed, unsigned fill, std::span<std::uint8_t> out);

/// All septets of a body whose octets are counted, not its septets: exactly seven spare bits at the end that
/// hold the fill (CR if `cr`, else zero) are no septet.
[[nodiscard]] std::vector<std::uint8_t> unpack_all(std::span<const std::byte> packed, unsigned fill, bool cr);

}  // namespace anchal::smpp
