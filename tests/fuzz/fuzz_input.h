#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <span>
#include <string>
#include <string_view>

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
  std::uint64_t number64() {
    const std::uint64_t high = number();
    return high << 32 | number();
  }
  std::span<const std::byte> take(std::size_t count) {
    const auto piece = rest_.first(count < rest_.size() ? count : rest_.size());
    rest_ = rest_.subspan(piece.size());
    return piece;
  }
  /// A text of its own size, so that one octet too far is seen: an octet says how long it is.
  std::string text(std::size_t most = 255) { return as_text(take(octet() % (most + 1))); }
  std::string rest() { return as_text(take(rest_.size())); }

 private:
  static std::string as_text(std::span<const std::byte> piece) {
    return {reinterpret_cast<const char*>(piece.data()), piece.size()};
  }

  std::span<const std::byte> rest_;
};

/// A law that must hold for every input, in every build.
inline void check(bool law, std::source_location where = std::source_location::current()) {
  if (law) return;
  std::fprintf(stderr, "%s:%u: the law does not hold\n", where.file_name(), where.line());
  std::abort();
}

}  // namespace anchal::fuzz
