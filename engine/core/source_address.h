#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "engine/core/config.h"

namespace anchal::core {

/// A job's sender as source address (SMPP 3.4 §5.2.5, §5.2.6). query_sm must repeat that of its submit_sm.
struct SourceAddress {
  std::uint8_t ton = 0, npi = 0;
  std::string_view address;
};

inline SourceAddress source_address(const OperatorConfig& config, std::string_view sender) {
  if (!sender.empty() && sender.front() == '+') sender.remove_prefix(1);
  const bool number = !sender.empty() &&
                      std::all_of(sender.begin(), sender.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!number) return {5, 0, sender};
  return {config.source_ton, config.source_npi, sender};
}

}  // namespace anchal::core
