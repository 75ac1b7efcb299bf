#include <algorithm>
#include <charconv>
#include <limits>

#include "engine/core/keys.h"
#include "engine/core/shard_impl.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kSweepChunk = 1000;
constexpr std::size_t kHashesAtOnce = 1024;
constexpr Duration kListedAnew = 1s;
constexpr std::size_t kListedMax = 10'000;
/// Of what is heard, the first may have been written before the round began, and one search is under way by
/// then: the next but one began within it.
constexpr unsigned kSearchesOfARound = 4;
constexpr std::uint64_t kRounds = 2;  // the one under way, and the next
constexpr std::chrono::milliseconds kSearchMargin = 5s;

std::int64_t number_in(std::string_view text, std::int64_t otherwise) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : otherwise;
}

/// The newest generation that can hold receipts which are overdue.
std::int64_t overdue_generation(const OperatorConfig& config, WallTime now) {
  const auto overdue = now - std::chrono::duration_cast<std::chrono::milliseconds>(config.receipt_deadline);
  return overdue.time_since_epoch().count() / generation_ms(config);
}

}  // namespace

/// A generation is listed before anything is stored in it: whoever looks for overdue receipts looks where the
/// list says, and need not know what any clock showed. Now and then it is listed anew, in case Redis was
/// emptied.
std::vector<std::uint64_t> Shard::Impl::list_generations(const std::vector<MapPut>& puts, Commands& commands,
                                                         Now now) {
  std::vector<std::uint64_t> fresh;
  for (const MapPut& put : puts) {
    MapPlace place = put.place;
    place.bucket = 0;
    const std::uint64_t number = place.number();
    const auto known = search_.listed.find(number);
    if (known != search_.listed.end() && now.mono < known->second + kListedAnew) continue;
    if (std::find(fresh.begin(), fresh.end(), number) != fresh.end()) continue;
    fresh.push_back(number);
    commands.command("HSET")
        .arg(keys::generations(place.slot))
        .arg(keys::generation_field(operators_[place.operator_index]->config.name, place.generation))
        .arg("1");
  }
  return fresh;
}

void Shard::Impl::listed(const std::vector<std::uint64_t>& fresh, std::uint64_t set_backs, Now now) {
  if (set_backs != search_.set_backs) return;
  if (search_.listed.size() > kListedMax) search_.listed.clear();
  for (const std::uint64_t number : fresh) search_.listed[number] = now.mono;
}

/// Nothing is in it, and it is so old that nobody stores there. If somebody does after all, whose clock
/// stands elsewhere and who listed it just before, it is listed again.
void Shard::Impl::unlist(const ReceiptSearch::Generation& one) {
  const auto& [slot, op, generation] = one;
  MapPlace place;
  place.operator_index = op;
  place.slot = static_cast<std::uint16_t>(slot);
  place.generation = generation;
  search_.listed.erase(place.number());
  const std::string& name = operators_[op]->config.name;
  Commands remove, look, again;
  remove.command("HDEL").arg(keys::generations(slot)).arg(keys::generation_field(name, generation));
  again.command("HSET").arg(keys::generations(slot)).arg(keys::generation_field(name, generation)).arg("1");
  for (std::uint32_t bucket = 0; bucket < kReceiptBuckets; ++bucket)
    look.command("HLEN").arg(keys::receipts(slot, name, generation, bucket));
  const auto looked = [this, again = std::move(again)](std::span<const Reply> hashes, Now) {
    if (std::all_of(hashes.begin(), hashes.end(), [](const Reply& r) { return r.integer == 0; })) return;
    ask(again, [](std::span<const Reply>, Now) {}, AskKind::settles);
  };
  ask(
      std::move(remove),
      [this, look = std::move(look), looked](std::span<const Reply> replies, Now now) {
        if (!replies.empty()) ask(look, looked, AskKind::plain, now.mono + 2 * kListedAnew);
      },
      AskKind::removals);
}

