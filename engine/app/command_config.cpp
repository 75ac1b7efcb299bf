#include <fmt/format.h>
#include <netdb.h>
#include <sodium.h>
#include <sys/socket.h>

#include <nlohmann/json.hpp>

#include "engine/app/command_client.h"
#include "engine/app/exit_codes.h"
#include "engine/app/settings.h"
#include "engine/app/startup_checks.h"

namespace anchal::app {
namespace {

using nlohmann::ordered_json;

void tell_findings(const std::string& file, const ConfigResult& result) {
  for (const Mistake& mistake : result.mistakes) fmt::print(stderr, "{}\n", mistake.text(file));
  for (const Mistake& warning : result.warnings) {
    fmt::print(stderr, "{}\n",
               Mistake{warning.line, warning.column, "warning: " + warning.message}.text(file));
  }
}

ordered_json json_of(const std::vector<Mistake>& mistakes) {
  ordered_json out = ordered_json::array();
  for (const Mistake& mistake : mistakes) {
    out.push_back({{"line", mistake.line}, {"column", mistake.column}, {"message", mistake.message}});
  }
  return out;
}

/// What `doctor` finds, in order; printed as it goes.
class Findings {
 public:
  explicit Findings(bool json) : json_(json) {}
  void good(const std::string& text) { add("ok", text); }
  void warning(const std::string& text) { add("warning", text); }
  void fault(const std::string& text) {
    ++faults_;
    add("fault", text);
  }
  int finish() {
    if (json_)
      print(ordered_json{{"healthy", faults_ == 0}, {"findings", rows_}}.dump(
                2, ' ', false, ordered_json::error_handler_t::replace) +
            "\n");
    return faults_ == 0 ? client_exit::ok : client_exit::failed;
  }

 private:
  void add(const char* verdict, const std::string& text) {
    rows_.push_back({{"verdict", verdict}, {"text", text}});
    if (!json_) print(fmt::format("{:<8} {}\n", verdict, text));
  }
  bool json_;
  int faults_ = 0;
  ordered_json rows_ = ordered_json::array();
};

void check_host(const std::string& name, const OperatorLink& link, Findings& findings) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(link.host.c_str(), std::to_string(link.port).c_str(), &hints, &found);
  if (error != 0)
    return findings.fault(
        fmt::format("operator {}: {} has no address: {}", name, link.host, gai_strerror(error)));
  std::size_t addresses = 0;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) ++addresses;
  freeaddrinfo(found);
  findings.good(fmt::format("operator {}: {}:{} has {} address{}", name, link.host, link.port, addresses,
                            addresses == 1 ? "" : "es"));
}

}  // namespace

int run_config_check(const std::string& file, bool json) {
  const ConfigResult result = load_config(file);
  if (json) {
    print(ordered_json{
              {"file", file}, {"mistakes", json_of(result.mistakes)}, {"warnings", json_of(result.warnings)}}
              .dump(2, ' ', false, ordered_json::error_handler_t::replace) +
          "\n");
  } else {
    tell_findings(file, result);
    if (result.config) print(fmt::format("{}: all is well\n", file));
  }
  return result.config ? client_exit::ok : client_exit::failed;
}

int run_config_show(const std::string& file, bool json) {
  const ConfigResult result = load_config(file);
  tell_findings(file, result);
  if (!result.config) return client_exit::failed;
  print(json ? show_json(*result.config) + "\n" : show_toml(*result.config));
  return client_exit::ok;
}

int run_config_reference() {
  print(configuration_page());
  return client_exit::ok;
}

int run_doctor(const std::string& file, bool json) {
  Findings findings(json);
  const ConfigResult result = load_config(file);
  for (const Mistake& mistake : result.mistakes) findings.fault(mistake.text(file));
  for (const Mistake& warning : result.warnings) findings.warning(warning.text(file));
  if (!result.config) return findings.finish();
  const AppConfig& config = *result.config;
  findings.good(fmt::format("{}: {} categories, {} operators, {} shards", file, config.core.categories.size(),
                            config.core.operators.size(), config.shards));
  if (sodium_init() < 0) findings.fault("libsodium cannot be used");
  if (const auto files = load_files(config)) {
    findings.good("certificates, keys and tokens can be read");
  } else {
    for (const std::string& error : files.error()) findings.fault(error);
  }
  ControlStore store(config.redis, std::chrono::seconds(3));
  const RedisCheck redis = check_redis(store, config);
  for (const std::string& fact : redis.facts) findings.good(fact);
  for (const std::string& warning : redis.warnings) findings.warning("redis: " + warning);
  for (const std::string& fault : redis.faults) findings.fault("redis: " + fault);
  if (redis.usable) findings.good("redis: the user may do what an engine does");
  for (std::size_t i = 0; i < config.links.size(); ++i)
    check_host(config.core.operators[i].name, config.links[i], findings);
  return findings.finish();
}

}  // namespace anchal::app
