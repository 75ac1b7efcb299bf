#include <algorithm>
#include <cstring>

#include "engine/core/encoding_profile.h"
#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {

/// For people: how a session ended. Nothing where the socket's own reason says it better.
const char* words_of(smpp::CloseReason reason) {
  using enum smpp::CloseReason;
  switch (reason) {
    case unbound:
      return "unbound";
    case unbind_timeout:
      return "our unbind was not answered";
    case peer_unbound:
      return "the peer unbound";
    case bind_refused:
      return "the peer refused the bind";
    case bind_timeout:
      return "the bind was not answered";
    case session_init_timeout:
      return "no bind came";
    case link_dead:
      return "the peer is silent: enquire_link was not answered";
    case framing_lost:
      return "the peer sends what is not SMPP: a command_length that cannot be";
    case protocol_violation:
      return "the peer keeps sending what it may not";
    case disconnected:
      break;
  }
  return "";
}

smpp::MessageIdBase id_base(ReceiptBase base) {
  switch (base) {
    case ReceiptBase::dec:
      return smpp::MessageIdBase::dec;
    case ReceiptBase::hex:
      return smpp::MessageIdBase::hex;
    case ReceiptBase::raw:
      break;
  }
  return smpp::MessageIdBase::raw;
}

throttle::BackoffConfig reconnect_backoff(const OperatorConfig& config) {
  throttle::BackoffConfig backoff;
  backoff.initial = config.reconnect_min;
  backoff.max = config.reconnect_max;
  return backoff;
}

smpp::ReceiptSettings receipt_settings(const OperatorConfig& config) {
  smpp::ReceiptSettings settings;
  settings.detect_by_text = config.receipt_detect_by_text;
  settings.utc_offset_minutes = config.receipt_utc_offset;
  return settings;
}

/// A deliver_sm or data_sm as far as receipts care.
template <class Pdu>
ReceiptReader::Arrived arrived(const Pdu& pdu) {
  ReceiptReader::Arrived out;
  out.input.esm_class = pdu.esm_class;
  out.data_coding = pdu.data_coding;
  out.source = pdu.source_addr;
  out.destination = pdu.destination_addr;
  if constexpr (requires { pdu.short_message; }) out.input.short_message = pdu.short_message;
  if (pdu.tlvs.empty()) return out;
  const auto tlv = [&](smpp::TlvTag tag) -> std::optional<std::span<const std::byte>> {
    const auto found = pdu.tlvs.find(tag);
    return found ? std::optional(found->value) : std::nullopt;
  };
  out.input.message_payload = tlv(smpp::TlvTag::message_payload);
  out.input.receipted_message_id = tlv(smpp::TlvTag::receipted_message_id);
  out.input.message_state = tlv(smpp::TlvTag::message_state);
  out.input.network_error_code = tlv(smpp::TlvTag::network_error_code);
  if (const auto reference = pdu.tlvs.integer(smpp::TlvTag::sar_msg_ref_num)) {
    const auto total = pdu.tlvs.integer(smpp::TlvTag::sar_total_segments).value_or(0),
               number = pdu.tlvs.integer(smpp::TlvTag::sar_segment_seqnum).value_or(0);
    out.sar = smpp::PartNumber{static_cast<std::uint16_t>(*reference), static_cast<std::uint8_t>(total),
                               static_cast<std::uint8_t>(number), true};
  }
  if (const auto reference = pdu.tlvs.integer(smpp::TlvTag::user_message_reference))
    out.reference = static_cast<std::uint16_t>(*reference);
  return out;
}

}  // namespace

Operator::Operator(const OperatorConfig& operator_config, const LaneWeights& weights, Duration window)
    : config(operator_config),
      queue(weights),
      log({throttle::Rate::none(), window, 10ms}),
      adaptive({throttle::Rate::contract(operator_config.tps)}),
      receipts(receipt_settings(operator_config), encoding_profile(operator_config)) {
  const smpp::EncodingProfile base = encoding_profile(operator_config);
  for (std::size_t request = 0; request < profiles.size(); ++request) {
    profiles[request] = smpp::narrowed(base, static_cast<smpp::EncodingRequest>(request));
  }
  ids.response = id_base(operator_config.id_in_response);
  ids.receipt = id_base(operator_config.id_in_receipt);
  ids.fold_case = operator_config.id_fold_case;
  ids.strip_zeros = operator_config.id_strip_zeros;
}

