#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "smpp/pdu/pdus.h"

namespace anchal::simulator {

/// What submit_sm and data_sm have in common, as views of the frame.
struct Submission {
  std::string_view service_type;
  std::uint8_t source_ton = 0, source_npi = 0, dest_ton = 0, dest_npi = 0;
  std::string_view source, destination;
  std::uint8_t esm_class = 0, registered_delivery = 0, data_coding = 0;
  smpp::Octets user_data;                                 ///< short_message or message_payload
  std::optional<std::uint16_t> reference = std::nullopt;  ///< user_message_reference
};

Submission submission_of(const smpp::SubmitSm& pdu);
Submission submission_of(const smpp::DataSm& pdu);

/// What a strict SMSC refuses although it could be decoded: addresses that are no numbers, reserved types,
/// user data no handset could get in one part, a header that is none, times that are none. ESME_ROK or the
/// status to answer.
std::uint32_t check_submit(const smpp::SubmitSm& pdu);
std::uint32_t check_data(const smpp::DataSm& pdu);

/// True for an absolute or a relative time of SMPP 3.4 §7.1 with every field in its range, and for none at
/// all.
bool valid_time(std::string_view time);

}  // namespace anchal::simulator
