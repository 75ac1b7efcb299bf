#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/core/store.h"
#include "engine/net/hooks.h"
#include "engine/net/stream.h"
#include "engine/net/timer.h"
#include "engine/redis/primary_finder.h"
#include "engine/redis/redis_url.h"
#include "engine/redis/reply_reader.h"
#include "engine/redis/resp_writer.h"
#include "engine/redis/server_identity.h"
#include "throttle/rate/backoff.h"

namespace anchal::redis {

struct RedisSettings {
  RedisUrl url;
  std::string username;  // these two go before what the URL says, where they are not empty
  std::string password;
  std::string sentinel_username;  // for sentinels; without a password they get the two of Redis
  std::string sentinel_password;
  std::shared_ptr<const net::TlsContext> tls = nullptr;  // for rediss://
  std::string client_name = "anchal";                    // shown by CLIENT LIST; no blanks
  Duration connect_timeout = std::chrono::seconds(5);
  Duration sentinel_timeout = std::chrono::seconds(1);
  // While connected the sentinels are asked so often: after a failover by hand they leave the old primary as
  // it is for ten seconds, and what it is told meanwhile is forgotten. 0: never.
  Duration sentinel_interval = std::chrono::seconds(1);
  Duration command_timeout = std::chrono::seconds(5);  // silence while an answer is owed ends the connection
  throttle::BackoffConfig reconnect = {.initial = std::chrono::milliseconds(50),
                                       .max = std::chrono::seconds(5)};
  std::size_t output_bytes_max = std::size_t{64} << 20;  // requests that the kernel has not taken
  std::size_t answer_bytes_max = std::size_t{256} << 20;
};

/// Why a connection is not there (any more), for a log line and for the caller's decision.
struct DownReason {
  std::string text;    // names the address; no credentials, no arguments
  bool fatal = false;  // no use to wait: wrong password, version, eviction policy, rights
  Duration retry_in{0};
};

/// What of the settings is for the sentinels.
SentinelSettings sentinel_settings(const RedisSettings& settings);

/// One connection to one Redis, kept alive: connects, authenticates, names itself, checks the server, and
/// comes back with backoff whenever it was lost. Where the URL names sentinels they are asked at every
/// attempt which Redis it is; an attempt has failed when none of them named a primary. When they name another
/// one the connection moves there. Requests are lists of commands whose replies come back together, in order.
/// Everything asked for in a loop turn leaves in one write at its end. Lives on one loop; callbacks come only
/// from the loop, and must not destroy the connection.
class RespConnection {
 public:
  /// What is known about a request that was not answered.
  enum class Fate : std::uint8_t {
    answered,
    too_large,    // done, and what came is more than answer_bytes_max: only of whoever said that it may be
    unsent,       // its last byte never left: a transaction was not done, nor a single command
    partly_sent,  // some commands may have been done
    sent,         // done or not done
  };
  struct Answer {
    Fate fate;
    std::span<const core::Reply> replies;  // one per command when answered; valid during the call
  };
  using OnAnswer = std::function<void(const Answer&)>;

  struct Callbacks {
    std::function<void(const ServerIdentity&)> on_up = nullptr;
    /// After every failed attempt and every loss; unanswered requests have been told before.
    std::function<void(const DownReason&)> on_down = nullptr;
  };

  RespConnection(net::Loop& loop, RedisSettings settings, Callbacks callbacks, std::uint64_t seed);
  ~RespConnection();
  RespConnection(const RespConnection&) = delete;
  RespConnection& operator=(const RespConnection&) = delete;

  /// Begins to connect and never gives up until stop().
  void start();
  /// Ends the connection and the attempts. Unanswered requests are dropped without a call.
  void stop();
  bool up() const { return state_ == State::up; }

  /// Room for another request? False while down, or when the kernel takes nothing and the buffer is full.
  bool accepts() const;
  /// A request: write its commands, then commit. Only when accepts(), one at a time.
  RespWriter& write();
  /// An answer that is too large ends the connection, unless the request `may_be_large`.
  void commit(OnAnswer on_answer, bool may_be_large = false);

  /// Drops the connection and connects anew, for errors that say this server is the wrong one.
  void reconnect(const std::string& why);

  const ServerIdentity& identity() const { return identity_; }
  /// Where it is connected to, or tries to be.
  const RedisUrl::Endpoint& endpoint() const { return endpoint_; }
  /// For logs: the address, with sentinels the group and whom they named.
  std::string label() const;

  struct Statistics {
    std::uint64_t commands = 0, writes = 0, bytes_out = 0, bytes_in = 0, connects = 0, losses = 0;
  };
  const Statistics& statistics() const { return statistics_; }
  std::size_t waiting_bytes() const { return out_.size() - sent_; }
  std::size_t unanswered() const { return pending_.size(); }

 private:
  enum class State : std::uint8_t { stopped, waiting, searching, connecting, greeting, up };
  struct Pending {
    std::size_t replies;
    std::uint64_t begins;  // in bytes since the connection began
    std::uint64_t ends;
    OnAnswer on_answer;
    bool may_be_large;
  };

  void attempt();
  void connect(const RedisUrl::Endpoint& endpoint);
  void on_named(const RedisUrl::Endpoint& endpoint);
  void on_none_named(const std::string& why);
  void watch_sentinels();
  void greet();
  void on_greeted(const Answer& answer, std::size_t courtesy);
  void on_policy(const Answer& answer);
  void come_up();
  void on_data(std::span<const std::byte> bytes);
  void flush();
  void on_silence();
  void watch_silence();
  void drop(State next);
  void lose(std::string why, bool fatal);
  void fail_unanswered();
  Fate fate_of(const Pending& pending) const;

  net::Loop& loop_;
  RedisSettings settings_;
  Callbacks callbacks_;
  State state_ = State::stopped;
  throttle::Backoff backoff_;
  net::Stream stream_;
  std::optional<PrimaryFinder> finder_;  // with sentinels
  RedisUrl::Endpoint endpoint_;
  net::Timer look_;  // for the sentinels' opinion while up
  net::Timer retry_;
  net::Timer silence_;
  net::TurnHook flush_hook_;
  net::Deferred lose_later_;
  std::string lose_why_;
  ReplyReader reader_;
  bool answer_open_ = false;
  std::string out_;
  std::size_t sent_ = 0;       // of out_
  std::uint64_t base_ = 0;     // bytes of this connection before out_
  std::size_t begins_at_ = 0;  // in out_, of the request being written
  RespWriter writer_;
  std::size_t written_before_ = 0;
  std::deque<Pending> pending_;
  TimePoint last_progress_{};
  bool silent_once_ = false;
  ServerIdentity identity_;
  Statistics statistics_;
};

}  // namespace anchal::redis
