#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "smpp/text/cutter.h"
#include "smpp/text/generated/class_tables.h"
#include "smpp/text/profile.h"
#include "smpp/text/septets.h"

namespace anchal::smpp::internal {

/// An encoding under consideration. For gsm7 the number is the one of generated/class_tables.h: 0 the default
/// tables, n single:n, 13+n locking:n, 26+n both; so bit n of an `encodable` mask speaks of candidate n.
struct Candidate {
  Encoding encoding;
  std::uint8_t number = 0;  // gsm7 only
  Costing costing = Costing::octets;

  [[nodiscard]] static constexpr Candidate gsm7(int number) {
    constexpr int n = kLanguageCount;
    const int language = number == 0 ? 0 : (number - 1) % n + 1;
    const bool locking = number > n;
    const bool single = number != 0 && (number <= n || number > 2 * n);
    const auto name = static_cast<Language>(language);
    Costing costing = Costing::gsm7_default;
    if (locking) {
      costing = name == Language::turkish      ? Costing::gsm7_turkish
                : name == Language::portuguese ? Costing::gsm7_portuguese
                                               : Costing::gsm7_indic;
    }
    return {{Alphabet::gsm7, locking ? name : Language::none, single ? name : Language::none},
            static_cast<std::uint8_t>(number),
            costing};
  }
  [[nodiscard]] static constexpr Candidate plain(Alphabet alphabet) {
    return {{alphabet, Language::none, Language::none},
            0,
            alphabet == Alphabet::ucs2 ? Costing::ucs2 : Costing::octets};
  }
  [[nodiscard]] constexpr bool national() const { return number != 0; }
};

/// Octets of the national language IEs: IEI, length, identifier each.
[[nodiscard]] constexpr std::size_t national_octets(const Encoding& encoding) {
  return (encoding.locking != Language::none ? 3U : 0U) + (encoding.single != Language::none ? 3U : 0U);
}
/// Octets of the concatenation IE.
[[nodiscard]] constexpr std::size_t concatenation_octets(Concatenation concatenation) {
  return concatenation == Concatenation::udh8 ? 5U : concatenation == Concatenation::udh16 ? 6U : 0U;
}
/// Octets of the whole UDH, its length octet included; 0 if there is none.
[[nodiscard]] constexpr std::size_t udh_octets(const Encoding& encoding, Concatenation concatenation) {
  const std::size_t elements = national_octets(encoding) + concatenation_octets(concatenation);
  return elements == 0 ? 0 : elements + 1;
}
/// Units that fit beside a UDH of that size into the 140 octets of a segment.
[[nodiscard]] constexpr std::uint32_t capacity(Alphabet alphabet, std::size_t udh) {
  switch (alphabet) {
    case Alphabet::gsm7:
      return static_cast<std::uint32_t>(septet_capacity(udh));
    case Alphabet::ucs2:
      return static_cast<std::uint32_t>((140 - udh) / 2);
    case Alphabet::ascii:
    case Alphabet::latin1:
    case Alphabet::binary:
      return static_cast<std::uint32_t>(140 - udh);
  }
  return 0;
}
/// What the segments of a long message carry on the air: an SMSC that gets sar_* TLVs or a message_payload
/// makes an 8-bit reference of it.
[[nodiscard]] constexpr Concatenation on_the_air(Concatenation concatenation) {
  return concatenation == Concatenation::udh16 ? Concatenation::udh16 : Concatenation::udh8;
}

/// Bit of an `encodable` mask that speaks of gsm7 without national tables, as the operator takes it.
[[nodiscard]] constexpr int default_bit(Charset charset) {
  switch (charset) {
    case Charset::latin1:
      return tables::kBit_gsm7_as_latin1;
    case Charset::ascii:
      return tables::kBit_gsm7_as_ascii;
    case Charset::gsm7_unpacked:
    case Charset::gsm7_packed:
      return 0;
  }
  return 0;
}

/// What a text costs as one candidate, whether the profile allows that or not.
struct Cost {
  bool encodable = false;
  std::uint32_t units = 0;
  std::uint32_t segments = 0;
};
/// `text` is one that plan() took. With `transliterate` the text with replacements; not encodable if there
/// are none. For the report on a text.
[[nodiscard]] Cost cost_of(std::string_view text, const EncodingProfile& profile, const Candidate& candidate,
                           bool transliterate);

}  // namespace anchal::smpp::internal
