#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "smpp/receipt/part_state.h"

namespace anchal::core {

/// A receipt whose id nobody had stored when it was answered. It lies in the receipt map under that id, so
/// that whoever stores the id meets it, whichever engine that is and although this one may have died.
struct EarlyReceipt {
  smpp::PartState state = smpp::PartState::open;
  std::string error;
  std::int64_t arrived_ms = 0;

  void pack(std::string& out) const;
  /// Nothing where it is something else, which a value of the map usually is.
  static std::optional<EarlyReceipt> unpack(std::string_view packed);
};

}  // namespace anchal::core
