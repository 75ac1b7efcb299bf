#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "engine/core/store.h"
#include "engine/core/stream/stream_id.h"

namespace anchal::core {

/// What is being done with an entry.
enum class Stage : std::uint8_t { nothing, read, plan, render, write, move, salvage };
inline constexpr std::array<std::string_view, 7> kStageNames{"nothing", "read", "plan",   "render",
                                                             "write",   "move", "salvage"};

/// How a process ended that had an entry in hand. `silent`: killed, out of memory; it may be chance.
enum class Death : std::uint8_t { silent, crashed, stalled };
inline constexpr std::array<std::string_view, 3> kDeathNames{"silent", "crashed", "stalled"};

/// Which entry a shard has in hand at this instant. Whoever runs the shard gives it memory that outlives the
/// process (engine/app/in_hand_file), so that the next one can read whose fault the end was. Names no tenant,
/// text or number (law 7). Written by the shard's thread only, but for `death`.
struct InHand {
  static constexpr std::uint32_t kWhole = ~std::uint32_t{0};  ///< as a row: all of the entry

  std::uint64_t number = 0;  ///< rises with every entry that is taken in hand
  StreamId id;
  std::uint32_t row = kWhole;
  PartitionId partition = 0;
  Stage stage = Stage::nothing;    ///< set last and cleared first: what else stands here counts only with it
  Death death = Death::silent;     ///< by whoever saw it end
  std::array<char, 104> stream{};  ///< the key's suffix, ended by a zero; a longer one is cut

  Stage stage_now() const {
    return std::atomic_ref(const_cast<Stage&>(stage)).load(std::memory_order_acquire);
  }
  std::uint64_t number_now() const {
    return std::atomic_ref(const_cast<std::uint64_t&>(number)).load(std::memory_order_relaxed);
  }

  void take(PartitionId of, std::string_view suffix, StreamId entry, Stage at, std::uint32_t of_row) {
    std::atomic_ref(number).store(number + 1, std::memory_order_relaxed);
    id = entry;
    row = of_row;
    partition = of;
    const std::size_t size = std::min(suffix.size(), stream.size() - 1);
    std::copy_n(suffix.begin(), size, stream.data());
    stream[size] = '\0';
    go_on(at);
  }
  void go_on(Stage at) { std::atomic_ref(stage).store(at, std::memory_order_release); }
};
static_assert(std::is_trivially_copyable_v<InHand>);

/// Has an entry in hand while it lives. Inside another one, about the same entry: a later stage of it. Left
/// by an exception it keeps the mark: that is the shard's end.
class Holding {
 public:
  Holding(InHand& hand, PartitionId partition, std::string_view suffix, StreamId id, Stage stage,
          std::uint32_t row = InHand::kWhole);
  ~Holding();
  Holding(const Holding&) = delete;
  Holding& operator=(const Holding&) = delete;

 private:
  InHand& hand_;
  const Stage stage_before_;
  const std::uint32_t row_before_;
};

}  // namespace anchal::core
