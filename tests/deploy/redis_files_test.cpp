// deploy/redis as a real redis-server sees it.

#include <gtest/gtest.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace anchal {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const std::string kFiles = ANCHAL_SOURCE_DIR "/deploy/redis/";
/// SHA-256 of "secret", in the place of the zeros that the file ships with: no password has those.
const std::string kNoPassword(64, '0');
const std::string kSecretHash = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Command = std::vector<std::string>;

/// A client on the server's socket.
class Client {
 public:
  explicit Client(const std::string& socket) : context_(redisConnectUnix(socket.c_str())) {}
  bool connected() const { return context_ && context_->err == 0; }

  /// Status, error ("-" in front) or "" for any other reply.
  std::string run(const Command& command) {
    const auto reply = ask(command);
    if (!reply) return "-no reply";
    if (reply->type == REDIS_REPLY_ERROR) return "-" + std::string(reply->str, reply->len);
    if (reply->type == REDIS_REPLY_STATUS || reply->type == REDIS_REPLY_STRING)
      return {reply->str, reply->len};
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
        reply->element[1]->type == REDIS_REPLY_STRING) {
      return {reply->element[1]->str, reply->element[1]->len};  // CONFIG GET
    }
    return "";
  }

  /// The strings of an array.
  std::set<std::string> list(const Command& command) {
    std::set<std::string> strings;
    const auto reply = ask(command);
    for (std::size_t i = 0; reply && i < reply->elements; ++i) {
      strings.emplace(reply->element[i]->str, reply->element[i]->len);
    }
    return strings;
  }

 private:
  std::unique_ptr<redisReply, FreeReply> ask(const Command& command) {
    std::vector<const char*> arguments;
    std::vector<std::size_t> sizes;
    for (const auto& argument : command) {
      arguments.push_back(argument.data());
      sizes.push_back(argument.size());
    }
    return std::unique_ptr<redisReply, FreeReply>(static_cast<redisReply*>(redisCommandArgv(
        context_.get(), static_cast<int>(arguments.size()), arguments.data(), sizes.data())));
  }

  std::unique_ptr<redisContext, FreeContext> context_;
};

/// redis-server on deploy/redis/redis.conf, with only the paths changed.
class RedisFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (fs::temp_directory_path() / "anchal-redis-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    auto users = read(kFiles + "users.acl");
    ASSERT_NE(users.find(kNoPassword), std::string::npos);
    for (auto at = users.find(kNoPassword); at != std::string::npos; at = users.find(kNoPassword)) {
      users.replace(at, kNoPassword.size(), kSecretHash);
    }
    std::ofstream(folder_ / "users.acl") << users;
    start();
    for (int tries = 0; tries < 500 && !Client(socket()).connected(); ++tries)
      std::this_thread::sleep_for(20ms);
    ASSERT_TRUE(Client(socket()).connected()) << read((folder_ / "log").string());
  }

  void TearDown() override {
    if (process_ > 0) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
    fs::remove_all(folder_);
  }

  std::string socket() const { return (folder_ / "socket").string(); }

  Client client(const std::string& user) const {
    Client client(socket());
    EXPECT_EQ(client.run({"AUTH", user, "secret"}), "OK") << user;
    return client;
  }

 private:
  void start() {
    const std::string configuration = kFiles + "redis.conf";
    const std::string acl = (folder_ / "users.acl").string();
    const std::string log = (folder_ / "log").string();
    const std::string at = socket();
    process_ = fork();
    if (process_ != 0) return;
    execlp("redis-server", "redis-server", configuration.c_str(), "--port", "0", "--unixsocket", at.c_str(),
           "--dir", folder_.c_str(), "--aclfile", acl.c_str(), "--logfile", log.c_str(),
           static_cast<char*>(nullptr));
    _exit(127);
  }

  fs::path folder_;
  pid_t process_ = -1;
};

TEST_F(RedisFiles, TheServerTakesThem) {
  auto admin = client("admin");
  EXPECT_EQ(admin.run({"CONFIG", "GET", "maxmemory-policy"}), "noeviction");
  EXPECT_EQ(admin.run({"CONFIG", "GET", "appendonly"}), "yes");
  EXPECT_EQ(admin.run({"CONFIG", "GET", "hash-max-listpack-entries"}), "64");
}

