#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "engine/app/send_redis.h"

namespace anchal::bench {

/// Messages to be pushed into job streams, each to a number of its own: first_number, first_number + 1, …
struct Load {
  std::string tenant = "bench", category = "service", lane = "service", sender = "BENCH";
  std::string stem = "b";  ///< of the job ids: stem-0, stem-1, …
  std::uint64_t messages = 0;
  unsigned per_job = 1;    ///< recipients; 1 writes "to" and "text" at the top
  bool templated = false;  ///< {name} and {amount} instead of one text for all
  unsigned parts = 1;      ///< of each message
  std::uint64_t first_number = 919'800'000'000;
  unsigned partitions = 8;
};

struct Loaded {
  std::uint64_t jobs = 0;
  std::uint64_t octets = 0;  ///< of the bodies
};

/// Pushes the load as fast as Redis takes it.
std::expected<Loaded, std::string> push(app::RedisPipe& redis, const Load& load);

/// The message number k of the load whose job is `job` and whose index is `index`.
std::uint64_t number_of(const Load& load, std::string_view job, std::uint64_t index);

}  // namespace anchal::bench
