#pragma once

#include <tuple>
#include <vector>

#include "smpp/pdu/pdus.h"

namespace anchal::smpp::test {

/// Whether two PDUs say the same, field by field and TLV by TLV, however their views are made.
class Same {
 public:
  template <class Pdu>
  static bool as(const Pdu& left, const Pdu& right) {
    bool same = true;
    std::apply([&](const auto&... row) { same = (equal(left.*row.member, right.*row.member) && ...); },
               kFields<Pdu>);
    if constexpr (PduWithBody<Pdu>) same = same && equal(left.tlvs, right.tlvs);
    return same;
  }

 private:
  template <class Value>
  static bool equal(const Value& left, const Value& right) {
    return left == right;
  }
  static bool equal(const Octets& left, const Octets& right) { return as_text(left) == as_text(right); }
  template <class Entry>
  static bool equal(const WireList<Entry>& left, const WireList<Entry>& right) {
    return listed<Entry>(left) == listed<Entry>(right);
  }
  static bool equal(const Tlvs& left, const Tlvs& right) {
    auto other = right.begin();
    for (const Tlv& tlv : left) {
      if (other == Tlvs::end() || other->tag != tlv.tag || !equal(other->value, tlv.value)) return false;
      ++other;
    }
    return other == Tlvs::end();
  }
  template <class Entry>
  static std::vector<Entry> listed(const WireList<Entry>& list) {
    std::vector<Entry> entries;
    for (const Entry& entry : list) entries.push_back(entry);
    return entries;
  }
};

}  // namespace anchal::smpp::test
