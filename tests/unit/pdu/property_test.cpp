#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "smpp/pdu/decode.h"
#include "smpp/pdu/encode.h"
#include "smpp/pdu/framer.h"
#include "tests/unit/pdu/generate.h"
#include "tests/unit/pdu/hex.h"
#include "tests/unit/pdu/same.h"

namespace anchal::smpp::test {
namespace {

template <class Pdu>
class PduProperty : public testing::Test {};

template <class... Pdus>
testing::Types<Pdus...> types_of(std::variant<Pdus...>);
using EveryPdu = decltype(types_of(std::declval<AnyPdu>()));

struct CommandNames {
  template <class Pdu>
  static std::string GetName(int /*index*/) {
    return std::string(command_name(Pdu::kId));
  }
};
TYPED_TEST_SUITE(PduProperty, EveryPdu, CommandNames);

TYPED_TEST(PduProperty, DecodingWhatWasEncodedGivesTheSamePdu) {
  EXPECT_TRUE(rc::check("decode(encode(x)) == x in both modes", [] {
    Generate generate;
    const auto pdu = generate.pdu<TypeParam>();
    const auto sequence = *rc::gen::arbitrary<std::uint32_t>();
    Buffer wire;
    const auto size = encode(wire, sequence, pdu);
    RC_ASSERT(size.has_value());
    RC_ASSERT(*size == wire.size());

    int frames = 0;
    Framer framer;
    const auto fed = framer.feed(wire.bytes(), [&](const Frame& frame) {
      ++frames;
      RC_ASSERT(frame.header ==
                (Header{static_cast<std::uint32_t>(wire.size()), TypeParam::kId, 0U, sequence}));
      for (const DecodeMode mode : {DecodeMode::strict, DecodeMode::lenient}) {
        const auto decoded = decode<TypeParam>(frame, mode);
        RC_ASSERT(decoded.has_value());
        RC_ASSERT(decoded->form == BodyForm::whole);
        RC_ASSERT(Same::as(decoded->pdu, pdu));
      }
      return true;
    });
    RC_ASSERT(fed.has_value());
    RC_ASSERT(frames == 1);
  }));
}

TYPED_TEST(PduProperty, AnyOctetsBehindTheHeaderDecodeOrFailWithinTheFrame) {
  EXPECT_TRUE(rc::check("any body", [](const std::vector<std::uint8_t>& octets, std::uint32_t status) {
    const Frame frame{{static_cast<std::uint32_t>(kHeaderSize + octets.size()), TypeParam::kId, status, 1},
                      std::as_bytes(std::span(octets))};
    for (const DecodeMode mode : {DecodeMode::strict, DecodeMode::lenient}) {
      const auto decoded = decode<TypeParam>(frame, mode);
      if (decoded) {
        Buffer again;
        RC_ASSERT(encode(again, 1, decoded->pdu, status).has_value());
      } else {
        RC_ASSERT(decoded.error().offset >= kHeaderSize);
        RC_ASSERT(decoded.error().offset <= kHeaderSize + octets.size());
      }
    }
  }));
}

RC_GTEST_PROP(FramerProperty, AnySplitOfAnyPdusGivesTheSameFrames, ()) {
  Buffer stream;
  std::vector<std::string> expected;
  const auto count = *rc::gen::inRange(0, 8);
  for (int index = 0; index < count; ++index) {
    Generate generate;
    const std::size_t before = stream.size();
    RC_ASSERT(encode(stream, static_cast<std::uint32_t>(index), generate.pdu<SubmitSm>()).has_value());
    expected.push_back(to_hex(stream.bytes().subspan(before + kHeaderSize)));
  }
  const auto tail = *rc::gen::inRange<std::size_t>(0, kHeaderSize);
  Buffer incomplete;
  encode_header(incomplete, CommandId::enquire_link, 0, 9);
  stream.append(incomplete.bytes().first(tail));

  Framer framer;
  std::vector<std::string> seen;
  for (Octets left = stream.bytes(); !left.empty();) {
    const auto piece = *rc::gen::inRange<std::size_t>(1, std::min<std::size_t>(left.size(), 64) + 1);
    RC_ASSERT(framer
                  .feed(left.first(piece),
                        [&](const Frame& frame) {
                          seen.push_back(to_hex(frame.body));
                          return true;
                        })
                  .has_value());
    left = left.subspan(piece);
  }
  RC_ASSERT(seen == expected);
  RC_ASSERT(framer.remaining() == tail);
}

}  // namespace
}  // namespace anchal::smpp::test
