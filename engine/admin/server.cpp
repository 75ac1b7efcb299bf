#include "engine/admin/server.h"

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "engine/admin/problem.h"
#include "metrics/cells.h"

namespace anchal::admin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

// Only until the route says how much it takes; the content length is compared with that at once.
constexpr std::uint64_t kBodyCeiling = 64 << 20;

metrics::HttpClass class_of(unsigned status) {
  if (status < 300) return metrics::HttpClass::success;
  if (status < 400) return metrics::HttpClass::redirect;
  return status < 500 ? metrics::HttpClass::client_error : metrics::HttpClass::server_error;
}

class Connection;

/// What all connections share. Lives on the io thread but for run_on_worker().
struct Hub {
  Hub(ServerOptions o, const Router& r, metrics::AdminCells& c)
      : options(std::move(o)), router(r), cells(c), workers(options.workers) {}

  ServerOptions options;
  const Router& router;
  metrics::AdminCells& cells;
  asio::io_context io{1};
  asio::thread_pool workers;
  std::vector<std::weak_ptr<Connection>> connections;
  std::vector<std::shared_ptr<Connection>> streams;  // between events nothing else keeps them
  std::shared_ptr<const std::string> last_event;
  bool stopping = false;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, std::shared_ptr<Hub> hub)
      : stream_(std::move(socket)), hub_(std::move(hub)) {}

  void start() { read_header(); }

  void turn_away() {
    keep_alive_ = false;
    write(problem(503, "too many connections are open"));
  }

  void close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
  }

  void send_event(const std::shared_ptr<const std::string>& text) {
    if (event_ != nullptr) return;  // the last one is still under way: this reader misses one
    event_ = text;
    stream_.expires_after(std::chrono::seconds(hub_->options.write_s));
    asio::async_write(stream_, asio::buffer(*event_),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        self->event_.reset();
                        if (error) self->close();
                      });
  }

  bool is_open() const { return stream_.socket().is_open(); }

 private:
  void read_header() {
    parser_.emplace();
    parser_->header_limit(hub_->options.header_max);
    parser_->body_limit(kBodyCeiling);
    stream_.expires_after(std::chrono::seconds(hub_->options.idle_s));
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (error) return self->refuse(error);
                              self->on_header();
                            });
  }

  void on_header() {
    const auto& head = parser_->get();
    const auto field = [&](http::field name) { return std::string(head[name]); };
    request_ = Request{};
    request_.method = std::string(head.method_string());
    request_.target = std::string(head.target());
    request_.host = field(http::field::host);
    request_.origin = field(http::field::origin);
    request_.content_type = field(http::field::content_type);
    request_.authorization = field(http::field::authorization);
    keep_alive_ = head.keep_alive();

    const std::size_t body_max = hub_->router.body_max(request_);
    const auto length = parser_->content_length();
    if (length && *length > body_max) return refuse_body(body_max);
    parser_->body_limit(body_max);
    stream_.expires_after(std::chrono::seconds(hub_->options.request_s));
    if (beast::iequals(field(http::field::expect), "100-continue")) return send_continue();
    read_body();
  }

  void send_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error) return self->close();
                        self->read_body();
                      });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error == http::error::body_limit) return self->refuse_body(0);
      if (error) return self->refuse(error);
      self->request_.body = std::move(self->parser_->get().body());
      self->on_request();
    });
  }

  void on_request() {
    stream_.expires_never();
    auto admitted = hub_->router.admit(request_);
    if (auto* refused = std::get_if<Response>(&admitted)) return write(std::move(*refused));
    auto& let_in = std::get<Router::Admitted>(admitted);
    if (let_in.route->events) return begin_events();
    if (let_in.route->quick) return write(Router::run(let_in, request_));
    asio::post(hub_->workers, [self = shared_from_this(), let_in = std::move(let_in)] {
      auto response = std::make_shared<Response>(Router::run(let_in, self->request_));
      asio::post(self->hub_->io, [self, response] { self->write(std::move(*response)); });
    });
  }

  void refuse_body(std::size_t body_max) {
    keep_alive_ = false;  // what follows is not read
    write(problem(413, body_max == 0 ? std::string("the body is too large for this path")
                                     : "the body is larger than " + std::to_string(body_max) + " octets"));
  }

  void refuse(error_code error) {
    if (error == http::error::header_limit) {
      keep_alive_ = false;
      return write(problem(431, "the header is too large"));
    }
    const bool malformed = error.category() == http::make_error_code(http::error::bad_method).category() &&
                           error != http::error::end_of_stream && error != http::error::partial_message;
    if (!malformed) return close();
    keep_alive_ = false;
    write(problem(400, "this is not an HTTP request"));
  }

  void write(Response response) {
    if (!stream_.socket().is_open()) return;
    hub_->cells.requests[class_of(response.status)].add();
    answer_ = {};
    answer_.version(11);
    answer_.result(response.status);
    answer_.reason(std::string(phrase_of(response.status)));
    answer_.set(http::field::content_type, response.content_type);
    answer_.set(http::field::cache_control, "no-store");
    answer_.set("X-Content-Type-Options", "nosniff");
    answer_.set("Referrer-Policy", "no-referrer");
    for (const auto& [name, value] : response.headers) answer_.set(name, value);
    answer_.keep_alive(keep_alive_);
    answer_.content_length(response.body.size());
    if (request_.method != "HEAD") answer_.body() = std::move(response.body);
    stream_.expires_after(std::chrono::seconds(hub_->options.write_s));
    http::async_write(stream_, answer_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error || self->hub_->stopping) return self->close();
      if (!self->keep_alive_) return self->close_gently();
      self->read_header();
    });
  }

  /// Ends our side and lets the peer read the answer: closing with unread octets would reset it away.
  void close_gently() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds(2));
    drain();
  }

  void drain() {
    stream_.async_read_some(asio::buffer(scratch_),
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (error) return self->close();
                              self->drain();
                            });
  }

  void begin_events() {
    static constexpr std::string_view kHead =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
    hub_->cells.requests[metrics::HttpClass::success].add();
    stream_.expires_after(std::chrono::seconds(hub_->options.write_s));
    asio::async_write(stream_, asio::buffer(kHead),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error) return self->close();
                        if (self->hub_->stopping) return self->close();
                        self->hub_->streams.push_back(self);
                        if (self->hub_->last_event) self->send_event(self->hub_->last_event);
                      });
  }

  beast::tcp_stream stream_;
  std::shared_ptr<Hub> hub_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> answer_;
  Request request_;
  bool keep_alive_ = true;
  std::shared_ptr<const std::string> event_;
  std::array<char, 4096> scratch_{};
};

