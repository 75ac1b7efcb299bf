#include "tests/simulation/engine.h"

#include <algorithm>

#include "engine/app/knowledge_text.h"
#include "tests/support/poison_hand.h"

namespace anchal::sim {

using namespace std::chrono_literals;

namespace {

constexpr Duration kTurn = 20us;
constexpr unsigned kBusyTurnsMax = 20'000;
// As engine/app has them: asked of each shard, and written.
constexpr Duration kKnowledgeEvery = 1s, kFileEvery = 1s;
constexpr Duration kDiskMax = 50ms;
constexpr Duration kTellReplicasEvery = 1s;

}  // namespace

SimShard::SimShard(EngineSurroundings& world, SimEngine& engine, std::size_t number, core::ShardPlace place,
                   Random random)
    : world_(world),
      engine_(engine),
      number_(number),
      name_(fmt::format("{}/{}", engine.id(), place.index)),
      random_(random.fork("turns")),
      config_(world.config),
      store_(world.clock, world.redis, random.fork("store"), *this, world.store_weather),
      pipes_(world.network, *this, name_) {
  config_.engine_id = engine.id().substr(0, engine.id().find('.'));
  config_.incarnation = engine.id();
  place.seed = random.fork("shard").next();
  place.in_hand = &hand_;
  place.announces = world.announces;
  core::StorePort& store = *this;
  core::BindPort& binds = *this;
  shard_ = std::make_unique<core::Shard>(config_, place, store, binds);
  pipes_.number = number;
  pipes_.set_binds(shard_->binds());
}

SimShard::~SimShard() = default;

void SimShard::start() {
  world_.watcher.on_shard_start(*this);
  handle([this](core::Now now) { shard_->start(now); });
  store_.start();
}

bool SimShard::work(std::move_only_function<void()> what) {
  try {
    what();
    return true;
  } catch (const test::DiedOfEntry&) {
    world_.on_died_of_entry(engine_, hand_);
    return false;
  }
}

core::Now SimShard::instant() const {
  const TimePoint now = world_.clock.now();
  return {now, std::chrono::floor<std::chrono::milliseconds>(world_.clock.wall() + engine_.clock_off())};
}

void SimShard::transact(core::Transaction&& transaction) {
  if (!engine_.does(Step::command)) return;
  store_.transact(std::move(transaction));
  engine_.did(Step::command);
}

void SimShard::execute(core::Pipeline&& pipeline) {
  if (!engine_.does(Step::command)) return;
  store_.execute(std::move(pipeline));
  engine_.did(Step::command);
}

/// What a turn does to links once it stands still in its midst comes when it goes on, in that order.
void SimShard::to_links(std::move_only_function<void()> act) {
  if (engine_.dying()) return;
  if (paused_) {
    rest_of_turn_.push_back(std::move(act));
  } else {
    act();
  }
}

void SimShard::connect(core::BindId bind) {
  to_links([this, bind] { pipes_.connect(bind); });
}

std::optional<std::size_t> SimShard::write(core::BindId bind, std::span<const std::byte> bytes,
                                           TimePoint before) {
  if (!engine_.does(Step::write)) return bytes.size();
  const TimePoint now = world_.clock.now();
  if (const Duration length = engine_.take_pause_at_write(); length > Duration(0)) {
    engine_.pause(true);
    stands_until_ = now + length;
    world_.clock.after(length, [this, until = stands_until_] {
      if (stands_until_ == until && alive() && !engine_.dying()) engine_.pause(false);
    });
  }
  if (paused_) {
    if (stands_until_ >= before) return std::nullopt;
    // The core is told that all was taken, and knows no difference.
    to_links([this, bind, late = std::vector<std::byte>(bytes.begin(), bytes.end())] {
      if (pipes_.shard_connected(bind) && pipes_.write(bind, late, TimePoint::max()) < late.size())
        pipes_.break_off(bind);
    });
    return bytes.size();
  }
  if (now >= before) return std::nullopt;
  const auto taken = pipes_.write(bind, bytes, before);
  engine_.did(Step::write);
  return taken;
}

/// The rest of the turn in whose midst it stood still.
void SimShard::end_turn() {
  if (std::exchange(stands_until_, TimePoint::min()) == TimePoint::min()) return;
  for (auto& act : std::exchange(rest_of_turn_, {})) act();
  shard_->written(world_.clock.now());
}

void SimShard::close(core::BindId bind, bool orderly) {
  to_links([this, bind, orderly] { pipes_.close(bind, orderly); });
}

std::size_t SimShard::unsent(core::BindId bind) {
  return pipes_.unsent(bind);
}

void SimShard::pause_reading(core::BindId bind, bool paused) {
  to_links([this, bind, paused] { pipes_.pause_reading(bind, paused); });
}

void SimShard::handle(std::move_only_function<void(core::Now)> event) {
  if (!alive() || engine_.dying()) return;
  if (paused_) {
    held_.push_back(std::move(event));
    return;
  }
  busy_turns_ = 0;
  if (!work([&] { event(instant()); })) return;
  want_turn(random_.between(0ns, world_.turn_max));
}

void SimShard::want_turn(Duration delay) {
  if (turn_wanted_ || !alive() || paused_) return;
  turn_wanted_ = true;
  world_.clock.after(delay, [this] { turn(); });
}

void SimShard::turn() {
  turn_wanted_ = false;
  if (!alive() || paused_ || engine_.dying()) return;
  const core::Now now = instant();
  if (now.mono >= replicas_due_) tell_replicas();
  if (engine_.does(Step::turn) && !work([&] { shard_->turn(now); })) return;
  engine_.did(Step::turn);
  if (engine_.dying() || paused_) return;
  if (unsettled_epoch_ != 0 && shard_->policy_settled(settle_deadline_, now)) {
    engine_.settled(*this, std::exchange(unsettled_epoch_, 0));
    if (!alive()) return;
  }
  if (now.mono >= counters_due_) {
    counters_due_ = now.mono + random_.between(Duration(50ms), Duration(400ms));
    world_.watcher.on_counters(*this, shard_->counters(now));
  }
  if (now.mono >= knowledge_due_) look_what_it_knows();
  for (const auto& notice : shard_->take_notices()) {
    world_.trace.tell("{} says: {}", name_, notice.text);
    world_.watcher.on_notice(*this, notice.text);
  }

  TimePoint due = shard_->next_deadline();
  if (unsettled_epoch_ != 0) due = std::min(due, now.mono + 1ms);
  if (due == TimePoint::max()) return;
  // A turn takes its time. A loop that finds its deadline in the past turn after turn, and nothing happens
  // between, burns a core.
  busy_turns_ = due <= now.mono ? busy_turns_ + 1 : 0;
  due = std::max(due, now.mono + kTurn);
  if (busy_turns_ > kBusyTurnsMax) {
    world_.watcher.on_stuck(*this,
                            fmt::format("{} turns without a pause, and nothing happened", kBusyTurnsMax));
    return;
  }
  if (due >= wake_ && wake_ > now.mono) return;
  wake_ = due;
  world_.clock.at(due, [this, due] {
    if (wake_ != due) return;
    wake_ = TimePoint::max();
    want_turn(0ns);
  });
}

void SimShard::look_what_it_knows() {
  known_at_ = world_.clock.now();
  knowledge_due_ = known_at_ + kKnowledgeEvery;
  known_ = shard_->knowledge();
}

void SimShard::tell_replicas() {
  const TimePoint now = world_.clock.now();
  replicas_due_ = now + kTellReplicasEvery;
  const std::size_t online = world_.redis.online_replicas();
  shard_->on_store_replicas(online);
  replicas_since_ = online == 0 ? TimePoint::max() : std::min(replicas_since_, now);
}

bool SimShard::all_confirmed_since(TimePoint at) {
  const auto& waits = counters().replica_waits;
  return replicas_since_ < at && waits[0] > 0 && waits[1] == 0 && waits[2] == 0;
}

void SimShard::pause(bool paused) {
  if (!alive()) return;
  paused_ = paused;
  if (paused) return;
  end_turn();
  const core::Now now = instant();
  while (!held_.empty() && alive() && !paused_ && !engine_.dying()) {
    auto event = std::move(held_.front());
    held_.pop_front();
    if (!work([&] { event(now); })) return;
  }
  wake_ = TimePoint::max();
  want_turn(0ns);
}

void SimShard::die(bool flushed, SimulatedStore::Travelling travelling) {
  if (!alive()) return;
  world_.watcher.on_shard_end(*this, shard_->drained());
  pipes_.die(flushed);
  store_.die(travelling);
  shard_.reset();
  held_.clear();
  rest_of_turn_.clear();
}

void SimShard::drain() {
  handle([this](core::Now now) { shard_->drain(now); });
}

void SimShard::pause_operator(std::string_view name, bool paused) {
  handle(
      [this, text = std::string(name), paused](core::Now now) { shard_->pause_operator(text, paused, now); });
}

void SimShard::apply_policy(std::uint64_t epoch, const std::vector<throttle::Rule>& rules) {
  handle([this, epoch, rules](core::Now now) {
    std::vector<throttle::Category> categories;
    for (const auto& category : config_.categories) {
      categories.push_back({category.name, category.exempt, static_cast<throttle::OnHold>(0)});
      using enum core::OnHold;
      categories.back().on_hold = category.on_hold == drop        ? throttle::OnHold::drop
                                  : category.on_hold == reapprove ? throttle::OnHold::reapprove
                                                                  : throttle::OnHold::defer;
    }
    auto table = throttle::PolicyTable::compile(rules, categories, shard_->names(), now.wall, epoch);
    if (!table) {
      world_.watcher.on_stuck(*this, "the rules do not compile: " + table.error().front().message);
      return;
    }
    table->lease_valid_until = confirmed_until_;
    shard_->on_policy(std::move(*table), now);
    world_.watcher.on_policy_applied(*this, epoch);
    unsettled_epoch_ = epoch;
    settle_deadline_ = now.mono + 50ms;
  });
}

void SimShard::confirm_policy(TimePoint until) {
  handle([this, until](core::Now) {
    confirmed_until_ = until;
    shard_->confirm_policy(until);
    world_.watcher.on_policy_confirmed(*this, until);
  });
}

void SimShard::on_store_up() {
  handle([this](core::Now now) {
    shard_->on_store_up(world_.redis.history(), now);
    tell_replicas();
  });
}

void SimShard::on_store_down() {
  handle([this](core::Now now) { shard_->on_store_down(now); });
}

namespace {

/// An answer that has to wait for a process that stands still needs its own copy of the replies.
struct KeptAnswer {
  core::StoreAnswer answer;
  std::vector<core::Reply> replies;
  std::unique_ptr<ReplyArena> arena = std::make_unique<ReplyArena>();
  std::string error;

