// Optional parameters on their own: the tail of any PDU. The first octet: an odd one takes the rest as the
// tail; of the even ones, 2 modulo 4 draws a list by the table of TLVs and its lengths, 0 modulo 4 a list of
// any tags and lengths, and writes it. The laws: every value lies inside the tail, in order; what was written
// is read; a decoder finds wrong lengths and repeats where they are, and nowhere else.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "smpp/pdu/decode.h"
#include "smpp/pdu/tlv.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace anchal::smpp;
using anchal::fuzz::check;
using anchal::fuzz::Input;

/// Behind a submit_sm_resp, whose only field says nothing of lengths.
std::expected<Decoded<SubmitSmResp>, DecodeError> decode_behind(Octets tail, DecodeMode mode,
                                                                std::vector<std::byte>& body) {
  body.assign(1, std::byte{0});
  body.insert(body.end(), tail.begin(), tail.end());
  const auto size = static_cast<std::uint32_t>(kHeaderSize + body.size());
  return decode<SubmitSmResp>({{size, SubmitSmResp::kId, ESME_ROK, 1}, body}, mode);
}

constexpr std::size_t kTailAt = kHeaderSize + 1;

/// Whoever walks a tail meets what the lenient decoder has kept of it.
void check_walk(const Tlvs& tlvs, Octets tail) {
  std::vector<std::byte> body;
  const auto decoded = decode_behind(tail, DecodeMode::lenient, body);
  check(decoded.has_value());
  auto kept = decoded->pdu.tlvs.begin();
  for (const Tlv& tlv : tlvs) {
    check(kept != Tlvs::end() && kept->tag == tlv.tag && as_text(kept->value) == as_text(tlv.value));
    ++kept;
  }
  check(kept == Tlvs::end());
}

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
  check_walk(tlvs, tail);
}

void put_u16(std::vector<std::byte>& to, std::size_t number) {
  to.push_back(static_cast<std::byte>(number >> 8));
  to.push_back(static_cast<std::byte>(number));
}

void put(std::vector<std::byte>& tail, std::uint16_t tag, std::string_view value) {
  put_u16(tail, tag);
  put_u16(tail, value.size());
  const Octets octets = as_octets(value);
  tail.insert(tail.end(), octets.begin(), octets.end());
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
    put(tail, tags.back(), values.emplace_back(input.text()));
  }
  std::size_t at = 0;
  for (const Tlv& tlv : Tlvs(tail)) {
    check(at < values.size() && static_cast<std::uint16_t>(tlv.tag) == tags[at]);
    check(std::ranges::equal(tlv.value, std::as_bytes(std::span(values[at]))));
    ++at;
  }
  check(at == values.size());
}

/// A TLV of the table as it was written: what a reader must make of it, by the kind of its value.
class Row {
 public:
  /// `room`: octets that the value may have.
  Row(Input& input, std::size_t room) : info_(&tlv_table()[input.octet() % tlv_table().size()]) {
    const std::size_t length = draw_length(input);
    value_ = input.text(std::min<std::size_t>(length, 255));
    value_.resize(length <= room ? length : info_->min_length, 'x');
    if (info_->type != TlvType::c_octet_string || value_.empty()) return;
    // Some peers count the NUL, others leave it out.
    std::ranges::replace(value_, '\0', 'x');
    if (input.octet() % 4 != 0) value_.back() = '\0';
  }

  [[nodiscard]] const TlvInfo& info() const { return *info_; }
  [[nodiscard]] const std::string& value() const { return value_; }
  [[nodiscard]] bool bad_length() const {
    return info_->min_length == info_->max_length && value_.size() != info_->min_length;
  }

  void check_read(const Tlv& tlv) const {
    check(tlv.tag == info_->tag && as_text(tlv.value) == value_);
    check(tlv_info(tlv.tag) == info_ && tlv_name(tlv.tag) == info_->name);
    const bool counts = info_->type == TlvType::integer || info_->type == TlvType::bitmask;
    if (counts && !value_.empty() && value_.size() <= 4) {
      std::uint32_t number = 0;
      for (const char octet : value_) number = number * 256 + static_cast<unsigned char>(octet);
      check(tlv.integer() == number);
    }
    if (info_->type == TlvType::c_octet_string) {
      const bool ends = value_.ends_with('\0');
      check(tlv.text() == std::string_view(value_).substr(0, value_.size() - (ends ? 1 : 0)));
    }
  }

