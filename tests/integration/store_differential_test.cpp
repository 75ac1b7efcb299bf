#include <gtest/gtest.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/command_source.h"
#include "tests/support/sim_clock.h"
#include "tests/support/sim_random.h"
#include "tests/support/sim_redis.h"

// The same random commands to the simulated Redis and to a real redis-server: every reply must be the same,
// error strings included. The simulation proves something only as far as this holds.

namespace anchal::sim {
namespace {

/// A redis-server of our own on a Unix socket in a directory of its own; gone with this object.
class RealRedis {
 public:
  RealRedis() {
    char pattern[] = "/tmp/anchal-differential-XXXXXX";
    directory_ = mkdtemp(pattern);
    const std::string socket = directory_ + "/redis.sock";
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(1);
      execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket.c_str(), "--save", "",
             "--appendonly", "no", "--dir", directory_.c_str(), "--logfile", "log",
             static_cast<char*>(nullptr));
      _exit(127);
    }
    for (int tries = 0; tries < 500 && context_ == nullptr; ++tries) {
      context_.reset(redisConnectUnix(socket.c_str()));
      if (context_ != nullptr && context_->err != 0) context_.reset();
      if (context_ == nullptr) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  ~RealRedis() {
    context_.reset();
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  RealRedis(const RealRedis&) = delete;
  RealRedis& operator=(const RealRedis&) = delete;

  bool connected() const { return context_ != nullptr; }

  std::string ask(const std::vector<std::string>& arguments) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const auto& argument : arguments) {
      texts.push_back(argument.data());
      sizes.push_back(argument.size());
    }
    auto* const reply = static_cast<redisReply*>(
        redisCommandArgv(context_.get(), static_cast<int>(arguments.size()), texts.data(), sizes.data()));
    if (reply == nullptr) return "connection lost";
    std::string text = print(*reply);
    freeReplyObject(reply);
    return text;
  }

 private:
  static std::string print(const redisReply& reply) {
    switch (reply.type) {
      case REDIS_REPLY_INTEGER:
        return std::to_string(reply.integer);
      case REDIS_REPLY_STRING:
      case REDIS_REPLY_STATUS:
        return "'" + std::string(reply.str, reply.len) + "'";
      case REDIS_REPLY_ERROR:
        return "error " + std::string(reply.str, reply.len);
      case REDIS_REPLY_ARRAY: {
        std::string text = "[";
        for (std::size_t i = 0; i < reply.elements; ++i)
          text += (i == 0 ? "" : ", ") + print(*reply.element[i]);
        return text + "]";
      }
      default:
        return "nil";
    }
  }

  struct Free {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  std::string directory_;
  pid_t pid_ = -1;
  std::unique_ptr<redisContext, Free> context_;
};

std::string print(const core::Reply& reply) {
  using Type = core::Reply::Type;
  switch (reply.type) {
    case Type::integer:
      return std::to_string(reply.integer);
    case Type::text:
      return "'" + std::string(reply.text) + "'";
    case Type::error:
      return "error " + std::string(reply.text);
    case Type::array: {
      std::string text = "[";
      for (std::size_t i = 0; i < reply.size; ++i) text += (i == 0 ? "" : ", ") + print(reply.elements[i]);
      return text + "]";
    }
    case Type::nil:
      break;
  }
  return "nil";
}

std::string ask(SimRedis& redis, const std::vector<std::string>& arguments) {
  core::Commands commands;
  commands.command(arguments[0]);
  for (std::size_t i = 1; i < arguments.size(); ++i) commands.arg(arguments[i]);
  const auto executed = redis.execute(commands);
  return print(executed.replies[0]);
}

/// Where Redis promises no order, both replies are compared in sorted order.
std::string without_order(std::string text, bool pairs) {
  if (text.size() < 2 || text.front() != '[') return text;
  std::vector<std::string> items;
  std::string item;
  bool quoted = false;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\'') quoted = !quoted;
    if (!quoted && text[i] == ',') {
      items.push_back(std::move(item));
      item.clear();
      ++i;
    } else {
      item += text[i];
    }
  }
  if (!item.empty()) items.push_back(item);
  if (pairs) {
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) items[i / 2] = items[i] + "=" + items[i + 1];
    items.resize(items.size() / 2);
  }
  std::ranges::sort(items);
  std::string sorted;
  for (const auto& one : items) sorted += one + ";";
  return sorted;
}

