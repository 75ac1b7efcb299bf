#include <fmt/core.h>

#include <algorithm>
#include <thread>

#include "bench/driver/commands.h"
#include "bench/driver/measure.h"
#include "bench/driver/otp_prober.h"
#include "bench/driver/rate_use.h"
#include "engine/app/progress.h"
#include "engine/net/clock.h"

namespace anchal::bench {
namespace {
constexpr double kLeastShare = 0.99;
constexpr double kMostMegabytes = 150;

constexpr std::uint64_t kDead = 919'700'000'000, kSlow = 919'600'000'000, kHealthy = 919'800'000'000;

/// Jobs for the three operators in one stream, so that those for the dead one stand in the way of the
/// others'.
std::expected<void, std::string> push_mixed(app::RedisPipe& redis, const IsolationOptions& options) {
  const std::uint64_t healthy = std::uint64_t{options.tps} * (options.seconds + 10);
  constexpr unsigned kSlices = 50;
  for (unsigned slice = 0; slice < kSlices; ++slice) {
    const auto one = [&](const char* name, std::uint64_t first, std::uint64_t total) {
      Load load;
      load.stem = fmt::format("{}{}", name, slice);
      load.category = "promotional";
      load.lane = "bulk";
      load.messages = total / kSlices;
      load.first_number = first + slice * load.messages;
      load.per_job = 20;
      load.partitions = options.stage.partitions;
      return push(redis, load);
    };
    for (const auto& pushed : {one("dead", kDead, options.waiting), one("slow", kSlow, options.waiting / 20),
                               one("healthy", kHealthy, healthy)}) {
      if (!pushed) return std::unexpected(pushed.error());
    }
  }
  return {};
}

}  // namespace

int run_isolation(const IsolationOptions& options) {
  auto healthy = make_operator(options.stage, "healthy", "9198", {fmt::format("tps = {}", options.tps)});
  healthy.ledger = healthy.punctual = true;
  auto slow = make_operator(options.stage, "slow", "9196");
  slow.smsc.insert(slow.smsc.end(), {"--tps", "10"});
  auto dead = make_operator(options.stage, "dead", "9197");
  dead.reachable = false;
  auto started = app::Trial::start(trial_options(options.stage, {healthy, slow, dead}));
  if (!started) return failed(started.error());
  app::Trial& trial = **started;
  if (options.stage.keep) trial.directory().keep();
  auto redis = trial.redis().connect();
  if (!redis) return failed(redis.error());
  if (auto pushed = push_mixed(**redis, options); !pushed) return failed(pushed.error());
  if (auto ready = trial.start_engine(); !ready) return failed(ready.error());
  std::this_thread::sleep_for(std::chrono::seconds(2));

  OtpProber prober(**redis, options.stage.partitions);
  if (auto probed = prober.run(std::chrono::seconds(options.seconds), 20); !probed)
    return failed(probed.error());
  const auto status = trial.status();
  if (!status) return failed(status.error());
  const auto usage = trial.engine().usage();
  if (!usage) return failed("the engine has ended");
  std::this_thread::sleep_for(std::chrono::seconds(1));

  const auto latencies = prober.latencies(trial.ledger("healthy"));
  if (!latencies) return failed(latencies.error());
  const auto use = measure_rate(trial.ledger("healthy"), options.tps);
  if (!use) return failed(use.error());
  const double peak_mb = static_cast<double>(usage->peak_bytes) / 1e6;
  fmt::print(stderr,
             "one operator dead, one at 10/s, one healthy at {}/s; {} messages waiting\n"
             "  the healthy one's contract   {:.2f} % used, fullest second {}\n"
             "  its OTPs                     {}\n  engine memory                {:.0f} MB at most\n",
             options.tps, app::grouped(status->waiting), use->share * 100, use->fullest,
             describe_latency(*latencies), peak_mb);
  fmt::print(
      R"({{"bench":"isolation","machine":"{}","waiting":{},"share":{:.4f},"fullest":{},"tps":{},"peak_mb":{:.1f},{}}})"
      "\n",
      machine(), status->waiting, use->share, use->fullest, options.tps, peak_mb,
      json_of_latency(*latencies));
  if (use->fullest > options.tps) return failed("the contract rate was exceeded");
  if (use->share < kLeastShare) return failed("the healthy operator did not get its rate");
  return peak_mb < kMostMegabytes ? 0 : failed("the engine's memory grew beyond its bound");
}

}  // namespace anchal::bench
