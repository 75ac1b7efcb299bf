#include "tests/simulation/world.h"

#include <algorithm>

#include "tests/simulation/faults.h"
#include "tests/support/poison_hand.h"

namespace anchal::sim {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kEventsMax = 30'000'000;
constexpr Duration kPolicyLease = 1000ms;

}  // namespace

World::World(Plan plan, std::size_t story_lines, bool print)
    : plan_(std::move(plan)),
      random_(Random(plan_.seed).fork("world")),
      office_(clock_, random_.fork("policy"), trace_, kPolicyLease, plan_.network.user_timeout),
      checker_(clock_, plan_.config, truth_, office_, redis_, trace_),
      network_(clock_, random_.fork("network"), trace_, checker_, plan_.network),
      surroundings_{clock_,
                    redis_,
                    network_,
                    office_,
                    trace_,
                    checker_,
                    plan_.config,
                    plan_.store,
                    [this](SimEngine& engine, const core::InHand& hand) { die_of_entry(engine, hand); },
                    !plan_.keeps_files},
      hubs_(clock_, redis_, random_.fork("hubs"), plan_.config, plan_.workload, truth_, trace_) {
  trace_.record(story_lines, print);
  hubs_.on_poison = [this, random = random_.fork("poison")](JobIndex job) mutable {
    poison(job, {.death = static_cast<core::Death>(random.below(3))});
  };
  checker_.set_calm(plan_.calm);
  const std::size_t largest = std::max(plan_.workload.big_recipients_max, plan_.workload.recipients_max);
  checker_.set_bytes_slack(largest * plan_.config.partitions * 2, 1u << 20);
  for (std::size_t i = 0; i < plan_.config.operators.size(); ++i) {
    simulator::Identity identity;
    identity.system_id = plan_.config.operators[i].name;
    identity.seed = random_.fork("smsc", i).next();
    identity.first_id = 1'000'000 * (i + 1);
    identity.wall_at_epoch = SimClock::kWallStart - std::chrono::floor<std::chrono::milliseconds>(
                                                        SimClock::kMonoStart.time_since_epoch());
    const auto behaviour = i < plan_.behaviours.size() ? plan_.behaviours[i] : simulator::Behaviour{};
    network_.add_host(std::make_unique<SmscHost>(clock_, plan_.config.operators[i].name, identity, behaviour,
                                                 checker_.observer(i)));
  }
  redis_.on_written = [this](const Arguments& command) { on_written(command); };
  redis_.on_forgotten = [this](const core::Commands& command) {
    if (command.argument(0, 0) != "XADD") return;
    for (auto& job : truth_.jobs) {
      if (job.stream == command.argument(0, 1) && job.entry.text() == command.argument(0, 2))
        job.forgotten = true;
    }
  };
  slots_.resize(plan_.engines);
  for (std::size_t i = 0; i < slots_.size(); ++i) slots_[i].id = fmt::format("engine-{}", i + 1);
}

World::~World() {
  test::deadly() = nullptr;
}

void World::start() {
  office_.start();
  if (plan_.replica_lag > Duration::zero()) redis_.replicate(plan_.replica_lag);
  redis_.let_confirm(plan_.confirm_min, plan_.confirm_max);
  if (plan_.absent) network_.host(*plan_.absent).door = SmscHost::Door::refuses;
  for (std::size_t i = 0; i < slots_.size(); ++i) restart(i);
  hubs_.start();
  if (plan_.may(Fault::redis_restored) || plan_.may(Fault::power_cut)) keep_backups();
  for (unsigned i = 0; i < plan_.drills; ++i) {
    clock_.after(plan_.active * (i + 1) / (plan_.drills + 1), [this, i] { drill(i); });
  }
}

/// A short blackout of everything, every other one dated ahead: what binds have not sent must not leave in
/// it.
void World::drill(unsigned number) {
  throttle::Rule rule;
  rule.id = fmt::format("drill-{}", number);
  if (number % 2 == 1) rule.starts_at = clock_.wall() + 400ms;
  const std::string id = rule.id;
  office_.add(std::move(rule));
  clock_.after(1s, [this, id] { office_.lift(id); });
}

void World::restart(std::size_t slot) {
  auto& place = slots_[slot];
  if (alive(slot) || dark_since_) return;
  if (place.engine) gone_.push_back(std::move(place.engine));
  place.engine = std::make_unique<SimEngine>(surroundings_, place.id, place.incarnation, plan_.shards,
                                             shard_numbers_, random_.fork(place.id, place.incarnation));
  ++place.incarnation;
  shard_numbers_ += plan_.shards;
  StateFile& file = place.file;
  Random disk = random_.fork("disk of " + place.id, place.incarnation);
  if (plan_.state_files && !file.text.empty() && disk.chance(plan_.files_lost)) {
    lose_file(slot, disk.next());
    ++faults_[static_cast<std::size_t>(Fault::state_file_lost)];
  }
  place.engine->start(place.endings, plan_.state_files ? &file : nullptr);
}

