// Policy as JSON: the body of POST /api/v1/blackouts, and the records that Redis keeps. The first octet: an
// odd one takes the rest as JSON, an even one draws JSON of the fields there are. The laws: findings name
// their field and what to do; a rule that was taken is kept in Redis and read back as it was, and can be
// enforced.
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/app/rule_record.h"
#include "tests/fuzz/json_draw.h"
#include "tests/fuzz/reply_draw.h"
#include "throttle/policy/policy_table.h"

namespace {

using namespace anchal;
using namespace anchal::app;
using fuzz::check;

constexpr std::array<std::string_view, 23> kKeys{
    "name",       "kind",    "scope",   "starts_at",  "ends_at",   "daily", "on_hold", "reason",
    "reference",  "id",      "author",  "created_at", "from",      "to",    "zone",    "days",
    "categories", "tenants", "senders", "places",     "operators", "epoch", "unknown"};
constexpr std::array<std::string_view, 24> kValues{
    "\"court order\"",
    "\"blackout\"",
    "\"quiet\"",
    "\"defer\"",
    "\"drop\"",
    "\"reapprove\"",
    "\"2026-03-03T09:00:00+05:30\"",
    "\"2026-03-03T09:00:00Z\"",
    "\"9999-12-31T23:59:59.999-23:59\"",
    "\"0000-01-01T00:00:00+23:59\"",
    "\"21:00\"",
    "\"09:00\"",
    "\"24:00\"",
    "\"Asia/Kolkata\"",
    "\"Europe/Berlin\"",
    "[\"mon\",\"sun\"]",
    "[\"publicity\"]",
    "[\"alpha\"]",
    "[\"alhpa\"]",
    "{\"categories\":[\"publicity\"]}",
    "{\"from\":\"21:00\",\"to\":\"09:00\",\"zone\":\"Asia/Kolkata\"}",
    "null",
    "[]",
    "\"\""};
const WallTime kNow{std::chrono::sys_days{std::chrono::year(2026) / 3 / 1}};

std::vector<throttle::Category> categories() {
  return {{.name = "otp", .exempt = true}, {.name = "publicity"}, {.name = "promotional"}};
}

/// The gate at instants all around; that of the rule decides.
void check_enforced(const throttle::Rule& rule) {
  throttle::Names names;
  const auto table = throttle::PolicyTable::compile({rule}, categories(), names, kNow, 1);
  if (!table) {
    for (const auto& error : table.error()) check(error.fatal && !error.message.empty());
    return;
  }
  WallTime at = kNow;
  for (int step = 0; step < 5; ++step) {
    static_cast<void>(table->explain({}, at));
    static_cast<void>(throttle::gate(*table, {}, {at, TimePoint{}}, std::nullopt));
    const auto next = table->next_change(at);
    if (!next) break;
    check(*next > at);
    at = *next;
  }
}

void check_taken(const RuleRecord& record) {
  check(!record.reason.empty() && record.author == "local" && record.rule.id == "r1");
  check(!record.rule.ends_at || *record.rule.ends_at > kNow);
  const std::string kept = rule_json(record);
  const auto again = rule_from_json(kept);
  check(again && again->rule == record.rule && rule_json(*again) == kept);
  throttle::Names names;
  check(throttle::PolicyTable::compile({record.rule}, categories(), names, kNow, 1).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::string json =
      input.octet() % 2 == 0 ? fuzz::JsonDraw(input, kKeys, kValues).object() : input.rest();
  const auto asked = rule_from_request(json, categories(), {"alpha", "beta"}, "r1", "local", kNow);
  if (asked) {
    check_taken(*asked);
    check_enforced(asked->rule);
  } else {
    check(!asked.error().empty());
    for (const auto& error : asked.error()) check(!error.message.empty());
    // What a browser is told is JSON.
    check(nlohmann::json::accept(admin::problem(422, "wrong", asked.error()).body));
  }
  if (const auto kept = rule_from_json(json)) {
    const auto again = rule_from_json(rule_json(*kept));
    check(again && rule_json(*again) == rule_json(*kept));
    check_enforced(kept->rule);
  }
  return 0;
}
