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
  /// `binds` is the shard's own list and must outlive this.
  Publisher(metrics::Shard& cells, const core::Config& config, std::span<const core::BindInfo> binds);

  /// The cells of a bind, made on first use: a dormant bind is none, and must not look like one that is down.
  metrics::BindCells& bind(core::BindId id);

  void publish(const core::Counters& counters);
  /// `memory_used` is a part of Redis' maxmemory; NaN where there is no limit, or nothing is known.
  void publish(const redis::Store::Statistics& statistics, bool store_up, double memory_used);

 private:
  metrics::Shard& cells_;
  const core::Config& config_;
  std::span<const core::BindInfo> bind_infos_;
  std::vector<metrics::OperatorCells*> operators_;
  std::vector<metrics::BindCells*> binds_;
};

}  // namespace anchal::app
