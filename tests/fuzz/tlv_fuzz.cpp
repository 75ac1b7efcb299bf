// Optional parameters on their own: the tail of any PDU. The first octet: an odd one takes the rest as the
// tail, an even one draws a list and writes it. The laws: every value lies inside the tail, in order; what
// was written is read.
#include <algorithm>
#include <string>
#include <vector>

#include "smpp/pdu/tlv.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace anchal::smpp;
using anchal::fuzz::check;
using anchal::fuzz::Input;

void check_tail(std::span<const std::byte> tail) {
  const Tlvs tlvs(tail);
  const std::byte* last = tail.data();
  std::size_t count = 0;
  for (const Tlv& tlv : tlvs) {
    check(++count <= tail.size() / 4);
    check(tlv.value.data() >= last && tlv.value.data() + tlv.value.size() <= tail.data() + tail.size());
    last = tlv.value.data() + tlv.value.size();
    check(!tlv_name(tlv.tag).empty());
    check(tlv.integer().has_value() == (!tlv.value.empty() && tlv.value.size() <= 4));
    check(tlv.text().size() <= tlv.value.size());
    check(tlvs.find(tlv.tag).has_value());
  }
  check(tlvs.empty() == (count == 0));
}

void check_list(Input& input) {
  std::vector<std::string> values;
  std::vector<std::uint16_t> tags;
  std::vector<std::byte> tail;
  while (!input.empty() && values.size() < 20) {
    // Tags that begin with 0x00 may be taken for a stray NUL only where the first reading fails: here it does
    // not.
    const std::uint8_t page = input.octet();
    tags.push_back(static_cast<std::uint16_t>(page << 8 | input.octet()));
    const std::string& value = values.emplace_back(input.text());
    for (const std::size_t number : {std::size_t{tags.back()}, value.size()}) {
      tail.push_back(static_cast<std::byte>(number >> 8));
      tail.push_back(static_cast<std::byte>(number));
    }
    const auto octets = std::as_bytes(std::span(value));
    tail.insert(tail.end(), octets.begin(), octets.end());
  }
  std::size_t at = 0;
  for (const Tlv& tlv : Tlvs(tail)) {
    check(at < values.size() && static_cast<std::uint16_t>(tlv.tag) == tags[at]);
    check(std::ranges::equal(tlv.value, std::as_bytes(std::span(values[at]))));
    ++at;
  }
  check(at == values.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  if (input.octet() % 2 == 0) {
    check_list(input);
  } else {
    const auto rest = input.take(size);
    const std::vector<std::byte> tail(rest.begin(), rest.end());
    check_tail(tail);
  }
  return 0;
}
