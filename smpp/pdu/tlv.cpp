#include "smpp/pdu/tlv.h"

#include <algorithm>
#include <array>

#include "smpp/pdu/tlv_stream.h"

namespace anchal::smpp {
namespace {

constexpr auto kTlvs = std::to_array<TlvInfo>({
    {TlvTag::dest_addr_subunit, "dest_addr_subunit", TlvType::integer, 1, 1, false},
    {TlvTag::dest_network_type, "dest_network_type", TlvType::integer, 1, 1, false},
    {TlvTag::dest_bearer_type, "dest_bearer_type", TlvType::integer, 1, 1, false},
    {TlvTag::dest_telematics_id, "dest_telematics_id", TlvType::integer, 2, 2, false},
    {TlvTag::source_addr_subunit, "source_addr_subunit", TlvType::integer, 1, 1, false},
    {TlvTag::source_network_type, "source_network_type", TlvType::integer, 1, 1, false},
    {TlvTag::source_bearer_type, "source_bearer_type", TlvType::integer, 1, 1, false},
    {TlvTag::source_telematics_id, "source_telematics_id", TlvType::integer, 1, 2, false},
    {TlvTag::qos_time_to_live, "qos_time_to_live", TlvType::integer, 4, 4, false},
    {TlvTag::payload_type, "payload_type", TlvType::integer, 1, 1, false},
    {TlvTag::additional_status_info_text, "additional_status_info_text", TlvType::c_octet_string, 1, 256,
     false},
    {TlvTag::receipted_message_id, "receipted_message_id", TlvType::c_octet_string, 1, 65, false},
    {TlvTag::ms_msg_wait_facilities, "ms_msg_wait_facilities", TlvType::bitmask, 1, 1, false},
    {TlvTag::privacy_indicator, "privacy_indicator", TlvType::integer, 1, 1, false},
    {TlvTag::source_subaddress, "source_subaddress", TlvType::octet_string, 2, 23, false},
    {TlvTag::dest_subaddress, "dest_subaddress", TlvType::octet_string, 2, 23, false},
    {TlvTag::user_message_reference, "user_message_reference", TlvType::integer, 2, 2, false},
    {TlvTag::user_response_code, "user_response_code", TlvType::integer, 1, 1, false},
    {TlvTag::source_port, "source_port", TlvType::integer, 2, 2, false},
    {TlvTag::destination_port, "destination_port", TlvType::integer, 2, 2, false},
    {TlvTag::sar_msg_ref_num, "sar_msg_ref_num", TlvType::integer, 2, 2, false},
    {TlvTag::language_indicator, "language_indicator", TlvType::integer, 1, 1, false},
    {TlvTag::sar_total_segments, "sar_total_segments", TlvType::integer, 1, 1, false},
    {TlvTag::sar_segment_seqnum, "sar_segment_seqnum", TlvType::integer, 1, 1, false},
    {TlvTag::sc_interface_version, "sc_interface_version", TlvType::integer, 1, 1, false},
    {TlvTag::callback_num_pres_ind, "callback_num_pres_ind", TlvType::bitmask, 1, 1, true},
    {TlvTag::callback_num_atag, "callback_num_atag", TlvType::octet_string, 1, 65, true},
    {TlvTag::number_of_messages, "number_of_messages", TlvType::integer, 1, 1, false},
    {TlvTag::callback_num, "callback_num", TlvType::octet_string, 4, 19, true},
    {TlvTag::dpf_result, "dpf_result", TlvType::integer, 1, 1, false},
    {TlvTag::set_dpf, "set_dpf", TlvType::integer, 1, 1, false},
    {TlvTag::ms_availability_status, "ms_availability_status", TlvType::integer, 1, 1, false},
    {TlvTag::network_error_code, "network_error_code", TlvType::octet_string, 3, 3, false},
    {TlvTag::message_payload, "message_payload", TlvType::octet_string, 0, 65535, false},
    {TlvTag::delivery_failure_reason, "delivery_failure_reason", TlvType::integer, 1, 1, false},
    {TlvTag::more_messages_to_send, "more_messages_to_send", TlvType::integer, 1, 1, false},
    {TlvTag::message_state, "message_state", TlvType::integer, 1, 1, false},
    {TlvTag::congestion_state, "congestion_state", TlvType::integer, 1, 1, false},
    {TlvTag::ussd_service_op, "ussd_service_op", TlvType::integer, 1, 1, false},
    {TlvTag::broadcast_channel_indicator, "broadcast_channel_indicator", TlvType::integer, 1, 1, false},
    {TlvTag::broadcast_content_type, "broadcast_content_type", TlvType::octet_string, 3, 3, false},
    {TlvTag::broadcast_content_type_info, "broadcast_content_type_info", TlvType::octet_string, 1, 255,
     false},
    {TlvTag::broadcast_message_class, "broadcast_message_class", TlvType::integer, 1, 1, false},
    {TlvTag::broadcast_rep_num, "broadcast_rep_num", TlvType::integer, 2, 2, false},
    {TlvTag::broadcast_frequency_interval, "broadcast_frequency_interval", TlvType::octet_string, 3, 3,
     false},
    {TlvTag::broadcast_area_identifier, "broadcast_area_identifier", TlvType::octet_string, 1, 101, true},
    {TlvTag::broadcast_error_status, "broadcast_error_status", TlvType::integer, 4, 4, true},
    {TlvTag::broadcast_area_success, "broadcast_area_success", TlvType::integer, 1, 1, true},
    {TlvTag::broadcast_end_time, "broadcast_end_time", TlvType::c_octet_string, 16, 17, false},
    {TlvTag::broadcast_service_group, "broadcast_service_group", TlvType::octet_string, 1, 255, false},
    {TlvTag::billing_identification, "billing_identification", TlvType::octet_string, 1, 1024, false},
    {TlvTag::source_network_id, "source_network_id", TlvType::c_octet_string, 7, 65, false},
    {TlvTag::dest_network_id, "dest_network_id", TlvType::c_octet_string, 7, 65, false},
    {TlvTag::source_node_id, "source_node_id", TlvType::octet_string, 6, 6, false},
    {TlvTag::dest_node_id, "dest_node_id", TlvType::octet_string, 6, 6, false},
    {TlvTag::dest_addr_np_resolution, "dest_addr_np_resolution", TlvType::integer, 1, 1, false},
    {TlvTag::dest_addr_np_information, "dest_addr_np_information", TlvType::octet_string, 10, 10, false},
    {TlvTag::dest_addr_np_country, "dest_addr_np_country", TlvType::integer, 1, 5, false},
    {TlvTag::display_time, "display_time", TlvType::integer, 1, 1, false},
    {TlvTag::sms_signal, "sms_signal", TlvType::integer, 2, 2, false},
    {TlvTag::ms_validity, "ms_validity", TlvType::octet_string, 1, 4, false},
    {TlvTag::alert_on_message_delivery, "alert_on_message_delivery", TlvType::integer, 0, 1, false},
    {TlvTag::its_reply_type, "its_reply_type", TlvType::integer, 1, 1, false},
    {TlvTag::its_session_info, "its_session_info", TlvType::octet_string, 2, 2, false},
});
static_assert(std::ranges::is_sorted(kTlvs, {}, &TlvInfo::tag));
static_assert(kTlvs.size() <= 64,
              "who looks for repeated ones has a bit for each: RepeatCheck in reader.cpp");

}  // namespace

std::span<const TlvInfo> tlv_table() {
  return kTlvs;
}

const TlvInfo* tlv_info(TlvTag tag) {
  const auto found = std::ranges::lower_bound(kTlvs, tag, {}, &TlvInfo::tag);
  return found != kTlvs.end() && found->tag == tag ? &*found : nullptr;
}

std::string_view tlv_name(TlvTag tag) {
  if (const TlvInfo* row = tlv_info(tag)) return row->name;
  const auto raw = static_cast<std::uint16_t>(tag);
  return raw >= 0x1400 && raw <= 0x3FFF ? "vendor" : "unknown";
}

std::optional<std::uint32_t> Tlv::integer() const {
  if (value.empty() || value.size() > 4) return std::nullopt;
  std::uint32_t number = 0;
  for (const std::byte octet : value) number = number << 8 | std::to_integer<std::uint32_t>(octet);
  return number;
}

std::string_view Tlv::text() const {
  const std::string_view whole = as_text(value);
  return whole.substr(0, whole.find('\0'));
}

void Tlvs::Iterator::advance() {
  while (!raw_.empty()) {
    if (take_tlv(raw_, current_)) return;
    if (raw_.front() != std::byte{0}) break;
    raw_ = raw_.subspan(1);
  }
  raw_ = {};
  if (list_.empty()) {
    done_ = true;
    return;
  }
  current_ = list_.front();
  list_ = list_.subspan(1);
}

std::optional<Tlv> Tlvs::find(TlvTag tag) const {
  for (const Tlv& tlv : *this) {
    if (tlv.tag == tag) return tlv;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> Tlvs::integer(TlvTag tag) const {
  const std::optional<Tlv> tlv = find(tag);
  return tlv ? tlv->integer() : std::nullopt;
}

}  // namespace anchal::smpp