  explicit KeptAnswer(const core::StoreAnswer& told) : answer(told), error(told.error) {
    for (const auto& reply : told.replies) replies.push_back(copy(reply));
    answer.replies = replies;
    answer.error = error;
  }
  core::Reply copy(const core::Reply& reply) {
    core::Reply kept = reply;
    kept.text = arena->keep(reply.text);
    const auto elements = arena->array(reply.size);
    for (std::size_t i = 0; i < reply.size; ++i) elements[i] = copy(reply.elements[i]);
    kept.elements = elements.data();
    return kept;
  }
};

}  // namespace

void SimShard::on_store_answer(const core::StoreAnswer& answer) {
  if (!paused_) {
    handle([this, &answer](core::Now now) {
      if (!engine_.does(Step::answer)) return;
      shard_->on_store_answer(answer, now);
      engine_.did(Step::answer);
    });
    return;
  }
  handle([this, kept = std::make_unique<KeptAnswer>(answer)](core::Now now) {
    if (!engine_.does(Step::answer)) return;
    shard_->on_store_answer(kept->answer, now);
    engine_.did(Step::answer);
  });
}

void SimShard::pipe_connected(core::BindId bind) {
  handle([this, bind](core::Now now) {
    pipes_.note_connected(bind);
    shard_->on_connected(bind, now);
  });
}

void SimShard::pipe_bytes(core::BindId bind, std::span<const std::byte> bytes) {
  handle([this, bind, kept = std::vector<std::byte>(bytes.begin(), bytes.end())](core::Now now) {
    if (!pipes_.shard_connected(bind)) return;  // closed by the shard while this waited
    if (!engine_.does(Step::bytes)) return;
    pipes_.note_delivered(bind, kept);
    shard_->on_bytes(bind, kept, now);
    engine_.did(Step::bytes);
  });
}

void SimShard::pipe_writable(core::BindId bind) {
  handle([this, bind](core::Now now) { shard_->on_writable(bind, now); });
}

void SimShard::pipe_closed(core::BindId bind, std::string_view reason) {
  handle([this, bind, text = std::string(reason)](core::Now now) {
    pipes_.note_closed(bind);
    shard_->on_closed(bind, text, now);
  });
}

SimEngine::SimEngine(EngineSurroundings& world, std::string id, unsigned incarnation, unsigned shards,
                     std::size_t first_number, Random random)
    : world_(world), id_(fmt::format("{}.{}", id, incarnation)), disk_(random.fork("disk")) {
  for (unsigned i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<SimShard>(
        world, *this, first_number + i,
        core::ShardPlace{static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(shards), 0},
        random.fork("shard", i)));
  }
  settled_.resize(shards);
}

