#include <memory>

#include "engine/core/keys.h"
#include "engine/core/shard_impl.h"

namespace anchal::core {

// Producer keys: which (tenant, job id) was accepted lately, and which entry first carried it. In Redis for
// all owners (`seen:`), and the last ones in memory.

namespace {
constexpr unsigned kSeenBuckets = 256;
constexpr std::size_t kRecentlySeenMax = 200'000;
constexpr std::size_t kToldAtOnce = 500;

unsigned bucket_of(std::uint64_t hash) {
  return static_cast<unsigned>(hash % kSeenBuckets);
}
std::string_view field_of(const std::uint64_t& hash) {
  return {reinterpret_cast<const char*>(&hash), sizeof hash};
}

std::int64_t period_of(const Config& config) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(config.idempotency).count();
}

std::string key_of_seen(const Config& config, PartitionId partition, std::uint64_t hash, Now now) {
  return keys::seen(partition, now.wall.time_since_epoch().count() / period_of(config), bucket_of(hash));
}
}  // namespace

void Shard::Impl::ask_seen(Commands& commands, PartitionId partition, std::uint64_t hash, Now now) const {
  if (config_.idempotency == Duration::zero()) return;
  const std::int64_t generation = now.wall.time_since_epoch().count() / period_of(config_);
  for (const std::int64_t of : {generation, generation - 1})
    commands.command("HGET").arg(keys::seen(partition, of, bucket_of(hash))).arg(field_of(hash));
}

void Shard::Impl::remember_seen(Partition& partition, std::uint64_t hash, const std::string& name, Now now) {
  const std::uint64_t key = hash ^ (std::uint64_t{partition.id} << 48);
  recently_seen_[key] = {name, partition.fence_at_own, partition.id};
  recently_seen_order_.push_back(key);
  if (recently_seen_order_.size() > kRecentlySeenMax) {
    recently_seen_.erase(recently_seen_order_.front());
    recently_seen_order_.pop_front();
  }
  const std::string of = key_of_seen(config_, partition.id, hash, now);
  partition.batch.extra.command("HSET").arg(of).arg(field_of(hash)).arg(name);
  if (expiring_seen_.size() > 2 * kSeenBuckets * partitions_.size()) expiring_seen_.clear();
  if (expiring_seen_.try_emplace(of, true).second)
    partition.batch.extra.command("PEXPIRE").arg(of).arg(2 * period_of(config_));
}

/// Some of the job's messages have no outcome and will have none, unless it is pushed again.
void Shard::Impl::mark_forgotten_seen(Partition& partition, std::uint64_t hash, const std::string& name,
                                      Now now) {
  if (config_.idempotency == Duration::zero()) return;
  const std::string of = key_of_seen(config_, partition.id, hash, now);
  partition.batch.extra.command("HSET").arg(of).arg(field_of(hash)).arg(name + kForgottenSeen);
  partition.batch.extra.command("PEXPIRE").arg(of).arg(2 * period_of(config_));
}

/// Redis is older than what is known of the partition, and may lack the keys of jobs whose messages are out.
/// If their hub pushes them again they must not be new ones to an owner who knows nothing.
void Shard::Impl::tell_seen(const Partition& partition, Now now) {
  std::vector<std::uint64_t> hashes;
  const auto tell = [this, id = partition.id, &hashes, now] {
    if (!hashes.empty()) tell_seen(id, std::exchange(hashes, {}), now);
  };
  for (const auto& [key, seen] : recently_seen_) {
    if (seen.partition != partition.id) continue;
    hashes.push_back(key ^ (std::uint64_t{partition.id} << 48));
    if (hashes.size() == kToldAtOnce) tell();
  }
  tell();
}

void Shard::Impl::tell_seen(PartitionId partition, std::vector<std::uint64_t> hashes, Now now) {
  Commands look;
  for (const std::uint64_t hash : hashes) ask_seen(look, partition, hash, now);
  ask(
      std::move(look),
      [this, partition, hashes = std::move(hashes)](std::span<const Reply> replies, Now at) {
        Commands told;
        for (std::size_t i = 0; i < hashes.size(); ++i) {
          const auto recent = recently_seen_.find(hashes[i] ^ (std::uint64_t{partition} << 48));
          if (recent == recently_seen_.end() || !replies[2 * i].text.empty() ||
              !replies[2 * i + 1].text.empty())
            continue;
          const std::string of = key_of_seen(config_, partition, hashes[i], at);
          told.command("HSETNX").arg(of).arg(field_of(hashes[i])).arg(recent->second.entry + kForgottenSeen);
          told.command("PEXPIRE").arg(of).arg(2 * period_of(config_));
        }
        if (!told.empty()) ask(std::move(told), [](std::span<const Reply>, Now) {}, AskKind::settles);
      },
      AskKind::settles);
}

}  // namespace anchal::core
