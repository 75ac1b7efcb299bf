#include "engine/simulator/submit_checks.h"

#include <algorithm>

namespace anchal::simulator {
namespace {

using smpp::Octets;
using smpp::TlvTag;

constexpr std::uint8_t kUdhIndicator = 0x40;  // SMPP 3.4 §5.2.12
constexpr std::uint8_t kMessageType = 0x3C;   // the same
constexpr std::uint8_t kAlphanumeric = 5;     // §5.2.5
constexpr std::size_t kUserDataOctets = 140;  // 3GPP TS 23.040 §9.2.3.16
constexpr std::size_t kUserDataSeptets = 160;

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool known_npi(std::uint8_t npi) {
  constexpr std::uint8_t known[] = {0, 1, 3, 4, 6, 8, 9, 10, 14, 18};
  return std::find(std::begin(known), std::end(known), npi) != std::end(known);
}

std::uint32_t check_addresses(const Submission& part) {
  if (part.source_ton > 6) return smpp::ESME_RINVSRCTON;
  if (!known_npi(part.source_npi)) return smpp::ESME_RINVSRCNPI;
  if (part.dest_ton > 6) return smpp::ESME_RINVDSTTON;
  if (!known_npi(part.dest_npi)) return smpp::ESME_RINVDSTNPI;
  if (part.source_ton == kAlphanumeric ? part.source.empty() || part.source.size() > 11
                                       : !part.source.empty() && !digits(part.source)) {
    return smpp::ESME_RINVSRCADR;
  }
  if (!digits(part.destination) || (part.dest_ton == 1 && part.destination.size() > 15)) {
    return smpp::ESME_RINVDSTADR;  // ITU-T E.164: at most 15 digits
  }
  return smpp::ESME_ROK;
}

enum class Alphabet { septets, octets, wide };

Alphabet alphabet_of(std::uint8_t data_coding) {
  if (data_coding == 0x08 || data_coding == 0x18 || (data_coding & 0xF0) == 0xE0) return Alphabet::wide;
  if (data_coding == 0x00 || data_coding == 0x10 || (data_coding & 0xF4) == 0xF0) return Alphabet::septets;
  return Alphabet::octets;
}

// Octets of the UDH, its length octet included; 0 without one. False when its elements do not fill it.
bool header_length(const Submission& part, std::size_t& length) {
  length = 0;
  if ((part.esm_class & kUdhIndicator) == 0) return true;
  const Octets data = part.user_data;
  if (data.empty()) return false;
  length = std::to_integer<std::size_t>(data[0]) + 1;
  if (length < 3 || length > data.size()) return false;
  std::size_t at = 1;
  while (at < length) {
    if (at + 2 > length) return false;
    const auto element = std::to_integer<unsigned>(data[at]);
    const auto size = std::to_integer<std::size_t>(data[at + 1]);
    if (at + 2 + size > length) return false;
    const Octets value = data.subspan(at + 2, size);
    if (element == 0x00 || element == 0x08) {  // concatenation, 3GPP TS 23.040 §9.2.3.24.1, .8
      const std::size_t reference = element == 0x00 ? 1 : 2;
      if (size != reference + 2) return false;
      const auto total = std::to_integer<unsigned>(value[reference]);
      const auto number = std::to_integer<unsigned>(value[reference + 1]);
      if (total == 0 || number == 0 || number > total) return false;
    }
    at += 2 + size;
  }
  return true;
}

// One part must fit 140 octets on the air; 7-bit text comes unpacked, one septet an octet.
std::uint32_t check_user_data(const Submission& part) {
  std::size_t header = 0;
  if (!header_length(part, header)) return smpp::ESME_RINVESMCLASS;
  const Octets text = part.user_data.subspan(header);
  switch (alphabet_of(part.data_coding)) {
    case Alphabet::wide:
      if (text.size() % 2 != 0 || part.user_data.size() > kUserDataOctets) return smpp::ESME_RINVMSGLEN;
      break;
    case Alphabet::octets:
      if (part.user_data.size() > kUserDataOctets) return smpp::ESME_RINVMSGLEN;
      break;
    case Alphabet::septets: {
      const std::size_t header_septets = (header * 8 + 6) / 7;
      // A packed part has its eighth bit in use and 140 octets at most; unpacked septets have it clear.
      const bool packed = std::any_of(text.begin(), text.end(),
                                      [](std::byte b) { return (b & std::byte{0x80}) != std::byte{0}; });
      if (packed ? part.user_data.size() > kUserDataOctets
                 : header_septets + text.size() > kUserDataSeptets) {
        return smpp::ESME_RINVMSGLEN;
      }
      break;
    }
  }
  return smpp::ESME_ROK;
}

std::uint32_t check_flags(const Submission& part) {
  const unsigned type = part.esm_class & kMessageType;
  if (type != 0x00 && type != 0x08 && type != 0x10) return smpp::ESME_RINVESMCLASS;  // ESME to SMSC: §5.2.12
  if ((part.registered_delivery & 0xE0) != 0) return smpp::ESME_RINVREGDLVFLG;
  return smpp::ESME_ROK;
}

Octets payload_of(const smpp::Tlvs& tlvs) {
  const auto payload = tlvs.find(TlvTag::message_payload);
  return payload ? payload->value : Octets{};
}

std::optional<std::uint16_t> reference_of(const smpp::Tlvs& tlvs) {
  const auto value = tlvs.empty() ? std::nullopt : tlvs.integer(TlvTag::user_message_reference);
  return value ? std::optional(static_cast<std::uint16_t>(*value)) : std::nullopt;
}

bool two_digits(std::string_view time, std::size_t at, unsigned& value) {
  if (!digits(time.substr(at, 2))) return false;
  value = static_cast<unsigned>((time[at] - '0') * 10 + (time[at + 1] - '0'));
  return true;
}

}  // namespace

Submission submission_of(const smpp::SubmitSm& pdu) {
  return {pdu.service_type,
          pdu.source_addr_ton,
          pdu.source_addr_npi,
          pdu.dest_addr_ton,
          pdu.dest_addr_npi,
          pdu.source_addr,
          pdu.destination_addr,
          pdu.esm_class,
          pdu.registered_delivery,
          pdu.data_coding,
          pdu.short_message.empty() ? payload_of(pdu.tlvs) : pdu.short_message,
          reference_of(pdu.tlvs)};
}

Submission submission_of(const smpp::DataSm& pdu) {
  return {pdu.service_type,        pdu.source_addr_ton, pdu.source_addr_npi,  pdu.dest_addr_ton,
          pdu.dest_addr_npi,       pdu.source_addr,     pdu.destination_addr, pdu.esm_class,
          pdu.registered_delivery, pdu.data_coding,     payload_of(pdu.tlvs), reference_of(pdu.tlvs)};
}

bool valid_time(std::string_view time) {
  if (time.empty()) return true;
  if (time.size() != 16) return false;
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!two_digits(time, 0, year) || !two_digits(time, 2, month) || !two_digits(time, 4, day) ||
      !two_digits(time, 6, hour) || !two_digits(time, 8, minute) || !two_digits(time, 10, second)) {
    return false;
  }
  if (hour > 23 || minute > 59 || second > 59 || month > 12 || day > 31) return false;
  if (time[15] == 'R') return time.substr(12, 3) == "000";
  unsigned quarters = 0;
  return (time[15] == '+' || time[15] == '-') && digits(time.substr(12, 1)) &&
         two_digits(time, 13, quarters) && quarters <= 48 && month >= 1 && day >= 1;
}

