#include <array>

#include "smpp/pdu/encode.h"
#include "smpp/session/session.h"

namespace anchal::smpp {

/// Why a PDU of this permission cannot be sent now, the window apart.
std::optional<SendError> Session::why_not(const Permission& permission) const {
  const auto* bound = std::get_if<BoundPhase>(&phase_);
  if (bound == nullptr) return live() == nullptr ? SendError::not_bound : SendError::unbinding;
  if (!may_send(permission, config_.role, bound_state(bound->live.kind))) return SendError::wrong_bind_kind;
  return std::nullopt;
}

template <class Request>
std::expected<std::uint32_t, SendError> Session::send(const Request& request, std::uint64_t token,
                                                      TimePoint now, const Fill& fill) {
  static constexpr Permission kPermission = permission_of(Request::kId);
  if (const auto refused = why_not(kPermission)) return std::unexpected(*refused);
  Window& window = std::get<BoundPhase>(phase_).live.window;
  if (window.full()) return std::unexpected(SendError::window_full);
  const std::uint32_t before = last_sequence_;
  const std::uint32_t sequence_number = next_sequence(true);
  if (!encode(out_, sequence_number, request, ESME_ROK, fill)) {
    last_sequence_ = before;
    return std::unexpected(SendError::not_encodable);
  }
  window.add({token, now, sequence_number, Request::kId});
  return sequence_number;
}

std::expected<void, SendError> Session::alert(const AlertNotification& pdu) {
  static constexpr Permission kPermission = permission_of(AlertNotification::kId);
  if (const auto refused = why_not(kPermission)) return std::unexpected(*refused);
  if (!encode(out_, next_sequence(), pdu)) return std::unexpected(SendError::not_encodable);
  return {};
}

void Session::settle_owed() {
  if (Live* alive = live(); alive != nullptr && alive->owed > 0) --alive->owed;
}

template <class Response>
bool Session::answer(std::uint32_t sequence_number, const Response& response, std::uint32_t status) {
  if (live() == nullptr) return true;
  if (!encode(out_, sequence_number, response, status)) return false;
  settle_owed();
  return true;
}

void Session::answer_status(CommandId request, std::uint32_t sequence_number, std::uint32_t status) {
  if (live() == nullptr) return;
  answer_without_fields(request, sequence_number, status);
  settle_owed();
}

void Session::answer_without_fields(CommandId request, std::uint32_t sequence_number, std::uint32_t status) {
  if (request == CommandId::deliver_sm) {
    static_cast<void>(encode(out_, sequence_number, DeliverSmResp{}, status));
  } else {
    encode_header(out_, response_of(request), status, sequence_number);
  }
}

void Session::answer_submit(std::uint32_t sequence_number, std::uint32_t status,
                            std::string_view message_id) {
  const bool written =
      status == ESME_ROK && answer(sequence_number, SubmitSmResp{.message_id = message_id}, status);
  if (!written) answer_status(CommandId::submit_sm, sequence_number, status);
}

void Session::answer_data(std::uint32_t sequence_number, std::uint32_t status, std::string_view message_id) {
  const bool written =
      status == ESME_ROK && answer(sequence_number, DataSmResp{.message_id = message_id}, status);
  if (!written) answer_status(CommandId::data_sm, sequence_number, status);
}

void Session::accept_bind(TimePoint now) {
  const auto* binding = std::get_if<BindingPhase>(&phase_);
  if (config_.role != Role::smsc || binding == nullptr) return;
  const std::array version = {static_cast<std::byte>(config_.interface_version)};
  const std::array<Tlv, 1> tlvs = {Tlv{TlvTag::sc_interface_version, version}};
  // A peer of before 3.4 knows no TLVs (SMPP 3.4 §2.7).
  const bool say_version = config_.interface_version != 0 && binding->peer_version >= 0x34;
  const auto write = [&]<class Pdu>(Pdu pdu) {
    pdu.system_id = config_.system_id;
    if (say_version) pdu.tlvs = Tlvs(std::span<const Tlv>(tlvs));
    if (!encode(out_, binding->sequence_number, pdu)) {
      encode_header(out_, Pdu::kId, ESME_ROK, binding->sequence_number);
    }
  };
  switch (binding->kind) {
    case BindKind::receiver:
      write(BindReceiverResp{});
      break;
    case BindKind::transmitter:
      write(BindTransmitterResp{});
      break;
    case BindKind::transceiver:
      write(BindTransceiverResp{});
      break;
  }
  enter_bound(binding->kind, now);
}

void Session::refuse_bind(std::uint32_t status, TimePoint now) {
  const auto* binding = std::get_if<BindingPhase>(&phase_);
  if (config_.role != Role::smsc || binding == nullptr) return;
  encode_header(out_, response_of(bind_command(binding->kind)), status, binding->sequence_number);
  phase_ = OpenPhase{deadline(now, config_.session_init_timeout)};
}

template std::expected<std::uint32_t, SendError> Session::send(const SubmitSm&, std::uint64_t, TimePoint,
                                                               const Fill&);
template std::expected<std::uint32_t, SendError> Session::send(const SubmitMulti&, std::uint64_t, TimePoint,
                                                               const Fill&);
template std::expected<std::uint32_t, SendError> Session::send(const DeliverSm&, std::uint64_t, TimePoint,
                                                               const Fill&);
template std::expected<std::uint32_t, SendError> Session::send(const DataSm&, std::uint64_t, TimePoint,
                                                               const Fill&);
template std::expected<std::uint32_t, SendError> Session::send(const QuerySm&, std::uint64_t, TimePoint,
                                                               const Fill&);
template std::expected<std::uint32_t, SendError> Session::send(const CancelSm&, std::uint64_t, TimePoint,
                                                               const Fill&);
template std::expected<std::uint32_t, SendError> Session::send(const ReplaceSm&, std::uint64_t, TimePoint,
                                                               const Fill&);
template std::expected<std::uint32_t, SendError> Session::send(const BroadcastSm&, std::uint64_t, TimePoint,
                                                               const Fill&);
template std::expected<std::uint32_t, SendError> Session::send(const QueryBroadcastSm&, std::uint64_t,
                                                               TimePoint, const Fill&);
template std::expected<std::uint32_t, SendError> Session::send(const CancelBroadcastSm&, std::uint64_t,
                                                               TimePoint, const Fill&);

template bool Session::answer(std::uint32_t, const SubmitSmResp&, std::uint32_t);
template bool Session::answer(std::uint32_t, const SubmitMultiResp&, std::uint32_t);
template bool Session::answer(std::uint32_t, const DeliverSmResp&, std::uint32_t);
template bool Session::answer(std::uint32_t, const DataSmResp&, std::uint32_t);
template bool Session::answer(std::uint32_t, const QuerySmResp&, std::uint32_t);
template bool Session::answer(std::uint32_t, const CancelSmResp&, std::uint32_t);
template bool Session::answer(std::uint32_t, const ReplaceSmResp&, std::uint32_t);
template bool Session::answer(std::uint32_t, const BroadcastSmResp&, std::uint32_t);
template bool Session::answer(std::uint32_t, const QueryBroadcastSmResp&, std::uint32_t);
template bool Session::answer(std::uint32_t, const CancelBroadcastSmResp&, std::uint32_t);

}  // namespace anchal::smpp
