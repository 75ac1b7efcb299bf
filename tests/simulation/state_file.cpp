#include "tests/simulation/state_file.h"

#include <fmt/format.h>

#include "engine/app/knowledge_text.h"
#include "engine/core/keys.h"

namespace anchal::sim {

void StateFile::lose(std::uint64_t chance) {
  text.resize(chance % (text.size() + 1) / 2);
  known_at = TimePoint::min();
}

Remembered remember(const StateFile& file, SimRedis& redis, std::uint64_t chance) {
  const auto read = app::parse_knowledge(file.text);
  Remembered known;
  if (redis.run({"GET", core::keys::kInstallation}).is_nil()) {
    const std::string name = read ? read->installation : fmt::format("{:016x}", chance);
    redis.run({"SET", core::keys::kInstallation, name, "NX"});
  }
  known.installation = redis.run({"GET", core::keys::kInstallation}).text;
  if (read && read->installation == known.installation) known.partitions = read->partitions;
  return known;
}

}  // namespace anchal::sim