TEST_F(RedisFiles, NobodyComesInWithoutAPassword) {
  Client stranger(socket());
  EXPECT_TRUE(stranger.run({"XLEN", "anchal:{0}:jobs:bulk"}).starts_with("-NOAUTH"));
  EXPECT_TRUE(stranger.run({"AUTH", "anchal-engine", "wrong"}).starts_with("-WRONGPASS"));
}

TEST_F(RedisFiles, AsShippedNoPasswordFits) {
  const auto users = read(kFiles + "users.acl");
  EXPECT_EQ(users.find("nopass"), std::string::npos);
  EXPECT_EQ(users.find('>'), std::string::npos) << "a password in clear";
}

/// Every word in quotes and capitals in the sources that talk to Redis; which of them are commands the server
/// says.
std::set<std::string> words_in_capitals() {
  static const std::regex quoted("[\"']([A-Z]{3,})[\"']");
  std::set<std::string> words;
  for (const char* room : {"core", "redis", "app"}) {
    for (const auto& file : fs::recursive_directory_iterator(fs::path(ANCHAL_SOURCE_DIR) / "engine" / room)) {
      if (file.path().extension() != ".cpp" && file.path().extension() != ".h") continue;
      const auto text = read(file.path().string());
      for (std::sregex_iterator at(text.begin(), text.end(), quoted), end; at != end; ++at) {
        std::string word = (*at)[1];
        std::transform(word.begin(), word.end(), word.begin(),
                       [](unsigned char c) { return std::tolower(c); });
        words.insert(std::move(word));
      }
    }
  }
  return words;
}

TEST_F(RedisFiles, AnEngineHasTheRightsThatTheSourcesNeedAndNoMore) {
  std::set<std::string> granted;
  std::istringstream users(read(kFiles + "users.acl"));
  for (std::string line; std::getline(users, line);) {
    std::istringstream words(line);
    std::string word, user;
    words >> word >> user;
    if (user != "anchal-engine") continue;
    while (words >> word) {
      if (word.front() == '+') granted.insert(word.substr(1, word.find_first_of("|)") - 1));
    }
  }
  const auto known = client("admin").list({"COMMAND", "LIST"});
  ASSERT_GT(known.size(), 100u);
  const auto words = words_in_capitals();
  std::set<std::string> sent;
  std::set_intersection(words.begin(), words.end(), known.begin(), known.end(),
                        std::inserter(sent, sent.end()));
  EXPECT_EQ(granted, sent);
}

TEST_F(RedisFiles, AnEngineMayDoWhatItsStorePortAsksFor) {
  auto engine = client("anchal-engine");
  const std::vector<Command> allowed{
      {"PING"},
      {"CLIENT", "SETNAME", "engine-1"},
      {"INFO", "replication"},
      {"CONFIG", "GET", "maxmemory-policy"},
      {"SET", "anchal:{0}:owner", "engine-1", "NX", "PX", "1000"},
      {"GET", "anchal:{0}:owner"},
      {"MGET", "anchal:{policy}:epoch", "anchal:{policy}:acks"},
      {"INCR", "anchal:{0}:fence"},
      {"PEXPIRE", "anchal:{0}:owner", "1000"},
      {"DEL", "anchal:{0}:nothing"},
      {"XADD", "anchal:{0}:journal", "*", "b", "x"},
      {"XLEN", "anchal:{0}:journal"},
      {"XREAD", "COUNT", "10", "STREAMS", "anchal:{0}:jobs:bulk", "0"},
      {"XRANGE", "anchal:{0}:journal", "-", "+", "COUNT", "1"},
      {"XREVRANGE", "anchal:{0}:journal", "+", "-", "COUNT", "1"},
      {"XTRIM", "anchal:{0}:journal", "MINID", "=", "1-0"},
      {"HSET", "anchal:{r1}:receipts:alpha:5:17", "id", "x"},
      {"HSETNX", "anchal:{r1}:receipts:alpha:5:17", "id", "x"},
      {"HGET", "anchal:{r1}:receipts:alpha:5:17", "id"},
      {"HMGET", "anchal:{r1}:receipts:alpha:5:17", "id"},
      {"HGETALL", "anchal:{0}:doubt"},
      {"HLEN", "anchal:{0}:doubt"},
      {"HSCAN", "anchal:{0}:doubt", "0"},
      {"HINCRBY", "anchal:{0}:ledger", "accepted", "1"},
      {"HDEL", "anchal:{r1}:receipts:alpha:5:17", "id"},
      {"ZADD", "anchal:{0}:retry", "1", "m"},
      {"ZRANGEBYSCORE", "anchal:{0}:retry", "-inf", "+inf", "WITHSCORES", "LIMIT", "0", "10"},
      {"ZREM", "anchal:{0}:retry", "m"},
      {"XDEL", "anchal:{0}:dead", "1-0"},
      {"WATCH", "anchal:{0}:fence"},
      {"MULTI"},
      {"XADD", "anchal:{0}:outcomes:finance", "*", "v", "1", "n", "1", "body", "{}"},
      {"EXEC"},
      {"UNWATCH"},
      {"WAIT", "1", "1"},
      {"EVAL", "redis.call('XTRIM', KEYS[1], 'MINID', '0') return redis.call('XADD', KEYS[1], '*', 'b', 'x')",
       "1", "anchal:{0}:journal"}};
  for (const auto& command : allowed) {
    const auto reply = engine.run(command);
    EXPECT_FALSE(reply.starts_with("-")) << command.front() << ": " << reply;
  }
}

