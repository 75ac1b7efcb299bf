#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "engine/core/keys.h"
#include "engine/core/receipts/early_receipt.h"
#include "engine/core/shard_impl.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {
constexpr std::chrono::milliseconds kCounts = 10min;  // as long as one that is kept in memory

/// Nothing where it is so old that the SMSC has begun its ids anew.
std::optional<ReceiptEvent> event_of(const EarlyReceipt& early, std::uint16_t op, std::string_view id,
                                     Now now) {
  const std::chrono::milliseconds age =
      now.wall.time_since_epoch() - std::chrono::milliseconds(early.arrived_ms);
  if (age > kCounts || age < -kCounts) return std::nullopt;
  ReceiptEvent event;
  event.operator_index = op;
  event.state = early.state;
  event.is_final = true;
  event.error = early.error;
  event.add_id() = id;
  return event;
}

/// Where an id lies, given the name of its hash.
std::optional<ReceiptKey> key_in(std::string_view name, std::string_view operator_name, std::string_view id) {
  constexpr std::string_view kHead = "anchal:{r", kReceipts = "}:receipts:";
  const std::size_t receipts = name.find(kReceipts), last = name.rfind(':');
  if (!name.starts_with(kHead) || receipts == std::string_view::npos || last < receipts + kReceipts.size())
    return std::nullopt;
  const std::size_t begin = receipts + kReceipts.size();
  const auto generation = keys::generation_of(name.substr(begin, last - begin), operator_name);
  if (!generation) return std::nullopt;
  ReceiptKey key{0, std::string(operator_name), *generation, 0, std::string(id)};
  std::from_chars(name.data() + kHead.size(), name.data() + receipts, key.slot);
  std::from_chars(name.data() + last + 1, name.data() + name.size(), key.bucket);
  return key;
}

}  // namespace

/// Nobody has its id yet, and it is about to be answered. It is laid into the receipt map where the id itself
/// would lie: who stores that finds its place taken (id_taken), and takes the receipt. So it costs nothing
/// where there is none. False: it is kept in memory only.
bool Shard::Impl::lay_early(ReceiptEvent& event, Now now) {
  if (!event.is_final) return false;
  Operator& op = *operators_[event.operator_index];
  // An operator whose ids we do not understand must not fill Redis: what is never taken lies there until it
  // is overdue.
  while (!op.laid_early.empty() && op.laid_early.front() <= now.mono) op.laid_early.pop_front();
  if (op.laid_early.size() >= config_.limits.orphan_receipts / operators_.size()) return false;
  op.laid_early.push_back(now.mono + op.config.receipt_deadline);
  EarlyReceipt receipt{event.state, event.error, now.wall.time_since_epoch().count()};
  Commands commands;
  for (const std::string& id : event.ids()) {
    const std::string& name = map_name(map_place(op.config, op.index, config_.partitions, id, now.wall));
    keys::list_generation_of(name, commands);
    commands.command("HSETNX").arg(name).arg(id);
    receipt.pack(commands.open_arg());
    commands.close_arg();
    commands.command("HGET").arg(name).arg(id);
  }
  ask(
      commands,
      [this, commands, first = receipt_hash(op.index, event.id.front()),
       owed = std::exchange(event.answer, std::nullopt)](std::span<const Reply> replies, Now at) {
        remember_unfenced(commands, at);
        bool stored = false;  // somebody was quicker, and may have looked for receipts before
        for (std::size_t i = 2; i < replies.size(); i += 3) stored |= !EarlyReceipt::unpack(replies[i].text);
        const auto orphan = orphan_by_id_.find(first);
        if (stored && orphan != orphan_by_id_.end()) {
          orphan->second->answer = owed;
          orphan->second->due = orphans_due_ = at.mono;
        } else if (owed) {
          answer(*owed);
        }
      },
      AskKind::settles);
  return true;
}

/// An id was stored where a receipt of it lay.
void Shard::Impl::take_early(const MapPut& put, const ReceiptTarget& target, Now now) {
  if (auto event = event_of(*put.early, put.place.operator_index, put.id, now))
    found(std::move(*event), key_of(put.place, put.id), target, now);
}

/// Redis forgot ids, and they are there again. Receipts were looked for in vain meanwhile: they wait here, or
/// one was laid where an id lay before it could be told again.
void Shard::Impl::ids_told_again(const Commands& told, std::span<const Reply> replies, Now now) {
  std::set<std::pair<std::string_view, std::string_view>> moved_on;  // hash and id: not their last place
  for (std::size_t i = std::min(told.count(), replies.size()); i-- > 0;) {
    const std::string_view name = told.argument(i, 1);
    if (told.argument(i, 0) == "HDEL") {
      for (std::size_t arg = 2; arg < told.arguments(i); ++arg) moved_on.emplace(name, told.argument(i, arg));
      continue;
    }
    if (moved_on.contains({name, told.argument(i, 2)})) continue;
    std::uint16_t of = 0;
    std::optional<ReceiptKey> key;
    for (const auto& op : operators_) {
      if (auto in = key_in(name, op->config.name, told.argument(i, 2))) {
        of = op->index;
        key = std::move(in);
      }
    }
    if (!key) continue;
    if (told.argument(i, 0) == "HSET" || replies[i].integer != 0) {
      wake_orphans(of, *key, told.argument(i, 3), now);
      continue;
    }
    Commands look, put;
    look.command("HGET").arg(name).arg(told.argument(i, 2));
    put.command("HSET").arg(name).arg(told.argument(i, 2)).arg(told.argument(i, 3));
    ask(std::move(look), [this, put, of](std::span<const Reply> value, Now) {
      const auto early = EarlyReceipt::unpack(value[0].text);
      if (!early) return;
      // Final meanwhile: the receipt was a repeat, and the id's removal is told behind this.
      if (recent_finals_.contains(receipt_hash(of, put.argument(0, 2)))) return;
      ask(
          put,
          [this, early = *early, of, id = std::string(put.argument(0, 2))](std::span<const Reply>, Now at) {
            if (auto event = event_of(early, of, id, at)) look_up({std::move(*event)}, true, at);
          },
          AskKind::settles);
    });
  }
}

/// One that nobody took.
void Shard::Impl::drop_early(const ReceiptKey& key) {
  Commands remove;
  remove.command("HDEL").arg(redis_key(key)).arg(key.id);
  ask(std::move(remove), [](std::span<const Reply>, Now) {}, AskKind::removals);
}

}  // namespace anchal::core
