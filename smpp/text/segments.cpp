#include "smpp/text/segments.h"

#include <array>
#include <cstdio>

#include "smpp/text/candidate.h"
#include "smpp/text/classify.h"
#include "smpp/text/mapped.h"
#include "smpp/text/utf8.h"

namespace anchal::smpp {
namespace {

using internal::Candidate;

constexpr std::size_t kChilluOctets = 9;  // consonant, virama and joiner, three each
constexpr char32_t kJoiner = 0x200D;

std::string utf8_of(char32_t c) {
  std::array<char, 4> octets;
  return {octets.data(), utf8::encode(c, octets.data())};
}

std::string replacement_of(const tables::Replacement& replacement, char32_t c) {
  if (replacement.delta != 0) return utf8_of(c - replacement.delta);
  return {replacement.text, replacement.length};
}

// The chillu letter whose older spelling starts at `offset`, or 0.
char32_t chillu_at(std::string_view text, std::size_t offset) {
  if (text.size() - offset < kChilluOctets) return 0;
  const char32_t chillu = internal::chillu_of(utf8::decode_valid(text.data() + offset).value);
  return text.substr(offset + 3, 6) == internal::kViramaAndJoiner ? chillu : 0;
}

template <class Take>
void for_each_character(std::string_view text, Take&& take) {
  for (std::size_t offset = 0; offset < text.size();) {
    const utf8::CodePoint here = utf8::decode_valid(text.data() + offset);
    if (offset != 0 || here.value != 0xFEFF) take(offset, here);
    offset += here.length;
  }
}

bool is_allowed(const Candidate& candidate, bool transliterated, const EncodingProfile& profile) {
  if (!profile.allowed.has(candidate.encoding.alphabet) || (transliterated && !profile.transliterate))
    return false;
  const auto covers = [&](Language language) {
    return language == Language::none || profile.national.has(language);
  };
  return covers(candidate.encoding.locking) && covers(candidate.encoding.single);
}

void add_candidates(std::string_view text, const EncodingProfile& profile, SegmentReport& report) {
  const auto add = [&](const Candidate& candidate, bool transliterated, bool always) {
    const internal::Cost cost = internal::cost_of(text, profile, candidate, transliterated);
    if (!cost.encodable && !always) return;
    report.candidates.push_back({candidate.encoding, transliterated,
                                 is_allowed(candidate, transliterated, profile), cost.encodable, cost.units,
                                 cost.segments});
  };
  const bool replaceable = !list_replacements(text, false, true).empty();
  add(Candidate::gsm7(0), false, true);
  if (replaceable) add(Candidate::gsm7(0), true, false);
  add(Candidate::plain(Alphabet::latin1), false, true);
  for (int number = 1; number < tables::kCandidateCount; ++number) {
    add(Candidate::gsm7(number), false, false);
    if (replaceable) add(Candidate::gsm7(number), true, false);
  }
  add(Candidate::plain(Alphabet::ucs2), false, true);
}

/// Finds the narrower encoding that lacks the fewest characters, and these.
class WideFinder {
 public:
  WideFinder(std::string_view text, const EncodingProfile& profile, SegmentReport& report)
      : text_(text), profile_(profile), report_(report) {}

  void run() {
    if (report_.encoding == Encoding{} || report_.encoding.alphabet == Alphabet::binary) return;
    const bool national = report_.encoding.alphabet == Alphabet::gsm7;
    std::size_t fewest = 0;
    std::optional<Candidate> best;
    for (int number = 0; number < (national ? 1 : tables::kCandidateCount); ++number) {
      const Candidate candidate = Candidate::gsm7(number);
      if (number != 0 && !is_allowed(candidate, false, profile_)) continue;
      if (candidate.encoding.locking == Language::spanish) continue;  // has none
      const std::size_t lacking = count_lacking(candidate);
      if (best && lacking >= fewest) continue;
      best = candidate;
      fewest = lacking;
    }
    if (fewest == 0) return;  // forced wider although it would fit
    report_.narrower = best->encoding;
    report_.wide_total = fewest;
    list(*best);
  }

 private:
  [[nodiscard]] bool lacks(const Candidate& candidate, char32_t c) const {
    const auto& encodable = tables::kClassTraits[profile_.allow_disputed ? 1 : 0].encodable;
    return (encodable[internal::class_of(c)] >> candidate.number & 1U) == 0;
  }

  [[nodiscard]] std::size_t count_lacking(const Candidate& candidate) const {
    std::size_t count = 0;
    for_each_character(text_,
                       [&](std::size_t, utf8::CodePoint here) { count += lacks(candidate, here.value); });
    return count;
  }

