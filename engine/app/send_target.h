#pragma once

#include <expected>
#include <string>

#include "engine/app/redis_address.h"
#include "engine/app/send.h"
#include "engine/net/tls_context.h"

namespace anchal::app {

/// Where jobs go, put together from the configuration file and what was said by hand.
struct SendTarget {
  RedisAddress redis;
  net::TlsSettings tls;
  unsigned partitions = 8;
  std::string lane;
};

/// The error is for the user: usage, or a configuration that cannot be read.
std::expected<SendTarget, std::string> find_target(const SendOptions& options);

}  // namespace anchal::app
