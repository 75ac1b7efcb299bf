#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace anchal::smpp::test {

inline std::string to_hex(std::span<const std::byte> octets) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const std::byte octet : octets) {
    text += digits[std::to_integer<unsigned>(octet) >> 4U];
    text += digits[std::to_integer<unsigned>(octet) & 15U];
  }
  return text;
}

inline std::string from_hex(std::string_view hex) {
  std::string octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    octets += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return octets;
}

}  // namespace anchal::smpp::test
