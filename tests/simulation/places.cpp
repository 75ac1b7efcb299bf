#include "tests/simulation/places.h"

#include <algorithm>

namespace anchal::sim {
namespace {

/// As packed records are written: octets, LEB128 numbers, texts with their length in front.
struct PackedReader {
  std::string_view in;

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
      const auto octet = static_cast<unsigned char>(in.front());
      in.remove_prefix(1);
      value |= std::uint64_t{octet & 0x7Fu} << shift;
      if ((octet & 0x80) == 0) break;
    }
    return value;
  }
  void skip(std::size_t octets) { in.remove_prefix(std::min(octets, in.size())); }
  std::string_view text() {
    const std::size_t size = std::min<std::size_t>(number(), in.size());
    const std::string_view value = in.substr(0, size);
    in.remove_prefix(size);
    return value;
  }
};

constexpr char kDoubtReported = 2;  ///< nothing waits there any more

std::uint16_t partition_of(std::string_view key) {
  std::uint16_t number = 0;
  for (std::size_t i = key.find('{') + 1; i < key.size() && key[i] >= '0' && key[i] <= '9'; ++i)
    number = static_cast<std::uint16_t>(number * 10 + (key[i] - '0'));
  return number;
}

}  // namespace

std::uint32_t Places::number_of(std::string_view key) {
  const auto found = key_numbers_.find(key);
  if (found != key_numbers_.end()) return found->second;
  const auto number = static_cast<std::uint32_t>(keys_.size());
  keys_.emplace_back(key);
  key_numbers_.emplace(std::string(key), number);
  return number;
}

void Places::add(MessageIndex message, Spot spot) {
  if (spots_.size() <= message) spots_.resize(std::max<std::size_t>(message + 1, truth_.messages.size()));
  auto& spots = spots_[message];
  // The same field again: one spot is enough.
  if (spot.kind != Kind::stream) {
    std::erase_if(spots, [&](const Spot& old) { return old.key == spot.key && old.field == spot.field; });
  }
  spots.push_back(std::move(spot));
}

/// Every recipient that a job's text names: no two messages of a run have the same number.
void Places::add_rows(std::string_view text, const Spot& spot) {
  for (std::size_t at = text.find("\"+"); at != std::string_view::npos; at = text.find("\"+", at + 2)) {
    const std::size_t end = text.find('"', at + 2);
    if (end == std::string_view::npos) return;
    const auto found = truth_.by_number.find(std::string(text.substr(at + 2, end - at - 2)));
    if (found != truth_.by_number.end()) add(found->second, spot);
  }
}

void Places::add_packed(std::string_view packed, bool of_doubt, const Spot& spot) {
  PackedReader in{packed};
  in.skip(of_doubt ? 3 : 2);  // version, state, flags
  in.number();                // partition
  in.skip(8);                 // hash
  const auto index = static_cast<std::uint32_t>(in.number());
  if (!of_doubt) {
    in.skip(2);  // part, parts
    in.number(), in.number(), in.number();
  }
  const std::string tenant(in.text());
  std::string id(in.text());
  if (id.size() >= 2) id = id.substr(1, id.size() - 2);  // as JSON has it; ours need no escapes
  const JobIndex* const job = truth_.find_job(tenant, id);
  if (job == nullptr || index >= truth_.jobs[*job].messages) return;
  if (of_doubt) doubts_[{spot.key, spot.field}] = truth_.jobs[*job].first_message + index;
  add(truth_.jobs[*job].first_message + index, spot);
}

std::optional<MessageIndex> Places::doubt_of(std::string_view key, std::string_view field) const {
  const auto number = key_numbers_.find(key);
  if (number == key_numbers_.end()) return std::nullopt;
  const auto found = doubts_.find({number->second, std::string(field)});
  return found == doubts_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> Places::ids_of(MessageIndex message, TimePoint by) const {
  std::vector<std::string> ids;
  if (message >= spots_.size()) return ids;
  for (const Spot& spot : spots_[message]) {
    const bool id = spot.kind == Kind::hash && keys_[spot.key].find(":receipts:") != std::string::npos;
    // What begins with an octet 1 is a name of our own.
    if (id && !spot.field.starts_with('\x01') && spot.at < by && there(spot)) ids.push_back(spot.field);
  }
  return ids;
}

void Places::on_written(const Arguments& command) {
  const std::string_view verb = command[0], key = command[1];
  if (verb == "XADD") {
    const bool waits = key.find(":jobs:") != std::string_view::npos ||
                       key.find(":backlog:") != std::string_view::npos ||
                       key.find(":hold:") != std::string_view::npos;
    if (key.find(":outcomes:") != std::string_view::npos) {
      count_finals(key, command[command.size() - 1]);
    } else if (waits) {
      Spot spot;
      spot.key = number_of(key);
      spot.id = redis_.data().last_added();
      add_rows(command[command.size() - 1], spot);
    }
    return;
  }
  if (verb != "HSET" && verb != "HSETNX") return;
  const bool doubt = key.ends_with(":doubt");
  const bool receipts = key.find(":receipts:") != std::string_view::npos;
  const bool rows = key.ends_with(":retry:rows");
  if (!doubt && !receipts && !rows) return;
  for (std::size_t i = 2; i + 1 < command.size(); i += 2) {
    Spot spot;
    spot.kind = doubt ? Kind::doubt : Kind::hash;
    spot.key = number_of(key);
    spot.field = command[i];
    spot.at = redis_.clock().now();
    if (rows) {
      add_rows(command[i + 1], spot);
    } else {
      add_packed(command[i + 1], doubt, spot);
    }
  }
}

bool Places::there(const Spot& spot) const {
  const std::string& key = keys_[spot.key];
  if (spot.kind == Kind::stream) {
    const auto* const stream = redis_.data().get<Stream>(key);
    if (stream == nullptr) return false;
    const auto at = stream->at_or_after(spot.id);
    return at != stream->entries.end() && at->id == spot.id;
  }
  const auto* const hash = redis_.data().get<Hash>(key);
  if (hash == nullptr) return false;
  const auto found = hash->find(spot.field);
  if (found == hash->fields.end()) return false;
  return spot.kind == Kind::hash || (found->second.size() > 1 && found->second[1] != kDoubtReported);
}

bool Places::waits(MessageIndex message) const {
  if (message >= spots_.size()) return false;
  const auto& spots = spots_[message];
  return std::any_of(spots.rbegin(), spots.rend(), [this](const Spot& spot) { return there(spot); });
}

void Places::count_finals(std::string_view key, std::string_view body) {
  std::int64_t lines = 0;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find('\n', at), body.size());
    const std::string_view line = body.substr(at, end - at);
    // A job refused as a whole is no message.
    if (line.find("\"final\":true") != std::string_view::npos &&
        line.find("\"i\":null") == std::string_view::npos)
      ++lines;
    at = end + 1;
  }
  finals_[partition_of(key)] += lines;
}

void Places::count_finals_anew() {
  finals_.clear();
  for (const auto& [key, object] : redis_.data().objects()) {
    if (key.find(":outcomes:") == std::string::npos) continue;
    const auto* const stream = std::get_if<Stream>(&object.value);
    if (stream == nullptr) continue;
    for (const auto& entry : stream->entries) {
      if (const auto body = entry.field("body")) count_finals(key, *body);
    }
  }
}

}  // namespace anchal::sim
