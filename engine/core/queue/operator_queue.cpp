#include "engine/core/queue/operator_queue.h"

#include <algorithm>

namespace anchal::core {

namespace {
constexpr std::int64_t kQuantum = 4;  // parts a tenant may take in its turn
}

OperatorQueue::OperatorQueue(const LaneWeights& weights)
    : weights_{0, std::max<std::int64_t>(weights.alert, 1), std::max<std::int64_t>(weights.service, 1),
               std::max<std::int64_t>(weights.bulk, 1)} {}

void OperatorQueue::push(Lane lane, std::uint32_t tenant, Queued message, unsigned cost) {
  LaneQueue& queue = lanes_[static_cast<std::size_t>(lane)];
  Tenant& owner = queue.tenants[tenant];
  owner.waiting.push_back({message, std::max(cost, 1u)});
  if (!owner.listed) {
    owner.listed = true;
    queue.round.push_back(tenant);
  }
  ++queue.size;
  ++size_;
}

void OperatorQueue::push_front(Lane lane, std::uint32_t tenant, Queued message, unsigned cost) {
  LaneQueue& queue = lanes_[static_cast<std::size_t>(lane)];
  Tenant& owner = queue.tenants[tenant];
  owner.waiting.push_front({message, std::max(cost, 1u)});
  if (!owner.listed) {
    owner.listed = true;
    queue.round.push_front(tenant);
  }
  ++queue.size;
  ++size_;
}

std::optional<Queued> OperatorQueue::pop_otp() {
  return pop(lanes_[0]);
}

std::optional<Queued> OperatorQueue::pop_other() {
  // Smooth weighted round robin over the lanes that have work: each pop adds every lane's weight to its
  // credit and takes from the richest, so that weights 8:4:1 interleave instead of coming in blocks.
  std::size_t best = 0;
  std::int64_t total = 0;
  for (std::size_t lane = 1; lane < kLanes; ++lane) {
    if (lanes_[lane].size == 0) {
      lanes_[lane].credit = 0;
      continue;
    }
    total += weights_[lane];
    lanes_[lane].credit += weights_[lane];
    if (best == 0 || lanes_[lane].credit > lanes_[best].credit) best = lane;
  }
  if (best == 0) return std::nullopt;
  lanes_[best].credit -= total;
  return pop(lanes_[best]);
}

std::optional<Queued> OperatorQueue::pop(LaneQueue& lane) {
  while (!lane.round.empty()) {
    const std::uint32_t id = lane.round.front();
    const auto found = lane.tenants.find(id);
    Tenant& tenant = found->second;
    if (tenant.waiting.empty()) {
      lane.round.pop_front();
      lane.tenants.erase(found);
      continue;
    }
    const Item item = tenant.waiting.front();
    if (tenant.deficit < static_cast<std::int64_t>(item.cost)) {
      tenant.deficit += kQuantum;
      lane.round.pop_front();
      lane.round.push_back(id);
      continue;
    }
    tenant.deficit -= item.cost;
    tenant.waiting.pop_front();
    --lane.size;
    --size_;
    return item.message;
  }
  return std::nullopt;
}

}  // namespace anchal::core
