#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

#include "smpp/pdu/buffer.h"
#include "smpp/pdu/decode_error.h"
#include "smpp/pdu/frame.h"

namespace anchal::smpp {

/// Framing is lost: the header as far as it was read, and what is wrong with its length.
struct FramingError {
  DecodeError error;
  Header header;
};

/// Cuts a stream of octets into PDUs by command_length (SMPP 3.4 §3.2), however the octets are split.
///
/// A PDU that lies whole in the input is delivered as a view of the input; only the incomplete tail is kept,
/// and only a PDU that straddles two inputs is copied. Frames delivered by one feed() stay valid until the
/// next feed(), as far as the input itself lives. After an error the stream cannot be used: command_length is
/// the only mark.
class Framer {
 public:
  explicit Framer(std::uint32_t max_command_length = kMaxCommandLength)
      : max_command_length_(max_command_length) {}

  /// Calls visit(const Frame&) for every PDU that `in` completes, in order, until it returns false.
  template <class Visit>
  std::expected<void, FramingError> feed(std::span<const std::byte> in, Visit&& visit);

  /// Octets kept for an incomplete PDU.
  [[nodiscard]] std::size_t remaining() const { return tail_.size(); }

 private:
  /// Octets that a PDU starting with `octets` has (command_length), 0 when that cannot be told yet.
  std::expected<std::size_t, FramingError> frame_size(std::span<const std::byte> octets) const;
  /// Moves octets from `in` to the tail until it holds a whole PDU, which then lies in straddler_. True: it
  /// does.
  std::expected<bool, FramingError> complete_tail(std::span<const std::byte>& in);

  Buffer tail_;
  Buffer straddler_;  // apart from the tail, so that its frame outlives the keeping of the next tail
  std::uint32_t max_command_length_;
};

template <class Visit>
std::expected<void, FramingError> Framer::feed(std::span<const std::byte> in, Visit&& visit) {
  const auto frame_of = [](std::span<const std::byte> pdu) {
    return Frame{read_header(pdu.data()), pdu.subspan(kHeaderSize)};
  };
  if (!tail_.empty()) {
    const auto whole = complete_tail(in);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole) return {};
    if (!visit(frame_of(straddler_.bytes()))) return {};
  }
  for (;;) {
    const auto size = frame_size(in);
    if (!size) return std::unexpected(size.error());
    if (*size == 0 || *size > in.size()) break;
    const Frame frame = frame_of(in.first(*size));
    in = in.subspan(*size);
    if (!visit(frame)) return {};
  }
  tail_.append(in);
  return {};
}

}  // namespace anchal::smpp
