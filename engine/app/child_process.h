#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "smpp/time.h"

namespace anchal::app {

/// A program that the demo, a bench or a test runs beside itself: started in a process group of its own
/// (Ctrl-C on the terminal reaches us only), ended by its pid when the object goes, killed by the kernel
/// should we die first.
class ChildProcess {
 public:
  struct Options {
    std::string output_file;  ///< stderr goes there, and stdout unless it is read; empty: both are dropped
    bool read_stdout = false;
    std::vector<std::string> environment;  ///< NAME=value, added to ours
  };

  /// argv[0] is a path, or a name looked up in PATH. An unknown program is the child's exit code 127.
  static std::expected<ChildProcess, std::string> start(const std::vector<std::string>& argv,
                                                        const Options& options);

  ChildProcess() = default;
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Not started, or ended (and then reaped).
  bool ended();
  /// Exit code, or 128 + signal; nothing while it runs or was never started.
  std::optional<int> exit_code();

  /// The next line of its stdout without its end; nothing when none came in time or stdout was closed.
  std::optional<std::string> read_line(Duration timeout);

  void signal(int number) const;
  /// SIGTERM, `patience`, SIGKILL; reaped when it returns. The exit code.
  std::optional<int> stop(Duration patience = std::chrono::seconds(5));
  /// Waits for it to end by itself.
  std::optional<int> wait(Duration timeout);

  struct Usage {
    double cpu_seconds = 0;  ///< user and system
    std::uint64_t resident_bytes = 0;
    std::uint64_t peak_bytes = 0;  ///< largest resident size so far
  };
  /// From /proc; nothing once it has ended.
  [[nodiscard]] std::optional<Usage> usage() const;

 private:
  void reap(bool block);

  pid_t pid_ = -1;
  int stdout_ = -1;
  std::string pending_;  // read from stdout, not given away yet
  std::optional<int> exit_code_;
};

/// The binary that is running, to start itself again.
std::string own_executable();

}  // namespace anchal::app
