#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "smpp/receipt/receipt_date.h"
#include "smpp/time.h"

namespace anchal::smpp {

/// The state a receipt reports. Values are those of the message_state TLV (SMPP 3.4 §5.2.28, 5.0 §4.7.15).
enum class ReceiptState : std::uint8_t {
  scheduled = 0,
  enroute = 1,
  delivered = 2,
  expired = 3,
  deleted = 4,
  undeliverable = 5,
  accepted = 6,
  unknown = 7,
  rejected = 8,
  skipped = 9,
};
std::string_view to_string(ReceiptState state);  ///< DELIVERED, UNDELIVERABLE, ...
std::optional<ReceiptState> parse_receipt_state(std::string_view name);

/// Whether a later receipt for the same part is to be expected.
enum class ReceiptKind : std::uint8_t { intermediate, soft, final };

enum class ReceiptError : std::uint8_t {
  not_a_receipt,  ///< an ordinary message (MO), or an acknowledgement of another kind
  no_id,          ///< a receipt that names no message: keep it raw, answer ESME_ROK
  no_state,       ///< an id, but no state from any source: likewise
};
std::string_view to_string(ReceiptError error);

/// Bits of Receipt::warnings.
struct ReceiptWarning {
  static constexpr std::uint8_t id_mismatch = 1;     ///< TLV and text name different ids: both are candidates
  static constexpr std::uint8_t state_mismatch = 2;  ///< TLV and text name different states
  static constexpr std::uint8_t bad_date = 4;
  static constexpr std::uint8_t unknown_stat = 8;  ///< a word outside every table; stat_raw has it
  static constexpr std::uint8_t bad_nec = 16;      ///< network_error_code of a size that is not 3
  static constexpr std::uint8_t implausible_date =
      32;  ///< done before submit, or a day in the future: a wrong zone?
};

/// network_error_code TLV (SMPP 3.4 §5.3.2.31): type of network and its code.
struct NetworkErrorCode {
  std::uint8_t type = 0;
  std::uint16_t code = 0;
  friend bool operator==(const NetworkErrorCode&, const NetworkErrorCode&) = default;
};

/// A deliver_sm or data_sm as far as receipts care. Views into the PDU; absent TLVs are empty optionals.
struct ReceiptInput {
  std::uint8_t esm_class = 0;
  std::span<const std::byte> short_message = {};
  std::optional<std::span<const std::byte>> message_payload = {};       ///< 0x0424
  std::optional<std::span<const std::byte>> receipted_message_id = {};  ///< 0x001E
  std::optional<std::span<const std::byte>> message_state = {};         ///< 0x0427
  std::optional<std::span<const std::byte>> network_error_code = {};    ///< 0x0423
};

/// What an operator's receipts need beyond the default. Immutable once the parser has it.
struct ReceiptSettings {
  enum class Prefer : std::uint8_t { tlv, text };
  enum class AcceptdIs : std::uint8_t { intermediate, delivered, final_accepted };
  enum class Format : std::uint8_t { appendix_b, csv, tlv_only };
  /// One column of a comma-separated receipt.
  enum class Column : std::uint8_t { ignore, id, stat, err, submit_date, done_date, text };

  bool detect_by_text =
      false;  ///< also without esm_class bits; the caller must then check that the id is ours
  bool accept_sme_ack = false;  ///< esm_class 0x08 counts as a receipt
  Prefer prefer = Prefer::tlv;  ///< which wins where TLV and text differ
  AcceptdIs acceptd_is = AcceptdIs::intermediate;
  Format format = Format::appendix_b;
  std::vector<Column> csv_columns = {};  ///< with Format::csv
  std::vector<std::pair<std::string, ReceiptState>> stat_map =
      {};  ///< words of this operator, any case; wins over the table
  ReceiptDateForm date = ReceiptDateForm::automatic;
  std::int16_t utc_offset_minutes = 0;  ///< of the SMSC's local time
  std::uint8_t year_pivot = 38;         ///< two-digit years below it are 20xx
};

/// A receipt, as views into the PDU or into the parser: valid until the parser's next call or the PDU's end.
struct Receipt {
  ReceiptKind kind = ReceiptKind::intermediate;
  ReceiptState state = ReceiptState::unknown;
  std::uint8_t warnings = 0;  ///< ReceiptWarning bits
  bool by_text =
      false;  ///< known as a receipt only by its text: trust it only if the id is ours (MO look-alikes)
  std::string_view id;        ///< first candidate; never empty
  std::string_view id_alt;    ///< second candidate, empty if there is none
  std::string_view stat_raw;  ///< the word as received, empty without one
  std::string_view error;     ///< err of the text, else the network error code in decimal; empty if absent
  std::string_view text;      ///< the first octets of the message, as the operator gave them: personal data
  std::optional<NetworkErrorCode> network_error_code;
  std::optional<ReceiptDate> submit_date;
  std::optional<ReceiptDate> done_date;
};

/// Reads delivery receipts (SMPP 3.4 Appendix B, §5.2.12, §5.3.2.12; 5.0 §4.7.15), one parser per operator.
/// Hostile input costs an error at most; time is linear in the input. Allocates only for texts in UTF-16 that
/// do not fit its buffer. One loop owns it; it reads no clock.
class ReceiptParser {
 public:
  explicit ReceiptParser(ReceiptSettings settings = {});

  /// `arrival` decides between two valid readings of a 12-digit date; empty: the shorter year wins.
  [[nodiscard]] std::expected<Receipt, ReceiptError> parse(const ReceiptInput& input,
                                                           std::optional<WallTime> arrival = std::nullopt);

  const ReceiptSettings& settings() const { return settings_; }

 private:
  std::string_view body_of(const ReceiptInput& input);
  std::optional<ReceiptState> state_of(std::string_view word) const;
  std::string_view bare_state(std::string_view part) const;
  std::optional<ReceiptState> choose_state(const ReceiptInput& input, Receipt& receipt) const;
  void read_nec(std::span<const std::byte> tlv, Receipt& receipt);
  void read_dates(std::string_view submit, std::string_view done, std::optional<WallTime> arrival,
                  Receipt& receipt) const;

  ReceiptSettings settings_;
  std::string decoded_;        ///< a UTF-16 body as octets
  char error_digits_[8] = {};  ///< a network error code as text
};

}  // namespace anchal::smpp
