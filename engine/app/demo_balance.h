#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "engine/app/demo_campaign.h"
#include "engine/app/send_redis.h"

namespace anchal::app {

/// Microseconds of the wall clock: from EFFECTIVE to the call that lifts the blackout.
struct DarkTime {
  std::int64_t from_us = 0, to_us = 0;
};

/// The closing balance of the demo, counted from what the hub finds in Redis and from the operators' ledgers,
/// not from what the engine says of itself.
struct DemoBalance {
  std::uint64_t accepted = 0;
  std::map<std::string, std::uint64_t> final;    ///< by state, the first final outcome of each message
  std::uint64_t held = 0;                        ///< messages that a rule stopped for a while
  std::uint64_t in_doubt = 0;                    ///< messages of which the answer never came
  std::uint64_t lost = 0;                        ///< no final outcome, and waiting nowhere
  std::uint64_t waiting = 0;                     ///< the engine says they wait
  std::int64_t difference = 0;                   ///< as the engine counts it
  std::uint64_t parts = 0;                       ///< in the ledgers
  std::uint64_t sent_twice = 0;                  ///< parts that the ledgers have twice
  std::uint64_t during_blackout = 0;             ///< parts of the category that was dark
  std::uint64_t around_blackout = 0;             ///< parts of it before and behind: it was really on its way
  std::uint64_t national_messages = 0;           ///< sent with national tables
  std::uint64_t national_parts = 0;              ///< of these messages, in the ledgers
  std::uint64_t national_in_ucs2 = 0;            ///< parts the same texts would have been without the tables
  std::map<std::string, std::int64_t> saved_by;  ///< parts, by the language of the tables

  [[nodiscard]] std::uint64_t finals() const;
  [[nodiscard]] std::uint64_t in(const std::string& state) const;
  /// By national tables, against UCS-2; 0 where there are none to speak of.
  [[nodiscard]] std::uint64_t parts_saved() const {
    return national_in_ucs2 > national_parts ? national_in_ucs2 - national_parts : 0;
  }
  /// Nothing lost, nothing during the blackout, no difference, nothing left.
  [[nodiscard]] bool right() const;
};

/// Reads outcomes and ledgers and adds up; the engine's own words (waiting, difference) are the caller's to
/// set before conclude().
std::expected<DemoBalance, std::string> count_demo(RedisPipe& redis, unsigned partitions,
                                                   const DemoCampaign& campaign,
                                                   const std::vector<std::string>& ledgers,
                                                   const std::string& dark_category, const DarkTime& dark);

/// The table that ends the demo.
std::string describe(const DemoBalance& balance);
std::string json_of(const DemoBalance& balance);

/// Parts a text of so many UTF-16 units needs in UCS-2: 70, or 67 each behind a concatenation header.
std::uint64_t ucs2_parts(std::string_view utf8);

}  // namespace anchal::app
