#include <algorithm>
#include <charconv>

#include "engine/core/encoding_profile.h"
#include "engine/core/job/json_parsers.h"
#include "engine/core/shard_impl.h"
#include "engine/core/source_address.h"
#include "engine/core/variant.h"
#include "smpp/pdu/time_format.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {

constexpr Duration kCommitMost = 500ms;  // what is prepared ahead of a commit that takes longer only ages

/// Why a text cannot go: the octet at which it cannot, or how long it is.
std::string describe(const smpp::TextError& error) {
  std::string why(smpp::to_string(error.kind));
  if (error.kind == smpp::TextErrorKind::too_many_segments) {
    why += ": it would take " + std::to_string(error.segments) + " parts";
  } else if (error.kind != smpp::TextErrorKind::text_too_long) {
    why += " at octet " + std::to_string(error.offset) + " of the text";
  }
  return why;
}

}  // namespace

Active& Shard::Impl::take_slot() {
  Active& active = actives_.take();
  active.unsent = active.on_wire = active.accepted = active.doubtful = active.refused = active.ids_pending =
      0;
  active.attempts = active.error = 0;
  active.day = 0;
  active.wrote_any = active.again = active.other_route = active.dropped = active.lapsed = active.cancelled =
      false;
  active.held_by.clear();
  active.held_until.reset();
  active.doubt_key.clear();
  return active;
}

/// The gate, and a little more: what a rule stops in a moment goes no more either, since the kernel may keep
/// it until then. What is still there shortly before is taken from it, with its bind (rule_begins).
throttle::Verdict Shard::Impl::gate(const throttle::MessageClass& message,
                                    std::optional<throttle::OnHold> on_hold, Now now) const {
  if (broken(Variant::fails_open)) now.mono = TimePoint::min();
  const throttle::Verdict verdict = throttle::gate(policy_, message, {now.wall, now.mono}, on_hold);
  if (verdict.decision != throttle::Decision::send || now.wall + before_rule() < policy_change_)
    return verdict;
  if (broken(Variant::clock_rule_unsettled)) return verdict;
  return throttle::gate(policy_, message, {now.wall + before_rule(), now.mono}, on_hold);
}

void Shard::Impl::free_slot(Active& active) {
  resend_waits(active);
  if (active.phase == Active::Phase::journaling) --operators_[active.operator_index]->journaling;
  actives_.release(active);
}

void Shard::Impl::prepare(Now now) {
  if (!store_up_ || store_health_.full) return;
  for (auto& op : operators_) {
    if (open(*op) && !op->queue.empty()) prepare(*op, now);
  }
}

/// Takes messages from the queue, fixes their parts and journals the intents, no further ahead than the
/// windows and the rate can use while a commit takes its time: what is prepared is in doubt after a crash,
/// and does not know of later OTPs.
void Shard::Impl::prepare(Operator& op, Now now) {
  const std::uint32_t window = op.window_total;
  const std::uint32_t reserve = std::min(window / 8, 4 * op.transmit_binds_up);
  const auto busy = [&op] {
    return op.journaling + static_cast<std::uint32_t>(op.ready.size() + op.ready_otp.size()) + op.on_wire;
  };
  // What else is ready goes behind it, the rest of a long message too.
  while (busy() < window + op.ready.size()) {
    const auto message = broken(Variant::bulk_before_otp) ? op.queue.pop_other() : op.queue.pop_otp();
    if (!message) break;
    prepare_message(op, *message, now);
  }
  std::uint32_t ahead = window;
  const std::uint64_t pace = op.adaptive.milliparts(now.mono);
  std::uint64_t rate = op.config.tps > 0 ? op.log.rate().parts : ~std::uint64_t{0};
  if (pace != throttle::SlidingLog::kNoPace) rate = std::min(rate, pace / 1000 + 1);
  if (rate != ~std::uint64_t{0}) {
    // An intent waits for the commit under way and its own.
    const Duration reach = 50ms + 2 * std::min<Duration>(commit_took_, kCommitMost);
    ahead = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(window, std::max<std::uint64_t>(2, rate * (reach / 1ms) / 1000)));
  }
  while (busy() + reserve < window && op.journaling + op.ready.size() < ahead) {
    const auto message = broken(Variant::bulk_before_otp) ? op.queue.pop_otp() : op.queue.pop_other();
    if (!message) break;
    prepare_message(op, *message, now);
  }
}

