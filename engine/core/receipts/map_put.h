#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/core/doubt/evidence.h"
#include "engine/core/receipts/early_receipt.h"
#include "engine/core/receipts/receipt_map.h"
#include "engine/core/store.h"
#include "smpp/receipt/part_state.h"

namespace anchal::core {

/// What shows that a part was accepted, and says what became of it.
struct Proof {
  Evidence evidence = Evidence::receipt;
  smpp::PartState state = smpp::PartState::open;
  bool is_final = false;
  std::string error;
};

/// An id on its way into the receipt map. Its part, or its doubt, waits for it.
struct MapPut {
  MapPlace place;
  std::string id;
  std::string value;         ///< packed ReceiptTarget
  std::int64_t sent_ms = 0;  ///< as `value` has it
  std::uint64_t token = 0;   ///< of the active message; 0: `doubt_key` names it
  std::string doubt_key;
  std::uint64_t fence = 0;
  PartitionId partition = 0;
  std::uint8_t part = 0;
  bool anew = false;  ///< the clock jumped: it goes to another place, and until then no receipt is to find it
  std::optional<EarlyReceipt> early;  ///< lay where it was stored
  std::unique_ptr<Proof> proof;  ///< a part in doubt that was accepted by other evidence than its response
};

}  // namespace anchal::core
