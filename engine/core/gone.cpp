#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/shard_impl.h"

namespace anchal::core {

// The journal may tell of messages whose entry is in no stream: a Redis that forgot the hub's push, and whose
// reader died before it could keep them elsewhere (rescue_forgotten), or a stream that was trimmed by hand.
// Nobody has their text, their tenant or their id, so they have no outcome until they are pushed again.

/// It counts no longer as accepted, is counted as gone, and holds up neither the receipts of the others
/// (recovering()) nor the trimming. What may have been written leaves a record, so that ids of it in the
/// receipt map are not taken for awaited. A hub that pushes the job again is told of all of it, and what may
/// have been sent is not sent again.
void Shard::Impl::give_up(Stream& s, StreamId id, Now now) {
  Partition& partition = *partitions_[s.partition];
  const auto gone = s.recovered.extract(id);
  const Recovered::Entry& entry = gone.mapped();
  for (const auto& [index, intent] : entry.unsettled) {
    partition.batch.journal.settled(s.suffix, id, entry.hash, index);
    if (!intent) continue;
    Doubt doubt;
    doubt.state = Doubt::State::reported;
    doubt.who.partition = partition.id;
    doubt.who.hash = entry.hash;
    doubt.who.index = index;
    doubt.operator_name = intent->operator_name;
    doubt.orphans_below = partition.fence_at_own;
    doubt.due = doubt.deadline = orphans_until(partition, intent->operator_name, now);
    store_doubt(doubt);
    remember_doubt(std::move(doubt));
  }
  if (s.kind == StreamKind::jobs && !entry.unsettled.empty())
    mark_forgotten_seen(partition, entry.hash, entry_name(s.lane, id), now);
  const auto count = static_cast<std::int64_t>(entry.unsettled.size());
  counters_.gone += entry.unsettled.size();
  partition.accepted -= count;
  partition.batch.count("accepted", -count);
  notice(Notice::Level::error, "stream " + s.key + ": entry " + id.text() + " is gone, and with it " +
                                   std::to_string(count) + " messages that were accepted and not ended");
}

/// Reading has passed them, and they were not there.
void Shard::Impl::give_up_missing(Stream& s, StreamId up_to, Now now) {
  while (!s.recovered.empty() && s.recovered.begin()->first <= up_to)
    give_up(s, s.recovered.begin()->first, now);
}

/// A read for what a former owner left open came to the streams' end.
void Shard::Impl::nothing_follows(const std::vector<std::string>& keys, Now now) {
  for (const std::string& key : keys) {
    Stream* const s = stream_of_key(key);
    if (s == nullptr || !std::exchange(s->looking, false) || !may_read(*partitions_[s->partition])) continue;
    give_up_missing(*s, s->recovered_to, now);
    s->read_to = std::max(s->read_to, s->recovered_to);
  }
}

}  // namespace anchal::core
