#pragma once

#include <functional>
#include <optional>

#include "tests/simulation/reduction.h"
#include "tests/simulation/world.h"

namespace anchal::sim {

/// How a world with less in it fails: nothing where it keeps the law.
using Fails = std::function<bool(const Reduction&)>;

struct Shrunk {
  Reduction reduction;
  unsigned runs = 0;
};

/// Takes out of a failing world what it can do without, for as long as it still fails: engines, shards,
/// partitions, operators, faults and jobs (by halves first, as delta debugging does), recipients, whims.
/// `runs_at_most` bounds the time; what is left then is what is told.
Shrunk shrink(Reduction from, const Fails& fails, unsigned runs_at_most = 300);

/// Whether a run of it breaks this law.
Fails breaks(Law law);

/// What happened, as a person reads it: events above, the law that was broken below, and the command.
std::string story_of(const Reduction& reduction, std::string_view program, std::size_t lines_at_most = 120);

}  // namespace anchal::sim