std::uint32_t check_submit(const smpp::SubmitSm& pdu) {
  const Submission part = submission_of(pdu);
  if (const std::uint32_t status = check_addresses(part); status != smpp::ESME_ROK) return status;
  if (const std::uint32_t status = check_flags(part); status != smpp::ESME_ROK) return status;
  if (pdu.priority_flag > 3) return smpp::ESME_RINVPRTFLG;
  if (!valid_time(pdu.schedule_delivery_time)) return smpp::ESME_RINVSCHED;
  if (!valid_time(pdu.validity_period)) return smpp::ESME_RINVEXPIRY;
  if (pdu.replace_if_present_flag > 1) return smpp::ESME_RINVREPFLAG;
  if (pdu.tlvs.empty()) return check_user_data(part);

  const bool has_payload = pdu.tlvs.find(TlvTag::message_payload).has_value();
  if (has_payload && !pdu.short_message.empty()) return smpp::ESME_RINVMSGLEN;  // never both: §3.2.3
  const bool segmented = pdu.tlvs.find(TlvTag::sar_msg_ref_num).has_value() ||
                         pdu.tlvs.find(TlvTag::sar_total_segments).has_value() ||
                         pdu.tlvs.find(TlvTag::sar_segment_seqnum).has_value();
  if (segmented) {
    if ((pdu.esm_class & kUdhIndicator) != 0) return smpp::ESME_ROPTPARNOTALLWD;
    const auto total = pdu.tlvs.integer(TlvTag::sar_total_segments);
    const auto number = pdu.tlvs.integer(TlvTag::sar_segment_seqnum);
    if (!pdu.tlvs.integer(TlvTag::sar_msg_ref_num) || !total || !number) return smpp::ESME_RMISSINGOPTPARAM;
    if (*number == 0 || *number > *total) return smpp::ESME_RINVOPTPARAMVAL;
  }
  // The SMSC cuts a payload into parts itself: any length will do.
  return has_payload ? smpp::ESME_ROK : check_user_data(part);
}

std::uint32_t check_data(const smpp::DataSm& pdu) {
  const Submission part = submission_of(pdu);
  if (const std::uint32_t status = check_addresses(part); status != smpp::ESME_ROK) return status;
  if (const std::uint32_t status = check_flags(part); status != smpp::ESME_ROK) return status;
  return pdu.tlvs.find(TlvTag::message_payload) ? smpp::ESME_ROK : smpp::ESME_RMISSINGOPTPARAM;
}

}  // namespace anchal::simulator
