#include "smpp/pdu/command_status.h"

#include <algorithm>
#include <array>

namespace anchal::smpp {
namespace {

constexpr auto kStatuses = std::to_array<StatusInfo>({
    {ESME_ROK, "ESME_ROK", "", StatusClass::ok, "request accepted"},
    {ESME_RINVMSGLEN, "ESME_RINVMSGLEN", "", StatusClass::permanent_message_error,
     "user data too long (or otherwise a bad length) for this message centre or network"},
    {ESME_RINVCMDLEN, "ESME_RINVCMDLEN", "", StatusClass::session_error,
     "command_length impossible or not acceptable for this PDU"},
    {ESME_RINVCMDID, "ESME_RINVCMDID", "", StatusClass::session_error, "operation unknown or not supported"},
    {ESME_RINVBNDSTS, "ESME_RINVBNDSTS", "", StatusClass::session_error,
     "PDU not allowed in the present session state"},
    {ESME_RALYBND, "ESME_RALYBND", "", StatusClass::bind_config_error,
     "already bound; in practice also: bind count of this system_id exhausted or the old socket has not "
     "timed out yet"},
    {ESME_RINVPRTFLG, "ESME_RINVPRTFLG", "", StatusClass::permanent_message_error,
     "priority_flag value not allowed"},
    {ESME_RINVREGDLVFLG, "ESME_RINVREGDLVFLG", "", StatusClass::permanent_message_error,
     "registered_delivery value not allowed (receipts may be switched off for the account)"},
    {ESME_RSYSERR, "ESME_RSYSERR", "", StatusClass::retry_same_route,
     "message centre cannot serve the request now"},
    {ESME_RINVSRCADR, "ESME_RINVSRCADR", "", StatusClass::permanent_message_error,
     "sender address refused (length / characters / not registered)"},
    {ESME_RINVDSTADR, "ESME_RINVDSTADR", "", StatusClass::permanent_message_error,
     "recipient address refused"},
    {ESME_RINVMSGID, "ESME_RINVMSGID", "", StatusClass::permanent_message_error,
     "message_id unknown to the message centre"},
    {ESME_RBINDFAIL, "ESME_RBINDFAIL", "", StatusClass::bind_config_error,
     "bind refused for an unspecified reason"},
    {ESME_RINVPASWD, "ESME_RINVPASWD", "", StatusClass::bind_config_error, "password field refused"},
    {ESME_RINVSYSID, "ESME_RINVSYSID", "", StatusClass::bind_config_error, "system_id refused"},
    {ESME_RCANCELFAIL, "ESME_RCANCELFAIL", "", StatusClass::permanent_message_error,
     "cancel_sm did not succeed"},
    {ESME_RREPLACEFAIL, "ESME_RREPLACEFAIL", "", StatusClass::permanent_message_error,
     "replace_sm did not succeed"},
    {ESME_RMSGQFUL, "ESME_RMSGQFUL", "", StatusClass::retry_same_route,
     "a queue is full: either the account / message centre or the queue of this one recipient"},
    {ESME_RINVSERTYP, "ESME_RINVSERTYP", "", StatusClass::permanent_message_error, "service_type refused"},
    {ESME_RINVNUMDESTS, "ESME_RINVNUMDESTS", "", StatusClass::permanent_message_error,
     "number_of_dests refused"},
    {ESME_RINVDLNAME, "ESME_RINVDLNAME", "", StatusClass::permanent_message_error,
     "distribution list name refused"},
    {ESME_RINVDESTFLAG, "ESME_RINVDESTFLAG", "", StatusClass::permanent_message_error,
     "dest_flag value refused"},
    {ESME_RINVSUBREP, "ESME_RINVSUBREP", "", StatusClass::permanent_message_error,
     "submit-with-replace not supported / not allowed"},
    {ESME_RINVESMCLASS, "ESME_RINVESMCLASS", "", StatusClass::permanent_message_error,
     "esm_class value refused"},
    {ESME_RCNTSUBDL, "ESME_RCNTSUBDL", "", StatusClass::permanent_message_error,
     "submission to a distribution list impossible"},
    {ESME_RSUBMITFAIL, "ESME_RSUBMITFAIL", "", StatusClass::retry_other_route,
     "submission failed; catch-all that operators use for anything from congestion to content block"},
    {ESME_RINVSRCTON, "ESME_RINVSRCTON", "", StatusClass::permanent_message_error, "sender TON refused"},
    {ESME_RINVSRCNPI, "ESME_RINVSRCNPI", "", StatusClass::permanent_message_error, "sender NPI refused"},
    {ESME_RINVDSTTON, "ESME_RINVDSTTON", "", StatusClass::permanent_message_error, "recipient TON refused"},
    {ESME_RINVDSTNPI, "ESME_RINVDSTNPI", "", StatusClass::permanent_message_error, "recipient NPI refused"},
    {ESME_RINVSYSTYP, "ESME_RINVSYSTYP", "", StatusClass::bind_config_error, "system_type refused at bind"},
    {ESME_RINVREPFLAG, "ESME_RINVREPFLAG", "", StatusClass::permanent_message_error,
     "replace_if_present_flag value refused"},
    {ESME_RINVNUMMSGS, "ESME_RINVNUMMSGS", "", StatusClass::permanent_message_error,
     "number of messages refused"},
    {ESME_RTHROTTLED, "ESME_RTHROTTLED", "", StatusClass::retry_same_route,
     "sent faster than the account allows"},
    {ESME_RINVSCHED, "ESME_RINVSCHED", "", StatusClass::permanent_message_error,
     "schedule_delivery_time refused"},
    {ESME_RINVEXPIRY, "ESME_RINVEXPIRY", "", StatusClass::permanent_message_error,
     "validity_period refused (also: too long / wrong form for this operator)"},
    {ESME_RINVDFTMSGID, "ESME_RINVDFTMSGID", "", StatusClass::permanent_message_error,
     "canned message id refused"},
    {ESME_RX_T_APPN, "ESME_RX_T_APPN", "", StatusClass::retry_same_route,
     "receiving application has a temporary problem: deliver again later"},
    {ESME_RX_P_APPN, "ESME_RX_P_APPN", "", StatusClass::permanent_message_error,
     "receiving application has a permanent problem with this destination: drop everything queued for it"},
    {ESME_RX_R_APPN, "ESME_RX_R_APPN", "", StatusClass::permanent_message_error,
     "receiving application rejects this one message: do not send it again"},
    {ESME_RQUERYFAIL, "ESME_RQUERYFAIL", "", StatusClass::retry_same_route, "query_sm did not succeed"},
    {ESME_RINVOPTPARSTREAM, "ESME_RINVOPTPARSTREAM", "ESME_RINVTLVSTREAM",
     StatusClass::permanent_message_error,
     "TLV section cannot be parsed (1-3 octets left over or a TLV that runs past the PDU)"},
    {ESME_ROPTPARNOTALLWD, "ESME_ROPTPARNOTALLWD", "ESME_RTLVNOTALLWD", StatusClass::permanent_message_error,
     "a TLV is not allowed here"},
    {ESME_RINVPARLEN, "ESME_RINVPARLEN", "ESME_RINVTLVLEN", StatusClass::permanent_message_error,
     "a TLV (3.4: a parameter) has a bad length"},
    {ESME_RMISSINGOPTPARAM, "ESME_RMISSINGOPTPARAM", "ESME_RMISSINGTLV", StatusClass::permanent_message_error,
     "a TLV required for this operation is missing"},
    {ESME_RINVOPTPARAMVAL, "ESME_RINVOPTPARAMVAL", "ESME_RINVTLVVAL", StatusClass::permanent_message_error,
     "a TLV value is invalid"},
    {ESME_RDELIVERYFAILURE, "ESME_RDELIVERYFAILURE", "", StatusClass::permanent_message_error,
     "transaction-mode delivery failed"},
    {ESME_RUNKNOWNERR, "ESME_RUNKNOWNERR", "", StatusClass::retry_other_route, "unspecified error"},
    {ESME_RSERTYPUNAUTH, "ESME_RSERTYPUNAUTH", "", StatusClass::permanent_message_error,
     "account may not use this service_type"},
    {ESME_RPROHIBITED, "ESME_RPROHIBITED", "", StatusClass::permanent_message_error,
     "operation recognised but denied to this account"},
    {ESME_RSERTYPUNAVAIL, "ESME_RSERTYPUNAVAIL", "", StatusClass::retry_same_route,
     "service behind this service_type is down"},
    {ESME_RSERTYPDENIED, "ESME_RSERTYPDENIED", "", StatusClass::permanent_message_error,
     "service_type denied because of the content"},
    {ESME_RINVDCS, "ESME_RINVDCS", "", StatusClass::permanent_message_error, "data_coding refused"},
    {ESME_RINVSRCADDRSUBUNIT, "ESME_RINVSRCADDRSUBUNIT", "", StatusClass::permanent_message_error,
     "source_addr_subunit refused"},
    {ESME_RINVDSTADDRSUBUNIT, "ESME_RINVDSTADDRSUBUNIT", "", StatusClass::permanent_message_error,
     "dest_addr_subunit refused"},
    {ESME_RINVBCASTFREQINT, "ESME_RINVBCASTFREQINT", "", StatusClass::permanent_message_error,
     "broadcast_frequency_interval refused"},
    {ESME_RINVBCASTALIAS_NAME, "ESME_RINVBCASTALIAS_NAME", "", StatusClass::permanent_message_error,
     "broadcast alias name refused"},
    {ESME_RINVBCASTAREAFMT, "ESME_RINVBCASTAREAFMT", "", StatusClass::permanent_message_error,
     "broadcast area format refused"},
    {ESME_RINVNUMBCAST_AREAS, "ESME_RINVNUMBCAST_AREAS", "", StatusClass::permanent_message_error,
     "number of broadcast areas refused"},
    {ESME_RINVBCASTCNTTYPE, "ESME_RINVBCASTCNTTYPE", "", StatusClass::permanent_message_error,
     "broadcast content type refused"},
    {ESME_RINVBCASTMSGCLASS, "ESME_RINVBCASTMSGCLASS", "", StatusClass::permanent_message_error,
     "broadcast message class refused"},
    {ESME_RBCASTFAIL, "ESME_RBCASTFAIL", "", StatusClass::retry_other_route, "broadcast_sm failed"},
    {ESME_RBCASTQUERYFAIL, "ESME_RBCASTQUERYFAIL", "", StatusClass::retry_same_route,
     "query_broadcast_sm failed"},
    {ESME_RBCASTCANCELFAIL, "ESME_RBCASTCANCELFAIL", "", StatusClass::permanent_message_error,
     "cancel_broadcast_sm failed"},
    {ESME_RINVBCAST_REP, "ESME_RINVBCAST_REP", "", StatusClass::permanent_message_error,
     "broadcast_rep_num refused"},
    {ESME_RINVBCASTSRVGRP, "ESME_RINVBCASTSRVGRP", "", StatusClass::permanent_message_error,
     "broadcast_service_group refused"},
    {ESME_RINVBCASTCHANIND, "ESME_RINVBCASTCHANIND", "", StatusClass::permanent_message_error,
     "broadcast_channel_indicator refused"},
});
static_assert(std::ranges::is_sorted(kStatuses, {}, &StatusInfo::code));

}  // namespace

std::span<const StatusInfo> status_table() {
  return kStatuses;
}

const StatusInfo* status_info(std::uint32_t code) {
  const auto found = std::ranges::lower_bound(kStatuses, code, {}, &StatusInfo::code);
  return found != kStatuses.end() && found->code == code ? &*found : nullptr;
}

std::string_view status_name(std::uint32_t code) {
  if (const StatusInfo* row = status_info(code)) return row->name;
  return code >= 0x400 && code <= 0x4FF ? "vendor" : "reserved";
}

StatusClass status_class(std::uint32_t code) {
  if (code == ESME_ROK) return StatusClass::ok;
  const StatusInfo* row = status_info(code);
  return row == nullptr ? StatusClass::retry_other_route : row->status_class;
}

StatusClass bind_status_class(std::uint32_t code) {
  switch (status_class(code)) {
    case StatusClass::ok:
      return StatusClass::ok;
    case StatusClass::retry_same_route:
    case StatusClass::session_error:
      return status_class(code);
    case StatusClass::retry_other_route:
    case StatusClass::permanent_message_error:
    case StatusClass::bind_config_error:
      return StatusClass::bind_config_error;
  }
  return StatusClass::bind_config_error;
}

std::string_view to_string(StatusClass value) {
  switch (value) {
    case StatusClass::ok:
      return "ok";
    case StatusClass::retry_same_route:
      return "retry_same_route";
    case StatusClass::retry_other_route:
      return "retry_other_route";
    case StatusClass::permanent_message_error:
      return "permanent_message_error";
    case StatusClass::session_error:
      return "session_error";
    case StatusClass::bind_config_error:
      return "bind_config_error";
  }
  return "unknown";
}

}  // namespace anchal::smpp
