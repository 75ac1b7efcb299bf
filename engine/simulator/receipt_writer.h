#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/simulator/behaviour.h"
#include "engine/simulator/message_store.h"
#include "smpp/pdu/pdus.h"

namespace anchal::simulator {

/// Composes one receipt at a time in its own memory: the PDUs it returns point there, until the next call,
/// and into the message.
/// Text of SMPP 3.4 Appendix B, TLVs of §5.3.2.12 and §5.3.2.35.
class ReceiptWriter {
 public:
  explicit ReceiptWriter(WallTime wall_at_epoch) : wall_at_epoch_(wall_at_epoch) {}

  /// `form` is not data_sm here.
  const smpp::DeliverSm& deliver_sm(const Message& message, std::string_view id, MessageState state,
                                    ReceiptForm form, TimePoint now, bool repeat_reference = true);
  const smpp::DataSm& data_sm(const Message& message, std::string_view id, MessageState state, TimePoint now,
                              bool repeat_reference = true);

  /// YYMMDDhhmm in UTC; with `absolute` the 16 characters of SMPP 3.4 §7.1.1. Valid until the next call.
  std::string_view date(TimePoint at, bool absolute = false);

 private:
  struct MinuteText {
    std::int64_t minute = -1;
    std::array<char, 10> text{};
  };

  std::string_view minute_text(TimePoint at, MinuteText& cache) const;
  std::string_view compose_text(const Message& message, std::string_view id, MessageState state,
                                TimePoint now);
  std::span<const smpp::Tlv> compose_tlvs(std::string_view id, MessageState state, std::string_view payload,
                                          std::optional<std::uint16_t> reference);

  WallTime wall_at_epoch_;
  MinuteText submit_minute_, done_minute_, date_minute_;
  std::array<char, 256> text_{};
  std::array<char, 512> wide_text_{};
  std::array<char, 66> id_with_nul_{};
  std::array<char, 17> date_text_{};
  std::array<std::byte, 1> state_octet_{};
  std::array<std::byte, 3> error_code_{};
  std::array<std::byte, 2> reference_{};
  std::array<smpp::Tlv, 5> tlvs_{};
  smpp::DeliverSm deliver_;
  smpp::DataSm data_;
};

}  // namespace anchal::simulator
