#include "metrics/registry.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <utility>

#include "metrics/catalogue.h"
#include "metrics/process.h"

namespace anchal::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using LabelValues = std::vector<std::string>;

/// Samples of one family while the loops are added up, by their label values.
using Samples = std::map<LabelValues, ClientMetric>;

struct Target {
  MetricType type = MetricType::Untyped;
  Samples samples;
};

void add_cell(const Counter& cell, const LabelValues& labels, Target& out) {
  out.type = MetricType::Counter;
  out.samples[labels].counter.value += static_cast<double>(cell.read());
}

template <Merge How>
void add_cell(const BasicGauge<How>& cell, const LabelValues& labels, Target& out) {
  out.type = MetricType::Gauge;
  if (!cell.is_set()) return;
  const double value = cell.read();
  const auto [at, first] = out.samples.try_emplace(labels);
  double& merged = at->second.gauge.value;
  if (first) {
    merged = value;
  } else if constexpr (How == Merge::sum) {
    merged += value;
  } else if constexpr (How == Merge::least) {
    merged = std::min(merged, value);
  } else {
    merged = std::max(merged, value);
  }
}

template <const auto& Bounds>
void add_cell(const Histogram<Bounds>& cell, const LabelValues& labels, Target& out) {
  using Cell = Histogram<Bounds>;
  out.type = MetricType::Histogram;
  auto& histogram = out.samples[labels].histogram;
  histogram.bucket.resize(Cell::bucket_count);
  std::uint64_t count = 0;
  for (std::size_t bucket = 0; bucket < Cell::bucket_count; ++bucket) {
    count += cell.read(bucket);
    histogram.bucket[bucket].cumulative_count += count;
    histogram.bucket[bucket].upper_bound =
        bucket < Bounds.size() ? Bounds[bucket] : std::numeric_limits<double>::infinity();
  }
  histogram.sample_count += count;
  histogram.sample_sum += cell.sum();
}

template <class Enum, class Cell>
void add_cell(const ByLabel<Enum, Cell>& cells, const LabelValues& labels, Target& out) {
  auto inner = labels;
  for (std::size_t index = 0; index < ByLabel<Enum, Cell>::size; ++index) {
    inner.emplace_back(ClosedSet<Enum>::values[index]);
    add_cell(cells[static_cast<Enum>(index)], inner, out);
    inner.pop_back();
  }
}

template <class Cell>
struct ClosedKeys {
  static void append(LabelValues&) {}
};
template <class Enum, class Cell>
struct ClosedKeys<ByLabel<Enum, Cell>> {
  static void append(LabelValues& keys) {
    keys.emplace_back(ClosedSet<Enum>::label);
    ClosedKeys<Cell>::append(keys);
  }
};

MetricFamily family(std::string name, std::string_view help, const LabelValues& keys, Target target) {
  MetricFamily out{std::move(name), std::string(help), target.type, {}};
  for (auto& [values, metric] : target.samples) {
    for (std::size_t index = 0; index < keys.size(); ++index)
      metric.label.push_back({keys[index], values[index]});
    out.metric.push_back(std::move(metric));
  }
  return out;
}

template <class Group>
using Sources = std::vector<std::pair<LabelValues, const Group*>>;

template <class Group, class Cell>
void collect_row(const Row<Group, Cell>& row, const Sources<Group>& sources, std::vector<MetricFamily>& out) {
  Target target;
  for (const auto& [labels, cells] : sources) add_cell(cells->*row.cell, labels, target);
  if (target.samples.empty()) return;
  LabelValues keys(kOpenLabels<Group>.begin(), kOpenLabels<Group>.end());
  ClosedKeys<Cell>::append(keys);
  out.push_back(family(std::string(kPrefix) + std::string(row.name), row.help, keys, std::move(target)));
}

template <class Rows, class Group>
void collect_rows(const Rows& rows, const Sources<Group>& sources, std::vector<MetricFamily>& out) {
  std::apply([&](const auto&... row) { (collect_row(row, sources, out), ...); }, rows);
}

template <class Group>
void add_sources(const std::deque<Labelled<Group>>& groups, Sources<Group>& out) {
  for (const auto& group : groups) out.emplace_back(group.values, &group.cells);
}

template <class Group>
Group& find_or_create(std::deque<Labelled<Group>>& groups, LabelValues values) {
  const auto found =
      std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.values == values; });
  if (found != groups.end()) return found->cells;
  // Cells cannot move: build in place, then name.
  groups.emplace_back();
  groups.back().values = std::move(values);
  return groups.back().cells;
}

void collect_process(std::vector<MetricFamily>& out) {
  const auto values = read_process();
  for (const auto& row : kProcessRows) {
    const auto& value = values.*row.value;
    if (!value) continue;
    ClientMetric metric;
    (row.counts_up ? metric.counter.value : metric.gauge.value) = *value;
    out.push_back({std::string(row.name),
                   std::string(row.help),
                   row.counts_up ? MetricType::Counter : MetricType::Gauge,
                   {std::move(metric)}});
  }
}

MetricFamily build_family(const BuildInfo& build) {
  ClientMetric metric;
  metric.gauge.value = 1;
  metric.label = {{"version", build.version}, {"revision", build.revision}, {"compiler", build.compiler}};
  return {std::string(kPrefix) + "build_info",
          "Always 1; the labels say which build runs.",
          MetricType::Gauge,
          {std::move(metric)}};
}

}  // namespace

Shard::Shard(std::mutex& mutex, std::string index) : mutex_(mutex) {
  find_or_create(loop_, {std::move(index)});
}

OperatorCells& Shard::for_operator(std::string_view name) {
  const std::scoped_lock lock(mutex_);
  return find_or_create(operators_, {std::string(name)});
}

BindCells& Shard::for_bind(std::string_view operator_name, std::string_view bind) {
  const std::scoped_lock lock(mutex_);
  return find_or_create(binds_, {std::string(operator_name), std::string(bind)});
}

Registry::Registry(BuildInfo build) : build_(std::move(build)) {}

Shard& Registry::shard(unsigned index) {
  const std::scoped_lock lock(mutex_);
  while (shards_.size() <= index) shards_.emplace_back(mutex_, std::to_string(shards_.size()));
  return shards_[index];
}

std::vector<MetricFamily> Registry::Collect() const {
  std::vector<MetricFamily> out;
  {
    const std::scoped_lock lock(mutex_);
    Sources<ShardCells> shards;
    Sources<LoopCells> loops;
    Sources<OperatorCells> operators;
    Sources<BindCells> binds;
    for (const auto& shard : shards_) {
      shards.emplace_back(LabelValues{}, &shard.cells_);
      add_sources(shard.loop_, loops);
      add_sources(shard.operators_, operators);
      add_sources(shard.binds_, binds);
    }
    collect_rows(kShardRows, shards, out);
    collect_rows(kLoopRows, loops, out);
    collect_rows(kOperatorRows, operators, out);
    collect_rows(kBindRows, binds, out);
    collect_rows(kAdminRows, Sources<AdminCells>{{LabelValues{}, &admin_}}, out);
  }
  out.push_back(build_family(build_));
  collect_process(out);
  return out;
}

std::string Registry::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, Collect());
  return std::move(out).str();
}

}  // namespace anchal::metrics
