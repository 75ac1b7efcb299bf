#include "smpp/pdu/framer.h"

#include <algorithm>

#include "smpp/pdu/command_status.h"

namespace anchal::smpp {

std::expected<std::size_t, FramingError> Framer::frame_size(std::span<const std::byte> octets) const {
  if (octets.size() < 4) return 0;
  const std::uint32_t length = load_u32(octets.data());
  if (length < kHeaderSize) {
    return std::unexpected(
        FramingError{{DecodeErrorKind::length_too_small, "command_length", 0, ESME_RINVCMDLEN},
                     Header{.command_length = length}});
  }
  // The answer to an oversized PDU carries its sequence_number, so the whole header is awaited, never the
  // body.
  if (octets.size() < kHeaderSize) return 0;
  if (length > max_command_length_) {
    return std::unexpected(FramingError{
        {DecodeErrorKind::length_too_big, "command_length", 0, ESME_RINVCMDLEN}, read_header(octets.data())});
  }
  return length;
}

std::expected<bool, FramingError> Framer::complete_tail(std::span<const std::byte>& in) {
  const auto move_up_to = [&](std::size_t size) {
    const std::size_t count = std::min(size - std::min(size, tail_.size()), in.size());
    tail_.append(in.first(count));
    in = in.subspan(count);
  };
  // First the header alone: behind a bad length no octet more is worth keeping.
  move_up_to(kHeaderSize);
  const auto size = frame_size(tail_.bytes());
  if (!size) return std::unexpected(size.error());
  if (*size == 0) return false;
  move_up_to(*size);
  if (tail_.size() < *size) return false;
  straddler_.clear();
  straddler_.swap(tail_);
  return true;
}

}  // namespace anchal::smpp