 private:
  /// One that the table permits, mostly, or one just beside it.
  std::size_t draw_length(Input& input) const {
    const std::size_t least = info_->min_length;
    const std::size_t most = info_->max_length;
    const std::uint8_t how = input.octet();
    switch (how % 8) {
      case 0:
        return least;
      case 1:
        return most;
      case 2:
        return least == 0 ? 0 : least - 1;
      case 3:
        return std::min<std::size_t>(most + 1, 65535);
      case 4:
        return 0;
      case 5:
        return 65535;
      default:
        return least + input.octet() % (most - least + 1);
    }
  }

  const TlvInfo* info_;
  std::string value_;
};

void check_true_table(const std::vector<Row>& rows, const std::vector<std::size_t>& places, Octets tail) {
  std::size_t at = 0;
  std::set<TlvTag> seen;
  bool repeated = false;
  const Tlvs tlvs(tail);
  for (const Tlv& tlv : tlvs) {
    check(at < rows.size());
    rows[at++].check_read(tlv);
    const bool first = seen.insert(tlv.tag).second;
    repeated = repeated || (!first && !tlv_info(tlv.tag)->may_repeat);
    const auto found = tlvs.find(tlv.tag);
    check(found.has_value() && (found->value.data() == tlv.value.data()) == first);
  }
  check(at == rows.size());

  const auto bad = std::ranges::find_if(rows, &Row::bad_length);
  std::vector<std::byte> body;
  const auto lenient = decode_behind(tail, DecodeMode::lenient, body);
  check(lenient.has_value() && lenient->warnings.has(DecodeWarning::repeated_tlv) == repeated &&
        lenient->warnings.has(DecodeWarning::tlv_bad_length) == (bad != rows.end()));
  const auto strict = decode_behind(tail, DecodeMode::strict, body);
  check(strict.has_value() == (bad == rows.end()));
  if (strict) return;
  const DecodeError& error = strict.error();
  check(error.kind == DecodeErrorKind::tlv_bad_length && error.field == bad->info().name &&
        error.offset == kTailAt + places[static_cast<std::size_t>(bad - rows.begin())]);
}

/// The length of the last TLV is not that of its value: those before it are read all the same.
void check_lying_table(const std::vector<Row>& rows, const std::vector<std::size_t>& places, Octets tail) {
  check_tail(tail);
  std::size_t at = 0;
  for (const Tlv& tlv : Tlvs(tail)) {
    if (at + 1 >= rows.size()) break;
    rows[at++].check_read(tlv);
  }
  check(at + 1 == rows.size());

  const auto bad =
      std::find_if(rows.begin(), rows.end() - 1, [](const Row& row) { return row.bad_length(); });
  const std::size_t first_bad = kTailAt + places[static_cast<std::size_t>(bad - rows.begin())];
  std::vector<std::byte> body;
  const auto strict = decode_behind(tail, DecodeMode::strict, body);
  if (bad != rows.end() - 1) {
    check(!strict && strict.error().offset == first_bad);
  } else if (!strict) {
    check(strict.error().offset >= first_bad);
  }
}

void check_table(Input& input) {
  constexpr std::size_t kRoom = 70000;  // one value of any length, and others: nothing is learnt of more
  const std::uint8_t lie = input.octet();
  std::vector<Row> rows;
  std::vector<std::size_t> places;
  std::vector<std::byte> tail;
  while (!input.empty() && rows.size() < 20) {
    const Row& row = rows.emplace_back(input, kRoom - std::min(kRoom, tail.size()));
    places.push_back(tail.size());
    put(tail, static_cast<std::uint16_t>(row.info().tag), row.value());
  }
  const std::vector<std::byte> exact(tail);
  check_true_table(rows, places, exact);
  if (rows.empty()) return;

  const std::size_t length = rows.back().value().size();
  const std::array<std::size_t, 4> lies{length == 0 ? 1 : length - 1, length + 1, 0, 65535};
  const std::size_t said = std::min<std::size_t>(lies[lie % lies.size()], 65535);
  std::vector<std::byte> lying(exact);
  lying[places.back() + 2] = static_cast<std::byte>(said >> 8);
  lying[places.back() + 3] = static_cast<std::byte>(said);
  check_lying_table(rows, places, lying);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t mode = input.octet() % 4;
  if (mode == 0) {
    check_list(input);
  } else if (mode == 2) {
    check_table(input);
  } else {
    const auto rest = input.take(size);
    const std::vector<std::byte> tail(rest.begin(), rest.end());
    check_tail(tail);
  }
  return 0;
}
