#pragma once

#include <functional>

#include "engine/core/poison/in_hand.h"

namespace anchal::test {

/// What takes the place of a process' end where a simulated engine dies of an entry.
struct DiedOfEntry {};

/// Whether this thread's engine dies of what it has just taken in hand. Linked instead of
/// engine/core/poison/in_hand.cpp: the shipped binary has no such door.
std::move_only_function<bool(const core::InHand&)>& deadly();

}  // namespace anchal::test
