#include "engine/admin/tokens.h"

#include <sodium.h>

#include <algorithm>

namespace anchal::admin {
namespace {

constexpr std::array<std::string_view, 4> kRoles{"viewer", "operator", "compliance", "admin"};
constexpr std::size_t kTokenMin = 16;
constexpr std::size_t kTokenMax = 512;

std::string_view next_word(std::string_view& line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
  const std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

}  // namespace

std::string_view to_string(Role role) {
  return kRoles[static_cast<std::size_t>(role)];
}

std::optional<Role> parse_role(std::string_view name) {
  const auto found = std::find(kRoles.begin(), kRoles.end(), name);
  if (found == kRoles.end()) return std::nullopt;
  return static_cast<Role>(found - kRoles.begin());
}

bool allows(Role has, Role needed) {
  return needed == Role::viewer || has == needed || has == Role::admin;
}

Tokens Tokens::open() {
  Tokens tokens;
  tokens.open_ = true;
  return tokens;
}

std::expected<Tokens, std::string> Tokens::parse(std::string_view text) {
  Tokens tokens;
  const auto wrong = [](std::size_t line, std::string_view what) {
    return std::unexpected("line " + std::to_string(line) + ": " + std::string(what));
  };
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view role_name = next_word(line);
    if (role_name.empty() || role_name.starts_with('#')) continue;
    const std::string_view name = next_word(line);
    const std::string_view token = next_word(line);
    if (token.empty() || !next_word(line).empty()) return wrong(number, "write `role name token`");
    const auto role = parse_role(role_name);
    if (!role) return wrong(number, "the role must be viewer, operator, compliance or admin");
    if (token.size() < kTokenMin || token.size() > kTokenMax) {
      return wrong(number, "a token has 16 to 512 octets");
    }
    tokens.entries_.push_back({{std::string(name), *role}, digest_of(token)});
  }
  if (tokens.entries_.empty()) return std::unexpected("there is no token in it");
  return tokens;
}

std::optional<Identity> Tokens::identify(std::string_view authorization) const {
  if (open_) return Identity{"local", Role::admin};
  std::string_view rest = authorization;
  const std::string_view scheme = next_word(rest);
  const bool bearer =
      scheme.size() == 6 && std::equal(scheme.begin(), scheme.end(), "bearer", [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
      });
  const std::string_view token = next_word(rest);
  if (!bearer || token.empty() || !next_word(rest).empty()) return std::nullopt;
  const Digest digest = digest_of(token);
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {  // all of them, so that the time does not tell which
    if (sodium_memcmp(entry.digest.data(), digest.data(), digest.size()) == 0) found = &entry;
  }
  if (found == nullptr) return std::nullopt;
  return found->identity;
}

Tokens::Digest Tokens::digest_of(std::string_view token) {
  Digest digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(token.data()), token.size());
  return digest;
}

}  // namespace anchal::admin
