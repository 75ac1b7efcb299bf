#pragma once

#include <string>
#include <string_view>

namespace anchal::app {

/// Tells systemd how we are (sd_notify(3)): one datagram to the socket named by NOTIFY_SOCKET. Without it, or
/// when it cannot be reached, nothing happens.
class SystemdNotify {
 public:
  /// Reads NOTIFY_SOCKET and WATCHDOG_USEC.
  SystemdNotify();
  explicit SystemdNotify(std::string socket_path) : path_(std::move(socket_path)) {}

  void ready() const { send("READY=1"); }
  void stopping() const { send("STOPPING=1"); }
  void alive() const { send("WATCHDOG=1"); }
  void status(std::string_view text) const;

 private:
  void send(std::string_view state) const;
  std::string path_;
};

}  // namespace anchal::app
