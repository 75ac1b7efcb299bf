#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace anchal::core {

/// Urgency of a message (design.md §2). otp goes strictly first, the rest share by weight.
enum class Lane : std::uint8_t { otp, alert, service, bulk };

inline constexpr std::size_t kLanes = 4;
inline constexpr std::array<std::string_view, kLanes> kLaneNames{"otp", "alert", "service", "bulk"};

constexpr std::string_view name_of(Lane lane) {
  return kLaneNames[static_cast<std::size_t>(lane)];
}

constexpr std::optional<Lane> lane_named(std::string_view name) {
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    if (kLaneNames[lane] == name) return static_cast<Lane>(lane);
  }
  return std::nullopt;
}

}  // namespace anchal::core
