#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "smpp/pdu/command_id.h"
#include "smpp/pdu/field.h"
#include "smpp/pdu/tlv.h"

namespace anchal::smpp {

/// broadcast_sm (SMPP 5.0 §4.4.1.1): area, content type, repetition and the text travel in TLVs.
struct BroadcastSm {
  static constexpr CommandId kId = CommandId::broadcast_sm;
  std::string_view service_type{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string_view source_addr{};
  std::string_view message_id{};
  std::uint8_t priority_flag = 0;
  std::string_view schedule_delivery_time{};
  std::string_view validity_period{};
  std::uint8_t replace_if_present_flag = 0;
  std::uint8_t data_coding = 0;
  std::uint8_t sm_default_msg_id = 0;
  Tlvs tlvs{};
};

template <>
inline constexpr auto kFields<BroadcastSm> = std::tuple{
    field<CString<6, ESME_RINVSERTYP>>("service_type", &BroadcastSm::service_type),
    field<U8>("source_addr_ton", &BroadcastSm::source_addr_ton),
    field<U8>("source_addr_npi", &BroadcastSm::source_addr_npi),
    field<CString<21, ESME_RINVSRCADR>>("source_addr", &BroadcastSm::source_addr),
    field<CString<65, ESME_RINVMSGID>>("message_id", &BroadcastSm::message_id),
    field<U8>("priority_flag", &BroadcastSm::priority_flag),
    field<Time<ESME_RINVSCHED>>("schedule_delivery_time", &BroadcastSm::schedule_delivery_time),
    field<Time<ESME_RINVEXPIRY>>("validity_period", &BroadcastSm::validity_period),
    field<U8>("replace_if_present_flag", &BroadcastSm::replace_if_present_flag),
    field<U8>("data_coding", &BroadcastSm::data_coding),
    field<U8>("sm_default_msg_id", &BroadcastSm::sm_default_msg_id),
};

/// query_broadcast_sm (SMPP 5.0 §4.6.1.1).
struct QueryBroadcastSm {
  static constexpr CommandId kId = CommandId::query_broadcast_sm;
  std::string_view message_id{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string_view source_addr{};
  Tlvs tlvs{};
};

template <>
inline constexpr auto kFields<QueryBroadcastSm> = std::tuple{
    field<CString<65, ESME_RINVMSGID>>("message_id", &QueryBroadcastSm::message_id),
    field<U8>("source_addr_ton", &QueryBroadcastSm::source_addr_ton),
    field<U8>("source_addr_npi", &QueryBroadcastSm::source_addr_npi),
    field<CString<21, ESME_RINVSRCADR>>("source_addr", &QueryBroadcastSm::source_addr),
};

/// query_broadcast_sm_resp (SMPP 5.0 §4.6.1.3): state, areas and success travel in TLVs.
struct QueryBroadcastSmResp {
  static constexpr CommandId kId = CommandId::query_broadcast_sm_resp;
  std::string_view message_id{};
  Tlvs tlvs{};
};

template <>
inline constexpr auto kFields<QueryBroadcastSmResp> =
    std::tuple{field<CString<65, ESME_RINVMSGID>>("message_id", &QueryBroadcastSmResp::message_id)};

/// cancel_broadcast_sm (SMPP 5.0 §4.6.2.1).
struct CancelBroadcastSm {
  static constexpr CommandId kId = CommandId::cancel_broadcast_sm;
  std::string_view service_type{};
  std::string_view message_id{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string_view source_addr{};
  Tlvs tlvs{};
};

template <>
inline constexpr auto kFields<CancelBroadcastSm> = std::tuple{
    field<CString<6, ESME_RINVSERTYP>>("service_type", &CancelBroadcastSm::service_type),
    field<CString<65, ESME_RINVMSGID>>("message_id", &CancelBroadcastSm::message_id),
    field<U8>("source_addr_ton", &CancelBroadcastSm::source_addr_ton),
    field<U8>("source_addr_npi", &CancelBroadcastSm::source_addr_npi),
    field<CString<21, ESME_RINVSRCADR>>("source_addr", &CancelBroadcastSm::source_addr),
};

}  // namespace anchal::smpp
