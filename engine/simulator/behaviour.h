#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "smpp/time.h"

namespace anchal::simulator {

/// How message ids are written. `hex` is upper case; `decimal_padded` has the ten digits of SMPP 3.4 Appendix
/// B.
enum class IdStyle : std::uint8_t { decimal, decimal_padded, hex, hex_lower, uuid };

/// Where the words of a receipt stand (dlr.md §4): text and TLVs, one of them, in message_payload, in
/// data_sm, or the text as UCS-2.
enum class ReceiptForm : std::uint8_t { text_and_tlvs, text, tlvs, payload, data_sm, ucs2 };

/// What follows the header of a submit_sm_resp that refuses (smpp.md §4: all four exist in the wild).
enum class ErrorBody : std::uint8_t { none, nul, id, tlvs };

/// What a submit_sm_resp that accepts leaves out.
enum class MissingId : std::uint8_t { nothing, id, body };

/// Everything an SMSC may do to its ESMEs. The defaults are a well-behaved one; all fractions are 0 … 1 and
/// drawn from the seed. May be replaced while running: Smsc::set_behaviour().
struct Behaviour {
  // Speed
  std::uint32_t tps = 0;  ///< parts taken per second; what is above waits for its response; 0 = no limit
  std::uint32_t throttle_above =
      0;  ///< parts per one-second window, above it `throttle_status`; 0 = no limit
  std::uint32_t throttle_status = 0x58;
  std::uint32_t window = 0;  ///< unanswered submits per bind, above it `throttle_status`; 0 = no limit

  // Responses
  Duration response_delay{0};
  Duration response_jitter{0};  ///< up to this much more, so that responses come in any order
  double response_loss = 0;     ///< accepted, never answered
  double response_twice = 0;
  std::vector<std::pair<std::uint32_t, double>> statuses;  ///< refuse this fraction with that status
  ErrorBody error_body = ErrorBody::none;
  MissingId missing_id = MissingId::nothing;
  IdStyle id_style = IdStyle::decimal;

  // Receipts
  double receipts = 1;  ///< of those asked for, this fraction ever comes
  Duration receipt_delay{0};
  double receipt_early = 0;  ///< before the response
  double receipt_late = 0;   ///< `receipt_late_by` after the time it should come
  Duration receipt_late_by = std::chrono::seconds(5);
  double receipt_twice = 0;
  double receipt_contradiction = 0;  ///< a second one with the opposite state follows
  double receipt_enroute = 0;        ///< an intermediate one goes before
  double undelivered = 0;            ///< UNDELIV instead of DELIVRD
  bool receipt_other_bind = false;   ///< on another bind of the same account where there is one
  IdStyle receipt_id_style = IdStyle::decimal;
  ReceiptForm receipt_form = ReceiptForm::text_and_tlvs;
  bool receipt_reference = true;  ///< repeats the user_message_reference of the submit where there was one
  std::uint32_t receipt_window = 1000;               ///< unanswered receipts per bind
  Duration receipt_retry = std::chrono::seconds(2);  ///< again after an error answer

  // query_sm
  std::uint32_t query_status = 0;  ///< answers every one with this status
  double query_loss = 0;           ///< never answered
  Duration query_memory{0};  ///< so long after its end a message is still known; 0 = while there is room

  // Links
  std::uint64_t drop_connection_after =
      0;                           ///< submits on one connection, then RST with the last ones unanswered
  std::uint64_t silent_after = 0;  ///< submits on one connection, then it reads and says nothing
  std::uint64_t unbind_after = 0;  ///< submits on one connection, then it unbinds
  bool enquire_before_bind_resp = false;
  Duration lag{0};               ///< what it says reaches the peer so much later, enquire_link_resp too
  Duration enquire_interval{0};  ///< own enquire_link on a quiet bind; 0 = never
  Duration session_init_timeout = std::chrono::seconds(30);
  Duration inactivity_timeout{0};  ///< closes a bind without traffic; 0 = never
  std::uint32_t max_binds = 0;     ///< per system_id, above it ESME_RALYBND; 0 = no limit
  std::uint32_t bind_status = 0;   ///< refuses every bind with this status
  std::vector<std::byte> inject;   ///< raw octets written after `inject_after` submits of a connection
  std::uint64_t inject_after = 0;

  bool lenient = false;  ///< accepts what a strict decoder refuses where a lenient reading exists
};

/// Who the SMSC is, fixed for its life.
struct Identity {
  std::string system_id = "anchal-smsc";
  std::string password;  ///< asked of every bind; empty: any will do
  std::uint64_t seed = 1;
  std::uint64_t first_id = 1;  ///< number of the first message
  std::uint8_t interface_version = 0x34;
  WallTime wall_at_epoch{};  ///< wall clock at TimePoint{}: dates in receipts are wall_at_epoch + now
};

}  // namespace anchal::simulator
