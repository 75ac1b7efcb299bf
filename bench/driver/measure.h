#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace anchal::bench {

/// Several runs of one measurement.
class Series {
 public:
  void add(double value) { values_.push_back(value); }
  [[nodiscard]] bool empty() const { return values_.empty(); }
  [[nodiscard]] double median() const { return quantile(0.5); }
  [[nodiscard]] double min() const { return quantile(0); }
  [[nodiscard]] double max() const { return quantile(1); }
  /// By nearest rank; of an even number of values the lower middle one is the median.
  [[nodiscard]] double quantile(double q) const;
  [[nodiscard]] std::size_t size() const { return values_.size(); }

  /// {"median":…,"min":…,"max":…,"runs":[…]}
  [[nodiscard]] std::string json() const;

 private:
  std::vector<double> values_;
};

/// "94,120/s (91,003 to 96,551)".
std::string describe(const Series& series, const std::string& unit, int decimals = 0);

/// Processor, cores and kernel of this machine, for the record beside every figure.
std::string machine();

}  // namespace anchal::bench