/// Looked at in every turn: the clock may be set right soon after.
void Shard::Impl::watch_clock(Now now) {
  if (std::exchange(wall_before_, now.wall) <= now.wall) return;
  look_ahead(now);  // what had begun by the clock before may begin once more
  // What is stored from now on may lie in generations that were searched, and unlisted.
  search_.listed.clear();
  ++search_.set_backs;
  search_.due = now.mono;
  search_.left_some = true;
  for (const auto& partition : partitions_) partition->swept = {};
  wait_again(now);
}

/// Looks for receipts that never came, in all generations listed that are old enough to hold some.
void Shard::Impl::sweep(Now now) {
  if (search_.under_way || search_.handed_on > 0 || now.mono < search_.due || !store_up_ || draining_) return;
  Duration pause = 10min;
  for (const auto& op : operators_) {
    const std::chrono::milliseconds span(generation_ms(op->config));
    pause = std::min<Duration>(pause, std::max<Duration>(span / 4, 1s));
  }
  search_.due = now.mono + pause;
  search_.left_some = false;
  search_.slots.clear();
  search_.empty.clear();
  Commands commands;
  for (const auto& partition : partitions_) {  // slot r belongs to whoever owns partition r
    if (partition->state != Partition::State::owned) continue;
    partition->sweep_fence = partition->fence_at_own;
    search_.slots.push_back(partition->id);
    commands.command("HGETALL").arg(keys::generations(partition->id));
  }
  if (commands.empty()) return;
  search_.under_way = true;
  ask(
      std::move(commands),
      [this, began = now.wall](std::span<const Reply> replies, Now) {
        std::vector<std::pair<std::uint16_t, ReceiptKey>> hashes;
        for (std::size_t i = 0; i < search_.slots.size() && i < replies.size(); ++i) {
          for (std::size_t pair = 0; pair + 1 < replies[i].size; pair += 2) {
            const std::string_view field = replies[i].elements[pair].text;
            for (const auto& op : operators_) {
              const auto generation = keys::generation_of(field, op->config.name);
              if (!generation || *generation > overdue_generation(op->config, began)) continue;
              for (std::uint32_t bucket = 0; bucket < kReceiptBuckets; ++bucket)
                hashes.emplace_back(op->index,
                                    ReceiptKey{search_.slots[i], op->config.name, *generation, bucket, "0"});
            }
          }
        }
        sweep_hashes(std::move(hashes), began);
      },
      AskKind::bulk_read);
}

/// So many at once; ReceiptKey::id carries the cursor.
void Shard::Impl::sweep_hashes(std::vector<std::pair<std::uint16_t, ReceiptKey>> hashes, WallTime began) {
  if (hashes.empty()) {
    search_.under_way = false;
    for (const auto& [generation, count] : search_.empty) {
      if (count == kReceiptBuckets) unlist(generation);
    }
    for (const PartitionId id : search_.slots) {
      Partition& partition = *partitions_[id];
      if (owned(id) != nullptr && partition.fence_at_own == partition.sweep_fence) swept(partition, began);
    }
    return;
  }
  const std::size_t count = std::min(hashes.size(), kHashesAtOnce);
  Commands commands;
  for (std::size_t i = hashes.size() - count; i < hashes.size(); ++i) {
    const ReceiptKey& key = hashes[i].second;
    commands.command("HSCAN").arg(redis_key(key)).arg(key.id).arg("COUNT").arg(kSweepChunk);
  }
  ask(
      std::move(commands),
      [this, began, count, hashes = std::move(hashes)](std::span<const Reply> replies, Now at) {
        const std::size_t first = hashes.size() - count;
        std::vector<std::pair<std::uint16_t, ReceiptKey>> left(
            hashes.begin(), hashes.begin() + static_cast<std::ptrdiff_t>(first));
        for (std::size_t i = 0; i < count && i < replies.size(); ++i) {
          const auto& [op, key] = hashes[first + i];
          const std::string_view cursor = replies[i].elements[0].text;
          const Reply& pairs = replies[i].elements[1];
          if (pairs.size == 0 && cursor == "0" && key.id == "0")
            ++search_.empty[{key.slot, op, key.generation}];
          overdue_among(op, key, pairs, at);
          if (cursor == "0") continue;
          left.push_back(hashes[first + i]);
          left.back().second.id = cursor;
        }
        sweep_hashes(std::move(left), began);
      },
      AskKind::bulk_read);
}

