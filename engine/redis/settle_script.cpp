#include "engine/redis/settle_script.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace anchal::redis {

namespace {

/// Lua's unpack() fails above about 8,000 values.
constexpr std::size_t kArgumentsMax = 7900;

// ARGV, after the fence: for each command its number of arguments, then these.
constexpr std::string_view kFenced =
    "if redis.call('GET',KEYS[1])~=ARGV[1] then return false end "
    "redis.call('XTRIM',KEYS[2],'MINID','0') "
    "local o,i={},2 "
    "while i<=#ARGV do local n=tonumber(ARGV[i]) o[#o+1]=redis.pcall(unpack(ARGV,i+1,i+n)) i=i+n+1 end "
    "return o";
// The XTRIM may meet a key of another type: that it was a write is all that counts.
constexpr std::string_view kPlain =
    "redis.pcall('XTRIM',KEYS[1],'MINID','0') "
    "local o,i={},1 "
    "while i<=#ARGV do local n=tonumber(ARGV[i]) o[#o+1]=redis.pcall(unpack(ARGV,i+1,i+n)) i=i+n+1 end "
    "return o";

constexpr std::string_view kNeedMemory[] = {"SET",    "INCR",    "XADD", "HSET",
                                            "HSETNX", "HINCRBY", "ZADD", "SADD"};

void write_command(RespWriter& writer, const core::Commands& commands, std::size_t index) {
  const std::size_t count = commands.arguments(index);
  writer.bulk(std::to_string(count));
  for (std::size_t i = 0; i < count; ++i) {
    writer.bulk(commands.argument(index, i));
  }
}

std::size_t script_arguments(const core::Commands& commands, std::span<const std::size_t> indices) {
  return std::accumulate(
      indices.begin(), indices.end(), std::size_t{0},
      [&commands](std::size_t sum, std::size_t i) { return sum + 1 + commands.arguments(i); });
}

}  // namespace

bool fits_script(const core::Commands& commands) {
  for (std::size_t i = 0; i < commands.count(); ++i) {
    if (commands.arguments(i) > kArgumentsMax) {
      return false;
    }
  }
  return true;
}

bool needs_memory(std::string_view verb) {
  return std::ranges::find(kNeedMemory, verb) != std::end(kNeedMemory);
}

void write_fenced_script(RespWriter& writer, std::string_view fence_key, std::string_view journal_key,
                         std::uint64_t fence, const core::Commands& commands) {
  std::vector<std::size_t> all(commands.count());
  std::iota(all.begin(), all.end(), std::size_t{0});
  writer.begin(6 + script_arguments(commands, all));
  for (const std::string_view text :
       {std::string_view("EVAL"), kFenced, std::string_view("2"), fence_key, journal_key}) {
    writer.bulk(text);
  }
  writer.bulk(std::to_string(fence));
  for (const std::size_t i : all) {
    write_command(writer, commands, i);
  }
}

std::string_view fenced_script() {
  return kFenced;
}

std::string_view plain_script() {
  return kPlain;
}

void write_plain_script(RespWriter& writer, const core::Commands& commands,
                        std::span<const std::size_t> indices) {
  writer.begin(4 + script_arguments(commands, indices));
  const std::size_t first = indices.front();
  const std::string_view key =
      commands.arguments(first) > 1 ? commands.argument(first, 1) : std::string_view();
  for (const std::string_view text : {std::string_view("EVAL"), kPlain, std::string_view("1"), key}) {
    writer.bulk(text);
  }
  for (const std::size_t i : indices) {
    write_command(writer, commands, i);
  }
}

}  // namespace anchal::redis
