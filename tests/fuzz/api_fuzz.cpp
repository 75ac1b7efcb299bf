// The HTTP API behind the router, every route of it, with a Redis that cannot be reached. The laws: whatever
// a caller sends is answered, never with 500; what says it is JSON is JSON.
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/app/api.h"
#include "metrics/registry.h"
#include "tests/fuzz/json_draw.h"

namespace {

using namespace anchal;
using namespace anchal::app;
using fuzz::check;
using fuzz::Input;

constexpr std::array<std::string_view, 32> kKeys{
    "text",     "operator", "encoding", "latin1", "transliterate", "languages", "reason",     "ends_at",
    "name",     "kind",     "scope",    "daily",  "on_hold",       "reference", "id",         "tenant",
    "category", "sender",   "template", "to",     "recipients",    "vars",      "not_before", "expires_at",
    "receipt",  "flash",    "tlvs",     "ref",    "place",         "starts_at", "from",       "zone"};
constexpr std::array<std::string_view, 26> kValues{"\"Hello {name}\"",
                                                   "\"\\u0d15\\u0d47\\u0d30\\u0d33\\u0d02\"",
                                                   "\"alpha\"",
                                                   "\"otp\"",
                                                   "\"bulk\"",
                                                   "\"auto\"",
                                                   "\"gsm7\"",
                                                   "\"ucs2\"",
                                                   "[\"malayalam\"]",
                                                   "[\"all\",7]",
                                                   "true",
                                                   "false",
                                                   "null",
                                                   "\"+919800000001\"",
                                                   "[{\"to\":\"+919800000001\",\"vars\":{\"name\":\"A\"}}]",
                                                   "{\"name\":\"A\"}",
                                                   "\"2026-03-03T09:00:00+05:30\"",
                                                   "\"2099-03-03T09:00:00Z\"",
                                                   "{\"categories\":[\"bulk\"]}",
                                                   "{\"0x1400\":\"x\"}",
                                                   "\"blackout\"",
                                                   "\"t\"",
                                                   "\"j-1\"",
                                                   "1e400",
                                                   "\"\\ud800\"",
                                                   "[[[[]]]]"};

class NoTargets : public PolicyTargets {
  void apply(std::shared_ptr<const PolicySnapshot>, TimePoint) override {}
  void confirm(TimePoint) override {}
  std::uint64_t settled_epoch() const override { return 0; }
  std::string describe() override { return "{}"; }
};

class NoEngine : public EngineView {
  ShardStatuses shards() const override { return {}; }
  std::string self_json() const override { return "{}"; }
  std::string not_ready() const override { return {}; }
  std::string stalled() const override { return {}; }
};

AppConfig configuration() {
  AppConfig config;
  config.redis.address.unix_path = "/nonexistent/anchal-fuzz.sock";
  config.core.categories = {core::CategoryConfig{.name = "otp", .lane = core::Lane::otp, .exempt = true},
                            core::CategoryConfig{.name = "bulk"}};
  core::OperatorConfig alpha;
  alpha.name = "alpha";
  alpha.latin1 = true;
  config.core.operators = {alpha};
  config.links.resize(1);
  return config;
}

struct World {
  World() { api.add_routes(router); }
  AppConfig config = configuration();
  NoTargets targets;
  NoEngine engine;
  PolicyService policy{config, targets, [](bool, const std::string&) {}};
  metrics::Registry metrics{{"1", "2", "3"}};
  Api api{config, engine, policy, metrics};
  admin::Tokens tokens = admin::Tokens::open();
  admin::Router router{tokens};
};

/// A route's pattern with something in place of each {name}.
std::string target_of(std::string_view pattern, Input& input) {
  static constexpr std::array<std::string_view, 6> kUsual{"alpha", "r1", "0", "t", "j-1", "4294967296"};
  std::string target;
  while (!pattern.empty()) {
    const std::size_t begin = std::min(pattern.find('{'), pattern.size());
    target += pattern.substr(0, begin);
    pattern.remove_prefix(begin);
    if (pattern.empty()) break;
    pattern.remove_prefix(pattern.find('}') + 1);
    const std::uint8_t which = input.octet();
    target +=
        which < 0xE0 ? std::string(kUsual[which % kUsual.size()]) : admin::encode_segment(input.text(30));
  }
  if (input.octet() % 4 == 0) target += "?" + input.text(40);
  return target;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  Input input(data, size);
  const auto routes = world.router.routes();
  const admin::Route& route = *routes[input.octet() % routes.size()];
  if (route.events) return 0;  // the server's own: no body, no handler
  admin::Request request;
  request.method = route.method;
  request.host = "localhost";
  request.content_type = "application/json";
  request.target = target_of(route.pattern, input);
  if (route.method == "POST") {
    request.body = input.octet() % 2 == 0 ? fuzz::JsonDraw(input, kKeys, kValues).object() : input.rest();
  }
  const admin::Response response = world.router.answer(request);
  check(response.status >= 200 && response.status < 600 && response.status != 500);
  const bool is_json = response.content_type.starts_with("application/json") ||
                       response.content_type.starts_with("application/problem+json");
  if (is_json) check(nlohmann::json::accept(response.body));
  return 0;
}
