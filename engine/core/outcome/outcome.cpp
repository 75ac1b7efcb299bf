#include "engine/core/outcome/outcome.h"

#include "engine/core/job/time_text.h"

namespace anchal::core {

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (octet < 0x20) {
      out.append("\\u00");
      out.push_back(kHex[octet >> 4]);
      out.push_back(kHex[octet & 15]);
    } else if (octet >= 0x80) {
      // What goes through here are our own words and operators' error codes; anything beyond ASCII in the
      // latter is not text we could vouch for.
      out.append("\\ufffd");
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

namespace {

void field(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out.append(",\"").append(name).append("\":");
  append_json_string(out, value);
}

}  // namespace

void write_outcome(std::string& out, const Identity& who, const OutcomeLine& line, WallTime at) {
  out.assign("{\"job\":").append(who.id_json).append(",\"i\":").append(std::to_string(who.index));
  if (!who.ref_json.empty()) out.append(",\"ref\":").append(who.ref_json);
  out.append(",\"state\":\"")
      .append(line.state)
      .append("\",\"final\":")
      .append(line.is_final ? "true" : "false");
  field(out, "reason", line.reason);
  field(out, "operator", line.operator_name);
  if (line.parts > 0) out.append(",\"parts\":").append(std::to_string(line.parts));
  if (line.parts_delivered >= 0)
    out.append(",\"parts_delivered\":").append(std::to_string(line.parts_delivered));
  field(out, "error", line.error);
  if (who.resent) out.append(",\"resent\":true");
  if (line.until) {
    out.append(",\"until\":\"");
    append_rfc3339(out, *line.until);
    out.push_back('"');
  }
  out.append(",\"at\":\"");
  append_rfc3339(out, at);
  out.append("\"}");
}

void write_refused_job(std::string& out, std::string_view id_json, std::string_view reason,
                       std::string_view detail, WallTime at) {
  out.assign("{\"job\":").append(id_json).append(",\"i\":null,\"state\":\"invalid\",\"final\":true");
  field(out, "reason", reason);
  field(out, "detail", detail);
  out.append(",\"at\":\"");
  append_rfc3339(out, at);
  out.append("\"}");
}

}  // namespace anchal::core
