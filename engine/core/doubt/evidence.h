#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/time.h"
#include "smpp/receipt/part_state.h"

namespace anchal::core {

/// What shows that an operator took a message in doubt after all.
enum class Evidence : std::uint8_t { late_response, receipt, query };

/// Names recipient and sender of a message, as a receipt repeats them, without telling them: the last ten
/// digits of the number (receipts come with and without country code) and the sender, whatever its case. 0
/// where there is no number.
std::uint64_t address_token(std::string_view recipient, std::string_view sender);

/// The user_message_reference (SMPP 3.4 §5.3.2.17) of a part. It follows from who the part is, so that a new
/// owner knows it of what the former one wrote. Never 0; the parts of one message have different ones.
std::uint16_t part_reference(std::uint64_t job_hash, std::uint32_t index, bool resent, std::size_t part);

/// What a receipt says of its message beside the id.
struct ReceiptOrigin {
  std::uint64_t address = 0;               ///< address_token()
  std::optional<std::uint16_t> reference;  ///< user_message_reference
  std::optional<WallTime> submitted;       ///< its submit date
  WallTime arrived{};
};

/// A receipt whose id nobody knows, as it is kept for a while for whoever has its message in doubt: in the
/// hash `anchal:{s}:strays:<operator>:<address>`, field "r:<id>:<1 if final>".
struct Stray {
  smpp::PartState state = smpp::PartState::open;
  bool is_final = false;
  std::string error;
  ReceiptOrigin origin;  ///< but for the address, which is in the key

  void pack(std::string& out) const;
  static std::optional<Stray> unpack(std::string_view packed);
};

/// When a message in doubt may have been written: beside the strays, field "d:<message_key>", so that a
/// receipt that fits two of them is taken for neither.
struct WrittenWithin {
  WallTime from{}, to{};

  /// Whether a receipt that says it was submitted then may be of this message: dates are given to the minute,
  /// and clocks differ.
  bool fits(WallTime submitted) const;

  void pack(std::string& out) const;
  static std::optional<WrittenWithin> unpack(std::string_view packed);
};

}  // namespace anchal::core
