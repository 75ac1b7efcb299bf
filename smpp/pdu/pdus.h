#pragma once

#include <concepts>
#include <variant>

#include "smpp/pdu/pdus_broadcast.h"
#include "smpp/pdu/pdus_message.h"
#include "smpp/pdu/pdus_multi.h"
#include "smpp/pdu/pdus_session.h"

namespace anchal::smpp {

/// Every PDU there is, one alternative per command_id.
using AnyPdu =
    std::variant<BindReceiver, BindTransmitter, BindTransceiver, BindReceiverResp, BindTransmitterResp,
                 BindTransceiverResp, Outbind, Unbind, UnbindResp, GenericNack, EnquireLink, EnquireLinkResp,
                 SubmitSm, SubmitSmResp, DeliverSm, DeliverSmResp, DataSm, DataSmResp, QuerySm, QuerySmResp,
                 CancelSm, CancelSmResp, ReplaceSm, ReplaceSmResp, SubmitMulti, SubmitMultiResp,
                 AlertNotification, BroadcastSm, BroadcastSmResp, QueryBroadcastSm, QueryBroadcastSmResp,
                 CancelBroadcastSm, CancelBroadcastSmResp>;

template <class T>
concept PduType = requires {
  { T::kId } -> std::convertible_to<CommandId>;
};

/// A PDU of more than the header: it has fields, and TLVs may follow them.
template <class T>
concept PduWithBody = PduType<T> && requires(T pdu) { pdu.tlvs; };

}  // namespace anchal::smpp
