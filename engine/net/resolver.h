#pragma once

#include <uv.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/net/socket.h"

namespace anchal::net {

/// One name look-up on libuv's thread pool; private to engine/net. The callback comes once, with 0 or a UV_*
/// error, unless abandon() was called; the object deletes itself afterwards.
struct Resolution {
  using OnDone = std::function<void(int status, std::vector<SocketAddress> found)>;

  /// Null and `error` set if it cannot begin.
  static Resolution* begin(Loop& loop, const std::string& host, std::uint16_t port, OnDone on_done,
                           int& error);
  /// The owner is no longer interested. A look-up that a thread has begun runs to its end unseen.
  void abandon();

  uv_getaddrinfo_t request{};
  OnDone on_done;
};

}  // namespace anchal::net
