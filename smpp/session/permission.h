#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "smpp/pdu/command_id.h"
#include "smpp/session/config.h"

namespace anchal::smpp {

/// The states of SMPP 3.4 §2.2 and SMPP 5.0 §2.3.
enum class SessionState : std::uint8_t { open, outbound, bound_tx, bound_rx, bound_trx, unbound, closed };
inline constexpr std::size_t kSessionStateCount = 7;

[[nodiscard]] constexpr SessionState bound_state(BindKind kind) {
  switch (kind) {
    case BindKind::receiver:
      return SessionState::bound_rx;
    case BindKind::transmitter:
      return SessionState::bound_tx;
    case BindKind::transceiver:
      return SessionState::bound_trx;
  }
  return SessionState::closed;
}

/// Who may send a PDU in which state: SMPP 3.4 §2.3 (table 2-1, with replace_sm in BOUND_TRX, left out there
/// by mistake) and SMPP 5.0 §2.4: binds in OUTBOUND too, broadcasts as submit_sm, and enquire_link, its
/// response and generic_nack in every state.
struct Permission {
  CommandId command_id;
  std::uint8_t esme;  // bit per SessionState
  std::uint8_t smsc;
};

namespace permission_detail {
constexpr std::uint8_t in(auto... states) {
  return static_cast<std::uint8_t>((0U | ... | (1U << static_cast<unsigned>(states))));
}
using enum SessionState;
inline constexpr std::uint8_t kNever = 0;
inline constexpr std::uint8_t kUnbound = in(open, outbound);
inline constexpr std::uint8_t kTx = in(bound_tx, bound_trx);
inline constexpr std::uint8_t kRx = in(bound_rx, bound_trx);
inline constexpr std::uint8_t kBound = in(bound_tx, bound_rx, bound_trx);
inline constexpr std::uint8_t kConnected = in(open, outbound, bound_tx, bound_rx, bound_trx, unbound);
}  // namespace permission_detail

inline constexpr auto kPermissions = [] {
  using namespace permission_detail;
  return std::to_array<Permission>({
      {CommandId::bind_receiver, kUnbound, kNever},
      {CommandId::bind_transmitter, kUnbound, kNever},
      {CommandId::bind_transceiver, kUnbound, kNever},
      {CommandId::bind_receiver_resp, kNever, kUnbound},
      {CommandId::bind_transmitter_resp, kNever, kUnbound},
      {CommandId::bind_transceiver_resp, kNever, kUnbound},
      {CommandId::outbind, kNever, in(open)},
      {CommandId::unbind, kBound, kBound},
      {CommandId::unbind_resp, kBound, kBound},
      {CommandId::submit_sm, kTx, kNever},
      {CommandId::submit_sm_resp, kNever, kTx},
      {CommandId::submit_multi, kTx, kNever},
      {CommandId::submit_multi_resp, kNever, kTx},
      {CommandId::query_sm, kTx, kNever},
      {CommandId::query_sm_resp, kNever, kTx},
      {CommandId::cancel_sm, kTx, kNever},
      {CommandId::cancel_sm_resp, kNever, kTx},
      {CommandId::replace_sm, kTx, kNever},
      {CommandId::replace_sm_resp, kNever, kTx},
      {CommandId::deliver_sm, kNever, kRx},
      {CommandId::deliver_sm_resp, kRx, kNever},
      {CommandId::data_sm, kBound, kBound},
      {CommandId::data_sm_resp, kBound, kBound},
      {CommandId::alert_notification, kNever, kRx},
      {CommandId::broadcast_sm, kTx, kNever},
      {CommandId::broadcast_sm_resp, kNever, kTx},
      {CommandId::query_broadcast_sm, kTx, kNever},
      {CommandId::query_broadcast_sm_resp, kNever, kTx},
      {CommandId::cancel_broadcast_sm, kTx, kNever},
      {CommandId::cancel_broadcast_sm_resp, kNever, kTx},
      {CommandId::enquire_link, kConnected, kConnected},
      {CommandId::enquire_link_resp, kConnected, kConnected},
      {CommandId::generic_nack, kConnected, kConnected},
  });
}();
static_assert(kPermissions.size() == kCommands.size());

/// The row of a command, for a constant expression above all; unknown commands may never be sent.
[[nodiscard]] constexpr Permission permission_of(CommandId command) {
  for (const Permission& row : kPermissions) {
    if (row.command_id == command) return row;
  }
  return {command, permission_detail::kNever, permission_detail::kNever};
}

[[nodiscard]] constexpr bool may_send(const Permission& row, Role sender, SessionState state) {
  const unsigned states = sender == Role::esme ? row.esme : row.smsc;
  return (states >> static_cast<unsigned>(state) & 1U) != 0;
}

/// Whether `sender` may send `command` in `state`.
[[nodiscard]] constexpr bool may_send(Role sender, SessionState state, CommandId command) {
  return may_send(permission_of(command), sender, state);
}

[[nodiscard]] std::string_view to_string(SessionState state);

}  // namespace anchal::smpp
