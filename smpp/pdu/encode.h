#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "smpp/pdu/buffer.h"
#include "smpp/pdu/command_id.h"
#include "smpp/pdu/frame.h"
#include "smpp/pdu/pdus.h"

namespace anchal::smpp {

/// Why a PDU cannot be put on the wire at all: its octets would be read as something else.
enum class EncodeErrorKind : std::uint8_t {
  nul_in_string,  // the string would end there
  too_long,       // more than the length or count octet can say
  nobody_writes,  // octets to come, and no Fill
};

struct EncodeError {
  EncodeErrorKind kind{};
  std::string_view field;
};

/// Appends `pdu` to `out`, header first, in one pass. Returns its octets; on error `out` is as before.
/// Strings above the maximum of the specification are written as they are: providers hand out longer
/// passwords, and the limit is the caller's configuration to keep. `fill` writes what is still to come.
template <class Pdu>
[[nodiscard]] std::expected<std::size_t, EncodeError> encode(Buffer& out, std::uint32_t sequence_number,
                                                             const Pdu& pdu, std::uint32_t command_status = 0,
                                                             const Fill& fill = {});

[[nodiscard]] std::expected<std::size_t, EncodeError> encode_any(Buffer& out, std::uint32_t sequence_number,
                                                                 const AnyPdu& pdu,
                                                                 std::uint32_t command_status = 0);

/// Appends a PDU of sixteen octets: unbind, enquire_link, generic_nack, and any response without its body.
void encode_header(Buffer& out, CommandId command_id, std::uint32_t command_status,
                   std::uint32_t sequence_number);

}  // namespace anchal::smpp
