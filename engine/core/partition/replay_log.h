#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/partition/knowledge.h"
#include "engine/core/store.h"
#include "engine/core/time.h"

namespace anchal::core {

/// What this shard wrote for a partition lately, oldest first. A Redis that forgot its last writes (a
/// failover, a power cut) forgot the newest of these, and is told them again (design.md §5 "Failover of
/// Redis"). Bounded by time and octets: what is older cannot be told again.
class ReplayLog {
 public:
  /// A takeover: the journal ends with `newest`, written by someone else. Nothing of ours yet.
  void begin(TransactionId newest);
  void clear();

  /// A write outside of transactions that was done (receipt map). Its place is behind the last transaction.
  Commands& beside() { return beside_; }
  /// Likewise a removal that the last transaction, or one before it, is the reason for.
  Commands& removals() { return removals_; }
  /// A transaction that was committed, with what Redis answered.
  void committed(TransactionId id, const Commands& commands, std::span<const Reply> replies, TimePoint now);
  /// One that was committed, and nobody knows what Redis answered: neither it nor what came before it can be
  /// told again. What was done beside it can, for that may have come behind it.
  void committed_unheard(TransactionId id);
  /// Forgets what is older than `keep`, and what is more than `most` octets. `spare` gets the memory of one.
  void trim(TimePoint now, Duration keep, std::size_t most, Commands& spare);

  bool empty() const { return writes_.empty() && beside_.empty() && removals_.empty(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t transactions() const { return writes_.size(); }
  /// The newest transaction known to be committed, ours or the one before.
  TransactionId newest() const { return writes_.empty() ? before_ : writes_.back().id; }
  bool knows(TransactionId id) const;

  struct Lost {
    Commands beside;        ///< first, in this order
    Commands transactions;  ///< then these, as one; stream entries get the ids that they had
    Commands removals;      ///< once those are committed
    std::size_t count = 0;  ///< of transactions
  };
  /// Everything after the transaction `last`, which must be known, and takes it from the log. What was done
  /// beside `last` itself is told again too: it may have come behind it.
  Lost take_after(TransactionId last);
  /// The same where nothing is missing but what was done since the last transaction, if that.
  Lost take_beside() { return {std::exchange(beside_, {}), {}, std::exchange(removals_, {}), 0}; }

 private:
  struct Write {
    TransactionId id;
    Commands beside, removals;  ///< done after the transaction before, and before this one
    Commands commands;
    std::vector<std::pair<std::uint32_t, std::string>> ids;  ///< of added stream entries, by command
    TimePoint at;
    std::size_t bytes = 0;
  };

  TransactionId before_;  ///< what the journal held before the first of writes_
  std::deque<Write> writes_;
  Commands beside_, removals_;  ///< since the last transaction
  std::size_t bytes_ = 0;
};

}  // namespace anchal::core
