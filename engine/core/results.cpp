#include <algorithm>
#include <charconv>

#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kPartMask = 0xFF;

std::string status_code(std::uint32_t status) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string text = "0x00000000";
  for (std::size_t i = text.size(); status != 0; status >>= 4) text[--i] = kHex[status & 15];
  return text;
}

}  // namespace

void Shard::Impl::on_completed(Bind& bind, const smpp::Completed& done, Now now) {
  if (done.request == smpp::CommandId::query_sm) on_query_answer(bind, done, now);
  if (done.request != smpp::CommandId::submit_sm) return;
  Operator& op = *operators_[bind.operator_index];
  if (op.on_wire > 0) --op.on_wire;
  const auto part = static_cast<std::uint16_t>(done.token & kPartMask);
  if (done.outcome != smpp::Outcome::unresolved) {
    static constexpr std::array<std::int64_t, 11> kBoundsMs{1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 5000};
    const auto took = now.mono - done.sent_at;
    std::size_t bucket = 0;
    while (bucket < kBoundsMs.size() && took > std::chrono::milliseconds(kBoundsMs[bucket])) ++bucket;
    ++op.counters.response_buckets[bucket];
    op.counters.response_ns_sum += static_cast<std::uint64_t>(took.count());
  }
  Active* const active = actives_.find(done.token & ~kPartMask);
  if (active == nullptr && done.outcome != smpp::Outcome::unresolved) {
    // Its partition was given up before the answer came, and may be ours again.
    on_given_up(done.token, done.status, done.message_id, op.index, now);
  }
  if (active == nullptr || part >= active->parts.size() || active->parts[part] != PartPhase::on_wire) return;
  --active->on_wire;
  if (active->cancelled) {
    // The partition was lost meanwhile. Should it be ours again, then this is evidence for the doubt it left.
    DoubtfulCopy copy = copy_of(*active);
    if (done.outcome == smpp::Outcome::unresolved) {
      expect_late(done.token, std::move(copy));
    } else {
      answer_to_doubt(copy, part, done.outcome == smpp::Outcome::accepted ? 0 : done.status, done.message_id,
                      op.index, active, now);
    }
  }
  switch (done.outcome) {
    case smpp::Outcome::accepted:
      ++op.counters.parts_accepted;
      op.adaptive.on_accepted(1, now.mono);
      part_accepted(*active, done.token, part, done.message_id, now);
      break;
    case smpp::Outcome::rejected:
      part_refused(*active, part, done.status, done.sent_at, &bind, now);
      if (active->who.resent) refused_again(*active, ActiveTable::token(*active), part, now);
      break;
    case smpp::Outcome::unresolved:
      ++op.counters.parts_unresolved;
      active->parts[part] = PartPhase::doubtful;
      ++active->doubtful;
      break;
  }
  if (active->phase != Active::Phase::free) try_finish(*active, now);
}

void Shard::Impl::part_accepted(Active& active, std::uint64_t token, std::uint16_t part,
                                std::string_view message_id, Now now) {
  active.parts[part] = PartPhase::accepted;
  ++active.accepted;
  if (active.day == 0 && active.parts.size() > 1) active.day = day_of(now.wall);
  if (!active.who.receipt || active.cancelled) return;
  if (!broken(Variant::map_after_settle)) ++active.ids_pending;
  store_id(active.who, *operators_[active.operator_index], part,
           static_cast<std::uint16_t>(active.parts.size()), message_id, active.day, token & ~kPartMask, {},
           now);
}

void Shard::Impl::part_refused(Active& active, std::uint16_t part, std::uint32_t status, TimePoint sent_at,
                               Bind* bind, Now now) {
  Operator& op = *operators_[active.operator_index];
  active.error = status;
  const bool throttled = status == smpp::ESME_RTHROTTLED || status == smpp::ESME_RMSGQFUL;
  switch (smpp::status_class(status)) {
    case smpp::StatusClass::permanent_message_error:
    case smpp::StatusClass::bind_config_error:
      ++op.counters.parts_rejected;
      active.parts[part] = PartPhase::refused;
      ++active.refused;
      return;
    case smpp::StatusClass::retry_other_route:
      ++op.counters.parts_rejected;
      active.other_route = true;
      break;
    case smpp::StatusClass::ok:
    case smpp::StatusClass::session_error:
    case smpp::StatusClass::retry_same_route:
      ++(throttled ? op.counters.parts_throttled : op.counters.parts_rejected);
      break;
  }
  if (throttled && bind != nullptr) {
    op.adaptive.on_throttled(sent_at, now.mono);
    bind->pause.on_throttled(sent_at, now.mono);
  } else {
    ++active.attempts;  // being throttled says nothing about the message: only expires_at ends that
  }
  active.parts[part] = PartPhase::unsent;
  ++active.unsent;
  active.again = true;
}

