#include <algorithm>

#include "engine/core/keys.h"
#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kLateMax = 65'536;
constexpr Duration kNoOperatorDeadline = 72h;     // of an operator that is no longer configured
constexpr std::chrono::hours kPartsKept{24 * 7};  // looked for what is known of a message's parts
constexpr std::size_t kReportedMax = 50'000;  // kept for evidence; beyond it they are forgotten once reported

std::string doubt_key(const Doubt& doubt) {
  return message_key(doubt.who.partition, doubt.who.hash, doubt.who.index);
}

std::string_view field_in(std::string_view key) {
  return key.substr(key.find('/') + 1);
}

std::chrono::milliseconds ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

}  // namespace

/// Until when ids that former owners stored of a message may lie in the receipt map. They were stored by
/// clocks that may have been ahead: of this one, which may have been set back since (Redis' ids are never),
/// or of another engine's, by half a receipt deadline.
WallTime Shard::Impl::orphans_until(const Partition& partition, std::string_view operator_name,
                                    Now now) const {
  Duration deadline{};
  for (const auto& op : operators_) {
    // Of a message whose operator Redis forgot, any may have it.
    if (op->config.name == operator_name || operator_name.empty())
      deadline = std::max(deadline, op->config.receipt_deadline);
  }
  if (deadline == Duration::zero()) deadline = kNoOperatorDeadline;
  return std::max(now.wall, WallTime(std::chrono::milliseconds(partition.remembered_ms))) +
         ms(deadline + deadline / 2);
}

Doubt Shard::Impl::doubt_of(const Entry& entry, std::uint32_t row_number, const Operator* op,
                            std::uint32_t attempts, const std::optional<Progress>& progress, Now now,
                            std::optional<bool> resent) const {
  const Row& row = entry.job->rows[row_number];
  Doubt doubt;
  doubt.who = identity(entry, row);
  doubt.who.resent = resent.value_or(doubt.who.resent);
  doubt.category = config_.categories[entry.job->category].name;
  if (op != nullptr) doubt.operator_name = op->config.name;
  doubt.lane = entry.lane;
  doubt.deadline = now.wall + ms(op != nullptr ? op->config.receipt_deadline : kNoOperatorDeadline);
  Moved moved;
  moved.indexes.push_back(row.index);
  moved.attempts = attempts;
  moved.resent = doubt.who.resent;
  moved.progress = progress;
  moved.pack(doubt.moved);
  doubt.body = entry.job->body_with({row_number});
  doubt.address = address_token(std::to_string(row.number), entry.job->sender);
  return doubt;
}

void Shard::Impl::remember_doubt(Doubt doubt) {
  std::string key = doubt_key(doubt);
  doubt_due_.emplace(doubt.due, key);
  doubts_.insert_or_assign(std::move(key), std::move(doubt));
}

void Shard::Impl::store_doubt(const Doubt& doubt) {
  Partition* const partition = owned(doubt.who.partition);
  if (partition == nullptr) return;
  partition->batch.extra.command("HSET").arg(keys::partition(partition->id, keys::kDoubt));
  partition->batch.extra.arg(message_field(doubt.who.hash, doubt.who.index));
  doubt.pack(partition->batch.extra.open_arg());
  partition->batch.extra.close_arg();
}

/// The message is no longer in doubt. Where a former owner may have left ids of it in the receipt map, the
/// record stays until its deadline: a receipt of that copy must not be taken for one that is awaited.
void Shard::Impl::drop_doubt(const std::string& key) {
  const auto found = doubts_.find(key);
  if (found == doubts_.end()) return;
  Doubt& doubt = found->second;
  Partition* const partition = owned(doubt.who.partition);
  const bool waited = doubt.state != Doubt::State::reported;
  if (partition != nullptr && waited) {
    --partition->doubt;
    partition->batch.count("w:doubt", -1);
  }
  if (partition != nullptr && waited && doubt.orphans_below != 0) {
    doubt.state = Doubt::State::reported;
    doubt.body.clear();
    doubt.due = doubt.deadline;
    doubt_due_.emplace(doubt.due, key);
    store_doubt(doubt);
    return;
  }
  if (partition != nullptr) {
    partition->batch.extra.command("HDEL")
        .arg(keys::partition(partition->id, keys::kDoubt))
        .arg(field_in(key));
  }
  doubts_.erase(found);
}

