#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "tests/support/sim_keyspace.h"

namespace anchal::sim {
namespace {

/// Above this HSCAN goes in steps. Lower than Redis' own default, so that short runs see cursors too.
constexpr std::size_t kListpackFields = 64;

bool parse_score(std::string_view text, double& value) {
  if (text.empty() || std::string_view(" \t\n\v\f\r").find(text.front()) != std::string_view::npos)
    return false;
  const std::string terminated(text);
  char* end = nullptr;
  value = std::strtod(terminated.c_str(), &end);
  return end == terminated.c_str() + terminated.size() && !std::isnan(value);
}

std::string score_text(double score) {
  char digits[64];
  if (std::isinf(score)) return score > 0 ? "inf" : "-inf";
  std::snprintf(digits, sizeof digits, "%.17g", score);
  return digits;
}

struct ScoreBound {
  double score = 0;
  bool exclusive = false;
};

/// More lenient than parse_score, as Redis is: leading spaces pass, nothing at all is 0.
bool parse_score_bound(std::string_view text, ScoreBound& bound) {
  bound.exclusive = !text.empty() && text.front() == '(';
  const std::string terminated(bound.exclusive ? text.substr(1) : text);
  char* end = nullptr;
  bound.score = std::strtod(terminated.c_str(), &end);
  return end == terminated.c_str() + terminated.size() && !std::isnan(bound.score);
}

}  // namespace

core::Reply Keyspace::hset_(const Arguments& in) {
  if (in.size() % 2 != 0) return wrong_arity("HSET");
  auto* const hash = typed_or_new<Hash>(in[1]);
  if (hash == nullptr) return wrong_type();
  std::int64_t fresh = 0;
  for (std::size_t i = 2; i < in.size(); i += 2) fresh += hash->set(in[i], in[i + 1]) ? 1 : 0;
  return ReplyArena::number(fresh);
}

core::Reply Keyspace::hsetnx_(const Arguments& in) {
  auto* const hash = typed_or_new<Hash>(in[1]);
  if (hash == nullptr) return wrong_type();
  if (hash->find(in[2]) != hash->fields.end()) return ReplyArena::number(0);
  hash->set(in[2], in[3]);
  return ReplyArena::number(1);
}

core::Reply Keyspace::hget_(const Arguments& in) {
  bool other = false;
  const auto* const hash = typed<Hash>(in[1], other);
  if (other) return wrong_type();
  if (hash == nullptr) return ReplyArena::nil();
  const auto found = hash->find(in[2]);
  return found == hash->fields.end() ? ReplyArena::nil() : arena_->text(found->second);
}

core::Reply Keyspace::hmget_(const Arguments& in) {
  bool other = false;
  const auto* const hash = typed<Hash>(in[1], other);
  if (other) return wrong_type();
  const auto values = arena_->array(in.size() - 2);
  if (hash == nullptr) return ReplyArena::list(values);
  for (std::size_t i = 2; i < in.size(); ++i) {
    const auto found = hash->find(in[i]);
    if (found != hash->fields.end()) values[i - 2] = arena_->text(found->second);
  }
  return ReplyArena::list(values);
}

core::Reply Keyspace::hgetall_(const Arguments& in) {
  bool other = false;
  const auto* const hash = typed<Hash>(in[1], other);
  if (other) return wrong_type();
  if (hash == nullptr) return ReplyArena::list({});
  const auto pairs = arena_->array(hash->fields.size() * 2);
  std::size_t at = 0;
  for (const auto& [field, value] : hash->fields) {
    pairs[at++] = arena_->text(field.second);
    pairs[at++] = arena_->text(value);
  }
  return ReplyArena::list(pairs);
}

core::Reply Keyspace::hdel_(const Arguments& in) {
  bool other = false;
  auto* const hash = typed<Hash>(in[1], other);
  if (other) return wrong_type();
  if (hash == nullptr) return ReplyArena::number(0);
  std::int64_t removed = 0;
  for (std::size_t i = 2; i < in.size(); ++i) {
    const auto found = hash->find(in[i]);
    if (found == hash->fields.end()) continue;
    hash->fields.erase(found);
    ++removed;
  }
  if (hash->fields.empty()) erase(in[1]);
  return ReplyArena::number(removed);
}

core::Reply Keyspace::hincrby_(const Arguments& in) {
  std::int64_t by = 0;
  if (!parse_integer(in[3], by)) return arena_->error("ERR value is not an integer or out of range");
  auto* const hash = typed_or_new<Hash>(in[1]);
  if (hash == nullptr) return wrong_type();
  std::int64_t value = 0;
  const auto found = hash->find(in[2]);
  if (found != hash->fields.end() && !parse_integer(found->second, value)) {
    return arena_->error("ERR hash value is not an integer");
  }
  if (__builtin_add_overflow(value, by, &value)) {
    return arena_->error("ERR increment or decrement would overflow");
  }
  hash->set(in[2], std::to_string(value));
  return ReplyArena::number(value);
}

core::Reply Keyspace::hlen_(const Arguments& in) {
  bool other = false;
  const auto* const hash = typed<Hash>(in[1], other);
  if (other) return wrong_type();
  return ReplyArena::number(hash == nullptr ? 0 : static_cast<std::int64_t>(hash->fields.size()));
}

core::Reply Keyspace::hscan_(const Arguments& in) {
  std::uint64_t cursor = 0;
  const auto [end, error] = std::from_chars(in[2].data(), in[2].data() + in[2].size(), cursor);
  if (error != std::errc{} || end != in[2].data() + in[2].size()) return arena_->error("ERR invalid cursor");
  std::int64_t count = 10;
  if (in.size() > 3) {
    if (in.size() != 5 || in[3] != "COUNT") return arena_->error("ERR syntax error");
    if (!parse_integer(in[4], count)) return arena_->error("ERR value is not an integer or out of range");
    if (count < 1) return arena_->error("ERR syntax error");
  }
  bool other = false;
  const auto* const hash = typed<Hash>(in[1], other);
  if (other) return wrong_type();

  std::string_view next = "0";
  std::string next_text;
  std::span<core::Reply> pairs;
  if (hash != nullptr) {
    const bool whole = hash->fields.size() <= kListpackFields;
    const auto first = hash->fields.lower_bound(
        Hash::Before::View(whole ? 0 : static_cast<std::uint32_t>(cursor), std::string_view()));
    auto last = first;
    std::size_t taken = 0;
    // Fields of the same order go together: the cursor cannot stand between them.
    for (std::uint32_t order = 0; last != hash->fields.end(); ++last, ++taken) {
      if (!whole && taken >= static_cast<std::size_t>(count) && last->first.first != order) break;
      order = last->first.first;
    }
    if (last != hash->fields.end()) next = next_text = std::to_string(last->first.first);
    pairs = arena_->array(taken * 2);
    std::size_t at = 0;
    for (auto field = first; field != last; ++field) {
      pairs[at++] = arena_->text(field->first.second);
      pairs[at++] = arena_->text(field->second);
    }
  }
  const auto reply = arena_->array(2);
  reply[0] = arena_->text(next);
  reply[1] = ReplyArena::list(pairs);
  return ReplyArena::list(reply);
}

core::Reply Keyspace::zadd_(const Arguments& in) {
  if (in.size() % 2 != 0) return arena_->error("ERR syntax error");
  std::vector<double> scores((in.size() - 2) / 2);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!parse_score(in[2 + i * 2], scores[i])) return arena_->error("ERR value is not a valid float");
  }
  auto* const set = typed_or_new<SortedSet>(in[1]);
  if (set == nullptr) return wrong_type();
  std::int64_t fresh = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const auto [at, added] = set->scores.try_emplace(std::string(in[3 + i * 2]), scores[i]);
    if (added) {
      ++fresh;
    } else {
      set->order.erase({at->second, at->first});
      at->second = scores[i];
    }
    set->order.emplace(at->second, at->first);
  }
  return ReplyArena::number(fresh);
}

