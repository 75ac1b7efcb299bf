#include <xxhash.h>

#include <algorithm>
#include <tuple>

#include "engine/core/keys.h"
#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kRecentFinalsMax = 65'536;
constexpr std::size_t kFoldsMax = 50'000;
constexpr std::size_t kMapNamesMax = 10'000;
/// The response may be under way, on us or another engine; on one that cannot reach Redis for a while, it
/// takes long.
constexpr std::array<Duration, 6> kLookAgain{200ms, 1s, 5s, 30s, 2min, 7min};
constexpr std::size_t kAnsweredAfter = 2;  ///< looks
constexpr Duration kPostpone = 50ms;
constexpr unsigned kResentMark = 0x80;  ///< no smpp::PartState has it

/// By the day of the first accepted part, so that what never completes can expire as a whole.
std::string parts_key(const ReceiptTarget& target) {
  return keys::partition(target.who.partition, keys::kParts) + ":" + std::to_string(target.day);
}

}  // namespace

std::uint64_t Shard::Impl::receipt_hash(std::uint16_t op, std::string_view id) const {
  return XXH3_64bits_withSeed(id.data(), id.size(), op);
}

void Shard::Impl::remember_final(std::uint64_t hash, PartitionId partition) {
  if (broken(Variant::receipt_counts_twice)) return;
  if (!recent_finals_.emplace(hash, partition).second) return;
  recent_finals_order_.push_back(hash);
  if (recent_finals_order_.size() <= kRecentFinalsMax) return;
  recent_finals_.erase(recent_finals_order_.front());
  recent_finals_order_.pop_front();
}

/// A receipt comes again: it is answered, but not before the first one's effect is durable.
void Shard::Impl::answer_repeated(const ReceiptAnswer& owed, std::uint64_t hash) {
  Partition* const partition = owned(recent_finals_.at(hash));
  if (partition != nullptr && (partition->outstanding || !partition->batch.empty())) {
    partition->batch.on_commit.answers.push_back(owed);
  } else {
    answer(owed);
  }
}

void Shard::Impl::on_receipt(Bind& bind, std::uint32_t sequence_number, bool data_sm,
                             const ReceiptReader::Arrived& arrived, Now now) {
  Operator& op = *operators_[bind.operator_index];
  const ReceiptAnswer owed{bind.id, bind.generation, sequence_number, data_sm};
  const auto receipt = op.receipts.read(arrived, now);
  op.counters.receipts_malformed += op.receipts.take_lost(now);
  if (!receipt) {
    // Whatever it is, an error would bring it back for hours (dlr.md §1): answered, and counted. A part is
    // answered too: an SMSC with a window of one sends the next only then.
    if (receipt.error() == ReceiptReader::Unread::malformed) ++op.counters.receipts_malformed;
    answer(owed);
    return;
  }
  ReceiptEvent event;
  event.operator_index = op.index;
  event.state = smpp::part_state(*receipt);
  event.is_final = receipt->kind == smpp::ReceiptKind::final;
  event.error = receipt->error;
  event.answer = owed;
  smpp::normalise(receipt->id, smpp::MessageIdSide::receipt, op.ids, event.add_id());
  if (!receipt->id_alt.empty()) {
    smpp::normalise(receipt->id_alt, smpp::MessageIdSide::receipt, op.ids, event.add_id());
  }
  for (const std::string& id : event.ids()) {
    const std::uint64_t hash = receipt_hash(op.index, id);
    if (!recent_finals_.contains(hash)) continue;
    ++op.counters.receipts_duplicate;
    answer_repeated(owed, hash);
    return;
  }
  if (op.config.keeps_strays()) {
    ReceiptOrigin origin;
    origin.address = address_token(arrived.source, arrived.destination);
    origin.reference = arrived.reference;
    if (receipt->submit_date) origin.submitted = receipt->submit_date->instant(op.config.receipt_utc_offset);
    origin.arrived = now.wall;
    event.origin = std::make_shared<const ReceiptOrigin>(origin);
  }
  lookups_.push_back(std::move(event));
}

