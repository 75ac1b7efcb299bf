#include "engine/core/receipts/early_receipt.h"

#include <algorithm>

#include "engine/core/pack.h"

namespace anchal::core {

namespace {
constexpr std::uint8_t kMark = 0xE1;  // no version of a ReceiptTarget
}  // namespace

void EarlyReceipt::pack(std::string& out) const {
  Packer packer(out);
  packer.u8(kMark);
  packer.u8(static_cast<std::uint8_t>(state));
  packer.varint(static_cast<std::uint64_t>(std::max<std::int64_t>(arrived_ms, 0)));
  packer.text(error);
}

std::optional<EarlyReceipt> EarlyReceipt::unpack(std::string_view packed) {
  Unpacker in(packed);
  if (in.u8() != kMark) return std::nullopt;
  EarlyReceipt receipt;
  const std::uint8_t state = in.u8();
  receipt.state = static_cast<smpp::PartState>(state);
  receipt.arrived_ms = in.time_ms();
  receipt.error = in.text();
  if (!in.ok() || !in.at_end() || state > static_cast<std::uint8_t>(smpp::PartState::submitted))
    return std::nullopt;
  return receipt;
}

}  // namespace anchal::core
