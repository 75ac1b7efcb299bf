#include "engine/app/audit_chain.h"

#include <sodium.h>

#include <array>

namespace anchal::app {
namespace {

constexpr std::array<AuditField, 10> kFields{{{"at", &AuditEntry::at},
                                              {"actor", &AuditEntry::actor},
                                              {"action", &AuditEntry::action},
                                              {"subject", &AuditEntry::subject},
                                              {"before", &AuditEntry::before},
                                              {"after", &AuditEntry::after},
                                              {"reason", &AuditEntry::reason},
                                              {"epoch", &AuditEntry::epoch},
                                              {"previous", &AuditEntry::previous},
                                              {"hash", &AuditEntry::hash}}};

}  // namespace

std::span<const AuditField> audit_fields() {
  return kFields;
}

std::string audit_hash(const AuditEntry& entry) {
  std::string text;
  for (const AuditField& field : kFields) {
    if (field.name == "hash") continue;
    const std::string& value = entry.*field.value;
    text.append(field.name)
        .append(":")
        .append(std::to_string(value.size()))
        .append(":")
        .append(value)
        .append("\n");
  }
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::string hex(2 * digest.size() + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  hex.pop_back();
  return hex;
}

std::expected<void, ChainFault> verify_chain(std::span<const AuditEntry> entries, std::string_view previous) {
  for (std::size_t index = 0; index < entries.size(); ++index) {
    const AuditEntry& entry = entries[index];
    if (entry.previous != previous) {
      return std::unexpected(ChainFault{index, "it does not follow the entry before it"});
    }
    if (audit_hash(entry) != entry.hash)
      return std::unexpected(ChainFault{index, "its content is not what was hashed"});
    previous = entry.hash;
  }
  return {};
}

}  // namespace anchal::app
