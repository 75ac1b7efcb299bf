#include <algorithm>
#include <utility>

#include "engine/core/keys.h"
#include "engine/core/pack.h"
#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {
constexpr std::int64_t kInboxChunk = 200;
constexpr Duration kInboxKept = 5s;
}  // namespace

/// An accepted part's id goes into the receipt map before its result is settled: a receipt must never find a
/// message settled and its id unknown.
void Shard::Impl::store_id(const Identity& who, const Operator& op, std::uint16_t part, std::uint16_t parts,
                           std::string_view message_id, std::uint64_t day, std::uint64_t token,
                           std::string doubt_key, Now now) {
  std::string id;
  smpp::normalise(message_id, smpp::MessageIdSide::response, op.ids, id);
  // Without an id no receipt can be matched; the entry is still needed, so that the deadline finds the
  // message.
  if (id.empty())
    id = std::string("\x01")
             .append(message_field(who.hash, who.index))
             .append(":")
             .append(std::to_string(part));
  store_key(who, op, part, parts, std::move(id), day, token, std::move(doubt_key), nullptr, now);
}

/// `id` is normalised.
void Shard::Impl::store_key(const Identity& who, const Operator& op, std::uint16_t part, std::uint16_t parts,
                            std::string id, std::uint64_t day, std::uint64_t token, std::string doubt_key,
                            std::unique_ptr<Proof> proof, Now now) {
  MapPut put;
  put.place = map_place(op.config, op.index, config_.partitions, id, now.wall);
  put.token = token;
  put.doubt_key = std::move(doubt_key);
  put.fence = partitions_[who.partition]->fence_at_own;
  put.partition = who.partition;
  put.part = static_cast<std::uint8_t>(part);
  put.sent_ms = now.wall.time_since_epoch().count();
  ReceiptTarget::pack(put.value, who, put.part, static_cast<std::uint8_t>(parts), put.sent_ms, put.fence,
                      day);
  if (parts > 1) begin_fold(who);
  recent_finals_.erase(receipt_hash(op.index, id));  // an SMSC that starts its ids anew
  put.id = std::move(id);
  put.proof = std::move(proof);
  puts_.push_back(std::move(put));
}

