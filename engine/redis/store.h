#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/store.h"
#include "engine/net/hooks.h"
#include "engine/redis/fenced_lane.h"
#include "engine/redis/resp_connection.h"

namespace anchal::redis {

/// What became of Redis between two connections; both false at the first.
struct StoreUp {
  ServerIdentity identity;
  bool other_process = false;  // restarted: what was not on its disk is gone
  bool other_history = false;  // another replication id: a failover may have forgotten the last writes
};

/// core::StorePort on a real Redis. Two connections: one for fenced transactions and pipelines, one for bulk
/// reads, whose large replies would delay the others. What a loop turn asked for leaves in one write each at
/// its end. Lost connections come back by themselves, with backoff; nothing is ever repeated on its own: what
/// may have been done is told `unknown`.
///
/// The store is up while the first connection is; without the second one, or while that one has met another
/// server (a failover), bulk reads go over the first. On loss, the answers to everything unanswered come
/// before on_down.
///
/// One loop, its thread. Callbacks come only from the loop and must not destroy the store.
class Store final : public core::StorePort {
 public:
  struct Callbacks {
    std::function<void(const StoreUp&)> on_up = nullptr;
    /// Every failed attempt and every loss of the first connection; `fatal` asks for a person.
    std::function<void(const DownReason&)> on_down = nullptr;
    std::function<void(const core::StoreAnswer&)> on_answer = nullptr;
  };

  /// `seed` is for the jitter of reconnects.
  Store(net::Loop& loop, const RedisSettings& settings, Callbacks callbacks, std::uint64_t seed);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  void start();
  /// Ends both connections. Unanswered requests are dropped without a call.
  void stop();
  bool up() const { return main_.up(); }

  void transact(core::Transaction&& transaction) override;
  void execute(core::Pipeline&& pipeline) override;

  /// Redis is at maxmemory, as far as the last transaction could tell.
  bool full() const { return lane_.full(); }
  const ServerIdentity& identity() const { return main_.identity(); }
  /// For logs: where the store is connected to.
  std::string label() const { return main_.label(); }

  struct Statistics {
    RespConnection::Statistics main, bulk;
    FencedLane::Statistics transactions;
    std::uint64_t pipelines = 0, bulk_reads = 0, refused = 0;
    std::size_t waiting_bytes = 0, unanswered = 0, waiting_transactions = 0;
  };
  Statistics statistics() const;

 private:
  void on_main_up(const ServerIdentity& identity);
  void on_main_down(const DownReason& reason);
  bool bulk_is_same() const;
  void compare_bulk();
  struct Retried;
  void on_pipeline(core::Ticket ticket, const RespConnection::Answer& given);
  void on_settling_pipeline(const std::shared_ptr<Retried>& retried, const RespConnection::Answer& given);
  void on_script(const Retried& retried, const RespConnection::Answer& given);
  void refuse_later(core::Ticket ticket, std::string_view why);
  void tell_refusals();
  void answer(const core::StoreAnswer& told);

  Callbacks callbacks_;
  net::TurnHook pump_hook_;  // made before the connections: their hooks write what this one encodes
  RespConnection main_;
  RespConnection bulk_;
  FencedLane lane_;
  net::Deferred refusals_later_;
  std::size_t waiting_bytes_max_;
  std::vector<std::pair<core::Ticket, std::string_view>> refusals_;
  ServerIdentity last_identity_;
  Statistics statistics_;
};

}  // namespace anchal::redis
