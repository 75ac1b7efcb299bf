#pragma once

#include <span>
#include <string_view>

namespace anchal::app {

/// The candidate most like `word` (letters swapped, missing, too many or wrong), or empty when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace anchal::app
