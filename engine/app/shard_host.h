#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/app/in_hand_file.h"
#include "engine/app/log.h"
#include "engine/app/policy_service.h"
#include "engine/core/shard.h"
#include "engine/redis/resp_connection.h"

namespace anchal::metrics {
class Shard;
}

namespace anchal::app {

/// One bind as status shows it.
struct BindStatus {
  std::string label;
  std::uint16_t operator_index = 0;
  bool up = false;
  bool dormant = false;
  std::uint32_t window_used = 0, window = 0;
};

/// What a shard last said of itself; a few times a second.
struct ShardStatus {
  core::Counters counters;
  std::vector<BindStatus> binds;
  bool store_up = false;
  core::KnowledgeMap known;  ///< what must outlive Redis, and us (knowledge_file.h)
};

/// What the shards of one engine share; must outlive them.
struct ShardSurroundings {
  const AppConfig& config;
  Log& log;
  redis::RedisSettings redis;
  std::vector<std::shared_ptr<const net::TlsContext>> operator_tls;  ///< by operator; null: plain
  std::string installation;                 ///< the name of the data in Redis; empty: not known
  core::KnowledgeMap known;                 ///< from an earlier life of the engine
  std::function<void()> on_settled;         ///< any shard's thread: an epoch is settled
  std::function<void(std::string)> on_bug;  ///< any shard's thread: an exception came out of a loop
  InHandFile* in_hand = nullptr;
};

/// One core::Shard on a thread and event loop of its own, with its store and its binds: delivers what
/// happened in a loop turn, then ends the turn once (engine/core/shard.h). The shard starts with the first
/// policy: no message is judged under none.
class ShardHost {
 public:
  ShardHost(const ShardSurroundings& surroundings, core::ShardPlace place, metrics::Shard& cells);
  /// Ends the thread at once if it still runs; windows are not emptied.
  ~ShardHost();
  ShardHost(const ShardHost&) = delete;
  ShardHost& operator=(const ShardHost&) = delete;

  void start();

  /// Any thread from here on.
  void apply(std::shared_ptr<const PolicySnapshot> snapshot, TimePoint valid_until);
  void confirm(TimePoint valid_until);
  std::uint64_t settled_epoch() const { return settled_epoch_.load(std::memory_order_acquire); }

  /// SIGTERM: empty the windows, hand back, unbind. The loop ends when that is done.
  void drain();
  /// When its loop last turned; it does so several times a second.
  TimePoint last_turn() const { return TimePoint(Duration(last_turn_.load(std::memory_order_relaxed))); }
  /// Redis knows how our predecessors ended.
  bool endings_told() const { return endings_told_.load(std::memory_order_acquire); }
  bool finished() const { return finished_.load(std::memory_order_acquire); }

  /// How much of its maxmemory Redis uses (NaN: there is no limit), and how many replicas follow it.
  void tell_store(double memory_used, std::size_t replicas);

  /// Null before the shard has started.
  std::shared_ptr<const ShardStatus> status() const;

 private:
  class Driver;
  void run();

  const ShardSurroundings& surroundings_;
  const core::ShardPlace place_;
  std::atomic<std::uint64_t> settled_epoch_ = 0;
  std::atomic<bool> finished_ = false;
  std::atomic<bool> endings_told_ = false;
  std::atomic<Duration::rep> last_turn_ = 0;
  std::atomic<double> memory_used_ = std::numeric_limits<double>::quiet_NaN();
  mutable std::mutex status_mutex_;
  std::shared_ptr<const ShardStatus> status_;
  std::unique_ptr<Driver> driver_;
  std::thread thread_;
};

}  // namespace anchal::app
