#include "tests/unit/metrics/filled_registry.h"

#include <tuple>

#include "metrics/catalogue.h"

namespace anchal::metrics {
namespace {

void fill(Counter& cell) {
  cell.add(3);
}
template <Merge How>
void fill(BasicGauge<How>& cell) {
  cell.set(1.5);
}
template <const auto& Bounds>
void fill(Histogram<Bounds>& cell) {
  cell.observe(Bounds.front());
  cell.observe(Bounds.back() * 2);
}
template <class Enum, class Cell>
void fill(ByLabel<Enum, Cell>& cells) {
  for (std::size_t index = 0; index < ByLabel<Enum, Cell>::size; ++index)
    fill(cells[static_cast<Enum>(index)]);
}

template <class Rows, class Group>
void fill_rows(const Rows& rows, Group& group) {
  std::apply([&](const auto&... row) { (fill(group.*row.cell), ...); }, rows);
}

}  // namespace

std::unique_ptr<Registry> filled_registry() {
  auto registry = std::make_unique<Registry>(BuildInfo{"1.0.0", "0123abcd", "g++ 12.2.0"});
  for (unsigned index = 0; index < 2; ++index) {
    auto& shard = registry->shard(index);
    fill_rows(kShardRows, shard.cells());
    fill_rows(kLoopRows, shard.loop());
    fill_rows(kOperatorRows, shard.for_operator("alpha"));
    fill_rows(kBindRows, shard.for_bind("alpha", "1"));
  }
  fill_rows(kAdminRows, registry->admin());
  return registry;
}

}  // namespace anchal::metrics
