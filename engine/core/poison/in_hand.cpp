#include "engine/core/poison/in_hand.h"

#include <exception>

namespace anchal::core {

// Alone in its file: the tests put another in its place, which dies of the entries that they name.

Holding::Holding(InHand& hand, PartitionId partition, std::string_view suffix, StreamId id, Stage stage,
                 std::uint32_t row)
    : hand_(hand), stage_before_(hand.stage), row_before_(hand.row) {
  hand_.take(partition, suffix, id, stage, row);
}

Holding::~Holding() {
  if (std::uncaught_exceptions() > 0) return;
  hand_.row = row_before_;
  hand_.go_on(stage_before_);
}

}  // namespace anchal::core
