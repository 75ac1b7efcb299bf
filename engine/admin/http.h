#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anchal::admin {

/// One HTTP request, taken apart by the server; everything else of the admin listener works on these and
/// needs no socket.
struct Request {
  std::string method = {};  // "GET", "POST", …
  std::string target = {};  // path and query as sent
  std::string host = {};    // the Host header
  std::string origin = {};  // the Origin header; empty: none
  std::string content_type = {};
  std::string authorization = {};
  std::string body = {};
};

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// A target's path segments and query, percent-decoded. `ok` is false for a broken escape or a target that is
/// not a path.
struct Target {
  bool ok = true;
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query;

  /// The first value of a query parameter; empty if there is none.
  std::string_view parameter(std::string_view name) const;
};

Target parse_target(std::string_view target);

/// Escapes what may not stand in a path segment; the inverse of what parse_target() does to one.
std::string encode_segment(std::string_view text);

}  // namespace anchal::admin
