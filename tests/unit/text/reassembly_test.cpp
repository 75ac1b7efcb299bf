#include "smpp/text/reassembly.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "smpp/text/plan.h"

namespace anchal::smpp {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const TimePoint t0{};

class Inbox {
 public:
  explicit Inbox(Reassembler::Limits limits = {}) : reassembler_(limits) {}

  void add(std::string_view source, const PartNumber& number, std::string_view octets, TimePoint now = t0,
           BodyFormat format = {}) {
    Received received;
    received.format = format;
    received.body = std::as_bytes(std::span(octets.data(), octets.size()));
    reassembler_.add({source, "900", number, received}, now, done_);
  }
  Reassembler& reassembler() { return reassembler_; }
  std::vector<Reassembled> take() { return std::exchange(done_, {}); }
  std::vector<Reassembled>& done() { return done_; }

 private:
  Reassembler reassembler_;
  std::vector<Reassembled> done_;
};

TEST(Reassembly, PartsJoinInAnyOrderAndRepeatsAreIgnored) {
  Inbox inbox;
  inbox.add("a", {7, 3, 3, false}, "!");
  inbox.add("a", {7, 3, 1, false}, "Hello ");
  inbox.add("a", {7, 3, 1, false}, "other ");
  EXPECT_THAT(inbox.take(), IsEmpty());
  inbox.add("a", {7, 3, 2, false}, "world");
  const auto done = inbox.take();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].text, "Hello world!");
  EXPECT_EQ(done[0].source, "a");
  EXPECT_EQ(done[0].destination, "900");
  EXPECT_TRUE(done[0].complete());
  EXPECT_EQ(inbox.reassembler().messages(), 0U);
  EXPECT_EQ(inbox.reassembler().octets(), 0U);
}

TEST(Reassembly, MessagesAreToldApartByAddressReferenceTotalAndWidth) {
  Inbox inbox;
  inbox.add("a", {7, 2, 1, false}, "1");
  inbox.add("b", {7, 2, 2, false}, "2");
  inbox.add("a", {8, 2, 2, false}, "3");
  inbox.add("a", {7, 3, 2, false}, "4");
  inbox.add("a", {7, 2, 2, true}, "5");
  EXPECT_THAT(inbox.take(), IsEmpty());
  EXPECT_EQ(inbox.reassembler().messages(), 5U);
}

TEST(Reassembly, PairsCutByTheSenderAreRepaired) {
  Inbox inbox;
  const BodyFormat ucs2{.alphabet = ReceivedAlphabet::ucs2};
  inbox.add("a", {1, 2, 1, false}, std::string_view("\xD8\x3D", 2), t0, ucs2);
  inbox.add("a", {1, 2, 2, false}, std::string_view("\xDE\x00", 2), t0, ucs2);
  EXPECT_EQ(inbox.take().at(0).text, "\xF0\x9F\x98\x80");
  inbox.add("a", {2, 2, 1, false}, "a\x1B");
  inbox.add("a", {2, 2, 2, false}, "\x65");
  EXPECT_EQ(inbox.take().at(0).text, "a\xE2\x82\xAC");
}

TEST(Reassembly, PackedPartsAreJoinedBySeptet) {
  Inbox inbox;
  const BodyFormat packed{.alphabet = ReceivedAlphabet::gsm7_packed, .fill_bits = 1};
  const std::string hello = "\xD0\x65\x36\xFB\x0D";
  inbox.add("a", {1, 2, 1, false}, hello, t0, packed);
  inbox.add("a", {1, 2, 2, false}, hello, t0, packed);
  EXPECT_EQ(inbox.take().at(0).text, "hellohello");
}

TEST(Reassembly, WhatNeverCameIsNamedWhenTimeIsOver) {
  Inbox inbox({.timeout = 10min});
  inbox.add("a", {1, 4, 2, false}, "two", t0);
  inbox.add("b", {1, 2, 1, false}, "one", t0 + 1min);
  inbox.add("a", {1, 4, 3, false}, "three", t0 + 9min);
  EXPECT_EQ(inbox.reassembler().next_deadline(), t0 + 10min);
  inbox.reassembler().expire(t0 + 10min - 1ns, inbox.done());
  EXPECT_THAT(inbox.take(), IsEmpty());
  inbox.reassembler().expire(t0 + 10min, inbox.done());
  const auto done = inbox.take();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_THAT(done[0].missing, ElementsAre(1, 4));
  EXPECT_EQ(done[0].text, "twothree");
  EXPECT_EQ(inbox.reassembler().next_deadline(), t0 + 11min);
}

TEST(Reassembly, MemoryIsBoundedAndTheOldestLeavesFirst) {
  Inbox inbox({.messages_max = 2});
  inbox.add("a", {1, 2, 1, false}, "A");
  inbox.add("b", {1, 2, 1, false}, "B");
  inbox.add("c", {1, 2, 1, false}, "C");
  auto done = inbox.take();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].source, "a");
  EXPECT_THAT(done[0].missing, ElementsAre(2));
  Inbox small({.octets_max = 1500});
  const std::string big(600, 'x');
  for (int i = 0; i < 50; ++i) {
    small.add(std::to_string(i), {1, 2, 1, false}, big);
    EXPECT_LE(small.reassembler().octets(), 2000U);
  }
  EXPECT_EQ(small.take().size() + small.reassembler().messages(), 50U);
}

TEST(Reassembly, PartsOfAnUnlikelyNumberAreIgnored) {
  Inbox inbox;
  inbox.add("a", {1, 2, 0, false}, "x");
  inbox.add("a", {1, 2, 3, false}, "x");
  inbox.add("a", {1, 0, 0, false}, "x");
  EXPECT_EQ(inbox.reassembler().messages(), 0U);
}

TEST(Reassembly, WhatWeSendComesTogetherAgain) {
  EncodingProfile profile{.national = LanguageSet::all()};
  std::string text;
  for (int i = 0; i < 40; ++i) text += "\xE0\xB4\xAE\xE0\xB4\xB4\xE0\xB5\xBB [KSEB] ";
  const auto planned = plan(text, profile);
  ASSERT_TRUE(planned.has_value());
  ASSERT_GT(planned->parts(), 2U);
  Reassembler reassembler({});
  std::vector<Reassembled> done;
  for (std::size_t i = planned->parts(); i-- > 0;) {
    std::array<std::byte, kShortMessageOctetsMax> out;
    const std::size_t size = write_part(*planned, i, 99, out);
    const auto received =
        open_user_data(std::span(out).first(size), planned->data_coding(), planned->esm_class(), profile);
    ASSERT_TRUE(received.has_value());
    ASSERT_TRUE(received->header.part.has_value());
    reassembler.add({"a", "b", *received->header.part, *received}, t0, done);
  }
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].text, text);
}

}  // namespace
}  // namespace anchal::smpp