void Shard::Impl::look_up_receipts(Now now) {
  if (!postponed_.empty() && now.mono >= postponed_due_) {
    std::move(postponed_.begin(), postponed_.end(), std::back_inserter(lookups_));
    postponed_.clear();
  }
  if (lookups_.empty() || !store_up_) return;
  look_up(std::exchange(lookups_, {}), false, now);
}

const std::string& Shard::Impl::map_name(const MapPlace& place) {
  if (map_names_.size() > kMapNamesMax) map_names_.clear();  // generations pass
  std::string& name = map_names_[place.number()];
  if (name.empty()) {
    name = keys::receipts(place.slot, operators_[place.operator_index]->config.name, place.generation,
                          place.bucket);
  }
  return name;
}

ReceiptKey Shard::Impl::key_of(const MapPlace& place, std::string_view id) const {
  return {place.slot, operators_[place.operator_index]->config.name, place.generation, place.bucket,
          std::string(id)};
}

/// Asks the receipt map, the newest generations only: nearly every receipt comes within minutes of its
/// submit.
void Shard::Impl::look_up(std::vector<ReceiptEvent> events, bool everywhere, Now now) {
  struct Asked {
    MapPlace place;
    std::uint64_t number;
    std::uint32_t event;
    std::uint32_t id;
  };
  auto asked = std::make_shared<std::vector<Asked>>();
  asked->reserve(events.size());
  for (std::uint32_t event = 0; event < events.size(); ++event) {
    const std::uint16_t op = events[event].operator_index;
    const OperatorConfig& config = operators_[op]->config;
    for (std::uint32_t id = 0; id < events[event].id_count; ++id) {
      MapPlace place = map_place(config, op, config_.partitions, events[event].id[id], now.wall);
      const std::int64_t newest = place.generation;
      const bool young = now.wall.time_since_epoch().count() % generation_ms(config) < 60'000;
      const std::int64_t oldest = newest - (everywhere ? kGenerations - 1 : young ? 1 : 0);
      for (; place.generation >= std::max<std::int64_t>(oldest, 0); --place.generation) {
        asked->push_back({place, place.number(), event, id});
      }
      const auto met = events[event].generation;
      if (!met || (*met <= newest && *met >= oldest)) continue;
      place.generation = *met;
      asked->push_back({place, place.number(), event, id});
    }
  }
  // One HMGET per hash.
  std::sort(asked->begin(), asked->end(), [](const Asked& a, const Asked& b) {
    return std::tie(a.number, a.event, a.id) < std::tie(b.number, b.event, b.id);
  });
  Commands commands;
  for (std::size_t i = 0; i < asked->size(); ++i) {
    const Asked& one = (*asked)[i];
    if (i == 0 || one.number != (*asked)[i - 1].number) commands.command("HMGET").arg(map_name(one.place));
    commands.arg(events[one.event].id[one.id]);
  }
  auto waiting = std::make_shared<std::vector<ReceiptEvent>>(std::move(events));
  ask(std::move(commands), [this, asked, waiting, everywhere](std::span<const Reply> replies, Now at) {
    // Of several entries the first id's counts, and of one id the newest.
    struct Hit {
      const Asked* asked = nullptr;
      std::string_view value;
    };
    std::vector<Hit> hits(waiting->size());
    std::size_t at_key = 0, at_field = 0;
    for (const Asked& one : *asked) {
      while (at_key < replies.size() && at_field >= replies[at_key].size) {
        ++at_key;
        at_field = 0;
      }
      if (at_key >= replies.size()) break;
      const Reply& value = replies[at_key].elements[at_field++];
      if (value.is_nil() || EarlyReceipt::unpack(value.text)) continue;
      Hit& hit = hits[one.event];
      if (hit.asked == nullptr || one.id < hit.asked->id ||
          (one.id == hit.asked->id && one.place.generation > hit.asked->place.generation)) {
        hit = {&one, value.text};
      }
    }
    std::vector<ReceiptEvent> missed;
    for (std::size_t event = 0; event < waiting->size(); ++event) {
      ReceiptEvent& one = (*waiting)[event];
      const Hit& hit = hits[event];
      const auto target = hit.asked == nullptr ? std::nullopt : ReceiptTarget::unpack(hit.value);
      if (target) {
        const ReceiptKey key = key_of(hit.asked->place, one.id[hit.asked->id]);
        found(std::move(one), key, *target, at);
      } else if (everywhere) {
        unmatched(std::move(one), at);
      } else {
        missed.push_back(std::move(one));
      }
    }
    if (!missed.empty()) look_up(std::move(missed), true, at);
  });
}

