#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace anchal::admin {

/// Where the admin listener of an engine is: "http://127.0.0.1:8600" or "127.0.0.1:8600".
struct Endpoint {
  std::string host = "127.0.0.1";
  std::string port = "8600";
};
std::expected<Endpoint, std::string> parse_endpoint(std::string_view text);

struct Reply {
  unsigned status = 0;
  std::string content_type;
  std::string body;
};

enum class ClientFailure : std::uint8_t { unreachable, timed_out };

struct ClientError {
  ClientFailure kind = ClientFailure::unreachable;
  std::string text;
};

/// A blocking HTTP client for the verbs of the command and for tests: one connection per request.
class Client {
 public:
  Client(Endpoint endpoint, std::string token) : endpoint_(std::move(endpoint)), token_(std::move(token)) {}

  /// `timeout` covers the whole request. A body is sent as JSON; POST without one sends {}.
  std::expected<Reply, ClientError> request(
      std::string_view method, std::string_view target, std::string_view body = {},
      std::chrono::milliseconds timeout = std::chrono::seconds(15)) const;

 private:
  Endpoint endpoint_;
  std::string token_;
};

}  // namespace anchal::admin
