#include "smpp/receipt/message_id.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace anchal::smpp {
namespace {

constexpr std::size_t kDigitsMax = 128;  // twice the longest message_id of SMPP 3.4 (§5.2.23)
constexpr std::size_t kDigitsOfU64 = 16;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view trimmed(std::string_view id) {
  id = id.substr(0, id.find('\0'));
  while (!id.empty() && is_blank(id.back())) id.remove_suffix(1);
  while (!id.empty() && is_blank(id.front())) id.remove_prefix(1);
  return id;
}

/// The value of a hexadecimal digit, -1 for anything else.
int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_number(std::string_view s, int base) {
  if (s.empty()) return false;
  return std::ranges::all_of(s, [base](char c) {
    const int digit = digit_of(c);
    return digit >= 0 && digit < base;
  });
}

std::string_view without_zeros(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return digits.substr(first == std::string_view::npos ? digits.size() - 1 : first);
}

/// Up to 128 hexadecimal digits as decimal text: limbs of nine decimal digits, the lowest first.
void append_decimal(std::string_view hex, std::string& out) {
  constexpr std::uint64_t kLimb = 1'000'000'000;
  std::array<std::uint32_t, 18> limbs{};  // 512 bits are 155 decimal digits
  std::size_t used = 1;
  for (const char c : hex) {
    auto carry = static_cast<std::uint64_t>(digit_of(c));
    for (std::size_t i = 0; i < used; ++i) {
      const std::uint64_t value = limbs[i] * std::uint64_t{16} + carry;
      limbs[i] = static_cast<std::uint32_t>(value % kLimb);
      carry = value / kLimb;
    }
    if (carry > 0) limbs[used++] = static_cast<std::uint32_t>(carry);
  }
  char text[9];
  for (std::size_t i = used; i-- > 0;) {
    const auto end = std::to_chars(text, text + sizeof text, limbs[i]).ptr;
    const auto length = static_cast<std::size_t>(end - text);
    if (i + 1 < used) out.append(9 - length, '0');
    out.append(text, length);
  }
}

void append_decimal_of_hex(std::string_view hex, std::string& out) {
  if (hex.size() > kDigitsOfU64) {
    append_decimal(hex, out);
    return;
  }
  std::uint64_t value = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
  char text[20];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

}  // namespace

void normalise(std::string_view id, MessageIdSide side, const MessageIdProfile& profile, std::string& out) {
  out.clear();
  id = trimmed(id);
  if (!profile.strip_suffix.empty()) {
    const std::size_t suffix = id.find(profile.strip_suffix);
    if (suffix != std::string_view::npos && suffix > 0) id = id.substr(0, suffix);
  }
  const MessageIdBase base = side == MessageIdSide::response ? profile.response : profile.receipt;
  if (id.size() <= kDigitsMax) {
    if (base == MessageIdBase::dec && is_number(id, 10)) {
      out.assign(without_zeros(id));
      return;
    }
    if (base == MessageIdBase::hex && is_number(id, 16)) {
      append_decimal_of_hex(id, out);
      return;
    }
  }
  // Only numbers lose zeros: a UUID or a dotted id means each of its characters.
  if (profile.strip_zeros && is_number(id, 16)) id = without_zeros(id);
  if (profile.prefix_len > 0) id = id.substr(0, profile.prefix_len);
  out.assign(id);
  if (profile.fold_case) {
    for (char& c : out) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
  }
}

}  // namespace anchal::smpp
