#include "engine/app/segments_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "engine/app/suggest.h"
#include "engine/app/text_table.h"
#include "engine/core/encoding_profile.h"

namespace anchal::app {
namespace {

constexpr std::size_t kWideShown = 20;
constexpr std::string_view kIndent = "        ";

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// Further lines of a text stand under its first.
void append_indented(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\r') continue;
    out += c == '\f' ? '\n' : c;
    if (out.back() == '\n') out += kIndent;
  }
  out += '\n';
}

/// One line for each different character, in order of appearance.
void append_wide(std::string& out, const smpp::SegmentReport& report, std::string_view text) {
  struct Wide {
    const smpp::CharacterNote* first;
    std::size_t count;
  };
  std::vector<Wide> list;
  std::map<char32_t, std::size_t> known;
  for (const smpp::CharacterNote& note : report.wide) {
    const auto [at, is_new] = known.emplace(note.code_point, list.size());
    if (is_new) {
      list.push_back({&note, 1});
    } else {
      ++list[at->second].count;
    }
  }
  out += fmt::format("\nnot in {}: {}\n", smpp::to_string(*report.narrower),
                     counted(report.wide_total, "character"));
  for (std::size_t i = 0; i < std::min(list.size(), kWideShown); ++i) {
    const smpp::CharacterNote& note = *list[i].first;
    out += fmt::format("  {} {} at octet {}",
                       smpp::marked_text(text, report, note.offset, note.offset + note.octets),
                       smpp::code_point_name(note.code_point), note.offset);
    if (list[i].count > 1) out += fmt::format(", {} times", list[i].count);
    if (note.replacement) {
      out += note.replacement->empty() ? ", leave it out" : fmt::format(", write {}", *note.replacement);
    }
    out += '\n';
  }
  if (list.size() > kWideShown) out += fmt::format("  and {} others\n", list.size() - kWideShown);
}

}  // namespace

std::expected<smpp::EncodingProfile, QuestionError> segments_profile(
    const SegmentsQuestion& question, std::span<const core::OperatorConfig> operators) {
  smpp::EncodingProfile profile;
  if (!question.operator_name.empty()) {
    const auto found = std::ranges::find(operators, question.operator_name, &core::OperatorConfig::name);
    if (found == operators.end()) {
      std::vector<std::string_view> names;
      names.reserve(operators.size());
      for (const core::OperatorConfig& known : operators) names.push_back(known.name);
      const std::string_view near = nearest(question.operator_name, names);
      return std::unexpected(QuestionError{
          "operator", fmt::format("no operator is called \"{}\"{}", question.operator_name,
                                  near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near))});
    }
    profile = core::encoding_profile(*found);
  } else {
    profile.transliterate = question.transliterate;
    if (question.latin1) profile.allowed.add(smpp::Alphabet::latin1);
    for (const std::string& name : question.languages) {
      const auto language = smpp::parse_language(name);
      if (language) profile.national.add(*language);
      if (name == "all") profile.national = smpp::LanguageSet::all();
      if (!language && name != "all") {
        return std::unexpected(
            QuestionError{"languages", fmt::format("there is no national table of \"{}\"", name)});
      }
    }
  }
  const auto request = smpp::parse_encoding_request(question.encoding);
  if (!request)
    return std::unexpected(QuestionError{"encoding", "must be auto, gsm7, ascii, latin1 or ucs2"});
  return smpp::narrowed(profile, *request);
}

std::string costs_table(const std::vector<smpp::CandidateCost>& candidates,
                        const smpp::SegmentReport* chosen) {
  TextTable table({"encoding", "parts", "units", ""});
  for (const smpp::CandidateCost& cost : candidates) {
    const bool national =
        cost.encoding.locking != smpp::Language::none || cost.encoding.single != smpp::Language::none;
    if (national && !cost.allowed && chosen != nullptr && cost.parts >= chosen->segments) continue;
    const bool is_chosen = chosen != nullptr && cost.encoding == chosen->encoding &&
                           cost.transliterated == chosen->transliterated;
    table.add(
        {fmt::format("{}{}", smpp::to_string(cost.encoding), cost.transliterated ? ", transliterated" : ""),
         cost.encodable ? std::to_string(cost.parts) : "-", cost.encodable ? std::to_string(cost.units) : "-",
         is_chosen         ? "chosen"
         : !cost.encodable ? "cannot hold it"
         : !cost.allowed   ? "not allowed here"
                           : ""});
  }
  return table.text();
}

