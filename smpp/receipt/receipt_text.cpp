#include "smpp/receipt/receipt_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace anchal::smpp {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

/// Lower case for letters, which is all that labels are made of; no other character turns into one.
char fold(char c) {
  return static_cast<char>(c | 0x20);
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (fold(c) >= 'a' && fold(c) <= 'z');
}

bool equals_folded(std::string_view a, std::string_view lower_case) {
  if (a.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (fold(a[i]) != lower_case[i]) return false;
  }
  return true;
}

enum class Label : std::uint8_t { id, sub, dlvrd, submit_date, done_date, stat, err, text };

struct Spelling {
  std::string_view word;
  Label label;
};

// Sorted by the last letter, which is where the search from a colon begins; of two that end alike the longer
// first.
constexpr std::array<Spelling, 11> kSpellings{{{"sub", Label::sub},
                                               {"dlvrd", Label::dlvrd},
                                               {"id", Label::id},
                                               {"submit date", Label::submit_date},
                                               {"submitdate", Label::submit_date},
                                               {"done date", Label::done_date},
                                               {"donedate", Label::done_date},
                                               {"err", Label::err},
                                               {"message text", Label::text},
                                               {"text", Label::text},
                                               {"stat", Label::stat}}};

std::span<const Spelling> spellings_ending_with(char last) {
  const std::span<const Spelling> all(kSpellings);
  switch (last) {
    case 'b':
      return all.subspan(0, 1);
    case 'd':
      return all.subspan(1, 2);
    case 'e':
      return all.subspan(3, 4);
    case 'r':
      return all.subspan(7, 1);
    case 't':
      return all.subspan(8, 3);
    default:
      return {};
  }
}

const Spelling* spelling_before(std::string_view text, std::size_t colon) {
  if (colon == 0) return nullptr;
  for (const Spelling& spelling : spellings_ending_with(fold(text[colon - 1]))) {
    const std::size_t length = spelling.word.size();
    if (length > colon) continue;
    const std::size_t start = colon - length;
    if (!equals_folded(text.substr(start, length), spelling.word)) continue;
    if (start == 0 || !is_alphanumeric(text[start - 1])) return &spelling;
  }
  return nullptr;
}

bool starts_with_label(std::string_view text) {
  if (text.empty() || fold(text.front()) < 'a') return false;
  return std::ranges::any_of(kSpellings, [text](const Spelling& spelling) {
    return text.size() > spelling.word.size() && text[spelling.word.size()] == ':' &&
           equals_folded(text.substr(0, spelling.word.size()), spelling.word);
  });
}

/// The value behind a label: at most two blanks, then up to the next one. Empty where another label follows.
std::string_view value_at(std::string_view text, std::size_t from) {
  for (int blanks = 0; blanks < 2 && from < text.size() && is_blank(text[from]); ++blanks) ++from;
  text.remove_prefix(from);
  if (starts_with_label(text)) return text.substr(0, 0);
  return text.substr(0, static_cast<std::size_t>(std::ranges::find_if(text, is_blank) - text.begin()));
}

/// Scans one stretch of text and keeps the first value of each label.
class Scan {
 public:
  explicit Scan(ReceiptFields& fields) : fields_(fields) {}

  /// Returns where the text: label ends, npos if there is none or it is not asked for.
  std::size_t run(std::string_view part, bool stop_at_text) {
    std::size_t colon = part.find(':');
    for (; colon != std::string_view::npos; colon = part.find(':', colon + 1)) {
      const Spelling* spelling = spelling_before(part, colon);
      if (spelling == nullptr) continue;
      const std::size_t start = colon - spelling->word.size();
      if (spelling->label == Label::text) {
        if (!stop_at_text) continue;
        close(part, start);
        return colon + 1;
      }
      take(part, start, colon, spelling->label);
    }
    close(part, part.size());
    return std::string_view::npos;
  }

 private:
  void take(std::string_view part, std::size_t start, std::size_t colon, Label label) {
    const std::string_view raw = value_at(part, colon + 1);
    const auto end = static_cast<std::size_t>(raw.data() + raw.size() - part.data());
    const auto set = [raw](std::string_view& field) {
      if (field.empty()) field = clean_receipt_value(raw);
    };
    switch (label) {
      case Label::id:
        if (!fields_.has_id_label) set(fields_.id);
        fields_.has_id_label = true;
        break;
      case Label::stat:
        if (!fields_.has_stat_label) set(fields_.stat);
        fields_.has_stat_label = true;
        break;
      case Label::submit_date:
        set(fields_.submit_date);
        behind_dates_ = end;
        break;
      case Label::done_date:
        set(fields_.done_date);
        behind_dates_ = end;
        break;
      case Label::err:
        set(fields_.err);
        if (behind_dates_ != std::string_view::npos) close(part, start);
        break;
      case Label::sub:
      case Label::dlvrd:
      case Label::text:
        break;
    }
  }

  void close(std::string_view part, std::size_t end) {
    if (behind_dates_ != std::string_view::npos && end > behind_dates_) {
      fields_.behind_dates = part.substr(behind_dates_, end - behind_dates_);
    }
    behind_dates_ = std::string_view::npos;
  }

  ReceiptFields& fields_;
  std::size_t behind_dates_ = std::string_view::npos;
};

enum class Wide : std::uint8_t { no, big_endian, little_endian };

Wide width_of(std::span<const std::byte> body) {
  if (body.size() % 2 != 0 || body.size() < 8) return Wide::no;
  bool even_zero = true;
  bool odd_zero = true;
  for (std::size_t i = 0; i + 1 < std::min<std::size_t>(body.size(), 16); i += 2) {
    even_zero &= body[i] == std::byte{0};
    odd_zero &= body[i + 1] == std::byte{0};
  }
  if (even_zero) return Wide::big_endian;
  return odd_zero ? Wide::little_endian : Wide::no;
}

bool is_byte_order_mark(std::byte a, std::byte b) {
  return (a == std::byte{0xFE} && b == std::byte{0xFF}) || (a == std::byte{0xFF} && b == std::byte{0xFE});
}

}  // namespace

std::string_view receipt_body(std::span<const std::byte> body, std::string& buffer) {
  if (body.size() >= 2 && is_byte_order_mark(body[0], body[1])) body = body.subspan(2);
  const Wide wide = width_of(body);
  std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
  if (wide != Wide::no) {
    const std::size_t low = wide == Wide::big_endian ? 1 : 0;
    buffer.resize(text.size() / 2);
    for (std::size_t i = 0; i < buffer.size(); ++i) {
      buffer[i] = text[2 * i + 1 - low] == '\0' ? text[2 * i + low] : '?';
    }
    text = buffer;
  }
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view trim_receipt_value(std::string_view value) {
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  return value;
}

std::string_view clean_receipt_value(std::string_view value) {
  if (value.size() >= 2 && value.front() == value.back() && (value.front() == '"' || value.front() == '\'')) {
    value = value.substr(1, value.size() - 2);
  }
  if (value == "..." || equals_folded(value, "null")) return {};
  return value;
}

ReceiptFields scan_receipt_text(std::string_view body) {
  ReceiptFields fields;
  Scan scan(fields);
  const std::size_t text = scan.run(body, true);
  if (text == std::string_view::npos) return fields;
  fields.text = body.substr(text);
  if (!fields.has_id_label || !fields.has_stat_label) scan.run(fields.text, false);
  return fields;
}

}  // namespace anchal::smpp
