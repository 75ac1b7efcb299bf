#include "engine/app/redis_address.h"

#include <gtest/gtest.h>

namespace anchal::app {
namespace {

TEST(RedisAddress, TakesAUrlApart) {
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
  EXPECT_EQ(address->host, "::1");
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

class RedisAddressRefused : public testing::TestWithParam<const char*> {};

TEST_P(RedisAddressRefused, SaysWhyWithoutRepeatingTheUrl) {
  const auto address = parse_redis_url(GetParam());
  ASSERT_FALSE(address);
  EXPECT_FALSE(address.error().empty());
  EXPECT_EQ(address.error().find("hunter2"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Urls, RedisAddressRefused,
                         testing::Values("", "127.0.0.1:6379", "http://127.0.0.1", "redis://",
                                         "redis://:6379", "redis://h:0", "redis://h:65536", "redis://h:port",
                                         "redis://h:6379/x", "redis://h:6379/-1", "redis://::1:6379",
                                         "redis://[::1", "redis://[::1]x", "redis://user:hunter2%4@h",
                                         "redis://u:hunter2@a:1,b:2", "redis://h?x=1", "unix://relative",
                                         "unix:///s?mode=1", "unix:///s?db=x"));

}  // namespace
}  // namespace anchal::app
