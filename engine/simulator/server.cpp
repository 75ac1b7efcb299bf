#include "engine/simulator/server.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "engine/net/clock.h"
#include "engine/net/hooks.h"
#include "engine/net/stream.h"
#include "engine/net/timer.h"
#include "engine/simulator/random.h"

namespace anchal::simulator {
namespace {

constexpr std::string_view kHttpAnswer =
    "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 29\r\n"
    "Connection: close\r\n\r\n<html>400 Bad Request\n</html>";

}  // namespace

struct Server::Impl {
  struct Link {
    std::unique_ptr<net::Stream> stream;
    bool closing = false;
    bool paused = false;
    smpp::Buffer foreign;  // what a server that is no SMSC still has to say
  };

  Impl(net::Loop& the_loop, Smsc& the_smsc, const ServerOptions& the_options)
      : loop(the_loop),
        smsc(the_smsc),
        options(the_options),
        random(the_options.seed),
        timer(loop, [this] { turn(); }),
        patience(loop, [this] { finish(); }),
        end_of_turn(loop, net::TurnHook::Phase::before_sleep, [this] { turn(); }) {}

  void accept(std::unique_ptr<net::Stream> stream) {
    const LinkId id = ++last_link;
    Link& link = links[id];
    link.stream = std::move(stream);
    net::Stream::Callbacks callbacks;
    callbacks.on_connected = [this, id] { connected(id); };
    callbacks.on_data = [this, id](std::span<const std::byte> bytes) { arrived(id, bytes); };
    callbacks.on_writable = [this, id] { writable.push_back(id); };
    callbacks.on_closed = [this, id](const net::CloseReason&) { closed(id); };
    link.stream->set_callbacks(std::move(callbacks));
  }

  void connected(LinkId id) {
    if (options.speech == Speech::smpp) smsc.on_connect(id, net::monotonic_now());
    if (options.speech == Speech::garbage) say_garbage(id);
  }

  void arrived(LinkId id, std::span<const std::byte> bytes) {
    switch (options.speech) {
      case Speech::smpp:
        smsc.on_bytes(id, bytes, net::monotonic_now());
        break;
      case Speech::http:
        links[id].foreign.append(smpp_octets(kHttpAnswer));
        write_foreign(id);
        if (const auto at = links.find(id); at != links.end()) at->second.stream->close_orderly();
        break;
      case Speech::garbage:
        say_garbage(id);
        break;
    }
  }

  static std::span<const std::byte> smpp_octets(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
  }

  void say_garbage(LinkId id) {
    std::array<std::uint64_t, 64> noise;
    std::generate(noise.begin(), noise.end(), [this] { return random.next(); });
    links[id].foreign.append(std::as_bytes(std::span(noise)).first(1 + random.below(sizeof noise)));
    write_foreign(id);
  }

  void write_foreign(LinkId id) {
    Link& link = links[id];
    link.foreign.consume(link.stream->write(link.foreign.bytes()));
  }

  void closed(LinkId id) {
    if (options.speech == Speech::smpp) smsc.on_disconnect(id, net::monotonic_now());
    links.erase(id);
    if (stopping && links.empty()) finish();
  }

  /// True when octets went out.
  bool write(LinkId id) {
    const auto at = links.find(id);
    if (at == links.end()) return false;
    Link& link = at->second;
    if (smsc.state(id) == LinkState::resetting) {
      const std::unique_ptr<net::Stream> stream = std::move(link.stream);
      stream->reset();
      closed(id);
      return false;
    }
    smpp::Buffer& output = smsc.output(id);
    bool wrote = false;
    while (!output.empty() && !link.stream->write_blocked()) {
      std::span<const std::byte> bytes = output.bytes();
      if (options.write_size != 0) bytes = bytes.first(std::min(bytes.size(), options.write_size));
      const std::size_t taken = link.stream->write(bytes);
      output.consume(taken);
      wrote |= taken != 0;
      if (taken < bytes.size()) break;
    }
    if (output.empty() && smsc.state(id) == LinkState::closing && !link.closing) {
      link.closing = true;
      link.stream->close_orderly();
    }
    const bool pause = !smsc.wants_bytes(id);
    if (pause != link.paused) {
      link.paused = pause;
      pause ? link.stream->pause_reading() : link.stream->resume_reading();
    }
    return wrote;
  }

  // Room made by writing lets more receipts go, which are to be written in turn. A few rounds, then sockets
  // again.
  void turn() {
    if (options.speech != Speech::smpp) return;
    const TimePoint now = net::monotonic_now();
    if (smsc.next_deadline() <= now) smsc.on_tick(now);
    bool wrote = false;
    for (const LinkId id : std::exchange(writable, {})) wrote |= write(id);
    for (int round = 0; round < 4; ++round) {
      const std::span<const LinkId> changed = smsc.touched();
      touched.assign(changed.begin(), changed.end());
      if (touched.empty() && !wrote) break;
      wrote = false;
      for (const LinkId id : touched) wrote |= write(id);
      if (wrote) smsc.on_tick(now);
    }
    if (wrote) loop.ask_for_another_turn();
    const TimePoint next = smsc.next_deadline();
    if (next == TimePoint::max()) {
      timer.stop();
    } else if (!timer.armed() || next != armed_for) {
      timer.start_at(next);
      armed_for = next;
    }
  }

  void finish() {
    patience.stop();
    if (!stopping || !on_stopped) return;
    std::exchange(on_stopped, nullptr)();
  }

  net::Loop& loop;
  Smsc& smsc;
  ServerOptions options;
  Random random;
  std::unique_ptr<net::Listener> listener;
  std::map<LinkId, Link> links;
  LinkId last_link = 0;
  std::vector<LinkId> touched, writable;
  net::Timer timer;
  TimePoint armed_for;
  net::Timer patience;
  bool stopping = false;
  std::function<void()> on_stopped;
  net::TurnHook end_of_turn;
};

std::expected<std::unique_ptr<Server>, std::string> Server::listen(net::Loop& loop, Smsc& smsc,
                                                                   const ServerOptions& options) {
  auto impl = std::make_unique<Impl>(loop, smsc, options);
  net::StreamOptions stream_options;
  stream_options.notsent_lowat = 0;  // throughput matters here, not how little waits in the kernel
  Impl* raw = impl.get();
  auto listener = net::Listener::listen(
      loop, options.host, options.port,
      [raw](std::unique_ptr<net::Stream> stream) { raw->accept(std::move(stream)); }, options.tls,
      stream_options);
  if (!listener) return std::unexpected(listener.error());
  impl->listener = std::move(*listener);
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

std::uint16_t Server::port() const {
  return impl_->listener->port();
}

void Server::shut_down(Duration patience, std::function<void()> done) {
  if (impl_->stopping) return;
  impl_->stopping = true;
  impl_->on_stopped = std::move(done);
  impl_->listener.reset();
  if (impl_->links.empty() || impl_->options.speech != Speech::smpp) {
    impl_->finish();
    return;
  }
  impl_->patience.start(patience);
  const TimePoint now = net::monotonic_now();
  for (const auto& [id, link] : impl_->links) impl_->smsc.unbind(id, now);
}

}  // namespace anchal::simulator
