#pragma once

#include <prometheus/collectable.h>

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/cells.h"

namespace anchal::metrics {

/// One group of cells under the values of its open labels.
template <class Group>
struct Labelled {
  std::vector<std::string> values;  // in the order of the group's label keys
  Group cells;
};

/// Everything one loop writes. References stay good for the registry's life. The look-ups by name lock: do
/// them when an operator or bind is created, not per message; the same name gives the same cells
/// again, so counters survive a reconnect. Cells themselves belong to the loop's thread.
class Shard {
 public:
  Shard(std::mutex& mutex, std::string index);

  ShardCells& cells() noexcept { return cells_; }
  LoopCells& loop() noexcept { return loop_.front().cells; }
  OperatorCells& for_operator(std::string_view name);
  BindCells& for_bind(std::string_view operator_name, std::string_view bind);

 private:
  friend class Registry;
  std::mutex& mutex_;
  alignas(64) ShardCells cells_;
  std::deque<Labelled<LoopCells>> loop_;
  std::deque<Labelled<OperatorCells>> operators_;
  std::deque<Labelled<BindCells>> binds_;
};

/// What `anchal_build_info` says.
struct BuildInfo {
  std::string version;
  std::string revision;
  std::string compiler;
};

/// All metrics of one process. Thread-safe: loops ask for their shard, the admin listener scrapes. A scrape
/// shows every family of the catalogue that has a sample, each once, in the catalogue's order, with its
/// samples sorted by label values; families under open labels appear with the first operator
/// or bind.
class Registry final : public prometheus::Collectable {
 public:
  explicit Registry(BuildInfo build);

  /// The cells of loop `index` (0, 1, …). Creates them on the first call.
  Shard& shard(unsigned index);
  /// The cells of the admin listener's thread.
  AdminCells& admin() noexcept { return admin_; }

  std::vector<prometheus::MetricFamily> Collect() const override;

  /// The text exposition (version 0.0.4), as GET /metrics answers it.
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::deque<Shard> shards_;
  AdminCells admin_;
  BuildInfo build_;
};

}  // namespace anchal::metrics
