#pragma once

#include <tsl/robin_map.h>

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "engine/core/receipts/receipt_map.h"
#include "engine/core/time.h"

namespace anchal::core {

/// What a shard knows of the search for overdue receipts: its own in the slots of the partitions it owns, and
/// how far others have come in theirs.
struct ReceiptSearch {
  using Generation = std::tuple<PartitionId, std::uint16_t, std::int64_t>;  ///< slot, operator, generation

  // Where it stores: generations that are listed, by MapPlace::number() of their first bucket, and since when
  // that is known.
  tsl::robin_map<std::uint64_t, TimePoint> listed;
  std::uint64_t set_backs = 0;  ///< of the clock: what was listed before may have been unlisted

  // Its own search.
  TimePoint due = TimePoint::min();
  bool under_way = false;
  bool left_some = false;                ///< it found what could not be judged yet, or the clock was set back
  unsigned handed_on = 0;                ///< overdue ones on their way into inboxes
  std::vector<PartitionId> slots;        ///< that it looks through
  std::map<Generation, unsigned> empty;  ///< how many hashes of a generation hold nothing

  // All slots': a round ends when every slot was searched as a whole since it began.
  struct Slot {
    std::int64_t began = -1;  ///< as its owner wrote it down
    unsigned searches = 0;    ///< in this round
  };
  std::vector<Slot> heard;
  bool wanted = false;  ///< somebody waits for a round
  bool asked = false;
  TimePoint ask_due = TimePoint::min();
  std::uint64_t rounds = 0;
  WallTime oldest{};                         ///< of the last round: when its first search began
  TimePoint round_ended = TimePoint::min();  ///< the last one
};

}  // namespace anchal::core