/// A record that replaces one of the same message still knows of the copies before, and for as long.
void Shard::Impl::replace_doubt(const std::string& key, Doubt doubt) {
  if (const auto before = doubts_.find(key); before != doubts_.end()) {
    doubt.orphans_below = before->second.orphans_below;
    doubt.deadline = std::max(doubt.deadline, before->second.deadline);
  }
  doubts_.insert_or_assign(key, std::move(doubt));
}

/// A final receipt, or the deadline, of a part that a former owner had accepted and not settled. While the
/// doubt waits it is evidence; afterwards a correction. True when that is what it was.
bool Shard::Impl::settle_orphan(ReceiptEvent& event, const ReceiptKey& key, const ReceiptTarget& target,
                                Now now) {
  if (doubts_.empty()) return false;
  Partition& partition = *partitions_[target.who.partition];
  const std::string name = message_key(partition.id, target.who.hash, target.who.index);
  const auto found = doubts_.find(name);
  if (found == doubts_.end()) return false;
  Doubt& doubt = found->second;
  if (doubt.storing > 0 && doubt.state != Doubt::State::reported) {
    // Evidence is on its way into the map: perhaps this very id, and then it is no orphan any more.
    if (!event.deadline) --operators_[event.operator_index]->counters.receipts_matched;
    event.generation = key.generation;
    postpone(std::move(event), now);
    return true;
  }
  if (target.fence >= doubt.orphans_below) return false;
  const auto moved = Moved::unpack(doubt.moved);
  const bool settled = moved && moved->progress && target.part < moved->progress->accepted.size() &&
                       moved->progress->accepted[target.part] == 1;
  if (settled) return false;  // accepted, and settled, by an earlier try of this part's message
  if (doubt.state == Doubt::State::waiting && target.parts == 1 && !event.deadline) {
    const smpp::PartState state = event.state;
    OutcomeLine line;
    line.operator_name = operators_[event.operator_index]->config.name;
    line.parts = 1;
    line.error = event.error;
    // The entry speaks of one copy; whether another went out since, the doubt knows.
    Identity who = target.who;
    who.resent = doubt.who.resent;
    finalise(who, final_of(smpp::fold(std::span(&state, 1), smpp::SegmentPolicy::each, false).outcome), line,
             now);
    count_evidence(Evidence::receipt);
    drop_doubt(name);
    partition.batch.journal.final_receipt(key);
    remember_final(receipt_hash(event.operator_index, key.id), partition.id);
  } else {
    // Overdue, and gone from the map when the operator is asked about it.
    if (event.deadline && target.who.resent == doubt.who.resent && !key.id.starts_with('\x01'))
      doubt.ids.insert_or_assign(target.part, key.id);
    // Not remembered: the same id may lie in another generation, stored by us as evidence, and be awaited.
    ++counters_.corrections;
  }
  partition.batch.on_commit.forget.push_back(key);
  if (event.answer) partition.batch.on_commit.answers.push_back(*event.answer);
  return true;
}

/// A submit without an answer does not hold up its stream: the message moves into the doubt hash, although
/// nothing is in doubt yet.
void Shard::Impl::detach_old(Now now) {
  actives_.each([&](Active& active) {
    if (active.phase != Active::Phase::waiting || active.entry == nullptr || active.on_wire == 0 ||
        active.unsent > 0)
      return;
    if (now.mono - active.first_write < config_.move_after && !active.entry->forgotten) return;
    Operator& op = *operators_[active.operator_index];
    Doubt doubt = doubt_of(*active.entry, active.row, &op, active.attempts, progress_of(active, true), now);
    doubt.state = Doubt::State::unanswered;
    note_written(doubt, active, now);
    doubt.parts = static_cast<std::uint8_t>(active.parts.size());
    doubt.doubtful = static_cast<std::uint8_t>(active.on_wire);
    doubt.due = WallTime::max();
    Partition& partition = of(*active.entry);
    ++partition.doubt;
    partition.batch.count("w:doubt", 1);
    active.doubt_key = doubt_key(doubt);
    replace_doubt(active.doubt_key, std::move(doubt));
    store_doubt(doubts_.find(active.doubt_key)->second);
    Entry& entry = *active.entry;
    active.entry = nullptr;
    settle_row(entry, active.row);
  });
}

