#include <algorithm>
#include <map>
#include <tuple>

#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

throttle::MessageClass Shard::Impl::policy_class(const Job& job, const Row& row, const Operator& op) const {
  throttle::MessageClass message;
  message.category = static_cast<std::uint16_t>(job.category + 1);  // interned in order, from 1
  message.operator_ = op.policy_id;
  message.tenant = job.tenant_id;
  message.sender = job.sender_id;
  message.place = row.place;
  return message;
}

/// Where each message of an entry goes: a queue, a backlog, a hold, a later time, or its end. Rows with the
/// same destination move together, so that a big job's text is carried once.
void Shard::Impl::plan(Entry& entry, Now now) {
  Job& job = *entry.job;
  const Holding in_hand = holding(entry, Stage::plan);
  struct Move {
    Destination to;
    std::vector<std::uint32_t> rows;
  };
  std::map<std::tuple<int, std::uint16_t, std::string>, Move> moves;
  const auto move = [&](std::uint32_t row, Destination to) {
    to.lane = entry.lane;
    Move& group = moves[{static_cast<int>(to.kind), to.operator_index, to.rule}];
    group.to = std::move(to);
    group.rows.push_back(row);
  };
  ++entry.unsettled;  // held until all rows are planned
  const bool expired = job.expires_at && *job.expires_at <= now.wall;
  const std::optional<Progress> progress = job.moved ? job.moved->progress : std::nullopt;
  // Of a message that is partly out, the operator has some parts: that is neither dropped nor expired.
  const bool partly_out = progress && progress->accepted.find('\1') != std::string::npos;
  const auto ended = [&](std::uint32_t number, Final state, OutcomeLine& line) {
    if (partly_out) {
      line.operator_name = progress->operator_name;
      line.parts = static_cast<std::uint32_t>(progress->accepted.size());
      line.parts_delivered = 0;
    }
    finalise(identity(entry, job.rows[number]), partly_out ? Final::undelivered : state, line, now);
    settle_row(entry, number);
  };
  for (std::uint32_t number = 0; number < job.rows.size(); ++number) {
    Row& row = job.rows[number];
    if (row.state != RowState::waiting) continue;
    OutcomeLine line;
    if (row.bad_number) {
      line.reason = "bad_number: 'to' must be + and 7 to 15 digits (E.164)";
      finalise(identity(entry, row), Final::invalid, line, now);
      settle_row(entry, number);
      continue;
    }
    if (const auto intent = entry.open_intents.find(row.index); intent != entry.open_intents.end()) {
      doubt_row(entry, number, intent->second, now);
      continue;
    }
    if (answered_after_all(entry, number, now)) continue;
    if (expired) {
      line.reason = "expires_at";
      ended(number, Final::expired, line);
      continue;
    }
    if (too_early(job, now)) {
      move(number, {StreamKind::retry, 0, {}, entry.lane, *job.not_before});
      continue;
    }
    Router::Choice choice;
    if (job.moved && job.moved->progress) {
      for (const auto& op : operators_) {
        if (op->config.name != job.moved->progress->operator_name) continue;
        choice.primary = op->index;
        choice.usable = open(*op) ? op->index : Router::kNone;
      }
    } else {
      choice = router_.choose(row.number, [&](std::uint16_t op) { return open(*operators_[op]); });
    }
    if (choice.primary == Router::kNone) {
      line.reason = "no_route";
      ended(number, Final::rejected, line);
      continue;
    }
    const std::uint16_t target = choice.usable != Router::kNone ? choice.usable : choice.primary;
    Operator& op = *operators_[target];
    op.last_routed = now.mono;
    const throttle::Verdict verdict = gate(policy_class(job, row, op), job.on_hold, now);
    if (verdict.decision == throttle::Decision::drop) {
      count_stop(verdict);
      line.reason = policy_.rule_id(verdict.rule);
      line.operator_name = op.config.name;
      ended(number, Final::dropped, line);
      continue;
    }
    if (verdict.decision == throttle::Decision::hold) {
      count_stop(verdict);
      line.state = "held";
      line.reason = policy_.rule_id(verdict.rule);
      line.until = verdict.until;
      report(identity(entry, row), line, now);
      move(number, {StreamKind::hold, 0, hold_name(verdict), entry.lane, {}});
      continue;
    }
    const auto lane = static_cast<std::size_t>(entry.lane);
    const bool behind_backlog =
        entry.stream->kind == StreamKind::jobs && entry.lane != Lane::otp && op.backlog[lane] > 0;
    if (choice.usable == Router::kNone || behind_backlog || op.queue.size(entry.lane) >= 2 * capacity(op)) {
      move(number, {StreamKind::backlog, target, {}, entry.lane, {}});
      continue;
    }
    row.state = RowState::queued;
    op.queue.push(entry.lane, job.tenant_id, {&entry, number, Queued::kNone, now.mono}, row.parts_estimate);
  }
  const std::uint32_t attempts = job.moved ? job.moved->attempts : 0;
  for (auto& [key, group] : moves) move_rows(entry, group.rows, group.to, attempts, progress, now);
  unpin(entry);
}

