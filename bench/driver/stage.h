#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/driver/load.h"
#include "engine/app/trial.h"

namespace anchal::bench {

/// What every measurement of the whole has in common.
struct StageOptions {
  std::string executable;  ///< the `anchal` to be measured
  unsigned shards = 2;     ///< of an engine that shares two cores with Redis and the SMSC
  unsigned partitions = 8;
  unsigned binds = 2;
  unsigned window = 1000;
  unsigned receipt_delay_ms = 100;
  unsigned response_delay_ms = 0;
  bool append_only = false;
  bool journal_intents = true;
  bool keep = false;                        ///< leaves logs and ledgers where they are, and says where
  std::string engine_lines;                 ///< further lines of [engine]
  std::optional<unsigned> replica_wait_ms;  ///< Redis has a replica, and intents wait so long for it
};

/// The [engine] and [[category]] tables of a measurement: otp, service, promotional.
std::string engine_config(const StageOptions& options);

/// An operator of the stage; `more` are further lines of its table.
app::TrialOperator make_operator(const StageOptions& options, const std::string& name,
                                 const std::string& prefix, const std::vector<std::string>& more = {});

app::TrialOptions trial_options(const StageOptions& options, std::vector<app::TrialOperator> operators);

/// A redis-server that follows the trial's own, if the options want one; returns once it has the data.
std::expected<std::optional<app::PrivateRedis>, std::string> add_replica(app::Trial& trial,
                                                                         const StageOptions& options);

/// What the outcomes streams say of a load: the first final line of each message counts.
struct Outcomes {
  std::map<std::string, std::uint64_t> states;
  std::uint64_t messages = 0;  ///< with a final outcome
  std::uint64_t repeated = 0;  ///< further final lines of the same message
  std::uint64_t foreign = 0;   ///< final lines of no message of the load
};
std::expected<Outcomes, std::string> read_outcomes(app::RedisPipe& redis, const Load& load);

/// When Redis took the youngest outcome of the tenant, by its stream id: milliseconds of the wall clock.
std::expected<std::int64_t, std::string> last_outcome_ms(app::RedisPipe& redis, const Load& load);

/// Nothing when every message was delivered once and said so; else what is wrong.
std::string complaint(const Outcomes& outcomes, const Load& load);

/// How often each number of the load stands in a ledger.
struct LedgerCount {
  std::uint64_t parts = 0;
  std::uint64_t numbers = 0;   ///< different ones
  std::uint64_t repeated = 0;  ///< parts beyond `parts` of the load for a number
  std::uint64_t foreign = 0;
};
std::expected<LedgerCount, std::string> count_ledger(const std::string& path, const Load& load);

/// Prints to stderr and returns 1.
int failed(const std::string& what);

}  // namespace anchal::bench
