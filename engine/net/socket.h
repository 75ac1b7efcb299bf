#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "engine/net/stream.h"

namespace anchal::net {

/// System calls of sockets, private to engine/net. Errors are errno values.

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  /// "127.0.0.1:2775", "[::1]:2775", "unix:/path".
  std::string text() const;
  std::uint16_t port() const;  // 0 for a Unix socket
  bool is_unix() const { return storage.ss_family == AF_UNIX; }
};

/// "host:port", an IPv6 address in brackets.
std::string host_and_port(const std::string& host, std::uint16_t port);

/// Empty if `host` is not a numeric address.
std::vector<SocketAddress> numeric_address(const std::string& host, std::uint16_t port);
/// EINVAL, ENAMETOOLONG.
std::expected<SocketAddress, int> unix_address(const std::string& path);

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release();
  void close();

 private:
  int fd_ = -1;
};

/// Non-blocking, close-on-exec.
std::expected<Descriptor, int> open_socket(int family);
/// Sets what `options` says and linger 0. Options a kernel refuses are left at its default.
void apply_options(int fd, bool is_unix, const StreamOptions& options);
/// on: close() resets and drops unsent bytes; off: close() sends what is left in the background.
void set_linger_zero(int fd, bool on);
/// The pending error of a socket (SO_ERROR), 0 if none.
int socket_error(int fd);
/// Unsent bytes in the kernel; not those only unacknowledged.
std::size_t unsent_in_kernel(int fd, bool is_unix);

}  // namespace anchal::net
