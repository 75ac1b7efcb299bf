#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

#include "smpp/pdu/octets.h"

namespace anchal::smpp {

/// Tags of SMPP 3.4 §5.3.2 and SMPP 5.0 §4.8.4. A tag off the wire may be any other value.
enum class TlvTag : std::uint16_t {
  dest_addr_subunit = 0x0005,
  dest_network_type = 0x0006,
  dest_bearer_type = 0x0007,
  dest_telematics_id = 0x0008,
  source_addr_subunit = 0x000D,
  source_network_type = 0x000E,
  source_bearer_type = 0x000F,
  source_telematics_id = 0x0010,
  qos_time_to_live = 0x0017,
  payload_type = 0x0019,
  additional_status_info_text = 0x001D,
  receipted_message_id = 0x001E,
  ms_msg_wait_facilities = 0x0030,
  privacy_indicator = 0x0201,
  source_subaddress = 0x0202,
  dest_subaddress = 0x0203,
  user_message_reference = 0x0204,
  user_response_code = 0x0205,
  source_port = 0x020A,
  destination_port = 0x020B,
  sar_msg_ref_num = 0x020C,
  language_indicator = 0x020D,
  sar_total_segments = 0x020E,
  sar_segment_seqnum = 0x020F,
  sc_interface_version = 0x0210,
  callback_num_pres_ind = 0x0302,
  callback_num_atag = 0x0303,
  number_of_messages = 0x0304,
  callback_num = 0x0381,
  dpf_result = 0x0420,
  set_dpf = 0x0421,
  ms_availability_status = 0x0422,
  network_error_code = 0x0423,
  message_payload = 0x0424,
  delivery_failure_reason = 0x0425,
  more_messages_to_send = 0x0426,
  message_state = 0x0427,
  congestion_state = 0x0428,
  ussd_service_op = 0x0501,
  broadcast_channel_indicator = 0x0600,
  broadcast_content_type = 0x0601,
  broadcast_content_type_info = 0x0602,
  broadcast_message_class = 0x0603,
  broadcast_rep_num = 0x0604,
  broadcast_frequency_interval = 0x0605,
  broadcast_area_identifier = 0x0606,
  broadcast_error_status = 0x0607,
  broadcast_area_success = 0x0608,
  broadcast_end_time = 0x0609,
  broadcast_service_group = 0x060A,
  billing_identification = 0x060B,
  source_network_id = 0x060D,
  dest_network_id = 0x060E,
  source_node_id = 0x060F,
  dest_node_id = 0x0610,
  dest_addr_np_resolution = 0x0611,
  dest_addr_np_information = 0x0612,
  dest_addr_np_country = 0x0613,
  display_time = 0x1201,
  sms_signal = 0x1203,
  ms_validity = 0x1204,
  alert_on_message_delivery = 0x130C,
  its_reply_type = 0x1380,
  its_session_info = 0x1383,
};

enum class TlvType : std::uint8_t { integer, bitmask, octet_string, c_octet_string };

struct TlvInfo {
  TlvTag tag;
  std::string_view name;
  TlvType type;
  std::uint16_t min_length;  // octets of the value; binding only where it equals max_length
  std::uint16_t max_length;
  bool may_repeat;
};

/// Every TLV of both versions, by ascending tag.
[[nodiscard]] std::span<const TlvInfo> tlv_table();

/// Row of the table, or nullptr for a vendor's or a reserved tag.
[[nodiscard]] const TlvInfo* tlv_info(TlvTag tag);

/// "message_payload"; "vendor" for 0x1400-0x3FFF; "unknown" for any other tag that is not in the table.
[[nodiscard]] std::string_view tlv_name(TlvTag tag);

/// One optional parameter: a view of its value.
struct Tlv {
  TlvTag tag{};
  std::span<const std::byte> value{};

  /// Big-endian number of 1 to 4 octets, whatever width the tag should have (peers differ); else nullopt.
  [[nodiscard]] std::optional<std::uint32_t> integer() const;
  /// The value as text, without the NUL that some peers count and others leave out.
  [[nodiscard]] std::string_view text() const;
};

/// The optional parameters of one PDU, in wire order, without owning anything: either the raw tail of a
/// decoded frame, walked on demand, or a list to be encoded. Where the first reading of a raw tail fails on a
/// 0x00 octet the walk goes on one octet later (an uncounted NUL behind short_message); where that fails too
/// it ends.
class Tlvs {
 public:
  class Iterator {
   public:
    using value_type = Tlv;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    const Tlv& operator*() const { return current_; }
    const Tlv* operator->() const { return &current_; }
    Iterator& operator++() {
      advance();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      advance();
      return before;
    }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.done_; }

   private:
    friend class Tlvs;
    Iterator(std::span<const std::byte> raw, std::span<const Tlv> list) : raw_(raw), list_(list) {
      advance();
    }
    void advance();

    std::span<const std::byte> raw_;
    std::span<const Tlv> list_;
    Tlv current_;
    bool done_ = false;
  };

  Tlvs() = default;
  /// The raw tail of a frame.
  explicit Tlvs(std::span<const std::byte> raw) : raw_(raw) {}
  /// A list to be encoded; it must outlive this view.
  Tlvs(std::span<const Tlv> list) : list_(list) {}  // NOLINT(google-explicit-constructor): a view of a list

  [[nodiscard]] Iterator begin() const { return {raw_, list_}; }
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }
  [[nodiscard]] bool empty() const { return begin() == end(); }

  /// The first TLV with this tag: a repeated tag keeps its first value. Walks the list: O(n).
  [[nodiscard]] std::optional<Tlv> find(TlvTag tag) const;
  [[nodiscard]] std::optional<std::uint32_t> integer(TlvTag tag) const;

  [[nodiscard]] std::span<const std::byte> raw() const { return raw_; }
  [[nodiscard]] std::span<const Tlv> list() const { return list_; }

 private:
  std::span<const std::byte> raw_;
  std::span<const Tlv> list_;
};

}  // namespace anchal::smpp
