#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "smpp/pdu/decode.h"
#include "smpp/pdu/encode.h"
#include "smpp/pdu/framer.h"
#include "smpp/pdu/print.h"
#include "tests/unit/pdu/hex.h"
#include "tests/unit/pdu/vectors.h"

namespace anchal::smpp::test {
namespace {

/// A heap copy of exactly these octets, so that a sanitizer sees a read of one too many.
std::vector<std::byte> exact(Octets octets) {
  return {octets.begin(), octets.end()};
}

Frame frame_of(Octets octets) {
  return {read_header(octets.data()), octets.subspan(kHeaderSize)};
}

/// Decodes in both modes. What comes out must print and, where strict has read it whole, be encoded to the
/// same octets; of the thousands of variants of a long submit_multi that would show nothing new.
void survive(Octets octets) {
  const Frame frame = frame_of(octets);
  for (const DecodeMode mode : {DecodeMode::strict, DecodeMode::lenient}) {
    const auto decoded = decode_any(frame, mode);
    if (!decoded) {
      EXPECT_GE(decoded.error().offset, 4U);
      EXPECT_LE(decoded.error().offset, octets.size());
    }
    if (octets.size() > 512) continue;
    if (!decoded) {
      EXPECT_FALSE(print_json(frame.header, decoded.error()).empty());
      EXPECT_FALSE(print_text(frame.header, decoded.error()).empty());
      continue;
    }
    EXPECT_FALSE(print_json(frame, *decoded).empty());
    EXPECT_FALSE(print_text(frame, *decoded).empty());
    if (decoded->form != BodyForm::whole || mode == DecodeMode::lenient) continue;
    Buffer again;
    ASSERT_TRUE(encode_any(again, frame.header.sequence_number, decoded->pdu, frame.header.command_status));
    EXPECT_TRUE(std::ranges::equal(again.bytes().subspan(4), octets.subspan(4))) << to_hex(again.bytes());
  }
}

TEST(PduDerivedVector, EveryPrefixInAShortenedFrameDecodesOrFailsCleanly) {
  for (const PduVector& vector : pdu_vectors("decoded")) {
    SCOPED_TRACE(vector.name);
    for (std::size_t size = kHeaderSize; size < vector.octets.size(); ++size) {
      std::vector<std::byte> prefix = exact(Octets(vector.octets).first(size));
      prefix[0] = prefix[1] = std::byte{0};
      prefix[2] = static_cast<std::byte>(size >> 8);
      prefix[3] = static_cast<std::byte>(size);
      survive(prefix);
    }
  }
}

TEST(PduDerivedVector, EveryOctetOfAVectorMayTurnHostile) {
  for (const PduVector& vector : pdu_vectors("decoded")) {
    SCOPED_TRACE(vector.name);
    for (std::size_t at = 4; at < vector.octets.size(); ++at) {
      for (const unsigned value : {0x00U, 0x7FU, 0xFFU}) {
        std::vector<std::byte> changed = exact(vector.octets);
        changed[at] = std::byte{static_cast<unsigned char>(value)};
        survive(changed);
      }
    }
  }
}

TEST(PduDerivedVector, EveryOctetOfTheHeaderMayTurnHostileForTheFramer) {
  for (const PduVector& vector : pdu_vectors("decoded")) {
    for (std::size_t at = 0; at < kHeaderSize; ++at) {
      for (const unsigned value : {0x00U, 0x7FU, 0xFFU}) {
        std::vector<std::byte> changed = exact(vector.octets);
        changed[at] = std::byte{static_cast<unsigned char>(value)};
        Framer framer;
        std::size_t seen = 0;
        const auto fed = framer.feed(changed, [&](const Frame& frame) {
          seen += kHeaderSize + frame.body.size();
          return true;
        });
        EXPECT_TRUE(!fed || seen + framer.remaining() == changed.size()) << vector.name << " at " << at;
      }
    }
  }
}

TEST(PduDerivedVector, RandomSplitsOfAllVectorsInARowGiveTheSameFrames) {
  std::vector<std::byte> stream;
  std::vector<std::string> expected;
  for (const PduVector& vector : pdu_vectors()) {
    if (vector.result == "stream") continue;
    if (vector.octets.size() < kHeaderSize || load_u32(vector.octets.data()) != vector.octets.size())
      continue;
    stream.insert(stream.end(), vector.octets.begin(), vector.octets.end());
    expected.push_back(to_hex(vector.octets));
  }
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    const std::size_t longest =
        std::array<std::size_t, 4>{3, 40, 700, 9000}[static_cast<std::size_t>(round % 4)];
    Framer framer;
    std::vector<std::string> seen;
    for (Octets left(stream); !left.empty();) {
      const std::size_t piece = std::min<std::size_t>(left.size(), random() % longest + 1);
      const std::vector<std::byte> now = exact(left.first(piece));
      left = left.subspan(piece);
      // The views of one feed() are read after it, as a session's caller reads its events.
      std::vector<Frame> frames;
      ASSERT_TRUE(framer.feed(now, [&](const Frame& frame) {
        frames.push_back(frame);
        return true;
      }));
      for (const Frame& frame : frames) {
        Buffer whole;
        encode_header(whole, frame.header.command_id, frame.header.command_status,
                      frame.header.sequence_number);
        std::string text = to_hex(whole.bytes()) + to_hex(frame.body);
        const auto length = frame.header.command_length;
        for (int digit = 7, shift = 0; digit >= 0; --digit, shift += 4) {
          text[static_cast<std::size_t>(digit)] = "0123456789abcdef"[length >> shift & 15];
        }
        seen.push_back(std::move(text));
      }
    }
    ASSERT_EQ(seen, expected);
    EXPECT_EQ(framer.remaining(), 0U);
  }
}

}  // namespace
}  // namespace anchal::smpp::test
