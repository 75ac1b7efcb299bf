// How a connection comes to be: resolution, the addresses in turn, the TLS handshake; and how it goes.

#include <cassert>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "engine/net/clock.h"
#include "engine/net/resolver.h"
#include "engine/net/stream_impl.h"

namespace anchal::net {

namespace {

std::string error_text(int error) {
  return std::generic_category().message(error);
}

/// On loopback a connect to a free port of the ephemeral range can meet itself (TCP simultaneous open).
bool connected_to_itself(int fd) {
  SocketAddress here;
  SocketAddress there;
  here.length = there.length = sizeof(sockaddr_storage);
  return ::getsockname(fd, here.get(), &here.length) == 0 &&
         ::getpeername(fd, there.get(), &there.length) == 0 && here.storage.ss_family != AF_UNIX &&
         here.length == there.length && std::memcmp(&here.storage, &there.storage, here.length) == 0;
}

}  // namespace

Stream::Impl::Impl(Loop& on_loop, StreamOptions with_options)
    : loop(on_loop),
      options(with_options),
      timer(on_loop, [this] { on_deadline(); }),
      later(on_loop, [this] { run_later(); }) {}

Stream::Impl::~Impl() {
  reset();
}

void Stream::Impl::begin(std::string peer_name, std::shared_ptr<const TlsContext> with_tls) {
  assert(state == State::idle);
  ++attempt;
  state = State::resolving;
  peer = std::move(peer_name);
  tls_context = std::move(with_tls);
  tls.reset();
  addresses.clear();
  next_address = 0;
  last_problem.clear();
  reason.reset();
  accepted_side = tell_connected = read_again = paused = wants_writable = false;
  broken = 0;
  deadline = monotonic_now() + options.connect_timeout;
  timer.start_at(deadline);
}

void Stream::Impl::connect(const std::string& host, std::uint16_t to_port,
                           std::shared_ptr<const TlsContext> with_tls) {
  begin(host_and_port(host, to_port), std::move(with_tls));
  host_name = host;
  addresses = numeric_address(host, to_port);
  if (!addresses.empty()) {
    try_next_address();
    return;
  }
  int error = 0;
  resolution = Resolution::begin(
      loop, host, to_port,
      [this](int status, std::vector<SocketAddress> found) {
        resolution = nullptr;
        on_resolved(status, std::move(found));
      },
      error);
  if (resolution == nullptr) {
    end(CloseReason::Kind::resolve, "cannot resolve " + peer + ": " + uv_strerror(error));
  }
}

void Stream::Impl::connect_unix(const std::string& path) {
  begin("unix:" + path, nullptr);
  host_name.clear();
  const auto address = unix_address(path);
  if (!address) {
    end(CloseReason::Kind::refused, "cannot connect to " + peer + ": " + error_text(address.error()));
    return;
  }
  addresses = {*address};
  try_next_address();
}

void Stream::Impl::adopt(Descriptor accepted, const SocketAddress& from,
                         std::shared_ptr<const TlsContext> with_tls) {
  begin(from.text(), std::move(with_tls));
  accepted_side = true;
  is_unix = from.is_unix();
  socket = std::move(accepted);
  apply_options(socket.get(), is_unix, options);
  watch(socket.get());
  start_link();
}

void Stream::Impl::on_resolved(int status, std::vector<SocketAddress> found) {
  if (status != 0 || found.empty()) {
    end(CloseReason::Kind::resolve,
        "cannot resolve " + peer + ": " + (status != 0 ? uv_strerror(status) : "it has no address"));
    return;
  }
  addresses = std::move(found);
  try_next_address();
}

void Stream::Impl::try_next_address() {
  while (next_address < addresses.size()) {
    const SocketAddress& address = addresses[next_address++];
    auto opened = open_socket(address.storage.ss_family);
    if (!opened) {
      last_problem = error_text(opened.error());
      continue;
    }
    is_unix = address.is_unix();
    apply_options(opened->get(), is_unix, options);
    if (::connect(opened->get(), address.get(), address.length) != 0 && errno != EINPROGRESS &&
        errno != EINTR) {
      last_problem = error_text(errno);
      continue;
    }
    socket = std::move(*opened);
    state = State::connecting;
    watch(socket.get());
    // One address that swallows packets must leave time for the others.
    const auto shares = static_cast<Duration::rep>(addresses.size() - next_address + 1);
    timer.start((deadline - monotonic_now()) / shares);
    update_interest();
    return;
  }
  end(CloseReason::Kind::refused, "cannot connect to " + peer + ": " + last_problem);
}

void Stream::Impl::watch(int fd) {
  auto* const handle = new uv_poll_t;
  if (const int status = uv_poll_init(loop.raw(), handle, fd); status != 0) {
    delete handle;
    throw std::system_error(-status, std::generic_category(), "watching a socket");
  }
  poll = adopt_handle(handle, this);
  interest = 0;
}

void Stream::Impl::on_connect_result(int error) {
  if (error == 0 && connected_to_itself(socket.get())) {
    error = ECONNREFUSED;
  }
  if (error == 0) {
    timer.start_at(deadline);
    start_link();
    return;
  }
  last_problem = error_text(error);
  drop_socket();
  try_next_address();
}

void Stream::Impl::start_link() {
  if (tls_context) {
    state = State::handshaking;
    tls = std::make_unique<TlsEngine>(
        tls_context, accepted_side ? TlsEngine::Role::server : TlsEngine::Role::client, host_name);
    continue_handshake();
    if (state == State::handshaking) {
      update_interest();
    }
  } else if (accepted_side) {
    state = State::open;
    timer.stop();
    tell_connected = true;
    later.schedule();
    update_interest();
  } else {
    announce_open();
  }
}

void Stream::Impl::continue_handshake() {
  const TlsEngine::Status status = tls->handshake();
  flush_record();  // also the alert that tells the peer why
  if (status == TlsEngine::Status::done) {
    announce_open();
  } else if (status != TlsEngine::Status::pending) {
    set_linger_zero(socket.get(), false);
    end(CloseReason::Kind::tls,
        "TLS handshake with " + peer +
            " failed: " + (status == TlsEngine::Status::closed ? "the peer ended it" : tls->error()));
  }
}

void Stream::Impl::announce_open() {
  state = State::open;
  timer.stop();
  const std::uint64_t mine = attempt;
  on_connected();
  if (same(mine)) {
    update_interest();
  }
}

void Stream::Impl::on_deadline() {
  switch (state) {
    case State::resolving:
      end(CloseReason::Kind::timeout, "resolving " + peer + " timed out");
      break;
    case State::connecting:
      if (next_address < addresses.size()) {
        drop_socket();
        last_problem = error_text(ETIMEDOUT);
        try_next_address();
      } else {
        end(CloseReason::Kind::timeout, "connecting to " + peer + " timed out");
      }
      break;
    case State::handshaking:
      end(CloseReason::Kind::timeout, "TLS handshake with " + peer + " timed out");
      break;
    case State::finishing:
    case State::draining:
      end(CloseReason::Kind::orderly, peer + ": closed, the peer did not end its side in time");
      break;
    case State::idle:
    case State::open:
    case State::ended:
      break;
  }
}

void Stream::Impl::drop_socket() {
  poll.reset();  // before the descriptor goes: libuv must not watch a number that others may get
  socket.close();
  interest = 0;
  wants_writable = false;
}

void Stream::Impl::end(CloseReason::Kind kind, std::string text) {
  if (state == State::idle || state == State::ended) {
    return;
  }
  drop_socket();
  timer.stop();
  if (resolution != nullptr) {
    resolution->abandon();
    resolution = nullptr;
  }
  state = State::ended;
  reason = CloseReason{kind, std::move(text)};
  later.schedule();
}

void Stream::Impl::end_reset(int error) {
  end(error == ETIMEDOUT ? CloseReason::Kind::timeout : CloseReason::Kind::reset,
      peer + ": " + error_text(error));
}

void Stream::Impl::reset() {
  if (socket.valid() && (state == State::finishing || state == State::draining)) {
    set_linger_zero(socket.get(), true);
  }
  drop_socket();
  timer.stop();
  later.cancel();
  if (resolution != nullptr) {
    resolution->abandon();
    resolution = nullptr;
  }
  state = State::idle;
  ++attempt;
}

}  // namespace anchal::net
