#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/config.h"
#include "engine/core/dispatch/active.h"
#include "engine/core/journal/journal.h"
#include "engine/core/time.h"

namespace anchal::core {

/// The receipt map: SMSC message id to message, in hashes `anchal:{r}:receipts:<operator>:<generation>:<bucket>`.
/// A generation is a quarter of the operator's receipt deadline: old ones are swept as a whole, and a look-up
/// knows where an id can be. Few large buckets (design.md §10: never between a listpack's size and a table's).
inline constexpr unsigned kReceiptBuckets = 8;
inline constexpr std::int64_t kGenerations = 5;  ///< that a live id can be in: the current and four before

/// Milliseconds a generation spans.
std::int64_t generation_ms(const OperatorConfig& config);

/// Where id (normalised) lies, if it was stored at `stored`.
ReceiptKey receipt_key(const OperatorConfig& config, unsigned slots, std::string_view id, WallTime stored);

std::string redis_key(const ReceiptKey& key);

/// What the map holds of a part.
struct ReceiptTarget {
  Identity who;
  std::uint8_t part = 0;
  std::uint8_t parts = 1;
  std::int64_t sent_ms = 0;
  std::uint64_t fence = 0;  ///< of the takeover under which it was stored: whose copy it is
  std::uint64_t day = 0;    ///< long messages: where the receipts of its parts are kept

  void pack(std::string& out) const;
  static std::optional<ReceiptTarget> unpack(std::string_view packed);
};

}  // namespace anchal::core
