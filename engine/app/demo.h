#pragma once

#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace anchal::app {

struct DemoOptions {
  std::uint64_t messages = 200'000;
  bool keep = false;       ///< leaves everything running behind the balance, until Ctrl-C
  bool json = false;       ///< the balance as JSON on stdout
  std::string data;        ///< recipients.csv and templates/; empty: found from where the binary stands
  std::string executable;  ///< `anchal`; empty: the program that is running
};

/// Shows the whole on this machine: a private Redis, three simulated operators (one fast, one throttling, one
/// flaky with late receipts), the engine, a campaign from a CSV file, a blackout of one category on the way
/// through, and a closing balance. Everything it starts and writes is gone when it returns, also after
/// Ctrl-C. 0 only if the balance is right.
int run_demo(const DemoOptions& options);

/// Adds the subcommand `demo`; parsing runs it and leaves its result in `exit_code`.
void add_demo_command(CLI::App& app, int& exit_code);

}  // namespace anchal::app
