#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

namespace anchal::fuzz {

/// Hands out pieces of a fuzzer's input; what is not there any more is zero or empty.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(std::as_bytes(std::span(data, size))) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::uint8_t octet() {
    const auto piece = take(1);
    return piece.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(piece.front());
  }
  std::uint32_t number() {
    std::uint32_t value = 0;
    for (int count = 0; count < 4; ++count) value = value << 8 | octet();
    return value;
  }
  std::span<const std::byte> take(std::size_t count) {
    const auto piece = rest_.first(count < rest_.size() ? count : rest_.size());
    rest_ = rest_.subspan(piece.size());
    return piece;
  }

 private:
  std::span<const std::byte> rest_;
};

/// A law that must hold for every input, in every build.
inline void check(bool law) {
  if (!law) std::abort();
}

}  // namespace anchal::fuzz
