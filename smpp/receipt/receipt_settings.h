#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "smpp/receipt/message_id.h"
#include "smpp/receipt/receipt.h"

namespace anchal::smpp {

/// The spellings of receipt settings in configuration files, one function a setting; empty for anything else.

/// auto | YYMMDDhhmmss | YYYYMMDDhhmm | epoch
std::optional<ReceiptDateForm> parse_receipt_date_form(std::string_view text);
/// tlv | text
std::optional<ReceiptSettings::Prefer> parse_prefer(std::string_view text);
/// intermediate | delivered | final_accepted
std::optional<ReceiptSettings::AcceptdIs> parse_acceptd_is(std::string_view text);
/// raw | dec | hex
std::optional<MessageIdBase> parse_message_id_base(std::string_view text);

struct ReceiptFormat {
  ReceiptSettings::Format format = ReceiptSettings::Format::appendix_b;
  std::vector<ReceiptSettings::Column> columns = {};
};
/// appendix_b | tlv_only | csv:COLUMN,COLUMN,... with the columns id, stat, err, submit_date, done_date, text
/// and, for what does not matter, ignore (or -, sub, dlvrd). A csv format needs an id.
std::optional<ReceiptFormat> parse_receipt_format(std::string_view text);

/// An offset from UTC: Z, UTC, +05:30, -0300. At most 14 hours. In minutes.
std::optional<std::int16_t> parse_utc_offset(std::string_view text);

}  // namespace anchal::smpp
