#pragma once

#include <cstddef>
#include <span>

#include "smpp/pdu/frame.h"
#include "smpp/pdu/tlv.h"

namespace anchal::smpp {

inline constexpr std::size_t kTlvHeaderSize = 4;

/// Takes one TLV off the front of `rest`. False, and `rest` untouched, when no whole TLV stands there.
inline bool take_tlv(std::span<const std::byte>& rest, Tlv& tlv) {
  if (rest.size() < kTlvHeaderSize) return false;
  const std::size_t length = load_u16(rest.data() + 2);
  if (length > rest.size() - kTlvHeaderSize) return false;
  tlv.tag = static_cast<TlvTag>(load_u16(rest.data()));
  tlv.value = rest.subspan(kTlvHeaderSize, length);
  rest = rest.subspan(kTlvHeaderSize + length);
  return true;
}

}  // namespace anchal::smpp
