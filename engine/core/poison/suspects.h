#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/poison/in_hand.h"
#include "engine/core/stream/stream_id.h"

namespace anchal::core {

/// How an earlier process ended, and the entry that it had in hand then.
struct Ending {
  std::string process;  ///< unique per start and shard: told twice, it counts once
  PartitionId partition = 0;
  std::string stream;  ///< the key's suffix
  StreamId id;
  Stage stage = Stage::nothing;
  std::uint32_t row = InHand::kWhole;
  Death death = Death::silent;

  static Ending of(const InHand& hand, std::string process);
  /// As a field of the hash `anchal:{p}:suspects`, and its value.
  std::string field() const;
  std::string value() const;
};

/// What speaks against one entry.
struct Suspicion {
  std::uint32_t crashed = 0, stalled = 0;
  /// Ends without a word, by (stage, row). That one of many entries was in hand when a process was killed
  /// says nothing; that the same message was at the same stage twice is no chance.
  std::map<std::pair<Stage, std::uint32_t>, std::uint32_t> silent;
  /// Processes that ended, of which a shard had announced it and never came to accept it. What one process
  /// says counts once, whichever of its shards had the partition: it dies once.
  std::vector<std::string> takers;
  Stage last = Stage::nothing;
  bool hopeless = false;            ///< even looking for tenant and id in it has ended a process
  std::vector<std::string> fields;  ///< of the hash

  /// Not to be read again.
  bool condemned() const;
  /// For the dead letter.
  std::string detail() const;
};

/// The entries of a partition that ended their readers: the hash `anchal:{p}:suspects`, of which a takeover
/// reads all. Empty but in bad times.
class Suspects {
 public:
  /// One field of the hash; what cannot be read is ignored. What process `ours` announced says nothing: it
  /// lives.
  void heard(std::string_view field, std::string_view value, std::string_view ours = {});
  bool empty() const { return entries_.empty(); }
  const Suspicion* find(std::string_view suffix, StreamId id) const;
  /// Takes it from the list; its fields are the caller's to remove.
  std::vector<std::string> forget(std::string_view suffix, StreamId id);
  /// It was accepted: whoever announced it before did not die of reading it.
  std::vector<std::string> forget_taken(std::string_view suffix, StreamId id);
  /// Entries of a stream below `id`: trimmed.
  std::vector<std::string> forget_below(std::string_view suffix, StreamId id) {
    return forget_up_to(suffix, id.previous(), [](StreamId) { return false; });
  }
  /// Entries of a stream up to `id` that `keep` does not want: done with.
  template <class Keep>
  std::vector<std::string> forget_up_to(std::string_view suffix, StreamId id, Keep keep) {
    std::vector<StreamId> gone;
    for (const auto& [name, suspicion] : entries_) {
      if (name.first == suffix && name.second <= id && !keep(name.second)) gone.push_back(name.second);
    }
    std::vector<std::string> fields;
    for (const StreamId one : gone) {
      for (std::string& field : forget(suffix, one)) fields.push_back(std::move(field));
    }
    return fields;
  }

 private:
  std::map<std::pair<std::string, StreamId>, Suspicion> entries_;
};

/// The field of an owner that is about to read an entry for the first time.
std::string taken_field(std::string_view suffix, StreamId id, std::uint64_t fence);
std::string taken_value(std::string_view process);

}  // namespace anchal::core
