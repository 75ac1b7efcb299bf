#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "smpp/pdu/command_id.h"

namespace anchal::smpp {

inline constexpr std::size_t kHeaderSize = 16;
/// Holds every legal submit_multi with a full message_payload, and then some.
inline constexpr std::uint32_t kMaxCommandLength = 131072;
inline constexpr std::uint32_t kMaxSequenceNumber = 0x7FFFFFFF;

/// The four words in front of every PDU (SMPP 3.4 §3.2.1).
struct Header {
  std::uint32_t command_length = 0;
  CommandId command_id{};
  std::uint32_t command_status = 0;
  std::uint32_t sequence_number = 0;
  bool operator==(const Header&) const = default;
};

/// One whole PDU as it lies in the input: a view, valid as long as the octets are.
struct Frame {
  Header header;
  std::span<const std::byte> body{};
};

[[nodiscard]] constexpr std::uint32_t load_u32(const std::byte* from) {
  return std::to_integer<std::uint32_t>(from[0]) << 24 | std::to_integer<std::uint32_t>(from[1]) << 16 |
         std::to_integer<std::uint32_t>(from[2]) << 8 | std::to_integer<std::uint32_t>(from[3]);
}

[[nodiscard]] constexpr std::uint16_t load_u16(const std::byte* from) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(from[0]) << 8 |
                                    std::to_integer<unsigned>(from[1]));
}

/// Reads the header; `octets` holds at least kHeaderSize.
[[nodiscard]] constexpr Header read_header(const std::byte* octets) {
  return {load_u32(octets), static_cast<CommandId>(load_u32(octets + 4)), load_u32(octets + 8),
          load_u32(octets + 12)};
}

}  // namespace anchal::smpp
