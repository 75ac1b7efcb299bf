#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/redis/redis_error.h"

namespace anchal::redis {

/// Which Redis answers, from INFO, read at every connect. A changed run_id means that the process is another;
/// a changed replication_id that the data may have lost its last writes (a failover): design.md §5 says what
/// follows.
struct ServerIdentity {
  std::string version;
  std::string run_id;
  std::string replication_id;
  std::string role;              // "master" or "slave", Redis' words
  std::string maxmemory_policy;  // empty: INFO does not tell
  std::uint64_t maxmemory = 0;   // bytes, 0: no limit
  std::uint64_t used_memory = 0;
  std::uint64_t replicas = 0;         // connected
  std::uint64_t replicas_online = 0;  // of these: have the data and follow
  bool loading = false;
  bool append_only = false;
  bool cluster = false;

  /// Reads the text of INFO; what is missing stays empty.
  static ServerIdentity from_info(std::string_view info);

  bool same_process(const ServerIdentity& other) const { return run_id == other.run_id; }
  bool same_history(const ServerIdentity& other) const { return replication_id == other.replication_id; }
};

/// Why a connection is not to be used.
struct Unfit {
  RedisErrorKind kind = RedisErrorKind::other;
  std::string text;    // names what was found and what is needed
  bool fatal = false;  // waiting does not help: a person has to change something
};

/// Version 7.0 or later, a primary, not loading, not a cluster, maxmemory-policy noeviction.
std::optional<Unfit> unfit(const ServerIdentity& identity);

}  // namespace anchal::redis
