#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/core/config.h"
#include "engine/core/lane.h"
#include "smpp/time.h"

namespace anchal::core {

struct Entry;

/// One message waiting for an operator: a few dozen bytes; the text stays in the entry.
struct Queued {
  Entry* entry = nullptr;
  std::uint32_t row = 0;
  std::uint32_t active = kNone;  ///< a slot that comes back (a part tried again); kNone: a fresh message
  TimePoint since{};
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
};

/// What waits in memory for one operator: otp strictly first, the other lanes by weight, tenants inside a
/// lane by deficit round robin (one part estimate = one unit), so that one tenant's campaign cannot starve
/// another's.
class OperatorQueue {
 public:
  explicit OperatorQueue(const LaneWeights& weights);

  void push(Lane lane, std::uint32_t tenant, Queued message, unsigned cost);
  /// The next message of lane otp; nothing when there is none.
  std::optional<Queued> pop_otp();
  /// The next message of the other lanes by the rules above.
  std::optional<Queued> pop_other();
  /// Puts a message back to the very front of its tenant: it keeps its turn.
  void push_front(Lane lane, std::uint32_t tenant, Queued message, unsigned cost);

  std::size_t size() const { return size_; }
  std::size_t size(Lane lane) const { return lanes_[static_cast<std::size_t>(lane)].size; }
  bool empty() const { return size_ == 0; }

  /// Removes and visits every message of a lane for which `take` is true (spilling to a backlog, giving up).
  template <class Take>
  void remove_if(Lane lane, Take&& take);

 private:
  struct Item {
    Queued message;
    unsigned cost;
  };
  struct Tenant {
    std::deque<Item> waiting;
    std::int64_t deficit = 0;
    bool listed = false;
  };
  struct LaneQueue {
    std::unordered_map<std::uint32_t, Tenant> tenants;
    std::deque<std::uint32_t> round;  ///< tenants with something to send, whose turn it is first
    std::size_t size = 0;
    std::int64_t credit = 0;
  };

  std::optional<Queued> pop(LaneQueue& lane);

  std::array<LaneQueue, kLanes> lanes_;
  std::array<std::int64_t, kLanes> weights_;
  std::size_t size_ = 0;
};

template <class Take>
void OperatorQueue::remove_if(Lane lane, Take&& take) {
  LaneQueue& queue = lanes_[static_cast<std::size_t>(lane)];
  for (auto& [id, tenant] : queue.tenants) {
    std::erase_if(tenant.waiting, [&](const Item& item) {
      if (!take(item.message)) return false;
      --queue.size;
      --size_;
      return true;
    });
  }
}

}  // namespace anchal::core
