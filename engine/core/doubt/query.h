#pragma once

#include <cstdint>
#include <string>

#include "engine/core/time.h"

namespace anchal::core {

/// A query_sm that is to be asked, or was, about a message in doubt.
struct Query {
  std::uint16_t operator_index = 0;
  std::string key;  ///< of the doubt
  std::uint64_t fence = 0;
  std::uint8_t part = 0;
  std::string id;  ///< as the operator wrote it
  std::string sender;
  TimePoint give_up{};
  unsigned tries = 0;
};

}  // namespace anchal::core
