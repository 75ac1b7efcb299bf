#include "engine/app/private_redis.h"

#include <fstream>
#include <thread>
#include <utility>

#include "engine/net/clock.h"

namespace anchal::app {
namespace {

std::string last_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string last, line;
  while (std::getline(file, line)) {
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace

std::expected<PrivateRedis, std::string> PrivateRedis::start(const std::string& directory,
                                                             const Options& options) {
  PrivateRedis redis;
  redis.socket_ = directory + "/redis.sock";
  const std::string log = directory + "/redis.log";
  std::vector<std::string> argv = {"redis-server", "--port", "0", "--unixsocket", redis.socket_,
                                   "--unixsocketperm", "700", "--dir", directory, "--save", "",
                                   "--maxmemory-policy", "noeviction", "--appendonly",
                                   options.append_only ? "yes" : "no", "--appendfsync", "everysec",
                                   "--daemonize", "no", "--io-threads", "1",
                                   // many small buckets or few large ones: see the receipt maps
                                   "--hash-max-listpack-entries", "64"};
  argv.insert(argv.end(), options.more.begin(), options.more.end());
  auto process = ChildProcess::start(argv, {log, false, {}});
  if (!process) return std::unexpected(process.error());
  redis.process_ = std::move(*process);

  const TimePoint deadline = net::monotonic_now() + std::chrono::seconds(20);
  for (;;) {
    if (auto pipe = redis.connect(); pipe && (*pipe)->ask({"PING"}, [](const redisReply&) {})) return redis;
    if (redis.process_.ended() || net::monotonic_now() > deadline) {
      if (redis.process_.exit_code() == 127) return std::unexpected("redis-server is not installed");
      return std::unexpected("redis-server did not start: " + last_line_of(log));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

RedisAddress PrivateRedis::address() const {
  RedisAddress address;
  address.unix_path = socket_;
  return address;
}

std::expected<std::unique_ptr<RedisPipe>, std::string> PrivateRedis::connect() const {
  return RedisPipe::connect(address(), {}, std::chrono::seconds(10));
}

}  // namespace anchal::app
