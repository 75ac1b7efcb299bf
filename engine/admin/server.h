#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "engine/admin/router.h"

namespace anchal::metrics {
struct AdminCells;
}

namespace anchal::admin {

struct ServerOptions {
  std::string host = "127.0.0.1";  // numeric, or "localhost"
  std::uint16_t port = 0;          // 0: the kernel chooses, see Server::port()
  unsigned connections_max = 128;  // further ones are answered 503 and closed
  unsigned workers = 4;            // threads for handlers that wait
  unsigned header_max = 16 * 1024;
  unsigned idle_s = 60;     // keep-alive without a request
  unsigned request_s = 15;  // from the first octet of a request to its last
  unsigned write_s = 15;    // the reader takes nothing for so long
  /// What every open event stream is told once a second: one JSON value without line breaks. Runs on a
  /// worker.
  std::function<std::string()> event;
};

/// The admin listener: HTTP/1.1 over TCP, on a thread of its own with a few workers. Slow callers cost a
/// connection and nothing else; event loops of the engine are never touched.
class Server {
 public:
  /// Listens and serves until stop(). `router` and `cells` must outlive the server. The error is for a
  /// start-up message.
  static std::expected<std::unique_ptr<Server>, std::string> start(ServerOptions options,
                                                                   const Router& router,
                                                                   metrics::AdminCells& cells);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;

  /// Closes the listener and every connection and waits for handlers that still run. Idempotent.
  void stop();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace anchal::admin
