#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "engine/core/time.h"

namespace anchal::core {

/// What keeps Redis from taking what we write, and who else has what it took.
struct StoreHealth {
  bool full = false;     ///< at maxmemory: nothing new is read or prepared
  bool pressed = false;  ///< near it: no new jobs are read, OTPs apart
  TimePoint probe_due = TimePoint::min();
  std::string refusal;  ///< Redis' words for the last transaction it refused; empty: it took one since
  std::map<std::string, TimePoint, std::less<>> told;  ///< when, by the first word of an error
  std::size_t replicas = 0;                            ///< that may be asked
  TimePoint replicas_due = TimePoint::min();           ///< not before: they did not answer in time
};

}  // namespace anchal::core
