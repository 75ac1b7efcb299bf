#pragma once

#include <rapidcheck.h>

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "smpp/pdu/pdus.h"

namespace anchal::smpp::test {

/// Draws a valid PDU by its field table: every value within what the strict decoder takes. PDUs are views, so
/// what they look at lives here.
class Generate {
 public:
  template <class Pdu>
  Pdu pdu() {
    Pdu drawn;
    for_each_field(drawn, *this);
    if constexpr (PduWithBody<Pdu>) drawn.tlvs = tlvs();
    return drawn;
  }

  void operator()(std::string_view /*name*/, U8 /*wire*/, std::uint8_t& value) {
    value = *rc::gen::arbitrary<std::uint8_t>();
  }
  void operator()(std::string_view /*name*/, U32 /*wire*/, std::uint32_t& value) {
    value = *rc::gen::arbitrary<std::uint32_t>();
  }
  template <std::size_t Max, std::uint32_t Error>
  void operator()(std::string_view /*name*/, CString<Max, Error> /*wire*/, std::string_view& value) {
    value = keep(text(*rc::gen::inRange<std::size_t>(0, Max)));
  }
  template <std::uint32_t Error, bool Reported>
  void operator()(std::string_view /*name*/, Time<Error, Reported> /*wire*/, std::string_view& value) {
    value = *rc::gen::arbitrary<bool>() ? keep(text(16)) : std::string_view{};
  }
  void operator()(std::string_view /*name*/, CountedOctets /*wire*/, Octets& value) { value = octets(255); }
  void operator()(std::string_view /*name*/, CountedList /*wire*/, WireList<DestAddress>& value) {
    std::vector<DestAddress>& entries = dests_.emplace_back();
    const auto count = *rc::gen::inRange(1, 6);
    for (int index = 0; index < count; ++index) {
      DestAddress& entry = entries.emplace_back();
      if (*rc::gen::arbitrary<bool>()) {
        for_each_field(entry, *this);
      } else {
        entry.dest_flag = DestAddress::kDistributionList;
        (*this)("dl_name", DlNameWire{}, entry.dl_name);
      }
    }
    value = std::span<const DestAddress>(entries);
  }
  void operator()(std::string_view /*name*/, CountedList /*wire*/, WireList<UnsuccessSme>& value) {
    std::vector<UnsuccessSme>& entries = refused_.emplace_back();
    const auto count = *rc::gen::inRange(0, 4);
    for (int index = 0; index < count; ++index) for_each_field(entries.emplace_back(), *this);
    value = std::span<const UnsuccessSme>(entries);
  }

  Tlvs tlvs() {
    std::vector<Tlv>& list = tlvs_.emplace_back();
    const auto count = *rc::gen::inRange(0, 5);
    for (int index = 0; index < count; ++index) {
      Tlv& tlv = list.emplace_back();
      if (*rc::gen::arbitrary<bool>()) {
        const TlvInfo& info =
            *rc::gen::elementOf(std::vector<TlvInfo>(tlv_table().begin(), tlv_table().end()));
        tlv.tag = info.tag;
        const std::size_t most = std::min<std::size_t>(info.max_length, 300);
        tlv.value = octets_of(*rc::gen::inRange<std::size_t>(info.min_length, most + 1));
      } else {
        tlv.tag = static_cast<TlvTag>(*rc::gen::inRange(0x1400, 0x4000));
        tlv.value = octets(300);
      }
    }
    return std::span<const Tlv>(list);
  }

 private:
  std::string text(std::size_t size) {
    return *rc::gen::container<std::string>(size, rc::gen::nonZero<char>());
  }
  Octets octets(std::size_t most) { return octets_of(*rc::gen::inRange<std::size_t>(0, most + 1)); }
  Octets octets_of(std::size_t size) {
    return as_octets(keep(*rc::gen::container<std::string>(size, rc::gen::arbitrary<char>())));
  }
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  std::deque<std::string> texts_;
  std::deque<std::vector<DestAddress>> dests_;
  std::deque<std::vector<UnsuccessSme>> refused_;
  std::deque<std::vector<Tlv>> tlvs_;
};

}  // namespace anchal::smpp::test