/// A detached message goes on from its doubt record: to a hold, or to a later try.
void Shard::Impl::resume_detached(Active& active, const Destination& to, Now now) {
  const auto found = doubts_.find(active.doubt_key);
  Partition* const partition = owned(active.who.partition);
  if (found == doubts_.end() || partition == nullptr) return;
  auto moved = Moved::unpack(found->second.moved);
  if (!moved) return;
  moved->attempts = active.attempts;
  moved->progress = progress_of(active);
  std::string packed;
  moved->pack(packed);
  put(*partition, to, found->second.body, packed, 1, now);
  drop_doubt(active.doubt_key);
}

/// When it went out: what a receipt says of its submit date is compared with it.
void Shard::Impl::note_written(Doubt& doubt, const Active& active, Now now) {
  doubt.written_from = now.wall - ms(now.mono - active.first_write);
  if (doubt.written_to < doubt.written_from) doubt.written_to = now.wall;
}

void Shard::Impl::into_doubt(Active& active, Now now) {
  Operator& op = *operators_[active.operator_index];
  ++counters_.doubts;
  Partition& partition = *partitions_[active.who.partition];
  OutcomeLine line;
  line.state = "in_doubt";
  line.operator_name = op.config.name;
  line.parts = static_cast<std::uint32_t>(active.parts.size());
  report(active.who, line, now);
  if (broken(Variant::number_in_notice))
    notice(Notice::Level::warning, "no answer for +" + std::to_string(active.number));
  if (active.entry != nullptr) {
    Doubt fresh = doubt_of(*active.entry, active.row, &op, active.attempts, progress_of(active, true), now);
    active.doubt_key = doubt_key(fresh);
    replace_doubt(active.doubt_key, std::move(fresh));
    ++partition.doubt;
    partition.batch.count("w:doubt", 1);
    Entry& entry = *active.entry;
    active.entry = nullptr;
    settle_row(entry, active.row);
  }
  const auto found = doubts_.find(active.doubt_key);
  if (found != doubts_.end()) {
    Doubt& doubt = found->second;
    if (auto moved = Moved::unpack(doubt.moved)) {
      moved->progress = progress_of(active, true);
      doubt.moved.clear();
      moved->pack(doubt.moved);
    }
    doubt.state = Doubt::State::waiting;
    note_written(doubt, active, now);
    doubt.parts = static_cast<std::uint8_t>(active.parts.size());
    doubt.doubtful = static_cast<std::uint8_t>(active.doubtful);
    doubt.any_refused = active.refused > 0;
    doubt.due = now.wall + ms(config_.categories[active.who.category].doubt_wait);
    doubt.deadline = std::max(doubt.deadline, now.wall + ms(op.config.receipt_deadline));
    doubt_due_.emplace(doubt.due, active.doubt_key);
    store_doubt(doubt);
    for (std::size_t part = 0; part < active.parts.size(); ++part) {
      if (active.parts[part] != PartPhase::doubtful) continue;
      expect_late(ActiveTable::token(active) | part, copy_of(active));
    }
    seek_receipts(active.doubt_key, false);
  }
  free_slot(active);
}

/// What a former owner was about to write, or wrote: nobody knows.
void Shard::Impl::doubt_row(Entry& entry, std::uint32_t row, const Intent& intent, Now now) {
  const Operator* op = nullptr;
  for (const auto& known : operators_) {
    if (known->config.name == intent.operator_name) op = known.get();
  }
  ++counters_.doubts;
  const std::optional<Progress> progress = entry.job->moved ? entry.job->moved->progress : std::nullopt;
  Doubt doubt = doubt_of(entry, row, op, intent.attempt, progress, now);
  doubt.operator_name = intent.operator_name;
  doubt.parts = static_cast<std::uint8_t>(std::min<std::uint32_t>(intent.parts, 255));
  // Of a message that is partly out, the rest is in doubt.
  doubt.doubtful = static_cast<std::uint8_t>(doubt.open_parts(progress).size());
  doubt.state = Doubt::State::waiting;
  doubt.due = now.wall + ms(config_.categories[entry.job->category].doubt_wait);
  doubt.orphans_below = of(entry).fence_at_own;
  doubt.written_from = WallTime(std::chrono::milliseconds(entry.id.ms));
  doubt.written_to = now.wall;
  doubt.deadline = orphans_until(of(entry), intent.operator_name, now);
  OutcomeLine line;
  line.state = "in_doubt";
  line.operator_name = intent.operator_name;
  line.parts = intent.parts;
  report(doubt.who, line, now);
  Partition& partition = of(entry);
  ++partition.doubt;
  partition.batch.count("w:doubt", 1);
  store_doubt(doubt);
  const std::string key = doubt_key(doubt);
  remember_doubt(std::move(doubt));
  seek_receipts(key, false);
  settle_row(entry, row);
}

