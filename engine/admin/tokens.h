#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anchal::admin {

/// What a caller may do; each role may what the ones before it may, but `operator_` and `compliance` are
/// separate duties: pausing operators is not lifting blackouts.
enum class Role : std::uint8_t { viewer, operator_, compliance, admin };

std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view name);
/// Whether `has` includes `needed`.
bool allows(Role has, Role needed);

struct Identity {
  std::string name;  // who acts, for the audit chain
  Role role = Role::viewer;
};

/// Bearer tokens, each with a name and a role. Immutable once read.
class Tokens {
 public:
  /// Nobody needs a token: every caller is `local` with role admin. For loopback only.
  static Tokens open();

  /// The tokens file: lines of `role name token`; blank lines and those that start with # do not count. A
  /// token has at least 16 octets. Errors name the line, never a token.
  static std::expected<Tokens, std::string> parse(std::string_view text);

  bool is_open() const { return open_; }
  std::size_t size() const { return entries_.size(); }

  /// Who the value of an Authorization header is; nothing if it names no token. Compares digests in constant
  /// time.
  std::optional<Identity> identify(std::string_view authorization) const;

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Entry {
    Identity identity;
    Digest digest;
  };
  static Digest digest_of(std::string_view token);

  bool open_ = false;
  std::vector<Entry> entries_;
};

}  // namespace anchal::admin
