#include "engine/app/send_redis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "engine/app/private_redis.h"
#include "engine/app/send.h"
#include "engine/app/send_outcomes.h"
#include "tests/support/temporary_directory.h"

namespace anchal::app {
namespace {

class SendRedis : public testing::Test {
 protected:
  void SetUp() override {
    auto started = PrivateRedis::start(directory_.path(), {});
    ASSERT_TRUE(started) << started.error();
    redis_ = std::make_unique<PrivateRedis>(std::move(*started));
    auto pipe = redis_->connect();
    ASSERT_TRUE(pipe) << pipe.error();
    pipe_ = std::move(*pipe);
  }

  long long length_of(const std::string& key) {
    long long length = -1;
    EXPECT_TRUE(pipe_->ask({"XLEN", key}, [&](const redisReply& reply) { length = reply.integer; }));
    return length;
  }
  long long jobs_in(const std::string& lane) {
    long long sum = 0;
    for (int partition = 0; partition < 8; ++partition) {
      sum += length_of("anchal:{" + std::to_string(partition) + "}:jobs:" + lane);
    }
    return sum;
  }

  SendOptions options() const {
    SendOptions o;
    o.redis_url = redis_->url();
    o.lane = "bulk";
    o.header.tenant = "finance";
    o.header.category = "promotional";
    o.header.sender = "KLGOVT";
    o.header.text = "hello";
    return o;
  }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(directory_.file(name), std::ios::binary) << content;
    return directory_.file(name);
  }

  test::TemporaryDirectory directory_;
  std::unique_ptr<PrivateRedis> redis_;
  std::unique_ptr<RedisPipe> pipe_;
};

TEST_F(SendRedis, RepliesComeInOrder) {
  for (int number = 0; number < 1000; ++number) pipe_->command({"ECHO", std::to_string(number)});
  std::vector<std::string> replies;
  const RedisPipe::OnReply keep = [&](const redisReply& reply) {
    replies.emplace_back(reply.str, reply.len);
  };
  ASSERT_TRUE(pipe_->drain(400, keep));
  EXPECT_GE(replies.size(), 600U);
  ASSERT_TRUE(pipe_->drain(0, keep));
  ASSERT_EQ(replies.size(), 1000U);
  EXPECT_EQ(replies[999], "999");
}

TEST_F(SendRedis, RefusalsAndALostServerAreErrors) {
  const auto refused = pipe_->ask({"XADD", "too", "few"}, [](const redisReply&) {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), testing::HasSubstr("Redis refused XADD"));
  redis_->process().stop();
  const auto lost = pipe_->ask({"PING"}, [](const redisReply&) {});
  ASSERT_FALSE(lost);
  EXPECT_THAT(lost.error(), testing::HasSubstr("lost the connection"));
  const auto gone = redis_->connect();
  ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error(), testing::HasSubstr("cannot reach Redis"));
}

TEST_F(SendRedis, SendPushesOneMessageAndACsvInBatches) {
  SendOptions one = options();
  one.to = "+91 98000 00001";
  EXPECT_EQ(run_send(one), 0);
  EXPECT_EQ(jobs_in("bulk"), 1);

  std::string rows = "to,name,unused\n";
  for (int row = 0; row < 250; ++row) rows += "+9198000" + std::to_string(10000 + row) + ",Anu,x\n";
  SendOptions many = options();
  many.lane = "service";
  many.header.text.clear();
  many.csv = write("rows.csv", rows);
  many.template_file = write("template.txt", "Dear {name}\n");
  EXPECT_EQ(run_send(many), 0);
  EXPECT_EQ(jobs_in("service"), 3) << "100, 100 and 50";
}

TEST_F(SendRedis, SendPushesNothingWhenARowIsWrong) {
  SendOptions wrong = options();
  wrong.csv = write("wrong.csv", "to\n+919800000001\nnobody\n");
  EXPECT_EQ(run_send(wrong), 1);
  EXPECT_EQ(jobs_in("bulk"), 0);
  wrong.skip_invalid = true;
  EXPECT_EQ(run_send(wrong), 0);
  EXPECT_EQ(jobs_in("bulk"), 1);
}

TEST_F(SendRedis, SendTellsUsageFromAnUnreachableRedis) {
  SendOptions nobody = options();
  EXPECT_EQ(run_send(nobody), 2) << "neither --to nor --csv";
  SendOptions no_lane = options();
  no_lane.to = "+919800000001";
  no_lane.lane.clear();
  EXPECT_EQ(run_send(no_lane), 2);
  SendOptions no_column = options();
  no_column.csv = write("rows.csv", "to\n+919800000001\n");
  no_column.header.text = "Dear {name}";
  no_column.header.is_template = true;
  EXPECT_EQ(run_send(no_column), 2);
  SendOptions elsewhere = options();
  elsewhere.to = "+919800000001";
  elsewhere.redis_url = "unix://" + directory_.file("no.sock");
  EXPECT_EQ(run_send(elsewhere), 6);
}

TEST_F(SendRedis, FollowCountsTheFirstFinalOutcomeOfEachMessage) {
  OutcomeReader reader(*pipe_, "finance", 8);
  const auto outcome = [&](const std::string& body) {
    ASSERT_TRUE(pipe_->ask({"XADD", "anchal:{3}:outcomes:finance", "*", "v", "1", "n", "2", "body", body},
                           [](const redisReply&) {}));
  };
  outcome("{\"job\":\"old\",\"i\":0,\"state\":\"delivered\",\"final\":true}");
  ASSERT_TRUE(reader.skip_to_end());
  outcome(
      "{\"job\":\"a\",\"i\":0,\"state\":\"held\",\"final\":false}\n"
      "{\"job\":\"a\",\"i\":0,\"state\":\"delivered\",\"final\":true}");
  std::vector<std::string> states;
  const auto lines = reader.read([&](const OutcomeLine& line) { states.emplace_back(line.state); });
  ASSERT_TRUE(lines) << lines.error();
  EXPECT_EQ(*lines, 2U);
  EXPECT_THAT(states, testing::ElementsAre("held", "delivered"));
  EXPECT_EQ(reader.read([](const OutcomeLine&) {}).value_or(9), 0U) << "each line once";

  SendOptions followed = options();
  followed.to = "+919800000001";
  followed.follow = true;
  followed.timeout = std::chrono::seconds(1);
  EXPECT_EQ(run_send(followed), 7) << "nobody delivers here";
}

}  // namespace
}  // namespace anchal::app
