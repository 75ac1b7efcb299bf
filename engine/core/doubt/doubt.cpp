#include "engine/core/doubt/doubt.h"

#include <utility>

#include "engine/core/pack.h"

namespace anchal::core {

namespace {
constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kWithoutAddress = 1;  // written before address and times were kept
}  // namespace

void Doubt::pack(std::string& out) const {
  Packer packer(out);
  packer.u8(kVersion);
  packer.u8(static_cast<std::uint8_t>(state));
  packer.u8(static_cast<std::uint8_t>((who.receipt ? 1 : 0) | (who.resent ? 2 : 0) | (any_refused ? 4 : 0)));
  packer.varint(who.partition);
  packer.fixed64(who.hash);
  packer.varint(who.index);
  packer.text(who.tenant);
  packer.text(who.id_json);
  packer.text(who.ref_json);
  packer.text(category);
  packer.text(operator_name);
  packer.u8(static_cast<std::uint8_t>(lane));
  packer.u8(parts);
  packer.u8(doubtful);
  packer.varint(static_cast<std::uint64_t>(due.time_since_epoch().count()));
  packer.varint(static_cast<std::uint64_t>(deadline.time_since_epoch().count()));
  packer.varint(orphans_below);
  packer.fixed64(address);
  packer.varint(static_cast<std::uint64_t>(written_from.time_since_epoch().count()));
  packer.varint(static_cast<std::uint64_t>(written_to.time_since_epoch().count()));
  packer.text(moved);
  packer.text(body);
}

std::optional<Doubt> Doubt::unpack(std::string_view packed) {
  Unpacker in(packed);
  const std::uint8_t version = in.u8();
  if (version != kVersion && version != kWithoutAddress) return std::nullopt;
  Doubt doubt;
  const std::uint8_t state = in.u8();
  if (state > static_cast<std::uint8_t>(State::reported)) return std::nullopt;
  doubt.state = static_cast<State>(state);
  const std::uint8_t flags = in.u8();
  doubt.who.receipt = (flags & 1) != 0;
  doubt.who.resent = (flags & 2) != 0;
  doubt.any_refused = (flags & 4) != 0;
  doubt.who.partition = static_cast<PartitionId>(in.varint());
  doubt.who.hash = in.fixed64();
  doubt.who.index = static_cast<std::uint32_t>(in.varint());
  doubt.who.tenant = in.text();
  doubt.who.id_json = in.text();
  doubt.who.ref_json = in.text();
  doubt.category = in.text();
  doubt.operator_name = in.text();
  const std::uint8_t lane = in.u8();
  if (lane >= kLanes) return std::nullopt;
  doubt.lane = static_cast<Lane>(lane);
  doubt.parts = in.u8();
  doubt.doubtful = in.u8();
  doubt.due = WallTime(std::chrono::milliseconds(in.time_ms()));
  doubt.deadline = WallTime(std::chrono::milliseconds(in.time_ms()));
  doubt.orphans_below = in.varint();
  if (version != kWithoutAddress) {
    doubt.address = in.fixed64();
    doubt.written_from = WallTime(std::chrono::milliseconds(in.varint()));
    doubt.written_to = WallTime(std::chrono::milliseconds(in.varint()));
  }
  doubt.moved = in.text();
  doubt.body = in.text();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return doubt;
}

std::vector<std::uint8_t> Doubt::open_parts(const std::optional<Progress>& progress) const {
  std::vector<std::uint8_t> open;
  for (std::uint8_t part = 0; part < parts; ++part) {
    const bool accepted = progress && part < progress->accepted.size() && progress->accepted[part] == 1;
    if (!accepted && (part >= answered.size() || answered[part] != 1)) open.push_back(part);
  }
  return open;
}

bool Doubt::take_answer(std::size_t part) {
  if (part >= parts) return false;
  answered.resize(parts, '\0');
  return std::exchange(answered[part], '\1') != 1;
}

void Doubt::distrust(bool may_be_resent) {
  who.resent |= may_be_resent;
  auto one = Moved::unpack(moved);
  if (!one) return;
  one->resent = who.resent;
  doubtful = static_cast<std::uint8_t>(open_parts(one->progress).size());
  moved.clear();
  one->pack(moved);
}

std::string message_field(std::uint64_t hash, std::uint32_t index) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string field(16, '0');
  for (std::size_t i = 16; i-- > 0; hash >>= 4) field[i] = kHex[hash & 15];
  return field.append(":").append(std::to_string(index));
}

std::string message_key(PartitionId partition, std::uint64_t hash, std::uint32_t index) {
  return std::to_string(partition).append("/").append(message_field(hash, index));
}

}  // namespace anchal::core
