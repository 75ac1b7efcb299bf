#pragma once

#include <cstdint>

namespace anchal::throttle {

/// How many parts may leave in one window: the contract of an operator, or this engine's share of it.
/// A rational number, so that shares are exact: `parts` parts in `windows` windows. Three special forms:
/// unlimited (contract 0 of the configuration), none (a share of nothing), and less than one part per window,
/// which means one part every windows/parts windows.
struct Rate {
  std::uint32_t parts = 0;
  std::uint32_t windows = 1;  ///< never 0
  bool is_unlimited = false;

  static constexpr Rate unlimited() { return {0, 1, true}; }
  static constexpr Rate none() { return {0, 1, false}; }
  /// The contract as the configuration spells it: parts per second, 0 = unlimited.
  static constexpr Rate contract(std::uint32_t tps) { return tps == 0 ? unlimited() : Rate{tps, 1, false}; }
  /// floor(tps * owned / of): what an engine that owns `owned` of `of` partitions may send (design.md §7).
  static constexpr Rate share(std::uint32_t tps, std::uint32_t owned, std::uint32_t of) {
    if (tps == 0) return owned == 0 ? none() : unlimited();
    if (of == 0 || owned >= of) return {of == 0 ? 0 : tps, 1, false};
    return {static_cast<std::uint32_t>(std::uint64_t{tps} * owned / of), 1, false};
  }
  /// `parts` in `windows` windows, e.g. fractional(1, 2) = one part every two seconds.
  static constexpr Rate fractional(std::uint32_t parts, std::uint32_t windows) {
    return {parts, windows == 0 ? 1 : windows, false};
  }

  /// Whole parts per window; 0 for none and for less than one.
  constexpr std::uint32_t per_window() const { return parts / windows; }
  constexpr bool is_none() const { return !is_unlimited && parts == 0; }
  friend constexpr bool operator==(const Rate&, const Rate&) = default;
};

/// Orders by what may leave: none < fractions < ... < unlimited.
constexpr bool less(const Rate& a, const Rate& b) {
  if (a.is_unlimited || b.is_unlimited) return !a.is_unlimited && b.is_unlimited;
  return std::uint64_t{a.parts} * b.windows < std::uint64_t{b.parts} * a.windows;
}

}  // namespace anchal::throttle
