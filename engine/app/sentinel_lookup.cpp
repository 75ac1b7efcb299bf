#include "engine/app/sentinel_lookup.h"

#include <algorithm>
#include <utility>

namespace anchal::app {
namespace {

redis::SentinelSettings settings_of(const RedisAddress& address, std::shared_ptr<const net::TlsContext> tls,
                                    Duration timeout) {
  redis::SentinelSettings settings;
  settings.url.mode = redis::RedisUrl::Mode::sentinel;
  settings.url.endpoints = address.sentinels;
  settings.url.group = address.group;
  settings.url.tls = address.tls;
  const bool own = !address.sentinel_password.empty();
  settings.username = own ? address.sentinel_username : address.username;
  settings.password = own ? address.sentinel_password : address.password;
  settings.tls = std::move(tls);
  settings.timeout = std::min(settings.timeout, timeout);
  return settings;
}

}  // namespace

SentinelLookup::SentinelLookup(const RedisAddress& address, std::shared_ptr<const net::TlsContext> tls,
                               Duration timeout)
    : finder_(loop_, settings_of(address, std::move(tls), timeout),
              {.on_found = [this](const redis::RedisUrl::Endpoint& named) { named_ = named; },
               .on_failed = [this](const std::string& why) { failure_ = why; }}) {
  finder_.begin();
}

std::expected<redis::RedisUrl::Endpoint, std::string> SentinelLookup::next() {
  while (!named_ && !failure_) loop_.run_turn(std::chrono::seconds(1));
  if (failure_) return std::unexpected(*failure_);
  return *std::exchange(named_, std::nullopt);
}

}  // namespace anchal::app
