#include <fmt/core.h>

#include <thread>

#include "bench/driver/commands.h"
#include "bench/driver/measure.h"
#include "bench/driver/otp_prober.h"
#include "engine/app/progress.h"
#include "engine/net/clock.h"

namespace anchal::bench {

int run_otp(const OtpOptions& options) {
  auto alpha = make_operator(options.stage, "alpha", "");
  alpha.ledger = true;
  alpha.smsc.insert(alpha.smsc.end(), {"--ledger-prefix", OtpProber::kPrefix});
  auto started = app::Trial::start(trial_options(options.stage, {alpha}));
  if (!started) return failed(started.error());
  app::Trial& trial = **started;
  if (options.stage.keep) trial.directory().keep();
  auto redis = trial.redis().connect();
  if (!redis) return failed(redis.error());
  const auto replica = add_replica(trial, options.stage);
  if (!replica) return failed(replica.error());

  Load bulk;
  bulk.category = "promotional";
  bulk.lane = "bulk";
  bulk.messages = options.bulk;
  bulk.per_job = 100;
  bulk.partitions = options.stage.partitions;
  if (options.bulk > 0) {
    if (auto pushed = push(**redis, bulk); !pushed) return failed(pushed.error());
  }
  if (auto ready = trial.start_engine(); !ready) return failed(ready.error());
  std::this_thread::sleep_for(std::chrono::seconds(3));  // caches warm, windows full

  const auto before = trial.status();
  if (!before) return failed(before.error());
  OtpProber prober(**redis, options.stage.partitions);
  const TimePoint start = net::monotonic_now();
  if (auto probed = prober.run(std::chrono::seconds(options.seconds), options.per_second); !probed) {
    return failed(probed.error());
  }
  const double seconds = std::chrono::duration<double>(net::monotonic_now() - start).count();
  const auto after = trial.status();
  if (!after) return failed(after.error());
  if (options.bulk > 0 && after->final >= options.bulk)
    return failed("the bulk was over before the probing was: take more --bulk");
  std::this_thread::sleep_for(std::chrono::seconds(1));

  const auto latencies = prober.latencies(trial.ledger("alpha"));
  if (!latencies) return failed(latencies.error());
  const double bulk_rate = static_cast<double>(after->final - before->final) / seconds;
  fmt::print(stderr, "OTPs while bulk runs at {}/s{}\n  XADD to submit_sm at the SMSC: {}\n",
             app::grouped(static_cast<std::uint64_t>(options.bulk > 0 ? bulk_rate : 0)),
             options.stage.journal_intents ? "" : ", intents not journalled", describe_latency(*latencies));
  fmt::print(R"({{"bench":"otp","machine":"{}","intents":{},"bulk_per_second":{:.0f},{}}})"
             "\n",
             machine(), options.stage.journal_intents, options.bulk > 0 ? bulk_rate : 0,
             json_of_latency(*latencies));
  return 0;
}

}  // namespace anchal::bench
