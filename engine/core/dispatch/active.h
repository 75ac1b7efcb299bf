#pragma once

#include <cstdint>
#include <string>

#include "engine/core/binds.h"
#include "engine/core/dispatch/part_phases.h"
#include "engine/core/stream/entry.h"
#include "engine/core/time.h"
#include "smpp/text/plan.h"

namespace anchal::core {

/// Who a message is, independent of its stream entry: what outcomes, receipts and doubts need.
struct Identity {
  PartitionId partition = 0;
  std::uint16_t category = 0;
  std::uint32_t index = 0;
  std::uint64_t hash = 0;
  std::string tenant;
  std::string id_json;   ///< the job's id as JSON string
  std::string ref_json;  ///< as JSON string; empty: none
  bool receipt = true;
  bool resent = false;
};

/// A message between its operator queue and its result. Slots are reused; their strings keep their capacity.
/// Their number is bounded by the windows of all binds. What every response touches comes first.
struct alignas(64) Active {
  enum class Phase : std::uint8_t {
    free,
    journaling,  ///< its intents are on the way to the journal
    ready,       ///< durable: may pass the gate
    waiting,     ///< everything that can be written is; answers outstanding
    delayed,     ///< a part comes again after a pause
  };
  std::uint32_t slot = 0;        ///< its place in the ActiveTable
  std::uint32_t generation = 0;  ///< of the slot: tells a message from the one before
  Phase phase = Phase::free;
  Lane lane = Lane::bulk;
  std::uint16_t operator_index = 0;
  std::uint16_t unsent = 0, on_wire = 0, accepted = 0, doubtful = 0, refused = 0;
  std::uint16_t ids_pending = 0;  ///< accepted parts whose receipt-map entry is not confirmed yet
  PartPhases parts;

  bool wrote_any = false;
  bool again = false;        ///< a part was refused for now and comes again
  bool other_route = false;  ///< ... rather through another operator
  bool dropped = false;      ///< a rule stopped it for good
  bool lapsed = false;       ///< it expired before all of it was written
  bool cancelled = false;    ///< the operator lost its lease or the partition: results are only counted
  std::uint16_t reference = 0;
  std::uint32_t row = 0;
  Entry* entry = nullptr;  ///< nullptr: detached, its content lies in the doubt hash
  Identity who;
  std::uint64_t number = 0;  ///< destination
  throttle::MessageClass policy_class;
  std::optional<throttle::OnHold> on_hold;
  smpp::SegmentPlan* plan = nullptr;  ///< of the slot; holds what is not written yet
  std::string text;                   ///< rendered; empty where the job's own text is used
  std::uint64_t day = 0;              ///< of the first accepted part (Progress::day); 0: none yet
  std::uint32_t attempts = 0;
  std::uint32_t error = 0;  ///< command_status of the last refusal
  TimePoint first_write{};
  TimePoint due{};      ///< delayed: when it may go again
  std::string held_by;  ///< the hold stream's rule, when a rule stopped it
  std::optional<WallTime> held_until;
  std::string doubt_key;  ///< detached: its record in the doubt hash
};

}  // namespace anchal::core
