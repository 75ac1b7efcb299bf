#include "engine/redis/reply_reader.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace anchal::redis {
namespace {

using core::Reply;
using Status = ReplyReader::Status;

std::string print(const Reply& reply) {
  switch (reply.type) {
    case Reply::Type::nil:
      return "nil";
    case Reply::Type::integer:
      return std::to_string(reply.integer);
    case Reply::Type::text:
      return "'" + std::string(reply.text) + "'";
    case Reply::Type::error:
      return "!" + std::string(reply.text);
    case Reply::Type::array: {
      std::string text = "[";
      for (const Reply& element : reply.array()) {
        text += (text.size() == 1 ? "" : " ") + print(element);
      }
      return text + "]";
    }
  }
  return "?";
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string read_in_pieces(std::string_view wire, std::size_t replies, std::size_t piece) {
  ReplyReader reader;
  reader.begin(replies);
  while (!wire.empty()) {
    const std::string_view now = wire.substr(0, piece);
    wire.remove_prefix(now.size());
    if (!reader.feed(bytes_of(now)) || reader.next() == Status::broken) {
      return "broken: " + reader.error();
    }
  }
  if (reader.next() != Status::complete) {
    return "incomplete";
  }
  std::string text;
  for (const Reply& reply : reader.replies()) {
    text += (text.empty() ? "" : " ") + print(reply);
  }
  return text;
}

constexpr std::string_view kWire =
    "+OK\r\n:-12\r\n$-1\r\n*-1\r\n$5\r\nhe\r\nl\r\n$0\r\n\r\n-ERR no\r\n*0\r\n"
    "*2\r\n*2\r\n$1\r\nk\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n:7\r\n";
constexpr std::string_view kText = "'OK' -12 nil nil 'he\r\nl' '' !ERR no [] [['k' [['1-1' ['f' 'v']]]] 7]";

TEST(ReplyReader, BuildsReplyTreesFromAnySplitOfTheBytes) {
  for (std::size_t piece = 1; piece <= kWire.size(); ++piece) {
    EXPECT_EQ(read_in_pieces(kWire, 9, piece), kText) << "pieces of " << piece;
  }
}

TEST(ReplyReader, AnswersFollowEachOtherInOneFeed) {
  ReplyReader reader;
  std::string wire;
  for (int i = 0; i < 1000; ++i) {
    wire += ":" + std::to_string(i) + "\r\n";
  }
  ASSERT_TRUE(reader.feed(bytes_of(wire)));
  for (int i = 0; i < 1000; i += 2) {
    reader.begin(2);
    ASSERT_EQ(reader.next(), Status::complete);
    EXPECT_EQ(reader.replies()[0].integer, i);
    EXPECT_EQ(reader.replies()[1].integer, i + 1);
  }
  EXPECT_EQ(reader.unread(), 0u);
}

TEST(ReplyReader, LargeTextsStayWhole) {
  std::mt19937 random(5);
  std::string body(5 << 20, '\0');
  for (auto& c : body) {
    c = static_cast<char>(random());
  }
  const std::string wire = "$" + std::to_string(body.size()) + "\r\n" + body + "\r\n+next\r\n";
  EXPECT_EQ(read_in_pieces(wire, 2, ReplyReader::kFeedBytes), "'" + body + "' 'next'");
}

TEST(ReplyReader, EveryPrefixIsIncompleteAndNeverBroken) {
  for (std::size_t size = 0; size < kWire.size(); ++size) {
    EXPECT_EQ(read_in_pieces(kWire.substr(0, size), 9, 7), "incomplete") << size;
  }
}

TEST(ReplyReader, WhatIsNotRespIsBroken) {
  for (const std::string_view wire :
       {"HTTP/1.1 400 Bad Request\r\n", "$x\r\n", "*2000000000\r\n", "*-2\r\n", "$-2\r\n", ":12a\r\n", "\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"}) {
    EXPECT_TRUE(read_in_pieces(wire, 1, 64).starts_with("broken")) << wire;
  }
}

TEST(ReplyReader, AnAnswerAboveTheLimitIsBrokenNotMemory) {
  ReplyReader reader(1 << 20);
  reader.begin(1);
  const std::string wire =
      "*3\r\n$600000\r\n" + std::string(600000, 'x') + "\r\n$600000\r\n" + std::string(600000, 'x') + "\r\n";
  ASSERT_TRUE(reader.feed(bytes_of(wire)));
  EXPECT_EQ(reader.next(), Status::broken);
  EXPECT_EQ(reader.error(), "a reply is too large");
}

TEST(ReplyReader, AnAnswerAboveTheLimitThatMayBeSkippedIsReadToItsEnd) {
  ReplyReader reader(1 << 20);
  reader.begin(2, true);
  const std::string large = "$600000\r\n" + std::string(600000, 'x') + "\r\n";
  ASSERT_TRUE(reader.feed(bytes_of("*4\r\n*2\r\n" + large + large)));
  EXPECT_EQ(reader.next(), Status::incomplete);
  ASSERT_TRUE(reader.feed(bytes_of("*1\r\n*-1\r\n:1\r\n*4000000\r\n")));
  std::string integers;
  for (int i = 0; i < 4'000'000; ++i) integers += ":1\r\n";
  ASSERT_TRUE(reader.feed(bytes_of(integers)));
  EXPECT_EQ(reader.next(), Status::incomplete);
  ASSERT_TRUE(reader.feed(bytes_of("-ERR x\r\n+OK\r\n")));
  EXPECT_EQ(reader.next(), Status::complete);
  EXPECT_TRUE(reader.skipped());
  reader.begin(1, true);
  EXPECT_EQ(reader.next(), Status::complete);
  EXPECT_FALSE(reader.skipped());
  EXPECT_EQ(reader.replies()[0].text, "OK");
}

TEST(ReplyReader, SurvivesRandomBytes) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    std::mt19937 random(seed);
    ReplyReader reader(1 << 20);
    reader.begin(1 + random() % 4);
    std::string wire;
    const std::size_t size = random() % 80;
    while (wire.size() < size) {
      constexpr std::string_view kPieces[] = {"*", "$", ":",  "+",  "-",  "\r\n",
                                              "1", "3", "-1", "\r", "\n", "x"};
      wire += random() % 8 == 0 ? std::string(1, static_cast<char>(random()))
                                : std::string(kPieces[random() % std::size(kPieces)]);
    }
    if (reader.feed(bytes_of(wire)) && reader.next() == Status::complete) {
      for (const Reply& reply : reader.replies()) {
        EXPECT_FALSE(print(reply).empty()) << "seed " << seed;
      }
    }
  }
}

TEST(ReplyReader, MayBeResetInTheMiddle) {
  ReplyReader reader;
  reader.begin(1);
  ASSERT_TRUE(reader.feed(bytes_of("*2\r\n:1\r\n$10\r\nabc")));
  EXPECT_EQ(reader.next(), Status::incomplete);
  reader.reset();
  reader.begin(1);
  ASSERT_TRUE(reader.feed(bytes_of(":5\r\n")));
  ASSERT_EQ(reader.next(), Status::complete);
  EXPECT_EQ(reader.replies()[0].integer, 5);
}

}  // namespace
}  // namespace anchal::redis
