#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/core/doubt/evidence.h"
#include "engine/core/partition/batch.h"
#include "engine/core/time.h"
#include "smpp/receipt/part_state.h"

namespace anchal::core {

/// A receipt, or a deadline that passed without one, on its way to the message that it is about. Owned by the
/// shard that heard it, until it is applied, handed to the partition's owner, or kept for whoever doubts.
struct ReceiptEvent {
  std::uint16_t operator_index = 0;
  std::array<std::string, 2> id;  ///< candidates, normalised; the first that is known counts
  std::uint8_t id_count = 0;
  std::span<const std::string> ids() const { return std::span(id).first(id_count); }
  std::string& add_id() { return id[id_count++]; }
  smpp::PartState state = smpp::PartState::open;
  bool is_final = false;
  bool deadline = false;  ///< no receipt came: the operator's time is over
  std::string error;
  std::optional<ReceiptAnswer> answer;
  std::shared_ptr<const ReceiptOrigin> origin;  ///< where the operator's strays are kept
  std::shared_ptr<char> inbox;                  ///< Partition::inbox_events, until it is applied
  bool stray = false;                           ///< kept for whoever has its message in doubt
  std::optional<std::int64_t> generation;       ///< where its id was met, which the clock may not say
  TimePoint due = TimePoint::min();             ///< unmatched: looked up again then
  unsigned tries = 0;
};

}  // namespace anchal::core
