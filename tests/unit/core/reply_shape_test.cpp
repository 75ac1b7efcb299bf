#include "engine/core/reply_shape.h"

#include <gtest/gtest.h>

#include <deque>

namespace anchal::core {
namespace {

/// Builds reply trees; what they show lives here.
class ReplyShape : public testing::Test {
 protected:
  static Reply text(std::string_view shown) {
    Reply reply;
    reply.type = Reply::Type::text;
    reply.text = shown;
    return reply;
  }
  static Reply integer() {
    Reply reply;
    reply.type = Reply::Type::integer;
    return reply;
  }
  Reply list(std::vector<Reply> elements) {
    const auto& kept = lists_.emplace_back(std::move(elements));
    Reply reply;
    reply.type = Reply::Type::array;
    reply.elements = kept.data();
    reply.size = kept.size();
    return reply;
  }
  static bool fits(std::initializer_list<std::string_view> command, const Reply& reply) {
    Commands commands;
    for (const std::string_view argument : command) {
      argument == *command.begin() ? commands.command(argument) : commands.arg(argument);
    }
    return answers(commands, std::span(&reply, 1));
  }
  Reply entry() { return list({text("1-1"), list({text("body"), text("{}")})}); }

  std::deque<std::vector<Reply>> lists_;
};

TEST_F(ReplyShape, OfEveryKindOfCommandIsTaken) {
  EXPECT_TRUE(fits({"INCR", "k"}, integer()));
  EXPECT_TRUE(fits({"GET", "k"}, text("v")));
  EXPECT_TRUE(fits({"GET", "k"}, Reply{}));
  EXPECT_TRUE(fits({"HMGET", "k", "a", "b"}, list({text("v"), Reply{}})));
  EXPECT_TRUE(fits({"HGETALL", "k"}, list({text("f"), text("v")})));
  EXPECT_TRUE(fits({"HSCAN", "k", "0"}, list({text("0"), list({text("f"), text("v")})})));
  EXPECT_TRUE(fits({"XRANGE", "k", "-", "+"}, list({entry(), entry()})));
  EXPECT_TRUE(fits({"XREAD", "STREAMS", "k", "0"}, Reply{}));
  EXPECT_TRUE(fits({"XREAD", "STREAMS", "k", "0"}, list({list({text("k"), list({entry()})})})));
  EXPECT_TRUE(fits({"ZRANGEBYSCORE", "k", "0", "1"}, list({})));
}

TEST_F(ReplyShape, ThatIsAnotherIsNoAnswer) {
  EXPECT_FALSE(fits({"INCR", "k"}, text("1")));
  EXPECT_FALSE(fits({"GET", "k"}, list({})));
  EXPECT_FALSE(fits({"HMGET", "k", "a", "b"}, list({text("v")})));
  EXPECT_FALSE(fits({"HGETALL", "k"}, list({text("f")})));
  EXPECT_FALSE(fits({"HSCAN", "k", "0"}, list({text("0")})));
  EXPECT_FALSE(fits({"XRANGE", "k", "-", "+"}, list({list({text("1-1")})})));
  EXPECT_FALSE(fits({"XRANGE", "k", "-", "+"}, list({list({text("1-1"), list({text("body")})})})));
  EXPECT_FALSE(fits({"XREAD", "STREAMS", "k", "0"}, list({list({list({}), list({})})})));
  EXPECT_FALSE(fits({"FLUSHALL"}, text("OK")));
  EXPECT_FALSE(answers(Commands{}, std::span<const Reply>(lists_.emplace_back(1))));
}

}  // namespace
}  // namespace anchal::core