void Shard::Impl::make_operators() {
  for (std::size_t index = 0; index < config_.operators.size(); ++index) {
    const OperatorConfig& config = config_.operators[index];
    auto op = std::make_unique<Operator>(config, config_.weights, config_.rate_window);
    op->index = static_cast<std::uint16_t>(index);
    op->policy_id = static_cast<std::uint16_t>(names_.operators.intern(config.name));
    op->reference = static_cast<std::uint16_t>(random_.next());
    const auto add = [&](smpp::BindKind kind, std::uint16_t number, std::string label, bool dormant) {
      const auto id = static_cast<BindId>(binds_.size());
      auto bind = std::make_unique<Bind>(id, op->index, kind, reconnect_backoff(config), random_.next());
      bind->dormant = dormant;
      binds_.push_back(std::move(bind));
      bind_infos_.push_back({id, op->index, number, std::move(label)});
      op->binds.push_back(id);
    };
    for (unsigned number = 0; number < config.binds; ++number) {
      if (number % place_.count != place_.index) continue;
      const std::string label = config.name + "-" + std::to_string(number + 1);
      const auto n = static_cast<std::uint16_t>(number);
      if (config.bind == BindKind::transceiver) {
        add(smpp::BindKind::transceiver, n, label, false);
        add(smpp::BindKind::receiver, n, label + "-rx", true);
      } else {
        add(smpp::BindKind::transmitter, n, label + "-tx", false);
        add(smpp::BindKind::receiver, n, label + "-rx", false);
      }
    }
    operators_.push_back(std::move(op));
  }
}

bool Shard::Impl::open(const Operator& op) const {
  return op.transmit_binds_up > 0 && !op.paused;
}

void Shard::Impl::connect_binds(Now now) {
  for (auto& bind : binds_) {
    if (bind->dormant || bind->connected || bind->connecting || bind->closing || bind->connect_due > now.mono)
      continue;
    bind->connecting = true;
    ports_.connect(bind->id);
  }
}

void Shard::Impl::on_connected(BindId id, Now now) {
  Bind& bind = *binds_[id];
  bind.ending.clear();
  const OperatorConfig& config = config_.operators[bind.operator_index];
  bind.connecting = false;
  bind.connected = true;
  bind.blocked = false;
  ++bind.generation;
  smpp::SessionConfig session;
  session.role = smpp::Role::esme;
  session.bind = bind.kind;
  session.system_id = config.system_id;
  session.password = config.password;
  session.system_type = config.system_type;
  session.interface_version = config.interface_version;
  session.address_range = config.address_range;
  session.window = broken(Variant::window_in_messages) ? config.window * 255 : config.window;
  session.enquire_link_interval = config.enquire_link;
  session.response_timeout = config.response_timeout;
  session.bind_timeout = config.bind_timeout;
  bind.session.emplace(std::move(session));
  bind.session->start(now.mono);
  flush_bind(bind);
}

void Shard::Impl::on_bytes(BindId id, std::span<const std::byte> bytes, Now now) {
  Bind& bind = *binds_[id];
  if (!bind.session) return;
  bind.session->on_bytes(bytes, now.mono, events_);
  handle_events(bind, now);
}

void Shard::Impl::on_writable(BindId id, Now) {
  Bind& bind = *binds_[id];
  bind.blocked = false;
  flush_bind(bind);
}

void Shard::Impl::on_closed(BindId id, std::string_view reason, Now now) {
  Bind& bind = *binds_[id];
  const bool was_up = bind.connected;
  bind.connected = bind.connecting = bind.closing = bind.unbinding = false;
  if (bind.session) {
    bind.session->on_disconnect(now.mono, events_);
    handle_events(bind, now);
  }
  bind_lost(bind, now);
  bind.connected = bind.closing = false;
  bind.connect_due = now.mono + bind.backoff.next();
  if (was_up || bind.backoff.failures() <= 2) {
    notice(Notice::Level::warning, "bind " + bind_infos_[id].label + " closed: " +
                                       (bind.ending.empty() ? std::string(reason) : bind.ending));
  }
  bind.ending.clear();
}

void Shard::Impl::bind_lost(Bind& bind, Now now) {
  bind.session.reset();
  bind.blocked = bind.settling = bind.wrote_submits = bind.under_policy = false;
  bind.write_before = TimePoint::max();
  if (bind.bound) {
    bind.bound = false;
    Operator& op = *operators_[bind.operator_index];
    count_binds(op);
    if (op.transmit_binds_up == 0) op.down_since = now.mono;
  }
}

void Shard::Impl::count_binds(Operator& op) {
  op.transmit_binds_up = 0;
  op.window_total = 0;
  for (const BindId id : op.binds) {
    const Bind& bind = *binds_[id];
    if (!bind.bound || bind.kind == smpp::BindKind::receiver) continue;
    ++op.transmit_binds_up;
    op.window_total += op.config.window;
  }
}

