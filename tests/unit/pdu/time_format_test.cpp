#include "smpp/pdu/time_format.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace anchal::smpp {
namespace {

using namespace std::chrono_literals;
using Kind = ParsedTime::Kind;

WallTime utc(int year, unsigned month, unsigned day, std::chrono::milliseconds time_of_day) {
  return std::chrono::sys_days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day)) +
         time_of_day;
}

TEST(TimeFormat, AbsoluteTimeIsLocalTimeWithItsOffset) {
  const WallTime at = utc(2026, 3, 1, 8h + 35min + 9s);
  EXPECT_EQ(format_absolute(at, 22)->view(), "260301140509022+");  // UTC+05:30, SMPP 3.4 §7.1.1
  EXPECT_EQ(format_absolute(at)->view(), "260301083509000+");
  EXPECT_EQ(format_absolute(at, -20)->view(), "260301033509020-");
  EXPECT_EQ(format_absolute(at + 730ms)->view(), "260301083509700+");
}

TEST(TimeFormat, AbsoluteTimeThatTwoDigitsCannotTellIsRefused) {
  EXPECT_TRUE(format_absolute(utc(2037, 12, 31, 0ms)));
  EXPECT_FALSE(format_absolute(utc(2038, 1, 1, 0ms)));
  EXPECT_FALSE(format_absolute(utc(1937, 12, 31, 0ms)));
  EXPECT_FALSE(format_absolute(utc(2026, 1, 1, 0ms), 49));
}

TEST(TimeFormat, RelativeTimeKeepsEachFieldInItsRange) {
  EXPECT_EQ(format_relative(24h)->view(), "000001000000000R");
  EXPECT_EQ(format_relative(4h)->view(), "000000040000000R");
  EXPECT_EQ(format_relative(48h)->view(), "000002000000000R");
  EXPECT_EQ(format_relative(30 * 24h + 23h + 59min + 59s)->view(), "000030235959000R");
  EXPECT_EQ(format_relative(0s)->view(), "000000000000000R");
  EXPECT_FALSE(format_relative(31 * 24h));
  EXPECT_FALSE(format_relative(-1s));
}

TEST(TimeFormat, ParsesWhatTheSpecificationShows) {
  const auto absolute = parse_time("260301140509022+");
  ASSERT_TRUE(absolute);
  EXPECT_EQ(absolute->kind, Kind::absolute);
  EXPECT_EQ(absolute->at, utc(2026, 3, 1, 8h + 35min + 9s));
  EXPECT_EQ(absolute->quarter_hours, 22);

  const auto relative = parse_time("020610233429000R");
  ASSERT_TRUE(relative);
  EXPECT_EQ(relative->kind, Kind::relative);
  EXPECT_EQ(relative->amount, (ParsedTime::Amount{2, 6, 10, 23h + 34min + 29s}));

  EXPECT_EQ(parse_time("")->kind, Kind::none);
}

TEST(TimeFormat, ParsesTheLocalFormsOfAnSmsc) {
  EXPECT_EQ(parse_time("260301140509")->at, utc(2026, 3, 1, 14h + 5min + 9s));
  EXPECT_EQ(parse_time("2603011405")->at, utc(2026, 3, 1, 14h + 5min));
  EXPECT_EQ(parse_time("2603011405")->kind, Kind::local);
}

TEST(TimeFormat, PivotDividesTheCenturies) {
  EXPECT_EQ(parse_time("370101000000000+")->at, utc(2037, 1, 1, 0ms));
  EXPECT_EQ(parse_time("380101000000000+")->at, utc(1938, 1, 1, 0ms));
  EXPECT_EQ(parse_time("380101000000000+", 70)->at, utc(2038, 1, 1, 0ms));
}

TEST(TimeFormat, BadTimesSayWhatIsWrong) {
  EXPECT_EQ(parse_time("2603011405090").error(), TimeError::length);
  EXPECT_EQ(parse_time("26030114050x022+").error(), TimeError::digit);
  EXPECT_EQ(parse_time("260301140509x22+").error(), TimeError::digit);
  EXPECT_EQ(parse_time("260301140509022Z").error(), TimeError::sign);
  EXPECT_EQ(parse_time("261301140509022+").error(), TimeError::range);
  EXPECT_EQ(parse_time("260230140509022+").error(), TimeError::range);
  EXPECT_EQ(parse_time("260301240509022+").error(), TimeError::range);
  EXPECT_EQ(parse_time("260301140509049+").error(), TimeError::range);
}

RC_GTEST_PROP(TimeFormatProperty, ParsingWhatWasFormattedGivesTheSameInstant, ()) {
  const auto tenths = *rc::gen::inRange<std::int64_t>(-10000000000, 21000000000);
  const auto zone = *rc::gen::inRange(-48, 49);
  const WallTime at{std::chrono::milliseconds(tenths * 100)};
  const auto text = format_absolute(at, zone);
  RC_PRE(text.has_value());
  const auto parsed = parse_time(text->view());
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(parsed->at == at);
  RC_ASSERT(parsed->quarter_hours == zone);
}

RC_GTEST_PROP(TimeFormatProperty, AnyTextIsParsedOrRefused, (const std::string& text)) {
  static_cast<void>(parse_time(text));
  static_cast<void>(
      parse_time(text.substr(0, 16) + std::string(16 - std::min<std::size_t>(text.size(), 16), '0')));
}

}  // namespace
}  // namespace anchal::smpp
