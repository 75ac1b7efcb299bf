#include "engine/core/partition/knowledge.h"

#include <algorithm>

namespace anchal::core {

void Knowledge::learn(const Knowledge& other) {
  newest = std::max(newest, other.newest);
  for (const auto& [suffix, id] : other.cursors) {
    StreamId& cursor = cursors[suffix];
    cursor = std::max(cursor, id);
  }
}

}  // namespace anchal::core
