#include "smpp/text/decode.h"

#include <array>

#include "smpp/text/east_asian.h"
#include "smpp/text/generated/septet_tables.h"
#include "smpp/text/plan.h"
#include "smpp/text/septets.h"
#include "smpp/text/utf8.h"

namespace anchal::smpp {
namespace {

constexpr char32_t kReplacementCharacter = 0xFFFD;
constexpr char16_t kUnassigned = 0xFFFF;
constexpr std::uint8_t kEscape = 0x1B;

/// Appends code points as UTF-8 and counts what could not be read.
class Sink {
 public:
  explicit Sink(std::string& out) : out_(out) {}
  void put(char32_t c) {
    std::array<char, 4> octets;
    out_.append(octets.data(), utf8::encode(c, octets.data()));
  }
  void unread() {
    put(kReplacementCharacter);
    ++unread_;
  }
  void put_or_unread(char32_t c) { c == 0 ? unread() : put(c); }
  [[nodiscard]] std::size_t count() const { return unread_; }

 private:
  std::string& out_;
  std::size_t unread_ = 0;
};

std::uint8_t octet(std::byte b) {
  return std::to_integer<std::uint8_t>(b);
}

ReceivedAlphabet default_alphabet(Charset charset) {
  switch (charset) {
    case Charset::gsm7_unpacked:
      return ReceivedAlphabet::gsm7;
    case Charset::gsm7_packed:
      return ReceivedAlphabet::gsm7_packed;
    case Charset::latin1:
      return ReceivedAlphabet::latin1;
    case Charset::ascii:
      return ReceivedAlphabet::ascii;
  }
  return ReceivedAlphabet::gsm7;
}

// Bits 3..2 of the general groups of a GSM data coding scheme.
std::optional<ReceivedAlphabet> general_group(std::uint8_t data_coding, ReceivedAlphabet gsm7) {
  if ((data_coding & 0x20U) != 0) return std::nullopt;  // compressed
  switch (data_coding >> 2U & 3U) {
    case 0:
      return gsm7;
    case 1:
      return ReceivedAlphabet::binary;
    case 2:
      return ReceivedAlphabet::ucs2;
    default:
      return std::nullopt;
  }
}

std::optional<ReceivedAlphabet> smpp_value(std::uint8_t data_coding, ReceivedAlphabet gsm7) {
  switch (data_coding) {
    case 0x00:
      return gsm7;
    case 0x01:
      return ReceivedAlphabet::ascii;
    case 0x02:
    case 0x04:
      return ReceivedAlphabet::binary;
    case 0x03:
      return ReceivedAlphabet::latin1;
    case 0x05:
    case 0x0A:
      return ReceivedAlphabet::jis;
    case 0x06:
      return ReceivedAlphabet::cyrillic;
    case 0x07:
      return ReceivedAlphabet::hebrew;
    case 0x08:
      return ReceivedAlphabet::ucs2;
    case 0x0D:
      return ReceivedAlphabet::jis_extended;
    case 0x0E:
      return ReceivedAlphabet::korean;
    default:
      return std::nullopt;  // 0x09 pictograms are the operator's own; the others are reserved
  }
}

/// Reads septets by the two tables of one body.
class SeptetReader {
 public:
  explicit SeptetReader(const BodyFormat& format)
      : main_(tables::kMainTable[static_cast<std::size_t>(format.locking)]),
        extension_(tables::kExtensionTable[static_cast<std::size_t>(format.single)]),
        // Where its siblings have it; handsets send it (see the table's sources).
        telugu_euro_(format.single == Language::telugu) {}

  /// 0 for what cannot be read.
  [[nodiscard]] char32_t plain(std::uint8_t septet) const {
    return septet > 0x7F || main_[septet] == kUnassigned ? U'\0' : char32_t{main_[septet]};
  }
  [[nodiscard]] char32_t escaped(std::uint8_t septet) const {
    if (septet > 0x7F) return 0;
    if (septet == kEscape) return U' ';
    if (extension_[septet] != kUnassigned) return extension_[septet];
    if (telugu_euro_ && septet == 0x65) return 0x20AC;
    return plain(septet);
  }