bool Shard::Impl::prepare_message(Operator& op, const Queued& message, Now now) {
  Entry& entry = *message.entry;
  Job& job = *entry.job;
  Row& row = job.rows[message.row];
  if (of(entry).leaving) return false;
  const Holding in_hand = holding(entry, Stage::render, row.index);
  if (answered_after_all(entry, message.row, now, &op)) return false;
  OutcomeLine line;
  line.operator_name = op.config.name;
  const bool begun = job.moved && job.moved->progress;  // what is partly out ends at the write
  if (job.expires_at && *job.expires_at <= now.wall && !begun) {
    line.operator_name = {};
    line.reason = "expires_at";
    finalise(identity(entry, row), Final::expired, line, now);
    settle_row(entry, message.row);
    return false;
  }
  // The gate itself comes at the write. What is stopped already need not be journalled first.
  const throttle::MessageClass policy = policy_class(job, row, op);
  const throttle::Verdict verdict = gate(policy, job.on_hold, now);
  if (verdict.decision == throttle::Decision::drop && !begun) {
    count_stop(verdict);
    line.reason = policy_.rule_id(verdict.rule);
    finalise(identity(entry, row), Final::dropped, line, now);
    settle_row(entry, message.row);
    return false;
  }
  if (verdict.decision == throttle::Decision::hold) {
    count_stop(verdict);
    line.state = "held";
    line.operator_name = {};
    line.reason = policy_.rule_id(verdict.rule);
    line.until = verdict.until;
    report(identity(entry, row), line, now);
    move_rows(entry, {message.row}, {StreamKind::hold, 0, hold_name(verdict), entry.lane, {}},
              job.moved ? job.moved->attempts : 0, job.moved ? job.moved->progress : std::nullopt, now);
    return false;
  }

  Active& active = take_slot();
  std::string why;
  std::string_view text = job.text;
  if (!render(active, job, broken(Variant::text_of_first_row) ? job.rows.front() : row, text, why)) {
    line.reason = why;
    line.operator_name = {};
    finalise(identity(entry, row), Final::invalid, line, now);
    actives_.release(active);
    settle_row(entry, message.row);
    return false;
  }
  const auto planned =
      smpp::plan_into(text, op.profiles[static_cast<std::size_t>(job.encoding)], *active.plan);
  const bool changed = planned && job.moved && job.moved->progress &&
                       job.moved->progress->accepted.size() != active.plan->parts();
  if (!planned || changed) {
    why = changed ? std::string("segmentation_changed") : describe(planned.error());
    line.reason = why;
    line.operator_name = {};
    finalise(identity(entry, row), changed ? Final::undelivered : Final::invalid, line, now);
    actives_.release(active);
    settle_row(entry, message.row);
    return false;
  }
  active.entry = &entry;
  active.row = message.row;
  active.operator_index = op.index;
  active.lane = entry.lane;
  active.who = identity(entry, row);
  active.number = row.number;
  active.policy_class = policy;
  active.on_hold = job.on_hold;
  active.attempts = std::max<std::uint32_t>(row.attempts, job.moved ? job.moved->attempts : 0);
  active.parts.assign(active.plan->parts(), PartPhase::unsent);
  active.unsent = static_cast<std::uint16_t>(active.plan->parts());
  if (job.moved && job.moved->progress) {
    active.reference = broken(Variant::reference_anew) ? ++op.reference : job.moved->progress->reference;
    active.day = job.moved->progress->day;
    for (std::size_t part = 0; part < active.parts.size(); ++part) {
      if (job.moved->progress->accepted[part] != 1) continue;
      active.parts[part] = PartPhase::accepted;
      ++active.accepted;
      --active.unsent;
    }
  } else if (active.parts.size() > 1) {
    active.reference = ++op.reference;
  }
  row.state = RowState::active;
  if (active.who.resent) prepare_resend(active);
  journal_intents(active, now);
  return true;
}

