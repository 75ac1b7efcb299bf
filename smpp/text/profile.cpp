#include "smpp/text/profile.h"

#include <array>
#include <cstddef>

namespace anchal::smpp {
namespace {

constexpr std::array<std::string_view, kLanguageCount + 1> kLanguageNames = {
    "none",    "turkish",   "spanish", "portuguese", "bengali", "gujarati", "hindi",
    "kannada", "malayalam", "oriya",   "punjabi",    "tamil",   "telugu",   "urdu"};

// The four spellings of each language, so that to_string() never allocates.
#define ANCHAL_TEXT_SPELLINGS(language) \
  {"gsm7+locking:" language, "gsm7+single:" language, "gsm7+locking:" language "+single:" language}
constexpr std::array<std::array<std::string_view, 3>, kLanguageCount> kNationalNames = {{
    ANCHAL_TEXT_SPELLINGS("turkish"),
    ANCHAL_TEXT_SPELLINGS("spanish"),
    ANCHAL_TEXT_SPELLINGS("portuguese"),
    ANCHAL_TEXT_SPELLINGS("bengali"),
    ANCHAL_TEXT_SPELLINGS("gujarati"),
    ANCHAL_TEXT_SPELLINGS("hindi"),
    ANCHAL_TEXT_SPELLINGS("kannada"),
    ANCHAL_TEXT_SPELLINGS("malayalam"),
    ANCHAL_TEXT_SPELLINGS("oriya"),
    ANCHAL_TEXT_SPELLINGS("punjabi"),
    ANCHAL_TEXT_SPELLINGS("tamil"),
    ANCHAL_TEXT_SPELLINGS("telugu"),
    ANCHAL_TEXT_SPELLINGS("urdu"),
}};
#undef ANCHAL_TEXT_SPELLINGS

}  // namespace

std::string_view to_string(Language language) {
  return kLanguageNames[static_cast<std::size_t>(language)];
}

std::optional<Language> parse_language(std::string_view name) {
  for (std::size_t i = 1; i < kLanguageNames.size(); ++i) {
    if (kLanguageNames[i] == name) return static_cast<Language>(i);
  }
  return std::nullopt;
}

std::string_view to_string(const Encoding& encoding) {
  switch (encoding.alphabet) {
    case Alphabet::ascii:
      return "ascii";
    case Alphabet::latin1:
      return "latin1";
    case Alphabet::ucs2:
      return "ucs2";
    case Alphabet::binary:
      return "binary";
    case Alphabet::gsm7:
      break;
  }
  const auto locking = static_cast<std::size_t>(encoding.locking);
  const auto single = static_cast<std::size_t>(encoding.single);
  if (locking == 0 && single == 0) return "gsm7";
  if (single == 0) return kNationalNames[locking - 1][0];
  if (locking == 0) return kNationalNames[single - 1][1];
  return locking == single ? kNationalNames[locking - 1][2] : "gsm7+mixed";
}

std::optional<EncodingRequest> parse_encoding_request(std::string_view name) {
  constexpr std::array<std::string_view, 5> names = {"auto", "gsm7", "ascii", "latin1", "ucs2"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<EncodingRequest>(i);
  }
  return std::nullopt;
}

EncodingProfile narrowed(const EncodingProfile& profile, EncodingRequest request) {
  EncodingProfile result = profile;
  switch (request) {
    case EncodingRequest::automatic:
      break;
    case EncodingRequest::gsm7:
      result.allowed = profile.allowed & AlphabetSet{Alphabet::gsm7};
      break;
    case EncodingRequest::ascii:
      result.allowed = profile.allowed & AlphabetSet{Alphabet::ascii};
      break;
    case EncodingRequest::latin1:
      result.allowed = profile.allowed & AlphabetSet{Alphabet::latin1};
      break;
    case EncodingRequest::ucs2:
      result.allowed = profile.allowed & AlphabetSet{Alphabet::ucs2};
      break;
  }
  return result;
}

std::optional<std::uint8_t> flash_data_coding(Alphabet alphabet, FlashStyle style) {
  const bool dcs = style == FlashStyle::dcs_general || style == FlashStyle::dcs_1111;
  if (!dcs) return std::nullopt;
  switch (alphabet) {
    case Alphabet::gsm7:
      return style == FlashStyle::dcs_1111 ? 0xF0 : 0x10;
    case Alphabet::binary:
      return style == FlashStyle::dcs_1111 ? 0xF4 : 0x14;
    case Alphabet::ucs2:
      return 0x18;  // group 1111 has no UCS-2
    case Alphabet::ascii:
    case Alphabet::latin1:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace anchal::smpp
