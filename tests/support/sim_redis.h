#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/store.h"
#include "tests/support/sim_clock.h"
#include "tests/support/sim_keyspace.h"

namespace anchal::sim {

/// What one request came to at the server; the reply trees live in `arena`.
struct Executed {
  core::StoreOutcome outcome = core::StoreOutcome::ok;
  std::vector<core::Reply> replies;
  std::string error;
  std::unique_ptr<ReplyArena> arena;
};

/// One simulated redis-server: the data, and everything that may go wrong at the server's side. Any number of
/// SimulatedStore clients share it. Executes at the instant it is called; the clients add the network.
class SimRedis {
 public:
  explicit SimRedis(SimClock& clock) : clock_(clock) {}

  Executed transact(const core::Transaction& transaction);
  Executed execute(const core::Commands& commands, bool settles = false);
  /// One command as another client of Redis would send it (a hub's XADD, a test's look): never refused. The
  /// reply is valid until the next call.
  core::Reply run(std::initializer_list<std::string_view> arguments);

  /// maxmemory reached: what needs memory is refused, but for settling transactions.
  void set_full(bool full) { full_ = full; }
  bool full() const { return full_; }
  /// Every request is answered with this error (LOADING, READONLY, NOPERM …); empty: no more.
  void set_refusal(std::string words) { refusal_ = std::move(words); }
  bool refusing() const { return !refusal_.empty(); }

  /// From now on a replica follows that is `lag` behind.
  void replicate(Duration lag);
  /// The replica becomes the server: what was written in the last `lag` never was.
  void fail_over();
  /// Everything is gone, as after FLUSHALL.
  void flush();
  /// Changes with every failover, which no connection outlives.
  core::StoreHistory history() const;

  const Keyspace& data() const { return data_; }
  const SimClock& clock() const { return clock_; }

  struct Publication {
    std::string channel;
    std::string payload;
  };
  const std::vector<Publication>& publications() const { return publications_; }

  /// Told of every stream entry in the moment it is added.
  std::function<void(std::string_view key, const StreamEntry& entry)> on_added;
  /// Told of every command that a failover forgets, in their order.
  std::function<void(const core::Commands& command)> on_forgotten;

  struct Statistics {
    std::uint64_t requests = 0, commands = 0, transactions = 0, fenced = 0, refused_full = 0;
    std::uint64_t replies_wrong = 0;  ///< commands that answered an error
    std::uint64_t failed_in_transaction = 0;
    std::uint64_t outside_contract = 0;  ///< commands StorePort does not list, or reads inside a transaction
    std::uint64_t failovers = 0, forgotten = 0;
  };
  const Statistics& statistics() const { return statistics_; }
  /// The first command that was outside StorePort's contract, for the report of the test that finds it.
  const std::string& first_outside_contract() const { return first_outside_contract_; }

 private:
  struct Logged {
    TimePoint at;
    std::int64_t wall_ms;
    core::Commands command;
  };

  core::Reply apply(const Arguments& arguments, ReplyArena& arena);
  void outside(const Arguments& arguments);
  void follow(const Arguments& arguments);
  void catch_up(TimePoint until);

  SimClock& clock_;
  Keyspace data_;
  bool full_ = false;
  std::string refusal_;
  std::unique_ptr<Keyspace> replica_;
  Duration lag_{0};
  std::deque<Logged> log_;
  std::vector<Publication> publications_;
  std::unique_ptr<ReplyArena> own_arena_;
  Statistics statistics_;
  std::string first_outside_contract_;
};

}  // namespace anchal::sim
