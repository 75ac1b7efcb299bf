#include "engine/core/receipts/receipt_map.h"

#include <xxhash.h>

#include <algorithm>

#include "engine/core/keys.h"
#include "engine/core/pack.h"

namespace anchal::core {

namespace {
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kResent = 1;
}  // namespace

std::int64_t generation_ms(const OperatorConfig& config) {
  const auto deadline =
      std::chrono::duration_cast<std::chrono::milliseconds>(config.receipt_deadline).count();
  return std::max<std::int64_t>(deadline / (kGenerations - 1), 1000);
}

MapPlace map_place(const OperatorConfig& config, std::uint16_t operator_index, unsigned slots,
                   std::string_view id, WallTime stored) {
  const std::uint64_t hash = XXH3_64bits(id.data(), id.size());
  MapPlace place;
  place.operator_index = operator_index;
  place.slot = static_cast<std::uint16_t>(hash % slots);
  place.bucket = static_cast<std::uint8_t>((hash >> 32) % kReceiptBuckets);
  place.generation = stored.time_since_epoch().count() / generation_ms(config);
  return place;
}

std::string redis_key(const ReceiptKey& key) {
  return keys::receipts(key.slot, key.operator_name, key.generation, key.bucket);
}

void ReceiptTarget::pack(std::string& out, const Identity& who, std::uint8_t part, std::uint8_t parts,
                         std::int64_t sent_ms, std::uint64_t fence, std::uint64_t day) {
  Packer packer(out);
  packer.u8(kVersion);
  packer.u8(who.resent ? kResent : 0);
  packer.varint(who.partition);
  packer.fixed64(who.hash);
  packer.varint(who.index);
  packer.u8(part);
  packer.u8(parts);
  packer.varint(static_cast<std::uint64_t>(sent_ms));
  packer.varint(fence);
  packer.varint(day);
  packer.text(who.tenant);
  packer.text(who.id_json);
  packer.text(who.ref_json);
}

std::optional<ReceiptTarget> ReceiptTarget::unpack(std::string_view packed) {
  Unpacker in(packed);
  if (in.u8() != kVersion) return std::nullopt;
  ReceiptTarget target;
  target.who.resent = (in.u8() & kResent) != 0;
  target.who.partition = static_cast<PartitionId>(in.varint());
  target.who.hash = in.fixed64();
  target.who.index = static_cast<std::uint32_t>(in.varint());
  target.part = in.u8();
  target.parts = in.u8();
  target.sent_ms = in.time_ms();
  target.fence = in.varint();
  target.day = in.varint();
  target.who.tenant = in.text();
  target.who.id_json = in.text();
  target.who.ref_json = in.text();
  if (!in.ok() || !in.at_end() || target.parts == 0 || target.part >= target.parts) return std::nullopt;
  return target;
}

}  // namespace anchal::core
