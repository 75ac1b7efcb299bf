#include "smpp/pdu/reader.h"

#include <bitset>
#include <memory>

#include "smpp/pdu/tlv_stream.h"

namespace anchal::smpp {
namespace {

/// Finds a tag that must not repeat and does. Known tags cost one bit each; only where two unknown ones meet
/// is the whole tag space worth a set, so that a hostile tail of thousands of TLVs stays linear.
class RepeatCheck {
 public:
  void see(TlvTag tag, const TlvInfo* info) {
    if (info == nullptr) {
      ++unknown_;
      return;
    }
    if (info->may_repeat) return;
    const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(info - tlv_table().data());
    repeated_ = repeated_ || (known_ & bit) != 0;
    known_ |= bit;
    static_cast<void>(tag);
  }

  [[nodiscard]] bool repeated(const Tlvs& tlvs) const {
    if (repeated_ || unknown_ < 2) return repeated_;
    auto seen = std::make_unique<std::bitset<65536>>();
    for (const Tlv& tlv : tlvs) {
      const auto tag = static_cast<std::uint16_t>(tlv.tag);
      if (tlv_info(tlv.tag) != nullptr) continue;
      if (seen->test(tag)) return true;
      seen->set(tag);
    }
    return false;
  }

 private:
  std::uint64_t known_ = 0;
  unsigned unknown_ = 0;
  bool repeated_ = false;
};

}  // namespace

bool Reader::read_odd_string(std::string_view name, std::uint32_t error, const std::byte* nul,
                             std::string_view& value) {
  if (at_ == end_) return fail(DecodeErrorKind::body_too_short, name, ESME_RINVCMDLEN);
  if (nul == nullptr) {
    if (!take_rest_) return fail(DecodeErrorKind::unterminated_string, name, error);
    warnings_.add(DecodeWarning::unterminated_string);
    value = as_text(rest());
    at_ = end_;
    return true;
  }
  if (!lenient_) return fail(DecodeErrorKind::string_too_long, name, error);
  warnings_.add(DecodeWarning::overlong_string);
  value = {reinterpret_cast<const char*>(at_), static_cast<std::size_t>(nul - at_)};
  at_ = nul + 1;
  return true;
}

bool Reader::read_odd_time(std::string_view name, std::uint32_t error, bool reported,
                           std::string_view value) {
  if (reported && (value.size() == 10 || value.size() == 12)) {
    warnings_.add(DecodeWarning::short_time);
    return true;
  }
  if (!lenient_) return fail(DecodeErrorKind::bad_time_length, name, error);
  if (value.size() < 16) warnings_.add(DecodeWarning::bad_time_length);
  return true;
}

bool Reader::read_entry(DestAddress& entry) {
  entry = {};
  if (!read("dest_flag", U8{}, entry.dest_flag)) return false;
  if (entry.dest_flag == DestAddress::kDistributionList) return read("dl_name", DlNameWire{}, entry.dl_name);
  if (entry.dest_flag != DestAddress::kSmeAddress) {
    --at_;
    return fail(DecodeErrorKind::bad_dest_flag, "dest_flag", ESME_RINVDESTFLAG);
  }
  bool good = true;
  for_each_field(
      entry, [&](std::string_view name, auto wire, auto& value) { good = good && read(name, wire, value); });
  return good;
}

bool Reader::read_entry(UnsuccessSme& entry) {
  entry = {};
  bool good = true;
  for_each_field(
      entry, [&](std::string_view name, auto wire, auto& value) { good = good && read(name, wire, value); });
  return good;
}

bool Reader::read(std::string_view /*name*/, CountedList /*wire*/, WireList<DestAddress>& value) {
  std::uint8_t count = 0;
  if (!read("number_of_dests", U8{}, count)) return false;
  if (count == 0) {
    --at_;
    return fail(DecodeErrorKind::bad_number_of_dests, "number_of_dests", ESME_RINVNUMDESTS);
  }
  const std::byte* first = at_;
  DestAddress entry;
  for (unsigned index = 0; index < count; ++index) {
    if (!read_entry(entry)) return false;
  }
  value = {Octets(first, at_), count};
  return true;
}

bool Reader::read(std::string_view /*name*/, CountedList /*wire*/, WireList<UnsuccessSme>& value) {
  std::uint8_t count = 0;
  if (!read("no_unsuccess", U8{}, count)) return false;
  const std::byte* first = at_;
  UnsuccessSme entry;
  for (unsigned index = 0; index < count; ++index) {
    const std::byte* start = at_;
    if (read_entry(entry)) continue;
    if (!lenient_) return false;
    warnings_.add(DecodeWarning::entry_dropped);
    value = {Octets(first, start), index};
    at_ = end_;
    return true;
  }
  value = {Octets(first, at_), count};
  return true;
}

bool Reader::read_tlvs(Tlvs& value) {
  const Octets all = rest();
  Octets left_over = all;
  RepeatCheck repeats;
  Tlv tlv;
  while (!left_over.empty()) {
    at_ = left_over.data();
    if (take_tlv(left_over, tlv)) {
      const TlvInfo* info = tlv_info(tlv.tag);
      repeats.see(tlv.tag, info);
      if (info == nullptr || info->min_length != info->max_length || tlv.value.size() == info->min_length)
        continue;
      if (!lenient_) return fail(DecodeErrorKind::tlv_bad_length, info->name, ESME_RINVTLVLEN);
      warnings_.add(DecodeWarning::tlv_bad_length);
      continue;
    }
    if (!lenient_) {
      return fail(left_over.size() < kTlvHeaderSize ? DecodeErrorKind::trailing_octets
                                                    : DecodeErrorKind::tlv_truncated_value,
                  {}, ESME_RINVTLVSTREAM);
    }
    if (left_over.front() != std::byte{0}) {
      warnings_.add(DecodeWarning::tlv_tail_dropped);
      break;
    }
    warnings_.add(DecodeWarning::tlv_octet_skipped);
    left_over = left_over.subspan(1);
  }
  value = Tlvs(all.first(all.size() - left_over.size()));
  if (repeats.repeated(value)) warnings_.add(DecodeWarning::repeated_tlv);
  at_ = end_;
  return true;
}

bool DestAddress::take(Octets& rest, DestAddress& entry) {
  Reader reader(rest, true);
  if (!reader.read_entry(entry)) return false;
  rest = reader.rest();
  return true;
}

bool UnsuccessSme::take(Octets& rest, UnsuccessSme& entry) {
  Reader reader(rest, true);
  if (!reader.read_entry(entry)) return false;
  rest = reader.rest();
  return true;
}

}  // namespace anchal::smpp
