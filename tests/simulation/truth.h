#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/core/config.h"
#include "tests/support/sim_values.h"

namespace anchal::sim {

/// What the hubs asked for, in the words of interface.md. The generator writes it down when it pushes a job;
/// the checker compares everything it sees against it.

using JobIndex = std::uint32_t;
using MessageIndex = std::uint32_t;

struct MessageTruth {
  JobIndex job = 0;
  std::uint32_t index = 0;
  std::string number;    ///< digits; no two messages of a run have the same
  std::string place;     ///< empty: none given
  std::string text;      ///< what the handset must show
  bool invalid = false;  ///< this recipient cannot be used; the others of its job can
};

struct JobTruth {
  std::string id, tenant, category, sender;
  core::Lane lane = core::Lane::bulk;
  std::uint16_t partition = 0;
  bool receipt = true;
  bool refused = false;    ///< cannot be used as a whole
  unsigned deaths = 0;     ///< of processes that had it in hand: its own doing
  bool forgotten = false;  ///< Redis took it, and a failover forgot it: it may have been sent, or not
  std::string on_hold;     ///< as the job says; empty: its category decides
  std::optional<std::int64_t> not_before_ms, expires_at_ms;
  MessageIndex first_message = 0;
  std::uint32_t messages = 0;
  std::string stream;  ///< key it was pushed to
  EntryId entry;       ///< of the first push
  TimePoint pushed{};
};

struct Truth {
  std::vector<JobTruth> jobs;
  std::vector<MessageTruth> messages;
  std::unordered_map<std::string, MessageIndex> by_number;
  std::unordered_map<std::string, JobIndex> by_key;  ///< tenant + '\n' + id

  const JobTruth& job_of(MessageIndex message) const { return jobs[messages[message].job]; }
  const JobIndex* find_job(const std::string& tenant, const std::string& id) const {
    const auto found = by_key.find(tenant + '\n' + id);
    return found == by_key.end() ? nullptr : &found->second;
  }
};

}  // namespace anchal::sim
