#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "smpp/pdu/pdus.h"
#include "tests/fuzz/fuzz_input.h"

namespace anchal::fuzz {

/// Reads a fuzzer's input as a valid PDU, by its field table: the fuzzer then mutates fields, not octets.
/// PDUs are views, so what they look at lives here.
class Draw {
 public:
  explicit Draw(Input& input) : input_(input) {}

  template <class Pdu>
  Pdu pdu() {
    Pdu drawn;
    smpp::for_each_field(drawn, *this);
    if constexpr (smpp::PduWithBody<Pdu>) drawn.tlvs = tlvs();
    return drawn;
  }

  void operator()(std::string_view /*name*/, smpp::U8 /*wire*/, std::uint8_t& value) {
    value = input_.octet();
  }
  void operator()(std::string_view /*name*/, smpp::U32 /*wire*/, std::uint32_t& value) {
    value = input_.number();
  }
  template <std::size_t Max, std::uint32_t Error>
  void operator()(std::string_view /*name*/, smpp::CString<Max, Error> /*wire*/, std::string_view& value) {
    value = text(input_.octet() % Max);
  }
  template <std::uint32_t Error, bool Reported>
  void operator()(std::string_view /*name*/, smpp::Time<Error, Reported> /*wire*/, std::string_view& value) {
    value = text(input_.octet() % 2 == 0 ? 0 : 16);
  }
  void operator()(std::string_view /*name*/, smpp::CountedOctets /*wire*/, smpp::Octets& value) {
    value = octets(input_.octet());
  }
  void operator()(std::string_view /*name*/, smpp::CountedList /*wire*/,
                  smpp::WireList<smpp::DestAddress>& value) {
    auto& entries = dests_.emplace_back(input_.octet() % 8 + 1U);
    for (smpp::DestAddress& entry : entries) {
      if (input_.octet() % 2 == 0) {
        smpp::for_each_field(entry, *this);
      } else {
        entry.dest_flag = smpp::DestAddress::kDistributionList;
        (*this)("dl_name", smpp::DlNameWire{}, entry.dl_name);
      }
    }
    value = std::span<const smpp::DestAddress>(entries);
  }
  void operator()(std::string_view /*name*/, smpp::CountedList /*wire*/,
                  smpp::WireList<smpp::UnsuccessSme>& value) {
    auto& entries = refused_.emplace_back(input_.octet() % 8U);
    for (smpp::UnsuccessSme& entry : entries) smpp::for_each_field(entry, *this);
    value = std::span<const smpp::UnsuccessSme>(entries);
  }

 private:
  /// Exactly `size` octets, none of them NUL.
  std::string_view text(std::size_t size) {
    std::string& kept = texts_.emplace_back(smpp::as_text(input_.take(size)));
    kept.resize(size, 'x');
    std::ranges::replace(kept, '\0', 'x');
    return kept;
  }
  smpp::Octets octets(std::size_t size) {
    std::string& kept = texts_.emplace_back(smpp::as_text(input_.take(size)));
    kept.resize(size, 'x');
    return smpp::as_octets(kept);
  }
  smpp::Tlvs tlvs() {
    auto& list = tlvs_.emplace_back(input_.octet() % 6U);
    for (smpp::Tlv& tlv : list) {
      tlv.tag = tag();
      const smpp::TlvInfo* info = smpp::tlv_info(tlv.tag);
      const bool fixed = info != nullptr && info->min_length == info->max_length;
      tlv.value = octets(fixed ? info->min_length : input_.octet());
    }
    return std::span<const smpp::Tlv>(list);
  }
  /// Any one; those from 0x8000 on are all reserved alike, so they stand for the table's.
  smpp::TlvTag tag() {
    const std::uint8_t page = input_.octet();
    const std::uint8_t octet = input_.octet();
    const auto table = smpp::tlv_table();
    return page < 0x80 ? static_cast<smpp::TlvTag>(page << 8 | octet) : table[octet % table.size()].tag;
  }

  Input& input_;
  std::deque<std::string> texts_;
  std::deque<std::vector<smpp::DestAddress>> dests_;
  std::deque<std::vector<smpp::UnsuccessSme>> refused_;
  std::deque<std::vector<smpp::Tlv>> tlvs_;
};

}  // namespace anchal::fuzz
