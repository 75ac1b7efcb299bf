#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/app/redis_address.h"
#include "engine/core/config.h"
#include "engine/net/tls_context.h"

namespace anchal::app {

/// How to reach an operator's SMSC; what the core need not know of `[[operator]]`.
struct OperatorLink {
  std::string host;
  std::uint16_t port = 2775;
  bool tls = false;
  net::TlsSettings tls_settings;
  std::string password_file;
};

/// One `[[operator]]` table as it is read; afterwards its halves live in AppConfig::core.operators and
/// AppConfig::links under the same index.
struct OperatorSettings {
  OperatorSettings() { core.prefixes = {""}; }  // who does not say serves every number
  OperatorSettings(core::OperatorConfig settings, OperatorLink where)
      : core(std::move(settings)), link(std::move(where)) {}
  core::OperatorConfig core;
  OperatorLink link;
};

struct RedisSettings {
  std::string url = "redis://127.0.0.1:6379/0";
  std::string username;
  std::string password_file;
  std::string password;  ///< from the file or the URL
  std::string sentinel_username;
  std::string sentinel_password_file;
  std::string sentinel_password;  ///< from the file
  net::TlsSettings tls;
  RedisAddress address;  ///< the URL taken apart, with the usernames and passwords above
};

struct AdminSettings {
  std::string listen = "127.0.0.1:8600";
  std::string host = "127.0.0.1";  ///< of listen
  std::uint16_t port = 8600;       ///< of listen; 0 lets the kernel choose
  std::string tokens_file;
  unsigned connections_max = 128;
};

enum class LogLevel : std::uint8_t { debug, info, warning, error };
enum class LogFormat : std::uint8_t { text, json };

struct LogSettings {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
};

/// The configuration file, parsed once and checked. Immutable afterwards.
struct AppConfig {
  core::Config core;
  unsigned shards = 0;    ///< 0 only before the defaults are filled in
  std::string state_dir;  ///< see state_directory() and in_hand_directory()
  Duration stall = std::chrono::seconds(10);
  RedisSettings redis;
  AdminSettings admin;
  Duration policy_lease = std::chrono::milliseconds(1000);
  LogSettings log;
  std::vector<OperatorLink> links;  ///< in the order of core.operators
};

/// Something to be put right (or to be warned of) in the file. Lines and columns count from 1; 0 means the
/// file as a whole.
struct Mistake {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string message;  ///< what is wrong and what to do; holds no secret

  /// "file:line:column: message".
  std::string text(std::string_view file) const;
};

/// What the configuration takes from its surroundings; tests give their own.
struct Surroundings {
  std::string host_name;
  unsigned cores = 1;
  std::string directory;  ///< of the configuration file; relative paths in it start here
  /// Contents of a secret's file; the error says why it cannot be read.
  std::function<std::expected<std::string, std::string>(const std::string& path)> read_file;
};

/// The machine we run on.
Surroundings real_surroundings(const std::string& directory);

struct ConfigResult {
  std::optional<AppConfig> config;  ///< absent when there are mistakes
  std::vector<Mistake> mistakes;    ///< one syntax error, or all others in the order of the file
  std::vector<Mistake> warnings;
};

/// TOML to AppConfig: every key known (settings.h), every value in its bounds, every rule between settings
/// kept. Never throws.
ConfigResult parse_config(std::string_view toml, const Surroundings& surroundings);

/// parse_config() of a file; a file that cannot be read is one mistake without a line. Without secrets the
/// files that hold them are not opened, and each is taken to be there: for who only looks at the rest.
ConfigResult load_config(const std::string& path, bool with_secrets = true);

}  // namespace anchal::app
