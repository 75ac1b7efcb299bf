#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anchal::redis {

/// Where Redis is, as `[redis] url` says it:
///   redis://[user[:password]@]host[:port][/database]      rediss:// the same over TLS
///   unix:///path[?db=N]
///   redis+sentinel://[user[:password]@]host[:port],…/group[/database]
///   redis+cluster://[user[:password]@]host[:port],…
struct RedisUrl {
  enum class Mode : std::uint8_t { single, sentinel, cluster };
  struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
    std::string label() const;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
  };

  Mode mode = Mode::single;
  std::vector<Endpoint> endpoints;  // one for Mode::single, none for a Unix socket
  std::string unix_path;
  std::string group;  // the name by which sentinels know the primary
  unsigned database = 0;
  bool tls = false;
  std::string username;  // percent-decoded
  std::string password;

  /// Errors say what is wrong and where, and never repeat the URL: it may hold a password.
  static std::expected<RedisUrl, std::string> parse(std::string_view text);

  /// "host:port", "unix:/path", "group of sentinels host:port,host:port": for logs, without credentials.
  std::string label() const;
  /// A start-up message if the store cannot use this kind of address, nullopt if it can.
  std::optional<std::string> unsupported() const;
};

}  // namespace anchal::redis
