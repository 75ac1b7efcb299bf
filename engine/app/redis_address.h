#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace anchal::app {

/// One Redis to connect to, out of what redis::RedisUrl can name.
struct RedisAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string unix_path;  ///< not empty: a Unix socket; host and port mean nothing then
  unsigned database = 0;
  bool tls = false;
  std::string username;
  std::string password;

  /// "host:port" or the path: for logs, without credentials.
  std::string label() const;
};

/// Reads what redis::RedisUrl reads, as far as it names a single Redis. The error says what is wrong and
/// never repeats the URL: it may hold a password.
std::expected<RedisAddress, std::string> parse_redis_url(std::string_view url);

}  // namespace anchal::app
