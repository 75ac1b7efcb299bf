#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/simulator/behaviour.h"

namespace anchal::simulator {

/// Writes the number of a message as its message_id in one of the styles of the wild, and reads it back. The
/// same number, style and seed give the same id, and different numbers different ids.
class MessageIds {
 public:
  using Text = std::array<char, 40>;

  explicit MessageIds(std::uint64_t seed) : seed_(seed) {}

  /// The id, in `text`: valid as long as it is.
  std::string_view write(std::uint64_t number, IdStyle style, Text& text) const;
  /// The number of an id that write() made with this style and seed.
  [[nodiscard]] std::optional<std::uint64_t> read(std::string_view id, IdStyle style) const;

 private:
  std::uint64_t seed_;
};

}  // namespace anchal::simulator
