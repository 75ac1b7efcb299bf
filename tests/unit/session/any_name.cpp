#include "tests/unit/session/any_name.h"

#include <charconv>
#include <deque>
#include <span>
#include <stdexcept>
#include <utility>
#include <variant>

#include "smpp/pdu/command_status.h"
#include "smpp/pdu/decode.h"
#include "smpp/pdu/encode.h"
#include "tests/unit/pdu/hex.h"

namespace anchal::smpp::test {
namespace {

std::uint32_t number_of(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  std::uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument("no number: " + std::string(text));
  }
  return value;
}

/// Sets fields from settings by their wire names.
class FillFields {
 public:
  explicit FillFields(const Settings& settings) : settings_(settings) {}

  template <class Wire>
  void operator()(std::string_view name, Wire /*wire*/, std::uint8_t& value) {
    if (const auto* text = find(name)) value = static_cast<std::uint8_t>(number_of(*text));
  }
  template <class Wire>
  void operator()(std::string_view name, Wire /*wire*/, std::string_view& value) {
    if (const auto* text = find(name)) value = *text;
  }
  void operator()(std::string_view name, CountedOctets /*wire*/, Octets& value) {
    if (const auto* text = find(name)) value = as_octets(*text);
  }
  void operator()(std::string_view /*name*/, CountedList /*wire*/, WireList<DestAddress>& value) {
    static const std::vector<DestAddress> kOne = {{.destination_addr = "447700900123"}};
    value = std::span<const DestAddress>(kOne);
  }
  void operator()(std::string_view /*name*/, CountedList /*wire*/, WireList<UnsuccessSme>& /*value*/) {}

 private:
  const std::string* find(std::string_view name) const {
    const auto found = settings_.find(name);
    return found == settings_.end() ? nullptr : &found->second;
  }
  const Settings& settings_;
};

/// The `tlv=` setting, which owns its values.
struct ListedTlvs {
  explicit ListedTlvs(const Settings& settings) {
    const auto found = settings.find("tlv");
    if (found == settings.end()) return;
    std::string_view text = found->second;
    while (!text.empty()) {
      const std::string_view one = text.substr(0, text.find(','));
      text.remove_prefix(std::min(one.size() + 1, text.size()));
      const auto& value = values.emplace_back(from_hex(one.substr(one.find(':') + 1)));
      list.push_back(
          {static_cast<TlvTag>(number_of("0x" + std::string(one.substr(0, one.find(':'))))), value});
    }
  }
  std::deque<std::vector<std::byte>> values;
  std::vector<Tlv> list;
};

template <class Pdu>
bool append_if_named(Buffer& wire, std::string_view name, const Settings& settings, std::uint32_t sequence,
                     std::uint32_t status) {
  if (command_name(Pdu::kId) != name) return false;
  Pdu pdu;
  FillFields fill(settings);
  for_each_field(pdu, fill);
  const ListedTlvs tlvs(settings);
  if constexpr (PduWithBody<Pdu>) pdu.tlvs = Tlvs(std::span<const Tlv>(tlvs.list));
  if (settings.contains("nobody")) {
    encode_header(wire, Pdu::kId, status, sequence);
  } else if (!encode(wire, sequence, pdu, status)) {
    throw std::invalid_argument("not encodable: " + std::string(name));
  }
  return true;
}

template <class... Pdus>
bool append_any(Buffer& wire, std::string_view name, const Settings& settings, std::uint32_t sequence,
                std::uint32_t status, std::type_identity<std::variant<Pdus...>> /*all*/) {
  return (append_if_named<Pdus>(wire, name, settings, sequence, status) || ...);
}

class ShowFields {
 public:
  explicit ShowFields(std::string& out) : out_(out) {}
  template <class Wire>
  void operator()(std::string_view name, Wire /*wire*/, std::uint32_t value) {
    if (value != 0) add(name, std::to_string(value));
  }
  template <class Wire>
  void operator()(std::string_view name, Wire /*wire*/, std::string_view value) {
    if (!value.empty()) add(name, value);
  }
  void operator()(std::string_view name, CountedOctets /*wire*/, Octets value) {
    if (!value.empty()) add(name, as_text(value));
  }
  template <class Entry>
  void operator()(std::string_view name, CountedList /*wire*/, const WireList<Entry>& value) {
    if (!value.empty()) add(name, std::to_string(value.size()));
  }

 private:
  void add(std::string_view name, std::string_view value) {
    ((out_ += " ") += name).append("=").append(value);
  }
  std::string& out_;
};

}  // namespace

std::uint32_t status_of(std::string_view text) {
  for (const StatusInfo& row : status_table()) {
    if (row.name == text) return row.code;
  }
  return number_of(text);
}

void append_pdu(Buffer& wire, std::string_view name, const Settings& settings) {
  const auto seq = settings.find("seq");
  const auto status = settings.find("status");
  if (!append_any(wire, name, settings, seq == settings.end() ? 0 : number_of(seq->second),
                  status == settings.end() ? 0 : status_of(status->second), std::type_identity<AnyPdu>{})) {
    throw std::invalid_argument("no PDU is called " + std::string(name));
  }
}

std::string one_line(const Frame& frame) {
  std::string out(command_name(frame.header.command_id));
  out += " seq=" + std::to_string(frame.header.sequence_number);
  if (frame.header.command_status != 0)
    out += " status=" + std::string(status_name(frame.header.command_status));
  const auto decoded = decode_any(frame, DecodeMode::lenient);
  if (!decoded) return out + " unreadable";
  std::visit(
      [&](const auto& pdu) {
        ShowFields show(out);
        for_each_field(pdu, show);
        if constexpr (PduWithBody<std::remove_cvref_t<decltype(pdu)>>) {
          for (const Tlv& tlv : pdu.tlvs) {
            out += " " + std::string(tlv_name(tlv.tag)) + "=" + to_hex(tlv.value);
          }
        }
      },
      decoded->pdu);
  return out;
}

}  // namespace anchal::smpp::test
