#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace anchal::sim {

/// The checker's own reading of the octets between engine and SMSC. It shares nothing with smpp/: a mistake
/// made there must not be made here too.

inline constexpr std::uint32_t kQuerySm = 0x00000003;
inline constexpr std::uint32_t kSubmitSm = 0x00000004;
inline constexpr std::uint32_t kSubmitSmResp = 0x80000004;
inline constexpr std::uint32_t kDeliverSm = 0x00000005;
inline constexpr std::uint32_t kDeliverSmResp = 0x80000005;
inline constexpr std::uint32_t kGenericNack = 0x80000000;

/// One PDU (SMPP 3.4 §3.2).
struct SeenPdu {
  std::uint32_t command = 0;
  std::uint32_t status = 0;
  std::uint32_t sequence = 0;
  std::string_view body;
};

/// Cuts a stream of octets into PDUs, whatever pieces it comes in.
class PduCutter {
 public:
  void append(std::span<const std::byte> octets) {
    text_.append(reinterpret_cast<const char*>(octets.data()), octets.size());
  }
  /// The next whole PDU; its body is valid until the next call. `end` is where it ends in the stream.
  std::optional<SeenPdu> next(std::uint64_t& end);
  bool broken() const { return broken_; }

 private:
  std::string text_;
  std::size_t at_ = 0;
  std::uint64_t base_ = 0;  ///< position in the stream of text_[0]
  bool broken_ = false;
};

/// A submit_sm (SMPP 3.4 §4.4.1) as a handset would see it.
struct SeenSubmit {
  std::string source, destination, validity;
  std::uint8_t esm_class = 0, data_coding = 0, registered_delivery = 0;
  unsigned part = 1, parts = 1;  ///< by UDH or SAR
  unsigned reference = 0;
  std::string text;  ///< as UTF-8, for the alphabets of basic latin, Latin-1 and UCS-2
};
std::optional<SeenSubmit> read_submit(std::string_view body);

/// The message_id of a query_sm (SMPP 3.4 §4.8.1), its first field.
std::optional<std::string> read_query(std::string_view body);

/// The text of one part from its user data, `udh` telling whether a header stands before it.
std::string handset_text(std::string_view user_data, bool udh, std::uint8_t data_coding);
/// Part, parts and reference of a concatenation header; part 1 of 1 where there is none.
void read_concatenation(std::string_view user_data, unsigned& part, unsigned& parts, unsigned& reference);

}  // namespace anchal::sim
