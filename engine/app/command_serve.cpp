#include <fmt/format.h>
#include <signal.h>

#include "engine/app/commands.h"
#include "engine/app/engine.h"
#include "engine/app/exit_codes.h"

namespace anchal::app {

int run_serve(const std::string& config_file) {
  // Before any thread is made: the main thread alone takes them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ConfigResult result = load_config(config_file);
  for (const Mistake& mistake : result.mistakes) fmt::print(stderr, "{}\n", mistake.text(config_file));
  for (const Mistake& warning : result.warnings) {
    fmt::print(stderr, "{}\n",
               Mistake{warning.line, warning.column, "warning: " + warning.message}.text(config_file));
  }
  if (!result.config) return serve_exit::configuration;
  return Engine(std::move(*result.config)).run();
}

}  // namespace anchal::app
