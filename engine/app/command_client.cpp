#include "engine/app/command_client.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/admin/client.h"
#include "engine/app/exit_codes.h"

namespace anchal::app {
namespace {

// A blackout is answered when EFFECTIVE: at worst a lease of a minute, and a little.
constexpr std::chrono::seconds kPatience{75};

void tell_problem(unsigned status, const std::string& body) {
  const auto problem = nlohmann::json::parse(body, nullptr, false);
  if (!problem.is_object()) return print_error(fmt::format("the engine answered {}", status));
  print_error(problem.value("detail", fmt::format("the engine answered {}", status)));
  if (!problem.contains("errors")) return;
  for (const auto& error : problem["errors"]) {
    print_error(fmt::format("  {}: {}", error.value("field", ""), error.value("message", "")));
  }
}

}  // namespace

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_error(std::string_view text) {
  fmt::print(stderr, "anchal: {}\n", text);
}

int exit_code_of(unsigned status) {
  if (status < 300) return client_exit::ok;
  switch (status) {
    case 401:
    case 403:
      return client_exit::not_allowed;
    case 404:
      return client_exit::not_found;
    case 409:
    case 422:
      return client_exit::refused;
    case 503:
      return client_exit::unreachable;
    case 504:
      return client_exit::waited_too_long;
    default:
      return client_exit::failed;
  }
}

EngineAnswer ask_engine(const ClientOptions& options, std::string_view method, const std::string& path,
                        const std::string& body) {
  const auto endpoint = admin::parse_endpoint(options.url);
  if (!endpoint) {
    print_error(fmt::format("--url {}: {}", options.url, endpoint.error()));
    return {client_exit::usage, ""};
  }
  std::string token;
  if (!options.token_file.empty()) {
    std::ifstream file(options.token_file);
    if (!std::getline(file, token) || token.empty()) {
      print_error(fmt::format("--token-file {}: there is no token in its first line", options.token_file));
      return {client_exit::usage, ""};
    }
  }
  const auto reply = admin::Client(*endpoint, token).request(method, path, body, kPatience);
  if (!reply) {
    print_error(reply.error().text);
    const bool late = reply.error().kind == admin::ClientFailure::timed_out;
    return {late ? client_exit::waited_too_long : client_exit::unreachable, ""};
  }
  const int code = exit_code_of(reply->status);
  if (code != client_exit::ok) {
    tell_problem(reply->status, reply->body);
    return {code, ""};
  }
  return {client_exit::ok, reply->body};
}

}  // namespace anchal::app