void World::lose_file(std::size_t slot, std::uint64_t chance) {
  trace_.tell("fault: the state file of {} is lost", slots_[slot].id);
  slots_[slot].file.lose(chance);
}

void World::poison(JobIndex job, Poison poison) {
  poisons_[job] = poison;
  test::deadly() = [this](const core::InHand& hand) { return poison_of(hand) != nullptr; };
}

const std::pair<const JobIndex, Poison>* World::poison_of(const core::InHand& hand) const {
  for (const auto& entry : poisons_) {
    const auto& [number, poison] = entry;
    const JobTruth& job = truth_.jobs[number];
    const bool place = poison.stage == hand.stage && (!poison.row || *poison.row == hand.row);
    if (place && job.entry == EntryId{hand.id.ms, hand.id.seq} &&
        job.stream == fmt::format("anchal:{{{}}}:{}", hand.partition, hand.stream.data()))
      return &entry;
  }
  return nullptr;
}

/// The process ends in the middle of what it does, as soon as the clock goes on.
void World::die_of_entry(SimEngine& engine, const core::InHand& hand) {
  const auto& [job, poison] = *poison_of(hand);
  ++truth_.jobs[job].deaths;
  ++died_of_entries_;
  trace_.tell("{} dies of entry {} of {} ({})", engine.id(), hand.id.text(), hand.stream.data(),
              core::kStageNames[static_cast<std::size_t>(hand.stage)]);
  core::Ending ending = core::Ending::of(hand, engine.id());
  ending.death = poison.death;
  engine.pause(true);
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (slots_[slot].engine.get() != &engine) continue;
    const bool told =
        std::ranges::all_of(engine.shards(), [](const auto& shard) { return shard->shard().endings_told(); });
    if (told) slots_[slot].endings.clear();
    if (plan_.keeps_files) slots_[slot].endings.push_back(ending);
    clock_.after(Duration(1), [this, slot, &engine] {
      if (slots_[slot].engine.get() == &engine && engine.alive()) crash(slot, true);
    });
    clock_.after(std::chrono::milliseconds(300), [this, slot] { restart(slot); });
  }
}

void World::crash(std::size_t slot, bool flushed) {
  checker_.note_takeover();
  unsteady();
  slots_[slot].engine->kill(flushed);
}

std::vector<core::Counters> World::counters() {
  std::vector<core::Counters> all;
  for (auto& slot : slots_) {
    if (!slot.engine || !slot.engine->alive()) continue;
    for (const auto& shard : slot.engine->shards()) all.push_back(shard->counters());
  }
  return all;
}

bool World::run_for(Duration time) {
  const TimePoint end = clock_.now() + time;
  while (!checker_.failed() && clock_.next_event() <= end) {
    clock_.step();
    if (clock_.events() >= next_look_) {
      next_look_ = clock_.events() + look_every_;
      checker_.look();
    }
    if (clock_.events() > kEventsMax) checker_.violate(Law::contract, "the world does not come to an end");
  }
  if (!checker_.failed()) clock_.run_until(end);
  return !checker_.failed();
}

/// Nothing waits anywhere in Redis any more, and the engines agree.
bool World::at_rest() {
  if (telling()) return false;
  if (!hubs_.finished() || !checker_.all_final()) return false;
  std::uint64_t waiting = 0, owned = 0;
  const auto all = counters();
  for (const auto& one : all) {
    owned += one.partitions_owned;
    const std::uint64_t part = plan_.config.partitions / all.size();
    if (one.partitions_owned < part || one.partitions_owned > part + 1) return false;  // not shared evenly
    for (const auto number : one.waiting) waiting += number;
  }
  if (waiting > 0 || owned != plan_.config.partitions) return false;
  for (const auto& [key, object] : redis_.data().objects()) {
    const bool place =
        key.find(":jobs:") != std::string::npos || key.find(":backlog:") != std::string::npos ||
        key.find(":hold:") != std::string::npos || key.ends_with(":retry") || key.ends_with(":doubt");
    if (!place) continue;
    const auto* const stream = std::get_if<Stream>(&object.value);
    if (stream == nullptr || !stream->entries.empty()) return false;
  }
  return true;
}

bool World::run_to_rest(Duration patience) {
  const TimePoint end = clock_.now() + patience;
  while (clock_.now() < end && !at_rest()) {
    if (!run_for(500ms)) return false;
  }
  if (!at_rest()) tell_what_waits();
  checker_.check_rest(counters());
  return !checker_.failed();
}

