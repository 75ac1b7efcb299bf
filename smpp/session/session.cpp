#include "smpp/session/session.h"

#include <algorithm>
#include <utility>

#include "smpp/pdu/encode.h"

namespace anchal::smpp {
Session::Session(SessionConfig config)
    : config_(std::move(config)),
      framer_(config_.max_command_length),
      late_(config_.late_memory),
      last_sequence_(std::clamp(config_.first_sequence_number, 1U, kMaxSequenceNumber) - 1) {}

void Session::start(TimePoint now) {
  if (config_.role == Role::smsc) {
    if (std::holds_alternative<IdlePhase>(phase_)) {
      phase_ = OpenPhase{deadline(now, config_.session_init_timeout)};
    }
    return;
  }
  if (!std::holds_alternative<IdlePhase>(phase_) && !std::holds_alternative<OpenPhase>(phase_)) return;
  const std::uint32_t sequence_number = next_sequence();
  const auto write = [&]<class Pdu>(Pdu pdu) {
    pdu.system_id = config_.system_id;
    pdu.password = config_.password;
    pdu.system_type = config_.system_type;
    pdu.interface_version = config_.interface_version;
    pdu.addr_ton = config_.addr_ton;
    pdu.addr_npi = config_.addr_npi;
    pdu.address_range = config_.address_range;
    // A NUL inside a name cannot be said on the wire: the configuration's check keeps it out. Unsaid, the
    // bind is never answered and times out.
    static_cast<void>(encode(out_, sequence_number, pdu));
  };
  switch (config_.bind) {
    case BindKind::receiver:
      write(BindReceiver{});
      break;
    case BindKind::transmitter:
      write(BindTransmitter{});
      break;
    case BindKind::transceiver:
      write(BindTransceiver{});
      break;
  }
  phase_ = BindingPhase{config_.bind, sequence_number, deadline(now, config_.bind_timeout)};
}

void Session::await_outbind(TimePoint now) {
  if (config_.role != Role::esme || !std::holds_alternative<IdlePhase>(phase_)) return;
  phase_ = OpenPhase{deadline(now, config_.session_init_timeout)};
}

std::expected<void, SendError> Session::outbind(const Outbind& pdu, TimePoint now) {
  if (config_.role != Role::smsc) return std::unexpected(SendError::wrong_bind_kind);
  if (!std::holds_alternative<IdlePhase>(phase_)) return std::unexpected(SendError::not_bound);
  if (!encode(out_, next_sequence(), pdu)) return std::unexpected(SendError::not_encodable);
  phase_ = OpenPhase{deadline(now, config_.session_init_timeout), true};
  return {};
}

void Session::on_tick(TimePoint now, Events& out) {
  if (Live* alive = live()) expire(*alive, now, out);
  finish_draining(now, out);
  if (auto* open = std::get_if<OpenPhase>(&phase_)) {
    if (now >= open->deadline) close(CloseReason::session_init_timeout, out);
  } else if (auto* binding = std::get_if<BindingPhase>(&phase_)) {
    if (now >= binding->deadline) close(CloseReason::bind_timeout, out);
  } else if (auto* bound = std::get_if<BoundPhase>(&phase_)) {
    keep_alive(bound->live, now, out);
  } else if (auto* unbinding = std::get_if<UnbindingPhase>(&phase_)) {
    if (now >= unbinding->deadline) close(CloseReason::unbind_timeout, out);
  }
}

TimePoint Session::next_deadline() const {
  TimePoint due = TimePoint::max();
  if (const Live* alive = live()) {
    if (const Pending* oldest = alive->window.oldest())
      due = deadline(oldest->sent_at, config_.response_timeout);
    if (bound()) {
      due = std::min(due, alive->enquired_at ? deadline(*alive->enquired_at, config_.enquire_link_timeout)
                                             : deadline(alive->last_received, config_.enquire_link_interval));
    }
  }
  if (const auto* open = std::get_if<OpenPhase>(&phase_)) return open->deadline;
  if (const auto* binding = std::get_if<BindingPhase>(&phase_)) return binding->deadline;
  if (const auto* draining = std::get_if<DrainingPhase>(&phase_)) {
    return drained(draining->live) ? TimePoint::min() : std::min(due, draining->deadline);
  }
  if (const auto* unbinding = std::get_if<UnbindingPhase>(&phase_)) return std::min(due, unbinding->deadline);
  if (const auto* peer = std::get_if<PeerUnbindingPhase>(&phase_)) {
    return drained(peer->live) ? TimePoint::min() : std::min(due, peer->deadline);
  }
  return due;
}

void Session::on_disconnect(TimePoint /*now*/, Events& out) {
  if (std::holds_alternative<UnbindingPhase>(phase_)) {
    close(CloseReason::unbound, out);  // many an SMSC closes instead of answering
  } else if (std::holds_alternative<PeerUnbindingPhase>(phase_)) {
    close(CloseReason::peer_unbound, out);
  } else {
    close(CloseReason::disconnected, out);
  }
}

void Session::unbind(TimePoint now, Events& out) {
  if (auto* bound = std::get_if<BoundPhase>(&phase_)) {
    Live alive = std::move(bound->live);
    phase_ = DrainingPhase{std::move(alive), deadline(now, config_.unbind_timeout)};
    finish_draining(now, out);
  } else if (live() == nullptr) {
    close(CloseReason::unbound, out);
  }
}

void Session::enter_bound(BindKind kind, TimePoint now) {
  phase_ = BoundPhase{Live{.kind = kind, .window = Window(config_.window), .last_received = now}};
}

/// Takes the next step where nothing is outstanding any more, or has been for too long.
void Session::finish_draining(TimePoint now, Events& out) {
  if (auto* draining = std::get_if<DrainingPhase>(&phase_)) {
    if (drained(draining->live) || now >= draining->deadline) write_unbind(std::move(draining->live), now);
  } else if (auto* peer = std::get_if<PeerUnbindingPhase>(&phase_)) {
    if (drained(peer->live) || now >= peer->deadline) close(CloseReason::peer_unbound, out);
  }
}

void Session::write_unbind(Live alive, TimePoint now) {
  UnbindingPhase unbinding{std::move(alive), 0, deadline(now, config_.unbind_timeout)};
  phase_ = std::move(unbinding);
  auto& entered = std::get<UnbindingPhase>(phase_);
  entered.sequence_number = next_sequence();
  encode_header(out_, CommandId::unbind, ESME_ROK, entered.sequence_number);
}

/// The response timer is the same for all requests, so the oldest is the first to run out.
void Session::expire(Live& alive, TimePoint now, Events& out) {
  while (const Pending* oldest = alive.window.oldest()) {
    if (now < deadline(oldest->sent_at, config_.response_timeout)) return;
    const Pending pending = alive.window.remove(oldest->sequence_number);
    late_.remember(pending);
    out.push_back(unresolved(pending));
  }
}

void Session::keep_alive(Live& alive, TimePoint now, Events& out) {
  if (alive.enquired_at) {
    if (now >= deadline(*alive.enquired_at, config_.enquire_link_timeout)) close(CloseReason::link_dead, out);
    return;
  }
  if (now < deadline(alive.last_received, config_.enquire_link_interval)) return;
  alive.enquire_sequence = next_sequence();
  alive.enquired_at = now;
  encode_header(out_, CommandId::enquire_link, ESME_ROK, alive.enquire_sequence);
}

void Session::close(CloseReason reason, Events& out) {
  if (closed()) return;
  if (Live* alive = live()) {
    while (const Pending* oldest = alive->window.oldest()) {
      out.push_back(unresolved(alive->window.remove(oldest->sequence_number)));
    }
  }
  phase_ = ClosedPhase{reason};
  out.emplace_back(Closed{reason});
}

Completed Session::unresolved(const Pending& pending) {
  return {.request = pending.request,
          .outcome = Outcome::unresolved,
          .sequence_number = pending.sequence_number,
          .token = pending.token,
          .sent_at = pending.sent_at};
}

std::uint32_t Session::next_sequence(bool for_window) {
  const Live* alive = live();
  const auto taken = [&](std::uint32_t number) {
    if (alive == nullptr) return false;
    if (number == alive->enquire_sequence) return true;
    return for_window ? !alive->window.accepts(number) : alive->window.find(number) != nullptr;
  };
  do {
    last_sequence_ = last_sequence_ >= kMaxSequenceNumber ? 1 : last_sequence_ + 1;
  } while (taken(last_sequence_));
  return last_sequence_;
}

Session::Live* Session::live() {
  return const_cast<Live*>(std::as_const(*this).live());
}

const Session::Live* Session::live() const {
  return std::visit(
      []<class P>(const P& phase) -> const Live* {
        if constexpr (requires { phase.live; }) {
          return &phase.live;
        } else {
          return nullptr;
        }
      },
      phase_);
}

SessionState Session::state() const {
  if (const auto* open = std::get_if<OpenPhase>(&phase_)) {
    return open->outbound ? SessionState::outbound : SessionState::open;
  }
  if (std::holds_alternative<BindingPhase>(phase_)) return SessionState::open;
  if (std::holds_alternative<PeerUnbindingPhase>(phase_)) return SessionState::unbound;
  const Live* alive = live();
  return alive == nullptr ? SessionState::closed : bound_state(alive->kind);
}

std::uint32_t Session::window_free() const {
  const auto* bound = std::get_if<BoundPhase>(&phase_);
  return bound == nullptr ? 0 : bound->live.window.free();
}

std::uint32_t Session::outstanding() const {
  const Live* alive = live();
  return alive == nullptr ? 0 : alive->window.used();
}

}  // namespace anchal::smpp
