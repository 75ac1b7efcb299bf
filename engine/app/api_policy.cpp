#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <random>

#include "engine/admin/problem.h"
#include "engine/app/api.h"
#include "engine/core/job/time_text.h"
#include "engine/net/clock.h"
#include "throttle/policy/policy_table.h"

namespace anchal::app {
namespace {

using admin::Call;
using admin::Response;
using nlohmann::ordered_json;

Response json_response(const ordered_json& body, unsigned status = 200) {
  return {.status = status, .body = body.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n"};
}

Response policy_problem(const PolicyError& error) {
  switch (error.kind) {
    case PolicyFailure::not_found:
      return admin::problem(404, error.text);
    case PolicyFailure::conflict:
      return admin::problem(409, error.text);
    case PolicyFailure::store:
      break;
  }
  return admin::problem(503, "Redis: " + error.text + "; the change may or may not have been made");
}

std::uint64_t random_bits() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

/// The reason out of {"reason": "…"}; nothing if it is not there.
std::optional<std::string> reason_of(const ordered_json& body) {
  if (!body.is_object() || !body.contains("reason") || !body["reason"].is_string()) return std::nullopt;
  auto reason = body["reason"].get<std::string>();
  if (reason.find_first_not_of(" \t\r\n") == std::string::npos || reason.size() > 500) return std::nullopt;
  return reason;
}

Response reason_missing() {
  return admin::problem(422, "a reason is required", {{"reason", "must be a text of 1 to 500 octets"}});
}

std::string time_text(WallTime time) {
  std::string out;
  core::append_rfc3339(out, time);
  return out;
}

/// What the rule does at `now`, told by the same code that the gate uses.
void add_state(ordered_json& json, const throttle::PolicyTable& table, WallTime now) {
  const throttle::RuleState state = table.state(0, now);
  json["active"] = state.active;
  json["changes_at"] = state.changes_at ? ordered_json(time_text(*state.changes_at)) : ordered_json(nullptr);
}

}  // namespace

void Api::add_policy_routes(admin::Router& router) {
  using admin::Role;
  router.add(
      {.method = "GET", .pattern = "/api/v1/blackouts", .handler = [this](const Call&) { return rules(); }});
  router.add({.method = "POST",
              .pattern = "/api/v1/blackouts",
              .role = Role::compliance,
              .handler = [this](const Call& call) { return create_rule(call); }});
  // Before {id}, so that no rule can be called so.
  router.add({.method = "POST", .pattern = "/api/v1/blackouts/preview", .handler = [this](const Call& call) {
                return preview_rule(call);
              }});
  router.add({.method = "GET", .pattern = "/api/v1/blackouts/{id}", .handler = [this](const Call& call) {
                return rule(call.arguments[0]);
              }});
  router.add({.method = "POST",
              .pattern = "/api/v1/blackouts/{id}/end",
              .role = Role::compliance,
              .handler = [this](const Call& call) { return end_rule(call); }});
  router.add({.method = "POST",
              .pattern = "/api/v1/blackouts/{id}/extend",
              .role = Role::compliance,
              .handler = [this](const Call& call) { return extend_rule(call); }});
  router.add({.method = "POST",
              .pattern = "/api/v1/operators/{name}/pause",
              .role = Role::operator_,
              .handler = [this](const Call& call) { return pause_operator(call, true); }});
  router.add({.method = "POST",
              .pattern = "/api/v1/operators/{name}/resume",
              .role = Role::operator_,
              .handler = [this](const Call& call) { return pause_operator(call, false); }});
}

Response Api::rules() {
  auto records = policy_.rules();
  if (!records) return policy_problem(records.error());
  const auto ledger = ledgers();
  if (!ledger) return store_problem(ledger.error());
  const WallTime now = net::wall_now();
  ordered_json out = ordered_json::array();
  for (const RuleRecord& record : *records) {
    ordered_json json = ordered_json::parse(rule_json(record));
    throttle::Names names;
    if (const auto table = throttle::PolicyTable::compile({record.rule}, categories_, names, now, 0)) {
      add_state(json, *table, now);
    }
    std::int64_t held = 0;
    for (const auto& partition : *ledger) {
      for (const char* suffix : {"", "+reapprove"}) {
        const auto field = partition.find(fmt::format("w:hold:{}{}", record.rule.id, suffix));
        if (field != partition.end()) held += field->second;
      }
    }
    json["held"] = held;
    out.push_back(std::move(json));
  }
  return json_response({{"blackouts", std::move(out)}});
}

Response Api::rule(const std::string& id) {
  Response all = rules();
  if (all.status != 200) return all;
  const auto body = ordered_json::parse(all.body);
  for (const ordered_json& json : body["blackouts"]) {
    if (json["id"] == id) return json_response(json);
  }
  return admin::problem(404, "there is no such rule");
}

Response Api::create_rule(const Call& call) {
  const WallTime now = net::wall_now();
  const auto record = rule_from_request(call.request.body, categories_, operator_names_,
                                        new_rule_id(now, random_bits()), call.identity.name, now);
  if (!record) return admin::problem(422, "the rule cannot be used", record.error());
  const auto certificate = policy_.create(*record, {call.identity.name, record->reason});
  if (!certificate) return policy_problem(certificate.error());
  ordered_json body;
  body["rule"] = ordered_json::parse(rule_json(*record));
  body["certificate"] = ordered_json::parse(certificate_json(*certificate));
  Response response = json_response(body, 201);
  response.headers.emplace_back("Location", "/api/v1/blackouts/" + record->rule.id);
  return response;
}

Response Api::preview_rule(const Call& call) {
  const WallTime now = net::wall_now();
  const auto record =
      rule_from_request(call.request.body, categories_, operator_names_, "preview", call.identity.name, now);
  if (!record) return admin::problem(422, "the rule cannot be used", record.error());
  throttle::Names names;
  auto table = throttle::PolicyTable::compile({record->rule}, categories_, names, now, 0);
  if (!table) return admin::problem(422, "the rule cannot be used");
  ordered_json body;
  add_state(body, *table, now);
  // Judged while it holds: now, or when it begins. What a message says of tenant, sender and place is not
  // known here, and the unknown is inside of every scope: so this is what the rule can stop at most.
  const WallTime holds = table->state(0, now).active ? now : table->state(0, now).changes_at.value_or(now);
  body["judged_at"] = time_text(holds);
  body["stops"] = ordered_json::array();
  body["passes"] = ordered_json::array();
  for (const throttle::Category& category : categories_) {
    ordered_json stopped = ordered_json::array();
    std::optional<throttle::Decision> decision;
    for (const std::string& op : operator_names_) {
      throttle::MessageClass message;
      message.category = static_cast<std::uint16_t>(names.categories.intern(category.name));
      message.operator_ = static_cast<std::uint16_t>(names.operators.intern(op));
      const throttle::Verdict verdict = throttle::gate(*table, message, {holds, TimePoint{}});
      if (verdict.decision == throttle::Decision::send) continue;
      decision = verdict.decision;
      stopped.push_back(op);
    }
    if (!decision) {
      body["passes"].push_back({{"category", category.name}, {"exempt", category.exempt}});
    } else {
      body["stops"].push_back({{"category", category.name},
                               {"decision", *decision == throttle::Decision::drop ? "drop" : "hold"},
                               {"operators", std::move(stopped)}});
    }
  }
  return json_response(body);
}

Response Api::end_rule(const Call& call) {
  const auto reason = reason_of(ordered_json::parse(call.request.body, nullptr, false));
  if (!reason) return reason_missing();
  const auto certificate = policy_.end(call.arguments[0], {call.identity.name, *reason});
  if (!certificate) return policy_problem(certificate.error());
  return json_response({{"certificate", ordered_json::parse(certificate_json(*certificate))}});
}

Response Api::extend_rule(const Call& call) {
  const auto body = ordered_json::parse(call.request.body, nullptr, false);
  const auto reason = reason_of(body);
  if (!reason) return reason_missing();
  std::optional<WallTime> ends_at;
  if (body.contains("ends_at") && body["ends_at"].is_string()) {
    ends_at = core::parse_rfc3339(body["ends_at"].get<std::string>());
  }
  if (!ends_at) {
    return admin::problem(422, "the new end is missing",
                          {{"ends_at", "must be a time with its zone, like 2026-03-03T09:00:00+05:30"}});
  }
  const auto certificate = policy_.extend(call.arguments[0], *ends_at, {call.identity.name, *reason});
  if (!certificate) return policy_problem(certificate.error());
  return json_response({{"certificate", ordered_json::parse(certificate_json(*certificate))}});
}

Response Api::pause_operator(const Call& call, bool paused) {
  const std::string& name = call.arguments[0];
  if (std::find(operator_names_.begin(), operator_names_.end(), name) == operator_names_.end()) {
    return admin::problem(404, "there is no such operator");
  }
  const auto reason = reason_of(ordered_json::parse(call.request.body, nullptr, false));
  if (!reason) return reason_missing();
  const auto certificate = policy_.pause(name, paused, {call.identity.name, *reason});
  if (!certificate) return policy_problem(certificate.error());
  return json_response({{"certificate", ordered_json::parse(certificate_json(*certificate))}});
}

}  // namespace anchal::app
