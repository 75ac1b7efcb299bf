#include "throttle/policy/names.h"

namespace anchal::throttle {

Interner::Interner(std::string_view unknown_name, std::uint32_t capacity)
    : unknown_name_(unknown_name), capacity_(capacity) {}

std::uint32_t Interner::intern(std::string_view name) {
  if (name.empty() || name == unknown_name_) return kUnknown;
  if (const auto found = ids_.find(name); found != ids_.end()) return found->second;
  if (size() == capacity_) return kUnknown;
  const std::string& kept = names_.emplace_back(name);
  ids_.emplace(kept, size());
  return size();
}

std::uint32_t Interner::find(std::string_view name) const {
  const auto found = ids_.find(name);
  return found == ids_.end() ? kUnknown : found->second;
}

std::string_view Interner::name(std::uint32_t id) const {
  return id == kUnknown || id > size() ? std::string_view{} : std::string_view(names_[id - 1]);
}

}  // namespace anchal::throttle
