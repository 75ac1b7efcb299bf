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

  admin::Response post(std::string target, const json& body) const {
    return post_octets(std::move(target), body.dump());
  }

  admin::Response post_octets(std::string target, std::string body) const {
    admin::Request request;
    request.method = "POST";
    request.target = std::move(target);
    request.host = "localhost";
    request.content_type = "application/json";
    request.body = std::move(body);
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

TEST_F(ApiRoutes, SegmentsAreToldAsTheOperatorWouldSendThem) {
  core::OperatorConfig alpha;
  alpha.name = "alpha";
  alpha.national_languages = {"all"};
  config_.core.operators = {alpha};
  std::string text;
  for (int i = 0; i < 50; ++i) text += "\u0D2E\u0D34 ";
  const auto asked = [&](json body) {
    body["text"] = text;
    const admin::Response answer = post("/api/v1/segments", body);
    EXPECT_EQ(answer.status, 200u) << answer.body;
    return json::parse(answer.body);
  };
  EXPECT_EQ(asked({})["parts"], 3);
  EXPECT_EQ(asked({{"operator", "alpha"}})["encoding"], "gsm7+locking:malayalam");
  EXPECT_EQ(asked({{"operator", "alpha"}, {"encoding", "ucs2"}})["parts"], 3);
  EXPECT_EQ(asked({{"languages", {"malayalam"}}})["parts"], 1);
}

TEST_F(ApiRoutes, AQuestionAboutSegmentsThatCannotBeReadIsToldFieldByField) {
  const auto fields = [&](const json& body) {
    const admin::Response answer = post("/api/v1/segments", body);
    EXPECT_EQ(answer.status, 422u);
    std::vector<std::string> out;
    const json problem = json::parse(answer.body);
    for (const json& error : problem["errors"]) out.push_back(error["field"]);
    return out;
  };
  using testing::ElementsAre;
  EXPECT_EQ(post("/api/v1/segments", json::array()).status, 400u);
  EXPECT_THAT(fields(json::object()), ElementsAre("text"));
  EXPECT_THAT(fields({{"text", 7}, {"colour", "red"}, {"latin1", "yes"}, {"languages", "all"}}),
              ElementsAre("colour", "languages", "latin1", "text"));
  EXPECT_THAT(fields({{"text", "a"}, {"operator", "alpha"}, {"languages", {"all"}}}),
              ElementsAre("languages"));
  EXPECT_THAT(fields({{"text", "a"}, {"operator", "nobody"}}), ElementsAre("operator"));
  EXPECT_THAT(fields({{"text", "a"}, {"encoding", "utf8"}}), ElementsAre("encoding"));
  EXPECT_THAT(fields({{"text", "\u0D2E"}, {"encoding", "gsm7"}}), ElementsAre("text"));
  // A name that is cut inside a character is still JSON.
  EXPECT_THAT(fields({{"text", "a"}, {std::string(63, 'a') + "\u0D2E", 1}}),
              ElementsAre(std::string(63, 'a') + "\uFFFD"));
}

TEST_F(ApiRoutes, ATextThatCannotBeSentIsToldAsTheVerbTellsIt) {
  const auto refused = [&](const json& body) {
    const admin::Response answer = post("/api/v1/segments", body);
    EXPECT_EQ(answer.status, 422u);
    return json::parse(answer.body)["refused"];
  };
  const json narrow = refused({{"text", "ab\u0D2E"}, {"encoding", "gsm7"}});
  EXPECT_EQ(narrow["error"], "not_encodable");
  EXPECT_EQ(narrow["offset"], 2);
  EXPECT_EQ(narrow["code_point"], "U+0D2E");
  EXPECT_EQ(narrow["candidates"].back()["encoding"], "ucs2");
  EXPECT_EQ(refused({{"text", std::string("a\x07")}}),
            json::parse(R"({"error":"forbidden_control","offset":1,"code_point":"U+0007"})"));
  EXPECT_EQ(refused({{"text", std::string(40'000, 'a')}})["segments"], 262);
}

TEST_F(ApiRoutes, ABodyThatIsNoUtf8IsToldTheOctet) {
  const admin::Response answer = post_octets("/api/v1/segments", "{\"text\":\"a\xED\xA0\x80\"}");
  EXPECT_EQ(answer.status, 400u);
  EXPECT_THAT(answer.body, testing::HasSubstr("invalid_utf8 at octet 10 of the body"));
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
