#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "engine/core/store.h"
#include "engine/core/time.h"

namespace anchal::core {

/// What kind of request outside of transactions it is.
enum class AskKind : std::uint8_t {
  plain,
  bulk_read,    ///< may be large, and need not be quick
  settles,      ///< is done by a full Redis too
  receipt_ids,  ///< likewise; while it is not known whether it was done, receipts wait
  removals      ///< likewise; given up where Redis became another one
};

/// A request that is made until an answer comes: it may be done twice (reads, HSET, HDEL, inbox entries).
struct Question {
  using Handler = std::function<void(std::span<const Reply>, Now)>;

  Commands commands;
  AskKind kind = AskKind::plain;
  Handler handler;                   ///< without replies only where it was given up
  TimePoint due = TimePoint::min();  ///< not before: after an error
  bool again = false;                ///< failed before: it may have been done
};

}  // namespace anchal::core
