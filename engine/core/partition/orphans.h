#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anchal::core {

/// Of what was sent after some instant by owners below some fence, and Redis forgot, ids may have come into
/// the receipt map all the same: answers were under way. No message of this Redis awaits their receipts. One
/// mark for each time that Redis was set back or emptied; the ledger keeps them, oldest first: "<fence>-<ms>
/// <fence>-<ms>".
class Orphans {
 public:
  /// A mark that cannot be read is left out.
  static Orphans parse(std::string_view text);
  std::string text() const;

  /// `ms`: since 1970, of the last thing that Redis had not forgotten; by the clocks of those who stored ids
  /// (keys::kSent), or by Redis' own where that is not known; 0: it had nothing. The oldest of many is
  /// dropped: entries of the map do not outlive their deadlines by much.
  void add(std::uint64_t fence, std::int64_t ms);
  bool contain(std::uint64_t fence, std::int64_t sent_ms) const;
  /// The fence of whoever last took the partition in a Redis that had nothing of it; 0: not known.
  std::uint64_t began() const;

 private:
  struct Mark {
    std::uint64_t below = 0;
    std::int64_t after_ms = 0;
  };
  std::vector<Mark> marks_;
};

}  // namespace anchal::core