core::Reply Keyspace::zrem_(const Arguments& in) {
  bool other = false;
  auto* const set = typed<SortedSet>(in[1], other);
  if (other) return wrong_type();
  if (set == nullptr) return ReplyArena::number(0);
  std::int64_t removed = 0;
  for (std::size_t i = 2; i < in.size(); ++i) {
    const auto found = set->scores.find(in[i]);
    if (found == set->scores.end()) continue;
    set->order.erase({found->second, found->first});
    set->scores.erase(found);
    ++removed;
  }
  if (set->scores.empty()) erase(in[1]);
  return ReplyArena::number(removed);
}

core::Reply Keyspace::zrangebyscore_(const Arguments& in) {
  bool with_scores = false;
  std::int64_t offset = 0, limit = -1;
  for (std::size_t i = 4; i < in.size(); ++i) {
    if (in[i] == "WITHSCORES") {
      with_scores = true;
    } else if (in[i] == "LIMIT" && i + 2 < in.size()) {
      if (!parse_integer(in[i + 1], offset) || !parse_integer(in[i + 2], limit)) {
        return arena_->error("ERR value is not an integer or out of range");
      }
      i += 2;
    } else {
      return arena_->error("ERR syntax error");
    }
  }
  ScoreBound low, high;
  if (!parse_score_bound(in[2], low) || !parse_score_bound(in[3], high)) {
    return arena_->error("ERR min or max is not a float");
  }
  bool other = false;
  const auto* const set = typed<SortedSet>(in[1], other);
  if (other) return wrong_type();
  if (set == nullptr || offset < 0) return ReplyArena::list({});

  std::vector<const std::pair<double, std::string>*> members;
  for (auto at = set->order.lower_bound({low.score, std::string()}); at != set->order.end(); ++at) {
    if (at->first > high.score || (high.exclusive && at->first == high.score)) break;
    if (low.exclusive && at->first == low.score) continue;
    if (offset-- > 0) continue;
    if (limit >= 0 && static_cast<std::int64_t>(members.size()) >= limit) break;
    members.push_back(&*at);
  }
  const auto rows = arena_->array(members.size() * (with_scores ? 2 : 1));
  std::size_t row = 0;
  for (const auto* const member : members) {
    rows[row++] = arena_->text(member->second);
    if (with_scores) rows[row++] = arena_->text(score_text(member->first));
  }
  return ReplyArena::list(rows);
}

