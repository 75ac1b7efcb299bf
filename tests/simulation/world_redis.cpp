#include <algorithm>

#include "tests/simulation/faults.h"
#include "tests/simulation/world.h"

// What happens to a world's Redis as a whole, and to its clocks.

namespace anchal::sim {

using namespace std::chrono_literals;

namespace {

constexpr Duration kBackupEvery = 4s;
constexpr Duration kBackupAge = 1s;  ///< at least: a younger copy lacks nothing
constexpr Duration kSteady = 5s;

}  // namespace

void World::keep_backups() {
  backup();
  clock_.after(kBackupEvery, [this] {
    if (backups_.size() < 40) keep_backups();
  });
}

void World::cut_all() {
  for (auto& slot : slots_) {
    if (!slot.engine || !slot.engine->alive()) continue;
    for (const auto& shard : slot.engine->shards()) shard->store().cut();
  }
}

bool World::steady() {
  if (clock_.now() - unsteady_at_ < kSteady || telling()) return false;
  if (!redis_.takes_writes() || redis_.stalled_until() > clock_.now()) return false;
  std::size_t owned = 0;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!alive(i) || engine(i).paused() || engine(i).dying()) return false;
    for (const auto& shard : engine(i).shards()) {
      if (!shard->store().up() || shard->store().silent()) return false;
      owned += shard->counters().partitions_owned;
    }
  }
  return owned == plan_.config.partitions;
}

void World::forgetting(std::string_view what, Duration away) {
  trace_.tell("fault: {}", what);
  checker_.note_takeover();
  checker_.note_set_back();
  unsteady();
  told_by_ = clock_.now() + away + 3 * plan_.config.lease + 3s;
  checker_.note_telling(told_by_);
  for (auto& slot : slots_) slot.engine->call_off_crash();
  behind_ids_.reset();
}

void World::crash_behind_ids(std::size_t slot, std::move_only_function<void()> died) {
  behind_ids_ = BehindIds{slot, std::move(died)};
}

void World::fail_over() {
  forgetting("Redis fails over to its replica", 0s);
  const auto before = redis_.statistics().forgotten;
  redis_.fail_over();
  checker_.note_other_data();
  trace_.tell("Redis has forgotten {} commands", redis_.statistics().forgotten - before);
  cut_all();
}

void World::restart_redis(Duration away, Duration lost) {
  if (lost > Duration::zero()) {
    forgetting("Redis starts again without its last writes", away);
  } else {
    trace_.tell("fault: Redis starts again");
    checker_.note_takeover();
    unsteady();
  }
  const auto before = redis_.statistics().forgotten;
  redis_.restart(lost);
  checker_.note_other_data();
  trace_.tell("Redis has forgotten {} commands", redis_.statistics().forgotten - before);
  redis_.set_down(true);
  cut_all();
  clock_.after(away, [this] { redis_.set_down(false); });
}

/// One that is old enough to lack something.
const World::Backup* World::backup_of(std::uint64_t which) const {
  const auto old_enough = std::ranges::partition_point(
      backups_, [this](const Backup& backup) { return backup.at + kBackupAge <= clock_.now(); });
  const auto count = static_cast<std::uint64_t>(old_enough - backups_.begin());
  return count == 0 ? nullptr : &backups_[which % count];
}

void World::take_over_copy(const Backup& backup) {
  trace_.tell("Redis has a copy that is {:.1f} s old",
              std::chrono::duration<double>(clock_.now() - backup.at).count());
  for (auto& job : truth_.jobs) job.forgotten = job.forgotten || job.pushed > backup.at;
  redis_.restore(*backup.data);
}

bool World::restore(Duration away, std::uint64_t which) {
  const Backup* const backup = backup_of(which);
  if (backup == nullptr) return false;
  forgetting("Redis starts again from an older copy", away);
  take_over_copy(*backup);
  checker_.note_forgotten(backup->at);
  redis_.set_down(true);
  cut_all();
  clock_.after(away, [this] { redis_.set_down(false); });
  return true;
}

