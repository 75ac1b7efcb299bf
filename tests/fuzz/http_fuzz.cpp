// The admin listener as far as foreign octets reach our own code: targets, routing, bearer tokens, the tokens
// file, the address of a listener. The first octet chooses. The laws: a target means what its escapes say;
// every request gets an answer of the documented kind, and who has no token gets nothing; errors repeat no
// token.
#include <array>
#include <string>

#include "engine/admin/client.h"
#include "engine/admin/http.h"
#include "engine/admin/router.h"
#include "engine/admin/tokens.h"
#include "tests/fuzz/reply_draw.h"

namespace {

using namespace anchal::admin;
using anchal::fuzz::check;
using anchal::fuzz::Input;
using anchal::fuzz::is_one_line;

constexpr std::string_view kViewer = "0123456789abcdefV";
constexpr std::string_view kCompliance = "0123456789abcdefC";

void check_target(const std::string& text) {
  const Target target = parse_target(text);
  if (!target.ok) return;
  check(text.starts_with('/'));
  std::string again;
  for (const std::string& segment : target.segments) again += "/" + encode_segment(segment);
  // A last empty segment is a slash at the end, which means nothing.
  again += target.segments.empty() || target.segments.back().empty() ? "/" : "";
  const Target read = parse_target(again);
  check(read.ok && read.segments == target.segments && read.query.empty());
  for (const auto& [name, value] : target.query) check(target.parameter(name).data() != nullptr);
}

Tokens tokens() {
  return Tokens::parse("viewer v " + std::string(kViewer) + "\ncompliance c " + std::string(kCompliance) +
                       "\n")
      .value();
}

void check_tokens_file(const std::string& text) {
  const auto read = Tokens::parse(text);
  if (read) {
    check(read->size() > 0 && !read->is_open() && !read->identify("Bearer"));
  } else {
    check(is_one_line(read.error()) && read.error().size() < 100);
  }
}

/// Routes of every kind; handlers say who was let in where.
class Fixture {
 public:
  explicit Fixture(const Tokens& tokens) : router_(tokens) {
    add("GET", "/healthz", Role::viewer, true);
    add("GET", "/api/v1/blackouts", Role::viewer, false);
    add("POST", "/api/v1/blackouts", Role::compliance, false);
    add("POST", "/api/v1/blackouts/{id}/end", Role::compliance, false);
    add("GET", "/api/v1/messages/{tenant}/{job}/{index}", Role::viewer, false);
    add("POST", "/api/v1/operators/{name}/pause", Role::operator_, false);
  }
  const Router& router() const { return router_; }

 private:
  void add(std::string method, std::string pattern, Role role, bool open) {
    Route route{.method = std::move(method), .pattern = std::move(pattern), .role = role, .open = open};
    route.handler = [role, open](const Call& call) {
      check(open || allows(call.identity.role, role));
      return Response{.status = 200, .body = std::to_string(call.arguments.size())};
    };
    router_.add(std::move(route));
  }
  Router router_;
};

std::string pick(Input& input, std::span<const std::string_view> usual) {
  const std::uint8_t which = input.octet();
  return which < usual.size() ? std::string(usual[which]) : input.text();
}

/// Without tokens no page of the web may reach us by a name of its own.
void check_loopback(const std::string& host) {
  const std::string name =
      host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
  check(name == "localhost" || name == "[::1]" || name.find_first_not_of("0123456789.") == std::string::npos);
}

void check_request(Input& input) {
  static const Tokens closed = tokens();
  static const Tokens open = Tokens::open();
  static const Fixture with_tokens(closed);
  static const Fixture without(open);
  static constexpr std::array<std::string_view, 4> kMethods{"GET", "POST", "HEAD", "DELETE"};
  static constexpr std::array<std::string_view, 6> kTargets{"/healthz",
                                                            "/api/v1/blackouts",
                                                            "/api/v1/blackouts/r1/end",
                                                            "/api/v1/messages/t/j/0?x=1",
                                                            "/api/v1/operators/alpha/pause",
                                                            "/api/v1/blackouts/%2e%2e/end"};
  static constexpr std::array<std::string_view, 5> kHosts{"localhost:8600", "127.0.0.1", "[::1]:8600",
                                                          "evil.example", "127.0.0.1.evil"};
  static constexpr std::array<std::string_view, 3> kOrigins{"", "http://localhost:8600",
                                                            "http://evil.example"};
  static constexpr std::array<std::string_view, 3> kTypes{"application/json",
                                                          "application/json; charset=utf-8", "text/plain"};
  const bool guarded = input.octet() % 2 == 0;
  Request request;
  request.method = pick(input, kMethods);
  request.target = pick(input, kTargets);
  request.host = pick(input, kHosts);
  request.origin = pick(input, kOrigins);
  request.content_type = pick(input, kTypes);
  const std::uint8_t who = input.octet();
  request.authorization = who == 0   ? "Bearer " + std::string(kViewer)
                          : who == 1 ? "bearer  " + std::string(kCompliance)
                                     : input.text();
  const Router& router = (guarded ? with_tokens : without).router();
  const Response response = router.answer(request);
  check(response.status == 200 || (response.status >= 400 && response.status < 500));
  check(response.content_type == (response.status == 200 ? "application/json" : "application/problem+json"));
  if (response.status != 200)
    check(is_one_line(std::string_view(response.body).substr(0, response.body.size() - 1)));
  if (response.status == 405) check(response.headers.size() == 1);
  const bool knows_token =
      request.authorization.contains(kViewer) || request.authorization.contains(kCompliance);
  const bool health = parse_target(request.target).segments == std::vector<std::string>{"healthz"};
  if (guarded && response.status == 200) check(knows_token || health);
  if (response.status == 200 && request.method == "POST") {
    check(request.origin.empty() || request.origin.ends_with(request.host));
    check(request.content_type.starts_with("application/"));
  }
  if (response.status == 200) check(router.body_max(request) > 0);
  if (!guarded && response.status == 200) check_loopback(request.host);
}

void check_address(const std::string& text) {
  const auto endpoint = parse_endpoint(text);
  if (endpoint) {
    check(!endpoint->host.empty() && !endpoint->port.empty() && is_one_line(endpoint->port));
  } else {
    check(!endpoint.error().empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  switch (input.octet() % 4) {
    case 0:
      check_target(input.rest());
      break;
    case 1:
      check_tokens_file(input.rest());
      break;
    case 2:
      check_request(input);
      break;
    default:
      check_address(input.rest());
  }
  return 0;
}
