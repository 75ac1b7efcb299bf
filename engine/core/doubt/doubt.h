#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/dispatch/active.h"
#include "engine/core/doubt/evidence.h"
#include "engine/core/job/job.h"
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
  std::uint64_t address = 0;              ///< address_token() of its recipient and sender
  WallTime written_from{}, written_to{};  ///< when it was handed to the operator, as far as that is known
  std::string moved;                      ///< packed Moved, for a resend or what was never written
  std::string body;  ///< the job with this one recipient, for a resend; empty once reported

  // Only in memory: a new owner begins anew with what follows.
  enum class Step : std::uint8_t {
    none,
    receipts,       ///< `due` has come: receipts that fit are looked for a last time
    receipts_seen,  ///< there was none
    ids,            ///< on_doubt = query: what a former owner left in the receipt map is looked for
    ids_seen,
    asking,  ///< query_sm waits for its turn or its answer
    asked,   ///< the operator does not know it, or does not say
  };
  Step step = Step::none;
  std::uint64_t rounds =
      0;  ///< the one of all searches for overdue receipts that the record waits for; 0: none yet
  Evidence evidence = Evidence::late_response;  ///< the last that came
  std::string answered;                         ///< one octet per part: 1 = its answer came after all
  std::map<std::uint8_t, std::string> ids;      ///< by part: what query_sm can ask about

  /// Parts whose answer is missing, as far as it is known which.
  std::vector<std::uint8_t> open_parts(const std::optional<Progress>& progress) const;
  /// False where the part has its answer already.
  bool take_answer(std::size_t part);
  /// Redis is an older one: what came of the doubt since is forgotten. Every part without an answer may have
  /// been written, and the whole again if it `may_be_resent`: then this is the second copy from now on.
  void distrust(bool may_be_resent);

  void pack(std::string& out) const;
  static std::optional<Doubt> unpack(std::string_view packed);
};

/// Field of the doubt hash, and of the parts hash: "<hash in hex>:<index>".
std::string message_field(std::uint64_t hash, std::uint32_t index);
/// Names a message within a shard: "<partition>/<field>".
std::string message_key(PartitionId partition, std::uint64_t hash, std::uint32_t index);

}  // namespace anchal::core
