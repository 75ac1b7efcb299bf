#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "smpp/pdu/encode.h"
#include "smpp/text/plan.h"
#include "smpp/text/template.h"
#include "tests/support/allocation_count.h"

namespace anchal::smpp {
namespace {

std::string repeated(std::string_view unit, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += unit;
  return text;
}

/// A text of each way through the planner: short and long, fast and slow, encodable and not.
std::vector<std::string> texts() {
  return {"",
          "Dear Anu, your bill of Rs 500 is due.",
          repeated("[brackets] cost two ", 40),
          repeated("\u0D2A\u0D4D\u0D30\u0D3F\u0D2F ", 60),
          repeated("\u0928\u092E\u0938\u094D\u0924\u0947 ", 900),
          repeated("\u0D28\u0D4D\u200D \r\n", 30),
          "\u201CIt\u2019s\u201D \u2026 \u20B9" + std::string(300, 'a'),
          repeated("\U0001F468\u200D\U0001F469\u200D\U0001F467 ", 50),
          repeated("\u0BA4\u0BAE\u0BBF\u0BB4\u0BCD \u0939\u093F\u0928\u094D\u0926\u0940 ", 30),
          repeated("a", 39'000),
          repeated("\u0D2E", 50'000),
          "\uFEFFafter a mark",
          "ill-formed \xED\xA0\x80",
          "bell \x07"};
}

std::vector<EncodingProfile> profiles() {
  std::vector<EncodingProfile> list;
  for (const Split split : {Split::units, Split::grapheme, Split::grapheme_if_free}) {
    list.push_back({.split = split});
    list.push_back({.national = LanguageSet::all(), .split = split, .transliterate = true});
  }
  list.push_back({.allowed = {Alphabet::gsm7, Alphabet::ascii, Alphabet::latin1, Alphabet::ucs2},
                  .national = LanguageSet::all(),
                  .default_charset = Charset::gsm7_packed,
                  .fill_with_cr = true,
                  .concatenation = Concatenation::udh16,
                  .newlines_to_lf = true});
  list.push_back({.default_charset = Charset::latin1, .concatenation = Concatenation::sar});
  list.push_back({.concatenation = Concatenation::payload, .max_parts = 3});
  return list;
}

TEST(TextAllocation, ChoosingCuttingAndWritingAllocateNothing) {
  const auto all_texts = texts();
  const auto all_profiles = profiles();
  std::vector<std::byte> out(70'000);
  SegmentPlan plan;
  std::size_t written = 0, refused = 0;
  const std::size_t before = support::allocations();
  for (const EncodingProfile& profile : all_profiles) {
    for (const std::string& text : all_texts) {
      if (!plan_into(text, profile, plan)) {
        ++refused;
        continue;
      }
      for (std::size_t part = 0; part < plan.parts(); ++part) written += write_part(plan, part, 7, out);
    }
  }
  EXPECT_EQ(support::allocations(), before);
  EXPECT_GT(written, 10'000U);
  EXPECT_GT(refused, 10U);
}

TEST(TextAllocation, RenderingATemplateAllocatesNothing) {
  const auto parsed = Template::parse("Dear {name}, {{DA}} of Rs {amount} on {date}. {name}");
  ASSERT_TRUE(parsed);
  const std::array<std::string_view, 3> names = {"date", "name", "amount"};
  const std::array<std::string_view, 3> values = {"Anu", "4,210", "3 March"};
  std::array<char, 200> text{};
  const std::size_t before = support::allocations();
  std::size_t size = 0;
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(parsed->check(names).has_value());
    size = parsed->render(std::span<char>(text), values).value_or(0);
    EXPECT_EQ(size, parsed->rendered_octets(values));
  }
  EXPECT_EQ(support::allocations(), before);
  EXPECT_EQ(std::string_view(text.data(), size), "Dear Anu, {DA} of Rs 4,210 on 3 March. Anu");
}

TEST(TextAllocation, FromTemplateToTheOctetsOfItsSubmitsNothingIsAllocated) {
  const std::string source = "Dear {name}, [{amount}] \u20AC \u0D2E " + repeated("{name} ", 30);
  const auto parsed = Template::parse(source);
  ASSERT_TRUE(parsed);
  const std::array<std::string_view, 2> values = {"Anu", "4,210"};
  std::array<char, 400> text{};
  SegmentPlan plan;
  Buffer out(4096);  // warm, as a bind's is
  const std::size_t before = support::allocations();
  for (std::uint16_t reference = 0; reference < 100; ++reference) {
    out.clear();
    const std::size_t size = parsed->render(std::span<char>(text), values).value_or(0);
    ASSERT_TRUE(plan_into({text.data(), size}, {}, plan));
    ASSERT_GT(plan.parts(), 1U);
    for (std::size_t part = 0; part < plan.parts(); ++part) {
      const auto writer = [&](std::span<std::byte> place) {
        EXPECT_EQ(write_part(plan, part, reference, place), place.size());
      };
      SubmitSm pdu{.source_addr = "ANCHAL", .destination_addr = "919800000001"};
      pdu.esm_class = plan.esm_class();
      pdu.short_message = octets_to_come(plan.octets_in(part));
      ASSERT_TRUE(encode(out, reference, pdu, 0, Fill(writer)));
    }
  }
  EXPECT_EQ(support::allocations(), before);
}

}  // namespace
}  // namespace anchal::smpp