/// After a takeover: answers that the former owner still hoped for will not come, or it could not settle
/// them.
void Shard::Impl::report_recovered_doubts(Partition& partition, Now now) {
  for (auto& [key, doubt] : doubts_) {
    if (doubt.who.partition != partition.id) continue;
    // What was due while the rest was still being read could not be acted upon.
    if (doubt.state != Doubt::State::unanswered && doubt.due <= now.wall) doubt_due_.emplace(doubt.due, key);
    if (doubt.state == Doubt::State::reported) continue;
    doubt.orphans_below = partition.fence;
    // The former owner may have heard an answer until now.
    doubt.deadline = std::max(doubt.deadline, orphans_until(partition, doubt.operator_name, now));
    if (partition.taken_back) {
      doubt.distrust(on_doubt_of(doubt) == OnDoubt::resend_once);
      store_doubt(doubt);
    }
    if (doubt.state != Doubt::State::unanswered) {
      seek_receipts(key, false);
      continue;
    }
    ++counters_.doubts;
    OutcomeLine line;
    line.state = "in_doubt";
    line.operator_name = doubt.operator_name;
    line.parts = doubt.parts;
    report(doubt.who, line, now);
    doubt.state = Doubt::State::waiting;
    Duration wait = 30s;
    for (const auto& category : config_.categories) {
      if (category.name == doubt.category) wait = category.doubt_wait;
    }
    doubt.due = now.wall + ms(wait);
    doubt_due_.emplace(doubt.due, key);
    store_doubt(doubt);
    seek_receipts(key, false);
  }
}

Shard::Impl::DoubtfulCopy Shard::Impl::copy_of(const Active& active) {
  return {message_key(active.who.partition, active.who.hash, active.who.index), active.who.resent,
          active.who.partition, static_cast<std::uint16_t>(active.parts.size()), active.reference};
}

void Shard::Impl::expect_late(std::uint64_t token, DoubtfulCopy copy) {
  late_[token] = std::move(copy);
  late_order_.push_back(token);
  for (; late_order_.size() > kLateMax; late_order_.pop_front()) late_.erase(late_order_.front());
}

void Shard::Impl::on_late(const smpp::LateResponse& late, std::uint16_t op_index, Now now) {
  if (!late.token || late.command_id != smpp::CommandId::submit_sm_resp) return;
  if (late_for_part(*late.token, late.status, late.message_id, now)) return;
  on_given_up(*late.token, late.status, late.message_id, op_index, now);
}

/// The answer to a part that counts as doubtful already.
void Shard::Impl::on_given_up(std::uint64_t token, std::uint32_t status, std::string_view message_id,
                              std::uint16_t op_index, Now now) {
  const auto known = late_.find(token);
  if (known == late_.end()) return;
  const DoubtfulCopy copy = std::move(known->second);
  late_.erase(known);
  answer_to_doubt(copy, static_cast<std::uint16_t>(token & 0xFF), status, message_id, op_index, nullptr, now);
}

/// A part's answer was given up, and others of its message are still on the wire: it counts as if it were in
/// time.
bool Shard::Impl::late_for_part(std::uint64_t token, std::uint32_t status, std::string_view message_id,
                                Now now) {
  constexpr std::uint64_t kPart = 0xFF;
  Active* const active = actives_.find(token & ~kPart);
  const auto part = static_cast<std::uint16_t>(token & kPart);
  if (active == nullptr || active->cancelled || active->phase == Active::Phase::free ||
      part >= active->parts.size() || active->parts[part] != PartPhase::doubtful)
    return false;
  --active->doubtful;
  if (status == 0) {
    part_accepted(*active, token, part, message_id, now);
  } else {
    part_refused(*active, part, status, now.mono, nullptr, now);
  }
  if (active->phase != Active::Phase::free) try_finish(*active, now);
  return true;
}