class StoreDifferential : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(real_.connected()) << "redis-server did not start"; }
  RealRedis real_;
};

TEST_F(StoreDifferential, RandomCommandsGetTheSameRepliesFromBoth) {
  const char* const given = std::getenv("ANCHAL_SEED");
  std::vector<std::uint64_t> seeds;
  if (given != nullptr) {
    seeds = {std::strtoull(given, nullptr, 10)};
  } else {
    for (std::uint64_t fixed = 1; fixed <= 20; ++fixed) seeds.push_back(fixed);
    for (int drawn = 0; drawn < 20; ++drawn) seeds.push_back(std::random_device()());
  }
  for (const std::uint64_t seed : seeds) {
    SimClock clock;
    SimRedis simulated(clock);
    // Both must agree on what has expired, so none of the drawn lifetimes ends within a run.
    clock.step_wall(std::chrono::system_clock::now() - SimClock::kWallStart);
    real_.ask({"FLUSHALL"});
    CommandSource source{Random(seed)};
    std::vector<std::string> story;
    for (int step = 0; step < 1500; ++step) {
      const auto command = source.next();
      story.push_back(line(command));
      std::string expected = real_.ask(command);
      std::string got = ask(simulated, command);
      if (command[0] == "HGETALL" || command[0] == "SMEMBERS") {
        expected = without_order(expected, command[0] == "HGETALL");
        got = without_order(got, command[0] == "HGETALL");
      }
      if (expected == got) continue;
      std::string last;
      for (std::size_t i = story.size() > 12 ? story.size() - 12 : 0; i < story.size(); ++i)
        last += story[i] + "\n";
      FAIL() << "ANCHAL_SEED=" << seed << " step " << step << "\nRedis     " << expected << "\nsimulated "
             << got << "\nafter\n"
             << last;
    }
  }
}

TEST_F(StoreDifferential, AClockThatWentBackKeepsTheMillisecondAndCountsOn) {
  SimClock clock;
  SimRedis simulated(clock);
  for (const auto& command : std::vector<std::vector<std::string>>{{"XADD", "s", "9999999999999-5", "f", "v"},
                                                                   {"XADD", "s", "*", "f", "v"},
                                                                   {"XADD", "s", "*", "f", "v"},
                                                                   {"XRANGE", "s", "-", "+"}}) {
    EXPECT_EQ(real_.ask(command), ask(simulated, command)) << line(command);
  }
}

TEST_F(StoreDifferential, ATrimmedStreamKeepsItsLastId) {
  SimClock clock;
  SimRedis simulated(clock);
  for (const auto& command :
       std::vector<std::vector<std::string>>{{"XADD", "s", "9999999999999-5", "f", "v"},
                                             {"XTRIM", "s", "MINID", "9999999999999-6"},
                                             {"XLEN", "s"},
                                             {"XREAD", "STREAMS", "s", "0"},
                                             {"XADD", "s", "9999999999999-5", "f", "v"},
                                             {"XADD", "s", "9999999999999-*", "f", "v"}}) {
    EXPECT_EQ(real_.ask(command), ask(simulated, command)) << line(command);
  }
}

TEST_F(StoreDifferential, AScanOfALargeHashSeesEverythingThatIsThereThroughout) {
  SimClock clock;
  SimRedis simulated(clock);
  const auto scan = [](const auto& asking) {
    std::vector<std::string> seen;
    std::string cursor = "0";
    do {
      const std::string reply = asking(std::vector<std::string>{"HSCAN", "h", cursor, "COUNT", "50"});
      cursor = reply.substr(2, reply.find('\'', 2) - 2);
      for (std::size_t at = reply.find("'f"); at != std::string::npos; at = reply.find("'f", at + 1)) {
        seen.push_back(reply.substr(at + 1, reply.find('\'', at + 1) - at - 1));
      }
    } while (cursor != "0");
    std::ranges::sort(seen);
    seen.erase(std::ranges::unique(seen).begin(), seen.end());
    return seen;
  };
  for (int i = 0; i < 1000; ++i) {
    const std::vector<std::string> command{"HSET", "h", "f" + std::to_string(i), "1"};
    EXPECT_EQ(real_.ask(command), ask(simulated, command));
  }
  const auto real = scan([&](const auto& command) { return real_.ask(command); });
  EXPECT_EQ(real.size(), 1000u);
  EXPECT_EQ(real, scan([&](const auto& command) { return ask(simulated, command); }));
}

}  // namespace
}  // namespace anchal::sim
