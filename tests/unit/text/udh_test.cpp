#include "smpp/text/udh.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/text/text_support.h"

namespace anchal::smpp {
namespace {

std::expected<UserDataHeader, UdhError> parsed(std::string_view hex) {
  const std::string octets = test::from_hex(hex);
  return parse_udh(std::as_bytes(std::span(octets.data(), octets.size())));
}

TEST(Udh, PartNumbersOfBothWidthsAreRead) {
  const auto narrow = parsed(
      "050003AB0201"
      "4142");
  ASSERT_TRUE(narrow.has_value());
  EXPECT_EQ(narrow->octets, 6U);
  EXPECT_EQ(narrow->part, (PartNumber{0xAB, 2, 1, false}));
  EXPECT_EQ(parsed("06080412AB0302")->part, (PartNumber{0x12AB, 3, 2, true}));
}

TEST(Udh, NationalTablesAndPortsAreRead) {
  const auto header = parsed(
      "0C"
      "240108"
      "250106"
      "0504"
      "23F41000");
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->single, Language::malayalam);
  EXPECT_EQ(header->locking, Language::hindi);
  EXPECT_EQ(header->ports, (ApplicationPorts{0x23F4, 0x1000}));
  EXPECT_EQ(parsed("040402F0F1")->ports, (ApplicationPorts{0xF0, 0xF1}));
}

TEST(Udh, UnknownElementsAreSkippedAndUnknownLanguagesMeanNone) {
  const auto header = parsed(
      "0A"
      "700101"
      "25010E"
      "240101"
      "70"
      "00");
  EXPECT_EQ(header.error(), UdhError::element_overruns) << "one octet is left over";
  const auto whole = parsed(
      "0B"
      "700101"
      "25010E"
      "240101"
      "7000");
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->locking, Language::none);
  EXPECT_EQ(whole->single, Language::turkish);
}

TEST(Udh, OfRepeatedElementsTheLastCounts) {
  EXPECT_EQ(parsed("0A"
                   "0003AA0201"
                   "0003BB0302")
                ->part,
            (PartNumber{0xBB, 3, 2, false}));
}

TEST(Udh, ImpossiblePartNumbersAreIgnored) {
  EXPECT_EQ(parsed("050003AB0203")->part, std::nullopt);
  EXPECT_EQ(parsed("050003AB0200")->part, std::nullopt);
  EXPECT_EQ(parsed("050003AB0000")->part, std::nullopt);
  EXPECT_EQ(parsed("040002AB02")->part, std::nullopt) << "wrong length";
}

TEST(Udh, LengthsAreChecked) {
  EXPECT_EQ(parsed("").error(), UdhError::empty);
  EXPECT_EQ(parsed("0500").error(), UdhError::longer_than_data);
  EXPECT_EQ(parsed("0300FF01").error(), UdhError::element_overruns);
  EXPECT_EQ(parsed("0100").error(), UdhError::element_overruns);
  EXPECT_EQ(parsed("00")->octets, 1U);
}

}  // namespace
}  // namespace anchal::smpp
