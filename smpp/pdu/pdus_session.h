#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "smpp/pdu/command_id.h"
#include "smpp/pdu/field.h"
#include "smpp/pdu/tlv.h"

namespace anchal::smpp {

/// Every PDU struct is a view: its strings point into the frame it was decoded from, or at what the caller
/// encodes. The header is no part of it: command_status and sequence_number travel beside it.

/// The body of the three bind requests (SMPP 3.4 §4.1.1, §4.1.3, §4.1.5). Real passwords exceed the nine
/// octets.
struct BindRequest {
  std::string_view system_id{};
  std::string_view password{};
  std::string_view system_type{};
  std::uint8_t interface_version = 0x34;
  std::uint8_t addr_ton = 0;
  std::uint8_t addr_npi = 0;
  std::string_view address_range{};
  Tlvs tlvs{};
};

template <CommandId Id>
struct Bind : BindRequest {
  static constexpr CommandId kId = Id;
};
using BindReceiver = Bind<CommandId::bind_receiver>;
using BindTransmitter = Bind<CommandId::bind_transmitter>;
using BindTransceiver = Bind<CommandId::bind_transceiver>;

template <CommandId Id>
inline constexpr auto kFields<Bind<Id>> = std::tuple{
    field<CString<16, ESME_RINVSYSID>>("system_id", &BindRequest::system_id),       // §5.2.1
    field<CString<9, ESME_RINVPASWD>>("password", &BindRequest::password),          // §5.2.2
    field<CString<13, ESME_RINVSYSTYP>>("system_type", &BindRequest::system_type),  // §5.2.3
    field<U8>("interface_version", &BindRequest::interface_version),                // §5.2.4
    field<U8>("addr_ton", &BindRequest::addr_ton),                                  // §5.2.5
    field<U8>("addr_npi", &BindRequest::addr_npi),                                  // §5.2.6
    field<CString<41>>("address_range", &BindRequest::address_range),               // §5.2.7
};

/// bind_*_resp (SMPP 3.4 §4.1.2); sc_interface_version is a TLV.
struct BindResponse {
  std::string_view system_id{};
  Tlvs tlvs{};
};

template <CommandId Id>
struct BindResp : BindResponse {
  static constexpr CommandId kId = Id;
};
using BindReceiverResp = BindResp<CommandId::bind_receiver_resp>;
using BindTransmitterResp = BindResp<CommandId::bind_transmitter_resp>;
using BindTransceiverResp = BindResp<CommandId::bind_transceiver_resp>;

template <CommandId Id>
inline constexpr auto kFields<BindResp<Id>> =
    std::tuple{field<CString<16, ESME_RINVSYSID>>("system_id", &BindResponse::system_id)};

/// outbind (SMPP 3.4 §4.1.7): the SMSC asks a listening ESME to bind. Never answered.
struct Outbind {
  static constexpr CommandId kId = CommandId::outbind;
  std::string_view system_id{};
  std::string_view password{};
  Tlvs tlvs{};
};

template <>
inline constexpr auto kFields<Outbind> = std::tuple{
    field<CString<16, ESME_RINVSYSID>>("system_id", &Outbind::system_id),
    field<CString<9, ESME_RINVPASWD>>("password", &Outbind::password),
};

/// A PDU of sixteen octets.
template <CommandId Id>
struct HeaderOnly {
  static constexpr CommandId kId = Id;
};
using Unbind = HeaderOnly<CommandId::unbind>;                                   // SMPP 3.4 §4.2.1
using UnbindResp = HeaderOnly<CommandId::unbind_resp>;                          // §4.2.2
using GenericNack = HeaderOnly<CommandId::generic_nack>;                        // §4.3.1
using EnquireLink = HeaderOnly<CommandId::enquire_link>;                        // §4.11.1
using EnquireLinkResp = HeaderOnly<CommandId::enquire_link_resp>;               // §4.11.2
using CancelSmResp = HeaderOnly<CommandId::cancel_sm_resp>;                     // §4.9.2
using ReplaceSmResp = HeaderOnly<CommandId::replace_sm_resp>;                   // §4.10.2
using CancelBroadcastSmResp = HeaderOnly<CommandId::cancel_broadcast_sm_resp>;  // SMPP 5.0 §4.6.2.3

/// alert_notification (SMPP 3.4 §4.12.1): never answered.
struct AlertNotification {
  static constexpr CommandId kId = CommandId::alert_notification;
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string_view source_addr{};
  std::uint8_t esme_addr_ton = 0;
  std::uint8_t esme_addr_npi = 0;
  std::string_view esme_addr{};
  Tlvs tlvs{};
};

template <>
inline constexpr auto kFields<AlertNotification> = std::tuple{
    field<U8>("source_addr_ton", &AlertNotification::source_addr_ton),
    field<U8>("source_addr_npi", &AlertNotification::source_addr_npi),
    field<CString<65, ESME_RINVSRCADR>>("source_addr", &AlertNotification::source_addr),
    field<U8>("esme_addr_ton", &AlertNotification::esme_addr_ton),
    field<U8>("esme_addr_npi", &AlertNotification::esme_addr_npi),
    field<CString<65>>("esme_addr", &AlertNotification::esme_addr),
};

}  // namespace anchal::smpp
