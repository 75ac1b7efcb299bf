#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/config.h"

namespace anchal::app {

class RedisPipe;

/// A reply of Redis that owns its text.
struct OwnedReply {
  enum class Type : std::uint8_t { nil, integer, text, error, array };
  Type type = Type::nil;
  std::int64_t integer = 0;
  std::string text = {};
  std::vector<OwnedReply> elements = {};

  bool is_nil() const { return type == Type::nil; }
  bool is_error() const { return type == Type::error; }
};

enum class ControlFailure : std::uint8_t {
  unreachable,  ///< no connection, or lost: the command may have been done
  refused,      ///< Redis answered with an error
  conflict,     ///< a guarded change was overtaken again and again
};

struct ControlError {
  ControlFailure kind = ControlFailure::unreachable;
  std::string text;  ///< for a log line; no secrets
};

template <class T>
using ControlResult = std::expected<T, ControlError>;

using RedisCommand = std::vector<std::string>;

/// Redis for the control plane: policy, audit, fleet, look-ups for people. Blocking, any thread, one caller
/// at a time; connects at first use, again after a loss, and to another Redis when sentinels name one. Not
/// for messages: those go through core::StorePort.
class ControlStore {
 public:
  explicit ControlStore(const RedisSettings& settings, Duration timeout = std::chrono::seconds(5));
  ~ControlStore();
  ControlStore(const ControlStore&) = delete;
  ControlStore& operator=(const ControlStore&) = delete;

  /// One command. An error reply is the error `refused`.
  ControlResult<OwnedReply> ask(const RedisCommand& command);
  /// Many commands in one round trip, each with its own reply (single ones may be errors).
  ControlResult<std::vector<OwnedReply>> ask_all(const std::vector<RedisCommand>& commands);
  /// Many commands in one MULTI; the replies are those of the commands.
  ControlResult<std::vector<OwnedReply>> transact(const std::vector<RedisCommand>& commands);
  /// The same, and it goes through when Redis is full: then as a script, which a full Redis lets pass once
  /// its first write has run (engine/redis/settle_script.h).
  ControlResult<std::vector<OwnedReply>> settle(const std::vector<RedisCommand>& commands);

  /// Read, decide, write as one step: `keys` are watched, `read` is asked, `decide` turns its replies into
  /// the commands of a MULTI, or into nothing to leave all as it is. Tried anew when a watched key changed.
  /// The result says whether something was written. Passes a full Redis too; what is read then must answer
  /// with texts.
  using Decide = std::function<std::optional<std::vector<RedisCommand>>(const std::vector<OwnedReply>&)>;
  ControlResult<bool> change(const std::vector<std::string>& keys, const std::vector<RedisCommand>& read,
                             const Decide& decide);

  /// Waits up to `patience` for an entry of a stream after `id`; nothing when none came.
  ControlResult<std::optional<std::string>> wait_for_entry(const std::string& stream, const std::string& id,
                                                           Duration patience);

 private:
  void look_around();
  ControlResult<std::vector<OwnedReply>> round_trip(const std::vector<RedisCommand>& commands,
                                                    Duration timeout);
  ControlResult<std::vector<OwnedReply>> change_though_full(const std::vector<std::string>& keys,
                                                            const std::vector<RedisCommand>& read,
                                                            const std::vector<OwnedReply>& answers,
                                                            const std::vector<RedisCommand>& commands,
                                                            bool& changed);
  ControlResult<std::vector<OwnedReply>> transact_locked(const std::vector<RedisCommand>& commands,
                                                         bool& aborted);

  const RedisSettings settings_;
  const Duration timeout_;
  std::mutex mutex_;
  std::unique_ptr<RedisPipe> pipe_;
  TimePoint looked_at_{};
};

}  // namespace anchal::app