void SimEngine::start(const std::vector<core::Ending>& endings, StateFile* file) {
  world_.trace.tell("{} starts", id_);
  file_ = file;
  if (file_ != nullptr) {
    remembered_ = remember(*file_, world_.redis, disk_.next());
    for (auto& shard : shards_) shard->remember(remembered_.partitions, remembered_.installation);
    keep_file();
  }
  world_.office.join(*this);
  for (auto& shard : shards_) {
    shard->tell_endings(endings);
    shard->start();
  }
}

/// What its shards last said. Of partitions that none has told of yet, what was known before.
StateFile SimEngine::file_now() const {
  app::StoredKnowledge now{.installation = remembered_.installation, .partitions = {}};
  TimePoint known_at = TimePoint::max();
  for (const auto& shard : shards_) {
    for (const auto& [id, known] : shard->known()) now.partitions[id].learn(known);
    known_at = std::min(known_at, shard->known_at());
  }
  for (const auto& [id, known] : remembered_.partitions) now.partitions.try_emplace(id, known);
  return {app::format_knowledge(now), known_at};
}

/// Once a second. It takes the disk a while, and who dies meanwhile leaves the old one.
void SimEngine::keep_file() {
  world_.clock.after(kFileEvery, [this] {
    if (!alive_) return;
    if (!paused_) {
      world_.clock.after(disk_.between(Duration(0), kDiskMax), [this, fresh = file_now()] {
        if (alive_ && !dying_ && fresh.known_at > file_->known_at) *file_ = fresh;
      });
    }
    keep_file();
  });
}

