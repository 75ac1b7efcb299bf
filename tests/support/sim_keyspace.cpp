#include "tests/support/sim_keyspace.h"

#include <charconv>
#include <limits>
#include <string>

namespace anchal::sim {

const std::vector<Keyspace::Verb>& Keyspace::verbs() {
  static const std::vector<Verb> table{
      {"GET", 2, false, false, &Keyspace::get_},
      {"SET", -3, true, true, &Keyspace::set_},
      {"DEL", -2, true, false, &Keyspace::del_},
      {"INCR", 2, true, true, &Keyspace::incr_},
      {"EXPIRE", 3, true, false, &Keyspace::expire_},
      {"PEXPIRE", 3, true, false, &Keyspace::expire_},
      {"PUBLISH", 3, true, false, &Keyspace::publish_},
      {"XADD", -5, true, true, &Keyspace::xadd_},
      {"XLEN", 2, false, false, &Keyspace::xlen_},
      {"XREAD", -4, false, false, &Keyspace::xread_},
      {"XRANGE", -4, false, false, &Keyspace::xrange_},
      {"XREVRANGE", -4, false, false, &Keyspace::xrange_},
      {"XTRIM", -4, true, false, &Keyspace::xtrim_},
      {"HSET", -4, true, true, &Keyspace::hset_},
      {"HSETNX", 4, true, true, &Keyspace::hsetnx_},
      {"HGET", 3, false, false, &Keyspace::hget_},
      {"HMGET", -3, false, false, &Keyspace::hmget_},
      {"HGETALL", 2, false, false, &Keyspace::hgetall_},
      {"HDEL", -3, true, false, &Keyspace::hdel_},
      {"HINCRBY", 4, true, true, &Keyspace::hincrby_},
      {"HLEN", 2, false, false, &Keyspace::hlen_},
      {"HSCAN", -3, false, false, &Keyspace::hscan_},
      {"ZADD", -4, true, true, &Keyspace::zadd_},
      {"ZREM", -3, true, false, &Keyspace::zrem_},
      {"ZRANGEBYSCORE", -4, false, false, &Keyspace::zrangebyscore_},
      {"ZCARD", 2, false, false, &Keyspace::zcard_},
      {"SADD", -3, true, true, &Keyspace::sadd_},
      {"SREM", -3, true, false, &Keyspace::srem_},
      {"SMEMBERS", 2, false, false, &Keyspace::smembers_},
  };
  return table;
}

const Keyspace::Verb* Keyspace::verb(std::string_view name) {
  static const auto* const by_name = [] {
    auto* const map = new std::map<std::string_view, const Verb*>();
    for (const Verb& verb : verbs()) map->emplace(verb.name, &verb);
    return map;
  }();
  const auto found = by_name->find(name);
  return found == by_name->end() ? nullptr : found->second;
}

bool Keyspace::writes(const Verb& verb) {
  return verb.writes;
}
bool Keyspace::needs_memory(const Verb& verb) {
  return verb.needs_memory;
}
bool Keyspace::arity_fits(const Verb& verb, std::size_t arguments) {
  return verb.arity >= 0 ? arguments == static_cast<std::size_t>(verb.arity)
                         : arguments >= static_cast<std::size_t>(-verb.arity);
}

core::Reply Keyspace::execute(const Arguments& arguments, std::int64_t wall_ms, ReplyArena& arena) {
  arena_ = &arena;
  wall_ms_ = wall_ms;
  const Verb* const known = verb(arguments[0]);
  if (known == nullptr) {
    return arena.error("ERR unknown command '" + std::string(arguments[0]) + "', with args beginning with: ");
  }
  if (!arity_fits(*known, arguments.size())) return wrong_arity(known->name);
  return (this->*known->handler)(arguments);
}

Object* Keyspace::find(std::string_view key) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return nullptr;
  if (found->second.expires_at_ms >= 0 && wall_ms_ > found->second.expires_at_ms) {
    objects_.erase(found);
    return nullptr;
  }
  return &found->second;
}

void Keyspace::erase(std::string_view key) {
  const auto found = objects_.find(key);
  if (found != objects_.end()) objects_.erase(found);
}

