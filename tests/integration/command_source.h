#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/sim_random.h"

namespace anchal::sim {

using Command = std::vector<std::string>;

/// Draws commands of StorePort's list over a few keys of one partition, mostly sensible, sometimes not.
class CommandSource {
 public:
  explicit CommandSource(Random random, unsigned partition = 0)
      : random_(random), prefix_("anchal:{" + std::to_string(partition) + "}:") {}

  Command next() {
    switch (random_.below(29)) {
      case 0:
        return {"GET", key()};
      case 1:
        return set();
      case 2:
        return {"DEL", random_.chance(0.3) ? key() : "none", "none"};
      case 3:
        return {"INCR", key('c')};
      case 4:
        return {random_.chance(0.5) ? "EXPIRE" : "PEXPIRE", key(), lifetime()};
      case 5:
      case 6:
      case 7:
        return xadd();
      case 8:
        return {"XLEN", key('x')};
      case 9:
      case 10:
        return xread();
      case 11:
      case 12:
        return xrange();
      case 13:
        return xtrim();
      case 14:
      case 15:
        return hset();
      case 16:
        return {"HSETNX", key('h'), field(), value()};
      case 17:
        return {"HGET", key('h'), field()};
      case 18:
        return {"HMGET", key('h'), field(), field(), field()};
      case 19:
        return {"HGETALL", key('h')};
      case 20:
        return {"HDEL", key('h'), field(), field()};
      case 21:
        return {"HINCRBY", key('h'), field(), integer()};
      case 22:
        return {"HLEN", key('h')};
      case 23:
      case 24:
        return zadd();
      case 25:
        return random_.chance(0.5) ? Command{"ZREM", key('z'), member(), member()}
                                   : Command{"ZCARD", key('z')};
      case 26:
        return zrange();
      case 27:
        return {random_.chance(0.6) ? "SADD" : "SREM", key('s'), member(), member()};
      default:
        return {"SMEMBERS", key('s')};
    }
  }

