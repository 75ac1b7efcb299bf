#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/time.h"

namespace anchal::core {

using PartitionId = std::uint16_t;

/// Names one request at the store; the core chooses it, the answer carries it back. Never reused in a
/// process.
using Ticket = std::uint64_t;

/// A list of Redis commands as flat arguments: no allocation per argument, cheap to append and to encode as
/// RESP. Copies share their octets until one of them is changed, so that whoever asks can keep what the store
/// sends. The store accepts exactly the commands listed at StorePort; the simulated store implements the same
/// list.
class Commands {
 public:
  /// Starts the next command; further arguments follow with arg().
  Commands& command(std::string_view verb);
  Commands& arg(std::string_view text);
  Commands& arg(std::int64_t number);
  /// Appends an argument whose bytes the caller fills in at once (packed records, outcome bodies).
  /// The returned reference is valid until the next call on this object; append to it only.
  std::string& open_arg();
  void close_arg();

  std::size_t count() const { return data_ ? data_->starts.size() : 0; }
  bool empty() const { return count() == 0; }
  std::size_t bytes() const { return data_ ? data_->text.size() : 0; }
  std::size_t arguments(std::size_t command) const;
  std::string_view argument(std::size_t command, std::size_t index) const;
  void clear();
  void append(const Commands& other);

 private:
  struct Data {
    std::string text;
    std::vector<std::uint32_t> ends;    // end offset of each argument in text
    std::vector<std::uint32_t> starts;  // index into ends of each command's first argument
  };
  Data& own() {
    if (!data_ || data_.use_count() > 1) detach();
    return *data_;
  }
  void detach();

  std::shared_ptr<Data> data_;
};

/// Atomic and fenced: applied whole and in the order of submission if and only if the partition's fence key
/// holds `fence`; otherwise nothing is done. A partition's transactions commit in the order they were given.
struct Transaction {
  Ticket ticket = 0;
  PartitionId partition = 0;
  std::uint64_t fence = 0;
  /// Must go through even when Redis is at maxmemory (settles, finals, heartbeats: design.md §5 "Full
  /// Redis"). Without it a full Redis answers StoreOutcome::full and nothing is done.
  bool settles = false;
  /// Not 0: once it is done a replica is asked whether it has it, and the answer comes when one does, or
  /// after so long. What else goes to Redis may wait for that too.
  std::chrono::milliseconds replica_wait{0};
  Commands commands;
};

inline constexpr std::string_view kAnswerTooLarge = "the answer is too large to be taken";
/// The same reads of half as many entries or fields, one at least (XREAD COUNT, HMGET).
Commands half_of(const Commands& reads);

/// Not atomic, not fenced; executed in order, each command with its own reply. Reads, receipt map, claims.
/// Requests of one partition's transactions and pipelines have no order among each other unless the core
/// waits for the first answer before it asks the second.
struct Pipeline {
  Ticket ticket = 0;
  /// Reads of bulk data (XREAD, XRANGE, HSCAN) may take a connection of their own so that they delay no
  /// write. One whose answer is too large to be taken is refused with kAnswerTooLarge: ask for less.
  bool bulk_read = false;
  /// As Transaction::settles (receipt map, inbox). A full Redis may do removals twice, and tell the second.
  bool settles = false;
  Commands commands;
};

enum class StoreOutcome : std::uint8_t {
  ok,       ///< committed / every command answered (single commands may still have answered an error)
  fenced,   ///< the fence key no longer holds the given value: the partition is someone else's. Nothing done
  full,     ///< maxmemory reached and the request was not `settles`. Nothing done
  unknown,  ///< the connection went away with the request on its way: done, or not done
  refused,  ///< Redis answered with an error for the whole (READONLY, LOADING, NOPERM, …). Nothing done
};

/// Which data a store holds. A changed replication id means a failover, a changed run id another process: in
/// both cases the last writes may be forgotten (design.md §5 "Failover of Redis").
struct StoreHistory {
  std::string run_id;
  std::string replication_id;
  std::string name() const { return run_id + "/" + replication_id; }
  friend bool operator==(const StoreHistory&, const StoreHistory&) = default;
};

/// One reply as a tree of views, valid only during the call that delivers it.
struct Reply {
  enum class Type : std::uint8_t { nil, integer, text, error, array };
  Type type = Type::nil;
  std::int64_t integer = 0;
  std::string_view text;            // text (bulk or status) and error
  const Reply* elements = nullptr;  // array
  std::size_t size = 0;

  bool is_nil() const { return type == Type::nil; }
  bool is_error() const { return type == Type::error; }
  std::span<const Reply> array() const { return {elements, size}; }
};

/// The core's port to Redis. Both calls only take the request; answers come later, never from inside the
/// call, through Shard::on_store_answer. While the store is down requests are refused at once with `unknown`
/// (transactions that may have left) or `refused` (that certainly did not).
///
/// Commands used: GET SET (with PX, NX, XX) DEL INCR PEXPIRE · XADD XLEN XREAD (COUNT, STREAMS) XRANGE
/// XREVRANGE XTRIM MINID (=) · HSET HSETNX HGET HMGET HGETALL HDEL HINCRBY HLEN HSCAN · ZADD ZREM
/// ZRANGEBYSCORE (WITHSCORES, LIMIT) · SADD. Inside a transaction: writes only. WAIT is the store's own,
/// behind transactions that have a replica_wait.
class StorePort {
 public:
  virtual ~StorePort() = default;
  virtual void transact(Transaction&& transaction) = 0;
  virtual void execute(Pipeline&& pipeline) = 0;
};

/// The answer to one Transaction or Pipeline. `replies` has one element per command when outcome is ok.
struct StoreAnswer {
  Ticket ticket = 0;
  StoreOutcome outcome = StoreOutcome::ok;
  std::span<const Reply> replies;
  std::string_view error;  // refused: Redis' own words, without arguments
  /// Of a transaction with a replica_wait that is ok: how many replicas have it. 0: none said so in time;
  /// with an `error`: none could be asked.
  std::int64_t replicas = 0;
};

}  // namespace anchal::core