core::Reply Keyspace::wrong_arity(std::string_view verb) {
  std::string lower(verb);
  for (char& c : lower) c = static_cast<char>(c | 0x20);
  return arena_->error("ERR wrong number of arguments for '" + lower + "' command");
}

bool parse_integer(std::string_view text, std::int64_t& value) {
  if (text.empty() || text == "-") return false;
  const std::string_view digits = text.front() == '-' ? text.substr(1) : text;
  if (digits.front() < '0' || digits.front() > '9') return false;
  if (digits.front() == '0' && text.size() > 1) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

core::Reply Keyspace::get_(const Arguments& in) {
  bool other = false;
  const auto* const value = typed<std::string>(in[1], other);
  if (other) return wrong_type();
  return value == nullptr ? ReplyArena::nil() : arena_->text(*value);
}

core::Reply Keyspace::set_(const Arguments& in) {
  bool only_new = false, only_old = false;
  std::string_view lifetime;
  for (std::size_t i = 3; i < in.size(); ++i) {
    if (in[i] == "NX" && !only_old) {
      only_new = true;
    } else if (in[i] == "XX" && !only_new) {
      only_old = true;
    } else if (in[i] == "PX" && lifetime.empty() && i + 1 < in.size()) {
      lifetime = in[++i];
    } else {
      return arena_->error("ERR syntax error");
    }
  }
  std::int64_t milliseconds = 0;
  if (!lifetime.empty()) {
    if (!parse_integer(lifetime, milliseconds))
      return arena_->error("ERR value is not an integer or out of range");
    if (milliseconds <= 0 || milliseconds > std::numeric_limits<std::int64_t>::max() - wall_ms_) {
      return arena_->error("ERR invalid expire time in 'set' command");
    }
  }
  const bool exists = find(in[1]) != nullptr;
  if ((only_new && exists) || (only_old && !exists)) return ReplyArena::nil();
  objects_.insert_or_assign(std::string(in[1]),
                            Object{std::string(in[2]), lifetime.empty() ? -1 : wall_ms_ + milliseconds});
  return arena_->text("OK");
}

core::Reply Keyspace::del_(const Arguments& in) {
  std::int64_t removed = 0;
  for (std::size_t i = 1; i < in.size(); ++i) {
    if (find(in[i]) == nullptr) continue;
    erase(in[i]);
    ++removed;
  }
  return ReplyArena::number(removed);
}

core::Reply Keyspace::incr_(const Arguments& in) {
  Object* const object = find(in[1]);
  if (object == nullptr) {
    objects_.emplace(std::string(in[1]), Object{std::string("1"), -1});
    return ReplyArena::number(1);
  }
  auto* const text = std::get_if<std::string>(&object->value);
  if (text == nullptr) return wrong_type();
  std::int64_t value = 0;
  if (!parse_integer(*text, value)) return arena_->error("ERR value is not an integer or out of range");
  if (value == std::numeric_limits<std::int64_t>::max()) {
    return arena_->error("ERR increment or decrement would overflow");
  }
  *text = std::to_string(value + 1);
  return ReplyArena::number(value + 1);
}

core::Reply Keyspace::expire_(const Arguments& in) {
  std::int64_t lifetime = 0;
  if (!parse_integer(in[2], lifetime)) return arena_->error("ERR value is not an integer or out of range");
  const bool seconds = in[0] == "EXPIRE";
  constexpr auto kLongest = std::numeric_limits<std::int64_t>::max();
  if (lifetime > (seconds ? kLongest / 1000 : kLongest) ||
      lifetime < (seconds ? -kLongest / 1000 : -kLongest) ||
      (seconds ? lifetime * 1000 : lifetime) > kLongest - wall_ms_) {
    return arena_->error(seconds ? "ERR invalid expire time in 'expire' command"
                                 : "ERR invalid expire time in 'pexpire' command");
  }
  Object* const object = find(in[1]);
  if (object == nullptr) return ReplyArena::number(0);
  if (lifetime <= 0) {
    erase(in[1]);
  } else {
    object->expires_at_ms = wall_ms_ + (seconds ? lifetime * 1000 : lifetime);
  }
  return ReplyArena::number(1);
}

core::Reply Keyspace::publish_(const Arguments&) {
  return ReplyArena::number(0);
}

}  // namespace anchal::sim
