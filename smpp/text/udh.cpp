#include "smpp/text/udh.h"

namespace anchal::smpp {
namespace {

std::uint8_t octet(std::span<const std::byte> data, std::size_t i) {
  return std::to_integer<std::uint8_t>(data[i]);
}
std::uint16_t pair(std::span<const std::byte> data, std::size_t i) {
  return static_cast<std::uint16_t>(octet(data, i) << 8U | octet(data, i + 1));
}

Language known_language(std::uint8_t identifier) {
  return identifier <= kLanguageCount ? static_cast<Language>(identifier) : Language::none;
}

void take_part(UserDataHeader& header, PartNumber part) {
  if (part.total != 0 && part.sequence != 0 && part.sequence <= part.total) header.part = part;
}

void take_element(UserDataHeader& header, std::uint8_t id, std::span<const std::byte> data) {
  switch (id) {
    case 0x00:
      if (data.size() == 3) take_part(header, {octet(data, 0), octet(data, 1), octet(data, 2), false});
      break;
    case 0x08:
      if (data.size() == 4) take_part(header, {pair(data, 0), octet(data, 2), octet(data, 3), true});
      break;
    case 0x04:
      if (data.size() == 2) header.ports = ApplicationPorts{octet(data, 0), octet(data, 1)};
      break;
    case 0x05:
      if (data.size() == 4) header.ports = ApplicationPorts{pair(data, 0), pair(data, 2)};
      break;
    case 0x24:
      if (data.size() == 1) header.single = known_language(octet(data, 0));
      break;
    case 0x25:
      if (data.size() == 1) header.locking = known_language(octet(data, 0));
      break;
    default:
      break;
  }
}

}  // namespace

std::expected<UserDataHeader, UdhError> parse_udh(std::span<const std::byte> user_data) {
  if (user_data.empty()) return std::unexpected(UdhError::empty);
  const std::size_t length = octet(user_data, 0);
  if (length > user_data.size() - 1) return std::unexpected(UdhError::longer_than_data);
  UserDataHeader header;
  header.octets = length + 1;
  std::span<const std::byte> left = user_data.subspan(1, length);
  while (!left.empty()) {
    if (left.size() < 2 || left.size() - 2 < octet(left, 1))
      return std::unexpected(UdhError::element_overruns);
    const std::size_t size = octet(left, 1);
    take_element(header, octet(left, 0), left.subspan(2, size));
    left = left.subspan(2 + size);
  }
  return header;
}

}  // namespace anchal::smpp
