#include <fmt/format.h>
#include <fmt/ranges.h>

#include <expected>
#include <fstream>
#include <iostream>

#include "engine/app/command_client.h"
#include "engine/app/config.h"
#include "engine/app/exit_codes.h"
#include "engine/app/pdu_text.h"
#include "smpp/pdu/framer.h"
#include "smpp/pdu/print.h"
#include "smpp/text/segments.h"

namespace anchal::app {
namespace {

constexpr std::size_t kTextMax = std::size_t{1} << 20U;

/// The words of the file, or of stdin for "-"; without the line break that editors put at the end.
std::expected<std::string, std::string> read_text(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) return std::unexpected("cannot read " + path);
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string text(kTextMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kTextMax)
    return std::unexpected(fmt::format("{} has more than {} octets", path, kTextMax));
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

/// The operators of the configuration; with one of them there is no need to name it.
std::expected<std::vector<core::OperatorConfig>, int> operators_of(const std::string& config_file,
                                                                   SegmentsQuestion& question) {
  if (config_file.empty()) return {};
  ConfigResult result = load_config(config_file, false);
  for (const Mistake& mistake : result.mistakes) fmt::print(stderr, "{}\n", mistake.text(config_file));
  if (!result.config) return std::unexpected(client_exit::failed);
  auto operators = std::move(result.config->core.operators);
  if (!question.operator_name.empty()) return operators;
  if (operators.size() > 1) {
    std::vector<std::string_view> names;
    names.reserve(operators.size());
    for (const core::OperatorConfig& known : operators) names.push_back(known.name);
    print_error(fmt::format("--operator must be one of {}", fmt::join(names, ", ")));
    return std::unexpected(client_exit::usage);
  }
  question.operator_name = operators.front().name;
  return operators;
}

/// What the question asks for; else the exit code, and why is said.
std::expected<smpp::EncodingProfile, int> profile_of(const std::string& config_file,
                                                     SegmentsQuestion question) {
  const auto operators = operators_of(config_file, question);
  if (!operators) return std::unexpected(operators.error());
  const auto profile = segments_profile(question, *operators);
  if (profile) return *profile;
  print_error(fmt::format("{}: {}", profile.error().field, profile.error().message));
  return std::unexpected(client_exit::usage);
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
    auto read = read_text(options.file);
    if (!read) {
      print_error(read.error());
      return client_exit::failed;
    }
    text = std::move(*read);
  }
  const auto profile = profile_of(options.config_file, options.question);
  if (!profile) return profile.error();
  const auto report = smpp::report_segments(text, *profile);
  if (report) {
    print(options.json ? smpp::to_json(*report, text) + "\n" : segments_page(*report, text));
    return client_exit::ok;
  }
  const auto candidates = candidates_of_refused(report.error(), text, *profile);
  if (options.json) print(smpp::to_json(report.error(), candidates) + "\n");
  if (!options.json && !candidates.empty()) print(costs_table(candidates));
  print_error(describe(report.error()));
  return client_exit::failed;
}

int run_pdu_decode(const PduDecodeOptions& options) {
  const auto octets = octets_of(options.hex);
  if (!octets || octets->empty()) {
    print_error("give the octets in hex: pairs of 0-9, a-f, with or without blanks between them");
    return client_exit::usage;
  }
  const auto profile = profile_of(options.config_file, {.operator_name = options.operator_name});
  if (!profile) return profile.error();
  const bool json = options.json;
  const auto mode = options.strict ? smpp::DecodeMode::strict : smpp::DecodeMode::lenient;
  bool faulty = false;
  PduTexts texts(*profile);
  const auto show = [&](const std::string& text) { print(text.ends_with('\n') ? text : text + "\n"); };
  smpp::Framer framer;
  const auto fed = framer.feed(*octets, [&](const smpp::Frame& frame) {
    const auto decoded = smpp::decode_any(frame, mode);
    if (!decoded) {
      faulty = true;
      show(json ? smpp::print_json(frame.header, decoded.error())
                : smpp::print_text(frame.header, decoded.error()));
      return true;
    }
    std::string shown = json ? smpp::print_json(frame, *decoded) : smpp::print_text(frame, *decoded);
    if (const auto text = texts.describe(decoded->pdu, json)) {
      if (json) {
        shown.insert(shown.rfind('}'), ",\"user_data\":" + *text);
      } else {
        shown += (shown.ends_with('\n') ? "" : "\n") + *text;
      }
    }
    show(shown);
    return true;
  });
  for (const std::string& message : texts.joined(json)) show(message);
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
