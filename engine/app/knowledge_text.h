#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "engine/core/partition/knowledge.h"

namespace anchal::app {

/// Of which data, and how far they had come.
struct StoredKnowledge {
  std::string installation;
  core::KnowledgeMap partitions;
  friend bool operator==(const StoredKnowledge&, const StoredKnowledge&) = default;
};

/// A line with version and checksum, then one JSON object.
std::string format_knowledge(const StoredKnowledge& knowledge);
/// The error says what is wrong with the text.
std::expected<StoredKnowledge, std::string> parse_knowledge(std::string_view text);

}  // namespace anchal::app