void Shard::Impl::journal_intents(Active& active, Now) {
  Operator& op = *operators_[active.operator_index];
  Partition& partition = of(*active.entry);
  if (!config_.journal_intents || broken(Variant::no_intent)) {
    active.phase = Active::Phase::ready;
    (active.lane == Lane::otp ? op.ready_otp : op.ready).push_back(ActiveTable::token(active));
    return;
  }
  Intent intent;
  intent.index = active.who.index;
  intent.attempt = active.attempts;
  intent.parts = static_cast<std::uint32_t>(active.parts.size());
  intent.operator_name = op.config.name;
  partition.batch.journal.intent(active.entry->stream->suffix, active.entry->id, active.who.hash, intent);
  if (broken(Variant::settle_before_send)) {
    partition.batch.journal.settled(active.entry->stream->suffix, active.entry->id, active.who.hash,
                                    active.who.index);
  }
  partition.batch.settles_only = false;
  partition.batch.on_commit.ready.push_back(ActiveTable::token(active));
  const OnDoubt on_doubt = config_.categories[active.who.category].on_doubt;
  if (on_doubt != OnDoubt::resend_once || active.who.resent) partition.batch.on_commit.at_most_once = true;
  active.phase = Active::Phase::journaling;
  ++op.journaling;
}

bool Shard::Impl::render(Active& active, const Job& job, const Row& row, std::string_view& text,
                         std::string& why) {
  if (!job.text_template) return true;
  namespace ondemand = simdjson::ondemand;
  names_given_.clear();
  values_given_.clear();
  if (row.json_size > 0) {
    ondemand::document document;
    ondemand::object fields;
    const char* const json = job.body.get() + row.json_at;
    const std::size_t room = job.body_size - row.json_at + simdjson::SIMDJSON_PADDING;
    if (parser_.parsers().row.iterate(json, row.json_size, room).get(document) != simdjson::SUCCESS ||
        document.get_object().get(fields) != simdjson::SUCCESS) {
      why = "malformed_json";
      return false;
    }
    ondemand::object vars;
    if (fields.find_field_unordered("vars").get_object().get(vars) == simdjson::SUCCESS) {
      for (auto var : vars) {
        std::string_view name, value;
        if (var.unescaped_key().get(name) != simdjson::SUCCESS ||
            var.value().get_string().get(value) != simdjson::SUCCESS) {
          why = "malformed_json";
          return false;
        }
        names_given_.push_back(name);
        values_given_.push_back(value);
      }
    }
  }
  if (const auto mismatch = job.text_template->check(names_given_)) {
    why = "template_variables: " + mismatch->describe();
    return false;
  }
  values_ordered_.clear();
  for (const std::string_view name : job.text_template->variables()) {
    const auto given = std::find(names_given_.begin(), names_given_.end(), name);
    values_ordered_.push_back(values_given_[static_cast<std::size_t>(given - names_given_.begin())]);
  }
  const std::size_t size = job.text_template->rendered_octets(values_ordered_);
  active.text.resize(size);
  const auto written = job.text_template->render(std::span<char>(active.text),
                                                 std::span<const std::string_view>(values_ordered_));
  if (!written) {
    why = "template_variables";
    return false;
  }
  text = active.text;
  return true;
}

void Shard::Impl::write_ready(Now now) {
  for (auto& op : operators_) {
    if (now.mono >= op->second_start + 1s) {  // never the difference: its beginning is TimePoint::min()
      op->written_before = op->written_second;
      op->written_second = 0;
      op->second_start = now.mono;
    }
    if (op->ready.empty() && op->ready_otp.empty()) continue;
    op->log.set_pace(op->adaptive.milliparts(now.mono), now.mono);
    write_ready(*op, op->ready_otp, true, now);
    write_ready(*op, op->ready, false, now);
    op->rate_due = op->log.next_available(now.mono);
    if (op->log.available(now.mono) > 0) op->rate_due = TimePoint::max();  // it is the window that is missing
  }
}

