#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "smpp/text/decode.h"
#include "smpp/time.h"

namespace anchal::smpp {

/// A long message put together, or what came of it when its time was over.
struct Reassembled {
  std::string source;
  std::string destination;
  std::string text;        // UTF-8; parts that never came are left out
  std::size_t unread = 0;  // see decode_body()
  std::uint8_t total = 0;
  std::vector<std::uint8_t> missing;  // sequence numbers, empty if complete
  [[nodiscard]] bool complete() const { return missing.empty(); }
};

/// Puts the parts of incoming long messages together, whatever their order, by source, destination,
/// reference, total and width of the reference. Time is the caller's; one loop owns it. Memory is bounded by
/// `Limits` (and one message, at most 255 bodies): what does not fit pushes out the oldest, which then leaves
/// as incomplete.
class Reassembler {
 public:
  struct Limits {
    Duration timeout = std::chrono::hours(1);  // from a message's first part
    std::size_t messages_max = 10'000;
    std::size_t octets_max = std::size_t{16} << 20U;  // bodies, addresses and bookkeeping
  };

  explicit Reassembler(const Limits& limits) : limits_(limits) {}

  struct Part {
    std::string_view source;
    std::string_view destination;
    PartNumber number;  // of the UDH, or made from the sar_* TLVs
    Received received;
  };

  /// Takes a part in, and appends to `done` the message if this was its last part, after those that had to
  /// leave for want of room. A part that came before is ignored. Single messages do not come here.
  void add(const Part& part, TimePoint now, std::vector<Reassembled>& done);

  /// Appends to `done` what has waited too long, as far as it came.
  void expire(TimePoint now, std::vector<Reassembled>& done);

  /// When expire() next has something to do.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;
  [[nodiscard]] std::size_t messages() const { return waiting_.size(); }
  [[nodiscard]] std::size_t octets() const { return octets_; }

 private:
  struct Body {
    std::uint8_t sequence;
    BodyFormat format;
    std::vector<std::byte> octets;
  };
  struct Waiting {
    std::string key;
    std::string source;
    std::string destination;
    std::uint8_t total;
    TimePoint deadline;
    std::size_t octets;
    std::vector<Body> bodies;  // by sequence
  };
  using Place = std::list<Waiting>::iterator;

  Place place_of(const Part& part, TimePoint now);
  void make_room(std::vector<Reassembled>& done, const Waiting& keep);
  void finish(Place place, std::vector<Reassembled>& done);

  Limits limits_;
  std::size_t octets_ = 0;
  std::list<Waiting> waiting_;  // oldest first
  std::unordered_map<std::string, Place> by_key_;
};

}  // namespace anchal::smpp