std::string segments_page(const smpp::SegmentReport& report, std::string_view text) {
  std::string out =
      fmt::format("{}, data_coding {}: {}, {} unit{}\n", smpp::to_string(report.encoding), report.data_coding,
                  counted(report.segments, "part"), fmt::join(report.units, " + "),
                  report.units.size() == 1 && report.units[0] == 1 ? "" : "s");
  if (report.segments != report.parts) out += "the SMSC cuts it: one submit_sm\n";
  out += '\n';
  for (std::size_t i = 0; i < report.starts.size(); ++i) {
    const std::size_t end = i + 1 < report.starts.size() ? report.starts[i + 1] : text.size();
    out += fmt::format("{:<{}}", fmt::format("part {}", i + 1), kIndent.size());
    append_indented(out, smpp::marked_text(text, report, report.starts[i], end));
  }
  out += '\n' + costs_table(report.candidates, &report);
  if (report.narrower) append_wide(out, report, text);
  if (!report.changed.empty()) {
    out += fmt::format("\nchanged: {}\n", counted(report.changed.size(), "character"));
    for (std::size_t i = 0; i < std::min(report.changed.size(), kWideShown); ++i) {
      const smpp::CharacterNote& note = report.changed[i];
      out += fmt::format("  {} at octet {} {}\n", smpp::code_point_name(note.code_point), note.offset,
                         note.replacement->empty() ? "left out" : "becomes " + *note.replacement);
    }
    if (report.changed.size() > kWideShown)
      out += fmt::format("  and {} more\n", report.changed.size() - kWideShown);
  }
  if (report.cheaper) {
    out += fmt::format("\ncheaper: {} as {}, written so\n{}", counted(report.cheaper->parts, "part"),
                       smpp::to_string(report.cheaper->encoding), kIndent);
    append_indented(out, report.cheaper->text);
  }
  if (report.without) {
    out += fmt::format("\nwithout the marked characters: {} as {}\n", counted(report.without->parts, "part"),
                       smpp::to_string(report.without->encoding));
  }
  return out;
}

std::vector<smpp::CandidateCost> candidates_of_refused(const smpp::TextError& error, std::string_view text,
                                                       const smpp::EncodingProfile& profile) {
  const bool is_text = error.kind == smpp::TextErrorKind::not_encodable ||
                       error.kind == smpp::TextErrorKind::too_many_segments;
  return is_text ? smpp::list_candidates(text, profile) : std::vector<smpp::CandidateCost>();
}

std::string describe(const smpp::TextError& error) {
  const std::string_view kind = smpp::to_string(error.kind);
  switch (error.kind) {
    case smpp::TextErrorKind::invalid_utf8:
      return fmt::format("{} at octet {}", kind, error.offset);
    case smpp::TextErrorKind::forbidden_control:
    case smpp::TextErrorKind::noncharacter:
      return fmt::format("{} at octet {}: {}", kind, error.offset, smpp::code_point_name(error.code_point));
    case smpp::TextErrorKind::not_encodable:
      return fmt::format("{} at octet {}: {} is in no encoding allowed here", kind, error.offset,
                         smpp::code_point_name(error.code_point));
    case smpp::TextErrorKind::too_many_segments:
      return fmt::format("{}: it would take {} parts, more than are allowed here", kind, error.segments);
    case smpp::TextErrorKind::text_too_long:
      break;
  }
  return std::string(kind);
}

}  // namespace anchal::app