 private:
  const tables::SeptetTable& main_;
  const tables::SeptetTable& extension_;
  bool telugu_euro_;
};

std::size_t decode_septets(std::span<const std::uint8_t> septets, const BodyFormat& format, Sink& sink) {
  const SeptetReader reader(format);
  for (std::size_t i = 0; i < septets.size(); ++i) {
    if (septets[i] != kEscape) {
      sink.put_or_unread(reader.plain(septets[i]));
      continue;
    }
    ++i;
    sink.put_or_unread(i < septets.size() ? reader.escaped(septets[i]) : U'\0');
  }
  return sink.count();
}

void decode_utf16(std::span<const std::byte> body, Sink& sink) {
  bool little = false;
  const auto unit_at = [&](std::size_t i) {
    const std::uint32_t first = octet(body[i]);
    const std::uint32_t second = octet(body[i + 1]);
    return little ? second << 8U | first : first << 8U | second;
  };
  std::size_t i = 0;
  if (body.size() >= 2 && (unit_at(0) == 0xFEFF || unit_at(0) == 0xFFFE)) {
    little = unit_at(0) == 0xFFFE;
    i = 2;
  }
  for (; i + 2 <= body.size(); i += 2) {
    const std::uint32_t unit = unit_at(i);
    if (unit < 0xD800 || unit > 0xDFFF) {
      sink.put(unit);
      continue;
    }
    const std::uint32_t next = unit < 0xDC00 && i + 4 <= body.size() ? unit_at(i + 2) : 0;
    if (next >= 0xDC00 && next <= 0xDFFF) {
      sink.put(0x10000 + ((unit - 0xD800) << 10U) + (next - 0xDC00));
      i += 2;
    } else {
      sink.unread();
    }
  }
  if (i < body.size()) sink.unread();
}

char32_t from_cyrillic(std::uint8_t c) {
  if (c <= 0xA0 || c == 0xAD) return c;
  if (c == 0xF0) return 0x2116;
  if (c == 0xFD) return 0xA7;
  return 0x0401U + (c - 0xA1U);
}

char32_t from_hebrew(std::uint8_t c) {
  if (c <= 0xA0) return c;
  if (c >= 0xE0 && c <= 0xFA) return 0x05D0U + (c - 0xE0U);
  switch (c) {
    case 0xA1:
    case 0xBF:
    case 0xFB:
    case 0xFC:
    case 0xFF:
      return 0;
    case 0xAA:
      return 0xD7;
    case 0xBA:
      return 0xF7;
    case 0xDF:
      return 0x2017;
    case 0xFD:
      return 0x200E;
    case 0xFE:
      return 0x200F;
    default:
      return c < 0xBF ? c : 0;
  }
}

template <class Map>
void decode_octets(std::span<const std::byte> body, Sink& sink, Map&& map) {
  for (const std::byte b : body) {
    const std::uint8_t c = octet(b);
    if (c == 0) {
      sink.put(U'\0');
    } else {
      sink.put_or_unread(map(c));
    }
  }
}

std::span<const std::uint8_t> as_octets(std::span<const std::byte> body) {
  return {reinterpret_cast<const std::uint8_t*>(body.data()), body.size()};
}

}  // namespace

std::string_view to_string(ReceivedAlphabet alphabet) {
  constexpr std::array<std::string_view, 11> names = {"gsm7", "gsm7_packed",  "ascii",    "latin1",
                                                      "ucs2", "binary",       "cyrillic", "hebrew",
                                                      "jis",  "jis_extended", "korean"};
  return names[static_cast<std::size_t>(alphabet)];
}

std::string_view to_string(ReceiveError error) {
  return error == ReceiveError::bad_udh ? "bad_udh" : "unsupported_data_coding";
}

std::optional<ReceivedAlphabet> received_alphabet(std::uint8_t data_coding, const EncodingProfile& profile) {
  const ReceivedAlphabet gsm7 = default_alphabet(profile.default_charset);
  if (data_coding == profile.data_coding.gsm7) return gsm7;
  if (data_coding == profile.data_coding.ucs2) return ReceivedAlphabet::ucs2;
  if (data_coding == profile.data_coding.latin1) return ReceivedAlphabet::latin1;
  if (data_coding == profile.data_coding.ascii) return ReceivedAlphabet::ascii;
  if (data_coding == profile.data_coding.binary) return ReceivedAlphabet::binary;
  switch (data_coding >> 4U) {
    case 0x0:
      return smpp_value(data_coding, gsm7);
    case 0x1:
    case 0x2:
    case 0x3:
    case 0x4:
    case 0x5:
    case 0x6:
    case 0x7:
      return general_group(data_coding, gsm7);
    case 0xC:
    case 0xD:
      return gsm7;
    case 0xE:
      return ReceivedAlphabet::ucs2;
    case 0xF:
      return (data_coding & 4U) != 0 ? ReceivedAlphabet::binary : gsm7;
    default:
      return std::nullopt;
  }
}

std::expected<Received, ReceiveError> open_user_data(std::span<const std::byte> user_data,
                                                     std::uint8_t data_coding, std::uint8_t esm_class,
                                                     const EncodingProfile& profile) {
  const auto alphabet = received_alphabet(data_coding, profile);
  if (!alphabet) return std::unexpected(ReceiveError::unsupported_data_coding);
  Received received;
  if ((esm_class & kUdhiFlag) != 0) {
    const auto header = parse_udh(user_data);
    if (!header) return std::unexpected(ReceiveError::bad_udh);
    received.header = *header;
  }
  received.body = user_data.subspan(received.header.octets);
  received.format.alphabet = *alphabet;
  received.format.locking = received.header.locking;
  received.format.single = received.header.single;
  if (*alphabet == ReceivedAlphabet::gsm7_packed) {
    received.format.fill_bits = static_cast<std::uint8_t>(fill_bits(received.header.octets));
    received.format.filled_with_cr = profile.fill_with_cr;
  }
  return received;
}

std::size_t decode_body(std::span<const std::byte> body, const BodyFormat& format, std::string& out) {
  Sink sink(out);
  switch (format.alphabet) {
    case ReceivedAlphabet::gsm7:
      return decode_septets(as_octets(body), format, sink);
    case ReceivedAlphabet::gsm7_packed:

      return decode_septets(unpack_all(body, format.fill_bits, format.filled_with_cr), format, sink);
    case ReceivedAlphabet::ascii:
      decode_octets(body, sink, [](std::uint8_t c) -> char32_t { return c < 0x80 ? c : 0; });
      break;
    case ReceivedAlphabet::latin1:
      decode_octets(body, sink, [](std::uint8_t c) -> char32_t { return c; });
      break;
    case ReceivedAlphabet::cyrillic:
      decode_octets(body, sink, from_cyrillic);
      break;
    case ReceivedAlphabet::hebrew:
      decode_octets(body, sink, from_hebrew);
      break;
    case ReceivedAlphabet::ucs2:
      decode_utf16(body, sink);
      break;
    case ReceivedAlphabet::jis:
    case ReceivedAlphabet::jis_extended:
    case ReceivedAlphabet::korean: {
      const auto put = [&](char32_t c) { sink.put_or_unread(c); };
      if (format.alphabet == ReceivedAlphabet::jis) {
        east_asian::decode_jis(as_octets(body), put);
      } else if (format.alphabet == ReceivedAlphabet::jis_extended) {
        east_asian::decode_jis_extended(as_octets(body), put);
      } else {
        east_asian::decode_korean(as_octets(body), put);
      }
      break;
    }
    case ReceivedAlphabet::binary:
      return body.size();
  }
  return sink.count();
}

}  // namespace anchal::smpp
