#pragma once

#include <cstddef>

namespace anchal::support {

/// How often this program has asked for memory through operator new, all threads together. Only in binaries
/// that compile allocation_count.cpp, which replaces the global operators.
std::size_t allocations();

}  // namespace anchal::support
