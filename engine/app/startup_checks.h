#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "engine/admin/tokens.h"
#include "engine/app/config.h"
#include "engine/app/control_store.h"

namespace anchal::app {

/// What is read from files once, before anything starts; the error is for a start-up message.
struct LoadedFiles {
  std::shared_ptr<const net::TlsContext> redis_tls;
  std::vector<std::shared_ptr<const net::TlsContext>> operator_tls;  ///< by operator; null: plain
  admin::Tokens tokens = admin::Tokens::open();
};
std::expected<LoadedFiles, std::vector<std::string>> load_files(const AppConfig& config);

struct RedisCheck {
  bool usable = false;
  bool reachable = false;
  std::vector<std::string> facts;     ///< "Redis 7.0.15 at …"
  std::vector<std::string> warnings;  ///< it works, but
  std::vector<std::string> faults;    ///< it does not
};

/// Version, role, eviction policy, persistence, and whether the ACL user may do what the engine does.
RedisCheck check_redis(ControlStore& store, const AppConfig& config);

}  // namespace anchal::app
