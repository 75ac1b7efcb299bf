#include "engine/simulator/message_ids.h"

#include <algorithm>
#include <charconv>

#include "engine/simulator/random.h"

namespace anchal::simulator {
namespace {

constexpr std::string_view kUpper = "0123456789ABCDEF";
constexpr std::string_view kLower = "0123456789abcdef";

std::string_view write_hex(std::uint64_t number, std::string_view digits, MessageIds::Text& text) {
  char* const end = text.data() + text.size();
  char* at = end;
  do {
    *--at = digits[number & 15];
    number >>= 4;
  } while (number != 0);
  return {at, static_cast<std::size_t>(end - at)};
}

// The number stands in the last two groups; the rest is noise of seed and number, with the version and
// variant bits of RFC 9562 §5.4, so that no two ids share a prefix that could be mistaken for a truncated
// one.
std::string_view write_uuid(std::uint64_t number, std::uint64_t seed, MessageIds::Text& text) {
  const std::uint64_t noise = Random(seed ^ (number * 0x9E3779B97F4A7C15ULL)).next();
  const std::uint64_t high = (noise & ~0xF000ULL) | 0x4000ULL;
  const std::uint64_t low = (number & 0x3FFFFFFFFFFFFFFFULL) | 0x8000000000000000ULL;
  char* at = text.data();
  const auto group = [&](std::uint64_t value, int nibbles) {
    for (int shift = (nibbles - 1) * 4; shift >= 0; shift -= 4) *at++ = kLower[(value >> shift) & 15];
  };
  group(high >> 32, 8);
  *at++ = '-';
  group(high >> 16, 4);
  *at++ = '-';
  group(high, 4);
  *at++ = '-';
  group(low >> 48, 4);
  *at++ = '-';
  group(low, 12);
  return {text.data(), static_cast<std::size_t>(at - text.data())};
}

std::optional<std::uint64_t> parse(std::string_view digits, int base) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string_view MessageIds::write(std::uint64_t number, IdStyle style, Text& text) const {
  switch (style) {
    case IdStyle::hex:
      return write_hex(number, kUpper, text);
    case IdStyle::hex_lower:
      return write_hex(number, kLower, text);
    case IdStyle::uuid:
      return write_uuid(number, seed_, text);
    case IdStyle::decimal:
    case IdStyle::decimal_padded:
      break;
  }
  char digits[20];
  const auto length =
      static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits);
  const std::size_t zeros = style == IdStyle::decimal_padded && length < 10 ? 10 - length : 0;
  std::fill_n(text.data(), zeros, '0');
  std::copy_n(digits, length, text.data() + zeros);
  return {text.data(), zeros + length};
}

std::optional<std::uint64_t> MessageIds::read(std::string_view id, IdStyle style) const {
  std::optional<std::uint64_t> number;
  if (style == IdStyle::uuid) {
    if (id.size() != 36) return std::nullopt;
    const auto high = parse(id.substr(19, 4), 16);
    const auto low = parse(id.substr(24), 16);
    if (high && low) number = ((*high & 0x3FFF) << 48) | *low;
  } else {
    number = parse(id, style == IdStyle::hex || style == IdStyle::hex_lower ? 16 : 10);
  }
  Text text;
  if (!number || write(*number, style, text) != id) return std::nullopt;
  return number;
}

}  // namespace anchal::simulator
