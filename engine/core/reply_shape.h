#pragma once

#include <span>

#include "engine/core/store.h"

namespace anchal::core {

/// Whether each reply has the shape that Redis promises for its command, so that whoever asked may read it
/// without looking twice: XREAD gives streams of entries, HMGET as many values as were asked for, and so on.
/// Error replies have no shape. Texts may hold anything.
bool answers(const Commands& commands, std::span<const Reply> replies);

}  // namespace anchal::core