 private:
  std::string key() {
    static constexpr char kKinds[] = {'c', 'x', 'h', 'z', 's'};
    return key(kKinds[random_.below(5)]);
  }
  /// Of the kind asked for, seldom of another: then a WRONGTYPE is due.
  std::string key(char kind) {
    if (random_.chance(0.04)) kind = "cxhzs"[random_.below(5)];
    return prefix_ + kind + std::to_string(random_.below(3));
  }
  std::string number(std::uint64_t bound) { return std::to_string(random_.below(bound)); }
  std::string field() { return "f" + number(6); }
  std::string member() { return "m" + number(8); }
  std::string value() { return random_.chance(0.5) ? number(1000) : std::string(random_.below(20), 'v'); }
  std::string integer() {
    static const std::vector<std::string> odd{"9223372036854775807",
                                              "-9223372036854775808",
                                              "01",
                                              "+1",
                                              "1.5",
                                              "",
                                              "abc",
                                              "-0",
                                              "9223372036854775808",
                                              " 1",
                                              "-"};
    if (random_.chance(0.15)) return random_.pick(odd);
    return std::to_string(random_.between(-50, 50));
  }
  std::string lifetime() {
    static const std::vector<std::string> some{"100000", "0", "-1", "9223372036854775807", "x", "500000"};
    return random_.pick(some);
  }
  std::string count() {
    static const std::vector<std::string> odd{"0", "-1", "x", "99"};
    return random_.chance(0.2) ? random_.pick(odd) : std::to_string(random_.between(1, 5));
  }
  std::string id() {
    static const std::vector<std::string> odd{"0",
                                              "0-0",
                                              "-",
                                              "x-1",
                                              "5-",
                                              "-5",
                                              "18446744073709551615",
                                              "18446744073709551615-18446744073709551615",
                                              "1-2-3",
                                              "",
                                              "99999999999999999999"};
    if (random_.chance(0.12)) return random_.pick(odd);
    const std::string ms = std::to_string(last_ms_ - std::min<std::uint64_t>(last_ms_, random_.below(8)));
    return random_.chance(0.3) ? ms : ms + "-" + number(3);
  }
  std::vector<std::string> set() {
    std::vector<std::string> out{"SET", key('c'), integer()};
    if (random_.chance(0.3)) out.insert(out.end(), {"PX", lifetime()});
    if (random_.chance(0.3)) out.push_back(random_.chance(0.5) ? "NX" : "XX");
    if (random_.chance(0.03)) out.push_back(random_.chance(0.5) ? "NX" : "XX");
    return out;
  }
  std::vector<std::string> xadd() {
    std::string with = id();
    if (random_.chance(0.8)) with = std::to_string(++last_ms_) + (random_.chance(0.3) ? "-*" : "-0");
    std::vector<std::string> out{"XADD", key('x')};
    if (random_.chance(0.2)) out.insert(out.end(), {"MINID", "=", id()});
    out.insert(out.end(), {with, "v", "1", "body", value()});
    if (random_.chance(0.05)) out.pop_back();
    return out;
  }
  std::vector<std::string> xread() {
    std::vector<std::string> out{"XREAD"};
    if (random_.chance(0.7)) out.insert(out.end(), {"COUNT", count()});
    if (random_.chance(0.98)) out.push_back("STREAMS");
    const auto streams = static_cast<std::size_t>(random_.between(1, 3));
    for (std::size_t i = 0; i < streams; ++i) out.push_back(key('x'));
    for (std::size_t i = 0; i < streams; ++i) out.push_back(random_.chance(0.1) ? "$" : id());
    if (random_.chance(0.03)) out.pop_back();
    return out;
  }
  std::string bound() {
    const auto kind = random_.below(5);
    return kind == 0 ? "-" : kind == 1 ? "+" : kind == 2 ? "(" + id() : id();
  }
  std::vector<std::string> xrange() {
    std::vector<std::string> out{random_.chance(0.5) ? "XRANGE" : "XREVRANGE", key('x'), bound(), bound()};
    if (random_.chance(0.5)) out.insert(out.end(), {"COUNT", count()});
    return out;
  }
  std::vector<std::string> xtrim() {
    std::vector<std::string> out{"XTRIM", key('x'), "MINID"};
    if (random_.chance(0.7)) out.push_back("=");
    out.push_back(id());
    return out;
  }
  std::vector<std::string> hset() {
    std::vector<std::string> out{"HSET", key('h')};
    for (auto n = random_.between(1, 3); n > 0; --n) out.insert(out.end(), {field(), value()});
    if (random_.chance(0.05)) out.push_back("odd");
    return out;
  }
  std::string score() {
    static const std::vector<std::string> some{"1",   "2", "2.5", "1772431200123", "-inf", "+inf", "inf",
                                               "nan", "x", "1e3", "0.1",           "-7",   " 1",   ""};
    return random_.pick(some);
  }
  std::vector<std::string> zadd() {
    std::vector<std::string> out{"ZADD", key('z')};
    for (auto n = random_.between(1, 3); n > 0; --n) out.insert(out.end(), {score(), member()});
    if (random_.chance(0.05)) out.push_back("odd");
    return out;
  }
  std::vector<std::string> zrange() {
    std::vector<std::string> out{"ZRANGEBYSCORE", key('z'), (random_.chance(0.3) ? "(" : "") + score(),
                                 (random_.chance(0.3) ? "(" : "") + score()};
    if (random_.chance(0.5)) out.push_back("WITHSCORES");
    if (random_.chance(0.5))
      out.insert(out.end(), {"LIMIT", std::to_string(random_.between(-1, 3)), count()});
    return out;
  }

  Random random_;
  std::string prefix_;
  std::uint64_t last_ms_ = 1'772'431'200'000;
};

/// As one would type it.
inline std::string line(const Command& command) {
  std::string text;
  for (const auto& argument : command) text += argument.empty() ? "\"\" " : argument + " ";
  return text;
}

}  // namespace anchal::sim
