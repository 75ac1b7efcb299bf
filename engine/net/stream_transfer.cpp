// What happens on a connection that exists: events of its socket, reading, writing, the orderly end.

#include <cerrno>

#include "engine/net/stream_impl.h"

namespace anchal::net {

namespace {

/// Reads per event: a peer that never stops must leave the others their turn.
constexpr int kReadsPerEvent = 4;

}  // namespace

void Stream::Impl::on_event(int status, int events) {
  const auto held = shared_from_this();
  const std::uint64_t mine = attempt;
  if (status < 0) {
    // libuv has stopped watching: the socket has an error, which reading will tell after what came before it.
    interest = 0;
    events = UV_READABLE | UV_WRITABLE;
  }
  if (state == State::connecting) {
    on_connect_result(socket_error(socket.get()));
    return;
  }
  if ((events & UV_WRITABLE) != 0) {
    const bool sent = !tls || flush_record();
    if (state == State::finishing) {
      finish_sending();
    } else if (sent && state == State::open && wants_writable && broken == 0) {
      wants_writable = false;
      on_writable();
    }
  }
  if (same(mine) && (events & UV_READABLE) != 0 && state != State::finishing &&
      !(paused && state == State::open)) {
    read_socket();
  }
  if (same(mine) && status < 0) {
    if (const int error = socket_error(socket.get()); error != 0) {
      end_reset(error);
    }
  }
  if (same(mine)) {
    update_interest();
  }
}

void Stream::Impl::read_socket() {
  for (int round = 0; round < kReadsPerEvent; ++round) {
    const std::span<std::byte> buffer = loop.read_buffer();
    const ssize_t count = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (count == 0) {
      if (state == State::draining) {
        end(CloseReason::Kind::orderly, peer + ": closed in order");
      } else if (broken == ETIMEDOUT) {
        end_reset(broken);  // a failed send took the error: what follows only looks like the peer's end
      } else {
        end_politely_if_nothing_waits();
        end(CloseReason::Kind::peer_closed, peer + ": closed by the peer");
      }
      return;
    }
    if (count < 0) {
      if (errno != EAGAIN && errno != EINTR) {
        end_reset(errno);
      }
      return;
    }
    const auto size = static_cast<std::size_t>(count);
    if (!received(buffer.first(size)) || size < buffer.size()) {
      return;
    }
  }
}

/// The peer has ended its side: answer FIN with FIN. With unsent bytes the link is reset, so that they stay
/// here.
void Stream::Impl::end_politely_if_nothing_waits() {
  if (!is_unix && unsent_bytes() == 0) {
    set_linger_zero(socket.get(), false);
  }
}

/// False: read no more in this event.
bool Stream::Impl::received(std::span<const std::byte> bytes) {
  if (state == State::draining) {
    return true;
  }
  if (!tls) {
    return deliver(bytes);
  }
  tls->feed(bytes);
  if (state == State::handshaking) {
    const std::uint64_t mine = attempt;
    continue_handshake();
    if (!same(mine) || state == State::handshaking) {
      return same(mine);
    }
  }
  return state == State::open && !paused && deliver_decrypted();
}

bool Stream::Impl::deliver(std::span<const std::byte> bytes) {
  const std::uint64_t mine = attempt;
  on_data(bytes);
  return same(mine) && state == State::open && !paused;
}

bool Stream::Impl::deliver_decrypted() {
  for (;;) {
    const std::span<std::byte> buffer = loop.plain_buffer();
    std::size_t count = 0;
    switch (tls->read(buffer, count)) {
      case TlsEngine::Status::done:
        if (!deliver(buffer.first(count))) {
          return false;
        }
        break;
      case TlsEngine::Status::pending:
        flush_record();  // answers of the protocol itself, such as a key update
        return state == State::open;
      case TlsEngine::Status::closed:
        end_politely_if_nothing_waits();
        end(CloseReason::Kind::peer_closed, peer + ": closed by the peer");
        return false;
      case TlsEngine::Status::failed:
        flush_record();
        end(CloseReason::Kind::tls, "TLS with " + peer + " failed: " + tls->error());
        return false;
    }
  }
}

std::size_t Stream::Impl::write(std::span<const std::byte> bytes) {
  if (state != State::open || broken != 0 || bytes.empty()) {
    return 0;
  }
  std::size_t taken = 0;
  if (!tls) {
    taken = send_now(bytes);
  } else if (flush_record()) {
    while (taken < bytes.size()) {
      const std::size_t count = tls->write_record(bytes.subspan(taken));
      if (count == 0) {
        end(CloseReason::Kind::tls, "TLS with " + peer + " failed: " + tls->error());
        return taken;
      }
      taken += count;
      if (!flush_record()) {
        break;
      }
    }
  }
  wants_writable = taken < bytes.size();
  update_interest();
  return taken;
}

/// True when no encrypted byte waits any more.
bool Stream::Impl::flush_record() {
  while (record_waits() && broken == 0) {
    const std::size_t count = send_now(tls->output());
    if (count == 0) {
      return false;
    }
    tls->consume_output(count);
  }
  return broken == 0;
}

std::size_t Stream::Impl::send_now(std::span<const std::byte> bytes) {
  for (;;) {
    const ssize_t count = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      return static_cast<std::size_t>(count);
    }
    if (errno == EINTR) {
      continue;
    }
    if (errno != EAGAIN) {
      // The peer's last words may still stand in the receive buffer: they are read before the end is told.
      broken = errno;
      later.schedule();
    }
    return 0;
  }
}

