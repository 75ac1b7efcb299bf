#include "smpp/text/septets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/unit/text/text_support.h"

namespace anchal::smpp {
namespace {

std::vector<std::uint8_t> octets_of(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string packed(std::string_view text, unsigned fill, bool cr) {
  std::vector<std::byte> out((fill + 7 * text.size() + 7) / 8);
  EXPECT_EQ(pack_septets(octets_of(text), fill, cr, out.data()), text.empty() ? 0 : out.size());
  return test::to_hex(out);
}

TEST(Septets, HelloIsTheTextbookExample) {
  EXPECT_EQ(packed("hello", 0, false), "E8329BFD06");
  EXPECT_EQ(packed("hellohello", 0, false), "E8329BFD4697D9EC37");
  EXPECT_EQ(packed("", 0, false), "");
}

TEST(Septets, SevenSpareBitsTakeACarriageReturnIfAsked) {
  EXPECT_EQ(packed("1234567", 0, false), "31D98C56B3DD00");
  EXPECT_EQ(packed("1234567", 0, true), "31D98C56B3DD1A");
  EXPECT_EQ(packed("12345678", 0, true), "31D98C56B3DD70");
}

TEST(Septets, FillBitsBringTheTextToASeptetBoundary) {
  EXPECT_EQ(fill_bits(0), 0U);
  EXPECT_EQ(fill_bits(4), 3U);
  EXPECT_EQ(fill_bits(6), 1U);
  EXPECT_EQ(fill_bits(7), 0U);
  EXPECT_EQ(fill_bits(9), 5U);
  EXPECT_EQ(fill_bits(12), 2U);
  EXPECT_EQ(fill_bits(10), 4U);
  EXPECT_EQ(fill_bits(13), 1U);
}

TEST(Septets, CapacitiesAreThoseOfTheStandard) {
  EXPECT_EQ(septet_capacity(0), 160U);
  EXPECT_EQ(septet_capacity(4), 155U);
  EXPECT_EQ(septet_capacity(7), 152U);
  EXPECT_EQ(septet_capacity(6), 153U);
  EXPECT_EQ(septet_capacity(9), 149U);
  EXPECT_EQ(septet_capacity(12), 146U);
  EXPECT_EQ(septet_capacity(10), 148U);
  EXPECT_EQ(septet_capacity(13), 145U);
}

TEST(Septets, TrailingFillIsNoSeptet) {
  const std::string seven = test::from_hex("31D98C56B3DD00");
  const auto bytes = std::as_bytes(std::span(seven.data(), seven.size()));
  EXPECT_EQ(unpack_all(bytes, 0, false), octets_of("1234567"));
  EXPECT_EQ(unpack_all(bytes, 0, true).size(), 8U);
  EXPECT_TRUE(unpack_all({}, 0, false).empty());
  EXPECT_TRUE(unpack_all(bytes.first(1), 3, false).empty());
}

RC_GTEST_PROP(SeptetsProperty, UnpackingUndoesPacking, ()) {
  const auto septets = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 128));
  const unsigned fill = *rc::gen::inRange(0U, 7U);
  std::vector<std::byte> out((fill + 7 * septets.size() + 7) / 8 + 1);
  const std::size_t size = pack_septets(septets, fill, *rc::gen::arbitrary<bool>(), out.data());
  RC_ASSERT(size == (septets.empty() ? 0U : (fill + 7 * septets.size() + 7) / 8));
  std::vector<std::uint8_t> back(septets.size());
  unpack_septets(std::span(out).first(size), fill, back);
  RC_ASSERT(back == septets);
}

}  // namespace
}  // namespace anchal::smpp
