#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace anchal::test {

namespace {

struct Free {
  void operator()(redisContext* context) const { redisFree(context); }
};

/// Free at this moment; who takes it first wins, hence the retries in the constructor.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof in;
  (void)::bind(fd, reinterpret_cast<sockaddr*>(&in), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&in), &size);
  ::close(fd);
  return ntohs(in.sin_port);
}

std::string text_of(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_NIL:
      return "nil";
    case REDIS_REPLY_ERROR:
      return "(error) " + std::string(reply.str, reply.len);
    case REDIS_REPLY_ARRAY: {
      std::string text = "[";
      for (std::size_t i = 0; i < reply.elements; ++i) {
        text += (i == 0 ? "" : ", ") + text_of(*reply.element[i]);
      }
      return text + "]";
    }
    default:
      return std::string(reply.str, reply.len);
  }
}

}  // namespace

RedisServer::RedisServer(Options options) : options_(std::move(options)) {
  for (int attempt = 0; attempt < 5; ++attempt) {
    port_ = options_.tcp ? free_port() : std::uint16_t{0};
    if (spawn_and_wait()) {
      return;
    }
  }
  throw std::runtime_error("redis-server does not start; is it installed?");
}

RedisServer::~RedisServer() {
  end_process();
}

void RedisServer::kill() {
  end_process();
}

void RedisServer::start() {
  if (pid_ < 0 && !spawn_and_wait()) {
    throw std::runtime_error("redis-server does not start again");
  }
}

void RedisServer::pause() {
  ::kill(pid_, SIGSTOP);
}

void RedisServer::resume() {
  ::kill(pid_, SIGCONT);
}

bool RedisServer::spawn_and_wait() {
  const bool tls = !options_.tls_certificate.empty();
  std::vector<std::string> arguments = {"redis-server",
                                        "--unixsocket",
                                        socket_path(),
                                        "--dir",
                                        directory_.path().string(),
                                        "--save",
                                        "",
                                        "--logfile",
                                        directory_.file("log"),
                                        "--bind",
                                        "127.0.0.1",
                                        "--port",
                                        tls ? "0" : std::to_string(port_),
                                        "--appendonly",
                                        options_.append_only ? "yes" : "no",
                                        "--enable-debug-command",
                                        "yes"};
  if (tls) {
    arguments.insert(arguments.end(),
                     {"--tls-port", std::to_string(port_), "--tls-cert-file", options_.tls_certificate,
                      "--tls-key-file", options_.tls_key, "--tls-ca-cert-file", options_.tls_ca});
  }
  arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());
  std::vector<char*> pointers;
  for (auto& argument : arguments) {
    pointers.push_back(argument.data());
  }
  pointers.push_back(nullptr);

  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
      ::_exit(1);
    }
    ::execvp(pointers.front(), pointers.data());
    ::_exit(127);
  }
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < give_up) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return false;
    }
    const std::string answer = ask({"PING"});
    if (answer == "PONG" || answer.starts_with("(error) NOAUTH")) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  end_process();
  return false;
}

void RedisServer::end_process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
}

std::string RedisServer::ask(const std::vector<std::string>& command) {
  const std::unique_ptr<redisContext, Free> context(redisConnectUnix(socket_path().c_str()));
  if (!context || context->err != 0) {
    return "(no connection)";
  }
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto& argument : command) {
    texts.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  auto* const reply = static_cast<redisReply*>(
      redisCommandArgv(context.get(), static_cast<int>(texts.size()), texts.data(), sizes.data()));
  if (reply == nullptr) {
    return "(no connection)";
  }
  std::string text = text_of(*reply);
  freeReplyObject(reply);
  return text;
}

}  // namespace anchal::test
