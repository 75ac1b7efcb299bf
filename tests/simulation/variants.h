#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/variant.h"
#include "tests/simulation/world.h"

namespace anchal::sim {

/// A deliberate breakage of the core, and what the checker has to say of it.
struct Breakage {
  core::Variant variant{};
  std::string_view name;
  std::vector<std::string_view>
      laws;                 ///< one of these is violated, by its name; another alone does not count
  std::uint64_t seeds = 0;  ///< within so many, from seed 1; 0: no check sees it reliably yet
  bool repeatable = true;   ///< false: two runs of a seed differ, and that is what is looked for
};

/// All of them, in the order of core::Variant.
std::span<const Breakage> breakages();
const Breakage* breakage_named(std::string_view name);

/// What came of looking for a breakage.
struct Hunt {
  std::vector<std::uint64_t> caught;       ///< seeds
  std::uint64_t seeds = 0;                 ///< looked at
  std::map<std::string, unsigned> laws;    ///< seen in these seeds, "determinism" among them
  std::map<std::string, unsigned> others;  ///< seeds that broke only other laws, or do so without it too
};
/// Runs seeds 1, 2 … with the breakage switched on in this thread, until it was caught `times` times.
Hunt hunt(const Breakage& breakage, std::uint64_t seeds, unsigned times = 1);

/// The laws that a run of this seed breaks with the breakage, or none.
RunResult run_broken(core::Variant variant, std::uint64_t seed, std::size_t story, bool print);

}  // namespace anchal::sim
