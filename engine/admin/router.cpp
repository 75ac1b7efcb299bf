#include "engine/admin/router.h"

#include <algorithm>
#include <exception>

#include "engine/admin/problem.h"

namespace anchal::admin {
namespace {

bool is_placeholder(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

std::string_view host_only(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool is_loopback_name(std::string_view host) {
  const std::string_view name = host_only(host);
  // An address, not a name that begins like one: 127.example.org is whose page wants it.
  const bool is_address = name.find_first_not_of("0123456789.") == std::string_view::npos;
  return name == "localhost" || name == "[::1]" || (is_address && name.starts_with("127."));
}

bool method_fits(const Route& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return type == "application/json" || type == "application/cloudevents+json";
}

}  // namespace

void Router::add(Route route) {
  Entry entry{std::move(route), {}};
  entry.segments = parse_target(entry.route.pattern).segments;
  entries_.push_back(std::move(entry));
}

std::vector<const Route*> Router::routes() const {
  std::vector<const Route*> out;
  out.reserve(entries_.size());
  for (const Entry& entry : entries_) out.push_back(&entry.route);
  return out;
}

bool Router::matches(const Entry& entry, const Target& target, std::vector<std::string>& arguments) {
  if (entry.segments.size() != target.segments.size()) return false;
  arguments.clear();
  for (std::size_t i = 0; i < entry.segments.size(); ++i) {
    if (is_placeholder(entry.segments[i])) {
      arguments.push_back(target.segments[i]);
    } else if (entry.segments[i] != target.segments[i]) {
      return false;
    }
  }
  return true;
}

std::size_t Router::body_max(const Request& head) const {
  const Target target = parse_target(head.target);
  std::vector<std::string> arguments;
  for (const Entry& entry : entries_) {
    if (target.ok && method_fits(entry.route, head.method) && matches(entry, target, arguments)) {
      return entry.route.body_max;
    }
  }
  return 0;
}

std::optional<Response> Router::refusal(const Route& route, const Request& request,
                                        std::optional<Identity>& identity) const {
  const bool changes = route.method != "GET";
  // Without tokens a web page open in a browser on this machine must not act for its user: neither by a name
  // of its own that resolves to us, nor by posting a form.
  if (tokens_.is_open() && !is_loopback_name(request.host)) {
    return problem(403, "without tokens only requests to a loopback name are answered; see Host");
  }
  if (changes && !request.origin.empty()) {
    const std::size_t scheme = request.origin.find("://");
    if (scheme == std::string::npos || request.origin.substr(scheme + 3) != request.host) {
      return problem(403, "requests from pages of other origins are not answered");
    }
  }
  if (!route.open) {
    identity = tokens_.identify(request.authorization);
    if (!identity) return problem(401, "a bearer token is needed");
    if (!allows(identity->role, route.role)) {
      return problem(403, "this needs the role " + std::string(to_string(route.role)) + ", the token has " +
                              std::string(to_string(identity->role)));
    }
  }
  if (changes && !is_json(request.content_type)) {
    return problem(415, "the body must be JSON with Content-Type: application/json");
  }
  return std::nullopt;
}

std::variant<Router::Admitted, Response> Router::admit(const Request& request) const {
  Target target = parse_target(request.target);
  if (!target.ok) return problem(400, "the target is not a path, or has a broken % escape");
  std::vector<std::string> arguments;
  std::string allowed;
  for (const Entry& entry : entries_) {
    if (!matches(entry, target, arguments)) continue;
    if (!method_fits(entry.route, request.method)) {
      allowed += (allowed.empty() ? "" : ", ") + entry.route.method;
      continue;
    }
    std::optional<Identity> identity;
    if (auto refused = refusal(entry.route, request, identity)) return std::move(*refused);
    return Admitted{&entry.route, identity.value_or(Identity{}), std::move(arguments), std::move(target)};
  }
  if (allowed.empty()) return problem(404, "there is nothing at this path");
  Response response = problem(405, "this path takes " + allowed);
  response.headers.emplace_back("Allow", allowed);
  return response;
}

Response Router::run(const Admitted& admitted, const Request& request) {
  const Call call{request, admitted.identity, admitted.arguments, admitted.target};
  try {
    return admitted.route->handler(call);
  } catch (const std::exception&) {
    return problem(500, "the request could not be answered; the log may say more");
  }
}

Response Router::answer(const Request& request) const {
  auto admitted = admit(request);
  if (auto* response = std::get_if<Response>(&admitted)) return std::move(*response);
  return run(std::get<Admitted>(admitted), request);
}

}  // namespace anchal::admin
