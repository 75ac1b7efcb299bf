#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "smpp/text/profile.h"
#include "smpp/text/udh.h"

namespace anchal::smpp {

/// The alphabets a deliver_sm may come in (SMPP 3.4 §5.2.19, TS 23.038 §4).
enum class ReceivedAlphabet : std::uint8_t {
  gsm7,         // one septet an octet
  gsm7_packed,  // TS 23.038 §6.1.2.1
  ascii,
  latin1,
  ucs2,  // read as UTF-16BE
  binary,
  cyrillic,      // ISO 8859-5
  hebrew,        // ISO 8859-8
  jis,           // JIS X 0208: ISO 2022-JP or Shift JIS, told apart by the escapes
  jis_extended,  // JIS X 0212
  korean,        // KS X 1001 as EUC-KR
};
[[nodiscard]] std::string_view to_string(ReceivedAlphabet alphabet);

/// What a data_coding means, the operator's own values first (`profile.data_coding`, `default_charset`).
/// Nothing for compressed text and the values SMPP reserves.
[[nodiscard]] std::optional<ReceivedAlphabet> received_alphabet(std::uint8_t data_coding,
                                                                const EncodingProfile& profile);

/// How the octets of one body are to be read.
struct BodyFormat {
  ReceivedAlphabet alphabet = ReceivedAlphabet::gsm7;
  Language locking = Language::none;
  Language single = Language::none;
  std::uint8_t fill_bits = 0;   // packed only: between header and text
  bool filled_with_cr = false;  // packed only: CR, not zero, fills seven spare bits
  friend constexpr bool operator==(const BodyFormat&, const BodyFormat&) = default;
};

/// The user data of a deliver_sm, taken apart. `body` is a view of what was given.
struct Received {
  UserDataHeader header;  // octets 0 if there is none
  BodyFormat format;
  std::span<const std::byte> body;
};

enum class ReceiveError : std::uint8_t { bad_udh, unsupported_data_coding };
[[nodiscard]] std::string_view to_string(ReceiveError error);

/// `user_data` is short_message or message_payload, header included if esm_class says so (0x40).
[[nodiscard]] std::expected<Received, ReceiveError> open_user_data(std::span<const std::byte> user_data,
                                                                   std::uint8_t data_coding,
                                                                   std::uint8_t esm_class,
                                                                   const EncodingProfile& profile);

/// Appends the body to `out` as UTF-8 and returns how many octets or characters could not be read: each left
/// a U+FFFD. Never fails otherwise. Binary bodies are not text: nothing is appended, and all is unread.
///
/// TS 23.038 §6.2.1.1: an extension septet with nothing assigned shows the main table's character, two
/// escapes a space. A byte order mark is dropped and obeyed. Seven spare bits at the end of a packed body are
/// taken for fill, as over SMPP only octets are counted.
std::size_t decode_body(std::span<const std::byte> body, const BodyFormat& format, std::string& out);

}  // namespace anchal::smpp
