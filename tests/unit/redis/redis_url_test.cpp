#include "engine/redis/redis_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anchal::redis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Endpoint = RedisUrl::Endpoint;

RedisUrl parsed(std::string_view text) {
  auto url = RedisUrl::parse(text);
  EXPECT_TRUE(url) << text << ": " << url.error();
  return url.value_or(RedisUrl());
}

std::string error_of(std::string_view text) {
  const auto url = RedisUrl::parse(text);
  return url ? "no error" : url.error();
}

TEST(RedisUrl, ReadsHostPortAndDatabaseWithDefaults) {
  EXPECT_THAT(parsed("redis://redis.example").endpoints, ElementsAre(Endpoint{"redis.example", 6379}));
  const RedisUrl url = parsed("redis://127.0.0.1:7000/3");
  EXPECT_THAT(url.endpoints, ElementsAre(Endpoint{"127.0.0.1", 7000}));
  EXPECT_EQ(url.database, 3u);
  EXPECT_FALSE(url.tls);
  EXPECT_EQ(url.label(), "127.0.0.1:7000");
  EXPECT_EQ(parsed("redis://h/").database, 0u);
}

TEST(RedisUrl, ReadsTlsIpv6AndCredentials) {
  const RedisUrl url = parsed("rediss://engine:p%40ss%3Aword@[::1]:6380/0");
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.username, "engine");
  EXPECT_EQ(url.password, "p@ss:word");
  EXPECT_EQ(url.label(), "[::1]:6380");
  EXPECT_EQ(parsed("redis://:secret@h").password, "secret");
}

TEST(RedisUrl, ReadsUnixSockets) {
  const RedisUrl url = parsed("unix:///run/redis/redis.sock?db=2");
  EXPECT_EQ(url.unix_path, "/run/redis/redis.sock");
  EXPECT_EQ(url.database, 2u);
  EXPECT_THAT(url.endpoints, ElementsAre());
  EXPECT_EQ(url.label(), "unix:/run/redis/redis.sock");
}

TEST(RedisUrl, ReadsSentinelAndClusterAndSaysThatTheLatterIsNotSupportedYet) {
  const RedisUrl sentinel = parsed("redis+sentinel://u:p@a,b:26380,[::1]/mymaster/1");
  EXPECT_EQ(sentinel.mode, RedisUrl::Mode::sentinel);
  EXPECT_THAT(sentinel.endpoints,
              ElementsAre(Endpoint{"a", 26379}, Endpoint{"b", 26380}, Endpoint{"::1", 26379}));
  EXPECT_EQ(sentinel.group, "mymaster");
  EXPECT_EQ(sentinel.database, 1u);
  EXPECT_EQ(sentinel.label(), "mymaster of sentinels a:26379,b:26380,[::1]:26379");
  EXPECT_FALSE(sentinel.unsupported());

  const RedisUrl cluster = parsed("rediss+cluster://a:7000,b:7001");
  EXPECT_EQ(cluster.mode, RedisUrl::Mode::cluster);
  EXPECT_TRUE(cluster.tls);
  EXPECT_THAT(cluster.unsupported().value_or(""), HasSubstr("not supported yet"));
  EXPECT_FALSE(parsed("redis://h").unsupported());
}

TEST(RedisUrl, MistakesAreNamedWithoutRepeatingThePassword) {
  EXPECT_THAT(error_of("http://h"), HasSubstr("must begin with"));
  EXPECT_THAT(error_of("redis:/h"), HasSubstr("must begin with"));
  EXPECT_THAT(error_of("redis://"), HasSubstr("host name is missing"));
  EXPECT_THAT(error_of("redis://:6379"), HasSubstr("host name is missing"));
  EXPECT_THAT(error_of("redis://h:0"), HasSubstr("port"));
  EXPECT_THAT(error_of("redis://h:65536"), HasSubstr("port"));
  EXPECT_THAT(error_of("redis://h:12x"), HasSubstr("port"));
  EXPECT_THAT(error_of("redis://[::1"), HasSubstr("']'"));
  EXPECT_THAT(error_of("redis://h/x"), HasSubstr("database"));
  EXPECT_THAT(error_of("redis://h/99999999999999999999"), HasSubstr("database"));
  EXPECT_THAT(error_of("redis://h?x=1"), HasSubstr("parameters"));
  EXPECT_THAT(error_of("redis://a,b"), HasSubstr("several hosts"));
  EXPECT_THAT(error_of("unix://relative"), HasSubstr("absolute path"));
  EXPECT_THAT(error_of("unix:///a?x=1"), HasSubstr("db"));
  EXPECT_THAT(error_of("unix:///" + std::string(200, 'x')), HasSubstr("107"));
  EXPECT_THAT(error_of("redis://a\nb"), HasSubstr("control character"));
  EXPECT_THAT(error_of("unix:///run/a%00b"), HasSubstr("control character"));
  EXPECT_THAT(error_of("redis+sentinel://h"), HasSubstr("group"));
  EXPECT_THAT(error_of("redis+cluster://h/1"), HasSubstr("database 0"));
  EXPECT_THAT(error_of("redis://u:secret%zz@h"), Not(HasSubstr("secret")));
  EXPECT_THAT(error_of("redis://u:secret%4@h"), HasSubstr("hexadecimal"));
}

}  // namespace
}  // namespace anchal::redis
