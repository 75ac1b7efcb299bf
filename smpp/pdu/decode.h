#pragma once

#include <cstdint>
#include <expected>

#include "smpp/pdu/decode_error.h"
#include "smpp/pdu/frame.h"
#include "smpp/pdu/pdus.h"

namespace anchal::smpp {

/// Strict: what the specification says, for an SMSC. Lenient: what real peers send, for an ESME; what it
/// tolerates comes as a warning.
enum class DecodeMode : std::uint8_t { strict, lenient };

/// How much of the body there was. Only a response may leave fields out (SMPP 3.4 §4.4.2 and practice).
enum class BodyForm : std::uint8_t {
  whole,         // every field
  empty,         // no octet: no fields
  first_string,  // error response: the id or name only, perhaps TLVs
  tlvs_only,     // error response: TLVs without the fields
  raw,           // error response of no known form: see Frame::body
};

template <class Pdu>
struct Decoded {
  Pdu pdu;
  DecodeWarnings warnings;
  BodyForm form = BodyForm::whole;
};

/// Reads the body of `frame`, whose command_id is Pdu::kId, as a Pdu whose views point into the frame. Copies
/// nothing, allocates nothing. The first problem in wire order is the error.
template <class Pdu>
[[nodiscard]] std::expected<Decoded<Pdu>, DecodeError> decode(const Frame& frame, DecodeMode mode);

/// The same for whatever PDU it is; an unknown command_id is an error.
[[nodiscard]] std::expected<Decoded<AnyPdu>, DecodeError> decode_any(const Frame& frame, DecodeMode mode);

}  // namespace anchal::smpp
