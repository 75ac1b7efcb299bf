#include "smpp/session/config.h"
#include "smpp/session/event.h"
#include "smpp/session/permission.h"
#include "smpp/session/session.h"

namespace anchal::smpp {

std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::unbound:
      return "unbound";
    case CloseReason::unbind_timeout:
      return "unbind_timeout";
    case CloseReason::peer_unbound:
      return "peer_unbound";
    case CloseReason::bind_refused:
      return "bind_refused";
    case CloseReason::bind_timeout:
      return "bind_timeout";
    case CloseReason::session_init_timeout:
      return "session_init_timeout";
    case CloseReason::link_dead:
      return "link_dead";
    case CloseReason::framing_lost:
      return "framing_lost";
    case CloseReason::protocol_violation:
      return "protocol_violation";
    case CloseReason::disconnected:
      return "disconnected";
  }
  return "unknown";
}

std::string_view to_string(SessionWarning warning) {
  switch (warning) {
    case SessionWarning::decode_error:
      return "decode_error";
    case SessionWarning::decode_warning:
      return "decode_warning";
    case SessionWarning::wrong_state:
      return "wrong_state";
    case SessionWarning::unknown_response:
      return "unknown_response";
    case SessionWarning::mismatched_response:
      return "mismatched_response";
    case SessionWarning::generic_nack:
      return "generic_nack";
    case SessionWarning::request_status:
      return "request_status";
  }
  return "unknown";
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::accepted:
      return "accepted";
    case Outcome::rejected:
      return "rejected";
    case Outcome::unresolved:
      return "unresolved";
  }
  return "unknown";
}

std::string_view to_string(SessionState state) {
  switch (state) {
    case SessionState::open:
      return "open";
    case SessionState::outbound:
      return "outbound";
    case SessionState::bound_tx:
      return "bound_tx";
    case SessionState::bound_rx:
      return "bound_rx";
    case SessionState::bound_trx:
      return "bound_trx";
    case SessionState::unbound:
      return "unbound";
    case SessionState::closed:
      return "closed";
  }
  return "unknown";
}

std::string_view to_string(SendError error) {
  switch (error) {
    case SendError::not_bound:
      return "not_bound";
    case SendError::wrong_bind_kind:
      return "wrong_bind_kind";
    case SendError::window_full:
      return "window_full";
    case SendError::unbinding:
      return "unbinding";
    case SendError::not_encodable:
      return "not_encodable";
  }
  return "unknown";
}

std::string_view to_string(BindKind kind) {
  switch (kind) {
    case BindKind::receiver:
      return "receiver";
    case BindKind::transmitter:
      return "transmitter";
    case BindKind::transceiver:
      return "transceiver";
  }
  return "unknown";
}

}  // namespace anchal::smpp
