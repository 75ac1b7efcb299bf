#include "metrics/catalogue.h"

#include <utility>

#include "metrics/process.h"

namespace anchal::metrics {
namespace {

template <class Cell>
struct Shape {  // gauges: the three merges share the base case
  static constexpr Kind kind = Kind::gauge;
  static void add_labels(std::vector<LabelDescription>&) {}
};
template <>
struct Shape<Counter> {
  static constexpr Kind kind = Kind::counter;
  static void add_labels(std::vector<LabelDescription>&) {}
};
template <const auto& Bounds>
struct Shape<Histogram<Bounds>> {
  static constexpr Kind kind = Kind::histogram;
  static void add_labels(std::vector<LabelDescription>&) {}
};
template <class Enum, class Cell>
struct Shape<ByLabel<Enum, Cell>> {
  static constexpr Kind kind = Shape<Cell>::kind;
  static void add_labels(std::vector<LabelDescription>& out) {
    const auto& values = ClosedSet<Enum>::values;
    out.push_back({std::string(ClosedSet<Enum>::label), {values.begin(), values.end()}});
    Shape<Cell>::add_labels(out);
  }
};

template <class Group, class Cell>
void describe_row(const Row<Group, Cell>& row, std::vector<Description>& out) {
  Description description{
      std::string(kPrefix) + std::string(row.name), Shape<Cell>::kind, std::string(row.help), {}};
  for (const auto key : kOpenLabels<Group>) description.labels.push_back({std::string(key), {}});
  Shape<Cell>::add_labels(description.labels);
  out.push_back(std::move(description));
}

template <class Rows>
void describe_rows(const Rows& rows, std::vector<Description>& out) {
  std::apply([&](const auto&... row) { (describe_row(row, out), ...); }, rows);
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::counter:
      return "counter";
    case Kind::gauge:
      return "gauge";
    case Kind::histogram:
      return "histogram";
  }
  return "";
}

std::vector<Description> describe() {
  std::vector<Description> out;
  describe_rows(kShardRows, out);
  describe_rows(kLoopRows, out);
  describe_rows(kOperatorRows, out);
  describe_rows(kBindRows, out);
  describe_rows(kAdminRows, out);
  out.push_back({std::string(kPrefix) + "build_info",
                 Kind::gauge,
                 "Always 1; the labels say which build runs.",
                 {{"version", {}}, {"revision", {}}, {"compiler", {}}}});
  for (const auto& row : kProcessRows) {
    out.push_back(
        {std::string(row.name), row.counts_up ? Kind::counter : Kind::gauge, std::string(row.help), {}});
  }
  return out;
}

}  // namespace anchal::metrics