void forget_the_gone(Hub& hub) {
  std::erase_if(hub.streams, [](const auto& connection) { return !connection->is_open(); });
  std::erase_if(hub.connections, [](const auto& weak) {
    const auto connection = weak.lock();
    return !connection || !connection->is_open();
  });
}

}  // namespace

struct Server::Impl {
  Impl(ServerOptions options, const Router& router, metrics::AdminCells& cells)
      : hub(std::make_shared<Hub>(std::move(options), router, cells)),
        acceptor(hub->io),
        ticker(hub->io),
        work(asio::make_work_guard(hub->io)) {}

  std::optional<std::string> listen() {
    const std::string& host = hub->options.host;
    error_code error;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
    if (error) return host + " is not a numeric address";
    const tcp::endpoint endpoint(address, hub->options.port);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return host + ":" + std::to_string(hub->options.port) + ": " + error.message();
    return std::nullopt;
  }

  void accept() {
    acceptor.async_accept([this](error_code error, tcp::socket socket) {
      if (hub->stopping) return;
      if (!error) welcome(std::move(socket));
      if (error && error != asio::error::connection_aborted) return accept_later();  // out of descriptors
      accept();
    });
  }

  void accept_later() {
    pause = std::make_unique<asio::steady_timer>(hub->io, std::chrono::milliseconds(100));
    pause->async_wait([this](error_code error) {
      if (!error && !hub->stopping) accept();
    });
  }

  void welcome(tcp::socket socket) {
    forget_the_gone(*hub);
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    auto connection = std::make_shared<Connection>(std::move(socket), hub);
    const bool full = hub->connections.size() >= hub->options.connections_max;
    hub->connections.push_back(connection);
    if (full) return connection->turn_away();
    connection->start();
  }

  void tick() {
    ticker.expires_after(std::chrono::seconds(1));
    ticker.async_wait([this](error_code error) {
      if (error || hub->stopping) return;
      forget_the_gone(*hub);
      if (hub->streams.empty()) hub->last_event.reset();
      if (!hub->streams.empty() && hub->options.event && !asking) ask_for_event();
      tick();
    });
  }

  void ask_for_event() {
    asking = true;
    asio::post(hub->workers, [this] {
      std::string value;
      try {
        value = hub->options.event();
      } catch (const std::exception&) {
        value.clear();  // nothing to tell this second
      }
      asio::post(hub->io, [this, value = std::move(value)] {
        asking = false;
        if (value.empty()) return;
        hub->last_event = std::make_shared<const std::string>("data: " + value + "\n\n");
        for (const auto& connection : hub->streams) connection->send_event(hub->last_event);
      });
    });
  }

  void stop() {
    if (!thread.joinable()) return;
    asio::post(hub->io, [this] {
      hub->stopping = true;
      error_code ignored;
      acceptor.close(ignored);
      ticker.cancel();
      pause.reset();
      for (const auto& weak : hub->connections) {
        if (const auto connection = weak.lock()) connection->close();
      }
      hub->streams.clear();
    });
    hub->workers.join();
    work.reset();  // the loop ends when the last connection has let go of it
    thread.join();
  }

  std::shared_ptr<Hub> hub;
  tcp::acceptor acceptor;
  asio::steady_timer ticker;
  std::unique_ptr<asio::steady_timer> pause;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  bool asking = false;
  std::thread thread;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  stop();
}

std::expected<std::unique_ptr<Server>, std::string> Server::start(ServerOptions options, const Router& router,
                                                                  metrics::AdminCells& cells) {
  auto impl = std::make_unique<Impl>(std::move(options), router, cells);
  if (auto error = impl->listen()) return std::unexpected(*error);
  impl->accept();
  impl->tick();
  impl->thread = std::thread([hub = impl->hub] { hub->io.run(); });
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const {
  error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

void Server::stop() {
  impl_->stop();
}

}  // namespace anchal::admin