void Shard::Impl::write_ready(Operator& op, std::deque<std::uint64_t>& ready, bool otp, Now now) {
  if (op.paused) return;
  for (std::size_t turns = ready.size(); turns > 0; --turns) {
    const std::uint64_t token = ready.front();
    Active* const active = actives_.find(token);
    // Cancelled: its partition was lost, and may be ours again.
    if (active == nullptr || active->phase != Active::Phase::ready || active->cancelled) {
      ready.pop_front();
      continue;
    }
    if (!partitions_[active->who.partition]->writable(now.mono) && !broken(Variant::lease_ignored)) {
      ready.pop_front();
      ready.push_back(token);
      continue;
    }
    for (std::uint16_t part = 0; part < active->parts.size() && active->phase == Active::Phase::ready;
         ++part) {
      if (active->parts[part] != PartPhase::unsent) continue;
      if (op.log.available(now.mono) == 0) return;
      Bind* const bind = pick_bind(op, otp, now);
      if (bind == nullptr) return;
      if (!write_part(op, *active, token, part, *bind, now)) break;
    }
    if (ready.empty() || ready.front() != token) continue;
    ready.pop_front();
    if (active->phase == Active::Phase::ready) {
      active->phase = Active::Phase::waiting;
      try_finish(*active, now);
    }
  }
}

Bind* Shard::Impl::pick_bind(Operator& op, bool otp, Now now) {
  const std::uint32_t reserve = otp ? 0 : std::min(op.config.window / 8, 4u);
  for (std::size_t i = 0; i < op.binds.size(); ++i) {
    op.next_bind = (op.next_bind + 1) % op.binds.size();
    Bind& bind = *binds_[op.binds[op.next_bind]];
    if (!bind.bound || bind.kind == smpp::BindKind::receiver || bind.blocked || bind.closing || bind.settling)
      continue;
    if (bind.pause.is_paused(now.mono) || bind.session->window_free() <= reserve) continue;
    return &bind;
  }
  return nullptr;
}

