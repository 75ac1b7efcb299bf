#include "engine/admin/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace anchal::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kTokens =
    "viewer v 0123456789abcdef-v\noperator o 0123456789abcdef-o\ncompliance c 0123456789abcdef-c\n";

class RouterTest : public testing::Test {
 protected:
  RouterTest() : tokens_(*Tokens::parse(kTokens)), router_(tokens_), open_router_(open_) {
    fill(router_), fill(open_router_);
  }

  void fill(Router& router) {
    router.add({.method = "GET", .pattern = "/healthz", .open = true, .handler = [](const Call&) {
                  return Response{.body = "ok"};
                }});
    router.add({.method = "GET", .pattern = "/api/v1/rules", .handler = [](const Call& call) {
                  return Response{.body =
                                      call.identity.name + " " + std::string(call.target.parameter("limit"))};
                }});
    router.add(
        {.method = "POST",
         .pattern = "/api/v1/rules",
         .role = Role::compliance,
         .body_max = 10,
         .handler = [](const Call& call) { return Response{.status = 201, .body = call.request.body}; }});
    router.add({.method = "POST",
                .pattern = "/api/v1/rules/{id}/end",
                .role = Role::compliance,
                .handler = [](const Call& call) { return Response{.body = call.arguments.at(0)}; }});
    router.add({.method = "GET", .pattern = "/fails", .handler = [](const Call&) -> Response {
                  throw std::runtime_error("secret");
                }});
  }

  static Request get(std::string target, const std::string& token = "0123456789abcdef-v") {
    return {.method = "GET", .target = std::move(target), .host = "h", .authorization = "Bearer " + token};
  }
  static Request post(std::string target, const std::string& token = "0123456789abcdef-c") {
    return {.method = "POST",
            .target = std::move(target),
            .host = "h",
            .content_type = "application/json",
            .authorization = "Bearer " + token,
            .body = "{}"};
  }

  Tokens tokens_;
  Tokens open_ = Tokens::open();
  Router router_;
  Router open_router_;
};

TEST_F(RouterTest, FindsTheRouteAndHandsOverWhatItNames) {
  EXPECT_EQ(router_.answer(get("/api/v1/rules?limit=3")).body, "v 3");
  EXPECT_EQ(router_.answer(post("/api/v1/rules/a%2Fb/end")).body, "a/b");
  EXPECT_EQ(router_.answer(post("/api/v1/rules")).status, 201u);
}

TEST_F(RouterTest, HeadIsAnsweredLikeGet) {
  Request request = get("/api/v1/rules");
  request.method = "HEAD";
  EXPECT_EQ(router_.answer(request).status, 200u);
}

TEST_F(RouterTest, UnknownPathsAndMethodsAreTold) {
  EXPECT_EQ(router_.answer(get("/nothing")).status, 404u);
  EXPECT_EQ(router_.answer(get("/api/v1/rules/a")).status, 404u);
  EXPECT_EQ(router_.answer(get("no-path")).status, 400u);
  Request request = post("/api/v1/rules");
  request.method = "DELETE";
  const Response response = router_.answer(request);
  EXPECT_EQ(response.status, 405u);
  EXPECT_THAT(response.headers, ElementsAre(std::pair<std::string, std::string>("Allow", "GET, POST")));
}

TEST_F(RouterTest, EachRouteAsksForItsRole) {
  EXPECT_EQ(router_.answer(get("/healthz", "")).status, 200u);
  EXPECT_EQ(router_.answer(get("/api/v1/rules", "wrong")).status, 401u);
  EXPECT_EQ(router_.answer(get("/api/v1/rules", "0123456789abcdef-o")).status, 200u);
  const Response refused = router_.answer(post("/api/v1/rules", "0123456789abcdef-o"));
  EXPECT_EQ(refused.status, 403u);
  EXPECT_THAT(refused.body, HasSubstr("this needs the role compliance, the token has operator"));
}

TEST_F(RouterTest, ChangesNeedJson) {
  Request request = post("/api/v1/rules");
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded"}) {
    request.content_type = type;
    EXPECT_EQ(router_.answer(request).status, 415u) << type;
  }
  request.content_type = "application/json; charset=utf-8";
  EXPECT_EQ(router_.answer(request).status, 201u);
}

TEST_F(RouterTest, PagesOfOtherOriginsChangeNothing) {
  Request request = post("/api/v1/rules");
  request.origin = "http://evil.example";
  EXPECT_EQ(router_.answer(request).status, 403u);
  request.origin = "null";
  EXPECT_EQ(router_.answer(request).status, 403u);
  request.origin = "http://h";
  EXPECT_EQ(router_.answer(request).status, 201u);
}

TEST_F(RouterTest, WithoutTokensOnlyLoopbackNamesAreAnswered) {
  Request request = post("/api/v1/rules");
  request.authorization.clear();
  for (const char* host : {"localhost:8600", "127.0.0.1:8600", "[::1]:8600", "localhost"}) {
    request.host = host;
    EXPECT_EQ(open_router_.answer(request).status, 201u) << host;
  }
  for (const char* host : {"", "rebound.example:8600", "192.168.1.1", "localhost.evil.example",
                           "127.0.0.1.evil.example", "127.evil.example:8600"}) {
    request.host = host;
    EXPECT_EQ(open_router_.answer(request).status, 403u) << host;
  }
}

TEST_F(RouterTest, AThrowingHandlerIsAnErrorWithoutItsText) {
  const Response response = router_.answer(get("/fails"));
  EXPECT_EQ(response.status, 500u);
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
}

TEST_F(RouterTest, TheLargestBodyIsTheRoutes) {
  EXPECT_EQ(router_.body_max(post("/api/v1/rules")), 10u);
  EXPECT_EQ(router_.body_max(post("/nothing")), 0u);
}

}  // namespace
}  // namespace anchal::admin
