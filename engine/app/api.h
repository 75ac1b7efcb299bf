#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/admin/router.h"
#include "engine/app/config.h"
#include "engine/app/control_store.h"
#include "engine/app/engine_status.h"
#include "engine/app/policy_service.h"

namespace anchal::metrics {
class Registry;
}

namespace anchal::app {

/// What the API asks of the engine it speaks for. Any thread.
class EngineView {
 public:
  virtual ~EngineView() = default;
  virtual ShardStatuses shards() const = 0;
  /// What it tells the fleet of itself (PolicyTargets::describe).
  virtual std::string self_json() const = 0;
  /// Empty: ready to work. Else why not, one reason per line.
  virtual std::string not_ready() const = 0;
  /// Empty: every loop turns. Else which does not.
  virtual std::string stalled() const = 0;
};

/// The resources of interface.md "HTTP API" over the engine, its policy and Redis; adds their routes to a
/// router. Handlers run on the workers of the admin listener.
class Api {
 public:
  /// All must outlive the API.
  Api(const AppConfig& config, const EngineView& engine, PolicyService& policy,
      const metrics::Registry& metrics);

  void add_routes(admin::Router& router);

  /// What GET /api/v1/status answers, on one line: what event streams are told.
  std::string status_json();

 private:
  // api.cpp
  admin::Response health() const;
  admin::Response ready() const;
  admin::Response operators();
  admin::Response categories();
  admin::Response engines();
  admin::Response queues();
  admin::Response audit(const admin::Call& call);
  // api_policy.cpp
  void add_policy_routes(admin::Router& router);
  admin::Response rules();
  admin::Response rule(const std::string& id);
  admin::Response create_rule(const admin::Call& call);
  admin::Response preview_rule(const admin::Call& call);
  admin::Response end_rule(const admin::Call& call);
  admin::Response extend_rule(const admin::Call& call);
  admin::Response pause_operator(const admin::Call& call, bool paused);
  // api_jobs.cpp
  admin::Response post_job(const admin::Call& call);
  // api_text.cpp
  admin::Response segments(const admin::Call& call) const;
  // api_messages.cpp
  admin::Response message(const admin::Call& call);

  /// Other engines' words about themselves, as far as they are fresh.
  std::vector<nlohmann::ordered_json> others();
  /// Every partition's durable ledger: field -> number.
  ControlResult<std::vector<std::map<std::string, std::int64_t>>> ledgers();

  const AppConfig& config_;
  const EngineView& engine_;
  PolicyService& policy_;
  const metrics::Registry& metrics_;
  const std::vector<throttle::Category> categories_;
  std::vector<std::string> operator_names_;
  ControlStore store_;
};

/// The answer for Redis' failure: 503.
admin::Response store_problem(const ControlError& error);

}  // namespace anchal::app
