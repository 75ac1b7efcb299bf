#pragma once

#include <span>

#include "engine/core/shard.h"
#include "engine/redis/store.h"
#include "metrics/registry.h"

namespace anchal::app {

/// Copies what the core and the store count in plain structs to the cells that a scrape reads. Looks the
/// labelled cells up once. One loop's thread.
class Publisher {
 public:
  Publisher(metrics::Shard& cells, const core::Config& config, std::span<const core::BindInfo> binds);

  void publish(const core::Counters& counters);
  void publish(const redis::Store::Statistics& statistics, bool store_up,
               const redis::ServerIdentity& identity);

 private:
  metrics::Shard& cells_;
  std::vector<metrics::OperatorCells*> operators_;
  std::vector<metrics::BindCells*> binds_;
  const core::Config& config_;
};

}  // namespace anchal::app
