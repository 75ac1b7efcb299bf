#include "metrics/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace anchal::metrics {
namespace {

/// /proc/self/stat from field 3 on: the name in field 2 may hold blanks and brackets (proc(5)).
std::istringstream stat_from_field_three() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const auto end = line.rfind(')');
  return std::istringstream(end == std::string::npos ? std::string() : line.substr(end + 1));
}

std::optional<double> boot_time_seconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    double value = 0;
    if (word == "btime" && file >> value) return value;
  }
  return std::nullopt;
}

}  // namespace

ProcessValues read_process() {
  ProcessValues values;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));

  auto stat = stat_from_field_three();
  std::string field;
  double user = 0;
  double number = 0;
  for (int index = 3; stat >> field; ++index) {
    if (index < 14 || !(std::istringstream(field) >> number)) continue;
    if (index == 14) user = number;
    if (index == 15) values.cpu_seconds = (user + number) / ticks;
    if (index == 20) values.threads = number;
    if (index == 22) {
      if (const auto boot = boot_time_seconds()) values.start_time_seconds = *boot + number / ticks;
    }
    if (index == 23) values.virtual_memory_bytes = number;
    if (index == 24) {
      values.resident_memory_bytes = number * page;
      break;
    }
  }

  std::error_code error;
  const std::filesystem::directory_iterator fds("/proc/self/fd", error);
  if (!error) values.open_fds = static_cast<double>(std::distance(begin(fds), end(fds)));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) values.max_fds = static_cast<double>(limit.rlim_cur);
  return values;
}

}  // namespace anchal::metrics
