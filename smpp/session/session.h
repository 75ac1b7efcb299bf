#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "smpp/pdu/buffer.h"
#include "smpp/pdu/decode.h"
#include "smpp/pdu/framer.h"
#include "smpp/pdu/pdus.h"
#include "smpp/session/config.h"
#include "smpp/session/event.h"
#include "smpp/session/permission.h"
#include "smpp/session/window.h"
#include "smpp/time.h"

namespace anchal::smpp {

/// Why a request was not taken. Nothing was written, and no result will be reported for it.
enum class SendError : std::uint8_t {
  not_bound,        // not yet, or no more
  wrong_bind_kind,  // this PDU may not be sent by this role on a bind of this kind (permission.h)
  window_full,
  unbinding,      // ours or the peer's unbind is under way
  not_encodable,  // NUL inside a string, or more octets than a length field can say
};

[[nodiscard]] std::string_view to_string(SendError error);

/// One SMPP session of either role, without I/O: octets in, events out, octets to send in out().
///
/// Feed on_bytes() what the socket gave, in any pieces; write out() to the socket and consume() it; call
/// on_tick() at next_deadline(). Every instant is the caller's monotonic `now`, never going back. One thread
/// owns a session. Events are appended to the vector given; their views live as event.h says.
///
/// Conservation: every request taken by send() leaves as exactly one Completed, whatever the peer does; a
/// lost link, a close and the response timer make it unresolved.
///
/// enquire_link, unbind and responses never wait for the window. In steady state no call allocates.
class Session {
 public:
  explicit Session(SessionConfig config);

  // --- its life ---

  /// The connection stands. ESME: writes the bind request. SMSC: starts the session_init timer.
  void start(TimePoint now);
  /// ESME that listens: waits for an SMSC's outbind and reports it; start() then binds on the same
  /// connection.
  void await_outbind(TimePoint now);
  /// SMSC that connected to a listening ESME, in place of start(): asks it to bind.
  std::expected<void, SendError> outbind(const Outbind& pdu, TimePoint now);

  void on_bytes(std::span<const std::byte> in, TimePoint now, std::vector<Event>& out);
  void on_tick(TimePoint now, std::vector<Event>& out);
  /// The connection is gone, or the caller is about to reset it. Idempotent.
  void on_disconnect(TimePoint now, std::vector<Event>& out);
  /// When on_tick() is due: may be past, TimePoint::max() for never.
  [[nodiscard]] TimePoint next_deadline() const;

  /// Orderly end: nothing more is sent; what is outstanding either way drains for up to unbind_timeout, then
  /// unbind goes out and is waited for as long again. A session that is not bound closes at once.
  void unbind(TimePoint now, std::vector<Event>& out);

  // --- requests of ours ---

  /// Encodes a request into out() and remembers `token` until its Completed. Returns the sequence number.
  /// Request: SubmitSm, SubmitMulti, DeliverSm, DataSm, QuerySm, CancelSm, ReplaceSm and the broadcasts.
  /// `fill` writes the octets that are still to come (octets.h).
  template <class Request>
  std::expected<std::uint32_t, SendError> send(const Request& request, std::uint64_t token, TimePoint now,
                                               const Fill& fill = {});

  std::expected<std::uint32_t, SendError> submit(const SubmitSm& pdu, std::uint64_t token, TimePoint now,
                                                 const Fill& fill = {}) {
    return send(pdu, token, now, fill);
  }
  std::expected<std::uint32_t, SendError> deliver(const DeliverSm& pdu, std::uint64_t token, TimePoint now) {
    return send(pdu, token, now);
  }
  /// SMSC: a subscriber is reachable again. Never answered, outside the window.
  std::expected<void, SendError> alert(const AlertNotification& pdu);

  /// Requests that may be sent now: 0 when not bound, unbinding or full.
  [[nodiscard]] std::uint32_t window_free() const;
  /// Requests without a response.
  [[nodiscard]] std::uint32_t outstanding() const;

  // --- responses of ours; without effect once closed ---

  /// Response with fields, whatever the status: SubmitSmResp, SubmitMultiResp, DataSmResp, QuerySmResp and
  /// the broadcasts'. False: not encodable, nothing written.
  template <class Response>
  bool answer(std::uint32_t sequence_number, const Response& response, std::uint32_t status = 0);
  /// The response to `request` without fields, with any status: right for refusals, cancel_sm and replace_sm.
  void answer_status(CommandId request, std::uint32_t sequence_number, std::uint32_t status);

  /// deliver_sm_resp, once the receipt is durable. Its message_id is unused: one NUL (SMPP 3.4 §4.6.2).
  void answer_deliver(std::uint32_t sequence_number, std::uint32_t status) {
    answer_status(CommandId::deliver_sm, sequence_number, status);
  }
  /// submit_sm_resp; the body is left out when status is not 0 (SMPP 3.4 §4.4.2).
  void answer_submit(std::uint32_t sequence_number, std::uint32_t status, std::string_view message_id);
  /// data_sm_resp, likewise.
  void answer_data(std::uint32_t sequence_number, std::uint32_t status, std::string_view message_id);

  /// SMSC: the answer to BindRequested. A refused session stays open for another bind; the caller may close
  /// it.
  void accept_bind(TimePoint now);
  void refuse_bind(std::uint32_t status, TimePoint now);

  // --- what is where ---

