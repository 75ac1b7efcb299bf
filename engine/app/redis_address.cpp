#include "engine/app/redis_address.h"

namespace anchal::app {

std::string RedisAddress::label() const {
  if (!unix_path.empty()) return unix_path;
  if (!sentinels.empty()) {
    redis::RedisUrl url;
    url.mode = redis::RedisUrl::Mode::sentinel;
    url.endpoints = sentinels;
    url.group = group;
    return url.label();
  }
  return redis::RedisUrl::Endpoint{host, port}.label();
}

std::expected<RedisAddress, std::string> parse_redis_url(std::string_view text) {
  auto url = redis::RedisUrl::parse(text);
  if (!url) return std::unexpected(std::move(url.error()));
  if (auto unsupported = url->unsupported()) return std::unexpected(std::move(*unsupported));
  RedisAddress address;
  if (url->mode == redis::RedisUrl::Mode::sentinel) {
    address.sentinels = url->endpoints;
    address.group = url->group;
  } else if (!url->endpoints.empty()) {
    address.host = url->endpoints[0].host;
    address.port = url->endpoints[0].port;
  }
  address.unix_path = url->unix_path;
  address.database = url->database;
  address.tls = url->tls;
  address.username = url->username;
  address.password = url->password;
  return address;
}

}  // namespace anchal::app
