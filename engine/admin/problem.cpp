#include "engine/admin/problem.h"

#include <algorithm>
#include <array>
#include <utility>

namespace anchal::admin {
namespace {

constexpr std::array kPhrases{
    std::pair{200U, "OK"},
    std::pair{201U, "Created"},
    std::pair{202U, "Accepted"},
    std::pair{204U, "No Content"},
    std::pair{400U, "Bad Request"},
    std::pair{401U, "Unauthorized"},
    std::pair{403U, "Forbidden"},
    std::pair{404U, "Not Found"},
    std::pair{405U, "Method Not Allowed"},
    std::pair{408U, "Request Timeout"},
    std::pair{409U, "Conflict"},
    std::pair{413U, "Content Too Large"},
    std::pair{415U, "Unsupported Media Type"},
    std::pair{422U, "Unprocessable Content"},
    std::pair{431U, "Request Header Fields Too Large"},
    std::pair{500U, "Internal Server Error"},
    std::pair{503U, "Service Unavailable"},
    std::pair{504U, "Gateway Timeout"},
};

/// Octets of the well-formed UTF-8 character (RFC 3629) that the text begins with; 0 where it begins with
/// none.
std::size_t character_octets(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = octet(0);
  const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if ((first >= 0x80 && first < 0xC2) || first > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((octet(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, what lies beyond U+10FFFF.
  const bool wrong = (first == 0xE0 && octet(1) < 0xA0) || (first == 0xED && octet(1) > 0x9F) ||
                     (first == 0xF0 && octet(1) < 0x90) || (first == 0xF4 && octet(1) > 0x8F);
  return wrong ? 0 : size;
}

}  // namespace

std::string_view phrase_of(unsigned status) {
  for (const auto& [code, phrase] : kPhrases) {
    if (code == status) return phrase;
  }
  return "Error";
}

std::string json_quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  while (!text.empty()) {
    const char c = text.front();
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x80) {
      const std::size_t size = character_octets(text);
      out += size == 0 ? std::string_view("\uFFFD") : text.substr(0, size);
      text.remove_prefix(std::max<std::size_t>(size, 1));
      continue;
    }
    text.remove_prefix(1);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet < 0x20) {
      out += "\\u00";
      out += kHex[octet >> 4];
      out += kHex[octet & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

Response problem(unsigned status, std::string_view detail, const std::vector<FieldError>& errors) {
  return problem(status, detail, errors, {}, {});
}

Response problem(unsigned status, std::string_view detail, const std::vector<FieldError>& errors,
                 std::string_view member, std::string_view json) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = "{\"type\":\"about:blank\",\"title\":" + json_quoted(phrase_of(status)) +
                  ",\"status\":" + std::to_string(status) + ",\"detail\":" + json_quoted(detail);
  if (!errors.empty()) {
    response.body += ",\"errors\":[";
    for (const FieldError& error : errors) {
      if (&error != errors.data()) response.body += ',';
      response.body +=
          "{\"field\":" + json_quoted(error.field) + ",\"message\":" + json_quoted(error.message) + "}";
    }
    response.body += ']';
  }
  if (!member.empty()) response.body.append(",").append(json_quoted(member)).append(":").append(json);
  response.body += "}\n";
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace anchal::admin
