#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace anchal::smpp {

/// command_id of every PDU we know (SMPP 3.4 §5.1.2.1, SMPP 5.0 §4.7.5). A raw value off the wire may be none
/// of these; command_info() tells.
enum class CommandId : std::uint32_t {
  bind_receiver = 0x00000001,
  bind_transmitter = 0x00000002,
  query_sm = 0x00000003,
  submit_sm = 0x00000004,
  deliver_sm = 0x00000005,
  unbind = 0x00000006,
  replace_sm = 0x00000007,
  cancel_sm = 0x00000008,
  bind_transceiver = 0x00000009,
  outbind = 0x0000000B,
  enquire_link = 0x00000015,
  submit_multi = 0x00000021,
  alert_notification = 0x00000102,
  data_sm = 0x00000103,
  broadcast_sm = 0x00000111,
  query_broadcast_sm = 0x00000112,
  cancel_broadcast_sm = 0x00000113,
  generic_nack = 0x80000000,
  bind_receiver_resp = 0x80000001,
  bind_transmitter_resp = 0x80000002,
  query_sm_resp = 0x80000003,
  submit_sm_resp = 0x80000004,
  deliver_sm_resp = 0x80000005,
  unbind_resp = 0x80000006,
  replace_sm_resp = 0x80000007,
  cancel_sm_resp = 0x80000008,
  bind_transceiver_resp = 0x80000009,
  enquire_link_resp = 0x80000015,
  submit_multi_resp = 0x80000021,
  data_sm_resp = 0x80000103,
  broadcast_sm_resp = 0x80000111,
  query_broadcast_sm_resp = 0x80000112,
  cancel_broadcast_sm_resp = 0x80000113,
};

struct CommandInfo {
  CommandId id;
  std::string_view name;
  bool answered;  // a request that is owed a response of its own (never outbind, alert_notification,
                  // responses)
};

inline constexpr std::uint32_t kResponseBit = 0x80000000U;

inline constexpr auto kCommands = std::to_array<CommandInfo>({
    {CommandId::bind_receiver, "bind_receiver", true},
    {CommandId::bind_transmitter, "bind_transmitter", true},
    {CommandId::query_sm, "query_sm", true},
    {CommandId::submit_sm, "submit_sm", true},
    {CommandId::deliver_sm, "deliver_sm", true},
    {CommandId::unbind, "unbind", true},
    {CommandId::replace_sm, "replace_sm", true},
    {CommandId::cancel_sm, "cancel_sm", true},
    {CommandId::bind_transceiver, "bind_transceiver", true},
    {CommandId::outbind, "outbind", false},
    {CommandId::enquire_link, "enquire_link", true},
    {CommandId::submit_multi, "submit_multi", true},
    {CommandId::alert_notification, "alert_notification", false},
    {CommandId::data_sm, "data_sm", true},
    {CommandId::broadcast_sm, "broadcast_sm", true},
    {CommandId::query_broadcast_sm, "query_broadcast_sm", true},
    {CommandId::cancel_broadcast_sm, "cancel_broadcast_sm", true},
    {CommandId::generic_nack, "generic_nack", false},
    {CommandId::bind_receiver_resp, "bind_receiver_resp", false},
    {CommandId::bind_transmitter_resp, "bind_transmitter_resp", false},
    {CommandId::query_sm_resp, "query_sm_resp", false},
    {CommandId::submit_sm_resp, "submit_sm_resp", false},
    {CommandId::deliver_sm_resp, "deliver_sm_resp", false},
    {CommandId::unbind_resp, "unbind_resp", false},
    {CommandId::replace_sm_resp, "replace_sm_resp", false},
    {CommandId::cancel_sm_resp, "cancel_sm_resp", false},
    {CommandId::bind_transceiver_resp, "bind_transceiver_resp", false},
    {CommandId::enquire_link_resp, "enquire_link_resp", false},
    {CommandId::submit_multi_resp, "submit_multi_resp", false},
    {CommandId::data_sm_resp, "data_sm_resp", false},
    {CommandId::broadcast_sm_resp, "broadcast_sm_resp", false},
    {CommandId::query_broadcast_sm_resp, "query_broadcast_sm_resp", false},
    {CommandId::cancel_broadcast_sm_resp, "cancel_broadcast_sm_resp", false},
});

[[nodiscard]] constexpr bool is_response(CommandId id) {
  return (static_cast<std::uint32_t>(id) & kResponseBit) != 0;
}

/// The response that answers `request`: the same number with bit 31 set (SMPP 3.4 §5.1.2).
[[nodiscard]] constexpr CommandId response_of(CommandId request) {
  return static_cast<CommandId>(static_cast<std::uint32_t>(request) | kResponseBit);
}

/// Row of the table, or nullptr for a command_id that no PDU of ours has.
[[nodiscard]] constexpr const CommandInfo* command_info(CommandId id) {
  for (const CommandInfo& row : kCommands) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

/// "submit_sm"; empty for an unknown command_id.
[[nodiscard]] constexpr std::string_view command_name(CommandId id) {
  const CommandInfo* row = command_info(id);
  return row == nullptr ? std::string_view{} : row->name;
}

}  // namespace anchal::smpp
