#include "smpp/pdu/decode.h"

#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "smpp/pdu/reader.h"

namespace anchal::smpp {
namespace {

template <class Pdu>
concept HasMessageId = requires(Pdu pdu) { pdu.message_id; };

template <class Pdu>
concept HasShortMessage = requires(Pdu pdu) { pdu.short_message; };

/// A response whose only field may be left out whatever its status (SMPP 3.4 §4.4.2, and practice with status
/// 0).
template <class Pdu>
inline constexpr bool kMayLeaveBodyOut = is_response(Pdu::kId) && kFieldCount<Pdu> == 1 && HasMessageId<Pdu>;

template <class Pdu>
bool read_fields(Reader& reader, Pdu& pdu, bool last_takes_rest) {
  bool good = true;
  std::size_t index = 0;
  for_each_field(pdu, [&](std::string_view name, auto wire, auto& value) {
    if (!good) return;
    // Not the last field when it is a list: behind the strings of its entries something must follow.
    constexpr bool kIsString = std::is_same_v<decltype(value), std::string_view&>;
    if (++index == kFieldCount<Pdu> && kIsString && last_takes_rest) reader.last_string_takes_rest();
    good = reader.read(name, wire, value);
  });
  return good;
}

template <class Pdu>
bool read_first_string(Reader& reader, Pdu& pdu) {
  const auto& first = std::get<0>(kFields<Pdu>);
  return reader.read(first.name, typename std::remove_cvref_t<decltype(first)>::Wire{}, pdu.*first.member);
}

template <class Pdu>
Decoded<Pdu> result(const Reader& reader, const Pdu& pdu, BodyForm form) {
  return {pdu, reader.warnings(), form};
}

/// The body of a response with status != 0 has many forms in practice. What consumes it exactly wins; failing
/// that, strict reports what was wrong with the form of the book, lenient takes what can be had. The status
/// counts anyway.
template <class Pdu>
std::expected<Decoded<Pdu>, DecodeError> decode_error_body(const Frame& frame, DecodeMode mode) {
  Reader whole(frame.body, false);
  if (Pdu pdu; read_fields(whole, pdu, false) && whole.read_tlvs(pdu.tlvs)) {
    return result(whole, pdu, BodyForm::whole);
  }
  Reader first_string(frame.body, false);
  if (Pdu pdu; read_first_string(first_string, pdu) && first_string.read_tlvs(pdu.tlvs)) {
    return result(first_string, pdu, BodyForm::first_string);
  }
  Reader tlvs_only(frame.body, false);
  if (Pdu pdu; tlvs_only.read_tlvs(pdu.tlvs)) return result(tlvs_only, pdu, BodyForm::tlvs_only);
  if (mode == DecodeMode::strict) return std::unexpected(whole.error());

  Reader lenient_whole(frame.body, true);
  if (Pdu pdu; read_fields(lenient_whole, pdu, false) && lenient_whole.read_tlvs(pdu.tlvs)) {
    return result(lenient_whole, pdu, BodyForm::whole);
  }
  Reader lenient_first(frame.body, true);
  if (Pdu pdu; read_first_string(lenient_first, pdu) && lenient_first.read_tlvs(pdu.tlvs)) {
    return result(lenient_first, pdu, BodyForm::first_string);
  }
  Decoded<Pdu> raw{{}, {}, BodyForm::raw};
  raw.warnings.add(DecodeWarning::junk_error_body);
  return raw;
}

}  // namespace

template <class Pdu>
std::expected<Decoded<Pdu>, DecodeError> decode(const Frame& frame, DecodeMode mode) {
  const bool lenient = mode == DecodeMode::lenient;
  if constexpr (!PduWithBody<Pdu>) {
    Decoded<Pdu> decoded{{}, {}, BodyForm::whole};
    if (!frame.body.empty()) {
      if (!lenient)
        return std::unexpected(DecodeError{DecodeErrorKind::extra_body, {}, kHeaderSize, ESME_ROK});
      decoded.warnings.add(DecodeWarning::extra_body);
    }
    return decoded;
  } else {
    if constexpr (is_response(Pdu::kId)) {
      const bool failed = frame.header.command_status != ESME_ROK;
      if (frame.body.empty() && (failed || kMayLeaveBodyOut<Pdu>)) {
        Decoded<Pdu> decoded{{}, {}, BodyForm::empty};
        if (!failed) decoded.warnings.add(DecodeWarning::missing_message_id);
        return decoded;
      }
      if (failed) return decode_error_body<Pdu>(frame, mode);
    }
    Reader reader(frame.body, lenient);
    std::expected<Decoded<Pdu>, DecodeError> decoded;
    if (!read_fields(reader, decoded->pdu, lenient && is_response(Pdu::kId)) ||
        !reader.read_tlvs(decoded->pdu.tlvs)) {
      return std::unexpected(reader.error());
    }
    decoded->warnings = reader.warnings();
    if constexpr (HasShortMessage<Pdu>) {
      if (!decoded->pdu.short_message.empty() && decoded->pdu.tlvs.find(TlvTag::message_payload)) {
        decoded->warnings.add(DecodeWarning::both_bodies);
      }
    }
    return decoded;
  }
}

namespace {

using AnyResult = std::expected<Decoded<AnyPdu>, DecodeError>;

template <class Pdu>
bool decode_as(const Frame& frame, DecodeMode mode, AnyResult& any) {
  if (frame.header.command_id != Pdu::kId) return false;
  const auto decoded = decode<Pdu>(frame, mode);
  if (decoded) {
    any = Decoded<AnyPdu>{decoded->pdu, decoded->warnings, decoded->form};
  } else {
    any = std::unexpected(decoded.error());
  }
  return true;
}

template <class... Pdus>
AnyResult decode_one_of(const Frame& frame, DecodeMode mode,
                        std::type_identity<std::variant<Pdus...>> /*all*/) {
  AnyResult any = std::unexpected(unknown_command_error(frame.header));
  static_cast<void>((decode_as<Pdus>(frame, mode, any) || ...));
  return any;
}

}  // namespace

AnyResult decode_any(const Frame& frame, DecodeMode mode) {
  return decode_one_of(frame, mode, std::type_identity<AnyPdu>{});
}

namespace {

template <class... Pdus>
consteval auto every_decode(std::type_identity<std::variant<Pdus...>> /*all*/) {
  return std::tuple{&decode<Pdus>...};
}
/// Makes decode() of every PDU there is part of this library: callers see its declaration only.
[[gnu::used]] constexpr auto kEveryDecode = every_decode(std::type_identity<AnyPdu>{});

}  // namespace

}  // namespace anchal::smpp