core::Reply Keyspace::zcard_(const Arguments& in) {
  bool other = false;
  const auto* const set = typed<SortedSet>(in[1], other);
  if (other) return wrong_type();
  return ReplyArena::number(set == nullptr ? 0 : static_cast<std::int64_t>(set->scores.size()));
}

core::Reply Keyspace::sadd_(const Arguments& in) {
  auto* const set = typed_or_new<Set>(in[1]);
  if (set == nullptr) return wrong_type();
  std::int64_t fresh = 0;
  for (std::size_t i = 2; i < in.size(); ++i) fresh += set->emplace(in[i]).second ? 1 : 0;
  return ReplyArena::number(fresh);
}

core::Reply Keyspace::srem_(const Arguments& in) {
  bool other = false;
  auto* const set = typed<Set>(in[1], other);
  if (other) return wrong_type();
  if (set == nullptr) return ReplyArena::number(0);
  std::int64_t removed = 0;
  for (std::size_t i = 2; i < in.size(); ++i) {
    const auto found = set->find(in[i]);
    if (found == set->end()) continue;
    set->erase(found);
    ++removed;
  }
  if (set->empty()) erase(in[1]);
  return ReplyArena::number(removed);
}

core::Reply Keyspace::smembers_(const Arguments& in) {
  bool other = false;
  const auto* const set = typed<Set>(in[1], other);
  if (other) return wrong_type();
  if (set == nullptr) return ReplyArena::list({});
  const auto members = arena_->array(set->size());
  std::size_t at = 0;
  for (const auto& member : *set) members[at++] = arena_->text(member);
  return ReplyArena::list(members);
}

}  // namespace anchal::sim