/// An answer to a copy whose message is in doubt, or was, and waits to be sent again. `active`: of a
/// partition that was lost, and may be ours again.
void Shard::Impl::answer_to_doubt(const DoubtfulCopy& copy, std::uint16_t part, std::uint32_t status,
                                  std::string_view message_id, std::uint16_t op_index, const Active* active,
                                  Now now) {
  const std::string& key = copy.key;
  const auto found = doubts_.find(key);
  if (found == doubts_.end() || found->second.state == Doubt::State::reported) {
    if (status == 0 && !copy.resent) late_for_resend(copy, part, message_id, op_index, now);
    return;
  }
  Doubt& doubt = found->second;
  if (doubt.who.resent != copy.resent) {  // the first copy's answer says nothing of the second
    if (status == 0 && doubt.state == Doubt::State::unanswered)
      late_for_resend(copy, part, message_id, op_index, now);
    return;
  }
  if (doubt.operator_name.empty() && copy.parts > 0) {
    // Redis forgot where it went, and in how many parts. Who hears the answer knows.
    doubt.operator_name = operators_[op_index]->config.name;
    doubt.parts = static_cast<std::uint8_t>(copy.parts);
    if (auto moved = Moved::unpack(doubt.moved); moved && copy.parts > 1 && !moved->progress) {
      moved->progress.emplace();
      moved->progress->reference = copy.reference;
      moved->progress->operator_name = doubt.operator_name;
      moved->progress->accepted.assign(copy.parts, '\0');
      doubt.moved.clear();
      moved->pack(doubt.moved);
    }
    doubt.doubtful = doubt.parts;
  }
  if (!doubt.take_answer(part)) return;  // other evidence was quicker
  doubt.evidence = Evidence::late_response;
  if (status != 0) {
    doubt.any_refused = true;
    late_answered(key, part, false, now);
    return;
  }
  auto moved = Moved::unpack(doubt.moved);
  if (moved && !moved->progress && active != nullptr && active->parts.size() > 1) {
    moved->progress.emplace();
    moved->progress->reference = active->reference;
    moved->progress->operator_name = doubt.operator_name;
    moved->progress->accepted.assign(active->parts.size(), '\0');
  }
  std::uint64_t day = 0;
  if (moved && moved->progress) {
    day = moved->progress->day = moved->progress->day != 0 ? moved->progress->day : day_of(now.wall);
    doubt.moved.clear();
    moved->pack(doubt.moved);
  }
  const bool ends_at_once = !doubt.who.receipt || broken(Variant::id_after_doubt);
  if (doubt.who.receipt) {
    if (!ends_at_once) ++doubt.storing;
    store_id(doubt.who, *operators_[op_index], part, doubt.parts, message_id, day, 0,
             ends_at_once ? std::string() : key, now);
  }
  if (ends_at_once) late_answered(key, part, true, now);
}

/// One doubtful part has got its answer after all (and, if accepted, its id is stored).
void Shard::Impl::late_answered(const std::string& key, std::size_t part, bool accepted, Now now) {
  const auto found = doubts_.find(key);
  if (found == doubts_.end() || found->second.state == Doubt::State::reported) return;
  Doubt& doubt = found->second;
  Partition* const partition = owned(doubt.who.partition);
  if (partition == nullptr) return;
  auto moved = Moved::unpack(doubt.moved);
  bool whole = true;
  if (moved && moved->progress && part < moved->progress->accepted.size()) {
    std::string& parts = moved->progress->accepted;
    if (accepted) parts[part] = 1;
    whole = std::all_of(parts.begin(), parts.end(), [](char one) { return one == 1; });
    doubt.moved.clear();
    moved->pack(doubt.moved);
  }
  if (doubt.doubtful > 0) --doubt.doubtful;
  if (doubt.doubtful > 0) {
    store_doubt(doubt);
    return;
  }
  if (!whole && !doubt.any_refused) {
    // Nothing is in doubt any more, and parts are left that were never written.
    put(*partition, {StreamKind::retry, 0, {}, doubt.lane, now.wall}, doubt.body, doubt.moved, 1, now);
    drop_doubt(key);
    return;
  }
  const Identity who = doubt.who;
  const bool refused = doubt.any_refused;
  OutcomeLine line;
  const std::string operator_name = doubt.operator_name;
  line.operator_name = operator_name;
  line.parts = doubt.parts;
  if (doubt.state == Doubt::State::waiting) count_evidence(doubt.evidence);
  drop_doubt(key);
  if (refused) {
    line.reason = "late_refusal";
    finalise(who, line.parts > 1 ? Final::undelivered : Final::rejected, line, now);
  } else if (who.receipt) {
    ++partition->awaiting;
    partition->batch.count("w:awaiting", 1);
  } else {
    finalise(who, Final::submitted, line, now);
  }
}