void Shard::Impl::postpone(ReceiptEvent event, Now now) {
  if (event.deadline) {  // the next sweep finds it again
    search_.left_some = true;
    return;
  }
  if (postponed_.empty()) postponed_due_ = now.mono + kPostpone;
  postponed_.push_back(std::move(event));
}

/// It ends nothing: its message has its outcome, or none here.
void Shard::Impl::correction(Partition& partition, const ReceiptEvent& event, const ReceiptKey& key) {
  ++counters_.corrections;
  partition.batch.journal.final_receipt(key);
  partition.batch.on_commit.forget.push_back(key);
  if (event.answer) partition.batch.on_commit.answers.push_back(*event.answer);
  remember_final(receipt_hash(event.operator_index, key.id), partition.id);
}

void Shard::Impl::found(ReceiptEvent event, const ReceiptKey& key, const ReceiptTarget& target, Now now) {
  Operator& op = *operators_[event.operator_index];
  Partition* const partition = owned(target.who.partition);
  if (partition == nullptr) {
    send_to_inbox(event, key, target);
    return;
  }
  if (recovering(*partition) || puts_unsure_ > 0) {
    event.generation = key.generation;
    postpone(std::move(event), now);
    return;
  }
  const std::uint64_t hash = receipt_hash(event.operator_index, key.id);
  if (recent_finals_.contains(hash)) {
    ++op.counters.receipts_duplicate;
    if (event.deadline) partition->batch.on_commit.forget.push_back(key);  // left over
    if (event.answer) answer_repeated(*event.answer, hash);
    return;
  }
  if (!event.deadline) ++op.counters.receipts_matched;
  if (!event.is_final && !event.deadline) {
    ++op.counters.receipts_intermediate;
    if (event.answer) answer(*event.answer);
    return;
  }
  if (settle_orphan(event, key, target, now)) return;
  if (partition->orphans.contain(target.fence, target.sent_ms)) {
    // Redis forgot the message, and was told its id by an answer that was under way then.
    correction(*partition, event, key);
    return;
  }
  if (target.parts > 1) {
    fold_part(std::move(event), key, target, now);
    return;
  }
  const smpp::PartState state = event.deadline ? smpp::PartState::no_receipt : event.state;
  const smpp::Folded folded = smpp::fold(std::span(&state, 1), smpp::SegmentPolicy::each, event.deadline);
  OutcomeLine line;
  line.operator_name = op.config.name;
  line.parts = 1;
  line.error = event.error;
  finalise(target.who, final_of(folded.outcome), line, now);
  --partition->awaiting;
  partition->batch.count("w:awaiting", -1);
  partition->batch.journal.final_receipt(key);
  partition->batch.on_commit.forget.push_back(key);
  if (event.answer) partition->batch.on_commit.answers.push_back(*event.answer);
  remember_final(hash, partition->id);
}

Final Shard::Impl::final_of(smpp::MessageOutcome outcome) {
  switch (outcome) {
    case smpp::MessageOutcome::delivered:
      return Final::delivered;
    case smpp::MessageOutcome::undelivered:
      return Final::undelivered;
    case smpp::MessageOutcome::expired:
      return Final::expired;
    case smpp::MessageOutcome::rejected:
      return Final::rejected;
    case smpp::MessageOutcome::submitted:
      return Final::submitted;
    case smpp::MessageOutcome::no_receipt:
    case smpp::MessageOutcome::pending:
      break;
  }
  return Final::no_receipt;
}

/// A part of the message was accepted. If an earlier one of the same name is done, its job came again after
/// the idempotency time: what was said of that one's parts says nothing of this one's.
void Shard::Impl::begin_fold(const Identity& who) {
  if (folds_.empty()) return;
  const auto found = folds_.find(message_key(who.partition, who.hash, who.index));
  if (found != folds_.end() && found->second.done) folds_.erase(found);
}

