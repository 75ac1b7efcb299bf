#include "smpp/text/segments.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

#include "smpp/text/candidate.h"
#include "smpp/text/classify.h"
#include "smpp/text/mapped.h"
#include "smpp/text/utf8.h"

namespace anchal::smpp {
namespace {

using internal::Candidate;

constexpr std::size_t kChilluOctets = 9;  // consonant, virama and joiner, three each
constexpr char32_t kJoiner = 0x200D;
constexpr std::string_view kMarkBegin = "\u27E6";
constexpr std::string_view kMarkEnd = "\u27E7";

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

bool exists(const Candidate& candidate) {
  return candidate.encoding.locking != Language::spanish;  // has a single shift table only
}

bool is_allowed(const Candidate& candidate, bool transliterated, const EncodingProfile& profile) {
  if (!profile.allowed.has(candidate.encoding.alphabet) || (transliterated && !profile.transliterate))
    return false;
  const bool septets =
      profile.default_charset == Charset::gsm7_unpacked || profile.default_charset == Charset::gsm7_packed;
  if (candidate.national() && !septets) return false;
  const auto covers = [&](Language language) {
    return language == Language::none || profile.national.has(language);
  };
  return covers(candidate.encoding.locking) && covers(candidate.encoding.single);
}

/// Finds the narrower encoding that lacks the fewest characters, and these.
class WideFinder {
 public:
  WideFinder(std::string_view text, const EncodingProfile& profile, SegmentReport& report)
      : text_(text), profile_(profile), report_(report) {}

