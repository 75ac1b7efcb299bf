#pragma once

#include <string>
#include <string_view>

#include "smpp/pdu/decode.h"
#include "smpp/pdu/frame.h"

namespace anchal::smpp {

/// A decoded PDU for people and programs, written from the field tables. Both show addresses and texts in
/// full: for octets that the user supplied, never for a log.

/// One JSON object: command, command_id, command_status, status_name, sequence_number, fields, tlvs,
/// warnings. Integers are numbers; strings are read as Latin-1, without the NUL; user data is sm_length and
/// short_message_hex.
[[nodiscard]] std::string print_json(const Frame& frame, const Decoded<AnyPdu>& decoded);

/// One line per field, the numbers explained, the user data as octets and as far as printable as characters.
[[nodiscard]] std::string print_text(const Frame& frame, const Decoded<AnyPdu>& decoded);

/// What a PDU that failed to decode says: header and error, in the same two forms.
[[nodiscard]] std::string print_json(const Header& header, const DecodeError& error);
[[nodiscard]] std::string print_text(const Header& header, const DecodeError& error);

}  // namespace anchal::smpp
