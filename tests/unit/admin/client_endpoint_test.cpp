#include <gtest/gtest.h>

#include "engine/admin/client.h"

namespace anchal::admin {
namespace {

TEST(ClientEndpoint, TakesHostAndPortWithOrWithoutScheme) {
  for (const char* text : {"10.0.0.1:81", "http://10.0.0.1:81", "http://10.0.0.1:81/"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->host, "10.0.0.1");
    EXPECT_EQ(endpoint->port, "81");
  }
  EXPECT_EQ(parse_endpoint("example")->port, "8600");
  EXPECT_EQ(parse_endpoint("[::1]:81")->host, "::1");
  EXPECT_EQ(parse_endpoint("[::1]")->port, "8600");
}

TEST(ClientEndpoint, RefusesWhatIsNoHostAndPort) {
  for (const char* text : {"", ":1", "a:", "a:b", "http://a/b", "https://a:1", "[]:1"})
    EXPECT_FALSE(parse_endpoint(text)) << text;
}

}  // namespace
}  // namespace anchal::admin