  void run() {
    if (report_.encoding == Encoding{} || report_.encoding.alphabet == Alphabet::binary) return;
    std::size_t fewest = 0;
    std::optional<Candidate> best;
    for (const Candidate& candidate : narrower()) {
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
  /// What the planner tries before the encoding that it chose (plan.h). GSM 7-bit also where nothing narrower
  /// is allowed: then it says what stands in the way elsewhere.
  [[nodiscard]] std::vector<Candidate> narrower() const {
    std::vector<Candidate> list;
    for (const Alphabet alphabet : {Alphabet::ascii, Alphabet::latin1}) {
      if (alphabet == report_.encoding.alphabet) break;
      if (profile_.allowed.has(alphabet)) list.push_back(Candidate::plain(alphabet));
    }
    if (list.empty() || profile_.allowed.has(Alphabet::gsm7)) list.insert(list.begin(), Candidate::gsm7(0));
    if (report_.encoding.alphabet != Alphabet::ucs2) return list;
    for (int number = 1; number < tables::kCandidateCount; ++number) {
      const Candidate candidate = Candidate::gsm7(number);
      if (exists(candidate) && is_allowed(candidate, false, profile_)) list.push_back(candidate);
    }
    return list;
  }

  [[nodiscard]] int bit_of(const Candidate& candidate) const {
    if (candidate.encoding.alphabet == Alphabet::ascii) return tables::kBit_ascii;
    if (candidate.encoding.alphabet == Alphabet::latin1) return tables::kBit_latin1;
    return candidate.national() ? candidate.number : internal::default_bit(profile_.default_charset);
  }

  [[nodiscard]] bool lacks(const Candidate& candidate, char32_t c) const {
    const auto& encodable = tables::kClassTraits[profile_.allow_disputed ? 1 : 0].encodable;
    const int bit = bit_of(candidate);
    return (encodable[internal::class_of(c)] >> static_cast<unsigned>(bit) & 1U) == 0;
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

/// Looks for another spelling of the text, and for what it would cost without its last wide characters.
class SpellingFinder {
 public:
  SpellingFinder(std::string_view text, const EncodingProfile& profile, SegmentReport& report)
      : text_(text), profile_(profile), report_(report) {}

  void run() {
    if (report_.segments <= 1) return;
    const auto everything =
        list_replacements(text_, {.chillu = true, .newlines = true, .transliterate = true});
    auto shorter = everything;  // UCS-2 gains only where the replacement is shorter
    std::erase_if(shorter, [&](const CharacterNote& note) {
      return utf16_units(*note.replacement) >= utf16_units(text_.substr(note.offset, note.octets));
    });
    for (const auto& notes : {everything, shorter}) {
      if (!notes.empty()) consider(respelled(notes, {}), report_.cheaper);
    }
    // A few strangers in a long text are worth a word; a text of another script is not told to go.
    if (report_.wide_total == 0 || report_.wide_total > std::max<std::size_t>(3, text_.size() / 40)) return;
    std::vector<CharacterNote> strangers = report_.wide;
    std::erase_if(strangers, [](const CharacterNote& note) { return note.replacement.has_value(); });
    if (!strangers.empty()) consider(respelled(everything, strangers), report_.without);
  }

 private:
  static std::size_t utf16_units(std::string_view text) {
    std::size_t units = 0;
    for_each_character(text,
                       [&](std::size_t, utf8::CodePoint here) { units += here.value > 0xFFFF ? 2 : 1; });
    return units;
  }

  /// Both lists are in the order of the text; what stands in both is left out.
  [[nodiscard]] std::string respelled(const std::vector<CharacterNote>& notes,
                                      const std::vector<CharacterNote>& left_out) const {
    std::vector<CharacterNote> all;
    std::ranges::merge(left_out, notes, std::back_inserter(all), {}, &CharacterNote::offset,
                       &CharacterNote::offset);
    std::string out;
    std::size_t at = 0;
    for (const CharacterNote& note : all) {
      if (note.offset < at) continue;
      out += text_.substr(at, note.offset - at);
      out += note.replacement.value_or("");
      at = note.offset + note.octets;
    }
    return out += text_.substr(at);
  }

  void consider(std::string text, std::optional<Spelling>& best) const {
    const auto planned = plan(std::string_view(text), profile_);
    if (!planned || planned->segments() >= (best ? best->parts : report_.segments)) return;
    const Spelling found{{}, planned->encoding(), planned->units(), planned->segments()};
    best = found;
    best->text = std::move(text);
  }

  std::string_view text_;
  const EncodingProfile& profile_;
  SegmentReport& report_;
};

/// Shows nothing by itself: blanks that are none, joiners, marks of direction, variation selectors, tags.
bool is_invisible(char32_t c) {
  const auto in = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  return c < 0x20 || c == 0x85 || c == 0xA0 || c == 0xAD || in(0x2000, 0x200F) || in(0x2028, 0x202F) ||
         in(0x205F, 0x206F) || c == 0x3000 || in(0xFE00, 0xFE0F) || c == 0xFEFF || in(0xE0000, 0xE007F);
}

void append_visible(std::string& out, std::string_view characters) {
  for_each_character(characters, [&](std::size_t offset, utf8::CodePoint here) {
    if (is_invisible(here.value)) {
      out += code_point_name(here.value);
    } else {
      out += characters.substr(offset, here.length);
    }
  });
}

}  // namespace

std::vector<CandidateCost> list_candidates(std::string_view utf8, const EncodingProfile& profile) {
  std::vector<CandidateCost> candidates;
  const auto add = [&](const Candidate& candidate, bool transliterated, bool always) {
    const internal::Cost cost = internal::cost_of(utf8, profile, candidate, transliterated);
    if (!cost.encodable && !always) return;
    candidates.push_back({candidate.encoding, transliterated, is_allowed(candidate, transliterated, profile),
                          cost.encodable, cost.units, cost.segments});
  };
  const bool replaceable = !list_replacements(utf8, {.transliterate = true}).empty();
  add(Candidate::gsm7(0), false, true);
  if (replaceable) add(Candidate::gsm7(0), true, false);
  if (profile.allowed.has(Alphabet::ascii)) {
    add(Candidate::plain(Alphabet::ascii), false, true);
    if (replaceable) add(Candidate::plain(Alphabet::ascii), true, false);
  }
  add(Candidate::plain(Alphabet::latin1), false, true);
  if (replaceable) add(Candidate::plain(Alphabet::latin1), true, false);
  for (int number = 1; number < tables::kCandidateCount; ++number) {
    if (!exists(Candidate::gsm7(number))) continue;
    add(Candidate::gsm7(number), false, false);
    if (replaceable) add(Candidate::gsm7(number), true, false);
  }
  add(Candidate::plain(Alphabet::ucs2), false, true);
  return candidates;
}

std::vector<CharacterNote> list_replacements(std::string_view utf8, Replacements which) {
  std::vector<CharacterNote> notes;
  std::size_t skip_until = 0;
  for_each_character(utf8, [&](std::size_t offset, utf8::CodePoint here) {
    if (offset < skip_until) return;
    if (const char32_t letter = which.chillu ? chillu_at(utf8, offset) : 0; letter != 0) {
      notes.push_back({offset, kChilluOctets, here.value, utf8_of(letter)});
      skip_until = offset + kChilluOctets;
    } else if (which.newlines && utf8.substr(offset, 2) == "\r\n") {
      notes.push_back({offset, 1, here.value, std::string()});
    } else if (const auto* replacement =
                   which.transliterate ? internal::find_replacement(here.value) : nullptr) {
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
  report.transliterated = planned->transliterated();
  report.parts = planned->parts();
  report.segments = planned->segments();
  for (std::size_t i = 0; i < planned->parts(); ++i) {
    report.units.push_back(planned->units_in(i));
    report.starts.push_back(planned->offset_of(i));
  }
  report.changed = list_replacements(utf8, {.chillu = profile.chillu,
                                            .newlines = profile.newlines_to_lf,
                                            .transliterate = planned->transliterated()});
  report.candidates = list_candidates(utf8, profile);
  WideFinder(utf8, profile, report).run();
  SpellingFinder(utf8, profile, report).run();
  return report;
}

std::string marked_text(std::string_view utf8, const SegmentReport& report, std::size_t begin,
                        std::size_t end) {
  std::string out;
  auto note = report.wide.begin();
  for (std::size_t at = begin; at < end;) {
    while (note != report.wide.end() && note->offset + note->octets <= at) ++note;
    const std::size_t next = note == report.wide.end() ? end : std::clamp(note->offset, at, end);
    out += utf8.substr(at, next - at);
    if (next == end) break;
    out += kMarkBegin;
    for (at = next; note != report.wide.end() && note->offset <= at && at < end; ++note) {
      const std::size_t until = std::min(note->offset + note->octets, end);
      append_visible(out, utf8.substr(at, until - at));
      at = until;
    }
    out += kMarkEnd;
  }
  return out;
}

std::string marked_text(std::string_view utf8, const SegmentReport& report) {
  return marked_text(utf8, report, 0, utf8.size());
}

std::string code_point_name(char32_t c) {
  std::array<char, 16> name;
  std::snprintf(name.data(), name.size(), "U+%04X", static_cast<unsigned>(c));
  return name.data();
}

}  // namespace anchal::smpp
