#include "tests/simulation/wire_eye.h"

#include <algorithm>

namespace anchal::sim {
namespace {

std::uint32_t number(std::string_view octets) {
  std::uint32_t value = 0;
  for (const char c : octets) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

/// Reads the mandatory fields one after the other; `ok` goes false at the first that does not fit.
struct Reader {
  std::string_view rest;
  bool ok = true;

  std::string_view take(std::size_t size) {
    if (rest.size() < size) ok = false;
    const auto taken = rest.substr(0, ok ? size : 0);
    rest.remove_prefix(taken.size());
    return taken;
  }
  std::uint8_t octet() {
    const auto taken = take(1);
    return taken.empty() ? 0 : static_cast<std::uint8_t>(taken[0]);
  }
  std::string text() {
    const std::size_t end = rest.find('\0');
    if (end == std::string_view::npos) {
      ok = false;
      return {};
    }
    std::string value(take(end));
    take(1);
    return value;
  }
};

void append_utf8(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

}  // namespace

std::optional<SeenPdu> PduCutter::next(std::uint64_t& end) {
  if (at_ > 0 && at_ * 2 > text_.size()) {
    text_.erase(0, at_);
    base_ += at_;
    at_ = 0;
  }
  const std::string_view left = std::string_view(text_).substr(at_);
  if (broken_ || left.size() < 16) return std::nullopt;
  const std::uint32_t length = number(left.substr(0, 4));
  if (length < 16 || length > (1u << 20)) {
    broken_ = true;
    return std::nullopt;
  }
  if (left.size() < length) return std::nullopt;
  at_ += length;
  end = base_ + at_;
  return SeenPdu{number(left.substr(4, 4)), number(left.substr(8, 4)), number(left.substr(12, 4)),
                 left.substr(16, length - 16)};
}

void read_concatenation(std::string_view user_data, unsigned& part, unsigned& parts, unsigned& reference) {
  if (user_data.empty()) return;
  std::string_view header = user_data.substr(1, static_cast<unsigned char>(user_data[0]));
  while (header.size() >= 2) {
    const auto element = static_cast<unsigned char>(header[0]);
    const auto size = static_cast<unsigned char>(header[1]);
    const auto value = header.substr(2, size);
    if (value.size() < size) return;
    if (element == 0x00 && size == 3) {
      reference = number(value.substr(0, 1));
      parts = number(value.substr(1, 1));
      part = number(value.substr(2, 1));
    } else if (element == 0x08 && size == 4) {
      reference = number(value.substr(0, 2));
      parts = number(value.substr(2, 1));
      part = number(value.substr(3, 1));
    }
    header.remove_prefix(2u + size);
  }
}

std::string handset_text(std::string_view user_data, bool udh, std::uint8_t data_coding) {
  if (udh && !user_data.empty()) {
    user_data.remove_prefix(
        std::min<std::size_t>(user_data.size(), 1u + static_cast<unsigned char>(user_data[0])));
  }
  std::string text;
  if ((data_coding & 0x0C) == 0x08) {  // UCS-2, GSM 03.38 §4
    for (std::size_t i = 0; i + 1 < user_data.size(); i += 2) {
      std::uint32_t unit = number(user_data.substr(i, 2));
      if (unit >= 0xD800 && unit < 0xDC00 && i + 3 < user_data.size()) {
        unit = 0x10000 + ((unit & 0x3FF) << 10) + (number(user_data.substr(i + 2, 2)) & 0x3FF);
        i += 2;
      }
      append_utf8(text, unit);
    }
  } else {
    // The generator keeps to what basic latin, GSM 03.38 and Latin-1 spell alike.
    for (const char c : user_data) append_utf8(text, static_cast<unsigned char>(c));
  }
  return text;
}

std::optional<SeenSubmit> read_submit(std::string_view body) {
  Reader in{body};
  SeenSubmit seen;
  in.text();  // service_type
  in.take(2);
  seen.source = in.text();
  in.take(2);
  seen.destination = in.text();
  seen.esm_class = in.octet();
  in.take(2);  // protocol_id, priority_flag
  in.text();   // schedule_delivery_time
  seen.validity = in.text();
  seen.registered_delivery = in.octet();
  in.octet();  // replace_if_present_flag
  seen.data_coding = in.octet();
  in.octet();  // sm_default_msg_id
  std::string_view user_data = in.take(in.octet());
  while (in.ok && !in.rest.empty()) {
    const std::uint32_t tag = number(in.take(2));
    const auto value = in.take(number(in.take(2)));
    if (tag == 0x0424) user_data = value;  // message_payload
    if (tag == 0x020C) seen.reference = number(value);
    if (tag == 0x020E) seen.parts = number(value);
    if (tag == 0x020F) seen.part = number(value);
  }
  if (!in.ok) return std::nullopt;
  const bool udh = (seen.esm_class & 0x40) != 0;
  if (udh) read_concatenation(user_data, seen.part, seen.parts, seen.reference);
  seen.text = handset_text(user_data, udh, seen.data_coding);
  return seen;
}

std::optional<std::string> read_query(std::string_view body) {
  Reader in{body};
  std::string id = in.text();
  if (!in.ok) return std::nullopt;
  return id;
}

}  // namespace anchal::sim
