#pragma once

#include <vector>

#include "engine/core/config.h"
#include "throttle/policy/rule.h"

namespace anchal::app {

/// The configured categories as the policy compiler wants them.
std::vector<throttle::Category> policy_categories(const core::Config& config);

}  // namespace anchal::app
