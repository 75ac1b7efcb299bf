#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/core/store.h"
#include "engine/core/stream/stream_id.h"

namespace anchal::core {

/// Names a transaction in the journal: numbers rise within an owner's time, fences from owner to owner.
struct TransactionId {
  std::uint64_t fence = 0;
  std::uint64_t number = 0;
  friend auto operator<=>(const TransactionId&, const TransactionId&) = default;
};

/// What is known of a partition apart from Redis: so far it had come, whoever wrote it.
struct Knowledge {
  TransactionId newest;
  std::map<std::string, StreamId, std::less<>>
      cursors;  ///< by stream; of `retry` the number of the last member

  /// Takes over what the other one knows better.
  void learn(const Knowledge& other);
  friend bool operator==(const Knowledge&, const Knowledge&) = default;
};

/// By partition; those of which nothing is known are not in it.
using KnowledgeMap = std::map<PartitionId, Knowledge>;

}  // namespace anchal::core
