#include "engine/redis/server_identity.h"

#include <algorithm>
#include <charconv>

namespace anchal::redis {

namespace {

constexpr unsigned kOldestMajorVersion = 7;

std::string_view field(std::string_view info, std::string_view name) {
  for (std::size_t at = 0; at < info.size();) {
    const std::size_t end = std::min(info.find('\n', at), info.size());
    std::string_view line = info.substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':') {
      return line.substr(name.size() + 1);
    }
  }
  return {};
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Lines such as `slave0:ip=10.0.0.2,port=6379,state=online,offset=42,lag=0`.
std::uint64_t online_replicas(std::string_view info, std::uint64_t connected) {
  constexpr std::uint64_t kLooked = 64;
  std::uint64_t online = 0;
  for (std::uint64_t i = 0; i < std::min(connected, kLooked); ++i) {
    if (field(info, "slave" + std::to_string(i)).find(",state=online,") != std::string_view::npos) {
      ++online;
    }
  }
  return online;
}

}  // namespace

ServerIdentity ServerIdentity::from_info(std::string_view info) {
  ServerIdentity identity;
  identity.version = field(info, "redis_version");
  identity.run_id = field(info, "run_id");
  identity.replication_id = field(info, "master_replid");
  identity.role = field(info, "role");
  identity.maxmemory_policy = field(info, "maxmemory_policy");
  identity.maxmemory = number(field(info, "maxmemory"));
  identity.used_memory = number(field(info, "used_memory"));
  identity.replicas = number(field(info, "connected_slaves"));
  identity.replicas_online = online_replicas(info, identity.replicas);
  identity.loading = field(info, "loading") == "1";
  identity.append_only = field(info, "aof_enabled") == "1";
  identity.cluster = field(info, "cluster_enabled") == "1";
  return identity;
}

std::optional<Unfit> unfit(const ServerIdentity& identity) {
  if (identity.version.empty()) {
    return Unfit{RedisErrorKind::other, "INFO does not name a redis_version: is this a Redis?", true};
  }
  if (number(identity.version) < kOldestMajorVersion) {
    return Unfit{RedisErrorKind::other,
                 "it is version " + loggable(identity.version) + ", 7.0 or later is needed", true};
  }
  if (identity.cluster) {
    return Unfit{RedisErrorKind::other, "it is a node of a Redis Cluster, which is not supported yet", true};
  }
  if (identity.loading) {
    return Unfit{RedisErrorKind::loading, "it is still loading its data", false};
  }
  if (identity.role != "master") {
    return Unfit{RedisErrorKind::read_only, "it is a replica, not the primary", false};
  }
  if (identity.maxmemory_policy != "noeviction") {
    const std::string found =
        identity.maxmemory_policy.empty() ? "unknown" : "'" + loggable(identity.maxmemory_policy) + "'";
    return Unfit{RedisErrorKind::other,
                 "its maxmemory-policy is " + found +
                     ", it must be 'noeviction': any other may evict the streams that hold the work",
                 true};
  }
  return std::nullopt;
}

}  // namespace anchal::redis
