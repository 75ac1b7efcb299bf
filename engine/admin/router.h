#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/admin/http.h"
#include "engine/admin/tokens.h"

namespace anchal::admin {

/// What a handler is given: the request, who asks, the values of the pattern's {names} in order, the query.
struct Call {
  const Request& request;
  Identity identity;
  std::vector<std::string> arguments;
  Target target;
};

struct Route {
  std::string method = {};   // "GET" also answers HEAD
  std::string pattern = {};  // "/api/v1/blackouts/{id}/end"
  Role role = Role::viewer;
  bool open = false;    // needs no token: health, metrics, the console's page
  bool quick = false;   // may run on the thread that serves the sockets; else on a worker
  bool events = false;  // answers with the stream of server-sent events
  std::size_t body_max = 256 * 1024;
  std::function<Response(const Call&)> handler = {};
};

/// Finds the route of a request, checks who asks and where from, and calls the handler. Routes are added
/// before it is used; then it is read-only and any thread may ask it. Handlers may throw: that is answered
/// with 500 and nothing of the exception's text.
class Router {
 public:
  /// `tokens` must outlive the router.
  explicit Router(const Tokens& tokens) : tokens_(tokens) {}

  void add(Route route);
  /// Everything added so far, in order; for documents and tests.
  std::vector<const Route*> routes() const;

  /// The largest body the route of this request takes; 0 where there is no route.
  std::size_t body_max(const Request& head) const;

  /// A request let in: `route` stays valid as long as the router.
  struct Admitted {
    const Route* route;
    Identity identity;
    std::vector<std::string> arguments;
    Target target;
  };
  /// Everything that can be decided before the handler runs: 400, 401, 403, 404, 405, 415 or let in.
  std::variant<Admitted, Response> admit(const Request& request) const;

  /// Calls the handler of what was let in.
  static Response run(const Admitted& admitted, const Request& request);

  /// admit() and run() together.
  Response answer(const Request& request) const;

 private:
  struct Entry {
    Route route;
    std::vector<std::string> segments;
  };
  static bool matches(const Entry& entry, const Target& target, std::vector<std::string>& arguments);
  std::optional<Response> refusal(const Route& route, const Request& request,
                                  std::optional<Identity>& identity) const;

  const Tokens& tokens_;
  std::vector<Entry> entries_;
};

}  // namespace anchal::admin
