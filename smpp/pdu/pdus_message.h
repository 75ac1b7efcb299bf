#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "smpp/pdu/command_id.h"
#include "smpp/pdu/field.h"
#include "smpp/pdu/octets.h"
#include "smpp/pdu/tlv.h"

namespace anchal::smpp {

/// submit_sm and deliver_sm share one layout (SMPP 3.4 §4.4.1, §4.6.1). User data stands in short_message or
/// in the TLV message_payload, never in both.
template <CommandId Id>
struct ShortMessagePdu {
  static constexpr CommandId kId = Id;
  std::string_view service_type{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string_view source_addr{};
  std::uint8_t dest_addr_ton = 0;
  std::uint8_t dest_addr_npi = 0;
  std::string_view destination_addr{};
  std::uint8_t esm_class = 0;
  std::uint8_t protocol_id = 0;
  std::uint8_t priority_flag = 0;
  std::string_view schedule_delivery_time{};
  std::string_view validity_period{};
  std::uint8_t registered_delivery = 0;
  std::uint8_t replace_if_present_flag = 0;
  std::uint8_t data_coding = 0;
  std::uint8_t sm_default_msg_id = 0;
  Octets short_message{};
  Tlvs tlvs{};
};
using SubmitSm = ShortMessagePdu<CommandId::submit_sm>;
using DeliverSm = ShortMessagePdu<CommandId::deliver_sm>;

template <CommandId Id>
inline constexpr auto kFields<ShortMessagePdu<Id>> = std::tuple{
    field<CString<6, ESME_RINVSERTYP>>("service_type", &ShortMessagePdu<Id>::service_type),  // §5.2.11
    field<U8>("source_addr_ton", &ShortMessagePdu<Id>::source_addr_ton),                     // §5.2.5
    field<U8>("source_addr_npi", &ShortMessagePdu<Id>::source_addr_npi),                     // §5.2.6
    field<CString<21, ESME_RINVSRCADR>>("source_addr", &ShortMessagePdu<Id>::source_addr),   // §5.2.8
    field<U8>("dest_addr_ton", &ShortMessagePdu<Id>::dest_addr_ton),                         // §5.2.5
    field<U8>("dest_addr_npi", &ShortMessagePdu<Id>::dest_addr_npi),                         // §5.2.6
    field<CString<21, ESME_RINVDSTADR>>("destination_addr",
                                        &ShortMessagePdu<Id>::destination_addr),  // §5.2.9
    field<U8>("esm_class", &ShortMessagePdu<Id>::esm_class),                      // §5.2.12
    field<U8>("protocol_id", &ShortMessagePdu<Id>::protocol_id),                  // §5.2.13
    field<U8>("priority_flag", &ShortMessagePdu<Id>::priority_flag),              // §5.2.14
    field<Time<ESME_RINVSCHED>>("schedule_delivery_time",
                                &ShortMessagePdu<Id>::schedule_delivery_time),               // §5.2.15
    field<Time<ESME_RINVEXPIRY>>("validity_period", &ShortMessagePdu<Id>::validity_period),  // §5.2.16
    field<U8>("registered_delivery", &ShortMessagePdu<Id>::registered_delivery),             // §5.2.17
    field<U8>("replace_if_present_flag", &ShortMessagePdu<Id>::replace_if_present_flag),     // §5.2.18
    field<U8>("data_coding", &ShortMessagePdu<Id>::data_coding),                             // §5.2.19
    field<U8>("sm_default_msg_id", &ShortMessagePdu<Id>::sm_default_msg_id),                 // §5.2.20
    field<CountedOctets>("short_message", &ShortMessagePdu<Id>::short_message),  // §5.2.21, §5.2.22
};

/// data_sm (SMPP 3.4 §4.7.1), both ways: longer addresses, user data only in message_payload.
struct DataSm {
  static constexpr CommandId kId = CommandId::data_sm;
  std::string_view service_type{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string_view source_addr{};
  std::uint8_t dest_addr_ton = 0;
  std::uint8_t dest_addr_npi = 0;
  std::string_view destination_addr{};
  std::uint8_t esm_class = 0;
  std::uint8_t registered_delivery = 0;
  std::uint8_t data_coding = 0;
  Tlvs tlvs{};
};

template <>
inline constexpr auto kFields<DataSm> = std::tuple{
    field<CString<6, ESME_RINVSERTYP>>("service_type", &DataSm::service_type),
    field<U8>("source_addr_ton", &DataSm::source_addr_ton),
    field<U8>("source_addr_npi", &DataSm::source_addr_npi),
    field<CString<65, ESME_RINVSRCADR>>("source_addr", &DataSm::source_addr),
    field<U8>("dest_addr_ton", &DataSm::dest_addr_ton),
    field<U8>("dest_addr_npi", &DataSm::dest_addr_npi),
    field<CString<65, ESME_RINVDSTADR>>("destination_addr", &DataSm::destination_addr),
    field<U8>("esm_class", &DataSm::esm_class),
    field<U8>("registered_delivery", &DataSm::registered_delivery),
    field<U8>("data_coding", &DataSm::data_coding),
};

/// submit_sm_resp, data_sm_resp, deliver_sm_resp (where message_id is unused: one NUL) and broadcast_sm_resp.
/// SMPP 3.4 §4.4.2, §4.6.2, §4.7.2; SMPP 5.0 §4.4.1.2.
template <CommandId Id>
struct MessageIdResp {
  static constexpr CommandId kId = Id;
  std::string_view message_id{};
  Tlvs tlvs{};
};
using SubmitSmResp = MessageIdResp<CommandId::submit_sm_resp>;
using DeliverSmResp = MessageIdResp<CommandId::deliver_sm_resp>;
using DataSmResp = MessageIdResp<CommandId::data_sm_resp>;
using BroadcastSmResp = MessageIdResp<CommandId::broadcast_sm_resp>;

template <CommandId Id>
inline constexpr auto kFields<MessageIdResp<Id>> =
    std::tuple{field<CString<65, ESME_RINVMSGID>>("message_id", &MessageIdResp<Id>::message_id)};

/// query_sm (SMPP 3.4 §4.8.1).
struct QuerySm {
  static constexpr CommandId kId = CommandId::query_sm;
  std::string_view message_id{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string_view source_addr{};
  Tlvs tlvs{};
};

template <>
inline constexpr auto kFields<QuerySm> = std::tuple{
    field<CString<65, ESME_RINVMSGID>>("message_id", &QuerySm::message_id),
    field<U8>("source_addr_ton", &QuerySm::source_addr_ton),
    field<U8>("source_addr_npi", &QuerySm::source_addr_npi),
    field<CString<21, ESME_RINVSRCADR>>("source_addr", &QuerySm::source_addr),
};

/// query_sm_resp (SMPP 3.4 §4.8.2). final_date is empty while the message is not final.
struct QuerySmResp {
  static constexpr CommandId kId = CommandId::query_sm_resp;
  std::string_view message_id{};
  std::string_view final_date{};
  std::uint8_t message_state = 0;
  std::uint8_t error_code = 0;
  Tlvs tlvs{};
};

template <>
inline constexpr auto kFields<QuerySmResp> = std::tuple{
    field<CString<65, ESME_RINVMSGID>>("message_id", &QuerySmResp::message_id),
    field<Time<ESME_RINVCMDLEN, true>>("final_date", &QuerySmResp::final_date),
    field<U8>("message_state", &QuerySmResp::message_state),
    field<U8>("error_code", &QuerySmResp::error_code),
};

/// cancel_sm (SMPP 3.4 §4.9.1).
struct CancelSm {
  static constexpr CommandId kId = CommandId::cancel_sm;
  std::string_view service_type{};
  std::string_view message_id{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string_view source_addr{};
  std::uint8_t dest_addr_ton = 0;
  std::uint8_t dest_addr_npi = 0;
  std::string_view destination_addr{};
  Tlvs tlvs{};
};

template <>
inline constexpr auto kFields<CancelSm> = std::tuple{
    field<CString<6, ESME_RINVSERTYP>>("service_type", &CancelSm::service_type),
    field<CString<65, ESME_RINVMSGID>>("message_id", &CancelSm::message_id),
    field<U8>("source_addr_ton", &CancelSm::source_addr_ton),
    field<U8>("source_addr_npi", &CancelSm::source_addr_npi),
    field<CString<21, ESME_RINVSRCADR>>("source_addr", &CancelSm::source_addr),
    field<U8>("dest_addr_ton", &CancelSm::dest_addr_ton),
    field<U8>("dest_addr_npi", &CancelSm::dest_addr_npi),
    field<CString<21, ESME_RINVDSTADR>>("destination_addr", &CancelSm::destination_addr),
};

/// replace_sm (SMPP 3.4 §4.10.1): neither data_coding nor esm_class.
struct ReplaceSm {
  static constexpr CommandId kId = CommandId::replace_sm;
  std::string_view message_id{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string_view source_addr{};
  std::string_view schedule_delivery_time{};
  std::string_view validity_period{};
  std::uint8_t registered_delivery = 0;
  std::uint8_t sm_default_msg_id = 0;
  Octets short_message{};
  Tlvs tlvs{};
};

template <>
inline constexpr auto kFields<ReplaceSm> = std::tuple{
    field<CString<65, ESME_RINVMSGID>>("message_id", &ReplaceSm::message_id),
    field<U8>("source_addr_ton", &ReplaceSm::source_addr_ton),
    field<U8>("source_addr_npi", &ReplaceSm::source_addr_npi),
    field<CString<21, ESME_RINVSRCADR>>("source_addr", &ReplaceSm::source_addr),
    field<Time<ESME_RINVSCHED>>("schedule_delivery_time", &ReplaceSm::schedule_delivery_time),
    field<Time<ESME_RINVEXPIRY>>("validity_period", &ReplaceSm::validity_period),
    field<U8>("registered_delivery", &ReplaceSm::registered_delivery),
    field<U8>("sm_default_msg_id", &ReplaceSm::sm_default_msg_id),
    field<CountedOctets>("short_message", &ReplaceSm::short_message),
};

}  // namespace anchal::smpp
