#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "engine/redis/redis_url.h"

namespace anchal::app {

/// One Redis to connect to, or the sentinels that know it, out of what redis::RedisUrl can name.
struct RedisAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string unix_path;  ///< not empty: a Unix socket; host and port mean nothing then
  std::vector<redis::RedisUrl::Endpoint> sentinels;  ///< not empty: they name the host and the port
  std::string group;                                 ///< what sentinels call it
  unsigned database = 0;
  bool tls = false;
  std::string username;
  std::string password;
  std::string sentinel_username;  ///< without a password sentinels get the two above
  std::string sentinel_password;

  /// "host:port", the path, or group and sentinels: for logs, without credentials.
  std::string label() const;
};

/// Reads what redis::RedisUrl reads, but for clusters. The error says what is wrong and
/// never repeats the URL: it may hold a password.
std::expected<RedisAddress, std::string> parse_redis_url(std::string_view url);

}  // namespace anchal::app
