#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace anchal::core {

/// Packed records (journal, receipt map, moved messages): LEB128 varints, fixed 8-octet hashes, strings with
/// a length in front. Ours on both ends, and still every length is checked: Redis may hold an older version's
/// bytes, or someone else's.
class Packer {
 public:
  explicit Packer(std::string& out) : out_(out) {}
  void u8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  void fixed64(std::uint64_t value) {
    char octets[8];
    std::memcpy(octets, &value, 8);
    out_.append(octets, 8);
  }
  void text(std::string_view value) {
    varint(value.size());
    out_.append(value);
  }

 private:
  std::string& out_;
};

/// Reads what Packer wrote. After the first read that does not fit, ok() is false and every read gives zero.
class Unpacker {
 public:
  explicit Unpacker(std::string_view in) : in_(in) {}
  bool ok() const { return ok_; }
  bool at_end() const { return in_.empty(); }
  std::string_view rest() const { return in_; }

  std::uint8_t u8() {
    if (in_.empty()) return fail();
    const auto value = static_cast<std::uint8_t>(in_.front());
    in_.remove_prefix(1);
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (in_.empty()) return fail();
      const auto octet = static_cast<std::uint8_t>(in_.front());
      in_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(octet & 0x7F) << shift;
      if ((octet & 0x80) == 0) return value;
    }
    return fail();
  }
  /// Milliseconds since 1970, none before and none beyond the year 37,000: with those of other octets than
  /// ours sums would overflow.
  std::int64_t time_ms() {
    constexpr std::uint64_t kFar = std::uint64_t{1} << 50;
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>(value < kFar ? value : kFar);
  }
  std::uint64_t fixed64() {
    if (in_.size() < 8) return fail();
    std::uint64_t value;
    std::memcpy(&value, in_.data(), 8);
    in_.remove_prefix(8);
    return value;
  }
  std::string_view text() {
    const std::uint64_t size = varint();
    if (!ok_ || size > in_.size()) {
      fail();
      return {};
    }
    const auto value = in_.substr(0, size);
    in_.remove_prefix(size);
    return value;
  }

 private:
  std::uint8_t fail() {
    ok_ = false;
    in_ = {};
    return 0;
  }
  std::string_view in_;
  bool ok_ = true;
};

static_assert(std::endian::native == std::endian::little, "packed hashes are stored in host order");

}  // namespace anchal::core
