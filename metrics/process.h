#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace anchal::metrics {

/// What the kernel says about this process, read from /proc at each scrape. A value that cannot be read is
/// absent.
struct ProcessValues {
  std::optional<double> cpu_seconds;
  std::optional<double> resident_memory_bytes;
  std::optional<double> virtual_memory_bytes;
  std::optional<double> threads;
  std::optional<double> open_fds;
  std::optional<double> max_fds;
  std::optional<double> start_time_seconds;
};

/// Names as every Prometheus client library spells them, so without our prefix.
struct ProcessRow {
  std::string_view name;
  std::optional<double> ProcessValues::* value;
  bool counts_up;
  std::string_view help;
};

// clang-format off
inline constexpr std::array kProcessRows{
    ProcessRow{"process_cpu_seconds_total", &ProcessValues::cpu_seconds, true, "Processor time used, user and system."},
    ProcessRow{"process_resident_memory_bytes", &ProcessValues::resident_memory_bytes, false, "Resident memory."},
    ProcessRow{"process_virtual_memory_bytes", &ProcessValues::virtual_memory_bytes, false, "Virtual memory."},
    ProcessRow{"process_threads", &ProcessValues::threads, false, "Threads."},
    ProcessRow{"process_open_fds", &ProcessValues::open_fds, false, "Open file descriptors."},
    ProcessRow{"process_max_fds", &ProcessValues::max_fds, false, "Limit of open file descriptors."},
    ProcessRow{"process_start_time_seconds", &ProcessValues::start_time_seconds, false, "Start of the process, seconds since 1970."}};
// clang-format on

ProcessValues read_process();

}  // namespace anchal::metrics