std::optional<Progress> Shard::Impl::progress_of(const Active& active, bool always) const {
  if (active.accepted == 0 && !(always && active.parts.size() > 1)) return std::nullopt;
  Progress progress;
  progress.reference = active.reference;
  progress.day = active.day;
  progress.operator_name = operators_[active.operator_index]->config.name;
  for (const PartPhase phase : active.parts)
    progress.accepted.push_back(phase == PartPhase::accepted ? 1 : 0);
  return progress;
}

void Shard::Impl::count_stop(const throttle::Verdict& verdict) {
  ++(verdict.decision == throttle::Decision::drop ? counters_.gate_dropped : counters_.gate_held);
  Stop why = Stop::policy_lease;
  if (verdict.rule < policy_.rules().size()) {
    why =
        policy_.rules()[verdict.rule].kind == throttle::RuleKind::quiet ? Stop::quiet_hours : Stop::blackout;
  }
  ++counters_.stopped[static_cast<std::size_t>(why)];
}

void Shard::Impl::stopped_by_rule(Active& active, const throttle::Verdict& verdict, Now now) {
  active.phase = Active::Phase::waiting;
  active.held_by = hold_name(verdict);
  active.held_until = verdict.until;
  active.dropped = verdict.decision == throttle::Decision::drop;
  count_stop(verdict);
  try_finish(active, now);
}

/// Called whenever something about the message is known: acts once nothing is outstanding.
void Shard::Impl::try_finish(Active& active, Now now) {
  if (active.phase == Active::Phase::free || active.on_wire > 0 || active.ids_pending > 0) return;
  if (active.cancelled) {
    free_slot(active);
    return;
  }
  if (active.unsent == 0) {
    // What kept a part from going out is over: it went out after all, or the first copy's answer counted for
    // it. A message that was accepted as a whole waits for its receipts, and nowhere else.
    active.again = active.other_route = active.lapsed = active.dropped = false;
    active.held_by.clear();
  }
  const bool stopped =
      active.refused > 0 || active.again || active.lapsed || !active.held_by.empty() || active.doubtful > 0;
  if (active.unsent > 0 && !stopped) return;  // still on its way out
  const Operator& op = *operators_[active.operator_index];
  OutcomeLine line;
  line.operator_name = op.config.name;
  line.parts = static_cast<std::uint32_t>(active.parts.size());
  if (active.doubtful > 0) {
    into_doubt(active, now);
  } else if (active.refused > 0) {
    const std::string code = status_code(active.error);
    line.error = code;
    line.reason = smpp::status_name(active.error);
    if (active.accepted > 0) line.parts_delivered = 0;
    finish_final(active, active.accepted > 0 ? Final::undelivered : Final::rejected, line, now);
  } else if (active.lapsed) {
    line.reason = "expires_at";
    if (active.accepted > 0) {
      line.parts_delivered = 0;
    } else {
      line.operator_name = {};
    }
    finish_final(active, active.accepted > 0 ? Final::undelivered : Final::expired, line, now);
  } else if (!active.held_by.empty()) {
    line.reason = active.held_by;
    if (active.dropped) {
      if (active.accepted > 0) line.parts_delivered = 0;
      finish_final(active, active.accepted > 0 ? Final::undelivered : Final::dropped, line, now);
      return;
    }
    line.state = "held";
    line.until = active.held_until;
    line.operator_name = {};
    line.parts = 0;
    report(active.who, line, now);
    const Destination hold{StreamKind::hold, 0, active.held_by, active.lane, {}};
    if (active.entry != nullptr) {
      move_rows(*active.entry, {active.row}, hold, active.attempts, progress_of(active), now);
    } else {
      resume_detached(active, hold, now);
    }
    free_slot(active);
  } else if (active.again) {
    retry_later(active, now);
  } else if (active.who.receipt) {
    Partition& partition = *partitions_[active.who.partition];
    leave_place(active);
    ++partition.awaiting;
    partition.batch.count("w:awaiting", 1);
    free_slot(active);
  } else {
    finish_final(active, Final::submitted, line, now);
  }
}

/// Takes the message from where it waited: its entry, or the doubt hash.
void Shard::Impl::leave_place(Active& active) {
  if (active.entry != nullptr) {
    Entry& entry = *active.entry;
    active.entry = nullptr;
    settle_row(entry, active.row);
  } else {
    drop_doubt(active.doubt_key);
  }
}

void Shard::Impl::finish_final(Active& active, Final state, OutcomeLine line, Now now) {
  finalise(active.who, state, line, now);
  leave_place(active);
  free_slot(active);
}

