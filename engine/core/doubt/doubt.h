#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/dispatch/active.h"
#include "engine/core/lane.h"
#include "engine/core/time.h"

namespace anchal::core {

/// A message of which nobody can say whether the operator took it (law 5). Kept in the hash
/// `anchal:{p}:doubt` until its receipt deadline, also after `unknown` was reported.
struct Doubt {
  enum class State : std::uint8_t {
    unanswered,  ///< on the wire for longer than its stream should wait: the answer may still come
    waiting,     ///< reported in_doubt; evidence is awaited until `due`
    reported,  ///< nothing waits here any more: `unknown` was given, it was resent, or its receipt came. Kept
               ///< so that what belongs to a doubtful copy can still be recognised
  };
  State state = State::waiting;
  Identity who;
  std::string category;
  std::string operator_name;
  Lane lane = Lane::bulk;
  std::uint8_t parts = 1;
  std::uint8_t doubtful = 1;  ///< parts still without an answer
  bool any_refused = false;
  std::uint8_t storing = 0;  ///< late answers whose ids are on their way into the receipt map; not stored
  WallTime due{};            ///< when on_doubt acts
  WallTime deadline{};       ///< when it is forgotten
  /// Set at a takeover: a former owner may have put ids into the receipt map whose results it never settled.
  /// Entries of a lower fence belong to its copy, which is not counted as awaiting. 0: none.
  std::uint64_t orphans_below = 0;
  std::string moved;  ///< packed Moved, for a resend or what was never written
  std::string body;   ///< the job with this one recipient, for a resend; empty once reported

  void pack(std::string& out) const;
  static std::optional<Doubt> unpack(std::string_view packed);
};

/// Field of the doubt hash, and of the parts hash: "<hash in hex>:<index>".
std::string message_field(std::uint64_t hash, std::uint32_t index);
/// Names a message within a shard: "<partition>/<field>".
std::string message_key(PartitionId partition, std::uint64_t hash, std::uint32_t index);

}  // namespace anchal::core
