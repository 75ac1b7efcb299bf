#include "engine/core/doubt/evidence.h"

#include <xxhash.h>

#include <algorithm>
#include <array>

#include "engine/core/pack.h"

namespace anchal::core {

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kDigitsCompared = 10;
constexpr std::chrono::minutes kDateSlack{2};

std::uint64_t ms_of(WallTime at) {
  return static_cast<std::uint64_t>(at.time_since_epoch().count());
}

WallTime at_ms(std::uint64_t ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

}  // namespace

std::uint64_t address_token(std::string_view recipient, std::string_view sender) {
  std::string named;
  for (const char c : recipient) {
    if (c >= '0' && c <= '9') named += c;
  }
  if (named.empty()) return 0;
  if (named.size() > kDigitsCompared) named.erase(0, named.size() - kDigitsCompared);
  named += '/';
  if (!sender.empty() && sender.front() == '+') sender.remove_prefix(1);
  for (const char c : sender) named += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::max<std::uint64_t>(XXH3_64bits(named.data(), named.size()), 1);
}

std::uint16_t part_reference(std::uint64_t job_hash, std::uint32_t index, bool resent, std::size_t part) {
  const std::array<std::uint64_t, 2> who{job_hash, std::uint64_t{index} << 1 | (resent ? 1U : 0U)};
  constexpr std::uint64_t kReferences = 0xFFFF;  // 1 … 0xFFFF
  return static_cast<std::uint16_t>((XXH3_64bits(who.data(), sizeof who) % kReferences + part) % kReferences +
                                    1);
}

void Stray::pack(std::string& out) const {
  Packer packer(out);
  packer.u8(kVersion);
  packer.u8(static_cast<std::uint8_t>((is_final ? 1 : 0) | (origin.reference ? 2 : 0) |
                                      (origin.submitted ? 4 : 0)));
  packer.u8(static_cast<std::uint8_t>(state));
  packer.text(error);
  packer.varint(origin.reference.value_or(0));
  packer.varint(ms_of(origin.submitted.value_or(WallTime{})));
  packer.varint(ms_of(origin.arrived));
}

std::optional<Stray> Stray::unpack(std::string_view packed) {
  Unpacker in(packed);
  if (in.u8() != kVersion) return std::nullopt;
  Stray stray;
  const std::uint8_t flags = in.u8();
  stray.is_final = (flags & 1) != 0;
  const std::uint8_t state = in.u8();
  if (state > static_cast<std::uint8_t>(smpp::PartState::submitted)) return std::nullopt;
  stray.state = static_cast<smpp::PartState>(state);
  stray.error = in.text();
  const std::uint64_t reference = in.varint();
  if ((flags & 2) != 0) stray.origin.reference = static_cast<std::uint16_t>(reference);
  const std::uint64_t submitted = in.varint();
  if ((flags & 4) != 0) stray.origin.submitted = at_ms(submitted);
  stray.origin.arrived = at_ms(in.varint());
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return stray;
}

bool WrittenWithin::fits(WallTime submitted) const {
  return submitted >= from - kDateSlack && submitted <= to + kDateSlack;
}

void WrittenWithin::pack(std::string& out) const {
  Packer packer(out);
  packer.u8(kVersion);
  packer.varint(ms_of(from));
  packer.varint(ms_of(to));
}

std::optional<WrittenWithin> WrittenWithin::unpack(std::string_view packed) {
  Unpacker in(packed);
  if (in.u8() != kVersion) return std::nullopt;
  WrittenWithin within{at_ms(in.varint()), at_ms(in.varint())};
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return within;
}

}  // namespace anchal::core