void Shard::Impl::tick_sessions(Now now) {
  for (auto& bind : binds_) {
    if (!bind->session || bind->session->next_deadline() > now.mono) continue;
    bind->session->on_tick(now.mono, events_);
    handle_events(*bind, now);
  }
}

void Shard::Impl::handle_events(Bind& bind, Now now) {
  std::vector<smpp::Event> events;
  events.swap(events_);
  for (const smpp::Event& event : events) {
    if (const auto* done = std::get_if<smpp::Completed>(&event)) {
      on_completed(bind, *done, now);
    } else if (const auto* deliver = std::get_if<smpp::DeliverArrived>(&event)) {
      on_receipt(bind, deliver->sequence_number, false, arrived(deliver->pdu), now);
    } else if (const auto* data = std::get_if<smpp::DataArrived>(&event)) {
      on_receipt(bind, data->sequence_number, true, arrived(data->pdu), now);
    } else if (const auto* late = std::get_if<smpp::LateResponse>(&event)) {
      on_late(*late, bind.operator_index, now);
    } else if (std::get_if<smpp::Bound>(&event) != nullptr) {
      bind.bound = true;
      bind.bound_at = now.mono;
      bind.backoff.reset();
      count_binds(*operators_[bind.operator_index]);
      notice(Notice::Level::info, "bind " + bind_infos_[bind.id].label + " up");
    } else if (const auto* refused = std::get_if<smpp::BindRefused>(&event)) {
      notice(Notice::Level::error, "bind " + bind_infos_[bind.id].label +
                                       " refused: " + std::string(smpp::status_name(refused->status)));
      if (refused->transceiver_unknown()) {
        // SMPP 3.4 only adds bind_transceiver: an older SMSC gets a transmitter and a receiver instead.
        bind.kind = smpp::BindKind::transmitter;
        binds_[bind.id + 1u]->dormant = false;
        bind.backoff.reset();
      }
    } else if (const auto* warning = std::get_if<smpp::Warning>(&event)) {
      if (warning->kind == smpp::SessionWarning::generic_nack) {
        notice(Notice::Level::warning, "bind " + bind_infos_[bind.id].label + ": generic_nack " +
                                           std::string(smpp::status_name(warning->status)));
      } else if (!warning->foreign_protocol.empty()) {
        bind.ending = "the peer speaks " + std::string(warning->foreign_protocol) + ", not SMPP";
      }
    } else if (const auto* closed = std::get_if<smpp::Closed>(&event)) {
      const bool orderly = closed->reason == smpp::CloseReason::unbound ||
                           closed->reason == smpp::CloseReason::peer_unbound ||
                           closed->reason == smpp::CloseReason::unbind_timeout;
      if (bind.ending.empty()) bind.ending = words_of(closed->reason);
      if (bind.connected) {
        flush_bind(bind);
        close_bind(bind, orderly);
      }
    }
  }
  events.clear();
  if (events_.empty()) events_.swap(events);
}

void Shard::Impl::close_bind(Bind& bind, bool orderly) {
  if (bind.closing || !bind.connected) return;
  bind.closing = true;
  ports_.close(bind.id, orderly);
}

void Shard::Impl::flush_bind(Bind& bind) {
  if (!bind.connected || bind.blocked || bind.closing || !bind.session) return;
  smpp::Buffer& out = bind.session->out();
  if (out.empty()) return;
  TimePoint before = bind.write_before;
  if (bind.under_policy) before = std::min({before, policy_.lease_valid_until, rule_begins_at_});
  if (broken(Variant::clock_read_once)) before = TimePoint::max();
  const auto taken = ports_.write(bind.id, out.bytes(), before);
  if (!taken) {
    notice(Notice::Level::warning,
           "bind " + bind_infos_[bind.id].label + " reset: what was allowed was not written in its time");
    close_bind(bind, false);
    return;
  }
  out.consume(*taken);
  if (out.empty()) {
    bind.under_policy = false;
    bind.write_before = TimePoint::max();
  }
  bind.blocked = !out.empty() && !broken(Variant::short_write_ignored);
}

void Shard::Impl::answer(const ReceiptAnswer& answer) {
  Bind& bind = *binds_[answer.bind];
  if (!bind.session || bind.generation != answer.session) return;  // the SMSC will deliver it again
  if (answer.data_sm) {
    bind.session->answer_data(answer.sequence_number, 0, {});
  } else {
    bind.session->answer_deliver(answer.sequence_number, 0);
  }
}

}  // namespace anchal::core
