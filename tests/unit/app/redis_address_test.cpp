#include "engine/app/redis_address.h"

#include <gtest/gtest.h>

namespace anchal::app {
namespace {

TEST(RedisAddress, TakesOverWhatTheUrlSays) {
  const auto address = parse_redis_url("rediss://an%20chal:p%40ss@redis.example:6380/3");
  ASSERT_TRUE(address) << address.error();
  EXPECT_TRUE(address->tls);
  EXPECT_EQ(address->username, "an chal");
  EXPECT_EQ(address->password, "p@ss");
  EXPECT_EQ(address->host, "redis.example");
  EXPECT_EQ(address->port, 6380);
  EXPECT_EQ(address->database, 3u);
  EXPECT_EQ(address->label(), "redis.example:6380");
}

TEST(RedisAddress, HasDefaultsForPortAndDatabase) {
  const auto address = parse_redis_url("redis://[::1]");
  ASSERT_TRUE(address) << address.error();
  EXPECT_EQ(address->port, 6379);
  EXPECT_EQ(address->database, 0u);
  EXPECT_EQ(address->label(), "[::1]:6379");
}

TEST(RedisAddress, TakesAUnixSocketWithADatabase) {
  const auto address = parse_redis_url("unix:///run/redis.sock?db=2");
  ASSERT_TRUE(address) << address.error();
  EXPECT_EQ(address->unix_path, "/run/redis.sock");
  EXPECT_EQ(address->database, 2u);
  EXPECT_EQ(address->label(), "/run/redis.sock");
}

TEST(RedisAddress, TakesSentinelsAndTheirGroup) {
  const auto address = parse_redis_url("redis+sentinel://a:1,b/main/2");
  ASSERT_TRUE(address) << address.error();
  ASSERT_EQ(address->sentinels.size(), 2u);
  EXPECT_EQ(address->sentinels[1].port, 26379);
  EXPECT_EQ(address->group, "main");
  EXPECT_EQ(address->database, 2u);
  EXPECT_EQ(address->label(), "main of sentinels a:1,b:26379");
}

TEST(RedisAddress, RefusesClustersAndWhatIsNoUrlWithoutRepeatingIt) {
  for (const char* url : {"", "localhost", "http://user:hunter2@h", "redis+cluster://user:hunter2@a:1,b:2"}) {
    const auto address = parse_redis_url(url);
    ASSERT_FALSE(address) << url;
    EXPECT_FALSE(address.error().empty());
    EXPECT_EQ(address.error().find("hunter2"), std::string::npos);
  }
}

}  // namespace
}  // namespace anchal::app