std::size_t Stream::Impl::unsent_bytes() const {
  if (!socket.valid()) {
    return 0;
  }
  return unsent_in_kernel(socket.get(), is_unix) + (tls ? tls->output().size() : 0);
}

void Stream::Impl::pause(bool on) {
  if (paused == on) {
    return;
  }
  paused = on;
  if (!on && tls && state == State::open) {
    read_again = true;  // decrypted bytes may wait that no socket event will announce
    later.schedule();
  }
  update_interest();
}

void Stream::Impl::run_later() {
  const auto held = shared_from_this();
  const std::uint64_t mine = attempt;
  if (state == State::ended) {
    state = State::idle;
    on_closed(*reason);
    return;
  }
  if (tell_connected) {
    tell_connected = false;
    on_connected();
  }
  if (same(mine) && read_again) {
    read_again = false;
    if (state == State::open && !paused) {
      deliver_decrypted();
    }
  }
  if (same(mine) && broken != 0) {
    if (state == State::open && !paused) {
      read_socket();
    }
    if (same(mine)) {
      end_reset(broken);
    }
  }
  if (same(mine)) {
    update_interest();
  }
}

void Stream::Impl::close_orderly(Duration patience) {
  switch (state) {
    case State::resolving:
    case State::connecting:
    case State::handshaking:
      end(CloseReason::Kind::orderly, peer + ": given up before it was connected");
      return;
    case State::open:
      break;
    case State::idle:
    case State::finishing:
    case State::draining:
    case State::ended:
      return;
  }
  state = State::finishing;
  wants_writable = tell_connected = false;
  set_linger_zero(socket.get(), false);
  timer.start(patience);
  if (tls) {
    tls->write_close_notify();
  }
  finish_sending();
  update_interest();
}

void Stream::Impl::finish_sending() {
  if (tls && !flush_record()) {
    return;
  }
  ::shutdown(socket.get(), SHUT_WR);
  state = State::draining;
}

void Stream::Impl::update_interest() {
  if (!socket.valid()) {
    return;
  }
  int wanted = 0;
  switch (state) {
    case State::connecting:
    case State::finishing:
      wanted = UV_WRITABLE;
      break;
    case State::handshaking:
      wanted = UV_READABLE | (record_waits() ? UV_WRITABLE : 0);
      break;
    case State::open:
      wanted = (paused ? 0 : UV_READABLE) | (wants_writable || record_waits() ? UV_WRITABLE : 0);
      break;
    case State::draining:
      wanted = UV_READABLE;
      break;
    case State::idle:
    case State::resolving:
    case State::ended:
      break;
  }
  if (broken != 0) {
    wanted = 0;  // the end is under way
  }
  if (wanted == interest) {
    return;
  }
  interest = wanted;
  // With no events libuv stops watching; otherwise each start costs two epoll_ctl calls, hence the check
  // above.
  uv_poll_start(poll.get(), wanted, [](uv_poll_t* handle, int status, int events) {
    if (auto* const self = static_cast<Impl*>(handle->data); self != nullptr) {
      self->on_event(status, events);
    }
  });
}

}  // namespace anchal::net
