// The end-to-end benches: real Redis, real engine, simulated SMSCs on this machine. See bench/README.md.
#include <CLI/CLI.hpp>
#include <string>

#include "bench/driver/commands.h"

namespace {

using namespace anchal::bench;

void add_stage(CLI::App& app, StageOptions& stage, const std::string& executable) {
  stage.executable = executable;
  app.add_option("--anchal", stage.executable, "the binary to measure")->capture_default_str();
  app.add_option("--shards", stage.shards, "event loops of the engine")->capture_default_str();
  app.add_option("--partitions", stage.partitions, "slices of the keyspace")->capture_default_str();
  app.add_option("--binds", stage.binds, "binds per operator")->capture_default_str();
  app.add_option("--window", stage.window, "unanswered submits per bind")->capture_default_str();
  app.add_option("--receipt-delay", stage.receipt_delay_ms, "ms from response to receipt")
      ->capture_default_str();
  app.add_option("--response-delay", stage.response_delay_ms, "ms from submit to response")
      ->capture_default_str();
  app.add_option("--replica-wait", stage.replica_wait_ms, "Redis has a replica, and replica_wait_ms is this");
  app.add_flag("--aof", stage.append_only, "Redis with its append-only file, everysec");
  app.add_flag("--keep", stage.keep, "leave the temporary directory");
}

void add_throughput(CLI::App& app, ThroughputOptions& options) {
  app.add_option("--messages", options.messages, "per run")->capture_default_str();
  app.add_option("--per-job", options.per_job, "recipients per job")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_flag("--template", options.templated, "a template with two variables instead of one text");
  app.add_option("--runs", options.runs, "repetitions")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--engines", options.engines, "processes on one Redis, each with binds of its own")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("End-to-end benches of Anchal");
  app.require_subcommand(1);
  std::string executable = argv[0];
  executable = executable.substr(0, executable.rfind('/') + 1) + "../anchal";
  int exit_code = 0;

  ThroughputOptions throughput, journal, replica;
  CLI::App* command = app.add_subcommand("throughput", "messages/s and CPU per message");
  add_stage(*command, throughput.stage, executable);
  add_throughput(*command, throughput);
  command->callback([&] { exit_code = run_throughput(throughput); });

  command = app.add_subcommand("journal", "what the journal of intents costs: on and off in turn");
  add_stage(*command, journal.stage, executable);
  add_throughput(*command, journal);
  command->callback([&] { exit_code = run_journal(journal); });

  command = app.add_subcommand("replica", "what waiting for a replica costs: on and off in turn");
  add_stage(*command, replica.stage, executable);
  add_throughput(*command, replica);
  command->callback([&] { exit_code = run_replica(replica); });

  OtpOptions otp;
  command = app.add_subcommand("otp", "latency of OTPs while bulk saturates the engine");
  add_stage(*command, otp.stage, executable);
  command->add_option("--bulk", otp.bulk, "bulk messages waiting; 0: nothing else is sent")
      ->capture_default_str();
  command->add_flag("!--no-intents", otp.stage.journal_intents, "write without journalling the intent first");
  command->add_option("--seconds", otp.seconds, "how long")->capture_default_str();
  command->add_option("--per-second", otp.per_second, "OTPs")->capture_default_str();
  command->callback([&] { exit_code = run_otp(otp); });

  IsolationOptions isolation;
  command = app.add_subcommand("isolation", "a dead and a slow operator beside a healthy one; memory");
  add_stage(*command, isolation.stage, executable);
  command->add_option("--waiting", isolation.waiting, "messages for the dead one")->capture_default_str();
  command->add_option("--tps", isolation.tps, "contract of the healthy one")->capture_default_str();
  command->add_option("--seconds", isolation.seconds, "how long")->capture_default_str();
  command->callback([&] { exit_code = run_isolation(isolation); });

  RateOptions rate;
  command = app.add_subcommand("rate", "contract rate: never exceeded, and used");
  add_stage(*command, rate.stage, executable);
  command->add_option("--tps", rate.tps, "contract")->capture_default_str();
  command->add_option("--seconds", rate.seconds, "how long")->capture_default_str();
  command->callback([&] { exit_code = run_rate(rate); });

  BlackoutOptions blackout;
  command = app.add_subcommand("blackout", "API call to EFFECTIVE, and nothing in scope behind it");
  add_stage(*command, blackout.stage, executable);
  command->add_option("--rounds", blackout.rounds, "blackouts")->capture_default_str();
  command->add_option("--tps", blackout.tps, "contract")->capture_default_str();
  command->callback([&] { exit_code = run_blackout(blackout); });

  SmscOptions smsc;
  smsc.executable = executable;
  command = app.add_subcommand("smsc", "the simulator alone");
  command->add_option("--anchal", smsc.executable, "the binary to measure")->capture_default_str();
  command->add_option("--messages", smsc.messages, "per run")->capture_default_str();
  command->add_option("--binds", smsc.binds, "connections")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--window", smsc.window, "unanswered submits per bind")->capture_default_str();
  command->add_option("--runs", smsc.runs, "repetitions")->check(CLI::PositiveNumber)->capture_default_str();
  command->callback([&] { exit_code = run_smsc_bench(smsc); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  return exit_code;
}
