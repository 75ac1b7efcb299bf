#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <thread>

#include "engine/admin/client.h"
#include "engine/admin/server.h"
#include "metrics/cells.h"

namespace anchal::admin {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A plain socket, for what no HTTP client would send.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval patience{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send_text(const std::string& text) {
    EXPECT_EQ(send(fd_, text.data(), text.size(), MSG_NOSIGNAL), ssize_t(text.size()));
  }
  /// What comes until the text has `until`, or the server closes.
  std::string read_until(const std::string& until) {
    std::string text;
    char buffer[4096];
    while (until.empty() || text.find(until) == std::string::npos) {
      const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
  }
  std::string read_to_end() { return read_until(""); }

 private:
  int fd_;
};

class AdminServerTest : public testing::Test {
 protected:
  void start(unsigned connections_max = 16) {
    const auto answer = [](const Call& call) {
      return Response{.body = call.request.method + " " + call.request.body};
    };
    router_.add({.method = "GET", .pattern = "/quick", .quick = true, .handler = answer});
    router_.add({.method = "GET", .pattern = "/slow", .handler = [this](const Call&) {
                   slow_started_.count_down();
                   slow_may_end_.wait();
                   return Response{.body = "slow"};
                 }});
    router_.add({.method = "POST", .pattern = "/post", .body_max = 1000, .handler = answer});
    router_.add({.method = "GET", .pattern = "/events", .events = true});
    ServerOptions options;
    options.connections_max = connections_max;
    options.header_max = 2000;
    options.event = [this] { return "{\"n\":" + std::to_string(events_.fetch_add(1)) + "}"; };
    auto server = Server::start(std::move(options), router_, cells_);
    ASSERT_TRUE(server) << server.error();
    server_ = std::move(*server);
  }
  std::expected<Reply, ClientError> request(std::string_view method, std::string_view target,
                                            std::string_view body = {}) const {
    return Client({"127.0.0.1", std::to_string(server_->port())}, "").request(method, target, body);
  }

  std::latch slow_started_{1};
  std::latch slow_may_end_{1};
  std::atomic<int> events_ = 0;
  metrics::AdminCells cells_;
  Tokens tokens_ = Tokens::open();
  Router router_{tokens_};
  std::unique_ptr<Server> server_;
};

TEST_F(AdminServerTest, AnswersGetAndPost) {
  start();
  const auto get = request("GET", "/quick");
  ASSERT_TRUE(get) << get.error().text;
  EXPECT_EQ(get->status, 200u);
  EXPECT_EQ(get->body, "GET ");
  EXPECT_EQ(request("POST", "/post", "{\"a\":1}")->body, "POST {\"a\":1}");
  EXPECT_EQ(request("GET", "/nothing")->status, 404u);
  EXPECT_EQ(cells_.requests[metrics::HttpClass::success].read(), 2u);
  EXPECT_EQ(cells_.requests[metrics::HttpClass::client_error].read(), 1u);
}

TEST_F(AdminServerTest, KeepsTheConnectionForPipelinedRequests) {
  start();
  RawClient client(server_->port());
  client.send_text(
      "GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD /quick HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "GET /quick HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string all = client.read_to_end();
  std::size_t answers = 0;
  for (std::size_t at = 0; (at = all.find("HTTP/1.1 200 OK", at)) != std::string::npos; ++at) ++answers;
  EXPECT_EQ(answers, 3u) << all;
  EXPECT_THAT(all, HasSubstr("X-Content-Type-Options: nosniff"));
}

TEST_F(AdminServerTest, BodiesAreBoundedWithAndWithoutALength) {
  start();
  const std::string large(1001, 'x');
  EXPECT_EQ(request("POST", "/post", large)->status, 413u);
  EXPECT_EQ(request("POST", "/nothing", "{}")->status, 413u) << "no route takes a body there";
  RawClient client(server_->port());
  client.send_text(
      "POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" +
      large + "\r\n0\r\n\r\n");
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(AdminServerTest, HeadersAreBounded) {
  start();
  RawClient client(server_->port());
  client.send_text("GET /quick HTTP/1.1\r\nHost: localhost\r\nX-Long: " + std::string(4000, 'x') +
                   "\r\n\r\n");
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 431 "));
}

TEST_F(AdminServerTest, WhatIsNotHttpIsToldSoAndClosed) {
  start();
  for (const char* text : {"\x16\x03\x01\x02\r\n\r\n", "HELO me\r\n\r\n", "GET /quick HTTP/9.9\r\n\r\n"}) {
    RawClient client(server_->port());
    client.send_text(text);
    EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 400 ")) << text;
  }
  EXPECT_EQ(request("GET", "/quick")->status, 200u);
}

TEST_F(AdminServerTest, AsksForTheBodyWhenThePeerWaitsForThat) {
  start();
  RawClient client(server_->port());
  client.send_text(
      "POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
      "Content-Length: 2\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue\r\n"));
  client.send_text("{}");
  EXPECT_THAT(client.read_until("POST {}"), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(AdminServerTest, ASlowHandlerDelaysNobodyElse) {
  start();
  std::thread waiting([this] { EXPECT_EQ(request("GET", "/slow")->body, "slow"); });
  slow_started_.wait();
  EXPECT_EQ(request("GET", "/quick")->status, 200u);
  EXPECT_EQ(request("POST", "/post")->status, 200u);
  slow_may_end_.count_down();
  waiting.join();
}

TEST_F(AdminServerTest, ConnectionsBeyondTheLimitAreTurnedAway) {
  start(2);
  RawClient first(server_->port());
  first.send_text("GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n");
  first.read_until("GET ");
  RawClient second(server_->port());
  second.send_text("GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n");
  second.read_until("GET ");
  RawClient third(server_->port());
  EXPECT_THAT(third.read_to_end(), StartsWith("HTTP/1.1 503 "));
}

TEST_F(AdminServerTest, EventsComeEverySecondUntilTheReaderLeaves) {
  start();
  RawClient client(server_->port());
  client.send_text("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string text = client.read_until("data: {\"n\":1}\n\n");
  EXPECT_THAT(text, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(text, HasSubstr("data: {\"n\":0}\n\n"));
  EXPECT_THAT(text, HasSubstr("data: {\"n\":1}\n\n"));
}

TEST_F(AdminServerTest, StopsWithConnectionsOpen) {
  start();
  RawClient idle(server_->port());
  RawClient events(server_->port());
  events.send_text("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  events.read_until("\r\n\r\n");
  const std::uint16_t port = server_->port();
  server_->stop();
  EXPECT_EQ(idle.read_to_end(), "");
  events.read_to_end();
  const auto refused = Client({"127.0.0.1", std::to_string(port)}, "").request("GET", "/quick");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ClientFailure::unreachable);
}

TEST_F(AdminServerTest, TheClientGivesUpInTime) {
  start();
  std::thread waiting([this] {
    const auto reply = Client({"127.0.0.1", std::to_string(server_->port())}, "")
                           .request("GET", "/slow", {}, std::chrono::milliseconds(50));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, ClientFailure::timed_out);
  });
  waiting.join();
  slow_may_end_.count_down();
}

TEST_F(AdminServerTest, APortThatIsTakenIsAnError) {
  start();
  ServerOptions options;
  options.port = server_->port();
  const auto second = Server::start(std::move(options), router_, cells_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), HasSubstr("127.0.0.1:" + std::to_string(server_->port())));
}

}  // namespace
}  // namespace anchal::admin
