#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "smpp/receipt/receipt.h"

namespace anchal::smpp::test {

inline std::span<const std::byte> octets(std::string_view text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

/// A deliver_sm with esm_class 4 and this text.
inline ReceiptInput text_receipt(std::string_view text) {
  return {.esm_class = 4, .short_message = octets(text)};
}

/// The error, empty where there is a receipt.
inline std::optional<ReceiptError> error_of(const std::expected<Receipt, ReceiptError>& receipt) {
  if (receipt) return std::nullopt;
  return receipt.error();
}

}  // namespace anchal::smpp::test
