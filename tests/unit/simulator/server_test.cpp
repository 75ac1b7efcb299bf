#include "engine/simulator/server.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/net/clock.h"
#include "engine/net/stream.h"
#include "smpp/pdu/frame.h"
#include "smpp/session/session.h"

namespace anchal::simulator {
namespace {

/// A socket with an ESME session on it, driven by hand.
struct Client {
  explicit Client(net::Loop& the_loop, std::uint16_t port) : loop(the_loop), stream(the_loop) {
    net::Stream::Callbacks callbacks;
    callbacks.on_connected = [this] { connected = true; };
    callbacks.on_data = [this](std::span<const std::byte> bytes) {
      heard.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    callbacks.on_closed = [this](const net::CloseReason&) { closed = true; };
    stream.set_callbacks(std::move(callbacks));
    stream.connect("127.0.0.1", port);
  }

  template <class Condition>
  bool run_until(Condition condition) {
    const TimePoint deadline = net::monotonic_now() + std::chrono::seconds(20);
    while (!condition() && net::monotonic_now() < deadline) loop.run_turn(std::chrono::milliseconds(20));
    return condition();
  }

  net::Loop& loop;
  net::Stream stream;
  std::string heard;
  bool connected = false, closed = false;
};

struct Running {
  explicit Running(ServerOptions options = {}, Behaviour behaviour = {}) : smsc({}, std::move(behaviour)) {
    options.port = 0;
    auto listening = Server::listen(loop, smsc, options);
    EXPECT_TRUE(listening) << (listening ? "" : listening.error());
    server = std::move(*listening);
  }
  net::Loop loop;
  Smsc smsc;
  std::unique_ptr<Server> server;
};

void converse(ServerOptions options) {
  Running running(std::move(options));
  smpp::SessionConfig config;
  config.system_id = "hub";
  config.window = 100;
  smpp::Session session(config);
  std::vector<smpp::Event> events;
  Client client(running.loop, running.server->port());
  ASSERT_TRUE(client.run_until([&] { return client.connected; }));

  int answers = 0, receipts = 0;
  bool submitted = false;
  session.start(net::monotonic_now());
  ASSERT_TRUE(client.run_until([&] {
    const TimePoint now = net::monotonic_now();
    const std::string heard = std::exchange(client.heard, {});
    session.on_bytes(std::as_bytes(std::span(heard)), now, events);
    for (const smpp::Event& event : events) {
      if (const auto* deliver = std::get_if<smpp::DeliverArrived>(&event)) {
        ++receipts;
        session.answer_deliver(deliver->sequence_number, 0);
      } else if (std::holds_alternative<smpp::Completed>(event)) {
        ++answers;
      }
    }
    events.clear();
    if (session.bound() && !submitted) {
      submitted = true;
      smpp::SubmitSm pdu;
      pdu.destination_addr = "919800000001";
      pdu.registered_delivery = 1;
      pdu.short_message = smpp::as_octets("hello");
      for (std::uint64_t token = 0; token < 50; ++token) (void)session.submit(pdu, token, now);
    }
    session.out().consume(client.stream.write(session.out().bytes()));
    return answers == 50 && receipts == 50;
  })) << answers
      << " answers, " << receipts << " receipts";
}

TEST(SimulatorServer, AnswersOnASocket) {
  converse({});
}

TEST(SimulatorServer, AnswersOctetByOctet) {
  ServerOptions options;
  options.write_size = 1;
  converse(options);
}

TEST(SimulatorServer, ResetsTheConnectionWhenToldSo) {
  Running running;
  Client client(running.loop, running.server->port());
  ASSERT_TRUE(
      client.run_until([&] { return client.connected && running.smsc.statistics().connections == 1; }));
  running.smsc.reset(1);
  EXPECT_TRUE(client.run_until([&] { return client.closed; }));
}

TEST(SimulatorServer, SpeaksHttp) {
  ServerOptions options;
  options.speech = Speech::http;
  Running running(options);
  Client client(running.loop, running.server->port());
  ASSERT_TRUE(client.run_until([&] { return client.connected; }));
  const std::string_view hello = "anything";
  (void)client.stream.write(std::as_bytes(std::span(hello)));
  EXPECT_TRUE(client.run_until([&] { return client.closed; }));
  EXPECT_TRUE(client.heard.starts_with("HTTP/1.1 400 "));
}

TEST(SimulatorServer, SpeaksGarbage) {
  ServerOptions options;
  options.speech = Speech::garbage;
  Running running(options);
  Client client(running.loop, running.server->port());
  EXPECT_TRUE(client.run_until([&] { return !client.heard.empty(); }));
}

TEST(SimulatorServer, ShutsDownWithoutLinksAtOnceAndWithALinkAfterItsPatience) {
  Running idle;
  bool done = false;
  idle.server->shut_down(std::chrono::seconds(5), [&] { done = true; });
  EXPECT_TRUE(done);

  Running busy;
  Client client(busy.loop, busy.server->port());
  ASSERT_TRUE(client.run_until([&] { return busy.smsc.statistics().connections == 1; }));
  bool ended = false;
  busy.server->shut_down(std::chrono::milliseconds(50), [&] { ended = true; });
  EXPECT_TRUE(client.run_until([&] { return ended; }));
}

}  // namespace
}  // namespace anchal::simulator
