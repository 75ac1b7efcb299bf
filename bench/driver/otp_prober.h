#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "bench/driver/measure.h"
#include "engine/app/send_redis.h"

namespace anchal::bench {

/// Pushes OTPs one by one at an even pace and finds each again in the simulator's ledger.
class OtpProber {
 public:
  static constexpr const char* kPrefix = "919899";  ///< of the numbers it sends to

  OtpProber(app::RedisPipe& redis, unsigned partitions) : redis_(redis), partitions_(partitions) {}

  std::expected<void, std::string> run(Duration duration, unsigned per_second);

  /// Milliseconds from the XADD's leaving to the line in the ledger, both by this machine's wall clock. An
  /// OTP that is missing or there twice is an error.
  [[nodiscard]] std::expected<Series, std::string> latencies(const std::string& ledger) const;

 private:
  app::RedisPipe& redis_;
  unsigned partitions_;
  std::vector<std::int64_t> sent_us_;
};

std::string describe_latency(const Series& milliseconds);
std::string json_of_latency(const Series& milliseconds);

}  // namespace anchal::bench
