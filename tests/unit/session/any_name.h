#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "smpp/pdu/buffer.h"
#include "smpp/pdu/frame.h"

namespace anchal::smpp::test {

/// `key=value` words of a scenario line.
using Settings = std::map<std::string, std::string, std::less<>>;

/// Appends the PDU called `name` ("submit_sm_resp"), its fields set by their wire names, its TLVs by
/// `tlv=TAG:HEX` (several with commas), `seq=`, `status=` (number or ESME_ name) and `nobody` for the header
/// alone.
void append_pdu(Buffer& wire, std::string_view name, const Settings& settings);

/// A frame as one line: command, seq, status where not 0, the fields that are neither zero nor empty, TLVs.
std::string one_line(const Frame& frame);

/// A status number from "0x58" or "ESME_RTHROTTLED".
std::uint32_t status_of(std::string_view text);

}  // namespace anchal::smpp::test