/// For the story of a run that does not come to rest.
void World::tell_what_waits() {
  for (auto& slot : slots_) {
    if (!slot.engine || !slot.engine->alive()) continue;
    for (const auto& shard : slot.engine->shards()) {
      const auto& counters = shard->counters();
      std::string places;
      for (std::size_t i = 0; i < core::kPlaces; ++i) {
        if (counters.waiting[i] > 0)
          places += fmt::format(" {}={}", core::kPlaceNames[i], counters.waiting[i]);
      }
      trace_.tell("waiting    {}: {} partitions, {} open messages, {} open bytes;{}", shard->name(),
                  counters.partitions_owned, counters.open_messages, counters.open_bytes, places);
      for (std::size_t i = 0; i < counters.operators.size(); ++i) {
        const auto& op = counters.operators[i];
        trace_.tell("waiting      {}: queued {} in flight {} backlog {} binds up {}{}",
                    plan_.config.operators[i].name, op.queued, op.in_flight, op.backlog, op.binds_up,
                    op.paused ? " paused" : "");
      }
    }
  }
  for (const auto& [key, object] : redis_.data().objects()) {
    const auto* const stream = std::get_if<Stream>(&object.value);
    if (stream != nullptr && stream->entries.empty()) continue;
    if (key.find(":receipts:") != std::string::npos || key.find(":seen:") != std::string::npos) continue;
    if (stream != nullptr) {
      trace_.tell("waiting    {}: {} entries, first {} last {}", key, stream->entries.size(),
                  stream->entries.front().id.text(), stream->entries.back().id.text());
    } else if (const auto* const text = std::get_if<std::string>(&object.value)) {
      trace_.tell("waiting    {}: {}", key, *text);
    } else if (const auto* const set = std::get_if<SortedSet>(&object.value)) {
      trace_.tell("waiting    {}: {} members, first due {:.0f}, now {}", key, set->scores.size(),
                  set->order.begin()->first, clock_.wall_ms());
    } else if (const auto* const hash = std::get_if<Hash>(&object.value)) {
      trace_.tell("waiting    {}: {} fields", key, hash->fields.size());
    }
  }
}

void World::heal() {
  trace_.tell("everything heals");
  power_returns();
  if (plan_.absent) checker_.note_operators_back(clock_.now() + 3s);  // by then a bind has tried again
  for (std::size_t i = 0; i < network_.hosts(); ++i) {
    auto& host = network_.host(i);
    host.door = SmscHost::Door::open;
    simulator::Behaviour healthy;
    healthy.id_style = host.behaviour().id_style;
    healthy.receipt_id_style = host.behaviour().receipt_id_style;
    host.set_behaviour(healthy);
    for (const auto& [number, link] : std::map(host.connections())) network_.freeze(link, false);
  }
  redis_.set_full(false);
  redis_.set_scripts(true);
  redis_.set_read_only(false);
  redis_.set_down(false);
  redis_.set_refusal({});
  inbox_twice_ = false;
  behind_ids_.reset();
  for (auto& slot : slots_) {
    if (slot.engine && slot.engine->alive()) slot.engine->call_off_crash();
  }
  office_.lift_all();
  // What was told to come at a time comes: the clocks stand where the foremost of them stood.
  if (clock_.wall_step() != clock_most_) step_clock(clock_most_ - clock_.wall_step());
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    restart(i);
    auto& engine = *slots_[i].engine;
    engine.pause(false);
    office_.set_cut_off(engine, false);
    if (engine.clock_off() != Duration::zero()) step_clock_of(engine, -engine.clock_off());
    for (const auto& shard : engine.shards()) {
      shard->store().set_weather(plan_.store);
      if (shard->store().silent()) {
        shard->store().set_silent(false);
        shard->store().cut();
      }
      shard->store().set_reachable(true);
      for (const auto& op : plan_.config.operators) shard->pause_operator(op.name, false);
    }
  }
}

RunResult World::run() {
  if (plan_.calm) checker_.expect_no_idleness(plan_.absent);
  start();
  FaultMaker faults(*this);
  faults.start();
  if (run_for(plan_.active)) {
    faults.stop();
    heal();
    run_to_rest(plan_.patience);
  }
  return result();
}

RunResult World::result() {
  RunResult result;
  result.seed = plan_.seed;
  result.violations = checker_.violations();
  result.checks = checker_.checks();
  result.faults = faults_;
  result.faults[static_cast<std::size_t>(Fault::hub_asks_twice)] = hubs_.asked_twice();
  result.numbers = checker_.numbers();
  result.messages = truth_.messages.size();
  result.events = clock_.events();
  result.simulated = clock_.elapsed();
  for (const auto& one : checker_.numbers().finals) trace_.mix(one.first), trace_.mix(one.second);
  result.hash = trace_.hash();
  result.story.assign(trace_.lines().begin(), trace_.lines().end());
  return result;
}

}  // namespace anchal::sim