  void list(const Candidate& candidate) {
    for_each_character(text_, [&](std::size_t offset, utf8::CodePoint here) {
      if (report_.wide.size() == SegmentReport::kWideMax || !lacks(candidate, here.value)) return;
      CharacterNote note{offset, here.length, here.value, std::nullopt};
      if (const auto* replacement = internal::find_replacement(here.value)) {
        note.replacement = replacement_of(*replacement, here.value);
      } else if (here.value == kJoiner && offset >= 6 && chillu_at(text_, offset - 6) != 0) {
        note = {offset - 6, kChilluOctets, kJoiner, utf8_of(chillu_at(text_, offset - 6))};
      }
      report_.wide.push_back(std::move(note));
    });
  }

  std::string_view text_;
  const EncodingProfile& profile_;
  SegmentReport& report_;
};

// ---- JSON by hand: the protocol library knows the standard library only ----

class JsonWriter {
 public:
  template <class Value>
  JsonWriter& field(std::string_view name, const Value& value) {
    comma();
    string(name);
    text_ += ':';
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

std::string code_point_name(char32_t c) {
  std::array<char, 16> name;
  std::snprintf(name.data(), name.size(), "U+%04X", static_cast<unsigned>(c));
  return name.data();
}

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

}  // namespace

std::vector<CharacterNote> list_replacements(std::string_view utf8, bool chillu, bool transliterate) {
  std::vector<CharacterNote> notes;
  std::size_t skip_until = 0;
  for_each_character(utf8, [&](std::size_t offset, utf8::CodePoint here) {
    if (offset < skip_until) return;
    if (const char32_t letter = chillu ? chillu_at(utf8, offset) : 0; letter != 0) {
      notes.push_back({offset, kChilluOctets, here.value, utf8_of(letter)});
      skip_until = offset + kChilluOctets;
    } else if (const auto* replacement = transliterate ? internal::find_replacement(here.value) : nullptr) {
      notes.push_back({offset, here.length, here.value, replacement_of(*replacement, here.value)});
    }
  });
  return notes;
}

std::expected<SegmentReport, TextError> report_segments(std::string_view utf8,
                                                        const EncodingProfile& profile) {
  const auto planned = plan(utf8, profile);
  if (!planned) return std::unexpected(planned.error());
  SegmentReport report;
  report.encoding = planned->encoding();
  report.data_coding = planned->data_coding();
  report.concatenation = planned->concatenation();
  report.parts = planned->parts();
  report.segments = planned->segments();
  for (std::size_t i = 0; i < planned->parts(); ++i) {
    report.units.push_back(planned->units_in(i));
    report.starts.push_back(planned->offset_of(i));
  }
  report.changed = list_replacements(utf8, profile.chillu, planned->transliterated());
  add_candidates(utf8, profile, report);
  WideFinder(utf8, profile, report).run();
  return report;
}

std::string to_json(const SegmentReport& report) {
  JsonWriter json;
  const auto number = [&](std::size_t value) { json.put(value); };
  const auto note = [&](const CharacterNote& value) { put_note(json, value); };
  json.open()
      .field("encoding", to_string(report.encoding))
      .field("data_coding", std::size_t{report.data_coding})
      .field("parts", report.parts)
      .list("units", report.units, number)
      .field("segments", report.segments)
      .field("concatenation", to_string(report.concatenation))
      .list("starts", report.starts, number)
      .list("candidates", report.candidates, [&](const CandidateCost& value) { put_candidate(json, value); });
  if (report.narrower) json.field("narrower", to_string(*report.narrower));
  json.list("wide", report.wide, note)
      .field("wide_total", report.wide_total)
      .list("changed", report.changed, note);
  return json.close().take();
}

std::string to_json(const TextError& error) {
  JsonWriter json;
  json.open().field("error", to_string(error.kind));
  const bool located =
      error.kind != TextErrorKind::too_many_segments && error.kind != TextErrorKind::text_too_long;
  if (located) json.field("offset", std::size_t{error.offset});
  if (located && error.kind != TextErrorKind::invalid_utf8) {
    json.field("code_point", std::string_view(code_point_name(error.code_point)));
  }
  if (error.kind == TextErrorKind::too_many_segments) json.field("segments", std::size_t{error.segments});
  return json.close().take();
}

std::string_view to_string(Concatenation concatenation) {
  constexpr std::array<std::string_view, 5> names = {"none", "udh8", "udh16", "sar", "payload"};
  return names[static_cast<std::size_t>(concatenation)];
}

}  // namespace anchal::smpp
