#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "smpp/pdu/octets.h"

namespace anchal::smpp::test {

/// "00 1D" or "001d" as octets; anything that is no hexadecimal digit separates.
inline std::vector<std::byte> from_hex(std::string_view text) {
  std::vector<std::byte> octets;
  int high = -1;
  for (const char character : text) {
    const char lower = static_cast<char>(character | 0x20);
    const int digit = character >= '0' && character <= '9' ? character - '0'
                      : lower >= 'a' && lower <= 'f'       ? lower - 'a' + 10
                                                           : -1;
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
    } else {
      octets.push_back(static_cast<std::byte>(high * 16 + digit));
      high = -1;
    }
  }
  return octets;
}

inline std::string to_hex(Octets octets) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte octet : octets) {
    text += kDigits[std::to_integer<unsigned>(octet) >> 4];
    text += kDigits[std::to_integer<unsigned>(octet) & 15];
  }
  return text;
}

}  // namespace anchal::smpp::test
