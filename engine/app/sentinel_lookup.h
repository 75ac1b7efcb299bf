#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "engine/app/redis_address.h"
#include "engine/net/loop.h"
#include "engine/redis/primary_finder.h"

namespace anchal::app {

/// Sentinels asked by who may wait: next() names a Redis, refute() says that it was none to use, until next()
/// fails. Each sentinel gets at most a second.
class SentinelLookup {
 public:
  SentinelLookup(const RedisAddress& address, std::shared_ptr<const net::TlsContext> tls, Duration timeout);

  /// The error says what each sentinel was good for.
  std::expected<redis::RedisUrl::Endpoint, std::string> next();
  void refute(const std::string& why) { finder_.refute(why); }

 private:
  net::Loop loop_;
  std::optional<redis::RedisUrl::Endpoint> named_;
  std::optional<std::string> failure_;
  redis::PrimaryFinder finder_;
};

}  // namespace anchal::app
