#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/child_process.h"
#include "engine/app/private_redis.h"
#include "engine/app/scratch_directory.h"

namespace anchal::app {

/// An operator of a trial: a simulator of its own and the engine's settings for it.
struct TrialOperator {
  std::string name;
  std::vector<std::string> smsc;      ///< further words of `anchal smsc`
  std::vector<std::string> settings;  ///< further lines of its [[operator]] table
  bool ledger = false;
  bool reachable = true;  ///< false: nobody listens on its port
  bool punctual =
      false;  ///< its clock is the measure: ahead of everybody else on the processor, where we may
};

struct TrialOptions {
  std::string executable;  ///< `anchal`; empty: the program that is running
  std::string
      config;  ///< TOML of everything but redis, admin listener and operators: [engine], [[category]] …
  std::vector<TrialOperator> operators;
  unsigned partitions = 8;
  PrivateRedis::Options redis;
  std::vector<std::string> redis_settings = {};  ///< further lines of [redis]
};

/// The statistics of a simulator (`anchal smsc`, SIGUSR1) by name.
struct SmscStatistics {
  std::string json;
  [[nodiscard]] std::uint64_t operator[](std::string_view name) const;
};

/// GET /api/v1/status, as far as tools look at it.
struct EngineStatus {
  std::string json;
  std::uint64_t accepted = 0, final = 0, waiting = 0;
  std::int64_t difference = 0;
  [[nodiscard]] std::uint64_t final_in(std::string_view state) const;
  [[nodiscard]] std::uint64_t waiting_in(std::string_view place) const;
};

/// Everything a message meets, on this machine and for a while: a private Redis, a simulator per operator,
/// and the real engine between them, all as children that end with this object. For the demo, the benches and
/// the tests of the whole. Blocking; one thread.
class Trial {
 public:
  /// Starts Redis and the simulators and writes the engine's configuration; the engine starts when told.
  static std::expected<std::unique_ptr<Trial>, std::string> start(const TrialOptions& options);
  ~Trial();

  /// Starts `anchal serve` and waits until it is ready (or, with `wait` 0, does not).
  std::expected<void, std::string> start_engine(std::chrono::seconds wait = std::chrono::seconds(20));
  /// SIGTERM and its drain. The exit code.
  std::optional<int> stop_engine(std::chrono::seconds patience = std::chrono::seconds(40));

  ChildProcess& engine() { return engine_; }
  ChildProcess& smsc(std::string_view operator_name);
  PrivateRedis& redis() { return *redis_; }
  [[nodiscard]] std::string ledger(std::string_view operator_name) const;
  [[nodiscard]] const std::string& config_file() const { return config_file_; }
  [[nodiscard]] const std::string& executable() const { return options_.executable; }
  [[nodiscard]] const std::string& engine_log() const { return engine_log_; }
  [[nodiscard]] std::string admin_url() const { return "http://127.0.0.1:" + std::to_string(admin_port_); }
  [[nodiscard]] unsigned partitions() const { return options_.partitions; }
  ScratchDirectory& directory() { return directory_; }

  std::expected<SmscStatistics, std::string> statistics(std::string_view operator_name);
  /// Ends the simulator of an operator, or starts it again on its port.
  void stop_smsc(std::string_view operator_name);
  std::expected<void, std::string> start_smsc(std::string_view operator_name);

  /// One request to the engine's HTTP API. The error is anything but a 2xx answer.
  std::expected<std::string, std::string> api(std::string_view method, std::string_view target,
                                              std::string_view body = {}) const;
  std::expected<EngineStatus, std::string> status() const;

 private:
  struct Operator {
    TrialOperator options;
    ChildProcess process;
    std::uint16_t port = 0;
  };

  explicit Trial(const TrialOptions& options);
  std::expected<void, std::string> launch();
  std::expected<void, std::string> launch_smsc(Operator& one);
  std::expected<void, std::string> write_config();
  Operator& find(std::string_view name);

  TrialOptions options_;
  ScratchDirectory directory_;
  std::optional<PrivateRedis> redis_;
  std::vector<Operator> operators_;
  ChildProcess engine_;
  std::string config_file_, engine_log_;
  std::uint16_t admin_port_ = 0;
};

/// A TCP port of the loopback that was free a moment ago.
std::uint16_t free_port();

}  // namespace anchal::app
