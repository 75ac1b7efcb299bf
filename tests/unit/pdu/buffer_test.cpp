#include "smpp/pdu/buffer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "smpp/pdu/octets.h"

namespace anchal::smpp {
namespace {

std::string text(const Buffer& buffer) {
  return std::string(as_text(buffer.bytes()));
}

TEST(Buffer, GivesBackInOrderWhatWasAppended) {
  Buffer buffer;
  EXPECT_TRUE(buffer.empty());
  buffer.append(as_octets("mail "));
  buffer.append(as_octets("runner"));
  EXPECT_EQ(text(buffer), "mail runner");
  buffer.consume(5);
  EXPECT_EQ(text(buffer), "runner");
  buffer.consume(6);
  EXPECT_TRUE(buffer.empty());
}

TEST(Buffer, TruncateTakesBackTheLastAppend) {
  Buffer buffer;
  buffer.append(as_octets("xxkept"));
  buffer.consume(2);
  const std::size_t before = buffer.size();
  buffer.append(as_octets("dropped"));
  buffer.truncate(before);
  EXPECT_EQ(text(buffer), "kept");
}

TEST(Buffer, ReusesItsRoomWhenEverythingWasConsumed) {
  Buffer buffer(1000);
  const std::size_t capacity = buffer.capacity();
  for (int round = 0; round < 100; ++round) {
    buffer.append(as_octets(std::string(900, 'x')));
    buffer.consume(900);
  }
  EXPECT_EQ(buffer.capacity(), capacity);
}

TEST(Buffer, StaysBoundedUnderASlowConsumer) {
  Buffer buffer;
  for (int round = 0; round < 10000; ++round) {
    buffer.append(as_octets(std::string(100, 'x')));
    if (buffer.size() > 5000) buffer.consume(100);
  }
  EXPECT_LE(buffer.capacity(), 32768U);
}

TEST(Buffer, BehavesLikeAStringUnderRandomUse) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Buffer buffer;
  std::string model;
  for (int round = 0; round < 20000; ++round) {
    if (random() % 2 == 0) {
      const std::string piece(random() % 300, static_cast<char>('a' + random() % 26));
      buffer.append(as_octets(piece));
      model += piece;
    } else {
      const std::size_t count = random() % (model.size() + 1);
      buffer.consume(count);
      model.erase(0, count);
    }
    ASSERT_EQ(buffer.size(), model.size());
    ASSERT_EQ(text(buffer), model);
  }
}

TEST(Buffer, MovesItsOctetsAndLeavesAnEmptyOne) {
  Buffer first;
  first.append(as_octets("carried"));
  Buffer second(std::move(first));
  EXPECT_EQ(text(second), "carried");
  Buffer third;
  third.append(as_octets("replaced"));
  third = std::move(second);
  EXPECT_EQ(text(third), "carried");
}

}  // namespace
}  // namespace anchal::smpp
