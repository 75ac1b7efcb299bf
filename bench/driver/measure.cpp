#include "bench/driver/measure.h"

#include <fmt/core.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <thread>

#include "engine/app/progress.h"

namespace anchal::bench {
namespace {

std::string shown(double value, int decimals) {
  return decimals == 0 ? app::grouped(static_cast<std::uint64_t>(std::llround(value)))
                       : fmt::format("{:.{}f}", value, decimals);
}

}  // namespace

double Series::quantile(double q) const {
  if (values_.empty()) return 0;
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return sorted[rank == 0 ? 0 : rank - 1];
}

std::string Series::json() const {
  std::string runs;
  for (const double value : values_) runs += fmt::format("{}{:.4g}", runs.empty() ? "" : ",", value);
  return fmt::format(R"({{"median":{:.6g},"min":{:.6g},"max":{:.6g},"runs":[{}]}})", median(), min(), max(),
                     runs);
}

std::string describe(const Series& series, const std::string& unit, int decimals) {
  return fmt::format("{}{} ({} to {})", shown(series.median(), decimals), unit, shown(series.min(), decimals),
                     shown(series.max(), decimals));
}

std::string machine() {
  std::ifstream info("/proc/cpuinfo");
  std::string model = "unknown processor", line;
  while (std::getline(info, line)) {
    if (line.starts_with("model name")) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  }
  utsname system{};
  ::uname(&system);
  return fmt::format("{} x {}, Linux {}", std::thread::hardware_concurrency(), model, system.release);
}

}  // namespace anchal::bench
