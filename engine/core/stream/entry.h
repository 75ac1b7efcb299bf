#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "engine/core/job/job.h"
#include "engine/core/journal/journal.h"
#include "engine/core/lane.h"
#include "engine/core/store.h"
#include "engine/core/stream/stream_id.h"

namespace anchal::core {

enum class StreamKind : std::uint8_t { jobs, backlog, hold, retry };

struct Entry;

/// One stream of a partition, read as a log: a cursor, and the entries read whose messages are not all
/// settled. The oldest of them is the watermark; behind it the stream may be trimmed. `retry` is a sorted set
/// that behaves like a stream: its ids are (due, number), and an entry is removed when it is closed.
struct Stream {
  PartitionId partition = 0;
  StreamKind kind = StreamKind::jobs;
  Lane lane = Lane::bulk;            ///< jobs, backlog
  std::uint16_t operator_index = 0;  ///< backlog
  std::string suffix;                ///< "jobs:otp", "backlog:alpha:bulk", "hold:election", "retry"
  std::string key;
  StreamId read_to;       ///< the next read asks for what follows
  StreamId cursor;        ///< accepted (or refused) up to here: entries before it are in `open`, or done
  StreamId recovered_to;  ///< what the journal says was read before the takeover
  std::map<StreamId, Recovered::Entry> recovered;  ///< of those, what is not settled
  std::map<StreamId, std::unique_ptr<Entry>> open;
  /// After Redis forgot its last writes: to be read again up to here, and how far that is done. Zero:
  /// nothing.
  StreamId reread_to, reread_at;
  std::uint64_t rereads = 0;  ///< begun so far
  std::uint64_t rescued = 0;  ///< the last of them after which forgotten entries were looked for
  /// What was taken and has no producer key (its hash), or was refused (that of its body). Kept for a while
  /// after its entry was trimmed: Redis may forget that, too. Without producer keys the journal lists it.
  std::set<std::pair<StreamId, std::uint64_t>> taken;
  StreamId known_to;    ///< what was taken up to here is not in it: the former owner did not list it
  StreamId taken_from;  ///< what is below is trimmed, and goes at `taken_due`
  TimePoint taken_due = TimePoint::min();
  StreamId trimmed;          ///< the last MINID asked for
  std::int64_t waiting = 0;  ///< messages that lie in Redis only (not jobs: those are not accepted yet)
  bool reading = false;      ///< a read is under way
  bool looking = false;      ///< a read for `recovered` is under way, and has shown nothing of this stream
  /// After an owner that ended uncleanly: so many entries are announced, one by one, before they are read for
  /// the first time, so that one that ends its readers without a word is known in the end.
  std::uint32_t careful = 0;
  StreamId announced;  ///< to be read next
  bool announced_durable = false;
  TimePoint trial_due{};  ///< a suspect is next: not read before
  /// retry: settled, and a read may still show them. True once the removal is committed: the next read will
  /// not.
  std::map<StreamId, bool> closing;

  /// Entries with smaller ids are settled.
  StreamId watermark() const {
    StreamId mark = cursor.next();
    if (!open.empty()) mark = std::min(mark, open.begin()->first);
    if (!recovered.empty()) mark = std::min(mark, recovered.begin()->first);
    if (reread_to > StreamId{}) mark = std::min(mark, reread_at.next());
    return mark;
  }
};

/// A stream entry whose messages are not all settled.
struct Entry {
  Stream* stream = nullptr;
  StreamId id;
  std::unique_ptr<Job> job;
  Lane lane = Lane::bulk;
  std::uint32_t unsettled = 0;
  std::map<std::uint32_t, Intent> open_intents;  ///< of a former owner: these rows are in doubt
  std::uint64_t met_in = 0;                      ///< the last Stream::rereads that found it in Redis
  bool forgotten = false;  ///< Redis has it no more: its messages go into records of their own
};

}  // namespace anchal::core
