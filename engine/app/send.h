#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "engine/app/send_job.h"

namespace CLI {
class App;
}

namespace anchal::app {

/// What `anchal send` was told.
struct SendOptions {
  // Where to: the configuration file of the engine, or its Redis by hand.
  std::string config;
  std::string redis_url, redis_username, redis_password_file, redis_ca_file;
  unsigned partitions = 0;  ///< 0: as configured, else 8

  // What
  JobHeader header;
  std::string lane;  ///< empty: the category's, from the configuration
  std::string id;    ///< of the job, or the stem of the jobs' ids; empty: made up
  std::string to, ref, place;
  std::string csv, template_file;
  std::size_t batch = 100;  ///< recipients per job
  bool skip_invalid = false;

  // How
  bool json = false;
  bool dry_run = false;  ///< prints the jobs instead of pushing them
  bool follow = false;
  std::chrono::seconds timeout{0};  ///< of follow; 0: no limit
};

/// Pushes jobs into Redis as any hub would: one message, or a CSV file of them. All rows are checked before
/// the first job leaves. Returns an exit code of interface.md: 0 done, 1 refused or not delivered, 2 usage, 6
/// unreachable, 7 waited too long.
int run_send(const SendOptions& options);

/// Adds the subcommand `send`; parsing runs it and leaves its result in `exit_code`.
void add_send_command(CLI::App& app, int& exit_code);

}  // namespace anchal::app
