#pragma once

#include <optional>

#include "engine/net/callback.h"
#include "engine/net/hooks.h"
#include "engine/net/socket.h"
#include "engine/net/stream.h"
#include "engine/net/timer.h"
#include "engine/net/tls_engine.h"

namespace anchal::net {

struct Resolution;

/// The life of one connection; private to engine/net. Callbacks of the loop hold it by shared_ptr, so that
/// the owner may drop the Stream in any of them; `attempt` tells a callback that its connection is gone
/// meanwhile.
struct Stream::Impl : std::enable_shared_from_this<Stream::Impl> {
  enum class State {
    idle,
    resolving,
    connecting,
    handshaking,
    open,
    finishing,  // close_orderly(): what waits is being sent
    draining,   // our side is ended, waiting for the peer's end
    ended,      // socket gone, on_closed not yet told
  };

  Impl(Loop& on_loop, StreamOptions with_options);
  ~Impl();

  void connect(const std::string& host, std::uint16_t port, std::shared_ptr<const TlsContext> with_tls);
  void connect_unix(const std::string& path);
  void adopt(Descriptor accepted, const SocketAddress& from, std::shared_ptr<const TlsContext> with_tls);
  std::size_t write(std::span<const std::byte> bytes);
  std::size_t unsent_bytes() const;
  bool record_waits() const { return tls && !tls->output().empty(); }
  void pause(bool on);
  void close_orderly(Duration patience);
  void reset();

  void begin(std::string peer_name, std::shared_ptr<const TlsContext> with_tls);
  void on_resolved(int status, std::vector<SocketAddress> found);
  void try_next_address();
  void on_connect_result(int error);
  void watch(int fd);
  void start_link();
  void announce_open();
  void on_deadline();
  void on_event(int status, int events);
  void continue_handshake();
  void read_socket();
  void end_politely_if_nothing_waits();
  bool received(std::span<const std::byte> bytes);
  bool deliver(std::span<const std::byte> bytes);
  bool deliver_decrypted();
  bool flush_record();
  std::size_t send_now(std::span<const std::byte> bytes);
  void finish_sending();
  void run_later();
  void update_interest();
  void drop_socket();
  void end(CloseReason::Kind kind, std::string text);
  void end_reset(int error);
  bool same(std::uint64_t as) const { return attempt == as && state != State::idle && state != State::ended; }

  Loop& loop;
  StreamOptions options;
  State state = State::idle;
  std::uint64_t attempt = 0;
  Callback<> on_connected;
  Callback<std::span<const std::byte>> on_data;
  Callback<> on_writable;
  Callback<const CloseReason&> on_closed;

  std::string peer;
  std::string host_name;
  std::uint16_t port = 0;
  TimePoint deadline{};
  std::vector<SocketAddress> addresses;
  std::size_t next_address = 0;
  std::string last_problem;
  Resolution* resolution = nullptr;  // in flight

  Descriptor socket;
  bool is_unix = false;
  bool accepted_side = false;
  UvHandle<uv_poll_t> poll;
  int interest = 0;
  Timer timer;
  Deferred later;
  bool tell_connected = false;  // what `later` has to do
  bool read_again = false;
  int broken = 0;  // errno of a failed send
  bool paused = false;
  bool wants_writable = false;
  std::optional<CloseReason> reason;
  std::shared_ptr<const TlsContext> tls_context;
  std::unique_ptr<TlsEngine> tls;
};

}  // namespace anchal::net
