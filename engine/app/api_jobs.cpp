#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/admin/problem.h"
#include "engine/app/api.h"
#include "engine/app/send_job.h"
#include "engine/core/job/job_parser.h"
#include "engine/core/keys.h"

namespace anchal::app {

using admin::Call;
using admin::Response;
using nlohmann::json;

/// The same check as at the intake, told at once instead of by a dead letter; then the same stream.
Response Api::post_job(const Call& call) {
  const std::string& body = call.request.body;
  const json parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object()) return admin::problem(400, "the body must be one JSON object");
  const std::string category =
      parsed.value("category", json()).is_string() ? parsed["category"].get<std::string>() : "";
  std::optional<core::Lane> lane;
  for (const core::CategoryConfig& known : config_.core.categories) {
    if (known.name == category) lane = known.lane;
  }
  throttle::Names names;
  core::JobParser parser(config_.core, names);
  const auto job = parser.parse(body, lane.value_or(core::Lane::bulk), false);
  if (!job) {
    return admin::problem(422, "the job cannot be used",
                          {{std::string(job.error().reason), job.error().detail}});
  }
  const std::string id((*job)->id);
  const unsigned partition = partition_of(id, config_.core.partitions);
  const std::string stream =
      core::keys::partition(static_cast<core::PartitionId>(partition), core::keys::jobs_suffix(*lane));
  const auto reply = store_.ask({"XADD", stream, "*", "v", "1", "body", body});
  if (!reply) {
    const bool full = reply.error().text.starts_with("OOM");
    return full ? admin::problem(503, "Redis is full; nothing was taken, try again later")
                : store_problem(reply.error());
  }
  return {.status = 202,
          .body =
              nlohmann::ordered_json{
                  {"stream", stream}, {"entry", reply->text}, {"recipients", (*job)->rows.size()}}
                  .dump() +
              "\n"};
}

}  // namespace anchal::app
