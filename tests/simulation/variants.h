#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/variant.h"
#include "tests/simulation/world.h"

namespace anchal::sim {

/// Laws of the checker.
class LawSet {
 public:
  constexpr LawSet(std::initializer_list<Law> laws) {
    for (const Law law : laws) bits_ |= bit(law);
  }
  constexpr bool has(Law law) const { return (bits_ & bit(law)) != 0; }

 private:
  static constexpr std::uint32_t bit(Law law) { return std::uint32_t{1} << static_cast<unsigned>(law); }
  static_assert(kLaws <= 32);
  std::uint32_t bits_ = 0;
};

/// A deliberate breakage of the core, and what the checker has to say of it.
struct Breakage {
  core::Variant variant{};
  std::string_view name;
  LawSet laws;              ///< one of these is violated; another alone does not count
  std::uint64_t seeds = 0;  ///< within so many, from seed 1
  bool repeatable = true;   ///< false: two runs of a seed differ, and that is what is looked for
  /// The world in which it is looked for, where those of the plans seldom have what it takes.
  RunResult (*world)(std::uint64_t seed, std::size_t story, bool print) = nullptr;

  RunResult run(core::Variant variant, std::uint64_t seed, std::size_t story = 0, bool print = false) const;
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

}  // namespace anchal::sim
