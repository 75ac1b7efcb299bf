#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/binds.h"
#include "engine/core/config.h"
#include "engine/core/counters.h"
#include "engine/core/queue/operator_queue.h"
#include "engine/core/receipts/receipt_reader.h"
#include "smpp/receipt/message_id.h"
#include "smpp/session/session.h"
#include "smpp/text/profile.h"
#include "throttle/rate/adaptive_rate.h"
#include "throttle/rate/backoff.h"
#include "throttle/rate/sliding_log.h"

namespace anchal::core {

/// One connection to an operator.
struct Bind {
  Bind(BindId bind_id, std::uint16_t op, smpp::BindKind bind_kind,
       const throttle::BackoffConfig& backoff_config, std::uint64_t seed)
      : id(bind_id), operator_index(op), kind(bind_kind), backoff(backoff_config, seed) {}

  BindId id;
  std::uint16_t operator_index;
  smpp::BindKind kind;
  std::optional<smpp::Session> session;
  bool dormant = false;          ///< the receiver beside a transceiver, for an SMSC that refuses transceivers
  std::uint32_t generation = 0;  ///< counts connections: tokens and answers of an old one are void
  bool connecting = false;
  bool connected = false;
  bool bound = false;
  bool closing = false;
  bool unbinding = false;
  bool blocked = false;  ///< the kernel did not take everything: one remainder, nothing new until it is gone
  bool dirty = false;    ///< out() may hold something to write
  bool wrote_submits = false;  ///< since the last policy: submits may be in what the kernel has not sent
  bool under_policy = false;  ///< submits are in out() that the policy allowed for as long as it is confirmed
  TimePoint write_before = TimePoint::max();  ///< the first end of a lease or lifetime of what is in out()
  bool settling = false;  ///< the policy changed: nothing more until those have left (policy_settled)
  std::string ending;     ///< why the session came to its end, where the socket cannot know
  throttle::Backoff backoff;
  throttle::BindPause pause;
  TimePoint connect_due = TimePoint::min();
  TimePoint bound_at = TimePoint::min();
};

/// What the shard knows of an operator while it runs.
struct Operator {
  Operator(const OperatorConfig& operator_config, const LaneWeights& weights, Duration window);

  const OperatorConfig& config;
  std::uint16_t index = 0;
  std::uint16_t policy_id = 0;  ///< throttle::Names id
  OperatorQueue queue;
  std::deque<std::uint64_t> ready_otp;  ///< active tokens whose intents are durable, in order
  std::deque<std::uint64_t> ready;
  std::deque<std::uint64_t> delayed;  ///< active tokens that wait for their `due`
  TimePoint next_delay = TimePoint::max();
  TimePoint rate_due = TimePoint::min();   ///< when the contract lets the next part go
  TimePoint query_due = TimePoint::min();  ///< when the next query_sm may go
  std::uint32_t journaling = 0;            ///< slots whose intents are on the way
  std::uint32_t on_wire = 0;               ///< parts without an answer
  std::vector<BindId> binds;
  std::size_t next_bind = 0;
  throttle::SlidingLog log;
  throttle::AdaptiveRate adaptive;
  std::array<smpp::EncodingProfile, 5> profiles;  ///< by smpp::EncodingRequest
  smpp::MessageIdProfile ids;
  ReceiptReader receipts;
  std::deque<TimePoint> laid_early;  ///< receipts laid into the map before their id: until when each may lie
  std::uint16_t reference = 0;       ///< of the last long message
  std::uint32_t transmit_binds_up = 0;
  std::uint32_t window_total = 0;  ///< of the bound transmitting binds
  TimePoint down_since = TimePoint::min();
  bool paused = false;
  // How fast it really goes, for the size of its queue.
  std::uint64_t written_second = 0, written_before = 0;
  TimePoint second_start = TimePoint::min();
  std::array<std::int64_t, kLanes> backlog{};  ///< messages in its backlogs of our partitions
  TimePoint last_routed = TimePoint::min();    ///< when a message was last meant for it
  OperatorCounters counters;
};

}  // namespace anchal::core
