#include "smpp/pdu/encode.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <tuple>
#include <type_traits>
#include <variant>

namespace anchal::smpp {
namespace {

/// First pass: octets needed, and whether the value can be said at all.
class Measure {
 public:
  explicit Measure(bool can_fill) : can_fill_(can_fill) {}
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] const EncodeError& error() const { return error_; }

  void operator()(std::string_view /*name*/, U8 /*wire*/, std::uint8_t /*value*/) { size_ += 1; }
  void operator()(std::string_view /*name*/, U32 /*wire*/, std::uint32_t /*value*/) { size_ += 4; }
  template <class StringWire>
  void operator()(std::string_view name, StringWire /*wire*/, std::string_view value) {
    if (!value.empty() && std::memchr(value.data(), 0, value.size()) != nullptr) {
      fail(EncodeErrorKind::nul_in_string, name);
    }
    size_ += value.size() + 1;
  }
  void operator()(std::string_view name, CountedOctets /*wire*/, Octets value) {
    if (value.size() > CountedOctets::kMax) fail(EncodeErrorKind::too_long, name);
    if (are_to_come(value) && !can_fill_) fail(EncodeErrorKind::nobody_writes, name);
    size_ += value.size() + 1;
  }
  template <class Entry>
  void operator()(std::string_view name, CountedList /*wire*/, const WireList<Entry>& value) {
    if (value.size() > std::numeric_limits<std::uint8_t>::max()) fail(EncodeErrorKind::too_long, name);
    size_ += 1;
    for (const Entry& entry : value) measure(entry);
  }
  void tlvs(const Tlvs& tlvs) {
    for (const Tlv& tlv : tlvs) {
      if (tlv.value.size() > std::numeric_limits<std::uint16_t>::max())
        fail(EncodeErrorKind::too_long, tlv_name(tlv.tag));
      if (are_to_come(tlv.value) && !can_fill_) fail(EncodeErrorKind::nobody_writes, tlv_name(tlv.tag));
      size_ += 4 + tlv.value.size();
    }
  }

 private:
  void measure(const DestAddress& entry) {
    size_ += 1;
    if (entry.dest_flag == DestAddress::kDistributionList) {
      (*this)("dl_name", DlNameWire{}, entry.dl_name);
    } else {
      for_each_field(entry, *this);
    }
  }
  void measure(const UnsuccessSme& entry) { for_each_field(entry, *this); }
  void fail(EncodeErrorKind kind, std::string_view name) {
    if (good_) error_ = {kind, name};
    good_ = false;
  }

  bool can_fill_;
  std::size_t size_ = 0;
  bool good_ = true;
  EncodeError error_;
};

/// Second pass: the octets, into room that the first has asked for.
class Writer {
 public:
  explicit Writer(std::byte* at, const Fill& fill = {}) : at_(at), fill_(fill) {}

  void operator()(std::string_view /*name*/, U8 /*wire*/, std::uint8_t value) { *at_++ = std::byte{value}; }
  void operator()(std::string_view /*name*/, U32 /*wire*/, std::uint32_t value) { u32(value); }
  template <class StringWire>
  void operator()(std::string_view /*name*/, StringWire /*wire*/, std::string_view value) {
    octets(as_octets(value));
    *at_++ = std::byte{0};
  }
  void operator()(std::string_view /*name*/, CountedOctets /*wire*/, Octets value) {
    *at_++ = static_cast<std::byte>(value.size());
    octets(value);
  }
  template <class Entry>
  void operator()(std::string_view /*name*/, CountedList /*wire*/, const WireList<Entry>& value) {
    *at_++ = static_cast<std::byte>(value.size());
    for (const Entry& entry : value) write(entry);
  }
  void tlvs(const Tlvs& tlvs) {
    for (const Tlv& tlv : tlvs) {
      u16(static_cast<std::uint16_t>(tlv.tag));
      u16(static_cast<std::uint16_t>(tlv.value.size()));
      octets(tlv.value);
    }
  }
  void header(const Header& header) {
    u32(header.command_length);
    u32(static_cast<std::uint32_t>(header.command_id));
    u32(header.command_status);
    u32(header.sequence_number);
  }

 private:
  void write(const DestAddress& entry) {
    *at_++ = std::byte{entry.dest_flag};
    if (entry.dest_flag == DestAddress::kDistributionList) {
      (*this)("dl_name", DlNameWire{}, entry.dl_name);
    } else {
      for_each_field(entry, *this);
    }
  }
  void write(const UnsuccessSme& entry) { for_each_field(entry, *this); }
  void octets(Octets value) {
    if (are_to_come(value)) {
      fill_({at_, value.size()});
    } else if (!value.empty()) {
      std::memcpy(at_, value.data(), value.size());
    }
    at_ += value.size();
  }
  void u16(std::uint16_t value) {
    *at_++ = static_cast<std::byte>(value >> 8);
    *at_++ = static_cast<std::byte>(value);
  }
  void u32(std::uint32_t value) {
    u16(static_cast<std::uint16_t>(value >> 16));
    u16(static_cast<std::uint16_t>(value));
  }

  std::byte* at_;
  const Fill fill_;
};

/// Nothing is read or written here: where a value points to says that it is to come.
constinit std::array<std::byte, std::numeric_limits<std::uint16_t>::max()> place_holder{};

}  // namespace

Octets octets_to_come(std::size_t count) {
  return Octets(place_holder).first(std::min(count, place_holder.size()));
}

bool are_to_come(Octets octets) {
  return octets.data() == place_holder.data();
}

template <class Pdu>
std::expected<std::size_t, EncodeError> encode(Buffer& out, std::uint32_t sequence_number, const Pdu& pdu,
                                               std::uint32_t command_status, const Fill& fill) {
  Measure measure(static_cast<bool>(fill));
  for_each_field(pdu, measure);
  if constexpr (PduWithBody<Pdu>) measure.tlvs(pdu.tlvs);
  if (!measure.good()) return std::unexpected(measure.error());

  const std::size_t size = kHeaderSize + measure.size();
  Writer writer(out.reserve(size), fill);
  writer.header({static_cast<std::uint32_t>(size), Pdu::kId, command_status, sequence_number});
  for_each_field(pdu, writer);
  if constexpr (PduWithBody<Pdu>) writer.tlvs(pdu.tlvs);
  out.commit(size);
  return size;
}

std::expected<std::size_t, EncodeError> encode_any(Buffer& out, std::uint32_t sequence_number,
                                                   const AnyPdu& pdu, std::uint32_t command_status) {
  return std::visit([&](const auto& one) { return encode(out, sequence_number, one, command_status); }, pdu);
}

void encode_header(Buffer& out, CommandId command_id, std::uint32_t command_status,
                   std::uint32_t sequence_number) {
  Writer(out.reserve(kHeaderSize)).header({kHeaderSize, command_id, command_status, sequence_number});
  out.commit(kHeaderSize);
}

namespace {

template <class... Pdus>
consteval auto every_encode(std::type_identity<std::variant<Pdus...>> /*all*/) {
  return std::tuple{&encode<Pdus>...};
}
/// Makes encode() of every PDU there is part of this library: callers see its declaration only.
[[gnu::used]] constexpr auto kEveryEncode = every_encode(std::type_identity<AnyPdu>{});

}  // namespace

}  // namespace anchal::smpp
