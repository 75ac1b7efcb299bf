#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/core/dispatch/active.h"

namespace anchal::core {

/// The messages under way of a shard, by slot. Their plans lie apart: an answer needs the message and not how
/// it was cut, and thousands of them are under way.
class ActiveTable {
 public:
  /// A free slot, its phase still `free`; what it held before is void, and so are tokens of that.
  Active& take() {
    if (free_.empty()) grow();
    Active& active = (*this)[free_.back()];
    free_.pop_back();
    ++active.generation;
    return active;
  }
  void release(Active& active) {
    active.phase = Active::Phase::free;
    active.entry = nullptr;
    free_.push_back(active.slot);
  }

  Active& operator[](std::uint32_t slot) { return chunks_[slot / kChunk]->actives[slot % kChunk]; }
  const Active& operator[](std::uint32_t slot) const {
    return chunks_[slot / kChunk]->actives[slot % kChunk];
  }
  std::uint32_t size() const { return size_; }

  /// Names the message in requests; its lowest octet is free for the number of a part.
  static std::uint64_t token(const Active& active) {
    return std::uint64_t{active.generation} << (kPartBits + kSlotBits) | std::uint64_t{active.slot}
                                                                             << kPartBits;
  }
  /// nullptr: it has ended.
  Active* find(std::uint64_t token) {
    const auto slot = static_cast<std::uint32_t>(token >> kPartBits & ((1u << kSlotBits) - 1));
    if (slot >= size_) return nullptr;
    Active& active = (*this)[slot];
    const bool same = active.generation == static_cast<std::uint32_t>(token >> (kPartBits + kSlotBits));
    return same && active.phase != Active::Phase::free ? &active : nullptr;
  }

  /// Every slot that is not free, in order.
  template <typename Visitor>
  void each(Visitor&& visit) {
    for (auto& chunk : chunks_) {
      for (Active& active : chunk->actives) {
        if (active.phase != Active::Phase::free) visit(active);
      }
    }
  }
  bool any() const { return free_.size() < size_; }

 private:
  static constexpr std::uint32_t kChunk = 64;
  static constexpr std::uint64_t kPartBits = 8;
  static constexpr std::uint64_t kSlotBits = 24;
  struct Chunk {
    std::array<Active, kChunk> actives;
    std::array<smpp::SegmentPlan, kChunk> plans;
  };

  void grow() {
    Chunk& chunk = *chunks_.emplace_back(std::make_unique<Chunk>());
    for (std::uint32_t i = kChunk; i-- > 0;) {
      chunk.actives[i].slot = size_ + i;
      chunk.actives[i].plan = &chunk.plans[i];
      free_.push_back(size_ + i);
    }
    size_ += kChunk;
  }

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t size_ = 0;
};

}  // namespace anchal::core
