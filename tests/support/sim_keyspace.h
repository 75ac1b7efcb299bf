#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/store.h"
#include "tests/support/sim_reply.h"
#include "tests/support/sim_values.h"

namespace anchal::sim {

/// One command of a core::Commands list.
class Arguments {
 public:
  Arguments(const core::Commands& commands, std::size_t index)
      : commands_(&commands), index_(index), size_(commands.arguments(index)) {}
  std::size_t size() const { return size_; }
  std::string_view operator[](std::size_t at) const { return commands_->argument(index_, at); }

 private:
  const core::Commands* commands_;
  std::size_t index_;
  std::size_t size_;
};

/// The keys and values of a Redis 7.0, and the commands of core::StorePort on them, with Redis' replies and
/// error strings. No clock, no connections: `wall_ms` comes with each call. Two of these fed with the same
/// commands hold the same data, which is how replication is simulated.
class Keyspace {
 public:
  struct Verb;

  /// Executes one command. Its reply lives in `arena`.
  core::Reply execute(const Arguments& arguments, std::int64_t wall_ms, ReplyArena& arena);

  /// What Redis knows about a command before it runs it: nullptr when it is not in StorePort's list.
  static const Verb* verb(std::string_view name);
  static bool writes(const Verb& verb);
  static bool needs_memory(const Verb& verb);  ///< refused at maxmemory
  static bool arity_fits(const Verb& verb, std::size_t arguments);

  /// The id of the last XADD, for replication.
  EntryId last_added() const { return last_added_; }

  // For checkers: keys in order, without expiring anything.
  const std::map<std::string, Object, std::less<>>& objects() const { return objects_; }
  template <class Value>
  const Value* get(std::string_view key) const {
    const auto found = objects_.find(key);
    return found == objects_.end() ? nullptr : std::get_if<Value>(&found->second.value);
  }

 private:
  using Reply = core::Reply;
  using Handler = Reply (Keyspace::*)(const Arguments&);

  Object* find(std::string_view key);
  /// The value of a key as one type. `missing` tells an absent key from one of another type (an error reply).
  template <class Value>
  Value* typed(std::string_view key, bool& wrong_type);
  template <class Value>
  Value* typed_or_new(std::string_view key);
  void erase(std::string_view key);
  Reply wrong_type() {
    return arena_->error("WRONGTYPE Operation against a key holding the wrong kind of value");
  }
  Reply wrong_arity(std::string_view verb);
  Reply entry_reply(const StreamEntry& entry);

  // sim_keyspace.cpp
  Reply get_(const Arguments& in);
  Reply set_(const Arguments& in);
  Reply del_(const Arguments& in);
  Reply incr_(const Arguments& in);
  Reply expire_(const Arguments& in);
  Reply publish_(const Arguments& in);
  // sim_keyspace_stream.cpp
  Reply xadd_(const Arguments& in);
  Reply xlen_(const Arguments& in);
  Reply xread_(const Arguments& in);
  Reply xrange_(const Arguments& in);
  Reply xtrim_(const Arguments& in);
  // sim_keyspace_collections.cpp
  Reply hset_(const Arguments& in);
  Reply hsetnx_(const Arguments& in);
  Reply hget_(const Arguments& in);
  Reply hmget_(const Arguments& in);
  Reply hgetall_(const Arguments& in);
  Reply hdel_(const Arguments& in);
  Reply hincrby_(const Arguments& in);
  Reply hlen_(const Arguments& in);
  Reply hscan_(const Arguments& in);
  Reply zadd_(const Arguments& in);
  Reply zrem_(const Arguments& in);
  Reply zrangebyscore_(const Arguments& in);
  Reply zcard_(const Arguments& in);
  Reply sadd_(const Arguments& in);
  Reply srem_(const Arguments& in);
  Reply smembers_(const Arguments& in);

  static const std::vector<Verb>& verbs();

  std::map<std::string, Object, std::less<>> objects_;
  EntryId last_added_;
  ReplyArena* arena_ = nullptr;  // of the command being executed
  std::int64_t wall_ms_ = 0;
};

struct Keyspace::Verb {
  std::string_view name;
  int arity;  ///< as Redis counts: the verb included, negative = at least
  bool writes;
  bool needs_memory;
  Handler handler;
};

/// Redis' string2ll: no sign but '-', no spaces, no leading zeros.
bool parse_integer(std::string_view text, std::int64_t& value);

template <class Value>
Value* Keyspace::typed(std::string_view key, bool& wrong_type) {
  Object* const object = find(key);
  wrong_type = false;
  if (object == nullptr) return nullptr;
  auto* const value = std::get_if<Value>(&object->value);
  wrong_type = value == nullptr;
  return value;
}

template <class Value>
Value* Keyspace::typed_or_new(std::string_view key) {
  Object* const object = find(key);
  if (object != nullptr) return std::get_if<Value>(&object->value);
  return &objects_.emplace(std::string(key), Object{Value{}, -1})
              .first->second.value.template emplace<Value>();
}

}  // namespace anchal::sim