/// The last step before the bytes: the gate, then the encoding straight into the bind's output. False when
/// the message is not to go on.
bool Shard::Impl::write_part(Operator& op, Active& active, std::uint64_t token, std::uint16_t part,
                             Bind& bind, Now now) {
  const throttle::Verdict verdict = gate(active.policy_class, active.on_hold, now);
  const bool passes =
      broken(Variant::gate_before_queue_only) ||
      (broken(Variant::gate_spares_retries) && (active.attempts > 0 || active.entry->job->moved));
  if (verdict.decision != throttle::Decision::send && !passes) {
    stopped_by_rule(active, verdict, now);
    return false;
  }
  const Job& job = *active.entry->job;
  if (too_early(job, now) && !active.wrote_any && active.accepted == 0) {  // the clock was set back since
    Entry& entry = *active.entry;
    leave(active, now);
    plan(entry, now);
    return false;
  }
  const Holding in_hand = holding(*active.entry, Stage::write, active.who.index);
  if (job.expires_at && *job.expires_at <= now.wall && !broken(Variant::expires_before_queue)) {
    active.lapsed = true;
    active.phase = Active::Phase::waiting;
    try_finish(active, now);
    return false;
  }
  smpp::SubmitSm pdu;
  pdu.service_type = op.config.service_type;
  const SourceAddress source = source_address(op.config, job.sender);
  pdu.source_addr_ton = source.ton;
  pdu.source_addr_npi = source.npi;
  pdu.source_addr = source.address;
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, active.number).ptr;
  pdu.dest_addr_ton = op.config.dest_ton;
  pdu.dest_addr_npi = op.config.dest_npi;
  pdu.destination_addr = {digits, static_cast<std::size_t>(end - digits)};
  pdu.esm_class = active.plan->esm_class();
  pdu.registered_delivery = active.who.receipt ? 1 : 0;
  const FlashMark flash = job.flash ? flash_mark(op.config, active.plan->encoding().alphabet) : FlashMark{};
  pdu.data_coding = flash.data_coding.value_or(active.plan->data_coding());
  std::optional<smpp::TimeText> validity;
  if (job.expires_at && op.config.send_validity_period) {
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(*job.expires_at - now.wall);
    validity = smpp::format_relative(std::max(left, std::chrono::seconds(1)));
    if (!validity) validity = smpp::format_absolute(*job.expires_at);  // beyond 30 days
    if (validity) pdu.validity_period = validity->view();
  }

  // The text is written once, by the encoder, where it leaves.
  const smpp::Octets octets = smpp::octets_to_come(active.plan->octets_in(part));
  const auto write_text = [&](std::span<std::byte> place) {
    static_cast<void>(smpp::write_part(*active.plan, part, active.reference, place));
  };
  tlvs_.clear();
  std::array<std::byte, 4> sar_octets{};
  if (active.plan->uses_payload()) {
    tlvs_.push_back({smpp::TlvTag::message_payload, octets});
  } else {
    pdu.short_message = octets;
  }
  if (const auto sar = smpp::sar_fields(*active.plan, part, active.reference)) {
    sar_octets = {static_cast<std::byte>(sar->msg_ref_num >> 8),
                  static_cast<std::byte>(sar->msg_ref_num & 0xFF),
                  static_cast<std::byte>(sar->total_segments), static_cast<std::byte>(sar->segment_seqnum)};
    const std::span<const std::byte> all(sar_octets);
    tlvs_.push_back({smpp::TlvTag::sar_msg_ref_num, all.subspan(0, 2)});
    tlvs_.push_back({smpp::TlvTag::sar_total_segments, all.subspan(2, 1)});
    tlvs_.push_back({smpp::TlvTag::sar_segment_seqnum, all.subspan(3, 1)});
  }
  static constexpr std::byte kMobileDisplay{1};  // SMPP 3.4 §5.3.2.1
  if (flash.subunit) tlvs_.push_back({smpp::TlvTag::dest_addr_subunit, {&kMobileDisplay, 1}});
  std::array<std::byte, 2> reference{};
  if (op.config.user_message_reference) {
    const std::uint16_t own = part_reference(active.who.hash, active.who.index, active.who.resent, part);
    reference = {static_cast<std::byte>(own >> 8), static_cast<std::byte>(own & 0xFF)};
    tlvs_.push_back({smpp::TlvTag::user_message_reference, reference});
  }
  for (const auto& [tag, value] : job.tlvs) {
    const bool ours = static_cast<smpp::TlvTag>(tag) == smpp::TlvTag::user_message_reference;
    if (ours && op.config.user_message_reference) continue;  // a receipt must not be taken for another's
    tlvs_.push_back({static_cast<smpp::TlvTag>(tag), smpp::as_octets(value)});
  }
  if (!tlvs_.empty()) pdu.tlvs = smpp::Tlvs(std::span<const smpp::Tlv>(tlvs_));

  const bool counts = !broken(Variant::rate_in_messages) || part == 0;
  if (counts && op.log.take(1, now.mono) == 0) return false;
  if (!bind.session->submit(pdu, token | part, now.mono, smpp::Fill(write_text))) {
    // Nothing was written: the window and the bind were looked at before, so it is the message itself.
    active.parts[part] = PartPhase::refused;
    --active.unsent;
    ++active.refused;
    active.error = smpp::ESME_RINVMSGLEN;
    active.phase = Active::Phase::waiting;
    try_finish(active, now);
    return false;
  }
  ++counters_.gate_sent;
  ++op.counters.parts_written;
  ++op.written_second;
  ++op.on_wire;
  bind.wrote_submits = true;
  bind.under_policy = bind.under_policy || now.mono < policy_.lease_valid_until;  // else it is exempt
  if (!broken(Variant::lease_ignored))
    bind.write_before = std::min(bind.write_before, partitions_[active.who.partition]->lease_until);
  if (job.expires_at && !broken(Variant::expires_before_queue))
    bind.write_before = std::min(bind.write_before, now.mono + (*job.expires_at - now.wall));
  active.parts[part] = PartPhase::on_wire;
  --active.unsent;
  ++active.on_wire;
  if (!active.wrote_any) active.first_write = now.mono;
  active.wrote_any = true;
  return true;
}

}  // namespace anchal::core
