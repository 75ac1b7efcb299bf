#pragma once

#include <string>

#include "engine/core/partition/knowledge.h"
#include "tests/support/sim_redis.h"

namespace anchal::sim {

/// What the disk of an engine's machine keeps of it over its deaths: the small file of engine/app
/// (knowledge_file.h), in its own words. A new one takes the old one's place whole or not at all.
struct StateFile {
  std::string text;                       ///< empty: there is none
  TimePoint known_at = TimePoint::min();  ///< what was written to operators before is covered by it

  /// As it may lie there after an accident: cut off, or gone.
  void lose(std::uint64_t chance);
};

/// What an engine that starts takes from its file. The data in Redis get a name if they have none
/// (app::KnowledgeFile); a file of other data says nothing of them, nor does one that cannot be read.
struct Remembered {
  std::string installation;
  core::KnowledgeMap partitions;
};
Remembered remember(const StateFile& file, SimRedis& redis, std::uint64_t chance);

}  // namespace anchal::sim
