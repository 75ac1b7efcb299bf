#include "engine/app/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "engine/admin/console.h"
#include "engine/admin/problem.h"
#include "engine/app/policy_categories.h"
#include "engine/app/policy_keys.h"
#include "engine/core/job/time_text.h"
#include "engine/core/keys.h"
#include "engine/net/clock.h"
#include "metrics/registry.h"

namespace anchal::app {
namespace {

using namespace std::chrono_literals;
using admin::Call;
using admin::Response;
using nlohmann::ordered_json;

// An engine tells of itself every second; by then it is gone, or its clock is not ours.
constexpr auto kFresh = 10s;
constexpr std::int64_t kAuditMax = 1'000;

Response json_response(const ordered_json& body, unsigned status = 200) {
  return {.status = status, .body = body.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n"};
}

std::int64_t number_of(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Response store_problem(const ControlError& error) {
  if (error.kind == ControlFailure::conflict) return admin::problem(409, error.text);
  return admin::problem(503, "Redis: " + error.text);
}

Api::Api(const AppConfig& config, const EngineView& engine, PolicyService& policy,
         const metrics::Registry& metrics)
    : config_(config),
      engine_(engine),
      policy_(policy),
      metrics_(metrics),
      categories_(policy_categories(config.core)),
      store_(config.redis) {
  for (const core::OperatorConfig& op : config.core.operators) operator_names_.push_back(op.name);
}

void Api::add_routes(admin::Router& router) {
  using admin::Role;
  router.add(
      {.method = "GET", .pattern = "/healthz", .open = true, .quick = true, .handler = [this](const Call&) {
         return health();
       }});
  router.add(
      {.method = "GET", .pattern = "/readyz", .open = true, .quick = true, .handler = [this](const Call&) {
         return ready();
       }});
  router.add({.method = "GET", .pattern = "/metrics", .handler = [this](const Call&) {
                return Response{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                                .body = metrics_.text()};
              }});
  router.add({.method = "GET", .pattern = "/api/v1/status", .handler = [this](const Call&) {
                return Response{.body = status_json() + "\n"};
              }});
  router.add({.method = "GET", .pattern = "/api/v1/operators", .handler = [this](const Call&) {
                return operators();
              }});
  router.add(
      {.method = "GET", .pattern = "/api/v1/engines", .handler = [this](const Call&) { return engines(); }});
  router.add(
      {.method = "GET", .pattern = "/api/v1/queues", .handler = [this](const Call&) { return queues(); }});
  router.add({.method = "GET", .pattern = "/api/v1/categories", .handler = [this](const Call&) {
                return categories();
              }});
  router.add({.method = "GET", .pattern = "/api/v1/events", .events = true});
  router.add({.method = "GET", .pattern = "/api/v1/audit", .handler = [this](const Call& call) {
                return audit(call);
              }});
  router.add({.method = "POST",
              .pattern = "/api/v1/jobs",
              .role = Role::operator_,
              .body_max = config_.core.limits.body_bytes_max,
              .handler = [this](const Call& call) { return post_job(call); }});
  router.add({.method = "POST", .pattern = "/api/v1/segments", .handler = [this](const Call& call) {
                return segments(call);
              }});
  router.add({.method = "GET",
              .pattern = "/api/v1/messages/{tenant}/{job}/{index}",
              .handler = [this](const Call& call) { return message(call); }});
  add_policy_routes(router);
  admin::add_console_routes(router);
}

Response Api::health() const {
  const std::string reasons = engine_.stalled();
  Response response{.content_type = "text/plain; charset=utf-8",
                    .body = reasons.empty() ? "alive\n" : reasons};
  if (!reasons.empty()) response.status = 503;
  return response;
}

Response Api::ready() const {
  const std::string reasons = engine_.not_ready();
  Response response{.content_type = "text/plain; charset=utf-8",
                    .body = reasons.empty() ? "ready\n" : reasons};
  if (!reasons.empty()) response.status = 503;
  return response;
}

std::vector<ordered_json> Api::others() {
  std::vector<ordered_json> out;
  const auto reply = store_.ask({"HGETALL", std::string(policy_keys::kEngines)});
  if (!reply) return out;
  const WallTime now = net::wall_now();
  for (std::size_t i = 0; i + 1 < reply->elements.size(); i += 2) {
    if (reply->elements[i].text == config_.core.engine_id) continue;
    ordered_json engine = ordered_json::parse(reply->elements[i + 1].text, nullptr, false);
    if (!engine.is_object()) continue;
    const auto at = core::parse_rfc3339(engine.value("at", ""));
    if (at && now - *at < kFresh) out.push_back(std::move(engine));
  }
  return out;
}

std::string Api::status_json() {
  const ShardStatuses shards = engine_.shards();
  ordered_json status = ledger_json(shards);
  status["operators"] = operators_json(config_, shards);
  std::size_t engines = 1;
  for (ordered_json& other : others()) {
    ++engines;
    add_json(status, other["ledger"]);
    add_json(status["operators"], other["operators"]);
  }
  status["engine"] = config_.core.engine_id;
  status["engines"] = engines;
  const auto policy = policy_.current();
  status["policy"] = {{"epoch", policy == nullptr ? 0 : policy->epoch},
                      {"rules", policy == nullptr ? 0 : policy->rules.size()}};
  std::string at;
  core::append_rfc3339(at, net::wall_now());
  status["at"] = at;
  return status.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Response Api::operators() {
  ordered_json operators = operators_json(config_, engine_.shards());
  for (ordered_json& other : others()) add_json(operators, other["operators"]);
  return json_response({{"operators", std::move(operators)}});
}

Response Api::categories() {
  ordered_json out = ordered_json::array();
  for (const core::CategoryConfig& category : config_.core.categories) {
    out.push_back(
        {{"name", category.name}, {"lane", core::name_of(category.lane)}, {"exempt", category.exempt}});
  }
  return json_response({{"categories", std::move(out)}});
}

Response Api::engines() {
  ordered_json engines = ordered_json::array();
  engines.push_back(ordered_json::parse(engine_.self_json()));
  for (ordered_json& other : others()) engines.push_back(std::move(other));
  return json_response({{"engines", std::move(engines)}});
}

ControlResult<std::vector<std::map<std::string, std::int64_t>>> Api::ledgers() {
  std::vector<RedisCommand> commands;
  commands.reserve(config_.core.partitions);
  for (core::PartitionId p = 0; p < config_.core.partitions; ++p) {
    commands.push_back({"HGETALL", core::keys::partition(p, core::keys::kLedger)});
  }
  const auto replies = store_.ask_all(commands);
  if (!replies) return std::unexpected(replies.error());
  std::vector<std::map<std::string, std::int64_t>> out;
  for (const OwnedReply& reply : *replies) {
    auto& ledger = out.emplace_back();
    for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
      ledger[reply.elements[i].text] = number_of(reply.elements[i + 1].text);
    }
  }
  return out;
}

/// Entries of the job streams, dead letters and receipts in inboxes; messages of everything else.
Response Api::queues() {
  const auto ledger = ledgers();
  if (!ledger) return store_problem(ledger.error());
  std::vector<RedisCommand> commands;
  for (core::PartitionId p = 0; p < config_.core.partitions; ++p) {
    for (std::size_t lane = 0; lane < core::kLanes; ++lane) {
      commands.push_back(
          {"XLEN", core::keys::partition(p, core::keys::jobs_suffix(static_cast<core::Lane>(lane)))});
    }
    commands.push_back({"XLEN", core::keys::partition(p, core::keys::kDead)});
    commands.push_back({"XLEN", core::keys::partition(p, core::keys::kInbox)});
    commands.push_back({"HLEN", core::keys::partition(p, core::keys::kDoubt)});
  }
  const auto replies = store_.ask_all(commands);
  if (!replies) return store_problem(replies.error());
  ordered_json partitions = ordered_json::array();
  const std::size_t per_partition = core::kLanes + 3;
  for (core::PartitionId p = 0; p < config_.core.partitions; ++p) {
    const auto number = [&](std::size_t i) { return (*replies)[p * per_partition + i].integer; };
    ordered_json row{{"partition", p}};
    for (std::size_t lane = 0; lane < core::kLanes; ++lane)
      row["jobs"][std::string(core::kLaneNames[lane])] = number(lane);
    row["dead"] = number(core::kLanes);
    row["inbox"] = number(core::kLanes + 1);
    row["doubt"] = number(core::kLanes + 2);
    row["backlog"] = ordered_json::object();
    row["hold"] = ordered_json::object();
    row["retry"] = 0;
    row["awaiting_receipt"] = 0;
    for (const auto& [field, count] : (*ledger)[p]) {
      if (field == "w:retry") row["retry"] = count;
      if (field == "w:awaiting") row["awaiting_receipt"] = count;
      if (field.starts_with("w:backlog:") && count != 0) row["backlog"][field.substr(10)] = count;
      if (field.starts_with("w:hold:") && count != 0) row["hold"][field.substr(7)] = count;
    }
    partitions.push_back(std::move(row));
  }
  return json_response({{"partitions", std::move(partitions)}});
}

Response Api::audit(const Call& call) {
  const std::string_view wanted = call.target.parameter("limit");
  const std::int64_t limit = wanted.empty() ? 100 : number_of(wanted);
  const std::string after(call.target.parameter("after"));
  if (limit < 1 || limit > kAuditMax) return admin::problem(400, "limit must be from 1 to 1000");
  const auto reply = store_.ask({"XRANGE", std::string(policy_keys::kAudit),
                                 after.empty() ? "-" : "(" + after, "+", "COUNT", std::to_string(limit)});
  if (!reply) {
    return reply.error().kind == ControlFailure::refused
               ? admin::problem(400, "after must be an id of an entry")
               : store_problem(reply.error());
  }
  ordered_json entries = ordered_json::array();
  for (const OwnedReply& entry : reply->elements) {
    ordered_json row{{"id", entry.elements[0].text}};
    const auto& fields = entry.elements[1].elements;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) row[fields[i].text] = fields[i + 1].text;
    entries.push_back(std::move(row));
  }
  return json_response({{"entries", std::move(entries)}});
}

}  // namespace anchal::app
