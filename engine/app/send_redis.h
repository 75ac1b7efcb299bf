#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/app/redis_address.h"
#include "engine/net/tls_context.h"
#include "smpp/time.h"

struct redisReply;

namespace anchal::app {

/// One connection to Redis for tools that may wait: plain, TLS or a Unix socket, commands pipelined, replies
/// in order. Not for the engine, whose store is engine/redis.
class RedisPipe {
 public:
  using OnReply = std::function<void(const redisReply&)>;

  /// Connects, authenticates and selects the database; where sentinels are given, to the primary that they
  /// name, `timeout` for each address tried. The error names host and port, never credentials.
  static std::expected<std::unique_ptr<RedisPipe>, std::string> connect(const RedisAddress& address,
                                                                        const net::TlsSettings& tls,
                                                                        Duration timeout);
  ~RedisPipe();

  /// Whether the sentinels of `address` still name the Redis that this is connected to. Also true where there
  /// are none, or none answers: the connection is as good as any then.
  [[nodiscard]] bool still_named(const RedisAddress& address, Duration timeout) const;

  RedisPipe(const RedisPipe&) = delete;
  RedisPipe& operator=(const RedisPipe&) = delete;

  /// Queues a command. Nothing leaves before drain() or ask().
  void command(std::span<const std::string_view> words);
  void command(std::initializer_list<std::string_view> words) {
    command(std::span(words.begin(), words.size()));
  }

  [[nodiscard]] std::size_t unanswered() const;
  [[nodiscard]] std::size_t queued_octets() const;

  /// Sends what is queued and hands each reply to `on_reply`, until at most `left` are unanswered. The error
  /// is a lost connection or `timeout` without any reply.
  std::expected<void, std::string> drain(std::size_t left, const OnReply& on_reply,
                                         Duration timeout = std::chrono::seconds(30));

  /// One command and its reply, when nothing else is unanswered. An error reply is an error.
  std::expected<void, std::string> ask(std::initializer_list<std::string_view> words, const OnReply& on_reply,
                                       Duration timeout = std::chrono::seconds(30));

 private:
  struct Impl;
  using TlsContext = std::shared_ptr<const net::TlsContext>;
  using Connected = std::expected<std::unique_ptr<RedisPipe>, std::string>;
  static Connected connect_to(const RedisAddress& address, const TlsContext& tls, Duration timeout);
  static Connected connect_to_primary(const RedisAddress& address, const TlsContext& tls, Duration timeout);
  explicit RedisPipe(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace anchal::app