void Shard::Impl::flush_receipt_map(Now now) {
  if (!store_up_) return;
  // A former owner that wakes up writes nothing: only under a valid lease (and a new owner would know the
  // entry by its fence, Doubt::orphans_below).
  const auto ready = std::stable_partition(puts_.begin(), puts_.end(), [&](const MapPut& put) {
    const Partition& partition = *partitions_[put.partition];
    if (broken(Variant::map_after_settle) && (partition.outstanding || !partition.batch.empty())) return true;
    return !partition.writable(now.mono);
  });
  if (ready != puts_.end()) {
    auto puts = std::make_shared<std::vector<MapPut>>(std::make_move_iterator(ready),
                                                      std::make_move_iterator(puts_.end()));
    puts_.erase(ready, puts_.end());
    Commands commands;
    auto fresh = list_generations(*puts, commands, now);
    const auto oldest = std::ranges::min_element(*puts, {}, &MapPut::sent_ms)->sent_ms;
    puts_sent_.insert(oldest);
    for (const MapPut& put : *puts) {
      ++partitions_[put.partition]->puts_under_way;
      commands.command("HSETNX").arg(map_name(put.place)).arg(put.id).arg(put.value);
    }
    ask(
        std::move(commands),
        [this, puts, oldest, fresh = std::move(fresh), set_backs = search_.set_backs](
            std::span<const Reply> replies, Now at) {
          puts_sent_.erase(puts_sent_.find(oldest));
          listed(fresh, set_backs, at);
          const auto stores = replies.subspan(fresh.size());
          for (std::size_t i = 0; i < puts->size(); ++i) {
            --partitions_[(*puts)[i].partition]->puts_under_way;
            if (i < stores.size() && stores[i].integer == 0) {
              id_taken(std::move((*puts)[i]), at);
            } else {
              log_put((*puts)[i]);
              stored(std::move((*puts)[i]), at);
            }
          }
        },
        AskKind::receipt_ids);
  }
  // Nor does it remove what was final in a Redis that may have forgotten that: the next owner finds it in the
  // journal.
  const auto due = std::stable_partition(forgets_.begin(), forgets_.end(), [&](const Forget& forget) {
    const Partition& partition = *partitions_[forget.partition];
    return partition.reread_held || !partition.writable(now.mono);
  });
  if (due != forgets_.end()) {
    auto forgets = std::make_shared<std::vector<Forget>>(std::make_move_iterator(due),
                                                         std::make_move_iterator(forgets_.end()));
    forgets_.erase(due, forgets_.end());
    std::vector<std::pair<std::string, const Forget*>> by_key;
    for (const Forget& one : *forgets) by_key.emplace_back(redis_key(one.key), &one);
    std::stable_sort(by_key.begin(), by_key.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    Commands commands;
    for (std::size_t i = 0; i < by_key.size(); ++i) {
      if (i == 0 || by_key[i].first != by_key[i - 1].first) commands.command("HDEL").arg(by_key[i].first);
      commands.arg(by_key[i].second->key.id);
    }
    ask(
        std::move(commands),
        [this, forgets](std::span<const Reply> replies, Now) {
          for (const Forget& one : *forgets) {
            Partition& partition = *partitions_[one.partition];
            if (replies.empty()) {  // given up: once more, if the partition stays ours
              if (partition.forgetting.contains(one.number)) forgets_.push_back(one);
              continue;
            }
            partition.forgetting.erase(one.number);
            partition.log.removals().command("HDEL").arg(redis_key(one.key)).arg(one.key.id);
          }
        },
        AskKind::removals);
  }
}

/// In another Redis than before, what was to be removed may await its receipt.
void Shard::Impl::give_up_removals(Now now) {
  const auto removals = std::stable_partition(unasked_.begin(), unasked_.end(), [](const Question& question) {
    return question.kind != AskKind::removals;
  });
  std::vector<Question> given_up(std::make_move_iterator(removals), std::make_move_iterator(unasked_.end()));
  unasked_.erase(removals, unasked_.end());
  for (const Question& question : given_up) question.handler({}, now);
}

/// A Redis that forgets it is told again.
void Shard::Impl::log_put(const MapPut& put) {
  partitions_[put.partition]
      ->log.beside()
      .command("HSETNX")
      .arg(map_name(put.place))
      .arg(put.id)
      .arg(put.value);
}

/// The clock jumped, or Redis was away for hours, while an id was on its way into the map: it lies where no
/// receipt looks for it any more, and the search for overdue ones may have passed. Its message is not settled
/// before it lies where it is found.
bool Shard::Impl::store_anew(MapPut& put, Now now) {
  const Partition* const partition = owned(put.partition);
  if (partition == nullptr || partition->fence_at_own != put.fence) return false;  // the next owner's to mind
  const OperatorConfig& config = operators_[put.place.operator_index]->config;
  const std::int64_t generation = now.wall.time_since_epoch().count() / generation_ms(config);
  if (put.place.generation <= generation && put.place.generation >= generation - 1) return false;
  auto target = ReceiptTarget::unpack(put.value);
  if (!target) return false;
  if (!std::exchange(put.anew, true)) ++puts_unsure_;
  Commands remove;
  remove.command("HDEL").arg(map_name(put.place)).arg(put.id);
  // At once, for the place itself may be about to be told again; and when it is done, behind whatever is
  // committed meanwhile: a failover that keeps that may forget this.
  partitions_[put.partition]->log.beside().append(remove);
  ask(
      remove,
      [this, id = put.partition, remove](std::span<const Reply>, Now) {
        partitions_[id]->log.beside().append(remove);
      },
      AskKind::settles);
  target->sent_ms = put.sent_ms = now.wall.time_since_epoch().count();
  put.place.generation = generation;
  put.value.clear();
  target->pack(put.value);
  puts_.push_back(std::move(put));
  return true;
}

void Shard::Impl::stored(MapPut put, Now now) {
  if (store_anew(put, now)) return;
  if (put.anew) --puts_unsure_;
  std::int64_t& sent_ms = partitions_[put.partition]->sent_ms;
  sent_ms = std::max(sent_ms, put.sent_ms);
  if (put.token != 0) {
    Active* const active = actives_.find(put.token);
    if (active != nullptr && active->ids_pending > 0) {
      --active->ids_pending;
      try_finish(*active, now);
    }
  } else if (put.proof && put.proof->is_final) {
    deliver_proof(put);
  } else {
    id_of_doubt_stored(put.doubt_key, put.part, put.partition, put.fence, now);
  }
  if (put.early) {
    if (const auto target = ReceiptTarget::unpack(put.value)) take_early(put, *target, now);
  }
  if (!orphan_by_id_.empty())
    wake_orphans(put.place.operator_index, key_of(put.place, put.id), put.value, now);
}

/// Receipts that wait for this id: it is in the map now.
void Shard::Impl::wake_orphans(std::uint16_t op, const ReceiptKey& key, std::string_view value, Now now) {
  const auto target = ReceiptTarget::unpack(value);
  if (!target) return;
  for (;;) {
    const auto orphan = orphan_by_id_.find(receipt_hash(op, key.id));
    if (orphan == orphan_by_id_.end()) return;
    ReceiptEvent event = drop_orphan(orphan->second);
    if (event.stray) forget_stray(event);
    found(std::move(event), key, *target, now);
  }
}

void Shard::Impl::id_of_doubt_stored(const std::string& key, std::uint8_t part, PartitionId partition,
                                     std::uint64_t fence, Now now) {
  if (partitions_[partition]->fence_at_own != fence) return;
  const auto doubt = doubts_.find(key);
  if (doubt != doubts_.end() && doubt->second.storing > 0) --doubt->second.storing;
  late_answered(key, part, true, now);
}

/// A failover of Redis may forget it.
void Shard::Impl::remember_unfenced(const Commands& commands, Now now) {
  unfenced_writes_.emplace_back(now.mono, commands);
  while (now.mono - unfenced_writes_.front().first > kInboxKept) unfenced_writes_.pop_front();
}

/// The SMSC gave an id that another message still has (a counter that wrapped or began anew). The newest
/// message keeps the id; the older one stays under a name of its own, where only its deadline finds it.
void Shard::Impl::id_taken(MapPut put, Now) {
  ++puts_unsure_;
  Commands commands;
  commands.command("HGET").arg(map_name(put.place)).arg(put.id);
  auto kept = std::make_shared<MapPut>(std::move(put));
  ask(std::move(commands), [this, kept](std::span<const Reply> replies, Now at) {
    if (replies[0].text == kept->value) {  // our own: the first try did reach Redis
      --puts_unsure_;
      log_put(*kept);
      stored(std::move(*kept), at);
      return;
    }
    Commands replace;
    kept->early = EarlyReceipt::unpack(replies[0].text);
    const auto older = ReceiptTarget::unpack(replies[0].text);
    const auto ours = ReceiptTarget::unpack(kept->value);
    const bool same_part = older && ours && older->who.partition == ours->who.partition &&
                           older->who.hash == ours->who.hash && older->who.index == ours->who.index &&
                           older->part == ours->part;  // a former owner's: it is ours now
    if (older && !same_part) {
      std::string name = std::string("\x01").append(message_field(older->who.hash, older->who.index));
      name.append(":").append(std::to_string(older->part));
      replace.command("HSET").arg(map_name(kept->place)).arg(name).arg(replies[0].text);
    }
    replace.command("HSET").arg(map_name(kept->place)).arg(kept->id).arg(kept->value);
    ask(
        replace,
        [this, kept, replace](std::span<const Reply>, Now then) {
          --puts_unsure_;
          partitions_[kept->partition]->log.beside().append(replace);
          stored(std::move(*kept), then);
        },
        AskKind::settles);
  });
}

void Shard::Impl::forget(PartitionId id, const ReceiptKey& key) {
  Partition& partition = *partitions_[id];
  const std::uint64_t number = ++partition.forget_number;
  partition.forgetting.emplace(number, key);
  forgets_.push_back({id, number, key});
}

void Shard::Impl::pack_inbox(std::string& packed, const ReceiptEvent& event, const ReceiptKey& key) {
  Packer out(packed);
  out.u8(1);
  out.u8(static_cast<std::uint8_t>((event.is_final ? 1 : 0) | (event.deadline ? 2 : 0)));
  out.u8(static_cast<std::uint8_t>(event.state));
  out.text(event.error);
  out.varint(key.slot);
  out.text(key.operator_name);
  out.varint(static_cast<std::uint64_t>(key.generation));
  out.varint(key.bucket);
  out.text(key.id);
}

void Shard::Impl::send_to_inbox(const ReceiptEvent& event, const ReceiptKey& key,
                                const ReceiptTarget& target) {
  std::string packed;
  pack_inbox(packed, event, key);
  Commands commands;
  commands.command("XADD")
      .arg(keys::partition(target.who.partition, keys::kInbox))
      .arg("*")
      .arg("d")
      .arg(packed);
  if (event.deadline) ++search_.handed_on;
  ask(
      commands,
      [this, owed = event.answer, deadline = event.deadline, commands](std::span<const Reply>, Now at) {
        remember_unfenced(commands, at);
        if (deadline) --search_.handed_on;
        if (owed) answer(*owed);
      },
      AskKind::settles);
}

void Shard::Impl::read_inbox(Partition& partition, Now now) {
  // Not before the effect of everything that was read is in the batch: some of it may be postponed.
  if (partition.inbox_trim && folds_loading_ == 0 && partition.inbox_events.use_count() <= 1) {
    partition.batch.extra.command("XTRIM")
        .arg(keys::partition(partition.id, keys::kInbox))
        .arg("MINID")
        .arg("=");
    partition.batch.extra.arg(partition.inbox_trim->text());
    partition.inbox_trim.reset();
  }
  if (partition.inbox_reading || partition.inbox_trim || now.mono < partition.inbox_due || !store_up_ ||
      partition.reread_held || recovering(partition))
    return;
  partition.inbox_due = now.mono + 100ms;
  partition.inbox_reading = true;
  Commands commands;
  commands.command("XREAD")
      .arg("COUNT")
      .arg(kInboxChunk)
      .arg("STREAMS")
      .arg(keys::partition(partition.id, keys::kInbox))
      .arg(partition.inbox_cursor.text());
  // In a Redis that forgot, what an item is about may be told again only later.
  const auto current = [p = &partition, fence = partition.fence_at_own, tellings = partition.tellings] {
    if (p->fence_at_own != fence) return false;
    if (p->state == Partition::State::owned && p->tellings == tellings) return true;
    p->inbox_reading = false;
    return false;
  };
  ask(std::move(commands),
      [this, p = &partition, current, asked = now.mono](std::span<const Reply> replies, Now) {
        if (!current()) return;
        p->inbox_reading = false;
        if (replies[0].size == 0) {
          p->inbox_empty_at = asked;
          return;
        }
        struct Item {
          ReceiptEvent event;
          ReceiptKey key;
        };
        auto items = std::make_shared<std::vector<Item>>();
        p->inbox_events = std::make_shared<char>();
        StreamId last = p->inbox_cursor;
        Commands look;
        for (const Reply& entry : replies[0].elements[0].elements[1].array()) {
          if (const auto id = StreamId::parse(entry.elements[0].text)) last = *id;
          if (entry.size < 2 || entry.elements[1].size < 2) continue;
          Unpacker in(entry.elements[1].elements[1].text);
          Item item;
          if (in.u8() != 1) continue;
          const std::uint8_t flags = in.u8();
          item.event.is_final = (flags & 1) != 0;
          item.event.deadline = (flags & 2) != 0;
          item.event.state = static_cast<smpp::PartState>(
              std::min<std::uint8_t>(in.u8(), static_cast<std::uint8_t>(smpp::PartState::submitted)));
          item.event.error = in.text();
          item.key.slot = static_cast<std::uint32_t>(in.varint());
          item.key.operator_name = in.text();
          item.key.generation = static_cast<std::int64_t>(in.varint());
          item.key.bucket = static_cast<std::uint32_t>(in.varint());
          item.key.id = in.text();
          if (!in.ok()) continue;
          item.event.inbox = p->inbox_events;
          for (const auto& op : operators_) {
            if (op->config.name == item.key.operator_name) item.event.operator_index = op->index;
          }
          item.event.add_id() = item.key.id;
          look.command("HGET").arg(redis_key(item.key)).arg(item.key.id);
          items->push_back(std::move(item));
        }
        const auto done = [p, current, last](Now) {
          if (!current()) return;
          p->inbox_reading = false;
          p->inbox_cursor = last;
          p->inbox_due = TimePoint::min();
          p->inbox_trim = last.next();  // once what was read has its effect in the batch, or before
        };
        if (look.empty()) {
          done({});
          return;
        }
        p->inbox_reading = true;
        // The owner looks again: an entry that is gone means the receipt was applied already.
        ask(std::move(look), [this, items, current, done](std::span<const Reply> values, Now then) {
          if (!current()) return;
          for (std::size_t i = 0; i < items->size() && i < values.size(); ++i) {
            if (const auto target = ReceiptTarget::unpack(values[i].text)) {
              found(std::move((*items)[i].event), (*items)[i].key, *target, then);
            }
          }
          done(then);
        });
      });
}

}  // namespace anchal::core
