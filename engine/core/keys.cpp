#include "engine/core/keys.h"

#include <charconv>

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

std::string generations(unsigned slot) {
  return std::string("anchal:{r").append(std::to_string(slot)).append("}:generations");
}

std::string generation_field(std::string_view operator_name, std::int64_t generation) {
  return std::string(operator_name).append(":").append(std::to_string(generation));
}

std::optional<std::int64_t> generation_of(std::string_view field, std::string_view operator_name) {
  if (!field.starts_with(operator_name) || field.substr(operator_name.size(), 1) != ":") return std::nullopt;
  const std::string_view number = field.substr(operator_name.size() + 1);
  std::int64_t generation = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), generation);
  if (error != std::errc() || end != number.data() + number.size() || generation < 0) return std::nullopt;
  return generation;
}

namespace {

/// "<operator>:<generation>" of "anchal:{r5}:receipts:<operator>:<generation>:<bucket>"; nothing of another
/// key.
std::string_view generation_within(std::string_view receipts_key) {
  constexpr std::string_view kName = "}:receipts:";
  const std::size_t name = receipts_key.find(kName);
  const std::size_t bucket = receipts_key.rfind(':');
  if (name == std::string_view::npos || bucket < name + kName.size()) return {};
  return receipts_key.substr(name + kName.size(), bucket - name - kName.size());
}

}  // namespace

void list_generation_of(std::string_view receipts_key, Commands& commands) {
  const std::string_view generation = generation_within(receipts_key);
  if (generation.empty()) return;
  commands.command("HSET")
      .arg(std::string(receipts_key.substr(0, receipts_key.find('}'))).append("}:generations"))
      .arg(generation)
      .arg("1");
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
