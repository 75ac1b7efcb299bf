#include "smpp/text/septets.h"

#include <bit>
#include <cassert>
#include <cstring>

namespace anchal::smpp {
namespace {

// Eight septets, one an octet, to 56 bits: join neighbours twice as wide three times.
std::uint64_t join_eight(std::uint64_t septets) {
  septets = ((septets & 0x7F007F007F007F00U) >> 1U) | (septets & 0x007F007F007F007FU);
  septets = ((septets & 0x3FFF00003FFF0000U) >> 2U) | (septets & 0x00003FFF00003FFFU);
  return ((septets & 0x0FFFFFFF00000000U) >> 4U) | (septets & 0x000000000FFFFFFFU);
}

std::uint64_t load_little(const std::uint8_t* from) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, sizeof value);
  return std::endian::native == std::endian::little ? value : __builtin_bswap64(value);
}

void store_little(std::uint64_t value, std::byte* to) {
  if (std::endian::native != std::endian::little) value = __builtin_bswap64(value);
  std::memcpy(to, &value, sizeof value);
}

}  // namespace

std::size_t pack_septets(std::span<const std::uint8_t> septets, unsigned fill, bool cr, std::byte* out) {
  assert(fill < 7);
  std::uint64_t pending = 0;  // bits not yet written, `bits` of them, always fewer than 8 between octets
  unsigned bits = fill;
  std::size_t size = 0;
  std::size_t i = 0;
  for (; i + 8 <= septets.size(); i += 8) {
    const std::uint64_t joined = join_eight(load_little(septets.data() + i));
    pending |= joined << bits;  // 56 + 7 bits at most
    if (i + 16 <= septets.size()) {
      store_little(pending, out + size);  // one octet too many: seven more follow
    } else {
      for (unsigned octet = 0; octet < 7; ++octet)
        out[size + octet] = static_cast<std::byte>(pending >> 8U * octet);
    }
    size += 7;
    pending >>= 56U;
  }
  for (; i < septets.size(); ++i) {
    pending |= std::uint64_t{septets[i]} << bits;
    bits += 7;
    if (bits >= 8) {
      out[size++] = static_cast<std::byte>(pending);
      pending >>= 8U;
      bits -= 8;
    }
  }
  if (bits != 0 && !septets.empty()) {
    if (cr && bits == 1) pending |= 0x0DU << 1U;
    out[size++] = static_cast<std::byte>(pending);
  }
  return size;
}

void unpack_septets(std::span<const std::byte> packed, unsigned fill, std::span<std::uint8_t> out) {
  std::size_t bit = fill;
  for (std::uint8_t& septet : out) {
    const std::size_t octet = bit / 8;
    const unsigned shift = bit % 8;
    unsigned value = std::to_integer<unsigned>(packed[octet]);
    if (shift > 1) value |= std::to_integer<unsigned>(packed[octet + 1]) << 8U;
    septet = static_cast<std::uint8_t>((value >> shift) & 0x7FU);
    bit += 7;
  }
}

std::vector<std::uint8_t> unpack_all(std::span<const std::byte> packed, unsigned fill, bool cr) {
  const std::size_t bits = 8 * packed.size();
  if (bits < fill + 7U) return {};
  std::vector<std::uint8_t> septets((bits - fill) / 7);
  unpack_septets(packed, fill, septets);
  if ((bits - fill) % 7 == 0 && septets.back() == (cr ? 0x0D : 0x00)) septets.pop_back();
  return septets;
}

}  // namespace anchal::smpp
