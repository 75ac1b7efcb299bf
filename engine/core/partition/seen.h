#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/core/store.h"

namespace anchal::core {

/// The entry that first carried a producer key (tenant, job id), as this process remembers it.
struct Seen {
  std::string entry;
  std::uint64_t fence = 0;  ///< of the takeover under which it was accepted
  PartitionId partition = 0;
};

/// Behind the entry's name in a producer key's value: told by someone's memory to a Redis that had no such
/// key. A job under that key may have been sent, and no outcome of it need be anywhere.
constexpr char kForgottenSeen = '?';

/// Whether the value of a producer key says that Redis knows its job.
inline bool is_kept(std::string_view value) {
  return !value.empty() && !value.ends_with(kForgottenSeen);
}

/// By which a refused entry is known: it has no producer key.
inline std::uint64_t body_hash(std::string_view body) {
  return std::hash<std::string_view>{}(body);
}

}  // namespace anchal::core
