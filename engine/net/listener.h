#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "engine/net/stream.h"

namespace anchal::net {

/// A listening TCP socket that hands out accepted streams, plain or TLS. Lives on one loop.
/// The accept callback owns the stream: it sets the callbacks and keeps it (dropping it resets the link). The
/// stream's on_connected follows when it can be used: at once when plain, after the handshake under TLS.
class Listener {
 public:
  using OnAccept = std::function<void(std::unique_ptr<Stream>)>;

  /// `host` is a numeric address or "localhost"; port 0 lets the kernel choose, see port(). With
  /// `shared_port` several loops may listen on one port (SO_REUSEPORT). Errors are for a start-up message.
  static std::expected<std::unique_ptr<Listener>, std::string> listen(
      Loop& loop, const std::string& host, std::uint16_t port, OnAccept on_accept,
      std::shared_ptr<const TlsContext> tls = nullptr, StreamOptions options = {}, bool shared_port = false);

  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const;

 private:
  struct Impl;
  explicit Listener(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace anchal::net
