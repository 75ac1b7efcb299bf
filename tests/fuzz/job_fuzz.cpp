// The body of a job-stream entry. The first octet chooses the lane, whether it is a CloudEvents envelope, and
// whether the rest is the JSON or draws JSON of the fields there are.
#include <array>
#include <string>
#include <string_view>

#include "engine/core/job/job_parser.h"
#include "engine/core/job/json_parsers.h"
#include "smpp/text/utf8.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/json_draw.h"

namespace {

using namespace anchal::core;
using anchal::fuzz::check;

constexpr std::array<std::string_view, 36> kKeys{
    "id",      "tenant",      "category", "sender",     "to",          "recipients",
    "text",    "template",    "vars",     "ref",        "place",       "lane",
    "purpose", "source",      "campaign", "not_before", "expires_at",  "on_hold",
    "receipt", "encoding",    "dlt",      "entity",     "chain",       "tlvs",
    "flash",   "specversion", "type",     "data",       "data_base64", "datacontenttype",
    "0x1403",  "name",        "time",     "subject",    "unknown",     "v"};
constexpr std::array<std::string_view, 30> kValues{
    "\"j-1\"",
    "\"t\"",
    "\"service\"",
    "\"otp\"",
    "\"ANCHAL\"",
    "\"+919800000001\"",
    "\"00919800000001\"",
    "[{\"to\":\"+919800000001\",\"vars\":{\"name\":\"A\"}}]",
    "[{\"to\":\"+919800000001\"},{\"to\":\"x\",\"ref\":\"r\"}]",
    "\"Hello\"",
    "\"Hello {name}\"",
    "\"{\"",
    "{\"name\":\"A\"}",
    "{\"name\":7}",
    "\"2026-03-03T09:00:00+05:30\"",
    "\"2026-02-30T09:00:00Z\"",
    "\"drop\"",
    "\"defer\"",
    "true",
    "false",
    "null",
    "\"ucs2\"",
    "\"gsm7\"",
    "{\"0x1403\":\"a\"}",
    "{\"entity\":\"1\",\"template\":\"2\"}",
    "\"1.0\"",
    "\"\\ud83d\\ude00\"",
    "\"\\u0000\"",
    "{\"id\":\"j\",\"tenant\":\"t\",\"category\":\"service\",\"sender\":\"S\","
    "\"to\":\"+919800000001\",\"text\":\"x\"}",
    "\"eyJpZCI6ImoifQ==\""};

/// The fields without which no job is one, and then any: so that what is drawn is taken now and then.
std::string drawn(anchal::fuzz::Input& input, bool is_envelope) {
  anchal::fuzz::JsonDraw draw(input, kKeys, kValues);
  const std::string any = draw.object();
  const std::string rest = any.size() > 2 ? "," + any.substr(1) : "}";
  if (is_envelope) return "{\"specversion\":\"1.0\",\"type\":\"x\",\"source\":\"/\"" + rest;
  return "{\"id\":\"j-1\",\"tenant\":\"t\",\"category\":\"service\",\"sender\":\"S\"" + rest;
}

Config categories() {
  Config config;
  config.categories = {CategoryConfig{.name = "otp", .lane = Lane::otp, .exempt = true},
                       CategoryConfig{.name = "service", .lane = Lane::service}};
  config.limits.recipients_max = 50;
  config.limits.body_bytes_max = 4096;
  return config;
}

/// What stands in an outcome line must be a JSON string, or the line is none.
void check_is_json_string(std::string_view json) {
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(json);
  simdjson::ondemand::document document;
  check(parser.iterate(padded).get(document) == simdjson::SUCCESS);
  check(json.size() >= 2 && json.front() == '"' && json.back() == '"');
  check(json.find_first_of(std::string_view("\0\n\r", 3)) == std::string_view::npos);
}

void check_refusal(const Refusal& refusal) {
  check(!refusal.reason.empty() && !refusal.detail.empty());
  // People read it on terminals.
  const auto error = anchal::smpp::utf8::find_error(refusal.detail);
  check(!error || error->kind != anchal::smpp::TextErrorKind::invalid_utf8);
  for (const char c : refusal.detail) check(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  if (!refusal.id_json.empty()) check_is_json_string(refusal.id_json);
  for (const char c : refusal.tenant) check(c > ' ' && c != '{' && c != '}' && c != ':');
}

/// A job that was taken stands up to being moved: with the same rows it is the same job, with one it has one.
void check_job(const Job& job, JobParser& parser, Lane lane) {
  check(!job.rows.empty() && job.rows.size() <= 50);
  check(!job.id.empty() && !job.tenant.empty());
  check_is_json_string(job.id_json);
  std::vector<std::uint32_t> all;
  for (std::uint32_t row = 0; row < job.rows.size(); ++row) {
    check(job.rows[row].index == row);
    check(job.rows[row].bad_number == (job.rows[row].number == 0));
    if (!job.ref_json(job.rows[row]).empty()) check_is_json_string(job.ref_json(job.rows[row]));
    all.push_back(row);
  }
  const auto again = parser.parse(job.body_with(all), lane, false);
  check(again && (*again)->hash == job.hash && (*again)->rows.size() == job.rows.size());
  check((*again)->text == job.text && (*again)->tlvs == job.tlvs);
  const auto one = parser.parse(job.body_with({all.back()}), lane, false);
  check(one && (*one)->rows.size() == 1 && (*one)->rows[0].number == job.rows.back().number);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Config config = categories();
  static anchal::throttle::Names names;
  static JobParser parser(config, names);
  if (size == 0) return 0;
  const Lane lane = (data[0] & 1) != 0 ? Lane::otp : Lane::service;
  const bool is_envelope = (data[0] & 2) != 0;
  anchal::fuzz::Input input(data + 1, size - 1);
  const std::string body = (data[0] & 4) != 0 ? drawn(input, is_envelope) : input.rest();
  const auto job = parser.parse(body, lane, is_envelope);
  if (!job) {
    check_refusal(job.error());
  } else {
    check_job(**job, parser, lane);
  }
  return 0;
}
