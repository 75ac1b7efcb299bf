#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/app/segments_report.h"

namespace anchal::app {

/// The verbs of the `anchal` command, one function each; main.cpp reads the command line into these. Data
/// goes to stdout, everything else to stderr. All return an exit code (exit_codes.h).

/// Where a running engine is and how to speak to it.
struct ClientOptions {
  std::string url = "http://127.0.0.1:8600";
  std::string token_file;
  bool json = false;
};

int run_serve(const std::string& config_file);

int run_status(const ClientOptions& client);
int run_operators(const ClientOptions& client);
int run_pause(const ClientOptions& client, const std::string& operator_name, bool paused,
              const std::string& reason);
int run_trace(const ClientOptions& client, const std::string& tenant, const std::string& job,
              std::uint64_t index);
int run_audit_list(const ClientOptions& client, std::uint64_t limit);
/// Reads the whole chain and checks every link.
int run_audit_verify(const ClientOptions& client);

struct BlackoutOptions {
  std::string name, reason, reference;
  std::vector<std::string> categories, tenants, senders, places, operators;
  std::string starts_at, ends_at;                ///< RFC 3339
  std::string daily_from, daily_to, daily_zone;  ///< quiet hours
  std::vector<std::string> daily_days;
  std::string on_hold;
};
int run_blackout_list(const ClientOptions& client);
int run_blackout_add(const ClientOptions& client, const BlackoutOptions& blackout);
int run_blackout_preview(const ClientOptions& client, const BlackoutOptions& blackout);
int run_blackout_end(const ClientOptions& client, const std::string& id, const std::string& reason);
int run_blackout_extend(const ClientOptions& client, const std::string& id, const std::string& ends_at,
                        const std::string& reason);

int run_config_check(const std::string& file, bool json);
int run_config_show(const std::string& file, bool json);
/// The text of docs/configuration.md.
int run_config_reference();
int run_doctor(const std::string& config_file, bool json);

struct DeadOptions {
  std::string config_file;
  bool json = false;
  std::uint64_t limit = 100;
  std::string id;  ///< "partition/entry", as `dead list` prints it
};
int run_dead_list(const DeadOptions& options);
int run_dead_show(const DeadOptions& options);
/// Pushes the job into its stream again and removes the dead letter, in one step.
int run_dead_retry(const DeadOptions& options);
int run_dead_drop(const DeadOptions& options);

struct SegmentsOptions {
  std::string text;
  std::string file;         ///< instead of text; "-" is stdin
  std::string config_file;  ///< where question.operator_name is looked up
  SegmentsQuestion question;
  bool json = false;
};
int run_segments(const SegmentsOptions& options);

struct PduDecodeOptions {
  std::string hex;
  std::string config_file, operator_name;  ///< whose texts they are; none: with SMPP's own values
  bool strict = false;
  bool json = false;
};
int run_pdu_decode(const PduDecodeOptions& options);

}  // namespace anchal::app
