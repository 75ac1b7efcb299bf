#pragma once

#include <cstdint>

#include "bench/driver/stage.h"

namespace anchal::bench {

/// The measurements, one each. All print what they found for people on stderr and as one JSON line on stdout,
/// and return 0 only when what was sent was right.

struct ThroughputOptions {
  StageOptions stage;
  std::uint64_t messages = 1'000'000;
  unsigned per_job = 1;
  bool templated = false;
  unsigned runs = 5;
  unsigned engines = 1;  ///< processes on one Redis and one SMSC, each with binds of its own
};
/// Messages per second from the first part written to the last final outcome, job streams filled beforehand;
/// CPU of engine, Redis and simulator per message. A shorter run with a ledger proves first that each message
/// goes out once.
int run_throughput(const ThroughputOptions& options);

/// run_throughput() with the journal's intents on and off in turn.
int run_journal(const ThroughputOptions& options);

/// run_throughput() with a replica that intents wait for, and one that they do not wait for, in turn.
int run_replica(const ThroughputOptions& options);

struct OtpOptions {
  StageOptions stage;
  std::uint64_t bulk = 4'000'000;
  unsigned seconds = 15;
  unsigned per_second = 50;
};
/// From an OTP's XADD to its submit_sm at the SMSC, while bulk keeps the engine as busy as it can be.
int run_otp(const OtpOptions& options);

struct IsolationOptions {
  StageOptions stage;
  std::uint64_t waiting = 1'000'000;
  unsigned tps = 2000;
  unsigned seconds = 20;
};
/// One operator dead with `waiting` messages for it, one that takes 10 a second, one healthy: the healthy
/// one's share of its contract, its OTPs' latency, and the engine's memory.
int run_isolation(const IsolationOptions& options);

struct RateOptions {
  StageOptions stage;
  unsigned tps = 500;
  unsigned seconds = 20;
};
/// The contract rate in the simulator's ledger: the fullest window of 1,000 ms, and how much of it was used.
int run_rate(const RateOptions& options);

struct BlackoutOptions {
  StageOptions stage;
  unsigned rounds = 50;
  unsigned tps = 5000;
};
/// From the API call to EFFECTIVE under load, and that nothing in scope reached the ledger in between.
int run_blackout(const BlackoutOptions& options);

struct SmscOptions {
  std::string executable;
  std::uint64_t messages = 1'000'000;
  unsigned binds = 2;
  unsigned window = 1000;
  unsigned runs = 5;
};
/// The simulator alone against an ESME that does nothing else: it must not be what the others measure.
int run_smsc_bench(const SmscOptions& options);

}  // namespace anchal::bench
