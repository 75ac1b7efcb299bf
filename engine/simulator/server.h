#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "engine/net/listener.h"
#include "engine/net/loop.h"
#include "engine/simulator/smsc.h"

namespace anchal::simulator {

/// What listens on the port: an SMSC, or something that is none.
enum class Speech : std::uint8_t { smpp, http, garbage };

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 2775;  ///< 0: the kernel chooses
  std::shared_ptr<const net::TlsContext> tls;
  Speech speech = Speech::smpp;
  std::size_t write_size =
      0;                   ///< octets handed to the kernel in one go, to split PDUs over segments; 0 = all
  std::uint64_t seed = 1;  ///< of the garbage
};

/// Runs an Smsc on the sockets of one loop. Everything that arrives in a loop turn is answered with one write
/// per link at its end. The Smsc must outlive the server.
class Server {
 public:
  static std::expected<std::unique_ptr<Server>, std::string> listen(net::Loop& loop, Smsc& smsc,
                                                                    const ServerOptions& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// Stops listening, sends unbind on every link and calls `done` when all are closed or `patience` is over.
  void shut_down(Duration patience, std::function<void()> done);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace anchal::simulator
