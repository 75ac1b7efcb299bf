#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/time.h"
#include "smpp/receipt/receipt.h"
#include "smpp/text/profile.h"
#include "smpp/text/reassembly.h"

namespace anchal::core {

/// Reads what comes as receipts from one operator. Nearly all of them smpp::ReceiptParser reads as they are;
/// the others are decoded first: packed septets, a text behind a user data header, a text in several parts.
class ReceiptReader {
 public:
  enum class Unread : std::uint8_t {
    not_a_receipt,
    malformed,
    incomplete,  // a part: the message is not there yet
  };

  /// A deliver_sm or data_sm; views of it.
  struct Arrived {
    smpp::ReceiptInput input;
    std::uint8_t data_coding = 0;
    std::string_view source, destination;
    std::optional<smpp::PartNumber> sar;     ///< what the sar_* TLVs say
    std::optional<std::uint16_t> reference;  ///< user_message_reference
  };

  ReceiptReader(smpp::ReceiptSettings settings, const smpp::EncodingProfile& profile);

  /// The receipt is of views into the PDU or into this object, which the next call uses anew.
  [[nodiscard]] std::expected<smpp::Receipt, Unread> read(const Arrived& arrived, Now now);

  /// Receipts of which some parts never came, since the last call.
  [[nodiscard]] std::size_t take_lost(Now now);

 private:
  std::expected<smpp::Receipt, Unread> parse(const smpp::ReceiptInput& input, Now now);
  std::expected<smpp::Receipt, Unread> parse_text(const smpp::ReceiptInput& input, Now now);
  std::expected<smpp::Receipt, Unread> read_decoded(const Arrived& arrived, Now now);
  void count_lost();

  smpp::ReceiptParser parser_;
  smpp::EncodingProfile profile_;
  smpp::Reassembler parts_;
  std::vector<smpp::Reassembled> done_;
  std::string text_;
  std::size_t lost_ = 0;
};

}  // namespace anchal::core
