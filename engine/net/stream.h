#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "engine/net/loop.h"
#include "engine/net/tls_context.h"

namespace anchal::net {

struct StreamOptions {
  Duration connect_timeout = std::chrono::seconds(10);  // resolution, connect and TLS handshake together
  Duration user_timeout{0};    // TCP_USER_TIMEOUT: data unacknowledged for so long ends the link; 0: system's
  Duration keepalive_idle{0};  // SO_KEEPALIVE after so much silence, probes every third of it; 0: off
  std::uint32_t notsent_lowat =
      16 * 1024;        // bytes the kernel may hold unsent (TCP_NOTSENT_LOWAT); 0: system's
  int send_buffer = 0;  // SO_SNDBUF, SO_RCVBUF; 0: system's
  int receive_buffer = 0;
};

/// Why a stream ended. `text` is one line for a log: names host and port, never bytes of the link or secrets.
struct CloseReason {
  enum class Kind {
    resolve,      // the name has no address
    refused,      // no address took the connection
    timeout,      // connect_timeout passed, or the kernel gave up on unacknowledged data
    tls,          // handshake, certificate, or a broken record
    peer_closed,  // the peer ended its side
    reset,        // the peer or the kernel broke the link
    orderly,      // close_orderly() has finished
  };
  Kind kind;
  std::string text;
};

/// One connection over TCP or a Unix socket, plain or TLS, as client or as accepted server side.
///
/// Callbacks come only from the loop, never from inside a call of the owner, on the loop's thread. In any of
/// them the owner may call anything on the stream, destroy it included. After on_closed nothing more comes;
/// the stream may then connect again. No callback comes after reset() or destruction.
///
/// There is no queue behind write(): what the kernel did not take stays with the caller, who is told by
/// on_writable when to go on. Under TLS one encrypted record (at most 16 KiB of the caller's bytes) may wait
/// in the stream; unsent_bytes() counts it, and while it waits write() takes nothing.
///
/// Until close_orderly() the socket lingers 0: when it is closed, by reset(), destruction or the death of the
/// process, the kernel drops what it has not sent and tells the peer with RST.
class Stream {
 public:
  struct Callbacks {
    std::function<void()> on_connected = nullptr;                       // usable: connected, and TLS verified
    std::function<void(std::span<const std::byte>)> on_data = nullptr;  // bytes valid during the call only
    std::function<void()> on_writable = nullptr;                  // after a write() that took less than given
    std::function<void(const CloseReason&)> on_closed = nullptr;  // ended, or never came to be
  };

  Stream(Loop& loop, StreamOptions options = {});
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// May be replaced at any time, also from within a callback.
  void set_callbacks(Callbacks callbacks);

  /// Resolves `host` anew and tries its addresses in turn. `tls` null means plain. Answer: on_connected or
  /// on_closed, within connect_timeout. The stream must be idle (new, closed or reset).
  void connect(const std::string& host, std::uint16_t port, std::shared_ptr<const TlsContext> tls = nullptr);
  void connect_unix(const std::string& path);

  /// Hands bytes to the kernel in this call and returns how many were taken (TLS: encrypted and handed over,
  /// but for one record). Fewer than given means: keep the rest and wait for on_writable. 0 on a stream that
  /// is not connected or is closing. A broken link shows as 0 here and then as on_closed.
  [[nodiscard]] std::size_t write(std::span<const std::byte> bytes);

  /// Bytes given to write() that have not left this machine: unsent in the kernel (SIOCOUTQNSD, without those
  /// only unacknowledged) plus the TLS record. What must be 0 before a policy change is acknowledged.
  std::size_t unsent_bytes() const;
  /// True while the TLS record waits or a short write has not been followed by on_writable.
  bool write_blocked() const;

  /// Back-pressure: while paused no bytes are read and TCP makes the peer wait. A peer that closes meanwhile
  /// is noticed on resume.
  void pause_reading();
  void resume_reading();

  /// Sends what waits, ends our side (TLS close_notify, FIN), drops what still arrives, and when the peer has
  /// ended its side too, or after `patience`, closes: on_closed(orderly). Write everything before.
  void close_orderly(Duration patience = std::chrono::seconds(2));
  /// Ends the link now with RST; unsent bytes are dropped. No callback.
  void reset();

  bool connected() const;  // between on_connected and the end
  bool idle() const;       // may connect()
  /// "host:port" or path as asked for, or the peer's address if accepted. For logs.
  const std::string& peer() const;
  /// The peer's certificate subject under TLS with verification, else empty.
  std::string peer_certificate_subject() const;
  Loop& loop() const;

 private:
  friend class Listener;
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with the callback that is running
};

}  // namespace anchal::net
