#pragma once

#include <memory>

#include "metrics/registry.h"

namespace anchal::metrics {

/// A registry in which every metric of the catalogue has a sample.
std::unique_ptr<Registry> filled_registry();

}  // namespace anchal::metrics
