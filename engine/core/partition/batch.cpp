#include "engine/core/partition/batch.h"

#include <algorithm>

#include "engine/core/keys.h"

namespace anchal::core {

namespace {
constexpr std::size_t kKeptRows = 64;
}

void Batch::outcome(std::string_view tenant, std::string_view line) {
  auto found =
      std::find_if(tenants_.begin(), tenants_.end(), [&](const Outcomes& o) { return o.tenant == tenant; });
  if (found == tenants_.end()) {
    tenants_.push_back({std::string(tenant), {}, 0});
    found = std::prev(tenants_.end());
  }
  if (!found->body.empty()) found->body.push_back('\n');
  found->body.append(line);
  ++found->count;
  ++lines_;
}

void Batch::count(std::string_view field, std::int64_t delta) {
  if (delta == 0) return;
  ++counted_;
  const auto found =
      std::find_if(ledger_.begin(), ledger_.end(), [&](const auto& row) { return row.first == field; });
  if (found == ledger_.end()) {
    ledger_.emplace_back(field, delta);
  } else {
    found->second += delta;
  }
}

void Batch::build(PartitionId partition, std::uint64_t fence, std::uint64_t number, StreamId outcomes_min_id,
                  Commands& out, std::uint64_t& journal_bytes) {
  if (!extra.empty()) out.append(extra);
  const std::string ledger_key = keys::partition(partition, keys::kLedger);
  for (auto& [field, delta] : ledger_) {
    if (delta != 0) out.command("HINCRBY").arg(ledger_key).arg(field).arg(delta);
    delta = 0;
  }
  for (auto& tenant : tenants_) {
    if (tenant.count == 0) continue;
    const std::string key = keys::partition(partition, keys::outcomes_suffix(tenant.tenant));
    out.command("XADD").arg(key);
    if (outcomes_min_id.ms > 0) out.arg("MINID").arg("~").arg(outcomes_min_id.text());
    out.arg("*").arg("v").arg("1").arg("n").arg(tenant.count).arg("body").arg(tenant.body);
    tenant.body.clear();
    tenant.count = 0;
  }
  out.command("XADD").arg(keys::partition(partition, keys::kJournal)).arg("*");
  out.arg("f").arg(static_cast<std::int64_t>(fence)).arg("n").arg(static_cast<std::int64_t>(number)).arg("j");
  std::string& packed = out.open_arg();
  const std::size_t before = packed.size();
  journal.finish(packed);
  journal_bytes += packed.size() - before;
  out.close_arg();
  extra.clear();
  lines_ = counted_ = 0;
  if (ledger_.size() > kKeptRows) ledger_.clear();
  if (tenants_.size() > kKeptRows) tenants_.clear();
}

}  // namespace anchal::core
