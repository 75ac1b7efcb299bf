#include "engine/app/knowledge_text.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

namespace anchal::app {
namespace {

using nlohmann::json;

constexpr std::string_view kHead = "anchal-knowledge 1 ";  // then the checksum, 16 hex digits

/// FNV-1a: against torn and edited files, not against forgers.
std::uint64_t checksum(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

std::string format_knowledge(const StoredKnowledge& knowledge) {
  json partitions = json::object();
  for (const auto& [id, known] : knowledge.partitions) {
    json cursors = json::object();
    for (const auto& [stream, cursor] : known.cursors) cursors[stream] = cursor.text();
    partitions[std::to_string(id)] = {
        {"fence", known.newest.fence}, {"number", known.newest.number}, {"cursors", std::move(cursors)}};
  }
  const std::string body =
      json{{"installation", knowledge.installation}, {"partitions", std::move(partitions)}}.dump(
          -1, ' ', false, json::error_handler_t::replace) +
      "\n";
  return fmt::format("{}{:016x}\n{}", kHead, checksum(body), body);
}

std::expected<StoredKnowledge, std::string> parse_knowledge(std::string_view text) {
  if (!text.starts_with(kHead)) return std::unexpected("it does not begin as such a file of version 1 does");
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return std::unexpected("it ends in its first line");
  const std::string_view digits = text.substr(kHead.size(), line - kHead.size());
  const std::string_view body = text.substr(line + 1);
  if (digits != fmt::format("{:016x}", checksum(body)))
    return std::unexpected("its checksum is wrong: it is cut off or was changed");
  const json parsed = json::parse(body, nullptr, false);
  const auto broken = [] { return std::unexpected("it does not hold what it should"); };
  if (!parsed.is_object() || !parsed.contains("installation") || !parsed["installation"].is_string() ||
      !parsed.contains("partitions") || !parsed["partitions"].is_object()) {
    return broken();
  }
  StoredKnowledge out;
  out.installation = parsed["installation"];
  for (const auto& [name, row] : parsed["partitions"].items()) {
    core::PartitionId id = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (error != std::errc{} || end != name.data() + name.size() || !row.is_object()) return broken();
    const auto fence = row.find("fence"), number = row.find("number"), cursors = row.find("cursors");
    if (fence == row.end() || !fence->is_number_unsigned() || number == row.end() ||
        !number->is_number_unsigned() || cursors == row.end() || !cursors->is_object()) {
      return broken();
    }
    core::Knowledge& known = out.partitions[id];
    known.newest = {fence->get<std::uint64_t>(), number->get<std::uint64_t>()};
    for (const auto& [stream, cursor] : cursors->items()) {
      const auto at = cursor.is_string() ? core::StreamId::parse(cursor.get<std::string>()) : std::nullopt;
      if (!at) return broken();
      known.cursors[stream] = *at;
    }
  }
  return out;
}

}  // namespace anchal::app