  /// Octets for the socket, in order. The caller consumes what it has written.
  [[nodiscard]] Buffer& out() { return out_; }
  [[nodiscard]] const Buffer& out() const { return out_; }
  [[nodiscard]] SessionState state() const;
  [[nodiscard]] bool bound() const { return std::holds_alternative<BoundPhase>(phase_); }
  [[nodiscard]] bool closed() const { return std::holds_alternative<ClosedPhase>(phase_); }
  [[nodiscard]] const SessionConfig& config() const { return config_; }

 private:
  /// What exists only between bind and close.
  struct Live {
    BindKind kind{};
    Window window;
    std::uint32_t owed = 0;  // requests of the peer that we have not answered
    TimePoint last_received{};
    std::optional<TimePoint> enquired_at{};  // our enquire_link, while nothing has arrived since
    std::uint32_t enquire_sequence = 0;
  };

  struct IdlePhase {};
  struct OpenPhase {  // SMSC waits for a bind, ESME for an outbind
    TimePoint deadline{};
    bool outbound = false;
  };
  struct BindingPhase {  // the bind request is unanswered: by the peer (ESME) or by our caller (SMSC)
    BindKind kind{};
    std::uint32_t sequence_number = 0;
    TimePoint deadline{};
    std::uint8_t peer_version = 0;  // SMSC: interface_version of the request
  };
  struct BoundPhase {
    Live live;
  };
  struct DrainingPhase {  // unbind() was called, unbind is not written yet
    Live live;
    TimePoint deadline{};
  };
  struct UnbindingPhase {  // our unbind is unanswered
    Live live;
    std::uint32_t sequence_number = 0;
    TimePoint deadline{};
  };
  struct PeerUnbindingPhase {  // the peer's unbind is answered, the rest drains
    Live live;
    TimePoint deadline{};
  };
  struct ClosedPhase {
    CloseReason reason{};
  };
  using Phase = std::variant<IdlePhase, OpenPhase, BindingPhase, BoundPhase, DrainingPhase, UnbindingPhase,
                             PeerUnbindingPhase, ClosedPhase>;
  using Events = std::vector<Event>;

  /// Requests that came between our bind and its response, until they can be reported.
  struct Held {
    std::vector<Header> headers;
    Buffer bodies;
    [[nodiscard]] std::size_t size() const { return headers.size() * kHeaderSize + bodies.size(); }
    void clear() {
      headers.clear();
      bodies.clear();
    }
  };

  [[nodiscard]] Live* live();
  [[nodiscard]] const Live* live() const;
  [[nodiscard]] Role peer() const { return config_.role == Role::esme ? Role::smsc : Role::esme; }
  [[nodiscard]] DecodeMode mode() const { return config_.lenient ? DecodeMode::lenient : DecodeMode::strict; }
  [[nodiscard]] static bool drained(const Live& live) { return live.window.empty() && live.owed == 0; }
  /// When a timer started now runs out; a timer of zero never does.
  [[nodiscard]] static TimePoint deadline(TimePoint start, Duration timer) {
    return timer == Duration::zero() ? TimePoint::max() : start + timer;
  }
  [[nodiscard]] static Completed unresolved(const Pending& pending);
  [[nodiscard]] std::optional<SendError> why_not(const Permission& permission) const;
  /// The next number that no request of ours is waiting with; one for the window must also find its slot
  /// free.
  std::uint32_t next_sequence(bool for_window = false);

  // session.cpp: phases and timers
  void enter_bound(BindKind kind, TimePoint now);
  void finish_draining(TimePoint now, Events& out);
  void write_unbind(Live alive, TimePoint now);
  void expire(Live& alive, TimePoint now, Events& out);
  void keep_alive(Live& alive, TimePoint now, Events& out);
  void close(CloseReason reason, Events& out);

  // session_receive.cpp: what the peer sends
  void receive(const Frame& frame, TimePoint now, Events& out);
  void receive_request(const Frame& frame, TimePoint now, Events& out);
  void receive_response(const Frame& frame, TimePoint now, Events& out);
  template <class Pdu>
  void arrive(const Frame& frame, Events& out);
  template <class Pdu>
  void receive_bind(const Frame& frame, BindKind kind, Events& out);
  void receive_outbind(const Frame& frame, Events& out);
  void receive_unbind(const Frame& frame, TimePoint now, Events& out);
  void receive_bind_response(const Frame& frame, TimePoint now, Events& out);
  void receive_generic_nack(const Frame& frame, TimePoint now, Events& out);
  void complete(const Pending& pending, const Frame& frame, Events& out);
  template <class Pdu, class Fill>
  void read_response(const Frame& frame, Events& out, Fill&& fill);
  void receive_late(const Frame& frame, Events& out);
  void refuse_undecodable(const Header& header, const DecodeError& error, Events& out);
  void answer_without_fields(CommandId request, std::uint32_t sequence_number, std::uint32_t status);
  void refuse_state(const Frame& frame, Events& out);
  [[nodiscard]] bool hold(const Frame& frame, Events& out);
  void release_held(TimePoint now, Events& out);

  // session_send.cpp
  void settle_owed();

  SessionConfig config_;
  Phase phase_;
  Buffer out_;
  Framer framer_;
  LateMemory late_;
  Held held_;
  Held released_;  // held_ of before the bind response: events look at it until the next call
  std::uint32_t last_sequence_ = 0;
  std::uint32_t violations_ = 0;  // requests not allowed in the state, in a row
};

}  // namespace anchal::smpp
