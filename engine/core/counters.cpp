#include "engine/core/counters.h"

namespace anchal::core {

std::int64_t Counters::difference() const {
  auto left = static_cast<std::int64_t>(accepted);
  for (const auto count : finals) left -= static_cast<std::int64_t>(count);
  for (const auto count : waiting) left -= static_cast<std::int64_t>(count);
  return left;
}

}  // namespace anchal::core