void Shard::Impl::overdue_among(std::uint16_t op, const ReceiptKey& hash, const Reply& pairs, Now now) {
  const auto deadline =
      std::chrono::duration_cast<std::chrono::milliseconds>(operators_[op]->config.receipt_deadline).count();
  for (std::size_t pair = 0; pair + 1 < pairs.size; pair += 2) {
    const std::string_view value = pairs.elements[pair + 1].text;
    if (const auto early = EarlyReceipt::unpack(value)) {
      if (early->arrived_ms + deadline <= now.wall.time_since_epoch().count()) {
        ReceiptKey one = hash;
        one.id = pairs.elements[pair].text;
        drop_early(one);
      }
      continue;
    }
    const auto target = ReceiptTarget::unpack(value);
    if (!target || target->sent_ms + deadline > now.wall.time_since_epoch().count()) continue;
    // The clock jumped ahead, and this may be an id of which we have not heard that it is there: its message
    // is not settled, and awaits nothing yet.
    if (!puts_sent_.empty() && target->sent_ms >= *puts_sent_.begin()) {
      search_.left_some = true;
      continue;
    }
    ReceiptEvent event;
    event.operator_index = op;
    event.deadline = true;
    ReceiptKey one = hash;
    one.id = pairs.elements[pair].text;
    event.add_id() = one.id;
    found(std::move(event), one, *target, now);
  }
}

/// Written down for the owners of other partitions, whose ids lie here too: when the search before this one
/// began, for what that one found is in their inboxes by now.
void Shard::Impl::swept(Partition& partition, WallTime began) {
  if (search_.left_some) return;
  if (partition.swept != WallTime{}) {
    partition.batch.extra.command("HSET")
        .arg(keys::partition(partition.id, keys::kLedger))
        .arg(keys::kSearched)
        .arg(partition.swept.time_since_epoch().count());
  }
  partition.swept = began;
}

/// How far the searches of all slots have come is asked while somebody waits for it.
void Shard::Impl::hear_searches(Now now) {
  if (!search_.wanted || search_.asked || now.mono < search_.ask_due || !store_up_) return;
  search_.wanted = false;
  search_.asked = true;
  search_.ask_due = now.mono + 1s;
  search_.heard.resize(partitions_.size());
  Commands commands;
  for (const auto& partition : partitions_)
    commands.command("HGET").arg(keys::partition(partition->id, keys::kLedger)).arg(keys::kSearched);
  ask(
      std::move(commands),
      [this](std::span<const Reply> replies, Now at) {
        search_.asked = false;
        bool whole = true;
        std::int64_t oldest = std::numeric_limits<std::int64_t>::max();
        for (std::size_t i = 0; i < search_.heard.size() && i < replies.size(); ++i) {
          ReceiptSearch::Slot& slot = search_.heard[i];
          const std::int64_t began = number_in(replies[i].text, -1);
          if (std::exchange(slot.began, began) != began) ++slot.searches;
          whole = whole && slot.searches >= kSearchesOfARound;
          oldest = std::min(oldest, began);
        }
        if (!whole) return;
        for (ReceiptSearch::Slot& slot : search_.heard) slot.searches = 0;
        ++search_.rounds;
        search_.oldest = WallTime(std::chrono::milliseconds(oldest));
        search_.round_ended = at.mono;
      },
      AskKind::bulk_read);
}

/// Whether whatever former owners left of a message in the receipt map was overdue, and met the record that
/// tells whose it is. Any slot may hold it, also one that had no owner for a while.
bool Shard::Impl::all_searched(Doubt& doubt, const Partition& partition) {
  if (doubt.rounds == 0) doubt.rounds = search_.rounds + kRounds;
  const bool searched = search_.rounds >= doubt.rounds && search_.oldest >= doubt.deadline + kSearchMargin;
  const bool applied =
      partition.inbox_empty_at >= search_.round_ended && partition.inbox_events.use_count() <= 1;
  search_.wanted = search_.wanted || !searched;
  return searched && applied;
}

}  // namespace anchal::core
