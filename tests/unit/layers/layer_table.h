#pragma once

#include <span>
#include <string_view>

namespace anchal::layers {

/// A room, the rooms of ours it may include besides itself, and the foreign headers it may include. Prefixes
/// of paths; the longest matching room rules. Standard C++ headers are open to all, POSIX ones (`posix`) to
/// the rooms that say so.
struct Layer {
  std::string_view room;
  std::span<const std::string_view> ours;
  std::span<const std::string_view> foreign;
  bool posix = false;
};

using Names = std::string_view;

inline constexpr Names kNone[] = {""};
inline constexpr Names kEverything[] = {"smpp/", "throttle/", "metrics/", "engine/"};

// smpp: pdu, session, text, receipt; each may use what stands left of it. Standard library only.
inline constexpr Names kSession[] = {"smpp/pdu/"};
inline constexpr Names kText[] = {"smpp/pdu/", "smpp/session/"};
inline constexpr Names kReceipt[] = {"smpp/pdu/", "smpp/session/", "smpp/text/"};

// throttle: rate, policy. The calendar in policy needs time zones.
inline constexpr Names kPolicy[] = {"throttle/rate/"};
inline constexpr Names kDate[] = {"date/"};

inline constexpr Names kPrometheus[] = {"prometheus/"};

inline constexpr Names kCore[] = {"smpp/", "throttle/"};
inline constexpr Names kCoreForeign[] = {"simdjson.h", "tsl/robin_map.h", "tsl/robin_set.h", "xxhash.h"};

inline constexpr Names kNetForeign[] = {"uv.h", "openssl/", "fmt/"};

inline constexpr Names kRedis[] = {"smpp/", "throttle/", "metrics/", "engine/core/", "engine/net/"};
inline constexpr Names kRedisForeign[] = {"hiredis/", "fmt/", "xxhash.h", "uv.h", "tsl/robin_map.h"};

inline constexpr Names kSimulator[] = {"smpp/", "throttle/rate/", "engine/net/"};
inline constexpr Names kSimulatorForeign[] = {"CLI/", "fmt/", "tsl/robin_map.h"};

inline constexpr Names kAdmin[] = {"smpp/", "throttle/", "metrics/", "engine/core/", "engine/net/"};
inline constexpr Names kAdminForeign[] = {"boost/", "nlohmann/", "fmt/", "sodium.h", "uv.h", "re2/"};

inline constexpr Names kAppForeign[] = {"boost/", "CLI/",      "toml++/",    "spdlog/",  "fmt/", "nlohmann/",
                                        "csv.h",  "sodium.h",  "uv.h",       "hiredis/", "re2/", "openssl/",
                                        "date/",  "jemalloc/", "simdjson.h", "xxhash.h"};

inline constexpr Names kBench[] = {"smpp/", "throttle/", "metrics/", "engine/", "tests/support/"};
inline constexpr Names kTests[] = {"smpp/", "throttle/", "metrics/", "engine/", "tests/", "bench/"};
inline constexpr Names kAnything[] = {"*"};

inline constexpr Layer kLayers[] = {
    {"smpp/", kNone, kNone},
    {"smpp/session/", kSession, kNone},
    {"smpp/text/", kText, kNone},
    {"smpp/receipt/", kReceipt, kNone},
    {"throttle/", kNone, kNone},
    {"throttle/policy/", kPolicy, kDate},
    {"metrics/", kNone, kPrometheus, true},
    {"engine/core/", kCore, kCoreForeign},
    {"engine/net/", kNone, kNetForeign, true},
    {"engine/redis/", kRedis, kRedisForeign, true},
    {"engine/simulator/", kSimulator, kSimulatorForeign, true},
    {"engine/admin/", kAdmin, kAdminForeign, true},
    {"engine/app/", kEverything, kAppForeign, true},
    {"bench/", kBench, kAnything, true},
    {"tests/", kTests, kAnything, true},
};

/// The two headers that give the tree its words for time say the same and are open to every room.
inline constexpr Names kOpenToAll[] = {"smpp/time.h", "throttle/time.h"};

/// Rooms without I/O, clock, chance and threads, and what would bring them in.
inline constexpr Names kDeterministicRooms[] = {"smpp/", "throttle/", "engine/core/"};
inline constexpr Names kNotDeterministic[] = {"steady_clock::now",
                                              "system_clock::now",
                                              "high_resolution_clock",
                                              "utc_clock::now",
                                              "clock_gettime",
                                              "gettimeofday",
                                              "time(nullptr)",
                                              "time(NULL)",
                                              "random_device",
                                              "rand(",
                                              "getrandom(",
                                              "getenv(",
                                              "sleep_for",
                                              "sleep_until",
                                              "std::thread",
                                              "std::jthread",
                                              "std::async",
                                              "printf(",
                                              "fprintf(",
                                              "puts(",
                                              "fputs(",
                                              "fopen("};
inline constexpr Names kHeadersWithEffects[] = {"iostream",   "fstream",           "thread", "future",
                                                "mutex",      "shared_mutex",      "random", "filesystem",
                                                "stop_token", "condition_variable"};

}  // namespace anchal::layers
