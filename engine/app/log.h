#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/app/config.h"

namespace anchal::app {

/// What a person should know, one line each on stderr: text, or JSON objects {at, level, engine, part, text}.
/// Never a full number, a text, a password or a token (law 7). Any thread.
class Log {
 public:
  Log(const LogSettings& settings, std::string engine_id);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// `part` says who speaks: "engine", "shard 0", "policy", "admin".
  void write(LogLevel level, std::string_view part, std::string_view text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anchal::app
