#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "engine/net/hooks.h"
#include "engine/net/stream.h"
#include "engine/net/timer.h"
#include "engine/redis/redis_url.h"
#include "engine/redis/reply_reader.h"
#include "engine/redis/sentinel_resolver.h"

namespace anchal::redis {

struct SentinelSettings {
  RedisUrl url;  // of Mode::sentinel
  std::string username;
  std::string password;
  std::shared_ptr<const net::TlsContext> tls = nullptr;  // for rediss+sentinel://
  Duration timeout = std::chrono::seconds(1);            // for a sentinel's answer, connecting included
};

/// Asks sentinels over the network what SentinelResolver wants to know, one short connection a question. Who
/// gets an address connects to it, and says what it proved to be: refute() goes on to the next sentinel,
/// confirm() remembers the one that was right. One loop; callbacks come only from it and may call anything
/// but the destructor.
class PrimaryFinder {
 public:
  struct Callbacks {
    std::function<void(const RedisUrl::Endpoint&)> on_found = nullptr;
    std::function<void(const std::string& why)> on_failed = nullptr;  // the round ended in vain
  };

  PrimaryFinder(net::Loop& loop, SentinelSettings settings, Callbacks callbacks);
  PrimaryFinder(const PrimaryFinder&) = delete;
  PrimaryFinder& operator=(const PrimaryFinder&) = delete;

  /// A new round; what was under way ends.
  void begin();
  void refute(const std::string& why);
  void confirm();
  void stop();

 private:
  void ask();
  void put_question();
  void on_data(std::span<const std::byte> bytes);
  void give_up(const std::string& why);

  SentinelSettings settings_;
  Callbacks callbacks_;
  SentinelResolver resolver_;
  net::Stream stream_;
  net::Timer patience_;
  net::Deferred fail_later_;
  ReplyReader reader_;
};

}  // namespace anchal::redis
