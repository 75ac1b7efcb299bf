#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/app/api.h"
#include "metrics/registry.h"

namespace anchal::app {
namespace {

using nlohmann::json;

class NoTargets : public PolicyTargets {
  void apply(std::shared_ptr<const PolicySnapshot>, TimePoint) override {}
  void confirm(TimePoint) override {}
  std::uint64_t settled_epoch() const override { return 0; }
  std::string describe() override { return "{}"; }
};

class NoEngine : public EngineView {
  ShardStatuses shards() const override { return {}; }
  std::string self_json() const override { return "{}"; }
  std::string not_ready() const override { return reasons; }
  std::string stalled() const override { return {}; }

 public:
  std::string reasons;
};

class ApiRoutes : public testing::Test {
 protected:
  ApiRoutes() { api_.add_routes(router_); }

  admin::Response get(std::string target) const {
    admin::Request request;
    request.method = "GET";
    request.target = std::move(target);
    request.host = "localhost";
    return router_.answer(request);
  }

  AppConfig config_;
  NoTargets targets_;
  NoEngine engine_;
  PolicyService policy_{config_, targets_, [](bool, const std::string&) {}};
  metrics::Registry metrics_{{"1", "2", "3"}};
  Api api_{config_, engine_, policy_, metrics_};
  admin::Tokens tokens_ = admin::Tokens::open();
  admin::Router router_{tokens_};
};

TEST_F(ApiRoutes, AreThoseOfTheOpenApiDocumentWithTheirRoles) {
  std::ifstream file(ANCHAL_SOURCE_DIR "/docs/openapi.json");
  const json document = json::parse(file);
  std::set<std::string> documented;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      documented.insert(method + " " + path + " " + operation["x-role"].get<std::string>());
    }
  }
  std::set<std::string> routed;
  for (const admin::Route* route : router_.routes()) {
    const std::string method = route->method == "GET" ? "get" : "post";
    routed.insert(method + " " + route->pattern + " " +
                  (route->open ? "none" : std::string(to_string(route->role))));
  }
  EXPECT_EQ(routed, documented);
}

TEST_F(ApiRoutes, ReadinessNamesWhatIsMissing) {
  EXPECT_EQ(get("/readyz").status, 200u);
  engine_.reasons = "shard 0: no connection to Redis\n";
  EXPECT_EQ(get("/readyz").status, 503u);
  EXPECT_EQ(get("/readyz").body, engine_.reasons);
  EXPECT_EQ(get("/healthz").status, 200u);
}

TEST_F(ApiRoutes, TheConsoleLoadsNothingFromElsewhere) {
  const admin::Response page = get("/");
  EXPECT_THAT(page.headers, testing::Contains(testing::Pair("Content-Security-Policy",
                                                            testing::HasSubstr("default-src 'none'"))));
  for (const char* target : {"/", "/console.css", "/console.js"}) {
    const std::string body = get(target).body;
    EXPECT_EQ(body.find("http://"), std::string::npos) << target;
    EXPECT_EQ(body.find("https://"), std::string::npos) << target;
  }
}

}  // namespace
}  // namespace anchal::app
