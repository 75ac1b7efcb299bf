#include "smpp/text/decode.h"

#include <gtest/gtest.h>

#include "tests/unit/text/text_support.h"

namespace anchal::smpp {
namespace {

struct Read {
  std::string text;
  std::size_t unread = 0;
  friend bool operator==(const Read&, const Read&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Read& read) {
    return out << read.text << " (" << read.unread << " unread)";
  }
};

Read read(std::string_view hex, std::uint8_t data_coding, std::uint8_t esm_class = 0,
          const EncodingProfile& profile = {}) {
  const std::string octets = test::from_hex(hex);
  const auto bytes = std::as_bytes(std::span(octets.data(), octets.size()));
  const auto received = open_user_data(bytes, data_coding, esm_class, profile);
  if (!received) return {std::string(to_string(received.error())), 0};
  Read result;
  result.unread = decode_body(received->body, received->format, result.text);
  return result;
}

constexpr std::string_view kUnread = "\xEF\xBF\xBD";

TEST(Decode, DefaultAlphabetWithItsExtension) {
  EXPECT_EQ(read("00021B65411B3C", 0), (Read{"@$\xE2\x82\xAC"
                                             "A[",
                                             0}));
}

TEST(Decode, ExtensionSeptetsWithoutCharacterShowTheMainTable) {
  EXPECT_EQ(read("1B41", 0), (Read{"A", 0}));
  EXPECT_EQ(read("1B1B41", 0), (Read{" A", 0}));
}

TEST(Decode, WhatCannotBeReadLeavesAMark) {
  EXPECT_EQ(read("41801B", 0), (Read{"A" + std::string(kUnread) + std::string(kUnread), 2}));
  EXPECT_EQ(read("4180", 1), (Read{"A" + std::string(kUnread), 1}));
}

TEST(Decode, NationalTablesComeFromTheHeader) {
  // Malayalam KA by the locking table, chillu N by the single one.
  EXPECT_EQ(read("06240108250108"
                 "15"
                 "1B2B",
                 0, 0x40)
                .unread,
            0U);
  EXPECT_EQ(read("03250108"
                 "15",
                 0, 0x40),
            (Read{"\xE0\xB4\x95", 0}));
  EXPECT_EQ(read("0324010C"
                 "1B65",
                 0, 0x40),
            (Read{"\xE2\x82\xAC", 0}))
      << "Telugu euro, as handsets send it";
}

TEST(Decode, PackedTextStartsBehindTheFillBits) {
  const EncodingProfile packed{.default_charset = Charset::gsm7_packed};
  EXPECT_EQ(read("E8329BFD06", 0, 0, packed), (Read{"hello", 0}));
  EXPECT_EQ(read("050003AB0201"
                 "D06536FB0D",
                 0, 0x40, packed),
            (Read{"hello", 0}));
}

TEST(Decode, Utf16IsReadWithPairsMarksAndLeftovers) {
  EXPECT_EQ(read("0D15D83DDE00", 8), (Read{"\xE0\xB4\x95\xF0\x9F\x98\x80", 0}));
  EXPECT_EQ(read("FEFF0041", 8), (Read{"A", 0}));
  EXPECT_EQ(read("FFFE4100", 8), (Read{"A", 0}));
  EXPECT_EQ(read("D83D0041DE0000", 8),
            (Read{std::string(kUnread) + "A" + std::string(kUnread) + std::string(kUnread), 3}));
}

TEST(Decode, EightBitSetsAreRead) {
  EXPECT_EQ(read("41E9", 3), (Read{"A\xC3\xA9", 0}));
  EXPECT_EQ(read("B6", 6), (Read{"\xD0\x96", 0}));
  EXPECT_EQ(read("E0A1", 7), (Read{"\xD7\x90" + std::string(kUnread), 1}));
}

TEST(Decode, JapaneseAndKoreanAreRead) {
  // "日本" in Shift JIS and in ISO 2022-JP, half-width katakana, "한" in EUC-KR, JIS X 0212 row 16.
  EXPECT_EQ(read("93FA967B", 5), (Read{"\xE6\x97\xA5\xE6\x9C\xAC", 0}));
  EXPECT_EQ(read("1B2442467C4B5C1B284241", 0x0A), (Read{"\xE6\x97\xA5\xE6\x9C\xAC"
                                                        "A",
                                                        0}));
  EXPECT_EQ(read("B1", 5), (Read{"\xEF\xBD\xB1", 0}));
  EXPECT_EQ(read("C7D141", 0x0E), (Read{"\xED\x95\x9C"
                                        "A",
                                        0}));
  EXPECT_EQ(read("3021", 0x0D), (Read{"\xE4\xB8\x82", 0}));
  EXPECT_EQ(read("93", 5), (Read{std::string(kUnread), 1})) << "cut in a pair";
}

TEST(Decode, DataCodingGroupsOfGsmAreKnown) {
  const EncodingProfile profile;
  using enum ReceivedAlphabet;
  EXPECT_EQ(received_alphabet(0x10, profile), gsm7);
  EXPECT_EQ(received_alphabet(0x18, profile), ucs2);
  EXPECT_EQ(received_alphabet(0x15, profile), binary);
  EXPECT_EQ(received_alphabet(0x58, profile), ucs2);
  EXPECT_EQ(received_alphabet(0xD0, profile), gsm7);
  EXPECT_EQ(received_alphabet(0xE0, profile), ucs2);
  EXPECT_EQ(received_alphabet(0xF0, profile), gsm7);
  EXPECT_EQ(received_alphabet(0xF5, profile), binary);
  EXPECT_EQ(received_alphabet(0x20, profile), std::nullopt) << "compressed";
  EXPECT_EQ(received_alphabet(0x0B, profile), std::nullopt);
  EXPECT_EQ(received_alphabet(0x90, profile), std::nullopt);
}

TEST(Decode, OperatorsOwnValuesComeFirst) {
  EncodingProfile profile{.default_charset = Charset::latin1};
  EXPECT_EQ(received_alphabet(0, profile), ReceivedAlphabet::latin1);
  profile.data_coding.ucs2 = 0x19;
  EXPECT_EQ(received_alphabet(0x19, profile), ReceivedAlphabet::ucs2);
}

TEST(Decode, BrokenHeadersAndUnknownSchemesAreErrors) {
  EXPECT_EQ(read("41", 0, 0x40).text, "bad_udh");
  EXPECT_EQ(read("41", 0x20).text, "unsupported_data_coding");
}

TEST(Decode, BinaryIsNoText) {
  EXPECT_EQ(read("0102", 4), (Read{"", 2}));
}

}  // namespace
}  // namespace anchal::smpp