void Shard::Impl::due_doubts(Now now) {
  while (!doubt_due_.empty() && doubt_due_.begin()->first <= now.wall) {
    const std::string key = doubt_due_.begin()->second;
    const WallTime due = doubt_due_.begin()->first;
    doubt_due_.erase(doubt_due_.begin());
    const auto found = doubts_.find(key);
    if (found == doubts_.end() || found->second.due != due) continue;  // answered, or due at another time
    act_on_doubt(key, now);
  }
}

OnDoubt Shard::Impl::on_doubt_of(const Doubt& doubt) const {
  for (const auto& category : config_.categories) {
    if (category.name == doubt.category) return category.on_doubt;
  }
  return OnDoubt::report;
}

void Shard::Impl::act_on_doubt(const std::string& key, Now now) {
  Doubt& doubt = doubts_.find(key)->second;
  Partition* const partition = owned(doubt.who.partition);
  if (partition == nullptr) return;
  if (doubt.state == Doubt::State::reported) {
    // What a former owner left in the receipt map must have been swept while the record could tell whose it
    // is.
    if (doubt.orphans_below != 0 && !all_searched(doubt, *partition)) {
      doubt.due = now.wall + 1s;
      doubt_due_.emplace(doubt.due, key);
      return;
    }
    drop_doubt(key);
    return;
  }
  if (doubt.state == Doubt::State::unanswered) return;  // the session's own timer comes first
  if (doubt.storing > 0) {  // it is answered; only the store has not heard of it yet
    doubt.due = now.wall + 500ms;
    doubt_due_.emplace(doubt.due, key);
    return;
  }
  if (doubt.step == Doubt::Step::receipts) return;  // until the answer to that
  if (doubt.step == Doubt::Step::none && seek_receipts(key, true)) {
    doubt.step = Doubt::Step::receipts;
    return;
  }
  OnDoubt rule = on_doubt_of(doubt);
  if (rule == OnDoubt::query && inquire(key, doubt, now)) return;
  if (broken(Variant::resends_everything)) rule = OnDoubt::resend_once;
  if (rule == OnDoubt::resend_once && !doubt.who.resent && !doubt.body.empty()) {
    auto moved = Moved::unpack(doubt.moved);
    std::uint16_t target = Router::kNone;
    for (const auto& op : operators_) {
      if (op->config.name == doubt.operator_name) target = op->index;
    }
    const bool unknown_operator = doubt.operator_name.empty();  // Redis forgot: it is routed anew
    if (moved && (target != Router::kNone || unknown_operator)) {
      moved->resent = true;
      ++moved->attempts;
      if (!unknown_operator) remember_resend(key, doubt, *moved, target);
      if (moved->progress && moved->progress->accepted.find('\1') == std::string::npos)
        moved->progress.reset();
      if (doubt.parts > 1 && doubt.orphans_below != 0 && !moved->progress) {
        // What a former owner heard of parts that it had not settled is not the second copy's.
        const auto [first, last] = std::minmax(doubt.written_from, doubt.written_to);  // a clock set back
        for (auto day = day_of(std::max<WallTime>(first, last - kPartsKept)); day <= day_of(last); ++day) {
          partition->batch.extra.command("HDEL")
              .arg(keys::partition(partition->id, keys::kParts) + ":" + std::to_string(day))
              .arg(field_in(key));
        }
        if (const auto fold = folds_.find(key); fold != folds_.end() && fold->second.loaded)
          folds_.erase(fold);
      }
      std::string packed;
      moved->pack(packed);
      ++counters_.resends;
      const Destination to{
          unknown_operator ? StreamKind::retry : StreamKind::backlog, target, {}, doubt.lane, now.wall};
      put(*partition, to, doubt.body, packed, 1, now);
      drop_doubt(key);
      return;
    }
  }
  OutcomeLine line;
  line.operator_name = doubt.operator_name;
  line.parts = doubt.parts;
  line.reason = "in_doubt";
  const bool lies = broken(Variant::doubt_as_delivered);
  finalise(doubt.who, lies ? Final::delivered : Final::unknown, line, now);
  --partition->doubt;
  partition->batch.count("w:doubt", -1);
  doubt.state = Doubt::State::reported;
  if (doubts_.size() > kReportedMax && doubt.orphans_below == 0) {
    drop_doubt(key);
    return;
  }
  doubt.body.clear();
  doubt.due = std::max(doubt.deadline, now.wall + 1s);
  doubt_due_.emplace(doubt.due, key);
  store_doubt(doubt);
}

}  // namespace anchal::core
