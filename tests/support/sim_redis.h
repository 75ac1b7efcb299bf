#pragma once

#include <algorithm>
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
#include "tests/support/sim_random.h"

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
  /// Who reads more entries of streams than so many is told that the answer is too large; 0: never.
  void set_entries_max(std::size_t entries) { entries_max_ = entries; }
  /// No process listens: connections are refused.
  void set_down(bool down) { down_ = down; }
  bool down() const { return down_; }
  /// A hub is told that its write was not done.
  bool takes_writes() const { return !full_ && !down_ && !read_only_ && refusal_.empty(); }
  /// Reads are answered, writes refused, as by a replica that was a primary.
  void set_read_only(bool read_only) { read_only_ = read_only; }
  bool read_only() const { return read_only_; }
  /// Without scripts a full Redis refuses what settles as well: there is no other way past maxmemory.
  void set_scripts(bool available) { scripts_ = available; }
  bool scripts() const { return scripts_; }
  /// The server does nothing until then (an fsync, a fork, a slow command): what arrives waits.
  void stall(TimePoint until) { stalled_until_ = std::max(stalled_until_, until); }
  TimePoint stalled_until() const { return stalled_until_; }

  /// From now on a replica follows that is `lag` behind.
  void replicate(Duration lag);
  Duration replica_lag() const { return lag_; }
  /// The replica answers WAIT, after a time between these two. Otherwise it does not count as online.
  void let_confirm(Duration least, Duration most);
  std::size_t online_replicas() const { return replica_ && confirm_max_ > Duration(0) ? 1 : 0; }
  /// WAIT: how long it takes until the replica has all that was written so far.
  Duration time_to_confirm(Random& random) const { return random.between(confirm_min_, confirm_max_); }
  /// The replica has all that was written until then; a failover forgets none of it.
  void confirm(TimePoint until);
  /// What was written later is forgotten by a failover now.
  TimePoint replicated_to() const { return std::max(confirmed_to_, clock_.now() - lag_); }
  /// The replica becomes the server: what was written in the last `lag` never was.
  void fail_over();
  /// The process starts again from its append-only file, without what was written in the last `lost` (of a
  /// replica's lag at most).
  void restart(Duration lost);
  /// A copy of the data as it is now, for restore().
  std::shared_ptr<const Keyspace> backup() const { return std::make_shared<const Keyspace>(data_); }
  /// The process starts again from a backup.
  void restore(const Keyspace& backup);
  /// Everything is gone, as after FLUSHALL.
  void flush();
  /// Changes with every failover and restart, which no connection outlives.
  core::StoreHistory history() const;
  /// Which process answers: a request that was on its way to another is lost.
  std::uint64_t process() const { return statistics_.failovers + statistics_.restarts; }

  const Keyspace& data() const { return data_; }
  const SimClock& clock() const { return clock_; }

  struct Publication {
    std::string channel;
    std::string payload;
  };
  const std::vector<Publication>& publications() const { return publications_; }

  /// Told of every stream entry in the moment it is added.
  std::function<void(std::string_view key, const StreamEntry& entry)> on_added;
  /// Told of every write that was done.
  std::function<void(const Arguments& command)> on_written;
  /// Told of every read that was answered.
  std::function<void(const Arguments& command)> on_read;
  /// Told when all commands of a request were done, a transaction or a pipeline.
  std::function<void()> on_done;
  /// Told of every command that a failover forgets, in their order.
  std::function<void(const core::Commands& command)> on_forgotten;

  struct Statistics {
    std::uint64_t requests = 0, commands = 0, transactions = 0, fenced = 0, refused_full = 0;
    std::uint64_t replies_wrong = 0;  ///< commands that answered an error
    std::uint64_t failed_in_transaction = 0;
    std::uint64_t outside_contract = 0;  ///< commands StorePort does not list, or reads inside a transaction
    std::uint64_t failovers = 0, restarts = 0, forgotten = 0;
    std::uint64_t refused_read_only = 0, stalled = 0;
    std::uint64_t waits_confirmed = 0;
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
  void forget_after(TimePoint until);

  SimClock& clock_;
  Keyspace data_;
  bool full_ = false;
  bool read_only_ = false, down_ = false;
  bool scripts_ = true;
  std::size_t entries_max_ = 0;
  std::string refusal_;
  TimePoint stalled_until_ = TimePoint::min();
  std::unique_ptr<Keyspace> replica_;
  Duration lag_{0};
  Duration confirm_min_{0}, confirm_max_{0};
  TimePoint confirmed_to_ = TimePoint::min();
  std::deque<Logged> log_;
  std::vector<Publication> publications_;
  std::unique_ptr<ReplyArena> own_arena_;
  Statistics statistics_;
  std::string first_outside_contract_;
};

}  // namespace anchal::sim
