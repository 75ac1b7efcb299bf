#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace anchal::smpp {

using Octets = std::span<const std::byte>;

/// The same octets seen as characters, and back. No copy.
[[nodiscard]] inline std::string_view as_text(Octets octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}
[[nodiscard]] inline Octets as_octets(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace anchal::smpp