TEST_F(RedisFiles, AnEngineMayDoNothingElse) {
  auto engine = client("anchal-engine");
  const std::vector<Command> refused{{"KEYS", "*"},
                                     {"FLUSHALL"},
                                     {"CONFIG", "SET", "maxmemory", "0"},
                                     {"ACL", "LIST"},
                                     {"SHUTDOWN"},
                                     {"XDEL", "anchal:{0}:jobs:bulk", "1-0"},
                                     {"XDEL", "anchal:{0}:journal", "1-0"},
                                     {"SCRIPT", "FLUSH"},
                                     {"GET", "other:key"},
                                     {"SET", "anchal", "x"},
                                     {"PUBLISH", "other", "x"},
                                     {"EVAL", "return 1", "1", "other:key"},
                                     {"MONITOR"}};
  for (const auto& command : refused) {
    const auto reply = engine.run(command);
    EXPECT_NE(reply.find("NOPERM"), std::string::npos) << command.front() << ": " << reply;
  }
}

TEST_F(RedisFiles, AHubPushesJobsAndReadsItsOwnOutcomes) {
  auto hub = client("hub-finance");
  const std::vector<Command> allowed{
      {"PING"},
      {"XADD", "anchal:{3}:jobs:bulk", "*", "v", "1", "body", "{}"},
      {"XADD", "anchal:{3}:jobs:otp", "*", "data", "{}"},
      {"XGROUP", "CREATE", "anchal:{3}:outcomes:finance", "hub", "0", "MKSTREAM"},
      {"XREADGROUP", "GROUP", "hub", "me", "COUNT", "10", "STREAMS", "anchal:{3}:outcomes:finance", ">"},
      {"XACK", "anchal:{3}:outcomes:finance", "hub", "1-0"},
      {"XREAD", "COUNT", "10", "STREAMS", "anchal:{3}:outcomes:finance", "0"},
      {"XRANGE", "anchal:{3}:outcomes:finance", "-", "+"},
      {"XLEN", "anchal:{3}:outcomes:finance"}};
  for (const auto& command : allowed) {
    const auto reply = hub.run(command);
    EXPECT_FALSE(reply.starts_with("-")) << command.front() << ": " << reply;
  }
  const std::vector<Command> refused{{"XREAD", "STREAMS", "anchal:{3}:outcomes:health", "0"},
                                     {"XADD", "anchal:{3}:outcomes:finance", "*", "body", "x"},
                                     {"XRANGE", "anchal:{3}:jobs:bulk", "-", "+"},
                                     {"XTRIM", "anchal:{3}:jobs:bulk", "MAXLEN", "0"},
                                     {"DEL", "anchal:{3}:jobs:bulk"},
                                     {"XADD", "anchal:{3}:journal", "*", "b", "x"},
                                     {"HGETALL", "anchal:{3}:doubt"},
                                     {"GET", "anchal:{3}:owner"},
                                     {"SUBSCRIBE", "anchal:{policy}:changed"},
                                     {"EVAL", "return 1", "0"},
                                     {"CONFIG", "GET", "*"}};
  for (const auto& command : refused) {
    const auto reply = hub.run(command);
    EXPECT_NE(reply.find("NOPERM"), std::string::npos) << command.front() << ": " << reply;
  }
}

}  // namespace
}  // namespace anchal