void SimEngine::write_file() {
  if (file_ == nullptr) return;
  for (auto& shard : shards_) shard->look_what_it_knows();
  *file_ = file_now();
}

bool SimEngine::does(Step step) {
  if (dying_ || !alive_) return false;
  if (!crash_ || crash_->step != step || --crash_->countdown > 0) return true;
  if (crash_->done) {
    last_step_ = step;
    return true;
  }
  collapse("before");
  return false;
}

void SimEngine::did(Step step) {
  if (last_step_ != step) return;
  last_step_.reset();
  collapse("after");
}

void SimEngine::collapse(std::string_view when) {
  static constexpr std::array<std::string_view, 5> kSteps{
      "it hands a request to Redis", "it hears an answer of Redis", "it writes to a socket",
      "it hears an SMSC", "its loop turn"};
  world_.trace.tell("fault: {} dies {} {}", id_, when, kSteps[static_cast<std::size_t>(crash_->step)]);
  dying_ = true;
  // The core is in the middle of a call. What it does from here on reaches nobody; then it is taken away.
  world_.clock.after(0ns, [this, point = std::make_shared<CrashPoint>(std::move(*crash_))] {
    kill(point->flushed, point->travelling);
    if (point->died) point->died();
  });
  crash_.reset();
}

void SimEngine::kill(bool flushed, SimulatedStore::Travelling travelling) {
  if (!alive_) return;
  world_.trace.tell("{} ends{}", id_, flushed ? "" : ", with its machine");
  alive_ = false;
  world_.office.leave(*this);
  for (auto& shard : shards_) shard->die(flushed, travelling);
}

void SimEngine::pause(bool paused) {
  if (!alive_ || paused_ == paused) return;
  world_.trace.tell("{} {}", id_, paused ? "stands still" : "goes on");
  paused_ = paused;
  for (auto& shard : shards_) shard->pause(paused);
}

void SimEngine::drain() {
  world_.trace.tell("{} drains", id_);
  for (auto& shard : shards_) shard->drain();
}

bool SimEngine::drained() const {
  return std::ranges::all_of(shards_, [](const auto& shard) { return shard->drained(); });
}

void SimEngine::policy(std::uint64_t epoch, const std::vector<throttle::Rule>& rules) {
  if (epoch <= epoch_) return;
  epoch_ = epoch;
  for (auto& shard : shards_) shard->apply_policy(epoch, rules);
}

void SimEngine::policy_confirmed(TimePoint until) {
  for (auto& shard : shards_) shard->confirm_policy(until);
}

void SimEngine::settled(const SimShard& shard, std::uint64_t epoch) {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    if (shards_[i].get() == &shard) settled_[i] = epoch;
  }
  const std::uint64_t everywhere = *std::ranges::min_element(settled_);
  if (everywhere > 0) world_.office.acknowledged(*this, everywhere);
}

}  // namespace anchal::sim
