#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <iterator>

#include "engine/app/command_client.h"
#include "engine/app/exit_codes.h"
#include "smpp/pdu/framer.h"
#include "smpp/pdu/print.h"
#include "smpp/text/segments.h"

namespace anchal::app {
namespace {

std::string report_text(const smpp::SegmentReport& report, std::string_view text) {
  std::string out =
      fmt::format("{}: {} part{}, units {}\n", smpp::to_string(report.encoding), report.segments,
                  report.segments == 1 ? "" : "s", fmt::join(report.units, " + "));
  for (const smpp::CandidateCost& candidate : report.candidates) {
    out += fmt::format("  {:<44} {}{}{}\n", smpp::to_string(candidate.encoding),
                       candidate.encodable ? fmt::format("{} part{}, {} units", candidate.parts,
                                                         candidate.parts == 1 ? "" : "s", candidate.units)
                                           : std::string("cannot hold it"),
                       candidate.transliterated ? ", transliterated" : "",
                       candidate.allowed ? "" : ", not allowed");
  }
  if (report.narrower && report.wide_total > 0) {
    out += fmt::format("not in {}:", smpp::to_string(*report.narrower));
    for (const smpp::CharacterNote& note : report.wide) {
      out += fmt::format(" {}", text.substr(note.offset, note.octets));
      if (note.replacement) out += fmt::format(" (instead: \"{}\")", *note.replacement);
    }
    if (report.wide_total > report.wide.size())
      out += fmt::format(" and {} more", report.wide_total - report.wide.size());
    out += '\n';
  }
  return out;
}

/// Hex digits with blanks, colons and line breaks between octets as people paste them.
std::optional<std::vector<std::byte>> octets_of(std::string_view hex) {
  std::vector<std::byte> out;
  int high = -1;
  if (hex.starts_with("0x") || hex.starts_with("0X")) hex.remove_prefix(2);
  for (const char c : hex) {
    if (c == ' ' || c == ':' || c == '\n' || c == '\r' || c == '\t') continue;
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::byte>(high * 16 + digit));
      high = -1;
    }
  }
  if (high >= 0) return std::nullopt;
  return out;
}

}  // namespace

int run_segments(const SegmentsOptions& options) {
  std::string text = options.text;
  if (!options.file.empty()) {
    std::ifstream file(options.file, std::ios::binary);
    if (!file) {
      print_error(fmt::format("cannot read {}", options.file));
      return client_exit::failed;
    }
    text.assign(std::istreambuf_iterator<char>(file), {});
    if (text.ends_with('\n')) text.pop_back();
  }
  smpp::EncodingProfile profile;
  profile.transliterate = options.transliterate;
  if (options.latin1) profile.allowed.add(smpp::Alphabet::latin1);
  for (const std::string& name : options.languages) {
    const auto language = smpp::parse_language(name);
    if (!language && name != "all") {
      print_error(fmt::format("--language {}: there is no table of this name", name));
      return client_exit::usage;
    }
    if (language) profile.national.add(*language);
    if (name == "all") profile.national = smpp::LanguageSet::all();
  }
  const auto request = smpp::parse_encoding_request(options.encoding);
  if (!request) {
    print_error("--encoding must be auto, gsm7, ascii, latin1 or ucs2");
    return client_exit::usage;
  }
  const auto report = smpp::report_segments(text, smpp::narrowed(profile, *request));
  if (!report) {
    if (options.json) print(smpp::to_json(report.error()) + "\n");
    print_error(fmt::format("{} at octet {}", smpp::to_string(report.error().kind), report.error().offset));
    return client_exit::failed;
  }
  print(options.json ? smpp::to_json(*report) + "\n" : report_text(*report, text));
  return client_exit::ok;
}

int run_pdu_decode(const std::string& hex, bool strict, bool json) {
  const auto octets = octets_of(hex);
  if (!octets || octets->empty()) {
    print_error("give the octets in hex: pairs of 0-9, a-f, with or without blanks between them");
    return client_exit::usage;
  }
  bool faulty = false;
  const auto show = [&](const std::string& text) { print(text.ends_with('\n') ? text : text + "\n"); };
  smpp::Framer framer;
  const auto fed = framer.feed(*octets, [&](const smpp::Frame& frame) {
    const auto decoded =
        smpp::decode_any(frame, strict ? smpp::DecodeMode::strict : smpp::DecodeMode::lenient);
    if (decoded) {
      show(json ? smpp::print_json(frame, *decoded) : smpp::print_text(frame, *decoded));
    } else {
      faulty = true;
      show(json ? smpp::print_json(frame.header, decoded.error())
                : smpp::print_text(frame.header, decoded.error()));
    }
    return true;
  });
  if (!fed) {
    show(json ? smpp::print_json(fed.error().header, fed.error().error)
              : smpp::print_text(fed.error().header, fed.error().error));
    return client_exit::failed;
  }
  if (framer.remaining() > 0) {
    print_error(fmt::format("{} octets are left over: the last PDU is not whole", framer.remaining()));
    return client_exit::failed;
  }
  return faulty ? client_exit::failed : client_exit::ok;
}

}  // namespace anchal::app
