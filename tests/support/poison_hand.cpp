#include "tests/support/poison_hand.h"

#include <exception>

namespace anchal::test {

std::move_only_function<bool(const core::InHand&)>& deadly() {
  static thread_local std::move_only_function<bool(const core::InHand&)> hook;
  return hook;
}

}  // namespace anchal::test

namespace anchal::core {

Holding::Holding(InHand& hand, PartitionId partition, std::string_view suffix, StreamId id, Stage stage,
                 std::uint32_t row)
    : hand_(hand), stage_before_(hand.stage), row_before_(hand.row) {
  hand_.take(partition, suffix, id, stage, row);
  if (auto& hook = test::deadly(); hook && hook(hand_)) throw test::DiedOfEntry{};
}

Holding::~Holding() {
  if (std::uncaught_exceptions() > 0) return;
  hand_.row = row_before_;
  hand_.go_on(stage_before_);
}

}  // namespace anchal::core
