#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "engine/app/child_process.h"
#include "engine/app/send_redis.h"

namespace anchal::app {

/// A redis-server of our own, on a Unix socket in a directory of ours, with nothing of the machine's
/// configuration: no port, no persistence unless asked for.
class PrivateRedis {
 public:
  struct Options {
    bool append_only = false;            ///< everysec
    std::vector<std::string> more = {};  ///< further words of its command line
  };

  /// Waits until it answers. The error repeats the end of its log.
  static std::expected<PrivateRedis, std::string> start(const std::string& directory, const Options& options);

  [[nodiscard]] std::string url() const { return "unix://" + socket_; }
  [[nodiscard]] const std::string& socket() const { return socket_; }
  [[nodiscard]] RedisAddress address() const;
  /// A connection of one's own.
  [[nodiscard]] std::expected<std::unique_ptr<RedisPipe>, std::string> connect() const;
  ChildProcess& process() { return process_; }

 private:
  std::string socket_;
  ChildProcess process_;
};

}  // namespace anchal::app
