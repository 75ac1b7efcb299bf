#pragma once

#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace anchal::metrics {

/// The smallest thing that can be measured. Each cell has one writer, the loop that owns it, and any number
/// of readers (the scrape). Values are relaxed atomics: a writer pays for a plain load and store, a reader
/// sees a recent value, and nothing orders one cell against another. Cells do not move: references to them
/// stay good.

/// Counts up and never down. Unit: what the metric's name says.
class Counter {
 public:
  void add(std::uint64_t count = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  /// For totals counted elsewhere (the core's plain structs): replaces the value. A lower total than before
  /// reads as a restart to Prometheus.
  void publish(std::uint64_t total) noexcept { value_.store(total, std::memory_order_relaxed); }
  std::uint64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// How one gauge of several loops becomes one sample.
enum class Merge : std::uint8_t { sum, least, greatest };

/// A value that goes up and down. Before the first set() it is no sample at all, so that a loop that has
/// nothing to say yet cannot pull a `least` down to zero.
template <Merge How>
class BasicGauge {
 public:
  static constexpr Merge merge = How;
  void set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }
  bool is_set() const noexcept { return !std::isnan(read()); }
  double read() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{std::numeric_limits<double>::quiet_NaN()};
};
using Gauge = BasicGauge<Merge::sum>;
using LeastGauge = BasicGauge<Merge::least>;
using GreatestGauge = BasicGauge<Merge::greatest>;

/// Counts values by size. `Bounds` is a sorted constexpr std::array<double, N> of inclusive upper bounds; one
/// more bucket above them takes the rest.
template <const auto& Bounds>
class Histogram {
 public:
  static constexpr std::size_t bucket_count = Bounds.size() + 1;
  static constexpr std::span<const double> bounds() noexcept { return Bounds; }

  void observe(double value) noexcept {
    std::size_t bucket = 0;
    while (bucket < Bounds.size() && value > Bounds[bucket]) ++bucket;
    counts_[bucket].add();
    sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
  }
  /// For a histogram kept elsewhere with the same bounds: bucket counts that are not cumulative, and the sum.
  void publish(std::span<const std::uint64_t, bucket_count> counts, double sum) noexcept {
    for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) counts_[bucket].publish(counts[bucket]);
    sum_.store(sum, std::memory_order_relaxed);
  }
  std::uint64_t read(std::size_t bucket) const noexcept { return counts_[bucket].read(); }
  double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }

 private:
  std::array<Counter, bucket_count> counts_;
  std::atomic<double> sum_{0};
};

/// Upper bounds in seconds, by what is timed.
inline constexpr std::array kTurnBounds{0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005,
                                        0.01,    0.05,    0.1,    0.5,    1.0};
inline constexpr std::array kStoreBounds{0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                         0.01,    0.025,  0.05,    0.1,    0.25,  1.0,    5.0};
inline constexpr std::array kResponseBounds{0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0};

}  // namespace anchal::metrics
