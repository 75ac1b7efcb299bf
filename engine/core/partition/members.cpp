#include "engine/core/partition/members.h"

#include <algorithm>
#include <set>

namespace anchal::core {

Members::Members(std::string name, std::vector<std::string> siblings, Duration lease)
    : name_(std::move(name)), siblings_(std::move(siblings)), lease_(lease) {}

void Members::heard(std::span<const Reply> names_and_beats, TimePoint now) {
  if (!heard_once_) first_heard_ = now;
  heard_once_ = heard_here_ = true;
  last_heard_ = now;
  for (auto& [name, member] : members_) member.present = false;
  for (std::size_t i = 0; i + 1 < names_and_beats.size(); i += 2) {
    Member& member = members_[std::string(names_and_beats[i].text)];
    if (member.beat != names_and_beats[i + 1].text) {
      member.beat = names_and_beats[i + 1].text;
      member.since = now;
      member.gone = false;
    }
    member.present = true;
  }
  std::erase_if(members_, [](const auto& one) { return !one.second.present; });

  std::set<std::string_view> living{name_};
  if (now - first_heard_ <= 2 * lease_) living.insert(siblings_.begin(), siblings_.end());
  for (const auto& [name, member] : members_) {
    if (now - member.since <= 2 * lease_) living.insert(name);
  }
  count_ = static_cast<std::uint16_t>(living.size());
  rank_ = static_cast<std::uint16_t>(std::distance(living.begin(), living.find(name_)));
}

std::string Members::beat(std::uint64_t number, std::string_view told) {
  return std::to_string(number).append(" ").append(told);
}

void Members::met_history() {
  heard_here_ = false;
  for (auto& [name, member] : members_) member.gone = last_heard_ - member.since > 2 * lease_;
}

bool Members::all_told(std::string_view history) const {
  return heard_here_ && std::all_of(members_.begin(), members_.end(), [&](const auto& one) {
           const std::string_view beat = one.second.beat;
           return one.first == name_ || one.second.gone || beat.substr(beat.find(' ') + 1) == history;
         });
}

std::uint16_t Members::part_of(std::uint16_t partitions) const {
  return static_cast<std::uint16_t>(partitions / count_ + (rank_ < partitions % count_ ? 1 : 0));
}

std::vector<std::string> Members::long_gone(TimePoint now) const {
  std::vector<std::string> gone;
  for (const auto& [name, member] : members_) {
    if (name != name_ && now - member.since > 20 * lease_) gone.push_back(name);
  }
  return gone;
}

}  // namespace anchal::core
