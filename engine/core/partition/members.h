#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/store.h"
#include "engine/core/time.h"

namespace anchal::core {

/// The shards that share the partitions, as one of them sees them: how many partitions are its part, and
/// which it takes first. Every shard writes a beat that changes; who has not changed it for two leases, on
/// the clock of whoever looks, counts as gone. Views may differ for a while: then somebody owns more or less
/// than its part, and never two the same partition, for that the lease and the fence decide (design.md §5).
/// Behind the beat's number stands which Redis (StoreHistory::name) the shard has told what that may have
/// forgotten.
class Members {
 public:
  /// `name` is ours. Our engine's other shards count from the start, although they may not have spoken yet.
  Members(std::string name, std::vector<std::string> siblings, Duration lease);

  /// What Redis holds: names and beats in turn, as HGETALL answers.
  void heard(std::span<const Reply> names_and_beats, TimePoint now);

  static std::string beat(std::uint64_t number, std::string_view told);

  bool known() const { return heard_once_; }
  TimePoint known_since() const { return first_heard_; }
  /// Another Redis answers from now on: what was heard before says nothing of it.
  void met_history();
  /// Everybody who stands in the hash has told this Redis what it may have forgotten; apart from us, and from
  /// whom was silent for two leases already when the other one was heard last.
  bool all_told(std::string_view history) const;
  /// How many partitions are our part, of so many.
  std::uint16_t part_of(std::uint16_t partitions) const;
  /// Ours before others': with that, shards that begin together do not reach for the same.
  bool prefers(PartitionId partition) const { return partition % count_ == rank_; }
  std::uint16_t count() const { return count_; }
  /// Silent for so long that the record may go.
  std::vector<std::string> long_gone(TimePoint now) const;

 private:
  struct Member {
    std::string beat;
    TimePoint since;  ///< when we saw the beat change
    bool present = false;
    bool gone = false;  ///< when another Redis was met
  };

  std::string name_;
  std::vector<std::string> siblings_;
  Duration lease_;
  std::map<std::string, Member, std::less<>> members_;
  bool heard_once_ = false, heard_here_ = false;
  TimePoint first_heard_{}, last_heard_{};
  std::uint16_t count_ = 1, rank_ = 0;
};

}  // namespace anchal::core
