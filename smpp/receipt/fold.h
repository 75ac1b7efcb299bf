#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "smpp/receipt/part_state.h"

namespace anchal::smpp {

/// Whose receipts an operator sends for a long message (dlr.segments).
enum class SegmentPolicy : std::uint8_t { each, any_one, last_only, first_only };

/// What the parts amount to, in the words of the outcomes stream; `pending` while parts are awaited.
enum class MessageOutcome : std::uint8_t {
  pending,
  submitted,
  delivered,
  undelivered,
  expired,
  rejected,
  no_receipt,
};
std::string_view to_string(MessageOutcome outcome);

struct Folded {
  static constexpr std::size_t kNoPart = ~std::size_t{0};

  MessageOutcome outcome = MessageOutcome::pending;
  std::uint32_t parts_delivered = 0;
  std::size_t decided_by = kNoPart;  ///< the part whose error belongs into the outcome
};

/// Folds the parts of one message into one outcome. All needed parts delivered: delivered. All ended the same
/// way: that way. Ended differently: undelivered. A submit refused for good counts under every policy. Open,
/// enroute and unknown parts keep the message pending until `deadline_passed`; then silence on a needed part
/// gives no_receipt. Pure; an empty list is pending.
Folded fold(std::span<const PartState> parts, SegmentPolicy policy, bool deadline_passed);

}  // namespace anchal::smpp
