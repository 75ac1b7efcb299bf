#include "engine/core/keys.h"

namespace anchal::core::keys {

std::string partition(PartitionId partition, std::string_view rest) {
  return std::string("anchal:{").append(std::to_string(partition)).append("}:").append(rest);
}

std::string seen(PartitionId partition, std::int64_t generation, unsigned bucket) {
  return keys::partition(partition, "seen:")
      .append(std::to_string(generation))
      .append(":")
      .append(std::to_string(bucket));
}

std::string receipts(unsigned slot, std::string_view operator_name, std::int64_t generation,
                     unsigned bucket) {
  return std::string("anchal:{r")
      .append(std::to_string(slot))
      .append("}:receipts:")
      .append(operator_name)
      .append(":")
      .append(std::to_string(generation))
      .append(":")
      .append(std::to_string(bucket));
}

}  // namespace anchal::core::keys
