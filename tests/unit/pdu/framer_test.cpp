#include "smpp/pdu/framer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "smpp/pdu/encode.h"
#include "tests/unit/pdu/hex.h"

namespace anchal::smpp {
namespace {

using test::from_hex;

Buffer enquire_links(std::uint32_t count) {
  Buffer out;
  for (std::uint32_t number = 1; number <= count; ++number)
    encode_header(out, CommandId::enquire_link, 0, number);
  return out;
}

TEST(Framer, AWholePduIsAViewOfTheInput) {
  Buffer in;
  ASSERT_TRUE(encode(in, 1, SubmitSm{.short_message = as_octets("text")}));
  Framer framer;
  ASSERT_TRUE(framer.feed(in.bytes(), [&](const Frame& frame) {
    EXPECT_EQ(frame.body.data(), in.data() + kHeaderSize);
    return true;
  }));
}

TEST(Framer, FramesOfOneFeedOutliveTheKeepingOfItsTail) {
  const Buffer in = enquire_links(3);
  Framer framer;
  ASSERT_TRUE(framer.feed(in.bytes().first(10), [](const Frame&) { return true; }));
  std::vector<std::uint32_t> numbers;
  std::vector<Frame> frames;
  ASSERT_TRUE(framer.feed(in.bytes().subspan(10, 30), [&](const Frame& frame) {
    frames.push_back(frame);
    return true;
  }));
  for (const Frame& frame : frames) numbers.push_back(frame.header.sequence_number);
  EXPECT_EQ(numbers, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(framer.remaining(), 8U);
}

TEST(Framer, StopsWhereTheVisitorStops) {
  const Buffer in = enquire_links(5);
  Framer framer;
  int seen = 0;
  ASSERT_TRUE(framer.feed(in.bytes(), [&](const Frame&) { return ++seen < 2; }));
  EXPECT_EQ(seen, 2);
}

TEST(Framer, AnImpossibleLengthIsKnownFromTheFirstOctets) {
  Framer framer;
  const auto fed = framer.feed(from_hex("0000000f"), [](const Frame&) { return true; });
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().error.kind, DecodeErrorKind::length_too_small);
  EXPECT_EQ(answer_to(fed.error().error, fed.error().header), (Answer{CommandId::generic_nack, 0x02, 0}));
}

TEST(Framer, AnOversizedPduIsRefusedFromItsHeaderHoweverItIsSplit) {
  const auto octets = from_hex("00020001 00000004 00000000 00000007");  // one above the limit
  Framer framer;
  for (std::size_t at = 0; at + 1 < octets.size(); ++at) {
    ASSERT_TRUE(framer.feed(Octets(octets).subspan(at, 1), [](const Frame&) { return true; }));
  }
  const auto fed = framer.feed(Octets(octets).last(1), [](const Frame&) { return true; });
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().error.kind, DecodeErrorKind::length_too_big);
  EXPECT_EQ(fed.error().header.sequence_number, 7U);
}

TEST(Framer, TheLimitItselfIsTaken) {
  std::vector<std::byte> octets = from_hex("00000020 00000004 00000000 00000007");
  octets.resize(32);
  int seen = 0;
  Framer framer(32);
  ASSERT_TRUE(framer.feed(octets, [&](const Frame&) { return ++seen > 0; }));
  EXPECT_EQ(seen, 1);
  Framer smaller(31);
  EXPECT_FALSE(smaller.feed(octets, [&](const Frame&) { return true; }));
}

}  // namespace
}  // namespace anchal::smpp
