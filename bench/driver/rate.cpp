#include <fmt/core.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "bench/driver/commands.h"
#include "bench/driver/measure.h"
#include "bench/driver/rate_use.h"
#include "engine/simulator/ledger_reader.h"

namespace anchal::bench {

std::expected<RateUse, std::string> measure_rate(const std::string& ledger, unsigned tps) {
  std::vector<std::int64_t> times;
  simulator::LedgerReader reader(ledger);
  auto read = reader.read([&](const simulator::LedgerLine& line) { times.push_back(line.t_us); });
  if (!read) return std::unexpected(read.error());
  if (times.empty()) return std::unexpected("the ledger is empty");
  std::sort(times.begin(), times.end());
  RateUse use;
  use.parts = times.size();
  use.fullest = simulator::fullest_window(times);
  const std::int64_t from = times.front() + 1'000'000, to = times.back() - 1'000'000;
  if (to <= from) return std::unexpected("too short to tell a rate");
  const auto inside =
      std::lower_bound(times.begin(), times.end(), to) - std::lower_bound(times.begin(), times.end(), from);
  use.share = static_cast<double>(inside) / (static_cast<double>(to - from) / 1e6 * tps);
  return use;
}

int run_rate(const RateOptions& options) {
  auto alpha = make_operator(options.stage, "alpha", "", {fmt::format("tps = {}", options.tps)});
  alpha.ledger = alpha.punctual = true;
  auto started = app::Trial::start(trial_options(options.stage, {alpha}));
  if (!started) return failed(started.error());
  app::Trial& trial = **started;
  if (options.stage.keep) trial.directory().keep();
  auto redis = trial.redis().connect();
  if (!redis) return failed(redis.error());

  // More work than fits, messages of one and of three parts in turn.
  for (unsigned slice = 0; slice < 20; ++slice) {
    for (const unsigned parts : {1U, 3U}) {
      Load load;
      load.stem = fmt::format("r{}p{}", slice, parts);
      load.parts = parts;
      load.messages = std::uint64_t{options.tps} * (options.seconds + 5) / 20 / 2;
      load.partitions = options.stage.partitions;
      if (auto pushed = push(**redis, load); !pushed) return failed(pushed.error());
    }
  }
  if (auto ready = trial.start_engine(); !ready) return failed(ready.error());
  std::this_thread::sleep_for(std::chrono::seconds(options.seconds));
  trial.engine().signal(9);  // what waits may wait: only the ledger counts
  trial.stop_smsc("alpha");

  const auto use = measure_rate(trial.ledger("alpha"), options.tps);
  if (!use) return failed(use.error());
  fmt::print(stderr, "contract of {} parts/s: fullest window of 1,000 ms {}, {:.2f} % used ({} parts)\n",
             options.tps, use->fullest, use->share * 100, use->parts);
  fmt::print(R"({{"bench":"rate","machine":"{}","tps":{},"fullest":{},"share":{:.4f},"parts":{}}})"
             "\n",
             machine(), options.tps, use->fullest, use->share, use->parts);
  if (use->fullest > options.tps) return failed("the contract rate was exceeded");
  return use->share >= 0.99 ? 0 : failed("less than 99 % of the contract was used");
}

}  // namespace anchal::bench
