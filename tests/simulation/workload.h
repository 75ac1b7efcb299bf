#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/trace.h"
#include "tests/simulation/truth.h"
#include "tests/support/sim_random.h"
#include "tests/support/sim_redis.h"

namespace anchal::sim {

/// How much the hubs push, and of what kind.
struct WorkloadPlan {
  unsigned jobs = 40;
  std::optional<std::vector<unsigned>> only;  ///< of those, for a shrunk world
  unsigned recipients_at_most = 0;            ///< likewise; 0: as they come
  unsigned recipients_max = 20;               ///< of an ordinary job
  double big_job = 0.05;                      ///< fraction with up to `big_recipients_max`
  unsigned big_recipients_max = 300;
  double malformed = 0.05;  ///< refused as a whole
  double invalid_recipient = 0.02;
  double repeated = 0.05;    ///< pushed a second time, seconds later
  double reply_lost = 0.04;  ///< pushed a second time at once: nobody told the hub that it had worked
  double long_text = 0.1;
  double unicode = 0.1;
  double with_template = 0.3;
  double no_receipt = 0.1;  ///< "receipt": false
  double not_before = 0.05;
  double expires = 0.1;
  double place = 0.3;
  std::optional<JobIndex> poison;              ///< this job ends its readers, if it is an ordinary one
  double drop_on_hold = 0.02;                  ///< "on_hold": "drop"
  Duration spread = std::chrono::seconds(20);  ///< pushes happen within
  std::vector<std::string> prefixes{"9198"};   ///< of numbers, digits; each belongs to somebody's route
  std::vector<std::string> tenants{"finance", "health"};
  std::vector<std::string> senders{"KLGOVT", "HEALTH"};
  std::vector<std::string> places{"KL-EKM", "KL-TVM"};
};

/// The hubs: writes jobs, as interface.md has them, and pushes them into the simulated Redis at seeded times.
class Workload {
 public:
  Workload(SimClock& clock, SimRedis& redis, Random random, const core::Config& config, WorkloadPlan plan,
           Truth& truth, Trace& trace);

  std::function<void(JobIndex)> on_poison;  ///< pushed just now

  /// Schedules all pushes.
  void start();
  bool finished() const { return pushed_ == planned_; }
  /// Jobs pushed again because a reply was lost.
  std::uint64_t asked_twice() const { return asked_twice_; }

  /// Pushes one job now; for hand-written scenarios. `count` recipients with numbers of `prefix`.
  JobIndex push(std::string_view category, unsigned count, std::string_view prefix,
                std::string_view tenant = "finance", std::string_view text = "",
                std::optional<std::int64_t> not_before_ms = {});

 private:
  void push_random(unsigned number, Random random);
  void push_malformed(unsigned number, Random random);
  MessageIndex add_message(JobIndex job, unsigned number, std::uint32_t index, std::string_view prefix);
  void push_again(Duration after, JobIndex at, std::string whole, bool reply_lost);
  std::string body(const JobTruth& job, const std::string& common);
  bool add(JobTruth& job, const std::string& text);

  SimClock& clock_;
  SimRedis& redis_;
  Random random_;
  const core::Config& config_;
  WorkloadPlan plan_;
  Truth& truth_;
  Trace& trace_;
  unsigned planned_ = 0, pushed_ = 0;
  std::uint64_t asked_twice_ = 0;
};

/// RFC 3339 with milliseconds, UTC; and a JSON string.
std::string time_text(std::int64_t unix_ms);
std::string json_text(std::string_view text);

}  // namespace anchal::sim
