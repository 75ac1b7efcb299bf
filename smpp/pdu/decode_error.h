#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "smpp/pdu/command_id.h"
#include "smpp/pdu/frame.h"

namespace anchal::smpp {

/// What is wrong with a PDU; the first problem in the order framing, command_id, fields, TLVs decides.
enum class DecodeErrorKind : std::uint8_t {
  length_too_small,     // command_length < 16: framing is lost
  length_too_big,       // command_length above the limit: framing is lost
  unknown_command,      // request whose command_id is not known
  unknown_response,     // the same with bit 31 set
  body_too_short,       // nothing left where a field must start, or an integer is cut
  unterminated_string,  // octets left, but no NUL in them
  string_too_long,      // a NUL, but behind the field's maximum
  bad_time_length,      // time of neither 1 nor 17 octets
  sm_length_overrun,    // sm_length above what is left
  trailing_octets,      // 1-3 octets where a TLV should start
  tlv_truncated_value,  // TLV length above what is left
  tlv_bad_length,       // TLV of known fixed size with another size
  bad_dest_flag,        // dest_flag neither 1 nor 2
  bad_number_of_dests,  // submit_multi without destination
  extra_body,           // body behind a header-only PDU: the PDU is accepted all the same
};

[[nodiscard]] std::string_view to_string(DecodeErrorKind kind);

struct DecodeError {
  DecodeErrorKind kind{};
  std::string_view field;    // name of the specification; empty for the header and the TLVs
  std::uint32_t offset = 0;  // octets from the start of the PDU to where reading failed
  std::uint32_t status = 0;  // command_status that tells the peer (SMPP 3.4 §5.1.3)
};

/// What goes back to the peer: always a PDU of sixteen octets (deliver_sm_resp: with one NUL behind).
struct Answer {
  CommandId command_id{};
  std::uint32_t command_status = 0;
  std::uint32_t sequence_number = 0;
  bool operator==(const Answer&) const = default;
};

/// A command_id that is none of ours: unknown_command, or unknown_response with bit 31 set.
[[nodiscard]] DecodeError unknown_command_error(const Header& header);

/// The answer to a PDU that failed to decode, or nullopt: a response, outbind or alert_notification is never
/// answered. `header` is the header of the PDU as far as it was read.
[[nodiscard]] std::optional<Answer> answer_to(const DecodeError& error, const Header& header);

/// Whether the session cannot go on behind this error: framing is lost, or an outbind cannot be read.
[[nodiscard]] bool closes_session(const DecodeError& error, const Header& header);

/// What speaks instead of SMPP, told from the octets that stand where a header should: "HTTP", "TLS", "SSH"
/// or empty.
[[nodiscard]] std::string_view foreign_protocol(const Header& header);

/// A condition worth reporting that does not fail the PDU. The first four occur in strict mode too.
enum class DecodeWarning : std::uint8_t {
  both_bodies,         // user data in short_message and in message_payload: the payload supersedes
  repeated_tlv,        // a tag that must not repeat: the first one counts
  missing_message_id,  // status 0, and the body was left out
  short_time,          // reported time of 10 or 12 characters
  overlong_string,     // lenient from here on: each one is an error of the strict mode
  unterminated_string,
  bad_time_length,
  tlv_tail_dropped,
  tlv_octet_skipped,
  tlv_bad_length,
  entry_dropped,
  junk_error_body,  // error response whose body is no known form: only the status counts
  extra_body,
};
inline constexpr int kDecodeWarningCount = 13;

[[nodiscard]] std::string_view to_string(DecodeWarning warning);

/// A small set of warnings.
class DecodeWarnings {
 public:
  constexpr void add(DecodeWarning warning) {
    bits_ |= static_cast<std::uint16_t>(1U << static_cast<unsigned>(warning));
  }
  [[nodiscard]] constexpr bool has(DecodeWarning warning) const {
    return (bits_ >> static_cast<unsigned>(warning) & 1U) != 0;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  bool operator==(const DecodeWarnings&) const = default;

 private:
  std::uint16_t bits_ = 0;
};

}  // namespace anchal::smpp
