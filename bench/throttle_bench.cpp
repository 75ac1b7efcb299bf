// The gate and the sliding log, as often as the pump asks them. Answers are checked before they are timed.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <vector>

#include "throttle/policy/policy_table.h"
#include "throttle/rate/random.h"
#include "throttle/rate/sliding_log.h"

namespace {

using namespace anchal;
using namespace anchal::throttle;
using namespace std::chrono_literals;

const WallTime kNow{std::chrono::sys_days{std::chrono::year(2026) / 3 / 1} + 12h};

void require(bool law) {
  if (!law) std::abort();
}

const std::vector<Category> kCategories{
    {.name = "otp", .exempt = true}, {.name = "service"}, {.name = "promotional"}, {.name = "publicity"}};

/// Rules over 4 categories, 50 tenants, 20 places and 3 operators, as an election would bring them.
std::vector<Rule> make_rules(int count, int named_tenants) {
  std::vector<Rule> list;
  for (int i = 0; i < count; ++i) {
    Rule rule{.id = "r" + std::to_string(i)};
    rule.scope.categories = {"publicity"};
    if (i % 2 == 0) rule.scope.places = {"place" + std::to_string(i % 20)};
    if (i % 3 == 0) rule.scope.tenants = {"tenant" + std::to_string(i % named_tenants)};
    if (i % 5 == 0) rule.scope.senders = {"SENDER" + std::to_string(i % named_tenants)};
    if (i % 7 == 0) rule.scope.operators = {"op" + std::to_string(i % 3)};
    if (i % 4 == 0) rule.ends_at = kNow + std::chrono::hours(1 + i);
    list.push_back(rule);
  }
  return list;
}

struct Policy {
  Names names;
  PolicyTable table;
  std::vector<MessageClass> messages;

  explicit Policy(int rules, int named_tenants = 8) {
    table = PolicyTable::compile(make_rules(rules, named_tenants), kCategories, names, kNow, 1).value();
    SplitMix64 random(1);
    for (int i = 0; i < 1024; ++i) {
      const auto pick = [&](const char* kind, std::uint64_t n) {
        return kind + std::to_string(random.next() % n);
      };
      messages.push_back(
          {static_cast<std::uint16_t>(names.categories.intern(kCategories[random.next() % 4].name)),
           static_cast<std::uint16_t>(names.operators.intern(pick("op", 3))),
           names.tenants.intern(pick("tenant", 50)), names.senders.intern(pick("SENDER", 50)),
           names.places.intern(pick("place", 20))});
    }
    check();
  }

  /// The gate must stop what explain() says is stopped, and nothing else.
  void check() const {
    for (const MessageClass& message : messages) {
      bool stopped = false;
      for (const Explanation& line : table.explain(message, kNow)) stopped |= line.active && !line.exempted;
      require((gate(table, message, {kNow, TimePoint{}}).decision != Decision::send) == stopped);
    }
  }
};

void ask(benchmark::State& state, const Policy& policy, WallTime now) {
  std::size_t i = 0;
  std::uint64_t stopped = 0;
  for (auto _ : state) {
    const Verdict verdict = gate(policy.table, policy.messages[i++ & 1023], {now, TimePoint{}});
    stopped += verdict.decision != Decision::send;
  }
  benchmark::DoNotOptimize(stopped);
  state.SetItemsProcessed(state.iterations());
}

void BM_Gate(benchmark::State& state) {
  ask(state, Policy(static_cast<int>(state.range(0))), kNow);
}
BENCHMARK(BM_Gate)->Arg(0)->Arg(1)->Arg(10)->Arg(40);

void BM_GateWithoutATable(benchmark::State& state) {
  ask(state, Policy(400, 50), kNow);
}
BENCHMARK(BM_GateWithoutATable);

void BM_GateLateToCompile(benchmark::State& state) {
  ask(state, Policy(40), kNow + 2h);
}
BENCHMARK(BM_GateLateToCompile);

void BM_Compile(benchmark::State& state) {
  const auto rules = make_rules(static_cast<int>(state.range(0)), 8);
  Names names;
  for (auto _ : state) {
    benchmark::DoNotOptimize(PolicyTable::compile(rules, kCategories, names, kNow, 1).value().epoch());
  }
}
BENCHMARK(BM_Compile)->Arg(10)->Arg(40)->Unit(benchmark::kMicrosecond);

/// One turn of the loop for one operator: how many parts, take them; the time moves by what they cost at the
/// rate.
void BM_SlidingLogTurn(benchmark::State& state) {
  const auto tps = static_cast<std::uint32_t>(state.range(0));
  const auto batch = static_cast<std::uint32_t>(state.range(1));
  SlidingLog log({.rate = Rate::contract(tps)});
  TimePoint now{1h};
  const TimePoint start = now;
  std::uint64_t sent = 0;
  for (auto _ : state) {
    if (log.available(now) > 0) sent += log.take(batch, now);
    now = log.next_available(now, batch);
  }
  const double seconds = std::chrono::duration<double>(now - start).count();
  require(static_cast<double>(sent) <= (seconds + 1) * tps);
  if (seconds > 10) require(static_cast<double>(sent) >= seconds * tps * 0.995);
  state.SetItemsProcessed(static_cast<std::int64_t>(sent));
}
BENCHMARK(BM_SlidingLogTurn)->Args({1'000, 1})->Args({10'000, 16})->Args({100'000, 64});

}  // namespace
