#include "bench/driver/stage.h"

#include <fmt/core.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <thread>

#include "engine/app/send_outcomes.h"
#include "engine/simulator/ledger_reader.h"

namespace anchal::bench {

std::string engine_config(const StageOptions& options) {
  std::string config = fmt::format("[engine]\nid = \"bench\"\nshards = {}\n", options.shards);
  if (!options.journal_intents) config += "journal_intents = false\n";
  config += options.engine_lines;
  config += R"(
[log]
level = "warning"

[[category]]
name = "otp"
lane = "otp"
exempt = true

[[category]]
name = "service"
lane = "service"

[[category]]
name = "promotional"
lane = "bulk"
)";
  return config;
}

app::TrialOperator make_operator(const StageOptions& options, const std::string& name,
                                 const std::string& prefix, const std::vector<std::string>& more) {
  app::TrialOperator one;
  one.name = name;
  one.smsc = {"--receipt-delay", std::to_string(options.receipt_delay_ms), "--receipt-window", "5000"};
  if (options.response_delay_ms > 0)
    one.smsc.insert(one.smsc.end(), {"--response-delay", std::to_string(options.response_delay_ms)});
  one.settings = {fmt::format("prefixes = [\"{}\"]", prefix), fmt::format("binds = {}", options.binds),
                  fmt::format("window = {}", options.window), "system_id = \"bench\""};
  one.settings.insert(one.settings.end(), more.begin(), more.end());
  return one;
}

app::TrialOptions trial_options(const StageOptions& options, std::vector<app::TrialOperator> operators) {
  app::TrialOptions trial;
  trial.executable = options.executable;
  trial.config = engine_config(options);
  trial.operators = std::move(operators);
  trial.partitions = options.partitions;
  trial.redis.append_only = options.append_only;
  if (options.replica_wait_ms) {
    trial.redis.more = {"--port",    std::to_string(app::free_port()), "--bind",
                        "127.0.0.1", "--repl-diskless-sync-delay",     "0"};
    trial.redis_settings = {fmt::format("replica_wait_ms = {}", *options.replica_wait_ms)};
  }
  return trial;
}

std::expected<std::optional<app::PrivateRedis>, std::string> add_replica(app::Trial& trial,
                                                                         const StageOptions& options) {
  if (!options.replica_wait_ms) return std::nullopt;
  auto redis = trial.redis().connect();
  if (!redis) return std::unexpected(redis.error());
  std::string port, replication;
  const auto text_into = [](std::string& text) {
    return [&text](const redisReply& reply) {
      const redisReply& last = reply.elements > 0 ? *reply.element[reply.elements - 1] : reply;
      if (last.str != nullptr) text.assign(last.str, last.len);
    };
  };
  if (auto asked = (*redis)->ask({"CONFIG", "GET", "port"}, text_into(port)); !asked)
    return std::unexpected(asked.error());
  const std::string directory = trial.directory().file("replica");
  std::filesystem::create_directory(directory);
  auto replica = app::PrivateRedis::start(directory, {.more = {"--replicaof", "127.0.0.1", port}});
  if (!replica) return std::unexpected(replica.error());
  for (int tries = 0; tries < 400; ++tries) {
    if (auto asked = (*redis)->ask({"INFO", "replication"}, text_into(replication)); !asked)
      return std::unexpected(asked.error());
    if (replication.find("state=online") != std::string::npos) return std::move(*replica);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return std::unexpected("the replica does not follow");
}

std::expected<Outcomes, std::string> read_outcomes(app::RedisPipe& redis, const Load& load) {
  Outcomes outcomes;
  std::vector<bool> seen(load.messages);
  const std::string stem = load.stem + "-";
  app::OutcomeReader reader(redis, load.tenant, load.partitions);
  for (;;) {
    auto read = reader.read([&](const app::OutcomeLine& line) {
      if (!line.final) return;
      const std::uint64_t k = number_of(load, line.job, line.index);
      if (!line.job.starts_with(stem) || line.whole_job || k >= load.messages) {
        ++outcomes.foreign;
      } else if (seen[k]) {
        ++outcomes.repeated;
      } else {
        seen[k] = true;
        ++outcomes.messages;
        ++outcomes.states[std::string(line.state)];
      }
    });
    if (!read) return std::unexpected(read.error());
    if (*read == 0) return outcomes;
  }
}

std::expected<std::int64_t, std::string> last_outcome_ms(app::RedisPipe& redis, const Load& load) {
  std::int64_t last = 0;
  for (unsigned partition = 0; partition < load.partitions; ++partition) {
    const std::string key = fmt::format("anchal:{{{}}}:outcomes:{}", partition, load.tenant);
    auto asked = redis.ask({"XREVRANGE", key, "+", "-", "COUNT", "1"}, [&](const redisReply& reply) {
      if (reply.type != REDIS_REPLY_ARRAY || reply.elements == 0) return;
      const redisReply& id = *reply.element[0]->element[0];
      std::int64_t ms = 0;
      std::from_chars(id.str, id.str + id.len, ms);
      last = std::max(last, ms);
    });
    if (!asked) return std::unexpected(asked.error());
  }
  return last;
}

std::string complaint(const Outcomes& outcomes, const Load& load) {
  const auto delivered = outcomes.states.find("delivered");
  const std::uint64_t good = delivered == outcomes.states.end() ? 0 : delivered->second;
  if (good == load.messages && outcomes.repeated == 0 && outcomes.foreign == 0) return {};
  std::string states;
  for (const auto& [state, count] : outcomes.states) states += fmt::format(", {} {}", count, state);
  return fmt::format("of {} messages {} have a final outcome{}; {} repeated, {} foreign", load.messages,
                     outcomes.messages, states, outcomes.repeated, outcomes.foreign);
}

std::expected<LedgerCount, std::string> count_ledger(const std::string& path, const Load& load) {
  LedgerCount count;
  std::vector<std::uint8_t> seen(load.messages);
  simulator::LedgerReader reader(path);
  auto read = reader.read([&](const simulator::LedgerLine& line) {
    ++count.parts;
    std::uint64_t number = 0;
    std::from_chars(line.to.data(), line.to.data() + line.to.size(), number);
    if (number < load.first_number || number - load.first_number >= load.messages) {
      ++count.foreign;
      return;
    }
    std::uint8_t& parts = seen[number - load.first_number];
    if (parts == 0) ++count.numbers;
    if (parts >= load.parts) ++count.repeated;
    if (parts < 255) ++parts;
  });
  if (!read) return std::unexpected(read.error());
  return count;
}

int failed(const std::string& what) {
  fmt::print(stderr, "anchal_bench: {}\n", what);
  return 1;
}

}  // namespace anchal::bench
