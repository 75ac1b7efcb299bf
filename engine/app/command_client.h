#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "engine/app/commands.h"

namespace anchal::app {

/// The answer of an engine to a verb: the body, or an exit code after the problem was told on stderr.
struct EngineAnswer {
  int exit_code = 0;
  std::string body;
  bool ok() const { return exit_code == 0; }
};

EngineAnswer ask_engine(const ClientOptions& client, std::string_view method, const std::string& path,
                        const std::string& body = {});

/// The exit code that stands for an HTTP status.
int exit_code_of(unsigned status);

void print(std::string_view text);        // stdout
void print_error(std::string_view text);  // stderr, "anchal: text"

}  // namespace anchal::app
