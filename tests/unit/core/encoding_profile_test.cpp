#include "engine/core/encoding_profile.h"

#include <gtest/gtest.h>

#include "smpp/text/plan.h"

namespace anchal::core {
namespace {

using smpp::Alphabet;

TEST(EncodingProfile, TheDefaultIsGsm7AndUcs2WithoutNationalTables) {
  const smpp::EncodingProfile profile = encoding_profile({});
  EXPECT_EQ(profile.allowed, (smpp::AlphabetSet{Alphabet::gsm7, Alphabet::ucs2}));
  EXPECT_TRUE(profile.national.empty());
  EXPECT_EQ(profile.default_charset, smpp::Charset::gsm7_unpacked);
  EXPECT_EQ(profile.concatenation, smpp::Concatenation::udh8);
  EXPECT_EQ(profile.split, smpp::Split::grapheme_if_free);
  EXPECT_FALSE(profile.transliterate);
  EXPECT_EQ(profile.max_parts, 10);
}

TEST(EncodingProfile, EverySettingOfAnOperatorArrives) {
  OperatorConfig config;
  config.gsm7 = config.ucs2 = false;
  config.ascii = config.latin1 = true;
  config.national_languages = {"tamil", "urdu"};
  config.allow_disputed = config.packed = config.fill_with_cr = config.newlines_to_lf = true;
  config.transliterate = true;
  config.chillu = false;
  config.concat = ConcatStyle::udh16;
  config.split = smpp::Split::units;
  config.max_parts = 3;
  config.data_coding = {.gsm7 = 1, .ascii = 2, .latin1 = 4, .ucs2 = 0x18};
  const smpp::EncodingProfile profile = encoding_profile(config);
  EXPECT_EQ(profile.allowed, (smpp::AlphabetSet{Alphabet::ascii, Alphabet::latin1}));
  EXPECT_EQ(profile.national, (smpp::LanguageSet{smpp::Language::tamil, smpp::Language::urdu}));
  EXPECT_TRUE(profile.allow_disputed && profile.fill_with_cr && profile.newlines_to_lf);
  EXPECT_TRUE(profile.transliterate);
  EXPECT_FALSE(profile.chillu);
  EXPECT_EQ(profile.default_charset, smpp::Charset::gsm7_packed);
  EXPECT_EQ(profile.concatenation, smpp::Concatenation::udh16);
  EXPECT_EQ(profile.split, smpp::Split::units);
  EXPECT_EQ(profile.max_parts, 3);
  EXPECT_EQ(profile.data_coding.of(Alphabet::ucs2), 0x18);
  EXPECT_EQ(profile.data_coding.of(Alphabet::latin1), 4);
  config.national_languages = {"all"};
  EXPECT_EQ(encoding_profile(config).national, smpp::LanguageSet::all());
  config.default_charset = DefaultCharset::latin1;
  EXPECT_EQ(encoding_profile(config).default_charset, smpp::Charset::latin1);
  config.default_charset = DefaultCharset::ascii;
  EXPECT_EQ(encoding_profile(config).default_charset, smpp::Charset::ascii);
}

TEST(EncodingProfile, EveryConcatenationIsMeantAsItIsCalled) {
  const std::string text(200, 'a');
  OperatorConfig config;
  const auto planned = [&](ConcatStyle style) {
    config.concat = style;
    return smpp::plan(std::string_view(text), encoding_profile(config));
  };
  EXPECT_EQ(planned(ConcatStyle::udh8)->udh_octets(), 6u);
  EXPECT_EQ(planned(ConcatStyle::udh16)->udh_octets(), 7u);
  EXPECT_TRUE(planned(ConcatStyle::sar)->uses_sar());
  EXPECT_TRUE(planned(ConcatStyle::payload)->uses_payload());
  EXPECT_EQ(planned(ConcatStyle::none).error().kind, smpp::TextErrorKind::too_many_segments);
}

TEST(EncodingProfile, AFlashMessageIsMarkedAsTheOperatorWantsIt) {
  OperatorConfig config;
  EXPECT_EQ(flash_mark(config, Alphabet::gsm7).data_coding, 0x10);
  EXPECT_EQ(flash_mark(config, Alphabet::ucs2).data_coding, 0x18);
  EXPECT_FALSE(flash_mark(config, Alphabet::latin1).data_coding);
  config.flash = smpp::FlashStyle::dcs_1111;
  EXPECT_EQ(flash_mark(config, Alphabet::gsm7).data_coding, 0xF0);
  config.default_charset = DefaultCharset::latin1;
  EXPECT_FALSE(flash_mark(config, Alphabet::gsm7).data_coding) << "the octets are no septets";
  EXPECT_EQ(flash_mark(config, Alphabet::ucs2).data_coding, 0x18);
  config.flash = smpp::FlashStyle::tlv;
  EXPECT_FALSE(flash_mark(config, Alphabet::ucs2).data_coding);
  EXPECT_TRUE(flash_mark(config, Alphabet::ucs2).subunit);
  config.flash = smpp::FlashStyle::none;
  EXPECT_FALSE(flash_mark(config, Alphabet::ucs2).data_coding || flash_mark(config, Alphabet::ucs2).subunit);
}

}  // namespace
}  // namespace anchal::core
