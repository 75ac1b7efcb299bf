#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace anchal::smpp {

/// National language identifiers of 3GPP TS 23.038 §6.2.1.2.4, as they stand in a UDH. Spanish has a single
/// shift table only.
enum class Language : std::uint8_t {
  none = 0,
  turkish,
  spanish,
  portuguese,
  bengali,
  gujarati,
  hindi,
  kannada,
  malayalam,
  oriya,
  punjabi,
  tamil,
  telugu,
  urdu,
};
inline constexpr int kLanguageCount = 13;

[[nodiscard]] std::string_view to_string(Language language);
[[nodiscard]] std::optional<Language> parse_language(std::string_view name);

class LanguageSet {
 public:
  constexpr LanguageSet() = default;
  constexpr LanguageSet(std::initializer_list<Language> languages) {
    for (Language language : languages) add(language);
  }
  static constexpr LanguageSet all() {
    LanguageSet set;
    set.bits_ = ((1U << kLanguageCount) - 1U) << 1U;
    return set;
  }
  constexpr void add(Language language) { bits_ |= (1U << static_cast<unsigned>(language)) & ~1U; }
  [[nodiscard]] constexpr bool has(Language language) const {
    return ((bits_ >> static_cast<unsigned>(language)) & 1U) != 0;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  /// Bit n is the language with identifier n.
  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }
  friend constexpr bool operator==(LanguageSet, LanguageSet) = default;

 private:
  std::uint32_t bits_ = 0;
};

/// The alphabets a submit_sm may carry. `gsm7` is the GSM 7-bit alphabet whatever its octets look like.
enum class Alphabet : std::uint8_t { gsm7, ascii, latin1, ucs2, binary };

/// One way to encode a text. The two languages are none outside gsm7.
struct Encoding {
  Alphabet alphabet = Alphabet::gsm7;
  Language locking = Language::none;
  Language single = Language::none;
  friend constexpr bool operator==(const Encoding&, const Encoding&) = default;
};

/// `gsm7`, `gsm7+locking:L`, `gsm7+single:L`, `gsm7+locking:L+single:L` (same L), `ascii`, `latin1`, `ucs2`,
/// `binary`. Static storage. Decoders may meet two different languages; those read `gsm7+mixed`.
[[nodiscard]] std::string_view to_string(const Encoding& encoding);

class AlphabetSet {
 public:
  constexpr AlphabetSet() = default;
  constexpr AlphabetSet(std::initializer_list<Alphabet> alphabets) {
    for (Alphabet alphabet : alphabets) add(alphabet);
  }
  constexpr void add(Alphabet alphabet) {
    bits_ = static_cast<std::uint8_t>(bits_ | (1U << static_cast<unsigned>(alphabet)));
  }
  [[nodiscard]] constexpr bool has(Alphabet alphabet) const {
    return ((bits_ >> static_cast<unsigned>(alphabet)) & 1U) != 0;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr AlphabetSet operator&(AlphabetSet other) const {
    AlphabetSet both;
    both.bits_ = static_cast<std::uint8_t>(bits_ & other.bits_);
    return both;
  }
  friend constexpr bool operator==(AlphabetSet, AlphabetSet) = default;

 private:
  std::uint8_t bits_ = 0;
};

/// What the operator's SMSC takes as its default alphabet (data_coding 0). With latin1 and ascii the SMSC
/// itself turns the octets into GSM 7-bit: only characters of both sets are sent so, counted as septets.
enum class Charset : std::uint8_t { gsm7_unpacked, gsm7_packed, latin1, ascii };

/// How a message longer than one part is told to the receiver.
enum class Concatenation : std::uint8_t {
  none,     // in a plan: one part. In a profile: longer messages are refused (too_many_segments)
  udh8,     // UDH, 8-bit reference (IE 00)
  udh16,    // UDH, 16-bit reference (IE 08)
  sar,      // sar_msg_ref_num, sar_total_segments, sar_segment_seqnum TLVs
  payload,  // one submit_sm with message_payload; the SMSC cuts
};

/// Where a part may end besides the hard rules (never inside an escape, a surrogate pair or CR LF).
enum class Split : std::uint8_t {
  units,             // wherever the hard rules allow
  grapheme,          // between user-visible characters, even if that takes another part
  grapheme_if_free,  // between user-visible characters wherever that takes no further part
};

/// How an operator wants class 0 ("flash") messages marked (TS 23.038 §4, SMPP 3.4 §5.3.2.1).
enum class FlashStyle : std::uint8_t { dcs_general, dcs_1111, tlv, none };

/// The data_coding an operator wants for each alphabet (SMPP 3.4 §5.2.19).
struct DataCodings {
  std::uint8_t gsm7 = 0x00;
  std::uint8_t ascii = 0x01;
  std::uint8_t latin1 = 0x03;
  std::uint8_t binary = 0x04;
  std::uint8_t ucs2 = 0x08;
  [[nodiscard]] constexpr std::uint8_t of(Alphabet alphabet) const {
    switch (alphabet) {
      case Alphabet::gsm7:
        return gsm7;
      case Alphabet::ascii:
        return ascii;
      case Alphabet::latin1:
        return latin1;
      case Alphabet::ucs2:
        return ucs2;
      case Alphabet::binary:
        return binary;
    }
    return gsm7;
  }
};

/// Everything about one operator that decides how a text becomes parts. A plain value: parse once, share.
struct EncodingProfile {
  /// Tried in the order gsm7, ascii, latin1, national tables, ucs2; see plan.h.
  AlphabetSet allowed = {Alphabet::gsm7, Alphabet::ucs2};
  /// National tables that may be used. None by default: a handset without them shows garbage, and no receipt
  /// tells. They need septets that reach the handset untouched, so default_charset must be a gsm7 one.
  LanguageSet national = {};
  /// Also emit the few septets on which handsets disagree (Kannada 0x24, Tamil and Telugu digits).
  bool allow_disputed = false;
  Charset default_charset = Charset::gsm7_unpacked;
  /// Packed only: fill exactly seven spare bits with CR, for an SMSC that would read them as `@`.
  bool fill_with_cr = false;
  Concatenation concatenation = Concatenation::udh8;
  Split split = Split::grapheme_if_free;
  /// Replace typographic characters that GSM 7-bit lacks where that avoids UCS-2 and takes no more parts.
  bool transliterate = false;
  /// Replace consonant + virama + ZWJ by the atomic Malayalam chillu letter.
  bool chillu = true;
  /// Write CR LF as LF: one unit less each, and handsets show the same.
  bool newlines_to_lf = false;
  /// 1..255. More is the error too_many_segments.
  std::uint8_t max_parts = 255;
  DataCodings data_coding = {};
};

/// A job's own wish, the `encoding` of interface and schema; it narrows what the operator allows.
enum class EncodingRequest : std::uint8_t { automatic, gsm7, ascii, latin1, ucs2 };

/// `auto`, `gsm7`, `ascii`, `latin1`, `ucs2`; nothing otherwise.
[[nodiscard]] std::optional<EncodingRequest> parse_encoding_request(std::string_view name);

/// The profile with only what the request leaves; `allowed` may come out empty, then every plan is refused
/// as not_encodable.
[[nodiscard]] EncodingProfile narrowed(const EncodingProfile& profile, EncodingRequest request);

/// data_coding of a class 0 message, or nothing where the style or the alphabet does not mark it so
/// (tlv: send dest_addr_subunit = 1 instead).
[[nodiscard]] std::optional<std::uint8_t> flash_data_coding(Alphabet alphabet, FlashStyle style);

}  // namespace anchal::smpp
