#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "engine/app/config.h"
#include "engine/app/control_store.h"
#include "tests/support/temporary_directory.h"

namespace anchal::app {

/// A redis-server of our own on a Unix socket; gone with this object.
class TestRedis {
 public:
  TestRedis() { start(); }
  ~TestRedis() { stop(); }
  TestRedis(const TestRedis&) = delete;
  TestRedis& operator=(const TestRedis&) = delete;

  void start() {
    const std::string socket = directory_.file("redis.sock");
    const std::string directory = directory_.path();
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(1);
      execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket.c_str(), "--save", "",
             "--appendonly", "no", "--dir", directory.c_str(), "--logfile", "log",
             static_cast<char*>(nullptr));
      _exit(127);
    }
    for (int tries = 0; tries < 500; ++tries) {
      ControlStore store(settings());
      if (store.ask({"PING"})) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  void stop() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  RedisSettings settings() const {
    RedisSettings settings;
    settings.url = "unix://" + directory_.file("redis.sock");
    settings.address = *parse_redis_url(settings.url);
    return settings;
  }

 private:
  test::TemporaryDirectory directory_;
  pid_t pid_ = 0;
};

}  // namespace anchal::app
