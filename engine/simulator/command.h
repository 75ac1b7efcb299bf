#pragma once

#include <cstdint>
#include <string>

#include "engine/simulator/behaviour.h"
#include "engine/simulator/server.h"

namespace CLI {
class App;
}

namespace anchal::simulator {

/// Everything `anchal smsc` can be told.
struct CommandOptions {
  ServerOptions server;
  Identity identity;
  Behaviour behaviour;
  std::string ledger;         ///< file; empty: none
  std::string ledger_prefix;  ///< only parts to numbers that begin so
  Duration late_above{0};     ///< says so when it may have read parts later than this; 0: never
  std::string tls_cert;       ///< PEM; both or neither
  std::string tls_key;
  std::string tls_ca;  ///< clients must have a certificate it signed
};

/// Adds the subcommand `smsc`. When the user has chosen it, parsing runs the simulator until SIGINT or
/// SIGTERM and leaves 0 or 1 in `exit_code`.
void add_smsc_command(CLI::App& app, int& exit_code);

/// Listens, prints the port as one line on stdout, serves. SIGUSR1 prints the statistics as a JSON line, and
/// so does the end. Returns the exit code: 0 after a signal, 1 when it could not start or the ledger could
/// not be written.
int run_smsc(CommandOptions options);

}  // namespace anchal::simulator
