#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "engine/app/config.h"
#include "engine/app/shard_host.h"

namespace anchal::app {

using ShardStatuses = std::vector<std::shared_ptr<const ShardStatus>>;

/// The ledger of the partitions that these shards own: {"accepted", "final": {state: n}, "waiting": {place:
/// n}, "difference"}. Shards that have not started are null and count nothing.
nlohmann::ordered_json ledger_json(const ShardStatuses& shards);

/// One object per configured operator: binds, windows, queues, rates, parts and receipts, summed over shards.
nlohmann::ordered_json operators_json(const AppConfig& config, const ShardStatuses& shards);

/// Adds up ledgers of several engines, or operators by name: numbers are summed, everything else is kept from
/// the first.
void add_json(nlohmann::ordered_json& sum, const nlohmann::ordered_json& addend);

}  // namespace anchal::app
