#include <fmt/core.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "bench/driver/commands.h"
#include "bench/driver/measure.h"
#include "engine/net/clock.h"
#include "engine/simulator/ledger_reader.h"

namespace anchal::bench {
namespace {

using namespace nlohmann::literals;

constexpr std::uint64_t kInScope = 919'700'000'000;

std::int64_t wall_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace

int run_blackout(const BlackoutOptions& options) {
  auto alpha = make_operator(options.stage, "alpha", "", {fmt::format("tps = {}", options.tps)});
  alpha.ledger = true;
  auto started = app::Trial::start(trial_options(options.stage, {alpha}));
  if (!started) return failed(started.error());
  app::Trial& trial = **started;
  if (options.stage.keep) trial.directory().keep();
  auto redis = trial.redis().connect();
  if (!redis) return failed(redis.error());
  const std::uint64_t each = std::uint64_t{options.tps} * (options.rounds / 4 + 10) / 2;
  for (const bool in_scope : {true, false}) {
    Load load;
    load.stem = in_scope ? "in" : "out";
    load.category = in_scope ? "promotional" : "service";
    load.lane = in_scope ? "bulk" : "service";
    load.first_number = in_scope ? kInScope : 919'800'000'000;
    load.messages = each;
    load.per_job = 10;
    load.partitions = options.stage.partitions;
    if (auto pushed = push(**redis, load); !pushed) return failed(pushed.error());
  }
  if (auto ready = trial.start_engine(); !ready) return failed(ready.error());
  std::this_thread::sleep_for(std::chrono::seconds(2));

  Series to_effective;
  std::vector<std::pair<std::int64_t, std::int64_t>> dark;  // from EFFECTIVE to the call that lifts it
  for (unsigned round = 0; round < options.rounds; ++round) {
    const TimePoint called = net::monotonic_now();
    const auto rule = trial.api(
        "POST", "/api/v1/blackouts",
        R"({"name":"bench","kind":"blackout","scope":{"categories":["promotional"]},"on_hold":"defer","reason":"bench"})");
    const std::int64_t effective = wall_us();
    if (!rule) return failed(rule.error());
    to_effective.add(std::chrono::duration<double, std::milli>(net::monotonic_now() - called).count());
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    dark.emplace_back(effective, wall_us());
    const nlohmann::json answer = nlohmann::json::parse(*rule, nullptr, false);
    const std::string id = answer.value("/rule/id"_json_pointer, "");
    if (id.empty()) return failed("the API gave the blackout no id: " + *rule);
    if (auto ended = trial.api("POST", "/api/v1/blackouts/" + id + "/end", R"({"reason":"bench"})"); !ended) {
      return failed(ended.error());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  trial.engine().signal(9);
  trial.stop_smsc("alpha");

  std::uint64_t during = 0, in_scope = 0;
  simulator::LedgerReader reader(trial.ledger("alpha"));
  auto read = reader.read([&](const simulator::LedgerLine& line) {
    if (!line.to.starts_with("9197")) return;
    ++in_scope;
    for (const auto& [from, to] : dark) during += line.t_us >= from && line.t_us < to ? 1 : 0;
  });
  if (!read) return failed(read.error());
  fmt::print(
      stderr,
      "blackout, call to EFFECTIVE: p50 {:.1f} ms, p99 {:.1f} ms of {}; during blackout {} of {} in scope\n",
      to_effective.median(), to_effective.quantile(0.99), to_effective.size(), during, in_scope);
  fmt::print(
      R"({{"bench":"blackout","machine":"{}","p50_ms":{:.2f},"p99_ms":{:.2f},"during":{},"in_scope":{}}})"
      "\n",
      machine(), to_effective.median(), to_effective.quantile(0.99), during, in_scope);
  if (in_scope == 0)
    return failed("nothing in scope was sent between the blackouts: the check shows nothing");
  return during == 0 ? 0 : failed("a message in scope left during the blackout");
}

}  // namespace anchal::bench
