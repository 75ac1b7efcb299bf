#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "smpp/text/plan.h"
#include "tests/support/vector_file.h"
#include "tests/unit/text/text_support.h"

namespace anchal::smpp {
namespace {

using nlohmann::json;
using test::from_hex;
using test::to_hex;

std::string input_of(const json& vector) {
  if (vector.contains("utf8_hex")) return from_hex(vector["utf8_hex"].get<std::string>());
  if (vector.contains("text")) return vector["text"].get<std::string>();
  const json& repeat = vector.at("text_repeat");
  std::string text;
  for (int i = 0; i < repeat.at("count").get<int>(); ++i) text += repeat.at("unit").get<std::string>();
  return text + repeat.at("tail").get<std::string>();
}

struct Options {
  EncodingProfile profile;
  std::uint16_t reference = 0x5A;
};

Options options_of(const json& vector) {
  Options options;
  EncodingProfile& profile = options.profile;
  profile.split = Split::units;
  profile.chillu = false;
  if (!vector.contains("options")) return options;
  for (const auto& [name, value] : vector["options"].items()) {
    if (name == "national") {
      if (value == "all") {
        profile.national = LanguageSet::all();
      } else if (value.is_array()) {
        for (const json& language : value)
          profile.national.add(parse_language(language.get<std::string>()).value());
      } else {
        EXPECT_EQ(value, "off");
      }
    } else if (name == "ref_bits") {
      if (value == 16) {
        profile.concatenation = Concatenation::udh16;
        if (!vector["options"].contains("ref")) options.reference = 0x1234;
      }
    } else if (name == "ref") {
      options.reference = value.get<std::uint16_t>();
    } else if (name == "split") {
      profile.split = value == "grapheme" ? Split::grapheme : Split::units;
    } else if (name == "transliterate") {
      profile.transliterate = value.get<bool>();
    } else if (name == "chillu") {
      profile.chillu = value.get<bool>();
    } else if (name == "allow_disputed") {
      profile.allow_disputed = value.get<bool>();
    } else if (name == "force") {
      const auto alphabet = value == "gsm7"     ? Alphabet::gsm7
                            : value == "latin1" ? Alphabet::latin1
                                                : Alphabet::ucs2;
      profile.allowed = {alphabet};
    } else if (name == "max_segments") {
      profile.max_parts = value.get<std::uint8_t>();
    } else {
      ADD_FAILURE() << "unknown option " << name;
    }
  }
  return options;
}

std::string code_point_name(char32_t c) {
  char text[16];
  std::snprintf(text, sizeof text, "U+%04X", static_cast<unsigned>(c));
  return text;
}

void check_error(const json& expect, const TextError& error) {
  EXPECT_EQ(expect["error"], to_string(error.kind));
  if (expect.contains("offset")) {
    EXPECT_EQ(expect["offset"], error.offset);
  }
  if (expect.contains("code_point")) {
    EXPECT_EQ(expect["code_point"], code_point_name(error.code_point));
  }
  if (expect.contains("segments")) {
    EXPECT_EQ(expect["segments"], error.segments);
  }
}

std::string part_hex(const SegmentPlan& plan, std::size_t index, std::uint16_t reference) {
  std::vector<std::byte> out(plan.octets_in(index));
  EXPECT_EQ(out.size(), write_part(plan, index, reference, out));
  return to_hex(out);
}

void check_hex(const json& expect, const std::string& key, const SegmentPlan& plan, std::uint16_t reference) {
  if (expect.contains(key)) {
    ASSERT_EQ(expect[key].size(), plan.parts());
    for (std::size_t i = 0; i < plan.parts(); ++i) {
      if (expect[key][i].is_null()) continue;
      EXPECT_EQ(expect[key][i], part_hex(plan, i, reference)) << key << ' ' << i;
    }
  }
  if (expect.contains(key + "_first")) {
    EXPECT_EQ(expect[key + "_first"], part_hex(plan, 0, reference));
  }
  if (expect.contains(key + "_last")) {
    EXPECT_EQ(expect[key + "_last"], part_hex(plan, plan.parts() - 1, reference));
  }
}

void check_plan(const json& expect, const SegmentPlan& plan, std::uint16_t reference) {
  EXPECT_EQ(expect["encoding"], to_string(plan.encoding()));
  EXPECT_EQ(expect["data_coding"], plan.data_coding());
  EXPECT_EQ(expect["esm_class"], plan.esm_class());
  EXPECT_EQ(expect["septets_or_units"], plan.units());
  ASSERT_EQ(expect["segments"], plan.parts());
  EXPECT_EQ(plan.segments(), plan.parts());
  EXPECT_EQ(expect.value("transliterated", false), plan.transliterated());
  if (expect.contains("units_per_segment")) {
    ASSERT_EQ(expect["units_per_segment"].size(), plan.parts());
    for (std::size_t i = 0; i < plan.parts(); ++i)
      EXPECT_EQ(expect["units_per_segment"][i], plan.units_in(i));
  }
  if (expect.contains("units_first")) {
    EXPECT_EQ(expect["units_first"], plan.units_in(0));
  }
  if (expect.contains("units_last")) {
    EXPECT_EQ(expect["units_last"], plan.units_in(plan.parts() - 1));
  }
  check_hex(expect, "hex", plan, reference);
}

void check_packed(const json& expect, const std::string& input, Options options) {
  options.profile.default_charset = Charset::gsm7_packed;
  const auto zero_filled = plan(input, options.profile);
  ASSERT_TRUE(zero_filled.has_value());
  check_hex(expect, "packed_hex", *zero_filled, options.reference);
  options.profile.fill_with_cr = true;
  const auto cr_filled = plan(input, options.profile);
  ASSERT_TRUE(cr_filled.has_value());
  check_hex(expect, "packed_hex_cr", *cr_filled, options.reference);
}

void check_vector(const json& vector) {
  SCOPED_TRACE(vector["name"].get<std::string>());
  const std::string input = input_of(vector);
  const Options options = options_of(vector);
  const json& expect = vector["expect"];
  const auto result = plan(input, options.profile);
  if (expect.contains("error")) {
    ASSERT_FALSE(result.has_value());
    check_error(expect, result.error());
    return;
  }
  ASSERT_TRUE(result.has_value()) << to_string(result.error().kind);
  check_plan(expect, *result, options.reference);
  if (result->encoding().alphabet == Alphabet::gsm7) check_packed(expect, input, options);
}

TEST(EncodingVector, EveryLineOfTheFileHolds) {
  const std::filesystem::path path = support::vector_file("charset/encoding_vectors.jsonl").path;
  std::ifstream file(path);
  ASSERT_TRUE(file.is_open()) << path;
  int lines = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    check_vector(json::parse(line));
    ++lines;
  }
  EXPECT_GT(lines, 0);
  std::printf("%d vectors from %s\n", lines, path.c_str());
}

}  // namespace
}  // namespace anchal::smpp
