#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "smpp/pdu/command_id.h"
#include "smpp/pdu/frame.h"
#include "smpp/time.h"

namespace anchal::smpp {

/// Which side of the session we are: the ESME binds, the SMSC is bound to (SMPP 3.4 §2.2).
enum class Role : std::uint8_t { esme, smsc };

enum class BindKind : std::uint8_t { receiver, transmitter, transceiver };

[[nodiscard]] std::string_view to_string(BindKind kind);

/// The request that binds as `kind`.
[[nodiscard]] constexpr CommandId bind_command(BindKind kind) {
  switch (kind) {
    case BindKind::receiver:
      return CommandId::bind_receiver;
    case BindKind::transmitter:
      return CommandId::bind_transmitter;
    case BindKind::transceiver:
      break;
  }
  return CommandId::bind_transceiver;
}

/// How one session behaves; constant for its life. Every duration may be zero: that timer never runs.
/// The timers are those of SMPP 3.4 §7.2, which gives no values.
struct SessionConfig {
  Role role = Role::esme;

  // The bind request of an ESME. An SMSC uses system_id only: its own name in the bind response.
  BindKind bind = BindKind::transceiver;
  std::string system_id{};
  std::string password{};
  std::string system_type{};
  std::uint8_t interface_version = 0x34;  // SMSC: sent as sc_interface_version; 0 leaves the TLV out
  std::uint8_t addr_ton = 0;
  std::uint8_t addr_npi = 0;
  std::string address_range{};

  /// Requests of ours without a response, enquire_link and unbind not counted; at least 1.
  std::uint32_t window = 10;

  /// Silence from the peer after which an enquire_link is sent.
  Duration enquire_link_interval = std::chrono::seconds(30);
  /// From an enquire_link to the next sign of life, whatever PDU it is; then the link is dead.
  Duration enquire_link_timeout = std::chrono::seconds(10);
  /// From a request to its response; then it is unresolved. The session stays.
  Duration response_timeout = std::chrono::seconds(60);
  /// ESME: from the bind request to its response.
  Duration bind_timeout = std::chrono::seconds(30);
  /// SMSC: from the connect to the bind request. ESME waiting for an outbind: to the outbind.
  Duration session_init_timeout = std::chrono::seconds(30);
  /// From unbind (ours or the peer's) to the end of draining.
  Duration unbind_timeout = std::chrono::seconds(5);

  /// Lenient decoding: right for an ESME, which must not refuse a receipt; an SMSC is strict by default.
  bool lenient = true;
  std::uint32_t max_command_length = kMaxCommandLength;

  /// The first request gets this number: 1 by the book (SMPP 3.4 §5.1.4).
  std::uint32_t first_sequence_number = 1;

  /// Sequence numbers of timed-out requests that are kept so that a late response finds its token.
  std::uint32_t late_memory = 4096;
};

}  // namespace anchal::smpp
