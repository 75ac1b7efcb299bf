#include "engine/core/reply_shape.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace anchal::core {

namespace {

using Type = Reply::Type;

enum class Shape : std::uint8_t { integer, text_or_nil, values, texts, pairs, scan, entries, streams };

struct Row {
  std::string_view verb;
  Shape shape;
};
/// Every command listed at StorePort; those that are asked most stand first.
constexpr std::array kRows{
    Row{"HSETNX", Shape::integer},   Row{"HDEL", Shape::integer},        Row{"HMGET", Shape::values},
    Row{"HSET", Shape::integer},     Row{"XREAD", Shape::streams},       Row{"GET", Shape::text_or_nil},
    Row{"XADD", Shape::text_or_nil}, Row{"HGET", Shape::text_or_nil},    Row{"SET", Shape::text_or_nil},
    Row{"DEL", Shape::integer},      Row{"INCR", Shape::integer},        Row{"PEXPIRE", Shape::integer},
    Row{"XLEN", Shape::integer},     Row{"XRANGE", Shape::entries},      Row{"XREVRANGE", Shape::entries},
    Row{"XTRIM", Shape::integer},    Row{"HGETALL", Shape::pairs},       Row{"HINCRBY", Shape::integer},
    Row{"HLEN", Shape::integer},     Row{"HSCAN", Shape::scan},          Row{"ZADD", Shape::integer},
    Row{"ZREM", Shape::integer},     Row{"ZRANGEBYSCORE", Shape::texts}, Row{"SADD", Shape::integer},
};

bool is_text(const Reply& reply) {
  return reply.type == Type::text;
}

bool are_texts(const Reply& reply) {
  return reply.type == Type::array && std::ranges::all_of(reply.array(), is_text);
}

bool are_pairs(const Reply& reply) {
  return are_texts(reply) && reply.size % 2 == 0;
}

bool are_entries(const Reply& reply) {
  return reply.type == Type::array && std::ranges::all_of(reply.array(), [](const Reply& entry) {
           return entry.type == Type::array && entry.size == 2 && is_text(entry.elements[0]) &&
                  are_pairs(entry.elements[1]);
         });
}

bool are_streams(const Reply& reply) {
  return reply.is_nil() ||
         (reply.type == Type::array && std::ranges::all_of(reply.array(), [](const Reply& stream) {
            return stream.type == Type::array && stream.size == 2 && is_text(stream.elements[0]) &&
                   are_entries(stream.elements[1]);
          }));
}

/// `asked`: arguments of the command, its verb included.
bool fits(Shape shape, const Reply& reply, std::size_t asked) {
  switch (shape) {
    case Shape::integer:
      return reply.type == Type::integer;
    case Shape::text_or_nil:
      return is_text(reply) || reply.is_nil();
    case Shape::values:  // HMGET key field…
      return reply.type == Type::array && reply.size + 2 == asked &&
             std::ranges::all_of(reply.array(), [](const Reply& r) { return is_text(r) || r.is_nil(); });
    case Shape::texts:
      return are_texts(reply);
    case Shape::pairs:
      return are_pairs(reply);
    case Shape::scan:
      return reply.type == Type::array && reply.size == 2 && is_text(reply.elements[0]) &&
             are_pairs(reply.elements[1]);
    case Shape::entries:
      return are_entries(reply);
    case Shape::streams:
      return are_streams(reply);
  }
  return false;
}

}  // namespace

bool answers(const Commands& commands, std::span<const Reply> replies) {
  if (replies.size() != commands.count()) return false;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto row = std::ranges::find(kRows, commands.argument(i, 0), &Row::verb);
    if (row == kRows.end() || !fits(row->shape, replies[i], commands.arguments(i))) return false;
  }
  return true;
}

}  // namespace anchal::core
