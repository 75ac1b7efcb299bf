#include "engine/net/listener.h"

#include <cerrno>
#include <system_error>

#include "engine/net/socket.h"
#include "engine/net/stream_impl.h"
#include "engine/net/timer.h"

namespace anchal::net {

namespace {

constexpr int kBacklog = 512;
constexpr int kAcceptsPerEvent = 64;
constexpr auto kPauseWithoutDescriptors = std::chrono::milliseconds(100);

}  // namespace

struct Listener::Impl : std::enable_shared_from_this<Listener::Impl> {
  explicit Impl(Loop& on_loop) : loop(on_loop), pause(on_loop, [this] { start(); }) {}

  void start() {
    uv_poll_start(poll.get(), UV_READABLE, [](uv_poll_t* handle, int, int) {
      if (auto* const self = static_cast<Impl*>(handle->data); self != nullptr) {
        self->accept_some();
      }
    });
  }

  void accept_some() {
    const auto held = shared_from_this();
    for (int count = 0; count < kAcceptsPerEvent && poll; ++count) {
      SocketAddress from;
      from.length = sizeof from.storage;
      Descriptor accepted(::accept4(socket.get(), from.get(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!accepted.valid()) {
        if (errno == ECONNABORTED || errno == EINTR) {
          continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
          // The waiting connection keeps the socket readable: without a pause the loop would spin.
          uv_poll_stop(poll.get());
          pause.start(kPauseWithoutDescriptors);
        }
        return;
      }
      auto stream = std::make_unique<Stream>(loop, options);
      stream->impl_->adopt(std::move(accepted), from, tls);
      on_accept(std::move(stream));
    }
  }

  Loop& loop;
  StreamOptions options;
  std::shared_ptr<const TlsContext> tls;
  Callback<std::unique_ptr<Stream>> on_accept;
  Descriptor socket;
  UvHandle<uv_poll_t> poll;
  Timer pause;
  std::uint16_t port = 0;
};

std::expected<std::unique_ptr<Listener>, std::string> Listener::listen(Loop& loop, const std::string& host,
                                                                       std::uint16_t port, OnAccept on_accept,
                                                                       std::shared_ptr<const TlsContext> tls,
                                                                       StreamOptions options,
                                                                       bool shared_port) {
  const std::string where = host_and_port(host, port);
  const auto failure = [&where](int error) {
    return std::unexpected("cannot listen on " + where + ": " + std::generic_category().message(error));
  };
  const auto addresses = numeric_address(host == "localhost" ? "127.0.0.1" : host, port);
  if (addresses.empty()) {
    return std::unexpected("cannot listen on " + where + ": not a numeric address");
  }
  auto opened = open_socket(addresses.front().storage.ss_family);
  if (!opened) {
    return failure(opened.error());
  }
  const int on = 1;
  ::setsockopt(opened->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (shared_port) {
    ::setsockopt(opened->get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  }
  if (::bind(opened->get(), addresses.front().get(), addresses.front().length) != 0 ||
      ::listen(opened->get(), kBacklog) != 0) {
    return failure(errno);
  }
  SocketAddress bound;
  bound.length = sizeof bound.storage;
  if (::getsockname(opened->get(), bound.get(), &bound.length) != 0) {
    return failure(errno);
  }
  auto impl = std::make_shared<Impl>(loop);
  impl->options = options;
  impl->tls = std::move(tls);
  impl->on_accept = std::move(on_accept);
  impl->socket = std::move(*opened);
  impl->port = bound.port();
  auto* const handle = new uv_poll_t;
  if (const int status = uv_poll_init(loop.raw(), handle, impl->socket.get()); status != 0) {
    delete handle;
    return failure(-status);
  }
  impl->poll = adopt_handle(handle, impl.get());
  impl->start();
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

Listener::Listener(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Listener::~Listener() {
  impl_->poll.reset();
  impl_->pause.stop();
  impl_->socket.close();
}

std::uint16_t Listener::port() const {
  return impl_->port;
}

}  // namespace anchal::net
