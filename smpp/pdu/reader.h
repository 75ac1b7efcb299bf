#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "smpp/pdu/decode_error.h"
#include "smpp/pdu/field.h"
#include "smpp/pdu/frame.h"
#include "smpp/pdu/octets.h"
#include "smpp/pdu/pdus_multi.h"
#include "smpp/pdu/tlv.h"

namespace anchal::smpp {

/// Reads the wire types of field.h from a body, never past its end. After the first false, error() says why;
/// nothing more may be read.
class Reader {
 public:
  Reader(Octets body, bool lenient)
      : begin_(body.data()), at_(begin_), end_(begin_ + body.size()), lenient_(lenient) {}

  [[nodiscard]] const DecodeError& error() const { return error_; }
  [[nodiscard]] const DecodeWarnings& warnings() const { return warnings_; }
  [[nodiscard]] Octets rest() const { return {at_, left()}; }

  /// Lenient: an unterminated string that nothing must follow takes the rest of the body (responses only).
  void last_string_takes_rest() { take_rest_ = true; }

  bool read(std::string_view name, U8 /*wire*/, std::uint8_t& value) {
    if (at_ == end_) return fail(DecodeErrorKind::body_too_short, name, U8::kError);
    value = std::to_integer<std::uint8_t>(*at_++);
    return true;
  }

  bool read(std::string_view name, U32 /*wire*/, std::uint32_t& value) {
    if (left() < 4) return fail(DecodeErrorKind::body_too_short, name, U32::kError);
    value = load_u32(at_);
    at_ += 4;
    return true;
  }

  template <std::size_t Max, std::uint32_t Error>
  bool read(std::string_view name, CString<Max, Error> /*wire*/, std::string_view& value) {
    return read_string(name, Max, Error, value);
  }

  template <std::uint32_t Error, bool Reported>
  bool read(std::string_view name, Time<Error, Reported> /*wire*/, std::string_view& value) {
    return read_string(name, Time<Error>::kMax, Error, value) &&
           (value.empty() || value.size() == 16 || read_odd_time(name, Error, Reported, value));
  }

  bool read(std::string_view name, CountedOctets /*wire*/, Octets& value) {
    std::uint8_t length = 0;
    if (!read("sm_length", U8{}, length)) return false;
    if (length > left()) return fail(DecodeErrorKind::sm_length_overrun, name, CountedOctets::kError);
    value = {at_, length};
    at_ += length;
    return true;
  }

  bool read(std::string_view name, CountedList wire, WireList<DestAddress>& value);
  bool read(std::string_view name, CountedList wire, WireList<UnsuccessSme>& value);
  bool read_entry(DestAddress& entry);
  bool read_entry(UnsuccessSme& entry);

  /// The rest of the body, which must be TLVs.
  bool read_tlvs(Tlvs& value);

 private:
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  bool fail(DecodeErrorKind kind, std::string_view name, std::uint32_t status) {
    error_ = {kind, name, static_cast<std::uint32_t>(kHeaderSize + static_cast<std::size_t>(at_ - begin_)),
              status};
    return false;
  }

  bool read_string(std::string_view name, std::size_t max, std::uint32_t error, std::string_view& value) {
    const auto* nul = at_ == end_ ? nullptr : static_cast<const std::byte*>(std::memchr(at_, 0, left()));
    if (nul == nullptr || static_cast<std::size_t>(nul - at_) >= max)
      return read_odd_string(name, error, nul, value);
    value = {reinterpret_cast<const char*>(at_), static_cast<std::size_t>(nul - at_)};
    at_ = nul + 1;
    return true;
  }

  bool read_odd_string(std::string_view name, std::uint32_t error, const std::byte* nul,
                       std::string_view& value);
  bool read_odd_time(std::string_view name, std::uint32_t error, bool reported, std::string_view value);

  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
  bool lenient_;
  bool take_rest_ = false;
  DecodeWarnings warnings_;
  DecodeError error_;
};

}  // namespace anchal::smpp
