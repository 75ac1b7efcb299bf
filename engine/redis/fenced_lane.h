#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/store.h"
#include "engine/redis/reply_reader.h"
#include "engine/redis/resp_connection.h"

namespace anchal::redis {

/// Fenced transactions on one connection (design.md §5). The fence keys of all partitions that use the lane
/// are watched ahead: WATCH and MGET travel right behind each EXEC, so that the next transaction needs no
/// round trip to be fenced. What the loop turn gathered, of however many partitions, leaves as one MULTI …
/// EXEC; while it is under way the next batch gathers. A nil EXEC did nothing: the fences are looked at
/// again, whose value changed is told `fenced`, the rest is sent once more.
///
/// Where a transaction asks for replicas, WAIT travels behind the arming, as it must on the connection that
/// wrote: whoever asks hears when it is answered, the others of its batch at once. What is sent meanwhile
/// lies at Redis until then.
///
/// A full Redis refuses every transaction (EXECABORT for OOM). Those that settle then go through a script
/// that checks the fence itself and whose first write, an XTRIM that removes nothing, opens the door
/// (reference §6).
///
/// Two partitions in one EXEC suit a single Redis; a cluster needs a lane per slot.
class FencedLane {
 public:
  using OnAnswer = std::function<void(const core::StoreAnswer&)>;

  /// Both outlive the lane. Answers come from inside pump() and from the connection's callbacks.
  FencedLane(RespConnection& connection, OnAnswer on_answer);

  /// Queues; sent by the next pump().
  void take(core::Transaction&& transaction);
  /// Sends what may be sent now. Once per loop turn, before the connection flushes, while it is up.
  void pump();
  /// The connection is lost and has told so: what was not sent is refused, nothing is armed.
  void on_down();

  std::size_t waiting() const {
    return queue_.size() + batch_.size() + confirming_.size() + scripted_.size();
  }

  /// Bytes of commands that wait for their EXEC to be sent. The caller keeps them bounded.
  std::size_t waiting_bytes() const { return queued_bytes_; }

  struct Statistics {
    std::uint64_t transactions = 0, batches = 0, commands = 0, broken_watches = 0, fenced = 0,
                  refused_full = 0, scripts = 0, waits = 0;
  };
  const Statistics& statistics() const { return statistics_; }
  /// Redis was full at the last look.
  bool full() const { return full_; }

 private:
  struct Fence {
    core::PartitionId partition = 0;
    std::string key;
    std::string journal_key;
    std::optional<std::uint64_t> value;  // as read by arming number `read_by`; nothing: no such key
    std::uint64_t read_by = 0;
    bool held = false;  // unchanged since it was read, or the next EXEC fails
    bool used = true;   // false: told fenced, not watched until the partition comes again
  };
  struct Queued {
    core::Transaction transaction;
    std::uint64_t armings_before = 0;  // sent when it came: only a later one may condemn it
  };

  struct Confirming {
    Queued queued;
    std::vector<core::Reply> replies;  // of its commands, in confirming_arena_
  };

  Fence& fence_of(core::PartitionId partition);
  bool take_scripted();
  bool take_batch(std::vector<core::Ticket>& fenced);
  void send_batch();
  void send_arming(bool watches_something);
  void send_wait(std::chrono::milliseconds most);
  void send_scripts();
  void on_exec(const RespConnection::Answer& answer);
  void on_armed(const RespConnection::Answer& answer);
  void on_waited(const RespConnection::Answer& answer);
  void on_script(const RespConnection::Answer& answer);
  void on_aborted(std::vector<Queued> batch, std::span<const core::Reply> replies);
  void script_or_refuse(std::vector<Queued> batch);
  Queued pop();
  void requeue(std::vector<Queued> batch);
  void refuse_all(std::string_view error);
  void tell(const Queued& queued, core::StoreOutcome outcome, std::string_view error = {},
            std::span<const core::Reply> replies = {}, const core::Reply* replicas = nullptr);
  void meet_server_error(const RedisErrorClass& what, std::string_view error);

  RespConnection& connection_;
  OnAnswer on_answer_;
  std::vector<Fence> fences_;
  std::vector<std::size_t> arming_;  // indices of fences_ that the arming under way looks at
  std::deque<Queued> queue_;
  std::size_t queued_bytes_ = 0;        // of queue_
  std::vector<Queued> batch_;           // EXEC under way
  std::vector<Confirming> confirming_;  // done, WAIT under way: no EXEC is answered before it
  ReplyArena confirming_arena_;
  std::deque<Queued> scripted_;  // scripts under way, in order
  bool arming_under_way_ = false;
  std::uint64_t armings_ = 0;
  bool full_ = false;
  unsigned scripts_since_probe_ = 0;
  Statistics statistics_;
};

}  // namespace anchal::redis
