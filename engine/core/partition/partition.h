#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "engine/core/partition/batch.h"
#include "engine/core/partition/knowledge.h"
#include "engine/core/partition/orphans.h"
#include "engine/core/partition/replay_log.h"
#include "engine/core/poison/suspects.h"
#include "engine/core/stream/entry.h"
#include "engine/core/time.h"

namespace anchal::core {

/// One slice of the keyspace as its owner, or would-be owner, sees it.
struct Partition {
  enum class State : std::uint8_t {
    idle,      ///< not ours; the lease is looked at now and then
    claiming,  ///< raising the fence
    reading,   ///< takeover: journal, ledger, doubt
    owned,
    resyncing,  ///< the store was away: was the last transaction done? The fence is raised anew first
    reminding,  ///< not ours any more, but Redis forgot what we wrote while it was
    releasing,  ///< drained: the last transaction gives the lease up
  };

  PartitionId id = 0;
  State state = State::idle;
  bool leaving = false;                      ///< to be handed over: nothing new is read or sent
  TimePoint give_up_due = TimePoint::max();  ///< leaving: what is unanswered then becomes in doubt
  std::uint64_t fence = 0;
  std::uint64_t fence_at_own = 0;  ///< of the takeover: the same through resyncs
  std::uint64_t raised_fence = 0;  ///< resync: ours once the journal was looked at
  std::uint64_t number = 0;        ///< of the last transaction under this incarnation
  ReplayLog log;
  TransactionId reminded_of;  ///< reminding: after what our writes were missing
  Knowledge known;
  TransactionId forgot;     ///< of which it was found, and told, that Redis had forgotten it
  bool taken_back = false;  ///< this takeover met a Redis that had forgotten
  /// By stream: what Redis shows as unsettled up to here may have been sent, for it forgot. Kept in its
  /// ledger
  /// (`suspect:<stream>`), for what lies in a backlog or a hold may be read by a later owner.
  std::map<std::string, StreamId, std::less<>> forgotten_to;
  Orphans orphans;
  bool telling = false;            ///< another Redis was met, and what it lacks of ours is not told yet
  bool knowledge_told = false;     ///< it was written to Redis that it lacks something
  std::int64_t remembered_ms = 0;  ///< by Redis' clock: of the last thing it knew at the takeover
  std::int64_t sent_ms = 0, sent_told_ms = 0;  ///< keys::kSent: as it will be, and as the ledger has it
  TransactionId journal_end;                   ///< while reading
  TimePoint lease_until = TimePoint::min();  ///< ours, by our clock: nothing is written to a socket after it
  TimePoint heartbeat_due = TimePoint::min();
  // Someone else's lease: counts as dead when its record has not changed for long enough on our clock.
  std::string seen_owner;
  TimePoint seen_since = TimePoint::min();
  std::uint64_t seen_fence = 0;  ///< the highest of others' records
  bool owner_met = false;        ///< somebody's record was seen since it was last ours
  TimePoint look_due = TimePoint::min();
  TimePoint claimed_at = TimePoint::min();  ///< when the claim under way began

  Batch batch;
  /// The one transaction under way, kept until its fate is known.
  struct Outstanding {
    Ticket ticket = 0;
    std::uint64_t fence = 0;
    std::uint64_t number = 0;
    Commands commands;
    OnCommit on_commit;
    bool settles_only = true;
    TimePoint sent_at{};
    bool in_store = false;  ///< handed to the port and not answered yet
    bool asks_replica = false;
  };
  std::optional<Outstanding> outstanding;
  Commands spare;  ///< of the transaction before: its memory serves the next one
  TimePoint retry_due = TimePoint::min();

  std::map<std::string, std::unique_ptr<Stream>, std::less<>> streams;
  Recovered recovered;      ///< while reading
  bool recovering = false;  ///< entries with intents of a former owner may not have been read again yet
  Suspects suspects;        ///< entries that ended their readers
  TimePoint trials_due{};   ///< before then none of them is announced
  std::string journal_read_to;
  std::uint64_t doubt_scan = 0;

  // The durable ledger as it will be when everything batched is committed.
  std::int64_t accepted = 0;
  std::array<std::int64_t, kFinals> finals{};
  std::int64_t doubt = 0;
  std::int64_t awaiting = 0;

  TimePoint snapshot_due = TimePoint::min();
  TimePoint trim_due = TimePoint::min();
  TimePoint retry_read_due = TimePoint::min();
  TimePoint reread_due = TimePoint::min();
  bool reread_owed = false;                        ///< another Redis was met since it was begun
  bool reread_held = false;                        ///< until what Redis forgot is told again
  std::uint64_t tellings = 0;                      ///< how often it was
  std::size_t puts_under_way = 0;                  ///< ids on their way into the receipt map
  std::map<std::uint64_t, ReceiptKey> forgetting;  ///< removals from the receipt map under way
  std::uint64_t forget_number = 0;
  std::string journal_trim;  ///< id of the last committed snapshot: what is older may go
  StreamId inbox_cursor;
  std::optional<StreamId> inbox_trim;
  bool inbox_reading = false;
  std::shared_ptr<char> inbox_events;  ///< shared with the events of the last read that are not applied yet
  TimePoint inbox_due = TimePoint::min();
  TimePoint inbox_empty_at = TimePoint::min();  ///< it was asked then, and held nothing
  WallTime swept{};                             ///< when the last whole search for overdue receipts began
  std::uint64_t sweep_fence = 0;                ///< fence_at_own when it began
  std::uint64_t journal_bytes = 0;              ///< since the last snapshot
  std::uint64_t taken_bytes = 0;                ///< of that snapshot, what lists Stream::taken
  std::uint64_t retry_number = 0;               ///< makes members of the retry set unique

  bool writable(TimePoint now) const { return state == State::owned && now < lease_until; }
};

}  // namespace anchal::core
