#include "engine/core/job/job.h"

#include <xxhash.h>

#include "engine/core/pack.h"

namespace anchal::core {

namespace {
constexpr std::uint8_t kMovedVersion = 1;
constexpr std::uint8_t kResent = 1;
constexpr std::uint8_t kHasProgress = 2;
}  // namespace

void Moved::pack(std::string& out) const {
  Packer packer(out);
  packer.u8(kMovedVersion);
  packer.u8(static_cast<std::uint8_t>((resent ? kResent : 0) | (progress ? kHasProgress : 0)));
  packer.varint(attempts);
  packer.varint(indexes.size());
  std::uint32_t before = 0;
  for (const auto index : indexes) {
    packer.varint(index - before);
    before = index;
  }
  if (progress) {
    packer.varint(progress->reference);
    packer.text(progress->operator_name);
    packer.text(progress->accepted);
    packer.varint(progress->day);
  }
}

std::optional<Moved> Moved::unpack(std::string_view packed) {
  Unpacker in(packed);
  if (in.u8() != kMovedVersion) return std::nullopt;
  const std::uint8_t flags = in.u8();
  Moved moved;
  moved.resent = (flags & kResent) != 0;
  moved.attempts = static_cast<std::uint32_t>(in.varint());
  const std::uint64_t count = in.varint();
  if (!in.ok() || count > in.rest().size()) return std::nullopt;
  moved.indexes.reserve(count);
  std::uint32_t index = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    index += static_cast<std::uint32_t>(in.varint());
    moved.indexes.push_back(index);
  }
  if ((flags & kHasProgress) != 0) {
    Progress progress;
    progress.reference = static_cast<std::uint16_t>(in.varint());
    progress.operator_name = in.text();
    progress.accepted = in.text();
    progress.day = in.varint();
    moved.progress = std::move(progress);
  }
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return moved;
}

std::string Job::body_with(const std::vector<std::uint32_t>& row_numbers) const {
  const std::string_view whole(body.get(), body_size);
  if (recipients_at == recipients_end) return std::string(whole);
  std::string out(whole.substr(0, recipients_at));
  out.push_back('[');
  for (const auto number : row_numbers) {
    if (out.back() != '[') out.push_back(',');
    out.append(whole.substr(rows[number].json_at, rows[number].json_size));
  }
  out.push_back(']');
  out.append(whole.substr(recipients_end));
  return out;
}

std::uint64_t job_hash(std::string_view tenant, std::string_view id) {
  std::string key;
  key.reserve(tenant.size() + 1 + id.size());
  key.append(tenant).push_back('\0');
  key.append(id);
  return XXH3_64bits(key.data(), key.size());
}

}  // namespace anchal::core
