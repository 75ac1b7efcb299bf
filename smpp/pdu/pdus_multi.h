#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "smpp/pdu/command_id.h"
#include "smpp/pdu/field.h"
#include "smpp/pdu/octets.h"
#include "smpp/pdu/tlv.h"
#include "smpp/pdu/wire_list.h"

namespace anchal::smpp {

/// dest_address of submit_multi (SMPP 3.4 §4.5.1.1): dest_flag 1 is an SME address, 2 the name of a list.
struct DestAddress {
  static constexpr std::uint8_t kSmeAddress = 1;
  static constexpr std::uint8_t kDistributionList = 2;

  std::uint8_t dest_flag = kSmeAddress;
  std::uint8_t dest_addr_ton = 0;
  std::uint8_t dest_addr_npi = 0;
  std::string_view destination_addr{};
  std::string_view dl_name{};
  bool operator==(const DestAddress&) const = default;

  static bool take(Octets& rest, DestAddress& entry);
};

/// What follows dest_flag 1; after dest_flag 2 only dl_name follows.
template <>
inline constexpr auto kFields<DestAddress> = std::tuple{
    field<U8>("dest_addr_ton", &DestAddress::dest_addr_ton),
    field<U8>("dest_addr_npi", &DestAddress::dest_addr_npi),
    field<CString<21, ESME_RINVDSTADR>>("destination_addr", &DestAddress::destination_addr),
};
using DlNameWire = CString<21>;

/// unsuccess_sme of submit_multi_resp (SMPP 3.4 §4.5.2.1).
struct UnsuccessSme {
  std::uint8_t dest_addr_ton = 0;
  std::uint8_t dest_addr_npi = 0;
  std::string_view destination_addr{};
  std::uint32_t error_status_code = 0;
  bool operator==(const UnsuccessSme&) const = default;

  static bool take(Octets& rest, UnsuccessSme& entry);
};

template <>
inline constexpr auto kFields<UnsuccessSme> = std::tuple{
    field<U8>("dest_addr_ton", &UnsuccessSme::dest_addr_ton),
    field<U8>("dest_addr_npi", &UnsuccessSme::dest_addr_npi),
    field<CString<21, ESME_RINVDSTADR>>("destination_addr", &UnsuccessSme::destination_addr),
    field<U32>("error_status_code", &UnsuccessSme::error_status_code),
};

/// submit_multi (SMPP 3.4 §4.5.1): 1 to 254 destinations (255 in 5.0).
struct SubmitMulti {
  static constexpr CommandId kId = CommandId::submit_multi;
  std::string_view service_type{};
  std::uint8_t source_addr_ton = 0;
  std::uint8_t source_addr_npi = 0;
  std::string_view source_addr{};
  WireList<DestAddress> dest_address{};
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

template <>
inline constexpr auto kFields<SubmitMulti> = std::tuple{
    field<CString<6, ESME_RINVSERTYP>>("service_type", &SubmitMulti::service_type),
    field<U8>("source_addr_ton", &SubmitMulti::source_addr_ton),
    field<U8>("source_addr_npi", &SubmitMulti::source_addr_npi),
    field<CString<21, ESME_RINVSRCADR>>("source_addr", &SubmitMulti::source_addr),
    field<CountedList>("dest_address", &SubmitMulti::dest_address),
    field<U8>("esm_class", &SubmitMulti::esm_class),
    field<U8>("protocol_id", &SubmitMulti::protocol_id),
    field<U8>("priority_flag", &SubmitMulti::priority_flag),
    field<Time<ESME_RINVSCHED>>("schedule_delivery_time", &SubmitMulti::schedule_delivery_time),
    field<Time<ESME_RINVEXPIRY>>("validity_period", &SubmitMulti::validity_period),
    field<U8>("registered_delivery", &SubmitMulti::registered_delivery),
    field<U8>("replace_if_present_flag", &SubmitMulti::replace_if_present_flag),
    field<U8>("data_coding", &SubmitMulti::data_coding),
    field<U8>("sm_default_msg_id", &SubmitMulti::sm_default_msg_id),
    field<CountedOctets>("short_message", &SubmitMulti::short_message),
};

/// submit_multi_resp (SMPP 3.4 §4.5.2): one message_id for all, and those that were refused.
struct SubmitMultiResp {
  static constexpr CommandId kId = CommandId::submit_multi_resp;
  std::string_view message_id{};
  WireList<UnsuccessSme> unsuccess_sme{};
  Tlvs tlvs{};
};

template <>
inline constexpr auto kFields<SubmitMultiResp> = std::tuple{
    field<CString<65, ESME_RINVMSGID>>("message_id", &SubmitMultiResp::message_id),
    field<CountedList>("unsuccess_sme", &SubmitMultiResp::unsuccess_sme),
};

}  // namespace anchal::smpp
