#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "smpp/text/profile.h"

namespace anchal::smpp {

/// Which part of which long message this is: from a UDH (TS 23.040 §9.2.3.24.1, §9.2.3.24.8) or from the
/// sar_* TLVs. sequence is 1..total.
struct PartNumber {
  std::uint16_t reference = 0;
  std::uint8_t total = 0;
  std::uint8_t sequence = 0;
  bool wide = false;  // 16-bit reference: another number space than the 8-bit ones
  friend constexpr bool operator==(const PartNumber&, const PartNumber&) = default;
};

/// Application port addressing (TS 23.040 §9.2.3.24.3, §9.2.3.24.4): such a message is for a program.
struct ApplicationPorts {
  std::uint16_t destination = 0;
  std::uint16_t source = 0;
  friend constexpr bool operator==(const ApplicationPorts&, const ApplicationPorts&) = default;
};

/// What a user data header says that matters to us; other elements are skipped.
struct UserDataHeader {
  std::size_t octets = 0;  // of the header with its length octet
  std::optional<PartNumber> part;
  Language locking = Language::none;
  Language single = Language::none;
  std::optional<ApplicationPorts> ports;
};

enum class UdhError : std::uint8_t {
  empty,             // UDHI set, no octet there
  longer_than_data,  // UDHL points behind the end
  element_overruns,  // an element's length points behind the header
};

/// Reads the header at the front of `user_data`. An element of a wrong length or with a sequence outside
/// 1..total is ignored, of a repeated one the last counts (TS 23.040 §9.2.3.24); an unknown language means
/// the default tables.
[[nodiscard]] std::expected<UserDataHeader, UdhError> parse_udh(std::span<const std::byte> user_data);

}  // namespace anchal::smpp
