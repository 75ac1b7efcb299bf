#include "engine/app/engine_status.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace anchal::app {

using nlohmann::ordered_json;

ordered_json ledger_json(const ShardStatuses& shards) {
  core::Counters sum;
  for (const auto& shard : shards) {
    if (shard == nullptr) continue;
    sum.accepted += shard->counters.accepted;
    sum.partitions_owned += shard->counters.partitions_owned;
    for (std::size_t i = 0; i < core::kFinals; ++i) sum.finals[i] += shard->counters.finals[i];
    for (std::size_t i = 0; i < core::kPlaces; ++i) sum.waiting[i] += shard->counters.waiting[i];
  }
  ordered_json out;
  out["accepted"] = sum.accepted;
  for (std::size_t i = 0; i < core::kFinals; ++i)
    out["final"][std::string(core::kFinalNames[i])] = sum.finals[i];
  for (std::size_t i = 0; i < core::kPlaces; ++i)
    out["waiting"][std::string(core::kPlaceNames[i])] = sum.waiting[i];
  out["difference"] = sum.difference();
  out["partitions_owned"] = sum.partitions_owned;
  return out;
}

ordered_json operators_json(const AppConfig& config, const ShardStatuses& shards) {
  ordered_json out = ordered_json::array();
  for (std::size_t index = 0; index < config.core.operators.size(); ++index) {
    const core::OperatorConfig& op = config.core.operators[index];
    core::OperatorCounters sum;
    std::uint32_t binds = 0;
    std::uint32_t binds_up = 0;
    double rate = 0;
    for (const auto& shard : shards) {
      if (shard == nullptr || index >= shard->counters.operators.size()) continue;
      const core::OperatorCounters& from = shard->counters.operators[index];
      sum.queued += from.queued;
      sum.in_flight += from.in_flight;
      sum.window += from.window;
      sum.backlog += from.backlog;
      sum.parts_written += from.parts_written;
      sum.parts_accepted += from.parts_accepted;
      sum.parts_rejected += from.parts_rejected;
      sum.parts_throttled += from.parts_throttled;
      sum.parts_unresolved += from.parts_unresolved;
      sum.receipts_matched += from.receipts_matched;
      sum.receipts_unmatched += from.receipts_unmatched;
      sum.paused = sum.paused || from.paused;
      rate += from.rate_limit;
      for (const BindStatus& bind : shard->binds) {
        if (bind.operator_index != index || bind.dormant) continue;
        ++binds;
        binds_up += bind.up ? 1U : 0U;
      }
    }
    ordered_json row;
    row["name"] = op.name;
    row["paused"] = sum.paused;
    row["tps"] = op.tps;
    row["rate_limit"] = rate;
    row["binds"] = binds;
    row["binds_up"] = binds_up;
    row["window"] = sum.window;
    row["in_flight"] = sum.in_flight;
    row["queued"] = sum.queued;
    row["backlog"] = sum.backlog;
    row["parts"] = {{"written", sum.parts_written},
                    {"accepted", sum.parts_accepted},
                    {"rejected", sum.parts_rejected},
                    {"throttled", sum.parts_throttled},
                    {"unresolved", sum.parts_unresolved}};
    row["receipts"] = {{"matched", sum.receipts_matched}, {"unmatched", sum.receipts_unmatched}};
    out.push_back(std::move(row));
  }
  return out;
}

void add_json(ordered_json& sum, const ordered_json& addend) {
  if (sum.is_number_integer() && addend.is_number_integer()) {
    sum = sum.get<std::int64_t>() + addend.get<std::int64_t>();
  } else if (sum.is_number() && addend.is_number()) {
    sum = sum.get<double>() + addend.get<double>();
  } else if (sum.is_object() && addend.is_object()) {
    for (const auto& [key, value] : addend.items()) {
      if (const auto mine = sum.find(key); mine != sum.end()) {
        if (key != "tps") add_json(*mine, value);
      } else {
        sum[key] = value;
      }
    }
  } else if (sum.is_array() && addend.is_array()) {
    for (const ordered_json& row : addend) {
      const auto same = std::find_if(sum.begin(), sum.end(), [&](const ordered_json& mine) {
        return mine.is_object() && row.is_object() && mine.value("name", "") == row.value("name", "");
      });
      if (same != sum.end()) {
        add_json(*same, row);
      } else {
        sum.push_back(row);
      }
    }
  }
}

}  // namespace anchal::app