/// Receipts of a long message come one by one; what they said so far is kept in the parts hash.
void Shard::Impl::fold_part(ReceiptEvent event, const ReceiptKey& key, const ReceiptTarget& target, Now now) {
  const std::string name = message_key(target.who.partition, target.who.hash, target.who.index);
  auto [found, is_new] = folds_.try_emplace(name);
  if (is_new) {
    folds_order_.push_back(name);
    for (std::size_t looked = folds_order_.size(); folds_.size() > kFoldsMax && looked > 0; --looked) {
      const auto oldest = folds_.find(folds_order_.front());
      const bool idle = oldest == folds_.end() || (oldest->second.loaded && oldest->second.waiting.empty());
      if (idle && oldest != folds_.end() && oldest->first != name) folds_.erase(oldest);
      if (!idle) folds_order_.push_back(folds_order_.front());
      folds_order_.pop_front();
    }
  }
  Fold& fold = folds_.find(name)->second;
  auto apply = [this, name, event = std::move(event), key, target](Now at) {
    apply_part(name, event, key, target, at);
  };
  if (fold.loaded) {
    apply(now);
    return;
  }
  fold.waiting.push_back(std::move(apply));
  if (!is_new) return;
  ++folds_loading_;
  Commands commands;
  commands.command("HGET").arg(parts_key(target)).arg(message_field(target.who.hash, target.who.index));
  ask(std::move(commands), [this, name, parts = target.parts](std::span<const Reply> replies, Now at) {
    --folds_loading_;
    const auto again = folds_.find(name);
    if (again == folds_.end()) return;
    // One octet per part, the first with the mark of what was sent again, then the first error.
    const std::string_view kept = replies[0].text;
    again->second.states.assign(parts, static_cast<char>(smpp::PartState::open));
    if (kept.size() >= parts) {
      std::string& states = again->second.states = kept.substr(0, parts);
      again->second.error = kept.substr(parts);
      again->second.resent = (static_cast<unsigned char>(states.front()) & kResentMark) != 0;
      states.front() = static_cast<char>(static_cast<unsigned char>(states.front()) & ~kResentMark);
    }
    again->second.loaded = true;
    auto waiting = std::exchange(again->second.waiting, {});
    for (auto& apply_one : waiting) apply_one(at);
  });
}

void Shard::Impl::apply_part(const std::string& name, ReceiptEvent event, const ReceiptKey& key,
                             const ReceiptTarget& target, Now now) {
  const auto found = folds_.find(name);
  Partition* const partition = owned(target.who.partition);
  if (found == folds_.end() || partition == nullptr || target.part >= found->second.states.size()) return;
  Operator& op = *operators_[event.operator_index];
  const std::uint64_t hash = receipt_hash(event.operator_index, key.id);
  if (recent_finals_.contains(hash)) {
    ++op.counters.receipts_duplicate;
    if (event.deadline) partition->batch.on_commit.forget.push_back(key);  // left over
    if (event.answer) answer_repeated(*event.answer, hash);
    return;
  }
  Fold& fold = found->second;
  if (fold.done) {  // of another id that the part had
    correction(*partition, event, key);
    return;
  }
  auto state = static_cast<smpp::PartState>(fold.states[target.part]);
  if (event.deadline) {
    if (smpp::rank(state) < 2) state = smpp::PartState::no_receipt;
  } else {
    state = smpp::apply(state, event.state).state;
  }
  fold.states[target.part] = static_cast<char>(state);
  fold.resent |= target.who.resent;
  if (fold.error.empty() && state != smpp::PartState::delivered) fold.error = event.error;
  std::vector<smpp::PartState> states;
  bool complete = true;
  std::uint32_t delivered = 0;
  for (const char one : fold.states) {
    states.push_back(static_cast<smpp::PartState>(one));
    complete &= smpp::rank(states.back()) >= 2 || states.back() == smpp::PartState::no_receipt;
    delivered += states.back() == smpp::PartState::delivered;
  }
  const std::string parts = parts_key(target);
  const std::string field = message_field(target.who.hash, target.who.index);
  if (complete) {
    const smpp::Folded folded = smpp::fold(states, smpp::SegmentPolicy::each, true);
    OutcomeLine line;
    line.operator_name = op.config.name;
    line.parts = target.parts;
    const Final final_state = final_of(folded.outcome);
    if (final_state != Final::delivered) {
      line.parts_delivered = static_cast<int>(delivered);
      line.error = fold.error;
    }
    Identity who = target.who;
    who.resent = fold.resent;
    const auto doubt = doubts_.find(name);
    const bool doubted = doubt != doubts_.end() && doubt->second.state != Doubt::State::reported;
    if (doubted) who.resent |= doubt->second.who.resent;
    finalise(who, final_state, line, now);
    fold.done = true;
    if (doubted) {  // receipts that a former owner folded and did not settle say the same of the other parts
      count_evidence(Evidence::receipt);
      drop_doubt(name);
    } else {
      --partition->awaiting;
      partition->batch.count("w:awaiting", -1);
    }
    partition->batch.extra.command("HDEL").arg(parts).arg(field);
  } else {
    std::string kept = fold.states + fold.error;
    if (fold.resent) kept.front() = static_cast<char>(static_cast<unsigned char>(kept.front()) | kResentMark);
    partition->batch.extra.command("HSET").arg(parts).arg(field).arg(kept);
    const auto life = std::chrono::duration_cast<std::chrono::milliseconds>(op.config.receipt_deadline) + 48h;
    partition->batch.extra.command("PEXPIRE").arg(parts).arg(std::chrono::milliseconds(life).count());
  }
  partition->batch.journal.final_receipt(key);
  partition->batch.on_commit.forget.push_back(key);
  if (event.answer) partition->batch.on_commit.answers.push_back(*event.answer);
  remember_final(hash, partition->id);
}

