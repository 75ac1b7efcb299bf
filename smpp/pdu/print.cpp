#include "smpp/pdu/print.h"

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <variant>

namespace anchal::smpp {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kUpperHexDigits = "0123456789ABCDEF";

std::string hex(Octets octets) {
  std::string out;
  out.reserve(octets.size() * 2);
  for (const std::byte octet : octets) {
    out += kHexDigits[std::to_integer<unsigned>(octet) >> 4];
    out += kHexDigits[std::to_integer<unsigned>(octet) & 15];
  }
  return out;
}

/// 0x and `digits` upper-case digits.
std::string hex(std::uint32_t value, int digits) {
  std::string out = "0x";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += kUpperHexDigits[value >> shift & 15];
  return out;
}

/// Latin-1 octets as a JSON string.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char character : text) {
    const auto code = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      out += '\\';
      out += character;
    } else if (code < 0x20 || code == 0x7F) {
      out += "\\u00";
      out += kHexDigits[code >> 4];
      out += kHexDigits[code & 15];
    } else if (code < 0x80) {
      out += character;
    } else {
      out += static_cast<char>(0xC0 | code >> 6);
      out += static_cast<char>(0x80 | (code & 0x3F));
    }
  }
  return out += '"';
}

std::string_view count_name(const WireList<DestAddress>& /*list*/) {
  return "number_of_dests";
}
std::string_view count_name(const WireList<UnsuccessSme>& /*list*/) {
  return "no_unsuccess";
}

/// Calls visit for the fields of an entry, dest_flag and dl_name included.
template <class Visit>
void for_each_entry_field(const UnsuccessSme& entry, Visit&& visit) {
  for_each_field(entry, visit);
}
template <class Visit>
void for_each_entry_field(const DestAddress& entry, Visit&& visit) {
  visit("dest_flag", U8{}, entry.dest_flag);
  if (entry.dest_flag == DestAddress::kDistributionList) {
    visit("dl_name", DlNameWire{}, entry.dl_name);
  } else {
    for_each_field(entry, visit);
  }
}

class JsonFields {
 public:
  template <class Wire>
  void operator()(std::string_view name, Wire /*wire*/, std::uint32_t value) {
    key(name) += std::to_string(value);
  }
  template <class Wire>
  void operator()(std::string_view name, Wire /*wire*/, std::string_view value) {
    key(name) += quoted(value);
  }
  void operator()(std::string_view /*name*/, CountedOctets /*wire*/, Octets value) {
    key("sm_length") += std::to_string(value.size());
    key("short_message_hex") += quoted(hex(value));
  }
  template <class Entry>
  void operator()(std::string_view name, CountedList /*wire*/, const WireList<Entry>& list) {
    key(count_name(list)) += std::to_string(list.size());
    std::string entries;
    for (const Entry& entry : list) {
      JsonFields fields;
      for_each_entry_field(entry, fields);
      entries += (entries.empty() ? "" : ", ") + fields.object();
    }
    key(name) += "[" + entries + "]";
  }
  [[nodiscard]] std::string object() const { return "{" + out_ + "}"; }

 private:
  std::string& key(std::string_view name) {
    if (!out_.empty()) out_ += ", ";
    return out_ += quoted(name) + ": ";
  }
  std::string out_;
};

/// `  name                     value`
std::string line(std::string_view name, std::string_view value, std::string_view indent = "  ") {
  constexpr std::size_t kNameWidth = 26;
  std::string out(indent);
  out += name;
  out.append(name.size() < kNameWidth ? kNameWidth - name.size() : 1, ' ');
  return (out += value) += '\n';
}

/// Octets in hexadecimal, with the characters behind them where all are printable ASCII.
std::string octets_text(Octets octets) {
  std::string out = hex(octets);
  const std::string_view text = as_text(octets);
  if (!text.empty() && std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; })) {
    (out += "  ") += quoted(text);
  }
  return out;
}

class TextFields {
 public:
  explicit TextFields(std::string_view indent = "  ") : indent_(indent) {}
  void operator()(std::string_view name, U8 /*wire*/, std::uint8_t value) {
    out_ += line(name, std::to_string(value) + " (" + hex(value, 2) + ")", indent_);
  }
  void operator()(std::string_view name, U32 /*wire*/, std::uint32_t value) {
    out_ += line(name, hex(value, 8) + " " + std::string(status_name(value)), indent_);
  }
  template <class Wire>
  void operator()(std::string_view name, Wire /*wire*/, std::string_view value) {
    out_ += line(name, quoted(value), indent_);
  }
  void operator()(std::string_view name, CountedOctets /*wire*/, Octets value) {
    out_ += line("sm_length", std::to_string(value.size()), indent_);
    out_ += line(name, octets_text(value), indent_);
  }
  template <class Entry>
  void operator()(std::string_view name, CountedList /*wire*/, const WireList<Entry>& list) {
    out_ += line(count_name(list), std::to_string(list.size()), indent_);
    for (const Entry& entry : list) {
      out_ += line(name, "", indent_);
      TextFields fields("    ");
      for_each_entry_field(entry, fields);
      out_ += fields.out_;
    }
  }
  [[nodiscard]] const std::string& text() const { return out_; }

