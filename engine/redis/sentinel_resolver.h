#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/store.h"
#include "engine/redis/redis_url.h"

namespace anchal::redis {

/// Which sentinel to ask for the primary, and what to believe. Sentinels are asked in turn until one names a
/// Redis that proves to be the primary: one that is down, silent, ignorant or behind the times costs a
/// question, not the search. A round ends when all were asked in vain; the next one may begin after a pause.
///
/// Holds no socket and reads no clock: PrimaryFinder does what it says.
class SentinelResolver {
 public:
  using Endpoint = RedisUrl::Endpoint;

  explicit SentinelResolver(const RedisUrl& url);

  /// A new round, beginning with the sentinel that was right last time.
  void begin();
  /// Whom to ask now; nothing: the round ended in vain, failure() says why.
  const Endpoint* sentinel() const;
  /// This sentinel cannot be reached, or says nothing.
  void on_silence(const std::string& why);
  /// The reply to SENTINEL get-master-addr-by-name. Nothing: it is of no use, ask the next one. An address
  /// that was refuted in this round is of no use either.
  std::optional<Endpoint> on_reply(const core::Reply& reply);
  /// What this sentinel named is not a usable primary.
  void on_refuted(const std::string& why);
  /// It is the primary.
  void on_confirmed();

  /// One line: what each sentinel of the round was good for.
  const std::string& failure() const { return failure_; }

 private:
  void dismiss(const std::string& why);

  std::vector<Endpoint> sentinels_;  // the one to begin with in front
  std::string group_;
  std::size_t asked_ = 0;
  std::optional<Endpoint> named_;
  std::vector<Endpoint> refuted_;
  std::string failure_;
};

}  // namespace anchal::redis
