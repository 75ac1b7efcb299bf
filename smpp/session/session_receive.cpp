#include <utility>

#include "smpp/pdu/encode.h"
#include "smpp/session/session.h"

namespace anchal::smpp {
namespace {

/// So many requests in a row that are not allowed: a peer that goes on after one ESME_RINVBNDSTS will not
/// stop by itself.
constexpr std::uint32_t kViolationsMax = 2;

Warning warning_of(SessionWarning kind, const Header& header) {
  return {.kind = kind,
          .command_id = header.command_id,
          .sequence_number = header.sequence_number,
          .status = header.command_status};
}

LateResponse late_response(const Frame& frame, const std::optional<Pending>& pending) {
  LateResponse late{.command_id = frame.header.command_id,
                    .status = frame.header.command_status,
                    .sequence_number = frame.header.sequence_number};
  if (pending) {
    late.token = pending->token;
    late.sent_at = pending->sent_at;
  }
  return late;
}

}  // namespace

void Session::on_bytes(std::span<const std::byte> in, TimePoint now, Events& out) {
  released_.clear();
  if (closed()) return;
  const auto fed = framer_.feed(in, [&](const Frame& frame) {
    receive(frame, now, out);
    return !closed();
  });
  if (fed || closed()) return;
  const auto& [error, header] = fed.error();
  refuse_undecodable(header, error, out);
  close(CloseReason::framing_lost, out);
}

void Session::receive(const Frame& frame, TimePoint now, Events& out) {
  if (Live* alive = live()) {
    // Any PDU proves that the link is alive, not only an enquire_link_resp (SMPP 3.4 §2.7.2).
    alive->last_received = now;
    alive->enquired_at.reset();
  }
  if (is_response(frame.header.command_id)) {
    receive_response(frame, now, out);
  } else {
    receive_request(frame, now, out);
  }
}

// --- requests of the peer ---

void Session::receive_request(const Frame& frame, TimePoint now, Events& out) {
  const Header& header = frame.header;
  if (header.command_status != ESME_ROK) out.emplace_back(warning_of(SessionWarning::request_status, header));
  switch (header.command_id) {
    case CommandId::submit_sm:
      return arrive<SubmitSm>(frame, out);
    case CommandId::deliver_sm:
      return arrive<DeliverSm>(frame, out);
    case CommandId::data_sm:
      return arrive<DataSm>(frame, out);
    case CommandId::enquire_link:
      return encode_header(out_, CommandId::enquire_link_resp, ESME_ROK, header.sequence_number);
    case CommandId::query_sm:
      return arrive<QuerySm>(frame, out);
    case CommandId::cancel_sm:
      return arrive<CancelSm>(frame, out);
    case CommandId::replace_sm:
      return arrive<ReplaceSm>(frame, out);
    case CommandId::submit_multi:
      return arrive<SubmitMulti>(frame, out);
    case CommandId::alert_notification:
      return arrive<AlertNotification>(frame, out);
    case CommandId::broadcast_sm:
      return arrive<BroadcastSm>(frame, out);
    case CommandId::query_broadcast_sm:
      return arrive<QueryBroadcastSm>(frame, out);
    case CommandId::cancel_broadcast_sm:
      return arrive<CancelBroadcastSm>(frame, out);
    case CommandId::bind_receiver:
      return receive_bind<BindReceiver>(frame, BindKind::receiver, out);
    case CommandId::bind_transmitter:
      return receive_bind<BindTransmitter>(frame, BindKind::transmitter, out);
    case CommandId::bind_transceiver:
      return receive_bind<BindTransceiver>(frame, BindKind::transceiver, out);
    case CommandId::outbind:
      return receive_outbind(frame, out);
    case CommandId::unbind:
      return receive_unbind(frame, now, out);
    default:
      return refuse_undecodable(header, unknown_command_error(header), out);
  }
}

template <class Pdu>
void Session::arrive(const Frame& frame, Events& out) {
  static constexpr Permission kPermission = permission_of(Pdu::kId);
  static constexpr bool kAnswered = command_info(Pdu::kId)->answered;
  if (!may_send(kPermission, peer(), state())) {
    if (!hold(frame, out)) refuse_state(frame, out);
    return;
  }
  const auto decoded = decode<Pdu>(frame, mode());
  if (!decoded) return refuse_undecodable(frame.header, decoded.error(), out);
  if (Live* alive = live(); kAnswered && alive != nullptr) ++alive->owed;
  violations_ = 0;
  out.emplace_back(Arrived<Pdu>{frame.header.sequence_number, decoded->pdu, decoded->warnings});
}

template <class Pdu>
void Session::receive_bind(const Frame& frame, BindKind kind, Events& out) {
  if (config_.role != Role::smsc) return refuse_state(frame, out);
  if (!std::holds_alternative<OpenPhase>(phase_)) {
    if (live() == nullptr && !std::holds_alternative<BindingPhase>(phase_)) return;
    encode_header(out_, response_of(Pdu::kId), ESME_RALYBND, frame.header.sequence_number);
    Warning warning = warning_of(SessionWarning::wrong_state, frame.header);
    warning.status = ESME_RALYBND;
    out.emplace_back(warning);
    return;
  }
  const auto decoded = decode<Pdu>(frame, mode());
  if (!decoded) return refuse_undecodable(frame.header, decoded.error(), out);
  phase_ = BindingPhase{kind, frame.header.sequence_number, TimePoint::max(), decoded->pdu.interface_version};
  out.emplace_back(BindRequested{kind, frame.header.sequence_number, decoded->pdu});
}

void Session::receive_outbind(const Frame& frame, Events& out) {
  auto* open = std::get_if<OpenPhase>(&phase_);
  if (config_.role != Role::esme || open == nullptr) return refuse_state(frame, out);
  const auto decoded = decode<Outbind>(frame, mode());
  if (!decoded) {
    refuse_undecodable(frame.header, decoded.error(), out);
    if (closes_session(decoded.error(), frame.header)) close(CloseReason::protocol_violation, out);
    return;
  }
  open->outbound = true;
  out.emplace_back(OutbindArrived{frame.header.sequence_number, decoded->pdu, decoded->warnings});
}

void Session::receive_unbind(const Frame& frame, TimePoint now, Events& out) {
  Live* alive = live();
  if (alive == nullptr) return refuse_state(frame, out);
  encode_header(out_, CommandId::unbind_resp, ESME_ROK, frame.header.sequence_number);
  // Where our own unbind is on the way, its answer still comes; where the peer's was answered, it is a
  // repetition.
  if (std::holds_alternative<UnbindingPhase>(phase_) || std::holds_alternative<PeerUnbindingPhase>(phase_))
    return;
  Live moved = std::move(*alive);
  phase_ = PeerUnbindingPhase{std::move(moved), deadline(now, config_.unbind_timeout)};
  out.emplace_back(PeerUnbinding{});
  finish_draining(now, out);
}

/// Busy SMSCs deliver between our bind and its response; what is right after the response is kept for then.
bool Session::hold(const Frame& frame, Events& out) {
  const auto* binding = std::get_if<BindingPhase>(&phase_);
  if (binding == nullptr || config_.role != Role::esme) return false;
  if (!may_send(peer(), bound_state(binding->kind), frame.header.command_id)) return false;
  if (held_.size() + frame.header.command_length > config_.max_command_length) {
    if (command_info(frame.header.command_id)->answered) {
      answer_without_fields(frame.header.command_id, frame.header.sequence_number, ESME_RMSGQFUL);
    }
    Warning warning = warning_of(SessionWarning::wrong_state, frame.header);
    warning.status = ESME_RMSGQFUL;
    out.emplace_back(warning);
    return true;
  }
  held_.headers.push_back(frame.header);
  held_.bodies.append(frame.body);
  return true;
}

void Session::release_held(TimePoint now, Events& out) {
  std::swap(held_, released_);  // released_ is empty: on_bytes() begins with that
  std::span<const std::byte> bodies = released_.bodies.bytes();
  for (const Header& header : released_.headers) {
    if (closed()) return;
    const std::size_t size = header.command_length - kHeaderSize;
    receive_request({header, bodies.first(size)}, now, out);
    bodies = bodies.subspan(size);
  }
}

/// A PDU that cannot be read: answered where it is owed an answer, and reported.
void Session::refuse_undecodable(const Header& header, const DecodeError& error, Events& out) {
  const auto answer = answer_to(error, header);
  if (answer && answer->command_id == CommandId::generic_nack) {
    encode_header(out_, answer->command_id, answer->command_status, answer->sequence_number);
  } else if (answer) {
    answer_without_fields(header.command_id, answer->sequence_number, answer->command_status);
  }
  Warning warning = warning_of(SessionWarning::decode_error, header);
  warning.error = error;
  warning.foreign_protocol = foreign_protocol(header);
  if (answer) warning.status = answer->command_status;
  out.emplace_back(warning);
}

/// A request that is not allowed in the state (SMPP 3.4 §5.1.3, ESME_RINVBNDSTS).
void Session::refuse_state(const Frame& frame, Events& out) {
  const Header& header = frame.header;
  if (command_info(header.command_id)->answered) {
    answer_without_fields(header.command_id, header.sequence_number, ESME_RINVBNDSTS);
  }
  Warning warning = warning_of(SessionWarning::wrong_state, header);
  warning.status = ESME_RINVBNDSTS;
  out.emplace_back(warning);
  if (++violations_ >= kViolationsMax) close(CloseReason::protocol_violation, out);
}

// --- responses to us ---

void Session::receive_response(const Frame& frame, TimePoint now, Events& out) {
  const Header& header = frame.header;
  Live* alive = live();
  const Pending* pending = alive == nullptr ? nullptr : alive->window.find(header.sequence_number);
  if (pending != nullptr && response_of(pending->request) == header.command_id) {
    complete(alive->window.remove(header.sequence_number), frame, out);
    violations_ = 0;
    finish_draining(now, out);
    return;
  }
  switch (header.command_id) {
    case CommandId::generic_nack:
      return receive_generic_nack(frame, now, out);
    case CommandId::enquire_link_resp:
      return;  // that something came is all there is to know
    case CommandId::unbind_resp:
      if (std::holds_alternative<UnbindingPhase>(phase_)) return close(CloseReason::unbound, out);
      break;
    case CommandId::bind_receiver_resp:
    case CommandId::bind_transmitter_resp:
    case CommandId::bind_transceiver_resp:
      return receive_bind_response(frame, now, out);
    default:
      if (command_info(header.command_id) == nullptr) {
        return refuse_undecodable(header, unknown_command_error(header), out);
      }
      break;
  }
  if (pending != nullptr) {
    out.emplace_back(warning_of(SessionWarning::mismatched_response, header));
  } else {
    receive_late(frame, out);
  }
}

/// Decodes a response into its event. One that cannot be read still answers the request: its status is all
/// that counts.
template <class Pdu, class Fill>
void Session::read_response(const Frame& frame, Events& out, Fill&& fill) {
  const auto decoded = decode<Pdu>(frame, mode());
  if (!decoded) return refuse_undecodable(frame.header, decoded.error(), out);
  if (!decoded->warnings.empty() && Pdu::kId != CommandId::deliver_sm_resp) {
    Warning warning = warning_of(SessionWarning::decode_warning, frame.header);
    warning.decode = decoded->warnings;
    out.emplace_back(warning);
  }
  fill(decoded->pdu);
}

void Session::complete(const Pending& pending, const Frame& frame, Events& out) {
  const std::uint32_t status = frame.header.command_status;
  const bool accepted = status == ESME_ROK && frame.header.command_id != CommandId::generic_nack;
  Completed completed{.request = pending.request,
                      .outcome = accepted ? Outcome::accepted : Outcome::rejected,
                      .status = status,
                      .sequence_number = pending.sequence_number,
                      .token = pending.token,
                      .sent_at = pending.sent_at,
                      .response = frame};
  const auto take_id = [&](const auto& pdu) {
    completed.message_id = pdu.message_id;
    completed.tlvs = pdu.tlvs;
  };
  switch (frame.header.command_id) {
    case CommandId::submit_sm_resp:
      read_response<SubmitSmResp>(frame, out, take_id);
      break;
    case CommandId::deliver_sm_resp:
      read_response<DeliverSmResp>(frame, out, take_id);
      break;
    case CommandId::data_sm_resp:
      read_response<DataSmResp>(frame, out, take_id);
      break;
    case CommandId::submit_multi_resp:
      read_response<SubmitMultiResp>(frame, out, take_id);
      break;
    case CommandId::broadcast_sm_resp:
      read_response<BroadcastSmResp>(frame, out, take_id);
      break;
    case CommandId::query_broadcast_sm_resp:
      read_response<QueryBroadcastSmResp>(frame, out, take_id);
      break;
    case CommandId::query_sm_resp:
      read_response<QuerySmResp>(frame, out, [&](const QuerySmResp& pdu) {
        take_id(pdu);
        completed.final_date = pdu.final_date;
        completed.message_state = pdu.message_state;
        completed.error_code = pdu.error_code;
      });
      break;
    default:
      break;  // cancel_sm_resp, replace_sm_resp, generic_nack: the header is all
  }
  out.emplace_back(completed);
}

void Session::receive_generic_nack(const Frame& frame, TimePoint now, Events& out) {
  const Header& header = frame.header;
  if (auto* binding = std::get_if<BindingPhase>(&phase_); binding != nullptr && config_.role == Role::esme) {
    // Whatever its number: the bind is all that the peer has had from us.
    out.emplace_back(BindRefused{binding->kind, header.command_status, header.command_id});
    return close(CloseReason::bind_refused, out);
  }
  if (auto* unbinding = std::get_if<UnbindingPhase>(&phase_);
      unbinding != nullptr && unbinding->sequence_number == header.sequence_number) {
    return close(CloseReason::unbound, out);
  }
  if (Live* alive = live()) {
    if (alive->window.find(header.sequence_number) != nullptr) {
      complete(alive->window.remove(header.sequence_number), frame, out);
      return finish_draining(now, out);
    }
    if (alive->enquire_sequence == header.sequence_number && header.sequence_number != 0) return;
  }
  if (const auto pending = late_.recall(header.sequence_number, header.command_id)) {
    out.emplace_back(late_response(frame, pending));
  } else {
    out.emplace_back(warning_of(SessionWarning::generic_nack, header));
  }
}

void Session::receive_bind_response(const Frame& frame, TimePoint now, Events& out) {
  const Header& header = frame.header;
  const auto* binding = std::get_if<BindingPhase>(&phase_);
  if (config_.role != Role::esme || binding == nullptr ||
      binding->sequence_number != header.sequence_number) {
    out.emplace_back(warning_of(SessionWarning::unknown_response, header));
    return;
  }
  const BindKind kind = binding->kind;
  if (response_of(bind_command(kind)) != header.command_id) {
    out.emplace_back(warning_of(SessionWarning::mismatched_response, header));
    return;
  }
  Bound bound{.kind = kind};
  const auto fill = [&](const BindResponse& pdu) {
    bound.system_id = pdu.system_id;
    if (const auto version = pdu.tlvs.integer(TlvTag::sc_interface_version); version && *version <= 0xFF) {
      bound.sc_interface_version = static_cast<std::uint8_t>(*version);
    }
  };
  switch (kind) {
    case BindKind::receiver:
      read_response<BindReceiverResp>(frame, out, fill);
      break;
    case BindKind::transmitter:
      read_response<BindTransmitterResp>(frame, out, fill);
      break;
    case BindKind::transceiver:
      read_response<BindTransceiverResp>(frame, out, fill);
      break;
  }
  if (header.command_status != ESME_ROK) {
    out.emplace_back(BindRefused{kind, header.command_status, header.command_id});
    return close(CloseReason::bind_refused, out);
  }
  enter_bound(kind, now);
  out.emplace_back(bound);
  release_held(now, out);
}

/// A response to nothing that is outstanding. Its id may be what a receipt will be matched by.
void Session::receive_late(const Frame& frame, Events& out) {
  const Header& header = frame.header;
  LateResponse late = late_response(frame, late_.recall(header.sequence_number, header.command_id));
  const auto take_id = [&](const auto& pdu) { late.message_id = pdu.message_id; };
  if (header.command_id == CommandId::submit_sm_resp) read_response<SubmitSmResp>(frame, out, take_id);
  if (header.command_id == CommandId::data_sm_resp) read_response<DataSmResp>(frame, out, take_id);
  if (late.token || (header.command_status == ESME_ROK && !late.message_id.empty())) {
    out.emplace_back(late);
  } else {
    out.emplace_back(warning_of(SessionWarning::unknown_response, header));
  }
}

}  // namespace anchal::smpp
