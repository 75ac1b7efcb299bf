#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/truth.h"
#include "tests/support/sim_redis.h"

namespace anchal::sim {

/// Where in Redis each message waits, found by walking Redis: its job's entry, a backlog, a hold, the retry
/// set, the doubt hash, the receipt map. Told of every write as it happens, it knows where to look; what it
/// says is what stands there now. Shares no code with the core: it knows rows by their numbers, and of packed
/// records their first fields.
class Places {
 public:
  Places(const Truth& truth, const SimRedis& redis) : truth_(truth), redis_(redis) {}

  void on_written(const Arguments& command);
  /// Whose doubt stands under this field, or stood; nothing where none ever did.
  std::optional<MessageIndex> doubt_of(std::string_view key, std::string_view field) const;
  /// Ids of its parts that lie in the receipt map and were put there before `by`.
  std::vector<std::string> ids_of(MessageIndex message, TimePoint by) const;

  /// Anything was ever written of this message.
  bool met(MessageIndex message) const { return message < spots_.size() && !spots_[message].empty(); }
  /// It stands somewhere in Redis.
  bool waits(MessageIndex message) const;

  /// Final lines in the outcome streams of each partition, repeats included, by what Redis has now.
  void count_finals_anew();
  std::int64_t finals_of(std::uint16_t partition) const {
    const auto found = finals_.find(partition);
    return found == finals_.end() ? 0 : found->second;
  }

 private:
  enum class Kind : std::uint8_t { stream, hash, doubt };
  struct Spot {
    Kind kind = Kind::stream;
    std::uint32_t key = 0;
    EntryId id;
    std::string field;
    TimePoint at{};
  };
  std::uint32_t number_of(std::string_view key);
  void add(MessageIndex message, Spot spot);
  void add_rows(std::string_view text, const Spot& spot);
  void add_packed(std::string_view packed, bool of_doubt, const Spot& spot);
  bool there(const Spot& spot) const;
  void count_finals(std::string_view key, std::string_view body);

  const Truth& truth_;
  const SimRedis& redis_;
  std::vector<std::string> keys_;
  std::map<std::string, std::uint32_t, std::less<>> key_numbers_;
  std::vector<std::vector<Spot>> spots_;                                  ///< by message, newest last
  std::map<std::pair<std::uint32_t, std::string>, MessageIndex> doubts_;  ///< by key and field
  std::map<std::uint16_t, std::int64_t> finals_;
};

}  // namespace anchal::sim
