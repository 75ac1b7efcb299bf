#include "engine/admin/client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace anchal::admin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint64_t kReplyMax = 64 << 20;

/// One request from resolution to the last octet, step by step, so that one deadline covers it.
class Exchange {
 public:
  Exchange(asio::io_context& io, const Endpoint& endpoint) : endpoint_(endpoint), resolver_(io), stream_(io) {
    parser_.body_limit(kReplyMax);
  }

  http::request<http::string_body> request;
  error_code error;
  bool done = false;
  http::response_parser<http::string_body> parser_;

  void start() {
    resolver_.async_resolve(endpoint_.host, endpoint_.port, [this](error_code e, const auto& addresses) {
      if (failed(e)) return;
      stream_.async_connect(addresses, [this](error_code e2, const auto&) {
        if (failed(e2)) return;
        write();
      });
    });
  }

 private:
  bool failed(error_code e) {
    error = e;
    return bool{e};
  }
  void write() {
    http::async_write(stream_, request, [this](error_code e, std::size_t) {
      // A server may answer and stop reading before it has our whole body: look for the answer all the same.
      if (e && e != boost::asio::error::broken_pipe && e != boost::asio::error::connection_reset) {
        failed(e);
        return;
      }
      read();
    });
  }
  void read() {
    http::async_read(stream_, buffer_, parser_, [this](error_code e, std::size_t) {
      if (!failed(e)) done = true;
    });
  }

  const Endpoint& endpoint_;
  asio::ip::tcp::resolver resolver_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
};

}  // namespace

std::expected<Endpoint, std::string> parse_endpoint(std::string_view text) {
  if (text.starts_with("http://")) text.remove_prefix(7);
  if (text.ends_with('/')) text.remove_suffix(1);
  const std::size_t colon = text.rfind(':');
  if (text.empty() || colon == 0 || text.find('/') != std::string_view::npos) {
    return std::unexpected("write host:port or http://host:port");
  }
  Endpoint endpoint;
  const bool bare_v6 = text.starts_with('[') && text.ends_with(']');
  std::string_view host = colon == std::string_view::npos || bare_v6 ? text : text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return std::unexpected("write host:port or http://host:port");
  endpoint.host = host;
  if (colon != std::string_view::npos && !bare_v6) endpoint.port = text.substr(colon + 1);
  if (endpoint.port.empty() || endpoint.port.find_first_not_of("0123456789") != std::string::npos) {
    return std::unexpected("the port must be a number");
  }
  return endpoint;
}

std::expected<Reply, ClientError> Client::request(std::string_view method, std::string_view target,
                                                  std::string_view body,
                                                  std::chrono::milliseconds timeout) const {
  asio::io_context io{1};
  Exchange exchange(io, endpoint_);
  auto& request = exchange.request;
  request.version(11);
  request.method_string(std::string(method));
  request.target(std::string(target));
  const bool v6 = endpoint_.host.find(':') != std::string::npos;
  request.set(http::field::host, (v6 ? "[" + endpoint_.host + "]" : endpoint_.host) + ":" + endpoint_.port);
  request.set(http::field::user_agent, "anchal");
  if (!token_.empty()) request.set(http::field::authorization, "Bearer " + token_);
  request.keep_alive(false);
  if (method != "GET") {
    request.set(http::field::content_type, "application/json");
    request.body() = body.empty() ? std::string("{}") : std::string(body);
  }
  request.prepare_payload();
  exchange.start();
  io.run_for(timeout);
  const std::string where = endpoint_.host + ":" + endpoint_.port;
  if (exchange.done) {
    const auto& answer = exchange.parser_.get();
    return Reply{answer.result_int(), std::string(answer[http::field::content_type]), answer.body()};
  }
  if (exchange.error) {
    return std::unexpected(ClientError{ClientFailure::unreachable, where + ": " + exchange.error.message()});
  }
  return std::unexpected(ClientError{ClientFailure::timed_out, where + ": no answer in time"});
}

}  // namespace anchal::admin
