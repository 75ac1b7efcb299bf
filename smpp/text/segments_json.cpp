#include <array>
#include <cstdio>

#include "smpp/text/segments.h"

namespace anchal::smpp {
namespace {

// ---- JSON by hand: the protocol library knows the standard library only ----

class JsonWriter {
 public:
  JsonWriter& key(std::string_view name) {
    comma();
    string(name);
    text_ += ':';
    return *this;
  }
  template <class Value>
  JsonWriter& field(std::string_view name, const Value& value) {
    key(name);
    put(value);
    return *this;
  }
  template <class List, class Each>
  JsonWriter& list(std::string_view name, const List& items, Each&& each) {
    comma();
    string(name);
    text_ += ":[";
    for (const auto& item : items) {
      comma();
      each(item);
    }
    text_ += ']';
    return *this;
  }
  JsonWriter& open() {
    text_ += '{';
    return *this;
  }
  JsonWriter& close() {
    text_ += '}';
    return *this;
  }
  void put(bool value) { text_ += value ? "true" : "false"; }
  void put(std::string_view value) { string(value); }
  void put(std::size_t value) { text_ += std::to_string(value); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void comma() {
    if (!text_.empty() && text_.back() != '{' && text_.back() != '[') text_ += ',';
  }
  void string(std::string_view value) {
    text_ += '"';
    for (const char c : value) {
      const auto octet = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        text_ += '\\';
        text_ += c;
      } else if (octet < 0x20) {
        std::array<char, 8> escape;
        std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(octet));
        text_ += escape.data();
      } else {
        text_ += c;
      }
    }
    text_ += '"';
  }

  std::string text_;
};

void put_note(JsonWriter& json, const CharacterNote& note) {
  json.open()
      .field("offset", note.offset)
      .field("octets", note.octets)
      .field("code_point", std::string_view(code_point_name(note.code_point)));
  if (note.replacement) json.field("replacement", std::string_view(*note.replacement));
  json.close();
}

void put_candidate(JsonWriter& json, const CandidateCost& candidate) {
  json.open()
      .field("encoding", to_string(candidate.encoding))
      .field("transliterated", candidate.transliterated)
      .field("allowed", candidate.allowed)
      .field("encodable", candidate.encodable);
  if (candidate.encodable) {
    json.field("units", std::size_t{candidate.units}).field("parts", std::size_t{candidate.parts});
  }
  json.close();
}

void put_spelling(JsonWriter& json, std::string_view name, const Spelling& spelling, bool with_text) {
  json.key(name).open();
  if (with_text) json.field("text", std::string_view(spelling.text));
  json.field("encoding", to_string(spelling.encoding))
      .field("units", std::size_t{spelling.units})
      .field("parts", spelling.parts)
      .close();
}

}  // namespace

std::string to_json(const SegmentReport& report, std::string_view utf8) {
  JsonWriter json;
  const auto number = [&](std::size_t value) { json.put(value); };
  const auto note = [&](const CharacterNote& value) { put_note(json, value); };
  json.open()
      .field("encoding", to_string(report.encoding))
      .field("data_coding", std::size_t{report.data_coding})
      .field("transliterated", report.transliterated)
      .field("parts", report.parts)
      .list("units", report.units, number)
      .field("segments", report.segments)
      .field("concatenation", to_string(report.concatenation))
      .list("starts", report.starts, number)
      .list("candidates", report.candidates, [&](const CandidateCost& value) { put_candidate(json, value); });
  if (report.narrower) json.field("narrower", to_string(*report.narrower));
  json.list("wide", report.wide, note)
      .field("wide_total", report.wide_total)
      .field("marked", std::string_view(marked_text(utf8, report)))
      .list("changed", report.changed, note);
  if (report.cheaper) put_spelling(json, "cheaper", *report.cheaper, true);
  if (report.without) put_spelling(json, "without", *report.without, false);
  return json.close().take();
}

std::string to_json(const TextError& error, const std::vector<CandidateCost>& candidates) {
  JsonWriter json;
  json.open().field("error", to_string(error.kind));
  const bool located =
      error.kind != TextErrorKind::too_many_segments && error.kind != TextErrorKind::text_too_long;
  if (located) json.field("offset", std::size_t{error.offset});
  if (located && error.kind != TextErrorKind::invalid_utf8) {
    json.field("code_point", std::string_view(code_point_name(error.code_point)));
  }
  if (error.kind == TextErrorKind::too_many_segments) json.field("segments", std::size_t{error.segments});
  if (!candidates.empty()) {
    json.list("candidates", candidates, [&](const CandidateCost& value) { put_candidate(json, value); });
  }
  return json.close().take();
}

std::string_view to_string(Concatenation concatenation) {
  constexpr std::array<std::string_view, 5> names = {"none", "udh8", "udh16", "sar", "payload"};
  return names[static_cast<std::size_t>(concatenation)];
}

}  // namespace anchal::smpp
