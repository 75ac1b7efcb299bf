#include "engine/app/send_job.h"

#include <algorithm>
#include <array>

namespace anchal::app {
namespace {

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t octet = 0; octet < 256; ++octet) {
    std::uint32_t value = octet;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xEDB88320U ^ (value >> 1) : value >> 1;
    table[octet] = value;
  }
  return table;
}
constexpr auto kCrcTable = crc_table();

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += hex[static_cast<unsigned char>(c) >> 4];
          out += hex[c & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::uint32_t crc32(std::string_view octets) {
  std::uint32_t value = 0xFFFFFFFFU;
  for (const char c : octets)
    value = kCrcTable[(value ^ static_cast<unsigned char>(c)) & 0xFF] ^ (value >> 8);
  return value ^ 0xFFFFFFFFU;
}

std::string normal_number(std::string_view written) {
  std::string number;
  for (const char c : written) {
    if (digit(c) || (c == '+' && number.empty())) {
      number += c;
    } else if (std::string_view(" .-()\t").find(c) == std::string_view::npos) {
      return {};
    }
  }
  if (number.starts_with("00")) number.replace(0, 2, "+");
  const std::size_t digits = number.size() - 1;
  if (!number.starts_with('+') || digits < 7 || digits > 15 || number[1] == '0') return {};
  return number;
}

std::string masked_number(std::string_view written) {
  if (written.size() < 8) return std::string(written.size(), '*');
  std::string masked(written);
  std::fill(masked.begin() + 5, masked.end() - 2, '*');
  return masked;
}

void JobWriter::field(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (body_.back() != '{') body_ += ',';
  append_quoted(body_, name);
  body_ += ':';
  append_quoted(body_, value);
}

void JobWriter::start(std::string_view id) {
  id_ = id;
  recipients_ = 0;
  body_ = '{';
  field("id", id);
  field("tenant", header_.tenant);
  field("category", header_.category);
  field("sender", header_.sender);
  field(header_.is_template ? "template" : "text", header_.text);
  field("purpose", header_.purpose);
  field("source", header_.source);
  field("campaign", header_.campaign);
  field("not_before", header_.not_before);
  field("expires_at", header_.expires_at);
  field("on_hold", header_.on_hold);
  field("encoding", header_.encoding);
  if (header_.flash) body_ += ",\"flash\":true";
  if (!header_.receipt) body_ += ",\"receipt\":false";
  body_ += ",\"recipients\":[";
}

void JobWriter::add(const JobRecipient& recipient) {
  if (recipients_++ != 0) body_ += ',';
  body_ += '{';
  field("to", recipient.to);
  field("ref", recipient.ref);
  field("place", recipient.place);
  if (!recipient.vars.empty()) {
    body_ += ",\"vars\":";
    char separator = '{';
    for (const auto& [name, value] : recipient.vars) {
      body_ += separator;
      append_quoted(body_, name);
      body_ += ':';
      append_quoted(body_, value);
      separator = ',';
    }
    body_ += '}';
  }
  body_ += '}';
}

std::string_view JobWriter::finish() {
  body_ += "]}";
  return body_;
}

}  // namespace anchal::app
