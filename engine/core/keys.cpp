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

std::string strays(unsigned slot, std::string_view operator_name, std::uint64_t address) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string token(16, '0');
  for (std::size_t i = token.size(); i-- > 0; address >>= 4) token[i] = kHex[address & 15];
  return std::string("anchal:{r")
      .append(std::to_string(slot))
      .append("}:strays:")
      .append(operator_name)
      .append(":")
      .append(token);
}

}  // namespace anchal::core::keys