/// A receipt nobody knows: its response may still be on the way. It is looked up again twice, then laid where
/// whoever stores its id finds it (early.cpp), answered, and kept for a while: a response that names its id
/// finds it here, too (stored), and it is looked up now and then.
void Shard::Impl::unmatched(ReceiptEvent event, Now now) {
  Operator& op = *operators_[event.operator_index];
  if (event.deadline || event.tries >= kLookAgain.size()) return;
  event.inbox.reset();  // it was looked up, and is done: as far as the inbox is concerned
  event.due = now.mono + kLookAgain[event.tries];
  if (event.tries == kAnsweredAfter) {
    ++op.counters.receipts_unmatched;
    const bool kept = keep_stray(event, now);
    if (!lay_early(event, now) && !kept && event.answer) answer(*event.answer);
    event.answer.reset();
  }
  while (orphans_.size() >= config_.limits.orphan_receipts) drop_orphan(orphans_.begin());
  orphans_.push_back(std::move(event));
  const auto last = std::prev(orphans_.end());
  for (const std::string& id : last->ids())
    orphan_by_id_.emplace(receipt_hash(last->operator_index, id), last);
  orphans_due_ = std::min(orphans_due_, last->due);
}

ReceiptEvent Shard::Impl::drop_orphan(std::list<ReceiptEvent>::iterator orphan) {
  for (const std::string& id : orphan->ids()) {
    const auto [first, last] = orphan_by_id_.equal_range(receipt_hash(orphan->operator_index, id));
    for (auto one = first; one != last; ++one) {
      if (one->second != orphan) continue;
      orphan_by_id_.erase(one);
      break;
    }
  }
  ReceiptEvent event = std::move(*orphan);
  orphans_.erase(orphan);
  return event;
}

void Shard::Impl::due_orphans(Now now) {
  if (orphans_.empty() || now.mono < orphans_due_ || !store_up_) return;
  orphans_due_ = TimePoint::max();
  std::vector<ReceiptEvent> again;
  for (auto one = orphans_.begin(); one != orphans_.end();) {
    const auto orphan = one++;
    if (orphan->due > now.mono) {
      orphans_due_ = std::min(orphans_due_, orphan->due);
      continue;
    }
    ReceiptEvent event = drop_orphan(orphan);
    ++event.tries;
    again.push_back(std::move(event));
  }
  if (!again.empty()) look_up(std::move(again), true, now);
}

}  // namespace anchal::core
