#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/binds.h"
#include "engine/core/shard.h"
#include "tests/simulation/smsc_host.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/wire_eye.h"
#include "tests/support/sim_random.h"

namespace anchal::sim {

/// How the ways between engines and operators behave.
struct NetworkWeather {
  Duration latency_min{std::chrono::microseconds(100)};  ///< one way
  Duration latency_max{std::chrono::milliseconds(3)};
  double split = 0.3;           ///< fraction of deliveries cut into pieces at random places
  double short_write = 0.05;    ///< fraction of writes of which the kernel takes only a part
  double late_departure = 0.1;  ///< fraction of writes that stay in the kernel for a while
  Duration departure_max{std::chrono::milliseconds(5)};
  std::size_t kernel_bytes = 64u << 10;
  /// Data without an acknowledgement for so long ends a connection (TCP_USER_TIMEOUT).
  Duration user_timeout{std::chrono::milliseconds(1000)};
  Duration connect_timeout{std::chrono::seconds(5)};
};

/// Who is at an engine's end of a pipe: told like a shard's loop would be. Never called from inside a port
/// call.
class PipeUser {
 public:
  virtual ~PipeUser() = default;
  virtual void pipe_connected(core::BindId bind) = 0;
  virtual void pipe_bytes(core::BindId bind, std::span<const std::byte> bytes) = 0;
  virtual void pipe_writable(core::BindId bind) = 0;
  virtual void pipe_closed(core::BindId bind, std::string_view reason) = 0;
};

class PipeEnd;

/// A submit_sm on its way through the engine's kernel.
struct KernelSubmit {
  std::uint64_t start = 0, end = 0;  ///< positions in the stream of the connection
  std::uint64_t write = 0;           ///< the checker's number of it
  bool left = false;                 ///< its first octet left the kernel
};

/// One TCP connection between a shard and an SMSC.
struct Connection {
  std::uint32_t number = 0;
  PipeEnd* client = nullptr;  ///< nullptr: the engine's end is gone
  core::BindId bind = 0;
  std::uint16_t operator_index = 0;
  SmscHost* host = nullptr;
  bool open = false;  ///< seen from the engine
  bool server_open = false;
  bool deaf = false;  ///< half open: nothing that the engine sends arrives any more
  bool mute = false;  ///< half open: nothing that the SMSC sends arrives, acknowledgements included
  bool silent() const { return deaf || mute; }
  bool frozen = false;  ///< the peer's window is shut: nothing leaves the kernel
  bool fin_after_kernel = false;
  bool told_closed = false;
  bool reading_paused = false;
  bool blocked = false;  ///< the last write was short; on_writable is due
  bool watched = false;  ///< the kernel's patience with a peer that acknowledges nothing is running

  std::string kernel;          ///< taken, not yet sent
  std::uint64_t taken = 0;     ///< octets the kernel took so far
  std::uint64_t departed = 0;  ///< octets that left it
  std::string remainder;       ///< offered by the core and not taken: it must come again first
  PduCutter sent_eye, received_eye;
  std::deque<KernelSubmit> submits;  ///< not wholly departed yet
  std::deque<std::string> to_server, to_client;
  TimePoint last_to_server{}, last_to_client{};
  std::deque<std::string> unread;  ///< arrived while the engine does not read
};

/// What the checker sees of the wire.
class WireWatcher {
 public:
  virtual ~WireWatcher() = default;
  /// A submit_sm is handed to the kernel for the first time. Returns the number of this write.
  virtual std::uint64_t on_submit(const PipeEnd& end, const Connection& connection, std::uint32_t sequence,
                                  const SeenSubmit& submit, std::uint64_t stream_end) = 0;
  /// Likewise a query_sm.
  virtual void on_query(const PipeEnd& end, const Connection& connection, std::string_view message_id) = 0;
  /// Octets of a submit_sm leave the kernel for the network.
  virtual void on_departure(std::uint64_t write) = 0;
  /// A PDU of the SMSC is handed to the shard.
  virtual void on_received(const PipeEnd& end, const Connection& connection, const SeenPdu& pdu) = 0;
  /// The engine's end of the connection is gone (or the engine).
  virtual void on_connection_end(const Connection& connection) = 0;
  virtual void on_broken_contract(std::string_view what) = 0;
};

class Network;

/// core::BindPort of one shard.
class PipeEnd final : public core::BindPort {
 public:
  PipeEnd(Network& network, PipeUser& user, std::string name);

