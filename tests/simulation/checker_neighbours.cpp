#include <algorithm>

#include "tests/simulation/checker.h"

// What shards and operators must not do to each other.

namespace anchal::sim {

using namespace std::chrono_literals;

/// A lease may be taken only when its owner has stopped writing; so whoever writes is named in the record,
/// and has renewed it within a lease.
void Checker::check_ownership(const Write& write, const ShardSeen& state, const JobTruth& job) {
  if (redis_forgot()) return;
  checked(Law::ownership);
  const std::string owner = owner_of(job.partition);
  if (owner.empty()) return;
  if (owner != state.name) {
    violate(Law::ownership, fmt::format("{} writes {} of partition {}, which {} owns", state.name,
                                        who(write.message), job.partition, owner));
    return;
  }
  // The lease counts from the sending of the heartbeat, which was no later than its arrival.
  const Duration since = clock_.now() - partitions_[job.partition].renewed_at;
  if (since < config_.lease) return;
  violate(Law::ownership,
          fmt::format("{} writes {} {} ms after its last heartbeat reached Redis, its lease is {} ms",
                      state.name, who(write.message), since / 1ms, config_.lease / 1ms));
}

/// Whoever waits for a dead owner judges it by a record that stays the same: none may come twice.
void Checker::see_owner(PartitionSeen& partition, std::uint16_t number) {
  const auto* const record = owner_record(number);
  if (record == nullptr) {
    partition.record.clear();  // given away
    return;
  }
  if (*record == partition.record) return;
  partition.record = *record;
  partition.renewed_at = clock_.now();
  if (partition.records.insert(*record).second || redis_forgot()) return;
  violate(Law::ownership, fmt::format("the owner of partition {} is again called {}", number, *record));
}

/// Messages in memory for one operator: each lane has its limit, up to twice of which may come before it
/// spills. What is refused elsewhere comes on top, at most so many as the windows hold.
void Checker::check_queues(const SimShard& shard, const core::Counters& counters) {
  std::size_t most = core::kLanes * 2 * std::max(config_.limits.queue_messages, 16u);
  for (const auto& op : config_.operators) most += std::size_t{op.binds} * op.window;
  for (std::size_t i = 0; i < counters.operators.size(); ++i) {
    checked(Law::memory);
    if (counters.operators[i].queued <= most) continue;
    violate(Law::memory, fmt::format("{}: {} messages queued for {}, {} at most", shard.name(),
                                     counters.operators[i].queued, config_.operators[i].name, most));
  }
}

/// Parts that one shard can bring to an operator in a second: its share of the contract, and what its binds'
/// windows let through.
double Checker::reach(std::size_t op) const {
  const auto& config = config_.operators[op];
  const auto alive = static_cast<std::uint16_t>(
      std::ranges::count_if(shards_, [](const auto& shard) { return shard.second.alive; }));
  // Partitions are shared as evenly as they can be; the contract by partitions.
  const int owned = std::max(config_.partitions / std::max<int>(alive, 1), 1);
  const double share = static_cast<double>(config.tps) * owned / config_.partitions;
  constexpr double kRoundTrip = 0.1;
  const double windows = config.window / kRoundTrip;
  return config.tps == 0 ? windows : std::min(windows, share);
}

/// Where nothing disturbs an operator, it has not a third of what a single shard could bring it while its
/// messages wait: whatever became of the others. What has waited for itself is the oldest one.
void Checker::check_idle_operators() {
  static constexpr Duration kPatience = 3s;
  static constexpr double kLeast = 1.0 / 3;  // the round trips, of Redis too, are guessed
  if (!never_idle_) return;
  for (; waiting_scanned_ < truth_.messages.size(); ++waiting_scanned_) {
    const auto& message = truth_.messages[waiting_scanned_];
    if (message.job >= truth_.jobs.size()) break;  // being pushed
    const auto& job = truth_.jobs[message.job];
    if (job.refused || message.invalid || job.not_before_ms) continue;
    waiting_[route_of(message.number)].push_back(static_cast<MessageIndex>(waiting_scanned_));
  }
  for (std::size_t op = 0; op < waiting_.size(); ++op) {
    auto& waiting = waiting_[op];
    while (!waiting.empty() &&
           (seen(waiting.front()).first_write != TimePoint::max() || seen(waiting.front()).final)) {
      waiting.pop_front();
    }
    if (waiting.empty() || absent_ == op) continue;
    checked(Law::urgency);
    const TimePoint since =
        std::max({truth_.job_of(waiting.front()).pushed, SimClock::kMonoStart + 2s, operators_back_});
    if (clock_.now() - since <= kPatience) continue;
    const auto& written = written_at_[op];
    const auto count = written.end() - std::ranges::upper_bound(written, clock_.now() - kPatience);
    if (static_cast<double>(count) >= kLeast * reach(op) * (kPatience / 1s)) continue;
    violate(Law::urgency, fmt::format("{} parts went to {} within {} ms, while {} waited for it", count,
                                      config_.operators[op].name, kPatience / 1ms, who(waiting.front())));
  }
}

/// What is done twice, or not at all, shows in the durable ledger, though those who wrote it count right.
void Checker::check_ledgers_at_rest() {
  if (redis_forgot()) return;
  std::uint64_t accepted = 0, final = 0, waiting = 0;
  for (std::uint16_t partition = 0; partition < config_.partitions; ++partition) {
    const auto* const ledger = redis_.data().get<Hash>(fmt::format("anchal:{{{}}}:ledger", partition));
    if (ledger == nullptr) continue;
    for (const auto& [field, value] : ledger->fields) {
      const std::uint64_t number = std::stoull(value);  // of a negative one the complement: far too many
      if (field.second == "accepted") accepted += number;
      if (field.second.starts_with("final:")) final += number;
      if (field.second.starts_with("w:")) waiting += number;
    }
  }
  checked(Law::difference);
  const std::uint64_t lines = finals_ + numbers_.repeated_finals;
  if (accepted == lines && final == lines && waiting == 0) return;
  violate(Law::difference,
          fmt::format("at rest the ledgers in Redis say accepted {} final {} waiting {}, the streams {}",
                      accepted, final, waiting, lines));
}

}  // namespace anchal::sim
