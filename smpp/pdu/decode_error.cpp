#include "smpp/pdu/decode_error.h"

#include "smpp/pdu/command_status.h"

namespace anchal::smpp {

std::string_view to_string(DecodeErrorKind kind) {
  switch (kind) {
    case DecodeErrorKind::length_too_small:
      return "length_too_small";
    case DecodeErrorKind::length_too_big:
      return "length_too_big";
    case DecodeErrorKind::unknown_command:
      return "unknown_command";
    case DecodeErrorKind::unknown_response:
      return "unknown_response";
    case DecodeErrorKind::body_too_short:
      return "body_too_short";
    case DecodeErrorKind::unterminated_string:
      return "unterminated_string";
    case DecodeErrorKind::string_too_long:
      return "string_too_long";
    case DecodeErrorKind::bad_time_length:
      return "bad_time_length";
    case DecodeErrorKind::sm_length_overrun:
      return "sm_length_overrun";
    case DecodeErrorKind::trailing_octets:
      return "trailing_octets";
    case DecodeErrorKind::tlv_truncated_value:
      return "tlv_truncated_value";
    case DecodeErrorKind::tlv_bad_length:
      return "tlv_bad_length";
    case DecodeErrorKind::bad_dest_flag:
      return "bad_dest_flag";
    case DecodeErrorKind::bad_number_of_dests:
      return "bad_number_of_dests";
    case DecodeErrorKind::extra_body:
      return "extra_body";
  }
  return "unknown";
}

std::string_view to_string(DecodeWarning warning) {
  switch (warning) {
    case DecodeWarning::both_bodies:
      return "both_bodies";
    case DecodeWarning::repeated_tlv:
      return "repeated_tlv";
    case DecodeWarning::missing_message_id:
      return "missing_message_id";
    case DecodeWarning::short_time:
      return "short_time";
    case DecodeWarning::overlong_string:
      return "overlong_string";
    case DecodeWarning::unterminated_string:
      return "unterminated_string";
    case DecodeWarning::bad_time_length:
      return "bad_time_length";
    case DecodeWarning::tlv_tail_dropped:
      return "tlv_tail_dropped";
    case DecodeWarning::tlv_octet_skipped:
      return "tlv_octet_skipped";
    case DecodeWarning::tlv_bad_length:
      return "tlv_bad_length";
    case DecodeWarning::entry_dropped:
      return "entry_dropped";
    case DecodeWarning::junk_error_body:
      return "junk_error_body";
    case DecodeWarning::extra_body:
      return "extra_body";
  }
  return "unknown";
}

DecodeError unknown_command_error(const Header& header) {
  return {
      is_response(header.command_id) ? DecodeErrorKind::unknown_response : DecodeErrorKind::unknown_command,
      "command_id", 4, ESME_RINVCMDID};
}

std::optional<Answer> answer_to(const DecodeError& error, const Header& header) {
  const std::uint32_t sequence = header.sequence_number;
  switch (error.kind) {
    case DecodeErrorKind::length_too_small:
      return Answer{CommandId::generic_nack, ESME_RINVCMDLEN, 0};
    case DecodeErrorKind::length_too_big:
      return Answer{CommandId::generic_nack, ESME_RINVCMDLEN, sequence <= kMaxSequenceNumber ? sequence : 0};
    case DecodeErrorKind::unknown_command:
      return Answer{CommandId::generic_nack, ESME_RINVCMDID, sequence};
    default:
      break;
  }
  const CommandInfo* command = command_info(header.command_id);
  if (command == nullptr || !command->answered) return std::nullopt;
  return Answer{response_of(header.command_id), error.status, sequence};
}

bool closes_session(const DecodeError& error, const Header& header) {
  switch (error.kind) {
    case DecodeErrorKind::length_too_small:
    case DecodeErrorKind::length_too_big:
      return true;
    case DecodeErrorKind::unterminated_string:
      return header.command_id == CommandId::outbind;
    default:
      return false;
  }
}

std::string_view foreign_protocol(const Header& header) {
  switch (header.command_length) {
    case 0x48545450:  // "HTTP"
    case 0x47455420:  // "GET "
    case 0x504F5354:  // "POST"
      return "HTTP";
    case 0x5353482D:  // "SSH-"
      return "SSH";
    default:
      break;
  }
  // A TLS record: handshake (22) or alert (21), then the version 3.x (RFC 8446 §5.1).
  const std::uint32_t kind_and_major = header.command_length >> 16;
  return kind_and_major == 0x1603 || kind_and_major == 0x1503 ? "TLS" : std::string_view{};
}

}  // namespace anchal::smpp
