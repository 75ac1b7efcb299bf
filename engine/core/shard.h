#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/binds.h"
#include "engine/core/config.h"
#include "engine/core/counters.h"
#include "engine/core/partition/knowledge.h"
#include "engine/core/poison/suspects.h"
#include "engine/core/store.h"
#include "engine/core/time.h"
#include "throttle/policy/policy_table.h"

namespace anchal::core {

/// Which shard of its process this is. The shards of all engines on one Redis share the partitions evenly.
struct ShardPlace {
  std::uint16_t index = 0;
  std::uint16_t count = 1;
  std::uint64_t seed = 0;     ///< of back-off jitter; the same seed and events give the same actions (law 8)
  InHand* in_hand = nullptr;  ///< where it writes what it has in hand; null: nobody reads it
  /// An end without a word leaves nothing of `in_hand`: after another owner's, entries are announced in Redis
  /// before they are read.
  bool announces = false;
};

/// Describes one bind to whoever makes the connections.
struct BindInfo {
  BindId id = 0;
  std::uint16_t operator_index = 0;  ///< into Config::operators
  std::uint16_t number = 0;          ///< 0 … binds-1 within operator and shard
  std::string label;                 ///< "alpha-1", "alpha-1-rx": for metrics and logs
};

/// The deterministic dispatcher of one event loop: events and an instant in, actions out through two ports
/// (design.md §4). It owns partitions by lease, reads their streams, plans and queues messages, journals
/// intents, passes the gate, writes submit_sm into binds, settles results and reconciles receipts.
///
/// Drive it so: deliver everything that happened in a loop turn through the on_… calls, then call turn()
/// once; sleep until next_deadline() or the next event. One thread only. Nothing here blocks, throws or reads
/// a clock.
class Shard {
 public:
  /// `config` must outlive the shard. Ports may be called from start(), turn() and the on_… calls.
  Shard(const Config& config, ShardPlace place, StorePort& store, BindPort& binds);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  std::span<const BindInfo> binds() const;

  /// What an earlier life of this engine knew of partitions (knowledge() of then), and the name that the data
  /// bear (keys::kInstallation; empty: none is known): a Redis that was emptied is given it again. Before
  /// start().
  void remember(const KnowledgeMap& known, std::string installation);
  /// So far the partitions had come that this shard knows of; to be kept where Redis' fate does not reach it.
  KnowledgeMap knowledge() const;

  void start(Now now);

  /// Before start(): what earlier processes had in hand as they ended. Redis is told before any partition is
  /// claimed, so that whoever takes it knows (design.md §5 "Takeover").
  void tell_endings(std::vector<Ending> endings);
  /// Redis has them: they need not be told again.
  bool endings_told() const;

  /// SIGTERM: stop reading, empty the windows, hand everything else back, unbind, give up the leases.
  void drain(Now now);
  /// True when nothing is left to do: windows empty, results settled, leases released, binds closed.
  bool drained() const;

  void on_store_up(const StoreHistory& history, Now now);
  void on_store_down(Now now);
  void on_store_answer(const StoreAnswer& answer, Now now);

  /// Which part of its maxmemory Redis uses; NaN: there is no limit. Tell it every second or so.
  void on_store_pressure(double used);
  /// So many replicas follow it. Tell it behind on_store_up(), and every second or so.
  void on_store_replicas(std::size_t online);

  void on_connected(BindId bind, Now now);
  void on_bytes(BindId bind, std::span<const std::byte> bytes, Now now);
  void on_writable(BindId bind, Now now);
  void on_closed(BindId bind, std::string_view reason, Now now);

  /// The policy in force from this very call on, compiled against names(). Binds whose bytes written under
  /// the old policy have not left the kernel yet are reset by policy_settled().
  void on_policy(throttle::PolicyTable table, Now now);
  /// The current policy was confirmed again: it holds until `valid_until`, then restricted categories stop.
  void confirm_policy(TimePoint valid_until);
  /// True when nothing written under an older policy is still unsent: the shard may acknowledge the epoch.
  /// Until `deadline` it waits for the kernel; after it, it resets the binds in question.
  bool policy_settled(TimePoint deadline, Now now);

  /// The ids that waiting messages carry; PolicyTable::compile interns the names of rules here. This loop
  /// only.
  throttle::Names& names();

  /// An operator switched off or on by hand: paused, nothing is taken from its queue.
  void pause_operator(std::string_view name, bool paused, Now now);

  /// Ends the loop turn: reads, queues, journals, writes, settles. At most one write per bind.
  void turn(Now now);
  /// What the last turn wrote has left by `at`. Where turns take no time it need not be called.
  void written(TimePoint at);
  TimePoint next_deadline() const;

  /// Numbers as of the last turn; valid until the next call. Walks the waiting places: call it at most a few
  /// times a second.
  const Counters& counters(Now now);

  /// Events worth a log line since the last call (binds up and down, take-overs, fenced transactions, refused
  /// jobs with reason): no numbers of recipients, no texts (law 7).
  struct Notice {
    enum class Level : std::uint8_t { info, warning, error } level = Level::info;
    std::string text;
  };
  std::vector<Notice> take_notices();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anchal::core
