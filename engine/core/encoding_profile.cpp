#include "engine/core/encoding_profile.h"

#include <algorithm>

namespace anchal::core {
namespace {

smpp::Charset charset_of(const OperatorConfig& config) {
  switch (config.default_charset) {
    case DefaultCharset::latin1:
      return smpp::Charset::latin1;
    case DefaultCharset::ascii:
      return smpp::Charset::ascii;
    case DefaultCharset::gsm7:
      break;
  }
  return config.packed ? smpp::Charset::gsm7_packed : smpp::Charset::gsm7_unpacked;
}

smpp::Concatenation concatenation_of(ConcatStyle style) {
  switch (style) {
    case ConcatStyle::udh8:
      return smpp::Concatenation::udh8;
    case ConcatStyle::udh16:
      return smpp::Concatenation::udh16;
    case ConcatStyle::sar:
      return smpp::Concatenation::sar;
    case ConcatStyle::payload:
      return smpp::Concatenation::payload;
    case ConcatStyle::none:
      break;
  }
  return smpp::Concatenation::none;
}

}  // namespace

smpp::EncodingProfile encoding_profile(const OperatorConfig& config) {
  smpp::EncodingProfile profile;
  profile.allowed = {};
  if (config.gsm7) profile.allowed.add(smpp::Alphabet::gsm7);
  if (config.ascii) profile.allowed.add(smpp::Alphabet::ascii);
  if (config.latin1) profile.allowed.add(smpp::Alphabet::latin1);
  if (config.ucs2) profile.allowed.add(smpp::Alphabet::ucs2);
  for (const auto& name : config.national_languages) {
    if (name == "all") {
      profile.national = smpp::LanguageSet::all();
    } else if (const auto language = smpp::parse_language(name)) {
      profile.national.add(*language);
    }
  }
  profile.allow_disputed = config.allow_disputed;
  profile.default_charset = charset_of(config);
  profile.fill_with_cr = config.fill_with_cr;
  profile.concatenation = concatenation_of(config.concat);
  profile.split = config.split;
  profile.transliterate = config.transliterate;
  profile.chillu = config.chillu;
  profile.newlines_to_lf = config.newlines_to_lf;
  profile.max_parts = static_cast<std::uint8_t>(std::clamp(config.max_parts, 1u, 255u));
  profile.data_coding = config.data_coding;
  return profile;
}

FlashMark flash_mark(const OperatorConfig& config, smpp::Alphabet alphabet) {
  FlashMark mark;
  mark.subunit = config.flash == smpp::FlashStyle::tlv;
  if (alphabet == smpp::Alphabet::gsm7 && config.default_charset != DefaultCharset::gsm7) return mark;
  mark.data_coding = smpp::flash_data_coding(alphabet, config.flash);
  return mark;
}

}  // namespace anchal::core
