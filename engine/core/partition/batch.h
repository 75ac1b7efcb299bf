#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/binds.h"
#include "engine/core/counters.h"
#include "engine/core/journal/journal.h"
#include "engine/core/store.h"
#include "engine/core/stream/stream_id.h"

namespace anchal::core {

/// A deliver_sm that may be answered once the receipt's effect is durable.
struct ReceiptAnswer {
  BindId bind = 0;
  std::uint32_t session = 0;  ///< which connection of the bind: an answer never goes to the next one
  std::uint32_t sequence_number = 0;
  bool data_sm = false;
};

/// What happens when a transaction is known to be committed.
struct OnCommit {
  std::vector<std::uint64_t> ready;  ///< active tokens whose intents are durable now
  std::vector<ReceiptAnswer> answers;
  std::vector<ReceiptKey> forget;       ///< receipt-map entries that have done their duty
  std::vector<StreamId> removed;        ///< entries of the retry set
  Commands removals;                    ///< of what it tells again the reason for
  std::vector<std::string> called_off;  ///< resends that the first copy's answers made unnecessary
  std::vector<std::string> announced;   ///< streams whose next entry may be read
  bool decided = false;                 ///< what was announced and read: the next may be announced
  bool heartbeat = false;
  bool snapshot = false;
  bool released = false;
  bool at_most_once = false;  ///< among `ready` are some that must never go out twice

  bool empty() const {
    return ready.empty() && answers.empty() && forget.empty() && removed.empty() && called_off.empty() &&
           announced.empty() && !decided && !heartbeat && !snapshot && !released;
  }
};

/// Everything a partition has to say since its last transaction: journal records, outcomes, ledger, moves.
/// One Batch becomes one fenced transaction.
class Batch {
 public:
  JournalWriter journal;
  OnCommit on_commit;
  /// Nothing but settling in it: goes through on a full Redis.
  bool settles_only = true;

  /// Adds one outcome line (without newline) for a tenant.
  void outcome(std::string_view tenant, std::string_view line);
  /// Adds to a counter of the partition's durable ledger.
  void count(std::string_view field, std::int64_t delta);
  /// Further writes: moves, producer keys, removals.
  Commands extra;

  bool empty() const {
    return journal.empty() && extra.empty() && lines_ == 0 && counted_ == 0 && on_commit.empty();
  }

  /// Builds the commands: extra writes, ledger, outcomes, and last the journal entry with (fence, number).
  void build(PartitionId partition, std::uint64_t fence, std::uint64_t number, StreamId outcomes_min_id,
             Commands& out, std::uint64_t& journal_bytes);

 private:
  struct Outcomes {
    std::string tenant;
    std::string body;
    std::int64_t count = 0;
  };
  // Emptied, not freed, by build().
  std::vector<Outcomes> tenants_;
  std::vector<std::pair<std::string, std::int64_t>> ledger_;
  std::size_t lines_ = 0, counted_ = 0;
};

}  // namespace anchal::core