  /// `operator_of` by BindId, once the shard has told its binds.
  void set_binds(std::span<const core::BindInfo> binds);

  void connect(core::BindId bind) override;
  std::optional<std::size_t> write(core::BindId bind, std::span<const std::byte> bytes,
                                   TimePoint before) override;
  void close(core::BindId bind, bool orderly) override;
  std::size_t unsent(core::BindId bind) override;
  void pause_reading(core::BindId bind, bool paused) override;

  // What was told through PipeUser reaches the shard now; it may have waited while the process stood still.
  void note_connected(core::BindId bind) { shard_connected_[bind] = true; }
  void note_closed(core::BindId bind) { shard_connected_[bind] = false; }
  bool shard_connected(core::BindId bind) const { return shard_connected_[bind]; }
  /// Its connection breaks here, and the shard hears of it as of any other that did.
  void break_off(core::BindId bind);
  void note_delivered(core::BindId bind, std::span<const std::byte> bytes);

  /// The process dies: `flushed`, its kernel still sends what it has and says FIN; else the machine is gone
  /// too.
  void die(bool flushed);

  const std::string& name() const { return name_; }
  std::size_t number = 0;  ///< of the shard, for the checker
  PipeUser& user() { return *user_; }
  bool dead() const { return user_ == nullptr; }

 private:
  friend class Network;
  Network& network_;
  PipeUser* user_;
  std::string name_;
  std::vector<std::uint16_t> operators_;
  std::vector<std::shared_ptr<Connection>> current_;  ///< by BindId
  std::vector<bool> shard_connected_;                 ///< by BindId: as the shard sees it
};

/// All pipes of a simulated world.
class Network {
 public:
  Network(SimClock& clock, Random random, Trace& trace, WireWatcher& watcher, NetworkWeather weather);

  void add_host(std::unique_ptr<SmscHost> host);
  SmscHost& host(std::size_t index) { return *hosts_[index]; }
  std::size_t hosts() const { return hosts_.size(); }
  void set_weather(const NetworkWeather& weather) { weather_ = weather; }
  const NetworkWeather& weather() const { return weather_; }

  // Faults on one connection.
  void reset(const std::shared_ptr<Connection>& connection);
  void go_silent(const std::shared_ptr<Connection>& connection, bool deaf = true, bool mute = true);
  void freeze(const std::shared_ptr<Connection>& connection, bool frozen);
  /// A connection that stands, nullptr if there is none.
  std::shared_ptr<Connection> any_connection(Random& random);

 private:
  friend class PipeEnd;
  using Pointer = std::shared_ptr<Connection>;

  void connect(PipeEnd& end, core::BindId bind);
  std::size_t write(PipeEnd& end, Connection& connection, std::span<const std::byte> bytes);
  void close(const Pointer& held, bool orderly);
  void depart(const Pointer& connection);
  void send_to_server(const Pointer& connection, const std::string& bytes);
  void send_to_client(const Pointer& connection, std::string_view bytes);
  void fin_to_server(const Pointer& connection);
  void hand_to_client(const Pointer& connection, std::string bytes);
  /// The engine's end is gone from now on; its shard hears of it a moment later.
  void end_client(const Pointer& connection, Duration delay, std::string reason);
  void watch_unacknowledged(const Pointer& connection);
  void tell_writable(const Pointer& connection);
  Duration one_way() { return random_.between(weather_.latency_min, weather_.latency_max); }
  std::vector<std::string> pieces(std::string_view bytes);
  Pointer pointer(Connection& connection);

  SimClock& clock_;
  Random random_;
  Trace& trace_;
  WireWatcher& watcher_;
  NetworkWeather weather_;
  std::vector<std::unique_ptr<SmscHost>> hosts_;
  std::map<std::uint32_t, Pointer> connections_;  ///< of which either end still knows
  std::uint32_t numbers_ = 0;
};

}  // namespace anchal::sim
