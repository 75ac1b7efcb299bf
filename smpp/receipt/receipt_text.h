#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace anchal::smpp {

/// The labelled values of a receipt's text (SMPP 3.4 Appendix B and what is sent in its place), as views into
/// it. A label without a value, or with null or ... in its place, counts as absent: an empty view.
struct ReceiptFields {
  std::string_view id;
  std::string_view submit_date;
  std::string_view done_date;
  std::string_view stat;
  std::string_view err;
  std::string_view text;
  bool has_id_label = false;
  bool has_stat_label = false;
  /// Between the last date and err (or the text): where a state without its label would stand. Empty without
  /// a date.
  std::string_view behind_dates;
};

/// The body as octets without the blanks, line ends and NULs behind it. A text in UTF-16 (told by its octets,
/// since data_coding often lies) is put into `buffer`, characters beyond Latin-1 as '?'.
std::string_view receipt_body(std::span<const std::byte> body, std::string& buffer);

/// Finds the labels: any case, at the start or behind anything but a letter or digit, the first of each
/// counts; those behind text: only where id or stat is missing before it. One pass; never fails.
ReceiptFields scan_receipt_text(std::string_view body);

/// Cuts blanks, NULs and line ends off both ends.
std::string_view trim_receipt_value(std::string_view value);

/// One pair of quotes off; empty for the spellings of "absent".
std::string_view clean_receipt_value(std::string_view value);

}  // namespace anchal::smpp