/// Nothing of it was accepted, and nothing is on the wire: the intent is void, the message waits in its
/// entry.
void Shard::Impl::withdraw(Active& active) {
  Partition& partition = of(*active.entry);
  partition.batch.journal.not_sent(active.entry->stream->suffix, active.entry->id, active.who.hash,
                                   active.who.index);
}

void Shard::Impl::leave(Active& active, Now) {
  withdraw(active);
  active.entry->job->rows[active.row].state = RowState::waiting;
  free_slot(active);
}

void Shard::Impl::retry_later(Active& active, Now now) {
  Operator& op = *operators_[active.operator_index];
  if (active.attempts >= op.config.max_attempts) {
    OutcomeLine line;
    const std::string code = status_code(active.error);
    line.operator_name = op.config.name;
    line.parts = static_cast<std::uint32_t>(active.parts.size());
    line.error = code;
    line.reason = "attempts_used_up";
    if (active.accepted > 0) line.parts_delivered = 0;
    finish_final(active, active.accepted > 0 ? Final::undelivered : Final::rejected, line, now);
    return;
  }
  Duration delay = throttle::backoff_delay({500ms, 60s, 200, 50}, active.attempts, random_.next());
  if (active.attempts == 0) {  // throttled: when a bind of the operator is allowed again
    TimePoint free_at = TimePoint::max();
    for (const BindId id : op.binds) {
      if (binds_[id]->bound && binds_[id]->kind != smpp::BindKind::receiver)
        free_at = std::min(free_at, binds_[id]->pause.until());
    }
    // A bind that was never paused says min(): subtracted from, it would wrap into the far future.
    delay = free_at == TimePoint::max() ? Duration(500ms)
                                        : std::max<Duration>(std::max(free_at, now.mono) - now.mono, 10ms);
  }
  if (active.entry == nullptr) {
    resume_detached(active,
                    {StreamKind::retry,
                     0,
                     {},
                     active.lane,
                     now.wall + std::chrono::duration_cast<std::chrono::milliseconds>(delay)},
                    now);
    free_slot(active);
    return;
  }
  if (active.other_route && active.accepted == 0) {
    for (const auto& other : operators_) {
      const auto& names = op.config.failover;
      if (std::find(names.begin(), names.end(), other->config.name) == names.end() || !open(*other)) continue;
      withdraw(active);
      Row& row = active.entry->job->rows[active.row];
      row.state = RowState::queued;
      row.attempts = static_cast<std::uint8_t>(std::min<std::uint32_t>(active.attempts, 255));
      other->queue.push(active.lane, active.entry->job->tenant_id,
                        {active.entry, active.row, Queued::kNone, now.mono}, row.parts_estimate);
      free_slot(active);
      return;
    }
  }
  if (active.accepted > 0 || delay >= config_.move_after) {
    const auto due = now.wall + std::chrono::duration_cast<std::chrono::milliseconds>(delay);
    move_rows(*active.entry, {active.row}, {StreamKind::retry, 0, {}, active.lane, due}, active.attempts,
              progress_of(active), now);
    free_slot(active);
    return;
  }
  withdraw(active);
  active.again = active.other_route = false;
  active.wrote_any = false;
  active.phase = Active::Phase::delayed;
  active.due = now.mono + delay;
  op.delayed.push_back(ActiveTable::token(active));
  op.next_delay = std::min(op.next_delay, active.due);
}

void Shard::Impl::due_delays(Now now) {
  for (auto& op : operators_) {
    if (op->delayed.empty() || now.mono < op->next_delay) continue;
    op->next_delay = TimePoint::max();
    for (std::size_t count = op->delayed.size(); count > 0; --count) {
      const std::uint64_t token = op->delayed.front();
      op->delayed.pop_front();
      Active* const active = actives_.find(token);
      if (active == nullptr || active->phase != Active::Phase::delayed) continue;
      if (active->due > now.mono || (op->journaling + op->ready.size() > op->window_total && open(*op))) {
        op->delayed.push_back(token);
        op->next_delay = std::min(op->next_delay, std::max(active->due, now.mono + 10ms));
        continue;
      }
      const Job& job = *active->entry->job;
      if (job.expires_at && *job.expires_at <= now.wall) {
        OutcomeLine line;
        line.reason = "expires_at";
        finish_final(*active, Final::expired, line, now);
      } else if (!open(*op)) {
        // The operator went away meanwhile: the message is planned anew.
        Entry& entry = *active->entry;
        Row& row = entry.job->rows[active->row];
        row.attempts = static_cast<std::uint8_t>(std::min<std::uint32_t>(active->attempts, 255));
        row.state = RowState::waiting;
        free_slot(*active);
        plan(entry, now);
      } else {
        journal_intents(*active, now);
      }
    }
  }
}

}  // namespace anchal::core
