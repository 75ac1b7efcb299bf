#include "smpp/text/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <map>

namespace anchal::smpp {
namespace {

using ::testing::ElementsAre;

std::string rendered(std::string_view source, const std::map<std::string_view, std::string_view>& values) {
  const auto parsed = Template::parse(source);
  if (!parsed)
    return std::string(to_string(parsed.error().kind)) + " " + std::to_string(parsed.error().offset);
  std::array<char, 256> out;
  const auto size = parsed->render(out, [&](std::string_view name) -> std::optional<std::string_view> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  });
  return size ? std::string(out.data(), *size) : "cannot";
}

TEST(Template, VariablesAreReplacedAndDoubledBracesMeanOne) {
  EXPECT_EQ(rendered("Dear {name}, {{id}} {name}{n}", {{"name", "Anu"}, {"n", "7"}}), "Dear Anu, {id} Anu7");
  EXPECT_EQ(rendered("", {}), "");
  EXPECT_EQ(rendered("}}{{", {}), "}{");
  EXPECT_EQ(rendered("{{{n}}}", {{"n", "7"}}), "{7}");
}

TEST(Template, ValuesAreNotReadAgain) {
  EXPECT_EQ(rendered("{a}", {{"a", "{b}"}, {"b", "x"}}), "{b}");
}

TEST(Template, NamesMayBeOfAnyScript) {
  EXPECT_EQ(rendered("{#var#} {\xE0\xA4\xA8\xE0\xA4\xBE\xE0\xA4\xAE} {first name}",
                     {{"#var#", "1"}, {"\xE0\xA4\xA8\xE0\xA4\xBE\xE0\xA4\xAE", "2"}, {"first name", "3"}}),
            "1 2 3");
}

TEST(Template, MistakesAreNamedWithTheirOffset) {
  EXPECT_EQ(rendered("a {b", {}), "unclosed_brace 2");
  EXPECT_EQ(rendered("a {b {c}", {}), "unclosed_brace 2");
  EXPECT_EQ(rendered("a } b", {}), "unopened_brace 2");
  EXPECT_EQ(rendered("a {}", {}), "empty_name 2");
  EXPECT_EQ(rendered("{" + std::string(65, 'n') + "}", {}), "bad_name 1");
  EXPECT_EQ(rendered("{a\nb}", {}), "bad_name 1");
}

TEST(Template, TooManyVariablesAreRefused) {
  std::string source;
  for (int i = 0; i < 300; ++i) source += "{v" + std::to_string(i) + "}";
  EXPECT_THAT(rendered(source, {}), ::testing::StartsWith("too_many_variables"));
}

TEST(Template, DisagreementNamesMissingAndExtraVariables) {
  const auto parsed = Template::parse("{name} {amount} {date} {name}");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_THAT(parsed->variables(), ElementsAre("name", "amount", "date"));
  const std::array<std::string_view, 2> given = {"amount", "nmae"};
  const auto mismatch = parsed->check(given);
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_THAT(mismatch->missing, ElementsAre("name", "date"));
  EXPECT_THAT(mismatch->extra, ElementsAre("nmae"));
  EXPECT_EQ(mismatch->describe(), "missing variables: name, date; extra variables: nmae");
  const std::array<std::string_view, 3> all = {"date", "name", "amount"};
  EXPECT_EQ(parsed->check(all), std::nullopt);
}

TEST(Template, MissingValueOrRoomGivesNothing) {
  const auto parsed = Template::parse("{a}{b}");
  std::array<char, 3> out;
  const std::array<std::string_view, 2> fits = {"ab", "c"};
  const std::array<std::string_view, 2> too_long = {"ab", "cd"};
  EXPECT_EQ(parsed->render(out, fits), 3U);
  EXPECT_EQ(parsed->rendered_octets(too_long), 4U);
  EXPECT_EQ(parsed->render(out, too_long), std::nullopt);
  EXPECT_EQ(parsed->render(out, std::span(fits).first(1)), std::nullopt);
  EXPECT_EQ(rendered("{a}", {}), "cannot");
}

RC_GTEST_PROP(TemplateProperty, DoublingEveryBraceGivesTheTextBack, (const std::string& text)) {
  std::string source;
  for (const char c : text) {
    source += c;
    if (c == '{' || c == '}') source += c;
  }
  const auto parsed = Template::parse(source);
  RC_ASSERT(parsed.has_value());
  std::string out(text.size(), '\0');
  RC_ASSERT(parsed->render(out, std::span<const std::string_view>{}) == text.size());
  RC_ASSERT(out == text);
}

RC_GTEST_PROP(TemplateProperty, AnyBracesParseOrNameAnOffsetInside, ()) {
  const auto source = *rc::gen::container<std::string>(rc::gen::element('{', '}', 'a', '-'));
  const auto parsed = Template::parse(source);
  if (!parsed) {
    RC_ASSERT(parsed.error().offset < source.size());
  }
}

}  // namespace
}  // namespace anchal::smpp