std::string Shard::Impl::hold_name(const throttle::Verdict& verdict) const {
  std::string name(policy_.rule_id(verdict.rule));
  if (verdict.on_hold == throttle::OnHold::reapprove) name += "+reapprove";
  return name;
}

/// What has waited in memory for an operator that is away, or far slower than it was, goes where it does not
/// hold up the stream it came from.
void Shard::Impl::spill_queues(Now now) {
  for (auto& op : operators_) {
    const bool away = !open(*op) && now.mono > op->down_since + config_.move_after;
    if (away) give_back_ready(*op, now);
    if (op->queue.empty()) continue;
    for (std::size_t number = 0; number < kLanes; ++number) {
      const auto lane = static_cast<Lane>(number);
      const std::size_t most = 2 * capacity(*op);
      if (!away && op->queue.size(lane) <= most) continue;
      std::size_t surplus = away ? op->queue.size(lane) : op->queue.size(lane) - most;
      const auto taken = take_queued(*op, lane, [&](const Queued& message) {
        if (surplus == 0 || (!away && now.mono - message.since < config_.move_after)) return false;
        --surplus;
        return true;
      });
      for (const auto& [entry, list] : taken) {
        if (away) {
          // Planned anew: a failover may be up by now; else the backlog takes it.
          for (const auto row : list) entry->job->rows[row].state = RowState::waiting;
          plan(*entry, now);
        } else {
          move_rows(*entry, list, {StreamKind::backlog, op->index, {}, lane, {}},
                    entry->job->moved ? entry->job->moved->attempts : 0,
                    entry->job->moved ? entry->job->moved->progress : std::nullopt, now);
        }
      }
    }
  }
}

/// Out of the queue, by entry and in the order of streams: the order of a run must not hang on addresses.
std::vector<std::pair<Entry*, std::vector<std::uint32_t>>> Shard::Impl::take_queued(
    Operator& op, Lane lane, const std::function<bool(const Queued&)>& take) {
  std::map<Entry*, std::vector<std::uint32_t>> rows;
  op.queue.remove_if(lane, [&](const Queued& message) {
    if (message.active != Queued::kNone || !take(message)) return false;
    rows[message.entry].push_back(message.row);
    return true;
  });
  std::vector<std::pair<Entry*, std::vector<std::uint32_t>>> ordered(rows.begin(), rows.end());
  std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
    if (broken(Variant::order_by_address)) return a.first < b.first;
    return std::tie(a.first->stream->key, a.first->id) < std::tie(b.first->stream->key, b.first->id);
  });
  for (auto& [entry, list] : ordered) std::sort(list.begin(), list.end());
  return ordered;
}

bool Shard::Impl::too_early(const Job& job, Now now) {
  return job.not_before && *job.not_before > now.wall && !broken(Variant::not_before_ignored);
}

/// The clock was set back: what had come too early by it waits again. What is prepared already is looked at
/// when it is written.
void Shard::Impl::wait_again(Now now) {
  for (auto& op : operators_) {
    if (op->queue.empty()) continue;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const auto taken = take_queued(*op, static_cast<Lane>(lane), [&](const Queued& message) {
        return too_early(*message.entry->job, now);
      });
      for (const auto& [entry, list] : taken) {
        for (const auto row : list) entry->job->rows[row].state = RowState::waiting;
        plan(*entry, now);
      }
    }
  }
}

/// Prepared for an operator that went away: the intents are void, the messages are planned anew. Those with
/// parts accepted already can only go on there, later.
void Shard::Impl::give_back_ready(Operator& op, Now now) {
  for (auto* ready : {&op.ready_otp, &op.ready}) {
    for (const std::uint64_t token : std::exchange(*ready, {})) {
      Active* const active = actives_.find(token);
      if (active == nullptr || active->phase != Active::Phase::ready || active->entry == nullptr) continue;
      if (active->wrote_any || active->accepted > 0) {
        active->again = true;
        active->phase = Active::Phase::waiting;
        try_finish(*active, now);
        continue;
      }
      Entry& entry = *active->entry;
      const std::uint32_t row = active->row;
      withdraw(*active);
      entry.job->rows[row].state = RowState::waiting;
      free_slot(*active);
      plan(entry, now);
    }
  }
}

}  // namespace anchal::core