 private:
  std::string_view indent_;
  std::string out_;
};

/// Visits the fields that were there.
template <class Pdu, class Visit>
void visit_present(const Pdu& pdu, BodyForm form, Visit& visit) {
  std::size_t index = 0;
  for_each_field(pdu, [&](std::string_view name, auto wire, const auto& value) {
    const bool present = form == BodyForm::whole || (form == BodyForm::first_string && index == 0);
    if (present) visit(name, wire, value);
    ++index;
  });
}

template <class Pdu>
Tlvs tlvs_of(const Pdu& pdu) {
  if constexpr (PduWithBody<Pdu>) {
    return pdu.tlvs;
  } else {
    return {};
  }
}

std::string json_header(const Header& header) {
  const std::string_view name = command_name(header.command_id);
  return "\"command\": " + (name.empty() ? "null" : quoted(name)) +
         ", \"command_id\": " + quoted(hex(static_cast<std::uint32_t>(header.command_id), 8)) +
         ", \"command_status\": " + quoted(hex(header.command_status, 8)) +
         ", \"status_name\": " + quoted(status_name(header.command_status)) +
         ", \"sequence_number\": " + std::to_string(header.sequence_number);
}

std::string text_header(const Header& header) {
  const std::string_view name = command_name(header.command_id);
  std::string out(name.empty() ? "unknown command" : name);
  out += '\n';
  out += line("command_length", std::to_string(header.command_length));
  out += line("command_id", hex(static_cast<std::uint32_t>(header.command_id), 8));
  out += line("command_status",
              hex(header.command_status, 8) + " " + std::string(status_name(header.command_status)));
  return out += line("sequence_number", std::to_string(header.sequence_number));
}

std::string json_tlvs(const Tlvs& tlvs) {
  std::string out;
  for (const Tlv& tlv : tlvs) {
    if (!out.empty()) out += ", ";
    out += "{\"tag\": " + quoted(hex(static_cast<std::uint16_t>(tlv.tag), 4)) +
           ", \"name\": " + quoted(tlv_name(tlv.tag)) + ", \"len\": " + std::to_string(tlv.value.size()) +
           ", \"hex\": " + quoted(hex(tlv.value)) + "}";
  }
  return "[" + out + "]";
}

std::string text_tlv(const Tlv& tlv) {
  const TlvInfo* info = tlv_info(tlv.tag);
  std::string value = std::to_string(tlv.value.size()) + " octets: " + octets_text(tlv.value);
  if (info != nullptr && (info->type == TlvType::integer || info->type == TlvType::bitmask)) {
    if (const auto number = tlv.integer()) value += " = " + std::to_string(*number);
  }
  return line("tlv " + hex(static_cast<std::uint16_t>(tlv.tag), 4) + " " + std::string(tlv_name(tlv.tag)),
              value);
}

template <class Visit>
void for_each_warning(const DecodeWarnings& warnings, Visit&& visit) {
  for (int index = 0; index < kDecodeWarningCount; ++index) {
    if (const auto warning = static_cast<DecodeWarning>(index); warnings.has(warning))
      visit(to_string(warning));
  }
}

}  // namespace

std::string print_json(const Frame& frame, const Decoded<AnyPdu>& decoded) {
  return std::visit(
      [&](const auto& pdu) {
        JsonFields fields;
        visit_present(pdu, decoded.form, fields);
        std::string warnings;
        for_each_warning(decoded.warnings, [&](std::string_view name) {
          warnings += (warnings.empty() ? "" : ", ") + quoted(name);
        });
        std::string out = "{" + json_header(frame.header) + ", \"fields\": " + fields.object() +
                          ", \"tlvs\": " + json_tlvs(tlvs_of(pdu)) + ", \"warnings\": [" + warnings + "]";
        if (decoded.form == BodyForm::raw) out += ", \"raw_hex\": " + quoted(hex(frame.body));
        return out += "}";
      },
      decoded.pdu);
}

std::string print_text(const Frame& frame, const Decoded<AnyPdu>& decoded) {
  return std::visit(
      [&](const auto& pdu) {
        TextFields fields;
        visit_present(pdu, decoded.form, fields);
        std::string out = text_header(frame.header) + fields.text();
        for (const Tlv& tlv : tlvs_of(pdu)) out += text_tlv(tlv);
        if (decoded.form == BodyForm::raw) out += line("raw", octets_text(frame.body));
        for_each_warning(decoded.warnings, [&](std::string_view name) { out += line("warning", name); });
        return out;
      },
      decoded.pdu);
}

std::string print_json(const Header& header, const DecodeError& error) {
  return "{" + json_header(header) + ", \"error\": " + quoted(to_string(error.kind)) +
         ", \"field\": " + quoted(error.field) + ", \"offset\": " + std::to_string(error.offset) +
         ", \"answer_status\": " + quoted(hex(error.status, 8)) + "}";
}

std::string print_text(const Header& header, const DecodeError& error) {
  std::string where(to_string(error.kind));
  if (!error.field.empty()) (where += " in ") += error.field;
  return text_header(header) + line("error", where + " at octet " + std::to_string(error.offset)) +
         line("answered with", hex(error.status, 8) + " " + std::string(status_name(error.status)));
}

}  // namespace anchal::smpp
