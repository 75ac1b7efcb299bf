#include "engine/core/route/router.h"

#include <algorithm>
#include <map>
#include <string>

namespace anchal::core {

namespace {

/// "91" -> 191: the guard digit keeps "" and "0…" apart.
std::uint64_t prefix_key(const std::string& digits) {
  std::uint64_t key = 1;
  for (const char digit : digits) key = key * 10 + static_cast<std::uint64_t>(digit - '0');
  return key;
}

}  // namespace

Router::Router(const Config& config) {
  std::map<std::string, Group> groups;
  for (std::size_t op = 0; op < config.operators.size(); ++op) {
    for (const auto& prefix : config.operators[op].prefixes) {
      Group& group = groups[prefix];
      const auto weight = static_cast<std::int64_t>(config.operators[op].weight);
      group.members.push_back({static_cast<std::uint16_t>(op), weight});
      group.total += weight;
    }
    auto& failover = failover_.emplace_back();
    for (const auto& name : config.operators[op].failover) {
      const auto found = std::find_if(config.operators.begin(), config.operators.end(),
                                      [&](const OperatorConfig& other) { return other.name == name; });
      if (found != config.operators.end()) {
        failover.push_back(static_cast<std::uint16_t>(found - config.operators.begin()));
      }
    }
  }
  for (auto& [prefix, group] : groups) {
    if (prefix.size() > 15) continue;
    lengths_[prefix.size()] = true;
    by_prefix_[prefix_key(prefix)] = static_cast<std::uint32_t>(groups_.size());
    groups_.push_back(std::move(group));
  }
}

Router::Group* Router::group_of(std::uint64_t number) {
  std::uint64_t guard = 1;
  std::size_t digits = 0;
  for (std::uint64_t rest = number; rest > 0; rest /= 10) {
    guard *= 10;
    ++digits;
  }
  std::uint64_t key = guard + number;
  for (std::size_t length = digits + 1; length-- > 0; key /= 10) {
    if (!lengths_[length]) continue;
    const auto found = by_prefix_.find(key);
    if (found != by_prefix_.end()) return &groups_[found->second];
  }
  return nullptr;
}

}  // namespace anchal::core
