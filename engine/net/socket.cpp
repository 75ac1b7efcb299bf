#include "engine/net/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace anchal::net {

namespace {

// <linux/sockios.h> clashes with nothing but has no C++ users elsewhere: the two requests are kernel ABI.
constexpr unsigned long kUnsentNotAcknowledgedApart = 0x894B;  // SIOCOUTQNSD
constexpr unsigned long kUnsentUnix = 0x5411;                  // SIOCOUTQ

void set_option(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

int whole_seconds(Duration duration) {
  return std::max(1, static_cast<int>(std::chrono::ceil<std::chrono::seconds>(duration).count()));
}

}  // namespace

std::uint16_t SocketAddress::port() const {
  sockaddr_in in{};  // the port stands at the same place in both families
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  std::memcpy(&in, &storage, sizeof in);
  return is_unix() ? std::uint16_t{0} : ntohs(in.sin_port);
}

std::string SocketAddress::text() const {
  char host[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &storage, sizeof in);
    ::inet_ntop(AF_INET, &in.sin_addr, host, sizeof host);
    return host_and_port(host, ntohs(in.sin_port));
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &storage, sizeof in);
    ::inet_ntop(AF_INET6, &in.sin6_addr, host, sizeof host);
    return host_and_port(host, ntohs(in.sin6_port));
  }
  if (storage.ss_family == AF_UNIX) {
    sockaddr_un un{};
    std::memcpy(&un, &storage, std::min(sizeof un, static_cast<std::size_t>(length)));
    return std::string("unix:") + un.sun_path;
  }
  return "unknown address";
}

std::string host_and_port(const std::string& host, std::uint16_t port) {
  const bool bracket = host.find(':') != std::string::npos;
  return (bracket ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::vector<SocketAddress> numeric_address(const std::string& host, std::uint16_t port) {
  SocketAddress address;
  sockaddr_in in{};
  if (::inet_pton(AF_INET, host.c_str(), &in.sin_addr) == 1) {
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&address.storage, &in, sizeof in);
    address.length = sizeof in;
    return {address};
  }
  sockaddr_in6 in6{};
  if (::inet_pton(AF_INET6, host.c_str(), &in6.sin6_addr) == 1) {
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    std::memcpy(&address.storage, &in6, sizeof in6);
    address.length = sizeof in6;
    return {address};
  }
  return {};
}

std::expected<SocketAddress, int> unix_address(const std::string& path) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  if (path.empty() || path.find('\0') != std::string::npos) {
    return std::unexpected(EINVAL);
  }
  if (path.size() >= sizeof un.sun_path) {
    return std::unexpected(ENAMETOOLONG);
  }
  std::memcpy(un.sun_path, path.c_str(), path.size() + 1);
  SocketAddress address;
  std::memcpy(&address.storage, &un, sizeof un);
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = other.release();
  }
  return *this;
}

int Descriptor::release() {
  const int fd = fd_;
  fd_ = -1;
  return fd;
}

void Descriptor::close() {
  if (fd_ >= 0) {
    ::close(fd_);
    fd_ = -1;
  }
}

std::expected<Descriptor, int> open_socket(int family) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return std::unexpected(errno);
  }
  return Descriptor(fd);
}

void apply_options(int fd, bool is_unix, const StreamOptions& options) {
  if (options.send_buffer > 0) {
    set_option(fd, SOL_SOCKET, SO_SNDBUF, options.send_buffer);
  }
  if (options.receive_buffer > 0) {
    set_option(fd, SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
  }
  if (is_unix) {
    return;
  }
  set_linger_zero(fd, true);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (options.notsent_lowat > 0) {
    set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(options.notsent_lowat));
  }
  if (options.user_timeout > Duration::zero()) {
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
               static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(options.user_timeout).count()));
  }
  if (options.keepalive_idle > Duration::zero()) {
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, whole_seconds(options.keepalive_idle));
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, whole_seconds(options.keepalive_idle / 3));
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
  }
}

void set_linger_zero(int fd, bool on) {
  const linger value{on ? 1 : 0, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value);
}

int socket_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
    return errno;
  }
  return error;
}

std::size_t unsent_in_kernel(int fd, bool is_unix) {
  int bytes = 0;
  if (::ioctl(fd, is_unix ? kUnsentUnix : kUnsentNotAcknowledgedApart, &bytes) != 0 || bytes < 0) {
    return 0;
  }
  return static_cast<std::size_t>(bytes);
}

}  // namespace anchal::net
