#include "tests/simulation/plan.h"

#include <algorithm>
#include <cmath>

namespace anchal::sim {

using namespace std::chrono_literals;

namespace {

std::vector<core::CategoryConfig> categories(Random& random) {
  using core::Lane, core::OnDoubt;
  const auto wait = [&] { return random.between(Duration(1s), Duration(12s)); };
  return {{"otp", Lane::otp, true, OnDoubt::report, wait(), core::OnHold::defer},
          {"emergency", Lane::alert, true, OnDoubt::resend_once, wait(), core::OnHold::defer},
          {"transactional", Lane::service, false, OnDoubt::report, wait(), core::OnHold::defer},
          {"service", Lane::service, false, OnDoubt::resend_once, wait(), core::OnHold::defer},
          {"reminder", Lane::service, false, OnDoubt::query, wait(), core::OnHold::defer},
          {"promotional", Lane::bulk, false, OnDoubt::report, wait(), core::OnHold::defer},
          {"publicity", Lane::bulk, false, OnDoubt::resend_once, wait(), core::OnHold::drop}};
}

core::OperatorConfig operator_config(Random& random, std::size_t number) {
  static constexpr std::array<std::string_view, 4> kNames{"alpha", "bravo", "charlie", "delta"};
  core::OperatorConfig op;
  op.name = kNames[number];
  op.system_id = "anchal";
  op.bind = random.chance(0.25) ? core::BindKind::transmitter_receiver : core::BindKind::transceiver;
  op.binds = static_cast<unsigned>(random.between(1, 3));
  op.window = static_cast<unsigned>(random.chance(0.3) ? random.between(1, 3) : random.between(5, 60));
  const auto pace = random.below(4);
  op.tps = pace == 0 ? 0 : static_cast<unsigned>(pace == 1 ? random.between(5, 30) : random.between(30, 400));
  op.weight = static_cast<unsigned>(random.between(1, 3));
  op.enquire_link = random.between(Duration(2s), Duration(15s));
  op.response_timeout = random.between(Duration(3s), Duration(15s));
  op.bind_timeout = 5s;
  op.receipt_deadline = random.between(Duration(20s), Duration(60s));
  op.reconnect_min = 100ms;
  op.reconnect_max = 2s;
  const auto style = random.below(3);
  op.concat = style == 0   ? core::ConcatStyle::udh8
              : style == 1 ? core::ConcatStyle::udh16
                           : core::ConcatStyle::payload;
  Random doubt = random.fork("doubt", number);
  op.user_message_reference = doubt.chance(0.5);
  op.receipt_by_address = doubt.chance(0.3);
  op.query_trusted = doubt.chance(0.6);
  return op;
}

core::Limits limits(Random& random) {
  core::Limits limits;
  if (random.chance(0.4)) return limits;  // as shipped
  limits.open_messages = static_cast<std::uint32_t>(random.between(20, 2'000));
  limits.open_messages_otp = static_cast<std::uint32_t>(random.between(5, 200));
  limits.open_bytes = static_cast<std::size_t>(random.between(64 << 10, 4 << 20));
  limits.queue_messages = static_cast<std::uint32_t>(random.between(5, 500));
  limits.orphan_receipts = static_cast<std::uint32_t>(random.between(50, 1'000));
  limits.read_count = static_cast<std::uint32_t>(random.between(1, 100));
  limits.journal_batch_bytes = static_cast<std::size_t>(random.between(512, 64 << 10));
  return limits;
}

NetworkWeather network_weather(Random& random) {
  NetworkWeather weather;
  weather.latency_max = random.between(Duration(300us), Duration(40ms));
  weather.split = random.chance(0.5) ? 0.3 : 0.02;
  weather.short_write = random.chance(0.5) ? 0.1 : 0.0;
  weather.late_departure = random.chance(0.5) ? 0.2 : 0.0;
  if (random.chance(0.2)) weather.kernel_bytes = static_cast<std::size_t>(random.between(600, 8'000));
  return weather;
}

StoreWeather store_weather(Random& random) {
  StoreWeather weather;
  weather.latency_max = random.between(Duration(100us), Duration(5ms));
  if (random.chance(0.3)) weather.spike = 0.01;
  return weather;
}

/// More for one operator than may be in its queue, and more than it takes.
void fill_queues(Plan& plan, Random& random) {
  plan.config.limits.queue_messages = static_cast<std::uint32_t>(random.between(16, 30));
  plan.config.partitions = 1;
  plan.shards = 1;
  plan.config.operators.front().tps = static_cast<unsigned>(random.between(20, 60));
  plan.workload.prefixes.resize(1);
  plan.workload.jobs = static_cast<unsigned>(random.between(30, 50));
  plan.workload.big_job = 0.2;
}

FaultEvent event_at(Duration at, Fault kind, Random& random) {
  return {at, kind, random.next()};
}

/// Engines die with ids in the receipt map whose results they had not settled, and operators answer query_sm
/// well: the doubts of the categories that ask end by an answer.
void ask_operators(Plan& plan, Random& random) {
  for (auto& category : plan.config.categories) {
    if (category.lane != core::Lane::otp && random.chance(0.85)) category.on_doubt = core::OnDoubt::query;
    category.doubt_wait = random.between(Duration(1s), Duration(4s));
  }
  for (auto& op : plan.config.operators) {
    op.query_trusted = true;
    op.window = std::max(op.window, 20u);
    op.tps = static_cast<unsigned>(random.between(30, 90));  // there is something under way at any time
  }
  for (auto& behaviour : plan.behaviours) {
    simulator::Behaviour truthful;
    truthful.id_style = behaviour.id_style;
    truthful.receipt_id_style = behaviour.receipt_id_style;
    truthful.response_delay = random.between(Duration(0), Duration(20ms));
    truthful.receipt_delay = random.between(Duration(0), Duration(3s));
    truthful.receipts = random.fraction() * 0.3;  // they would be quicker than a query
    truthful.undelivered = random.chance(0.5) ? 0.2 : 0;
    behaviour = std::move(truthful);
  }
  plan.store.latency_max = random.between(Duration(10ms), Duration(60ms));
  plan.workload.jobs = static_cast<unsigned>(random.between(40, 80));
  plan.workload.recipients_max = 30;
  plan.workload.no_receipt = 0;
  static constexpr std::array<Fault, 4> kDeaths{Fault::crash_before_settle, Fault::crash_before_settle,
                                                Fault::crash_before_settle, Fault::crash_at_answer};
  plan.engines = std::min(plan.engines, 2u);
  plan.schedule.clear();
  const auto deaths = random.between(3, 6);
  for (std::int64_t i = 0; i < deaths; ++i) {
    const Duration at = random.between(Duration(3s), plan.active);
    plan.schedule.push_back(event_at(at, random.pick(kDeaths), random));
  }
}

/// Operators lose answers all the time, and a Redis that fails over has forgotten that messages are in doubt.
void forget_doubts(Plan& plan, Random& random) {
  for (auto& category : plan.config.categories)
    category.doubt_wait = random.between(Duration(1s), Duration(6s));
  for (auto& op : plan.config.operators) op.response_timeout = random.between(Duration(3s), Duration(5s));
  for (auto& behaviour : plan.behaviours) {
    behaviour.response_loss = 0.1 + random.fraction() * 0.3;
    behaviour.query_loss = 0;
  }
  plan.workload.jobs = static_cast<unsigned>(random.between(40, 80));
  plan.workload.poison.reset();
  plan.replica_lag = random.between(Duration(300ms), Duration(1500ms));
  plan.active = 40s;
  plan.workload.spread = plan.active;
  plan.schedule.clear();
  for (Duration at = random.between(Duration(8s), Duration(12s)); at < plan.active;
       at += random.between(Duration(11s), Duration(15s))) {
    const Fault kind = random.chance(0.6) ? Fault::redis_fails_over : Fault::redis_restart_lossy;
    plan.schedule.push_back(event_at(at, kind, random));
  }
}

/// No producer keys, and hubs that push nothing twice. Redis forgets while its clock is behind, and owners
/// change before that has caught up: only the journal says what was taken.
void leave_out_keys(Plan& plan, Random& random) {
  plan.config.idempotency = Duration::zero();
  plan.workload.repeated = plan.workload.reply_lost = 0;
  if (plan.calm || random.chance(0.3)) return;
  plan.workload.poison.reset();
  plan.workload.jobs = static_cast<unsigned>(random.between(60, 120));
  plan.replica_lag = random.between(Duration(100ms), Duration(1500ms));
  plan.active = 50s;
  plan.workload.spread = plan.active;
  plan.schedule.clear();
  for (Duration at = random.between(Duration(9s), Duration(12s)); at < plan.active;
       at += random.between(Duration(14s), Duration(20s))) {
    const Duration told = at + 3 * plan.config.lease + 3s;
    const Fault kind = random.chance(0.6) ? Fault::redis_fails_over : Fault::redis_restart_lossy;
    const Fault change = random.chance(0.5) ? Fault::engine_crash : Fault::engine_drain;
    plan.schedule.push_back(
        event_at(at - random.between(Duration(0), Duration(1s)), Fault::clock_of_all, random));
    plan.schedule.push_back(event_at(at, kind, random));
    plan.schedule.push_back(event_at(told + random.between(Duration(0), Duration(3s)), change, random));
  }
}

/// The power fails once, after some quiet.
void cut_power(Plan& plan, Random& random) {
  plan.workload.poison.reset();
  if (plan.replica_lag == Duration::zero())
    plan.replica_lag = random.between(Duration(20ms), Duration(1500ms));
  const Duration at = random.between(Duration(9s), std::max<Duration>(plan.active, 10s));
  std::erase_if(plan.schedule,
                [at](const FaultEvent& event) { return event.at > at - 8s && event.at < at + 6s; });
  plan.schedule.push_back(event_at(at, Fault::power_cut, random));
}

/// The replica of Redis answers WAIT. Mostly in time, so that no message that is sent at most once goes out
/// twice whatever dies; in some worlds now and then too late.
void confirm_intents(Plan& plan, Random& random) {
  plan.confirm_min = random.between(Duration(50us), Duration(1ms));
  plan.confirm_max = random.chance(0.25) ? random.between(Duration(11ms), Duration(300ms))
                                         : random.between(Duration(1ms), Duration(9ms));
  if (plan.replica_lag == Duration::zero())
    plan.replica_lag = random.between(Duration(20ms), Duration(1500ms));
}

/// Nothing happens but that one operator is away, and there is work for all.
void leave_one_away(Plan& plan, Random& random) {
  plan.calm = true;
  plan.absent = random.below(plan.config.operators.size());
  for (auto& op : plan.config.operators) op.failover.clear();
  plan.schedule.clear();
  plan.behaviours.assign(plan.behaviours.size(), {});
  plan.drills = 0;
  plan.network.short_write = 0;
  plan.network.late_departure = 0;
  plan.workload.poison.reset();
  plan.workload.jobs = static_cast<unsigned>(random.between(25, 40));
  plan.replica_lag = Duration::zero();
}

void make_schedule(Plan& plan, const Random& of_plan) {
  Random random = of_plan.fork("schedule");
  // A few kinds a run, so that each is met alone and with few others as well as with all.
  const double share = random.fraction();
  std::vector<Fault> kinds;
  for (std::size_t number = 0; number < kFaults; ++number) {
    const auto kind = static_cast<Fault>(number);
    if (!forgets(kind) && !apart(kind) && random.chance(share)) kinds.push_back(kind);
  }
  bool forgetful = false;
  if (random.chance(0.3)) {
    static constexpr std::array<Fault, 4> kForgetful{Fault::redis_restart_lossy, Fault::redis_fails_over,
                                                     Fault::redis_restored, Fault::redis_flushed};
    const Fault kind = random.pick(kForgetful);
    kinds.insert(kinds.end(), 1 + kinds.size() / 3, kind);
    forgetful = true;
  }
  if (kinds.empty()) return;
  plan.replica_lag = random.between(Duration(20ms), Duration(1500ms));
  // Some copies of Redis are to be minutes old.
  if (std::ranges::find(kinds, Fault::redis_restored) != kinds.end() && random.chance(0.2)) plan.active *= 3;
  // Redis forgets only where there has been quiet for a while.
  const double per_second = 0.05 + random.fraction() * (forgetful ? 0.3 : 1.0);
  Duration at{0};
  for (;;) {
    const double seconds = -std::log(1.0 - random.fraction()) / per_second;
    at += std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    if (at >= plan.active) return;
    plan.schedule.push_back({at, random.pick(kinds), random.next()});
  }
}

/// What came later draws from streams of its own: a seed that has nothing of it means what it always meant.
void add_rarer_worlds(Plan& plan) {
  Random doubts = Random(plan.seed).fork("doubts");
  if (!plan.calm && doubts.chance(0.07)) {
    ask_operators(plan, doubts);
  } else if (!plan.calm && doubts.chance(0.05)) {
    forget_doubts(plan, doubts);
  }
  Random power = Random(plan.seed).fork("power");
  plan.state_files = power.chance(0.25);
  if (power.chance(0.5)) plan.files_lost = 0.3;
  if (plan.state_files && !plan.calm && power.chance(0.4)) cut_power(plan, power);
  Random replica = Random(plan.seed).fork("replica");
  if (!plan.calm && replica.chance(0.2)) {
    confirm_intents(plan, replica);
    const bool quiet =
        !plan.may(Fault::power_cut) && std::ranges::none_of(plan.schedule, forgets, &FaultEvent::kind);
    if (quiet && replica.chance(0.6)) cut_power(plan, replica);
  }
  Random away = Random(plan.seed).fork("away");
  if (plan.workload.prefixes.size() > 1 && away.chance(0.06)) leave_one_away(plan, away);
  Random keys = Random(plan.seed).fork("keys");
  if (keys.chance(0.06)) leave_out_keys(plan, keys);
}

}  // namespace

simulator::Behaviour random_mood(Random& random) {
  simulator::Behaviour mood;
  mood.response_delay = random.between(Duration(0), Duration(50ms));
  mood.response_jitter = random.between(Duration(0), Duration(50ms));
  mood.receipt_delay = random.between(Duration(0), Duration(4s));
  if (random.chance(0.2)) mood.tps = static_cast<std::uint32_t>(random.between(5, 50));
  if (random.chance(0.25)) mood.throttle_above = static_cast<std::uint32_t>(random.between(3, 100));
  if (random.chance(0.2)) mood.throttle_status = 0x14;
  if (random.chance(0.1)) mood.window = static_cast<std::uint32_t>(random.between(1, 8));
  if (random.chance(0.25)) mood.response_loss = 0.05;
  if (random.chance(0.15)) mood.response_twice = 0.1;
  if (random.chance(0.1))
    mood.response_delay = random.between(Duration(2s), Duration(12s));  // often too late
  // Of every class: passing, for this message, for good, and unheard of.
  static constexpr std::array<std::uint32_t, 12> kStatuses{0x08, 0x14, 0x58, 0x64, 0x0B,  0x0A,
                                                           0x45, 0x01, 0x33, 0x04, 0x400, 0xFF};
  while (random.chance(0.3))
    mood.statuses.emplace_back(random.pick(kStatuses), 0.05 + 0.2 * random.fraction());
  mood.error_body = static_cast<simulator::ErrorBody>(random.below(4));
  mood.id_style = static_cast<simulator::IdStyle>(random.below(5));
  mood.receipt_id_style = mood.id_style;
  mood.receipt_form = static_cast<simulator::ReceiptForm>(random.below(5));
  if (random.chance(0.3)) mood.receipts = 0.8;
  if (random.chance(0.3)) mood.receipt_early = 0.3;
  if (random.chance(0.3)) mood.receipt_late = 0.3;
  if (random.chance(0.3)) mood.receipt_twice = 0.3;
  if (random.chance(0.2)) mood.receipt_contradiction = 0.2;
  if (random.chance(0.3)) mood.receipt_enroute = 0.3;
  if (random.chance(0.5)) mood.undelivered = 0.2;
  mood.receipt_other_bind = random.chance(0.3);
  mood.receipt_reference = random.chance(0.7);
  if (random.chance(0.2)) mood.query_loss = 0.5;
  if (random.chance(0.2)) mood.query_memory = 1s;
  if (random.chance(0.1)) mood.query_status = 0x58;
  if (random.chance(0.1)) mood.drop_connection_after = static_cast<std::uint64_t>(random.between(5, 100));
  if (random.chance(0.05)) mood.silent_after = static_cast<std::uint64_t>(random.between(5, 100));
  if (random.chance(0.05)) mood.unbind_after = static_cast<std::uint64_t>(random.between(5, 100));
  if (random.chance(0.1)) mood.enquire_interval = 3s;
  mood.enquire_before_bind_resp = random.chance(0.1);
  return mood;
}

Plan Plan::plain() {
  Plan plan;
  Random random(1);
  plan.calm = true;
  plan.config.partitions = 2;
  plan.config.rate_window = 1000ms;
  plan.config.snapshot_interval = 5s;
  plan.config.categories = categories(random);
  for (auto& category : plan.config.categories) category.doubt_wait = 3s;
  plan.network.short_write = plan.network.late_departure = 0;
  plan.workload.jobs = 0;
  return plan;
}

Plan Plan::of_seed(std::uint64_t seed) {
  Plan plan;
  Random random = Random(seed).fork("plan");
  plan.seed = seed;
  plan.calm = random.chance(0.12);
  auto& config = plan.config;
  config.partitions = static_cast<std::uint16_t>(random.between(1, 4));
  config.rate_window = 1000ms;
  config.snapshot_interval = random.between(Duration(1s), Duration(10s));
  config.lease = random.between(Duration(500ms), Duration(2s));
  config.move_after = random.between(Duration(500ms), Duration(4s));
  config.drain_deadline =
      2s;  // shorter than an operator may be silent: what is unanswered is handed over in doubt
  config.categories = categories(random);
  config.limits = limits(random);
  const std::size_t operators = 1 + random.below(4);
  static const std::vector<std::string> kPrefixes{"9198", "9197", "9199", "9196"};
  for (std::size_t i = 0; i < operators; ++i) {
    auto op = operator_config(random, i);
    op.prefixes = {kPrefixes[i]};
    if (random.chance(0.3)) op.prefixes.emplace_back("");
    config.operators.push_back(std::move(op));
  }
  for (auto& op : config.operators) {
    for (const auto& other : config.operators) {
      if (other.name != op.name && random.chance(0.3)) op.failover.push_back(other.name);
    }
  }
  const double crowd = random.fraction();
  plan.engines = crowd < 0.3 ? 2 : crowd < 0.45 ? 3 : 1;
  plan.shards = static_cast<unsigned>(random.between(1, std::min<std::int64_t>(3, config.partitions)));
  // A shard without a bind to an operator cannot send to it.
  for (auto& op : config.operators) op.binds = std::max(op.binds, plan.shards);

  auto& work = plan.workload;
  work.jobs = static_cast<unsigned>(random.between(5, 80));
  work.recipients_max = static_cast<unsigned>(random.between(1, 30));
  work.big_job = random.chance(0.5) ? 0.05 : 0;
  work.prefixes.assign(kPrefixes.begin(), kPrefixes.begin() + static_cast<std::ptrdiff_t>(operators));
  plan.network = network_weather(random);
  plan.store = store_weather(random);
  plan.network.user_timeout = config.lease;
  plan.active = random.between(Duration(10s), Duration(40s));
  work.spread = plan.active;
  for (std::size_t i = 0; i < operators; ++i) {
    simulator::Behaviour behaviour;
    if (!plan.calm && random.chance(0.8)) behaviour = random_mood(random);
    plan.behaviours.push_back(std::move(behaviour));
  }
  if (plan.calm) {
    plan.network.short_write = 0;
    work.jobs = std::min(work.jobs, 40u);
  } else {
    make_schedule(plan, random);
  }
  Random poison = Random(seed).fork("poison");
  plan.keeps_files = poison.chance(0.5);
  // An engine that dies must not meet a Redis that forgets (the double fault of law 5).
  const bool remembers = std::ranges::none_of(plan.schedule, forgets, &FaultEvent::kind);
  if (!plan.calm && remembers && poison.chance(0.2))
    work.poison = static_cast<JobIndex>(poison.below(work.jobs));
  Random more = Random(seed).fork("more");
  if (more.chance(plan.calm ? 0.4 : 0.05)) {
    fill_queues(plan, more);
  } else if (plan.calm && operators > 1 && more.chance(0.6)) {
    plan.absent = more.below(operators);
    config.operators[*plan.absent].failover.clear();  // what has gone elsewhere does not come back
  }
  if (!plan.calm && more.chance(0.2)) {  // kernels that keep for a while what they were given
    plan.drills = static_cast<unsigned>(more.between(3, 10));
    plan.network.late_departure = 1;
    plan.network.departure_max = more.between(Duration(50ms), Duration(500ms));
  }
  add_rarer_worlds(plan);
  return plan;
}

}  // namespace anchal::sim