bool World::power_cut(Duration away, std::optional<std::uint64_t> copy, Duration lost) {
  const Backup* const backup = copy ? backup_of(*copy) : nullptr;
  if (copy && backup == nullptr) return false;
  forgetting("the power fails", away);
  lost = std::min(lost, redis_.replica_lag());
  const bool promoted = backup == nullptr && redis_.online_replicas() > 0;
  const TimePoint since = backup != nullptr ? backup->at
                          : promoted        ? redis_.replicated_to()
                                            : clock_.now() - lost;
  confirmed_.clear();
  for (auto& slot : slots_) {
    if (!slot.engine) continue;
    for (const auto& shard : slot.engine->shards()) {
      if (promoted && shard->alive() && shard->all_confirmed_since(since)) confirmed_.insert(shard->name());
    }
    slot.engine->kill(false, SimulatedStore::Travelling::none);
  }
  if (backup != nullptr) {
    take_over_copy(*backup);
  } else if (promoted) {
    trace_.tell("its replica takes over");
    redis_.fail_over();
  } else {
    redis_.restart(lost);
  }
  checker_.note_other_data();
  redis_.set_down(true);
  dark_since_ = since;
  clock_.after(away, [this] { power_returns(); });
  return true;
}

/// Machines and Redis start at one time: what an engine knew is told before another may take its partitions.
void World::power_returns() {
  if (!dark_since_) return;
  const TimePoint since = *std::exchange(dark_since_, std::nullopt);
  std::map<std::string, TimePoint> known;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const std::string ended = slots_[i].engine->id();
    restart(i);
    known.emplace(ended, slots_[i].file.known_at);
  }
  checker_.note_power_cut(since, known, confirmed_);
  redis_.set_down(false);
}

void World::flush() {
  forgetting("FLUSHALL by mistake", 0s);
  for (auto& job : truth_.jobs) job.forgotten = true;
  redis_.flush();
  // Nobody goes back to a copy from before: that would be another fault.
  backups_.clear();
  checker_.note_forgotten(TimePoint::min());
}

void World::on_written(const Arguments& command) {
  checker_.on_written(command);
  if (behind_ids_ && command[0] == "HSETNX" && command[1].find(":receipts:") != std::string_view::npos) {
    // All ids of the same request are there by then.
    clock_.after(0ns, [this, point = std::move(*behind_ids_)]() mutable {
      if (!alive(point.slot) || engine(point.slot).dying() || telling()) return;
      checker_.note_takeover();
      unsteady();
      engine(point.slot).kill(true, SimulatedStore::Travelling::none);
      point.died();
    });
    behind_ids_.reset();
  }
  if (!inbox_twice_ || copying_ || command[0] != "XADD" || !command[1].ends_with(":inbox")) return;
  core::Commands again;
  again.command("XADD").arg(command[1]).arg("*");
  for (std::size_t i = 3; i < command.size(); ++i) again.arg(command[i]);
  clock_.after(0ns, [this, again = std::move(again)] {
    copying_ = true;
    redis_.execute(again, true);
    copying_ = false;
    ++faults_[static_cast<std::size_t>(Fault::inbox_twice)];
  });
}

void World::step_clock(Duration step) {
  trace_.tell("fault: the wall clock jumps by {:.3f} s", std::chrono::duration<double>(step).count());
  checker_.note_clock_jump();
  clock_.step_wall(step);
  clock_most_ = std::max(clock_most_, clock_.wall_step());
}

void World::step_clock_of(SimEngine& engine, Duration step) {
  trace_.tell("fault: the wall clock of {} jumps by {:.3f} s", engine.id(),
              std::chrono::duration<double>(step).count());
  checker_.note_clock_jump();
  engine.set_clock(engine.clock_off() + step);
  clock_most_ = std::max(clock_most_, clock_.wall_step() + engine.clock_off());
}

}  // namespace anchal::sim
