#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace anchal::test {

/// A private redis-server for one test: data and Unix socket in a temporary directory, no TCP port unless
/// asked for, ended by its pid with this object (and by the kernel if the test dies). Start-up waits until it
/// answers.
class RedisServer {
 public:
  struct Options {
    std::vector<std::string> arguments = {};  // further redis-server arguments: "--maxmemory", "20mb" …
    bool tcp = false;                         // also on a free port of 127.0.0.1
    bool append_only = false;                 // so that a restart finds the data again
    std::string tls_certificate = {};         // with these, the TCP port speaks TLS
    std::string tls_key = {};
    std::string tls_ca = {};
  };

  RedisServer() : RedisServer(Options()) {}
  explicit RedisServer(Options options);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  /// "unix:///…/redis.sock"
  std::string url() const { return "unix://" + socket_path(); }
  std::string socket_path() const { return directory_.file("redis.sock"); }
  std::uint16_t port() const { return port_; }

  /// kill -9, and start again on the same data, socket and port.
  void kill();
  void start();
  /// SIGSTOP and SIGCONT: alive for the kernel, silent for its clients.
  void pause();
  void resume();

  /// One command by another client, answered as text: "OK", "nil", "12", "[a, b]", "(error) …".
  std::string ask(const std::vector<std::string>& command);

 private:
  bool spawn_and_wait();
  void end_process();

  Options options_;
  TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace anchal::test
