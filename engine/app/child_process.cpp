#include "engine/app/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "engine/net/clock.h"

namespace anchal::app {
namespace {

constexpr auto kLook = std::chrono::milliseconds(2);

/// Runs in the child between fork and exec: only what is safe there.
[[noreturn]] void become(char* const* argv, char* const* environment, int out, int err, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it died before the kernel knew our wish
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  ::sigaction(SIGINT, &usual, nullptr);
  ::sigaction(SIGPIPE, &usual, nullptr);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(out >= 0 ? out : nothing, STDOUT_FILENO);
  ::dup2(err >= 0 ? err : nothing, STDERR_FILENO);
  ::environ = const_cast<char**>(environment);
  ::execvp(argv[0], argv);
  ::_exit(127);
}

int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

std::expected<ChildProcess, std::string> ChildProcess::start(const std::vector<std::string>& argv,
                                                             const Options& options) {
  const auto failed = [&](const char* what) {
    return std::unexpected("cannot start " + argv.front() + ": " + what + ": " +
                           std::generic_category().message(errno));
  };
  int pipe_ends[2] = {-1, -1};
  if (options.read_stdout && ::pipe2(pipe_ends, O_CLOEXEC) != 0) return failed("pipe");
  int file = -1;
  if (!options.output_file.empty()) {
    file = ::open(options.output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) return failed(options.output_file.c_str());
  }
  // Everything the child needs is made ready here: between fork and exec nothing may allocate.
  std::vector<std::string> words = argv;
  std::vector<std::string> environment;
  for (char** variable = ::environ; *variable != nullptr; ++variable) environment.emplace_back(*variable);
  environment.insert(environment.end(), options.environment.begin(), options.environment.end());
  const std::vector<char*> word_pointers = pointers_to(words);
  const std::vector<char*> environment_pointers = pointers_to(environment);

  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    become(word_pointers.data(), environment_pointers.data(), options.read_stdout ? pipe_ends[1] : file, file,
           parent);
  }
  if (file >= 0) ::close(file);
  if (pipe_ends[1] >= 0) ::close(pipe_ends[1]);
  if (pid < 0) {
    if (pipe_ends[0] >= 0) ::close(pipe_ends[0]);
    return failed("fork");
  }
  ChildProcess child;
  child.pid_ = pid;
  child.stdout_ = pipe_ends[0];
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      stdout_(std::exchange(other.stdout_, -1)),
      pending_(std::move(other.pending_)),
      exit_code_(std::exchange(other.exit_code_, std::nullopt)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    stop();
    if (stdout_ >= 0) ::close(stdout_);
    pid_ = std::exchange(other.pid_, -1);
    stdout_ = std::exchange(other.stdout_, -1);
    pending_ = std::move(other.pending_);
    exit_code_ = std::exchange(other.exit_code_, std::nullopt);
  }
  return *this;
}

ChildProcess::~ChildProcess() {
  stop();
  if (stdout_ >= 0) ::close(stdout_);
}

void ChildProcess::reap(bool block) {
  if (pid_ < 0 || exit_code_) return;
  int status = 0;
  pid_t found = 0;
  do {
    found = ::waitpid(pid_, &status, block ? 0 : WNOHANG);
  } while (found < 0 && errno == EINTR);
  if (found == pid_) exit_code_ = code_of(status);
  if (found < 0) exit_code_ = 127;  // somebody else has reaped it
}

bool ChildProcess::ended() {
  reap(false);
  return pid_ < 0 || exit_code_.has_value();
}

std::optional<int> ChildProcess::exit_code() {
  reap(false);
  return exit_code_;
}

void ChildProcess::signal(int number) const {
  if (pid_ > 0 && !exit_code_) ::kill(pid_, number);
}

std::optional<int> ChildProcess::wait(Duration timeout) {
  const TimePoint deadline = net::monotonic_now() + timeout;
  while (!ended() && net::monotonic_now() < deadline) {
    ::poll(nullptr, 0, static_cast<int>(kLook.count()));
  }
  return exit_code_;
}

std::optional<int> ChildProcess::stop(Duration patience) {
  if (ended()) return exit_code_;
  signal(SIGTERM);
  if (!wait(patience)) {
    signal(SIGKILL);
    reap(true);
  }
  return exit_code_;
}

std::optional<std::string> ChildProcess::read_line(Duration timeout) {
  const TimePoint deadline = net::monotonic_now() + timeout;
  for (;;) {
    if (const std::size_t end = pending_.find('\n'); end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    if (stdout_ < 0) return std::nullopt;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - net::monotonic_now());
    if (left.count() < 0) return std::nullopt;
    pollfd waiting{stdout_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left.count() + 1, INT_MAX))) <= 0)
      continue;
    std::array<char, 4096> block;
    const ssize_t size = ::read(stdout_, block.data(), block.size());
    if (size > 0) {
      pending_.append(block.data(), static_cast<std::size_t>(size));
    } else if (size == 0 || errno != EINTR) {
      ::close(stdout_);
      stdout_ = -1;
    }
  }
}

std::optional<ChildProcess::Usage> ChildProcess::usage() const {
  if (pid_ < 0 || exit_code_) return std::nullopt;
  const std::string place = "/proc/" + std::to_string(pid_);
  std::ifstream stat(place + "/stat");
  std::string line;
  if (!std::getline(stat, line)) return std::nullopt;
  // The name in parentheses may hold anything: fields are counted behind its end (proc(5)).
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  unsigned long long user = 0, system = 0;
  fields >> user >> system;
  Usage usage;
  usage.cpu_seconds = static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::ifstream status(place + "/status");
  while (std::getline(status, line)) {
    const bool resident = line.starts_with("VmRSS:");
    if (!resident && !line.starts_with("VmHWM:")) continue;
    (resident ? usage.resident_bytes : usage.peak_bytes) =
        std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return usage;
}

std::string own_executable() {
  std::array<char, PATH_MAX> path;
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : "anchal";
}

}  // namespace anchal::app
