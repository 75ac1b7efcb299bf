// Every line of dlr_vectors.jsonl, from tests/data or from the directory that ANCHAL_VECTORS names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "smpp/receipt/message_id.h"
#include "smpp/receipt/receipt.h"
#include "smpp/receipt/receipt_settings.h"
#include "tests/support/vector_file.h"
#include "tests/unit/receipt/receipt_input.h"

namespace anchal::smpp {
namespace {

using nlohmann::json;

std::string from_hex(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return out;
}

/// JSON strings of the vectors are Latin-1 characters in UTF-8: each is one octet.
std::string latin1(const std::string& utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    if (c < 0x80) {
      out.push_back(static_cast<char>(c));
    } else {
      out.push_back(static_cast<char>((c & 0x03) << 6 | (static_cast<unsigned char>(utf8.at(++i)) & 0x3F)));
    }
  }
  return out;
}

std::vector<json> lines(const support::VectorFile& from) {
  std::ifstream file(from.path);
  EXPECT_TRUE(file.is_open()) << from.path;
  std::vector<json> all;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) all.push_back(json::parse(line));
  }
  return all;
}

std::optional<WallTime> arrival_of(const json& profile) {
  if (!profile.contains("arrival")) return std::nullopt;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const auto text = profile.at("arrival").get<std::string>();
  EXPECT_GE(std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d", &year, &month, &day, &hour, &minute, &second), 5)
      << text;
  const std::chrono::sys_days midnight{std::chrono::year(year) / month / day};
  return midnight + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
}

ReceiptSettings settings_of(const json& profile) {
  ReceiptSettings settings;
  settings.detect_by_text = profile.value("detect_by_text", false);
  settings.accept_sme_ack = profile.value("accept_sme_ack", false);
  settings.date = parse_receipt_date_form(profile.value("date", "auto")).value();
  settings.prefer = parse_prefer(profile.value("prefer", "tlv")).value();
  settings.acceptd_is = parse_acceptd_is(profile.value("acceptd_is", "intermediate")).value();
  settings.utc_offset_minutes = parse_utc_offset(profile.value("tz", "UTC")).value();
  settings.year_pivot = profile.value<std::uint8_t>("year_pivot", settings.year_pivot);
  auto format = parse_receipt_format(profile.value("format", "appendix_b")).value();
  settings.format = format.format;
  settings.csv_columns = std::move(format.columns);
  const json stat_map = profile.value("stat_map", json::object());
  for (const auto& [word, state] : stat_map.items()) {
    settings.stat_map.emplace_back(word, parse_receipt_state(state.get<std::string>()).value());
  }
  return settings;
}

std::string spelled(const ReceiptDate& d) {
  std::ostringstream out;
  const auto two = [&](char before, int value) { out << before << (value < 10 ? "0" : "") << value; };
  out << d.year;
  two('-', d.month);
  two('-', d.day);
  two('T', d.hour);
  two(':', d.minute);
  if (d.has_second) two(':', d.second);
  if (d.offset_minutes) {
    two(*d.offset_minutes < 0 ? '-' : '+', std::abs(*d.offset_minutes) / 60);
    two(':', std::abs(*d.offset_minutes) % 60);
  }
  return out.str();
}

/// What the parser gave, spelled as in `expect`.
json spelled(const Receipt& receipt) {
  const auto text_or_null = [](std::string_view text) { return text.empty() ? json() : json(text); };
  const std::map<ReceiptKind, const char*> kinds{{ReceiptKind::intermediate, "intermediate"},
                                                 {ReceiptKind::soft, "soft"},
                                                 {ReceiptKind::final, "final"}};
  json out;
  out["kind"] = kinds.at(receipt.kind);
  out["id"] = receipt.id;
  out["id_alt"] = text_or_null(receipt.id_alt);
  out["state"] = to_string(receipt.state);
  out["stat_raw"] = text_or_null(receipt.stat_raw);
  out["error"] = text_or_null(receipt.error);
  const auto& nec = receipt.network_error_code;
  out["nec"] = nec ? json::array({nec->type, nec->code}) : json();
  out["submit_date"] = receipt.submit_date ? json(spelled(*receipt.submit_date)) : json();
  out["done_date"] = receipt.done_date ? json(spelled(*receipt.done_date)) : json();
  const std::vector<std::pair<std::uint8_t, const char*>> warnings{
      {ReceiptWarning::id_mismatch, "id_mismatch"},
      {ReceiptWarning::state_mismatch, "state_mismatch"},
      {ReceiptWarning::bad_date, "bad_date"},
      {ReceiptWarning::unknown_stat, "unknown_stat"},
      {ReceiptWarning::bad_nec, "bad_nec"}};
  std::set<std::string> warn;
  for (const auto& [bit, name] : warnings) {
    if (receipt.warnings & bit) warn.insert(name);
  }
  out["warn"] = warn;
  return out;
}

void check_receipt(const json& line) {
  const json profile = line.value("profile", json::object());
  const std::string body = line.contains("short_message_hex") ? from_hex(line.at("short_message_hex"))
                                                              : latin1(line.value("short_message", ""));
  std::map<unsigned long, std::string> tlvs;
  const json tlv_values = line.value("tlvs", json::object());
  for (const auto& [tag, value] : tlv_values.items()) {
    tlvs[std::stoul(tag, nullptr, 16)] = from_hex(value);
  }
  const auto tlv = [&](unsigned long tag) -> std::optional<std::span<const std::byte>> {
    const auto found = tlvs.find(tag);
    if (found == tlvs.end()) return std::nullopt;
    return test::octets(found->second);
  };
  ReceiptParser parser(settings_of(profile));
  const auto receipt = parser.parse({.esm_class = line.value<std::uint8_t>("esm_class", 4),
                                     .short_message = test::octets(body),
                                     .message_payload = tlv(0x0424),
                                     .receipted_message_id = tlv(0x001E),
                                     .message_state = tlv(0x0427),
                                     .network_error_code = tlv(0x0423)},
                                    arrival_of(profile));
  if (line.contains("expect_error")) {
    ASSERT_FALSE(receipt.has_value());
    EXPECT_EQ(to_string(receipt.error()), line.at("expect_error").get<std::string>());
    return;
  }
  ASSERT_TRUE(receipt.has_value()) << to_string(receipt.error());
  // Text may be any octets, which JSON cannot hold; it is compared apart.
  const json got = spelled(*receipt);
  for (const auto& [key, expected] : line.at("expect").items()) {
    if (key == "text") {
      EXPECT_EQ(receipt->text, expected.is_null() ? std::string() : latin1(expected.get<std::string>()));
    } else if (key == "warn") {
      EXPECT_EQ(got.at(key), json(expected.get<std::set<std::string>>()));
    } else {
      EXPECT_EQ(got.at(key), expected) << key;
    }
  }
}

void check_match(const json& line) {
  const json settings = line.value("settings", json::object());
  const MessageIdProfile profile{.response = parse_message_id_base(settings.value("resp", "raw")).value(),
                                 .receipt = parse_message_id_base(settings.value("dlr", "raw")).value(),
                                 .fold_case = settings.value("fold_case", false),
                                 .strip_zeros = settings.value("strip_zeros", false),
                                 .prefix_len = settings.value<std::uint16_t>("prefix_len", 0),
                                 .strip_suffix = settings.value("strip_suffix", "")};
  std::string response;
  std::string receipt;
  normalise(line.at("resp_id").get<std::string>(), MessageIdSide::response, profile, response);
  normalise(line.at("dlr_id").get<std::string>(), MessageIdSide::receipt, profile, receipt);
  EXPECT_EQ(response == receipt, line.at("expect_match").get<bool>()) << response << " and " << receipt;
}

TEST(ReceiptVector, EveryReceiptGivesWhatItsLineExpects) {
  const support::VectorFile from = support::vector_file("dlr_vectors.jsonl");
  int checked = 0;
  for (const json& line : lines(from)) {
    if (line.contains("resp_id")) continue;
    SCOPED_TRACE(line.at("name").get<std::string>());
    check_receipt(line);
    ++checked;
  }
  if (from.own) {
    EXPECT_EQ(checked, 75);
  }
}

TEST(ReceiptVector, EveryPairOfIdsMatchesOrNotAsItsLineExpects) {
  const support::VectorFile from = support::vector_file("dlr_vectors.jsonl");
  int checked = 0;
  for (const json& line : lines(from)) {
    if (!line.contains("resp_id")) continue;
    SCOPED_TRACE(line.at("name").get<std::string>());
    check_match(line);
    ++checked;
  }
  if (from.own) {
    EXPECT_EQ(checked, 20);
  }
}

}  // namespace
}  // namespace anchal::smpp
