#pragma once

#include <map>
#include <string>

#include "engine/app/config.h"

namespace anchal::app {

/// Eight cores, host "host-a", files from a map.
inline Surroundings fake_surroundings(std::map<std::string, std::string> files = {}) {
  Surroundings surroundings;
  surroundings.host_name = "host-a";
  surroundings.cores = 8;
  surroundings.directory = "/etc/anchal";
  surroundings.read_file =
      [files = std::move(files)](const std::string& path) -> std::expected<std::string, std::string> {
    if (const auto found = files.find(path); found != files.end()) return found->second;
    return std::unexpected("cannot read " + path);
  };
  return surroundings;
}

/// The least that is a configuration; tests put their lines before or after it. Four lines.
inline constexpr std::string_view kLeast =
    "[[category]]\nname = \"otp\"\nlane = \"otp\"\n[[operator]]\nname = \"alpha\"\nhost = \"127.0.0.1\"\n"
    "tps = 100\nprefixes = [\"\"]\nbinds = 4\n";

}  // namespace anchal::app
