#include <CLI/CLI.hpp>
#include <memory>

#include "engine/app/demo.h"

namespace anchal::app {

void add_demo_command(CLI::App& app, int& exit_code) {
  CLI::App* demo =
      app.add_subcommand("demo", "show the whole path on this machine: Redis, operators, a campaign");
  auto options = std::make_shared<DemoOptions>();
  demo->add_option("--messages", options->messages, "how many")->capture_default_str();
  demo->add_option("--data", options->data, "directory of recipients.csv and templates/")->type_name("DIR");
  demo->add_flag("--keep", options->keep, "leave everything running until Ctrl-C");
  demo->add_flag("--json", options->json, "the balance as JSON");
  demo->callback([options, &exit_code] { exit_code = run_demo(*options); });
}

}  // namespace anchal::app
