#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "smpp/pdu/decode_error.h"
#include "smpp/pdu/frame.h"
#include "smpp/pdu/pdus.h"
#include "smpp/session/config.h"
#include "smpp/time.h"

namespace anchal::smpp {

/// What a session reports. Views (std::string_view, Octets, Tlvs, Frame) point into the octets given to
/// on_bytes() or into the session; they are valid until the next call on that session, and no longer than
/// those octets.

/// ESME: the bind was accepted. SMSC: accept_bind() reports nothing, the caller knows.
struct Bound {
  BindKind kind{};
  std::string_view system_id{};                        // the SMSC's name
  std::optional<std::uint8_t> sc_interface_version{};  // absent: by the book no TLVs (SMPP 3.4 §5.3.2.25)
};

/// ESME: the bind was refused; Closed follows. An SMSC that does not know bind_transceiver answers
/// ESME_RINVCMDID, in a bind_transceiver_resp or a generic_nack: the caller may fall back to transmitter +
/// receiver.
struct BindRefused {
  BindKind kind{};
  std::uint32_t status = 0;
  CommandId answered_with{};

  [[nodiscard]] bool transceiver_unknown() const {
    return kind == BindKind::transceiver && status == ESME_RINVCMDID;
  }
};

/// SMSC: a peer wants to bind; answer with accept_bind() or refuse_bind().
struct BindRequested {
  BindKind kind{};
  std::uint32_t sequence_number = 0;
  BindRequest request{};
};

enum class Outcome : std::uint8_t {
  accepted,    // status 0
  rejected,    // any other status, also by generic_nack
  unresolved,  // no answer: time-out, lost link or close. It may or may not have been taken
};

/// A request of ours leaves the session, exactly once. The fields of a response are empty where the outcome
/// is unresolved or the body was left out.
struct Completed {
  CommandId request{};
  Outcome outcome{};
  std::uint32_t status = 0;
  std::uint32_t sequence_number = 0;
  std::uint64_t token = 0;
  TimePoint sent_at{};
  std::string_view message_id{};
  std::string_view final_date{};   // query_sm_resp
  std::uint8_t message_state = 0;  // query_sm_resp
  std::uint8_t error_code = 0;     // query_sm_resp
  Tlvs tlvs{};
  Frame response{};  // the whole response, for those that carry more (submit_multi_resp, broadcasts)
};

/// A response to no outstanding request: late behind a time-out, or a duplicate (SMPP 3.4 §2.8). Its submit
/// was reported unresolved before, and stays so; here is what the SMSC said after all.
struct LateResponse {
  CommandId command_id{};
  std::uint32_t status = 0;
  std::uint32_t sequence_number = 0;
  std::string_view message_id{};
  std::optional<std::uint64_t> token{};  // known only for a while behind the time-out
  std::optional<TimePoint> sent_at{};
};

/// A request of the peer. Those that are owed a response get it by the session's answer_*() with this number.
template <class Pdu>
struct Arrived {
  std::uint32_t sequence_number = 0;
  Pdu pdu{};
  DecodeWarnings warnings{};
};
using SubmitArrived = Arrived<SubmitSm>;
using SubmitMultiArrived = Arrived<SubmitMulti>;
using DeliverArrived = Arrived<DeliverSm>;
using DataArrived = Arrived<DataSm>;
using QueryArrived = Arrived<QuerySm>;
using CancelArrived = Arrived<CancelSm>;
using ReplaceArrived = Arrived<ReplaceSm>;
using BroadcastArrived = Arrived<BroadcastSm>;
using QueryBroadcastArrived = Arrived<QueryBroadcastSm>;
using CancelBroadcastArrived = Arrived<CancelBroadcastSm>;
using AlertArrived = Arrived<AlertNotification>;  // never answered
using OutbindArrived = Arrived<Outbind>;          // never answered; the ESME binds by start(), or closes

/// The peer sent unbind, and it is answered: nothing more can be sent, outstanding requests drain, Closed
/// follows.
struct PeerUnbinding {};

enum class SessionWarning : std::uint8_t {
  decode_error,         // a PDU could not be read; answered where it is owed an answer
  decode_warning,       // a PDU was read with a reservation
  wrong_state,          // a request that is not allowed now; answered ESME_RINVBNDSTS
  unknown_response,     // response that matches nothing and is not worth a LateResponse
  mismatched_response,  // response of the right number and the wrong kind: ignored
  generic_nack,         // generic_nack that matches no request: the peer could not read something of ours
  request_status,       // request with command_status != 0: processed all the same
};

struct Warning {
  SessionWarning kind{};
  CommandId command_id{};
  std::uint32_t sequence_number = 0;
  std::uint32_t status = 0;             // of the PDU, or the one it was answered with
  std::optional<DecodeError> error{};   // decode_error
  std::string_view foreign_protocol{};  // decode_error at lost framing: "HTTP", "TLS", "SSH" or empty
  DecodeWarnings decode{};              // decode_warning
};

enum class CloseReason : std::uint8_t {
  unbound,         // our unbind was answered, or the peer closed instead of answering it
  unbind_timeout,  // our unbind was not answered
  peer_unbound,    // the peer's unbind, drained
  bind_refused,
  bind_timeout,  // no answer to our bind, or generic_nack with an unknown number meanwhile
  session_init_timeout,
  link_dead,           // enquire_link unanswered, and nothing else arrived
  framing_lost,        // impossible command_length: not SMPP, or out of step
  protocol_violation,  // requests not allowed in the state kept coming, or an outbind that cannot be read
  disconnected,        // the connection ended without unbind
};

[[nodiscard]] std::string_view to_string(CloseReason reason);
[[nodiscard]] std::string_view to_string(SessionWarning warning);
[[nodiscard]] std::string_view to_string(Outcome outcome);

/// The session is over, reported exactly once; every outstanding request was reported before. The caller
/// writes what out() still holds, as far as the socket takes it, and closes the connection.
struct Closed {
  CloseReason reason{};
};

using Event =
    std::variant<Completed, DeliverArrived, SubmitArrived, DataArrived, LateResponse, Bound, BindRefused,
                 BindRequested, QueryArrived, CancelArrived, ReplaceArrived, SubmitMultiArrived,
                 BroadcastArrived, QueryBroadcastArrived, CancelBroadcastArrived, AlertArrived,
                 OutbindArrived, PeerUnbinding, Warning, Closed>;

}  // namespace anchal::smpp
