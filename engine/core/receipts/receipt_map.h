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

/// The receipt map: SMSC message id to message, in hashes
/// `anchal:{r}:receipts:<operator>:<generation>:<bucket>`. A generation is a quarter of the operator's
/// receipt deadline: old ones are swept as a whole, and a look-up knows where an id can be. Few large buckets
/// (design.md §10: never between a listpack's size and a table's).
inline constexpr unsigned kReceiptBuckets = 8;
inline constexpr std::int64_t kGenerations = 5;  ///< that a live id can be in: the current and four before

/// Milliseconds a generation spans.
std::int64_t generation_ms(const OperatorConfig& config);

/// A hash of the map.
struct MapPlace {
  std::uint16_t operator_index = 0;
  std::uint16_t slot = 0;
  std::uint8_t bucket = 0;
  std::int64_t generation = 0;

  /// Equal for equal places; newer generations of the same hash come first.
  std::uint64_t number() const {
    constexpr std::uint64_t kGenerationBits = 37;
    const auto age = ~static_cast<std::uint64_t>(generation) & ((std::uint64_t{1} << kGenerationBits) - 1);
    return (std::uint64_t{operator_index} << 17 | std::uint64_t{slot} << 3 | bucket) << kGenerationBits | age;
  }
};

/// Where id (normalised) lies, if it was stored at `stored`. `slots` ≤ 16384, as Redis Cluster has.
MapPlace map_place(const OperatorConfig& config, std::uint16_t operator_index, unsigned slots,
                   std::string_view id, WallTime stored);

std::string redis_key(const ReceiptKey& key);

/// What the map holds of a part.
struct ReceiptTarget {
  Identity who;
  std::uint8_t part = 0;
  std::uint8_t parts = 1;
  std::int64_t sent_ms = 0;
  std::uint64_t fence = 0;  ///< of the takeover under which it was stored: whose copy it is
  std::uint64_t day = 0;    ///< long messages: where the receipts of its parts are kept

  void pack(std::string& out) const { pack(out, who, part, parts, sent_ms, fence, day); }
  static void pack(std::string& out, const Identity& who, std::uint8_t part, std::uint8_t parts,
                   std::int64_t sent_ms, std::uint64_t fence, std::uint64_t day);
  static std::optional<ReceiptTarget> unpack(std::string_view packed);
};

}  // namespace anchal::core
