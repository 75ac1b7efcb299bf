#include <algorithm>

#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {

// Reading a job makes Redis hold more before it holds less (its outcomes, its moves): it ends before Redis is
// full, and begins again a little lower, so that it does not flutter.
constexpr double kPressed = 0.90, kRelieved = 0.85;
constexpr Duration kProbeFull = 500ms;
constexpr Duration kTellAgain = 30s;
// A replica that is stuck costs one wait in so long.
constexpr Duration kAskReplicasAgain = 1s;

/// A maxmemory set far below what is used makes a part that no integer holds.
std::string percent(double part) {
  constexpr double kMost = 1e12;
  return std::to_string(static_cast<std::int64_t>(std::min(part, kMost) * 100)) + " %";
}

}  // namespace

void Shard::Impl::on_store_pressure(double used) {
  if (!store_health_.pressed && used >= kPressed) {
    store_health_.pressed = true;
    notice(Notice::Level::error,
           "Redis uses " + percent(used) + " of its maxmemory: new jobs are not read, OTPs apart");
  } else if (store_health_.pressed && !(used >= kRelieved)) {
    store_health_.pressed = false;
    notice(Notice::Level::info, "Redis has memory again: new jobs are read");
  }
}

void Shard::Impl::on_store_replicas(std::size_t online) {
  store_health_.replicas = config_.replica_wait.count() > 0 ? online : 0;
}

/// What a failover forgets is told again by whoever wrote it, unless that one is dead too. Then only what a
/// replica has keeps a message that must not go out twice from doing so.
std::chrono::milliseconds Shard::Impl::replica_wait(const OnCommit& after, Now now) {
  if (store_health_.replicas == 0 || !after.at_most_once) return 0ms;
  if (broken(Variant::wait_ignored)) return 0ms;
  return now.mono < store_health_.replicas_due ? 0ms : config_.replica_wait;
}

/// Its intents are in the journal: `answer`, or, after the connection was lost, a look there said so.
void Shard::Impl::count_replica_wait(const Partition::Outstanding& sent, const StoreAnswer* answer, Now now) {
  if (store_health_.replicas == 0 || !sent.on_commit.at_most_once) return;
  const bool asked = sent.asks_replica && answer != nullptr;
  const bool confirmed = (asked && answer->replicas > 0) || broken(Variant::wait_ignored);
  const ReplicaWait result = confirmed ? ReplicaWait::confirmed
                             : asked   ? ReplicaWait::timed_out
                                       : ReplicaWait::unasked;
  ++counters_.replica_waits[static_cast<std::size_t>(result)];
  if (result != ReplicaWait::timed_out) return;
  store_health_.replicas_due = now.mono + kAskReplicasAgain;
  if (!answer->error.empty()) tell_refusal(answer->error, now);
}

void Shard::Impl::store_was_full(Now now) {
  if (!store_health_.full)
    notice(Notice::Level::error, "Redis is full (maxmemory): reading stopped, settling goes on");
  store_health_.full = true;
  store_health_.probe_due = now.mono + kProbeFull;
}

/// A full Redis takes what settles, by another way, and so says nothing of its memory. Now and then a
/// heartbeat asks as what may be refused does.
bool Shard::Impl::probes_full_store(const Batch& batch, Now now) {
  if (!store_health_.full || !batch.on_commit.heartbeat || now.mono < store_health_.probe_due) return false;
  store_health_.probe_due = now.mono + kProbeFull;
  return true;
}

void Shard::Impl::store_took(bool settled_only) {
  if (!store_health_.refusal.empty()) {
    store_health_.refusal.clear();
    store_health_.told.clear();
    notice(Notice::Level::info, "Redis takes what we write again");
  }
  if (settled_only || !store_health_.full) return;
  store_health_.full = false;
  notice(Notice::Level::info, "Redis has memory again: reading goes on");
}

/// Nothing was done and nothing is lost: it is asked again until it agrees. The lease runs out meanwhile, and
/// with it reading and sending.
void Shard::Impl::store_refused(std::string_view words, Now now) {
  if (words == "connection lost") return;  // on_store_down() follows
  if (store_health_.refusal.empty())
    notice(Notice::Level::error,
           "Redis refuses what we write; nothing is read or sent until it takes it: " + std::string(words));
  store_health_.refusal = words;
  store_health_.told.try_emplace(std::string(words.substr(0, words.find(' '))), now.mono);
}

/// Each kind of error once, and again after a while.
void Shard::Impl::tell_refusal(std::string_view words, Now now) {
  const std::string kind(words.substr(0, words.find(' ')));
  const auto [told, first] = store_health_.told.try_emplace(kind, now.mono);
  if (!first && now.mono - told->second < kTellAgain) return;
  told->second = now.mono;
  notice(Notice::Level::error, "Redis: " + std::string(words.substr(0, 120)));
}

}  // namespace anchal::core
