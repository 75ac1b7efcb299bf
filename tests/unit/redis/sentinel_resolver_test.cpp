#include "engine/redis/sentinel_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anchal::redis {
namespace {

using core::Reply;
using testing::HasSubstr;
using Endpoint = RedisUrl::Endpoint;

/// What a sentinel says, and the views into it.
struct Said {
  Said(std::string host, std::string port) : texts{std::move(host), std::move(port)} {
    for (int i = 0; i < 2; ++i) {
      parts[i].type = Reply::Type::text;
      parts[i].text = texts[i];
    }
    reply.type = Reply::Type::array;
    reply.elements = parts;
    reply.size = 2;
  }
  Said(const Said&) = delete;
  std::string texts[2];
  Reply parts[2];
  Reply reply;
};

Reply reply_of(Reply::Type type, std::string_view text = {}) {
  Reply reply;
  reply.type = type;
  reply.text = text;
  return reply;
}

class SentinelResolverTest : public testing::Test {
 protected:
  SentinelResolver resolver{*RedisUrl::parse("redis+sentinel://a:1,b:2,c:3/main")};

  std::string asked() const {
    const Endpoint* const sentinel = resolver.sentinel();
    return sentinel == nullptr ? "nobody" : sentinel->label();
  }
  std::string told(const std::string& host, const std::string& port) {
    const Said said(host, port);
    const auto named = resolver.on_reply(said.reply);
    return named ? named->label() : "nothing";
  }
};

TEST_F(SentinelResolverTest, NobodyIsAskedBeforeARound) {
  EXPECT_EQ(asked(), "nobody");
}

TEST_F(SentinelResolverTest, TheFirstThatNamesThePrimaryEndsTheSearchAndIsAskedFirstFromThenOn) {
  resolver.begin();
  EXPECT_EQ(asked(), "a:1");
  resolver.on_silence("refused");
  EXPECT_EQ(asked(), "b:2");
  EXPECT_EQ(told("10.0.0.1", "6379"), "10.0.0.1:6379");
  resolver.on_confirmed();
  resolver.begin();
  EXPECT_EQ(asked(), "b:2");
  resolver.on_silence("refused");
  EXPECT_EQ(asked(), "a:1");
  resolver.on_silence("refused");
  EXPECT_EQ(asked(), "c:3");
}

TEST_F(SentinelResolverTest, WhatASentinelNamesIsRefutedOnceAndThenNotTriedAgainInTheRound) {
  resolver.begin();
  EXPECT_EQ(told("old", "6379"), "old:6379");
  resolver.on_refuted("which is a replica");
  EXPECT_EQ(told("old", "6379"), "nothing");
  EXPECT_EQ(asked(), "c:3");
  EXPECT_EQ(told("new", "6379"), "new:6379");
  resolver.on_confirmed();
  resolver.begin();
  EXPECT_EQ(asked(), "c:3");
  EXPECT_EQ(told("old", "6379"), "old:6379") << "a new round believes anew";
}

TEST_F(SentinelResolverTest, ARoundInVainSaysWhatEachOneWasGoodFor) {
  resolver.begin();
  resolver.on_silence("no answer");
  EXPECT_FALSE(resolver.on_reply(reply_of(Reply::Type::nil)));
  EXPECT_FALSE(resolver.on_reply(reply_of(Reply::Type::error, "NOAUTH Authentication required.")));
  EXPECT_EQ(asked(), "nobody");
  EXPECT_EQ(resolver.failure(),
            "sentinel a:1: no answer; sentinel b:2 does not know main; "
            "sentinel c:3 answers NOAUTH Authentication required.");
}

TEST_F(SentinelResolverTest, OnlyAddressesAreTakenForAddresses) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "6379"},      {"host", "0"},         {"host", "65536"}, {"host", "63 79"},     {"host", ""},
      {"ho st", "6379"}, {"h\nPING\n", "6379"}, {"host", "-1"},    {"host/../x", "6379"},
  };
  for (const auto& [host, port] : wrong) {
    resolver.begin();
    EXPECT_EQ(told(host, port), "nothing") << host << " " << port;
    EXPECT_EQ(asked(), "b:2");
    EXPECT_THAT(resolver.failure(), HasSubstr("no address"));
  }
  resolver.begin();
  EXPECT_EQ(told(std::string(256, 'x'), "1"), "nothing");
  resolver.begin();
  EXPECT_EQ(told("::1", "6379"), "[::1]:6379");
  for (const Reply& reply :
       {reply_of(Reply::Type::array), reply_of(Reply::Type::integer), reply_of(Reply::Type::text, "host")}) {
    resolver.begin();
    EXPECT_FALSE(resolver.on_reply(reply));
  }
}

TEST_F(SentinelResolverTest, WhatComesLateChangesNothing) {
  resolver.on_refuted("late");
  resolver.on_silence("late");
  resolver.on_confirmed();
  EXPECT_EQ(resolver.failure(), "");
  resolver.begin();
  EXPECT_EQ(asked(), "a:1");
}

}  // namespace
}  // namespace anchal::redis
