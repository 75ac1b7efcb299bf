#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "smpp/pdu/command_id.h"
#include "smpp/time.h"

namespace anchal::smpp {

/// A request of ours that has no response yet.
struct Pending {
  std::uint64_t token = 0;
  TimePoint sent_at;
  std::uint32_t sequence_number = 0;
  CommandId request{};
};

/// The unanswered requests of one session (SMPP 3.4 §2.9), at most `size` of them.
///
/// A slot is found by sequence number modulo the number of slots, so a look-up is one access; a sequence
/// number whose slot is still taken is skipped by the session. The timer is the same for all, so those in
/// flight also form a list by age: its front times out first. All calls are O(1); memory is taken once, in
/// the constructor.
class Window {
 public:
  explicit Window(std::uint32_t size)
      : slots_(std::bit_ceil(std::size_t{size < 1 ? 1 : size} * 2)),
        mask_(static_cast<std::uint32_t>(slots_.size() - 1)),
        size_(size < 1 ? 1 : size) {}

  [[nodiscard]] std::uint32_t used() const { return used_; }
  [[nodiscard]] std::uint32_t free() const { return size_ - used_; }
  [[nodiscard]] bool full() const { return used_ == size_; }
  [[nodiscard]] bool empty() const { return used_ == 0; }

  /// Whether a request with this number can be added.
  [[nodiscard]] bool accepts(std::uint32_t sequence_number) const {
    return slots_[sequence_number & mask_].pending.sequence_number == 0;
  }

  /// Adds a request; not full(), and accepts() its number, which is not 0.
  void add(const Pending& pending);

  [[nodiscard]] const Pending* find(std::uint32_t sequence_number) const {
    const Pending& pending = slots_[sequence_number & mask_].pending;
    return sequence_number != 0 && pending.sequence_number == sequence_number ? &pending : nullptr;
  }
  /// Takes out a request that find() has shown to be there.
  Pending remove(std::uint32_t sequence_number);

  /// The one that waits longest, or nullptr.
  [[nodiscard]] const Pending* oldest() const { return used_ == 0 ? nullptr : &slots_[oldest_].pending; }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  struct Slot {
    Pending pending;  // sequence_number 0: the slot is free
    std::uint32_t older = kNone;
    std::uint32_t younger = kNone;
  };

  std::vector<Slot> slots_;
  std::uint32_t mask_;
  std::uint32_t size_;
  std::uint32_t used_ = 0;
  std::uint32_t oldest_ = kNone;
  std::uint32_t youngest_ = kNone;
};

/// The last timed-out requests, so that a late response finds its token. Bounded: slot by number, a newer one
/// takes the place of an older. Allocates at the first time-out only.
class LateMemory {
 public:
  explicit LateMemory(std::uint32_t size) : size_(size == 0 ? 0 : std::bit_ceil(size)) {}
  void remember(const Pending& pending);
  /// Finds and forgets the request with this number that `response` answers: its own or generic_nack.
  [[nodiscard]] std::optional<Pending> recall(std::uint32_t sequence_number, CommandId response);

 private:
  std::vector<Pending> slots_;
  std::uint32_t size_;
};

}  // namespace anchal::smpp
