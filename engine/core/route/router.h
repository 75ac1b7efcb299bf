#pragma once

#include <tsl/robin_map.h>

#include <array>
#include <cstdint>
#include <vector>

#include "engine/core/config.h"

namespace anchal::core {

/// Which operators may take a number: longest prefix wins, weights share among equals, failover when none of
/// them is usable. Deterministic: shares by smooth weighted round robin, not by chance.
class Router {
 public:
  explicit Router(const Config& config);

  static constexpr std::uint16_t kNone = 0xFFFF;

  struct Choice {
    std::uint16_t usable = kNone;   ///< where the message can go now; kNone: nowhere at the moment
    std::uint16_t primary = kNone;  ///< whose backlog it waits in then; kNone: no route at all
  };

  /// `usable(op)` says whether an operator takes messages now.
  template <class Usable>
  Choice choose(std::uint64_t number, Usable&& usable);

 private:
  struct Group {
    struct Member {
      std::uint16_t op;
      std::int64_t weight;
      std::int64_t credit = 0;
    };
    std::vector<Member> members;
    std::int64_t total = 0;
  };

  Group* group_of(std::uint64_t number);

  std::vector<Group> groups_;
  tsl::robin_map<std::uint64_t, std::uint32_t>
      by_prefix_;                   ///< prefix digits with a leading 1 as guard -> group
  std::array<bool, 17> lengths_{};  ///< prefix lengths in use
  std::vector<std::vector<std::uint16_t>> failover_;
};

template <class Usable>
Router::Choice Router::choose(std::uint64_t number, Usable&& usable) {
  Group* const group = group_of(number);
  if (group == nullptr) return {};
  Group::Member* best = nullptr;
  Group::Member* any = nullptr;
  std::int64_t total = 0;
  for (auto& member : group->members) {
    if (any == nullptr || member.weight > any->weight) any = &member;
    if (!usable(member.op)) continue;
    total += member.weight;
    member.credit += member.weight;
    if (best == nullptr || member.credit > best->credit) best = &member;
  }
  if (best != nullptr) {
    best->credit -= total;
    return {best->op, best->op};
  }
  for (const auto& member : group->members) {
    for (const auto op : failover_[member.op]) {
      if (usable(op)) return {op, member.op};
    }
  }
  return {kNone, any->op};
}

}  // namespace anchal::core
