#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace anchal::bench {

/// What a ledger says of a contract of `tps` parts per second.
struct RateUse {
  std::uint64_t parts = 0;
  std::uint64_t fullest = 0;  ///< parts in the fullest window of 1,000 ms
  double share = 0;           ///< of the contract that was used, first and last second left out
};

std::expected<RateUse, std::string> measure_rate(const std::string& ledger, unsigned tps);

}  // namespace anchal::bench
