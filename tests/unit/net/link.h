#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/net/clock.h"
#include "engine/net/listener.h"
#include "engine/net/loop.h"
#include "engine/net/stream.h"

namespace anchal::net::test {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Runs turns until `done` is true; fails the test when it never becomes so.
inline void run_until(Loop& loop, const std::function<bool()>& done) {
  const TimePoint give_up = monotonic_now() + std::chrono::seconds(20);
  while (!done()) {
    ASSERT_LT(monotonic_now(), give_up) << "the expected event never came";
    loop.run_turn(std::chrono::milliseconds(50));
  }
}

/// One end of a link, remembering what happened to it.
struct End {
  explicit End(std::unique_ptr<Stream> with) : stream(std::move(with)) {
    stream->set_callbacks({
        .on_connected = [this] { connected = true; },
        .on_data =
            [this](std::span<const std::byte> bytes) {
              received.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            },
        .on_writable = [this] { ++writable; },
        .on_closed = [this](const CloseReason& reason) { closed = reason; },
    });
  }
  std::unique_ptr<Stream> stream;
  bool connected = false;
  std::string received;
  int writable = 0;
  std::optional<CloseReason> closed;
};

/// A listener on a free port of 127.0.0.1, the client that connects to it, and the accepted side.
struct Link {
  struct Settings {
    std::shared_ptr<const TlsContext> client_tls = nullptr;
    std::shared_ptr<const TlsContext> server_tls = nullptr;
    StreamOptions client_options = {};
    StreamOptions server_options = {};
    std::string host = "127.0.0.1";
  };

  Link(Loop& on_loop, const Settings& settings)
      : loop(on_loop), client(std::make_unique<Stream>(loop, settings.client_options)) {
    auto listening = Listener::listen(
        loop, "127.0.0.1", 0,
        [this](std::unique_ptr<Stream> stream) { server = std::make_unique<End>(std::move(stream)); },
        settings.server_tls, settings.server_options);
    EXPECT_TRUE(listening) << listening.error();
    listener = std::move(*listening);
    client.stream->connect(settings.host, listener->port(), settings.client_tls);
  }
  explicit Link(Loop& on_loop) : Link(on_loop, Settings()) {}

  void establish() {
    run_until(loop, [this] { return client.connected && server && server->connected; });
  }

  Loop& loop;
  std::unique_ptr<Listener> listener;
  End client;
  std::unique_ptr<End> server;
};

/// Writes all of `text`, waiting for on_writable as an owner would.
inline void write_all(Loop& loop, End& end, std::string_view text) {
  auto rest = bytes_of(text);
  while (!rest.empty() && !end.closed) {
    const int before = end.writable;
    const std::size_t taken = end.stream->write(rest);
    rest = rest.subspan(taken);
    if (!rest.empty()) {
      ASSERT_NO_FATAL_FAILURE(run_until(loop, [&] { return end.writable > before || end.closed; }));
    }
  }
}

}  // namespace anchal::net::test
