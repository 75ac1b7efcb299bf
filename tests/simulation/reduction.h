#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/plan.h"

namespace anchal::sim {

/// A world of a seed with less in it, as one line of text:
///
///     seed=4711 engines=1 partitions=1 recipients=1 jobs=3,17 faults=0,4 plain=operators,network
///
/// `jobs` and `faults` name those that are left, by their number in the plan of the seed. What is left does
/// what it did in the whole world, as far as chance is concerned.
struct Reduction {
  std::uint64_t seed = 1;
  unsigned engines = 0, shards = 0, partitions = 0, operators = 0;  ///< at most; 0: as the seed has it
  unsigned recipients = 0;                                          ///< of a job, at most
  std::optional<std::vector<unsigned>> jobs, faults;
  bool plain_operators = false;  ///< that behave, one bind each, no limits
  bool plain_network = false;    ///< no short writes, no split bytes
  bool plain_store = false;      ///< no spikes
  bool plain_limits = false;     ///< as shipped
  unsigned patience = 0;         ///< seconds for coming to rest

  Plan plan() const;
  std::string text() const;
  /// Nothing where the text is not one.
  static std::optional<Reduction> parse(std::string_view text);
};

}  // namespace anchal::sim
