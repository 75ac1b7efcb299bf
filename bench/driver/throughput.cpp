#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "bench/driver/commands.h"
#include "bench/driver/measure.h"
#include "engine/app/progress.h"
#include "engine/net/clock.h"

namespace anchal::bench {
namespace {

using app::grouped;

struct Figures {
  double per_second = 0;
  double engine_us = 0, redis_us = 0, smsc_us = 0;  ///< CPU per message
  double resident_mb = 0;                           ///< the (first) engine's largest
};

struct Columns {
  Series per_second, engine_us, redis_us, smsc_us, resident_mb;
  void add(const Figures& f) {
    per_second.add(f.per_second);
    engine_us.add(f.engine_us);
    redis_us.add(f.redis_us);
    smsc_us.add(f.smsc_us);
    resident_mb.add(f.resident_mb);
  }
};

/// Of a message, of all who take part.
double cpu_of(const Columns& columns) {
  return columns.engine_us.median() + columns.redis_us.median() + columns.smsc_us.median();
}

constexpr double kLeastShare = 0.90;  // of the speed without intents, by the clock and by CPU

/// The engines beside the trial's own: the same configuration under other names.
std::expected<std::vector<app::ChildProcess>, std::string> start_others(app::Trial& trial, unsigned count) {
  std::ifstream file(trial.config_file());
  const std::string config{std::istreambuf_iterator<char>(file), {}};
  const auto replaced = [](std::string text, std::string_view from, const std::string& to) {
    const std::size_t at = text.find(from);
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
  };
  std::vector<app::ChildProcess> others;
  for (unsigned number = 2; number < 2 + count; ++number) {
    std::string own = replaced(config, "id = \"bench\"", fmt::format("id = \"bench-{}\"", number));
    const std::size_t port = own.find("127.0.0.1:", own.find("[admin]")) + 10;
    own.replace(port, own.find('"', port) - port, std::to_string(app::free_port()));
    const std::string path = trial.directory().file(fmt::format("anchal-{}.toml", number));
    std::ofstream(path) << own;
    auto process =
        app::ChildProcess::start({trial.executable(), "serve", "--config", path},
                                 {trial.directory().file(fmt::format("engine-{}.log", number)), false, {}});
    if (!process) return std::unexpected(process.error());
    others.push_back(std::move(*process));
  }
  return others;
}

double cpu(const app::ChildProcess& process) {
  const auto usage = process.usage();
  return usage ? usage->cpu_seconds : 0;
}

/// Fills the streams, starts the engine and waits until every message is final.
std::expected<Figures, std::string> run_once(const ThroughputOptions& options, std::uint64_t messages,
                                             bool ledger) {
  auto alpha = make_operator(options.stage, "alpha", "");
  alpha.ledger = ledger;
  auto started = app::Trial::start(trial_options(options.stage, {alpha}));
  if (!started) return std::unexpected(started.error());
  app::Trial& trial = **started;
  if (options.stage.keep) trial.directory().keep();
  auto redis = trial.redis().connect();
  if (!redis) return std::unexpected(redis.error());
  const auto replica = add_replica(trial, options.stage);
  if (!replica) return std::unexpected(replica.error());

  Load load;
  load.messages = messages;
  load.per_job = options.per_job;
  load.templated = options.templated;
  load.partitions = options.stage.partitions;
  if (auto pushed = push(**redis, load); !pushed) return std::unexpected(pushed.error());

  const double redis_before = cpu(trial.redis().process());
  const double smsc_before = cpu(trial.smsc("alpha"));
  auto others = start_others(trial, options.engines - 1);
  if (!others) return std::unexpected(others.error());
  if (auto ready = trial.start_engine(); !ready) return std::unexpected(ready.error());

  // Waiting looks seldom, so as not to be measured; what counts is written down by the SMSC and by Redis
  // themselves.
  const TimePoint deadline = net::monotonic_now() + std::chrono::minutes(10);
  app::Progress progress;
  for (;;) {
    const auto status = trial.status();
    const TimePoint now = net::monotonic_now();
    if (!status) return std::unexpected(status.error());
    progress.show("sending", status->final, messages, now);
    if (status->final >= messages) break;
    if (now > deadline) return std::unexpected("not done after ten minutes: " + status->json);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  progress.clear();
  Figures figures;
  const auto count = static_cast<double>(messages);
  const auto engine = trial.engine().usage();
  if (!engine) return std::unexpected("the engine has ended");
  double engines_cpu = engine->cpu_seconds;
  for (app::ChildProcess& other : *others) {
    if (other.ended()) return std::unexpected("one of the engines has ended");
    engines_cpu += cpu(other);
  }
  figures.engine_us = engines_cpu * 1e6 / count;
  figures.redis_us = (cpu(trial.redis().process()) - redis_before) * 1e6 / count;
  figures.smsc_us = (cpu(trial.smsc("alpha")) - smsc_before) * 1e6 / count;
  figures.resident_mb = static_cast<double>(engine->peak_bytes) / 1e6;

  trial.stop_engine();
  for (app::ChildProcess& other : *others) other.stop(std::chrono::seconds(40));
  const auto outcomes = read_outcomes(**redis, load);
  if (!outcomes) return std::unexpected(outcomes.error());
  if (const std::string wrong = complaint(*outcomes, load); !wrong.empty()) return std::unexpected(wrong);
  const auto statistics = trial.statistics("alpha");
  if (!statistics) return std::unexpected(statistics.error());
  if ((*statistics)["accepted"] != messages) {
    return std::unexpected(
        fmt::format("{} messages, but the SMSC took {} parts", messages, (*statistics)["accepted"]));
  }
  const auto end_ms = last_outcome_ms(**redis, load);
  if (!end_ms) return std::unexpected(end_ms.error());
  const auto begin_us = static_cast<double>((*statistics)["first_accepted_us"]);
  figures.per_second = count / (static_cast<double>(*end_ms) / 1e3 - begin_us / 1e6);
  if (!ledger) return figures;
  trial.stop_smsc("alpha");
  const auto counted = count_ledger(trial.ledger("alpha"), load);
  if (!counted) return std::unexpected(counted.error());
  if (counted->numbers != messages || counted->repeated != 0 || counted->foreign != 0) {
    return std::unexpected(fmt::format("the ledger has {} of {} numbers, {} repeated, {} foreign",
                                       counted->numbers, messages, counted->repeated, counted->foreign));
  }
  return figures;
}

std::string name_of(const ThroughputOptions& options) {
  return fmt::format(
      "{} messages, {}{}{}", grouped(options.messages),
      options.per_job == 1 ? std::string("one a job") : fmt::format("{} a job", options.per_job),
      options.templated ? ", templated" : "",
      (options.stage.append_only ? ", AOF everysec" : "") +
          (options.engines == 1 ? std::string() : fmt::format(", {} engines", options.engines)));
}

void print(const std::string& what, const Columns& columns) {
  fmt::print(stderr,
             "{}\n  messages        {}\n  engine CPU      {}\n  Redis CPU       {}\n  simulator CPU   {}\n"
             "  engine memory   {}\n",
             what, describe(columns.per_second, "/s"), describe(columns.engine_us, " us a message", 2),
             describe(columns.redis_us, " us a message", 2), describe(columns.smsc_us, " us a message", 2),
             describe(columns.resident_mb, " MB"));
}

std::string json_of(const Columns& columns) {
  return fmt::format(
      R"("messages_per_second":{},"engine_us":{},"redis_us":{},"simulator_us":{},"engine_mb":{})",
      columns.per_second.json(), columns.engine_us.json(), columns.redis_us.json(), columns.smsc_us.json(),
      columns.resident_mb.json());
}

std::string json_head(const char* bench, const ThroughputOptions& options) {
  return fmt::format(
      R"("bench":"{}","machine":"{}","messages":{},"per_job":{},"templated":{},"aof":{},"shards":{},"engines":{})",
      bench, machine(), options.messages, options.per_job, options.templated, options.stage.append_only,
      options.stage.shards, options.engines);
}

/// A run with a ledger that proves the answers before any time is believed.
std::expected<void, std::string> prove(const ThroughputOptions& options) {
  const std::uint64_t few = std::min<std::uint64_t>(options.messages, 100'000);
  if (auto proven = run_once(options, few, true); !proven) return std::unexpected(proven.error());
  fmt::print(stderr, "each of {} messages once in the ledger, once delivered in the outcomes\n",
             grouped(few));
  return {};
}

}  // namespace

int run_throughput(const ThroughputOptions& options) {
  if (auto proven = prove(options); !proven) return failed(proven.error());
  Columns columns;
  for (unsigned run = 0; run < options.runs; ++run) {
    const auto figures = run_once(options, options.messages, false);
    if (!figures) return failed(figures.error());
    columns.add(*figures);
    fmt::print(stderr, "run {} of {}: {}/s\n", run + 1, options.runs,
               grouped(static_cast<std::uint64_t>(figures->per_second)));
  }
  print(name_of(options), columns);
  fmt::print("{{{},{}}}\n", json_head("throughput", options), json_of(columns));
  return 0;
}

int run_journal(const ThroughputOptions& options) {
  ThroughputOptions with = options, without = options;
  with.stage.journal_intents = true;
  without.stage.journal_intents = false;
  Columns on, off;
  for (unsigned run = 0; run < options.runs; ++run) {
    for (const bool intents : {true, false}) {
      const auto figures = run_once(intents ? with : without, options.messages, false);
      if (!figures) return failed(figures.error());
      (intents ? on : off).add(*figures);
    }
    fmt::print(stderr, "pair {} of {}\n", run + 1, options.runs);
  }
  print(name_of(options) + ", intents journalled", on);
  print(name_of(options) + ", intents not journalled", off);
  const double share = on.per_second.median() / off.per_second.median();
  const double cpu_share = cpu_of(off) / cpu_of(on);
  fmt::print(stderr, "with intents {:.1f} % of the speed without, {:.1f} % by CPU a message\n", share * 100,
             cpu_share * 100);
  fmt::print("{{{},\"share\":{:.4f},\"cpu_share\":{:.4f},\"on\":{{{}}},\"off\":{{{}}}}}\n",
             json_head("journal", options), share, cpu_share, json_of(on), json_of(off));
  if (std::min(share, cpu_share) < kLeastShare) {
    fmt::print(stderr, "below {:.0f} %\n", kLeastShare * 100);
    return 1;
  }
  return 0;
}

int run_replica(const ThroughputOptions& options) {
  ThroughputOptions asking = options, silent = options;
  if (!asking.stage.replica_wait_ms) asking.stage.replica_wait_ms = 10;
  silent.stage.replica_wait_ms = 0;
  Columns on, off;
  for (unsigned run = 0; run < options.runs; ++run) {
    for (const bool asks : {true, false}) {
      const auto figures = run_once(asks ? asking : silent, options.messages, false);
      if (!figures) return failed(figures.error());
      (asks ? on : off).add(*figures);
    }
    fmt::print(stderr, "pair {} of {}\n", run + 1, options.runs);
  }
  print(name_of(options) + fmt::format(", replica_wait_ms {}", *asking.stage.replica_wait_ms), on);
  print(name_of(options) + ", replica_wait_ms 0", off);
  const double share = on.per_second.median() / off.per_second.median();
  fmt::print(stderr, "{:.1f} % of the speed without\n", share * 100);
  fmt::print("{{{},\"share\":{:.4f},\"on\":{{{}}},\"off\":{{{}}}}}\n", json_head("replica", options), share,
             json_of(on), json_of(off));
  return 0;
}

}  // namespace anchal::bench
