#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>

#include "engine/core/poison/in_hand.h"

// In the place of engine/core/poison/in_hand.cpp, in a binary of the tests: ANCHAL_POISON="STAGE:WAY" makes
// it die of every entry whose id ends in -666. The shipped binary has no such thing.

namespace anchal::core {
namespace {

void die(std::string_view way) {
  if (way == "crash") {
    volatile int* const nowhere = nullptr;
    *nowhere = 1;
  }
  if (way == "abort") std::abort();
  if (way == "kill") ::raise(SIGKILL);
  if (way == "throw") throw std::bad_alloc();
  for (volatile bool endless = true; endless;) {
  }
}

}  // namespace

Holding::Holding(InHand& hand, PartitionId partition, std::string_view suffix, StreamId id, Stage stage,
                 std::uint32_t row)
    : hand_(hand), stage_before_(hand.stage), row_before_(hand.row) {
  hand_.take(partition, suffix, id, stage, row);
  const char* const given = std::getenv("ANCHAL_POISON");
  if (given == nullptr || id.seq != 666) return;
  const std::string_view text(given);
  const std::size_t colon = std::min(text.find(':'), text.size());
  if (text.substr(0, colon) == kStageNames[static_cast<std::size_t>(stage)]) die(text.substr(colon + 1));
}

Holding::~Holding() {
  if (std::uncaught_exceptions() > 0) return;
  hand_.row = row_before_;
  hand_.go_on(stage_before_);
}

}  // namespace anchal::core
