#include "tests/simulation/network.h"

#include <algorithm>

namespace anchal::sim {

using namespace std::chrono_literals;

PipeEnd::PipeEnd(Network& network, PipeUser& user, std::string name)
    : network_(network), user_(&user), name_(std::move(name)) {}

void PipeEnd::set_binds(std::span<const core::BindInfo> binds) {
  for (const auto& bind : binds) {
    if (operators_.size() <= bind.id) operators_.resize(bind.id + 1u);
    operators_[bind.id] = bind.operator_index;
  }
  current_.resize(operators_.size());
  shard_connected_.resize(operators_.size());
}

void PipeEnd::connect(core::BindId bind) {
  network_.connect(*this, bind);
}

std::optional<std::size_t> PipeEnd::write(core::BindId bind, std::span<const std::byte> bytes,
                                          TimePoint /*before*/) {
  if (bind >= current_.size() || !shard_connected_[bind]) {
    network_.watcher_.on_broken_contract("write on a bind that is not connected");
    return bytes.size();
  }
  const auto connection = current_[bind];
  // Broken, and the shard has not heard yet: the kernel takes nothing, and the news is on its way.
  if (!connection->open) return bytes.size();
  return network_.write(*this, *connection, bytes);
}

void PipeEnd::close(core::BindId bind, bool orderly) {
  if (bind >= current_.size() || !current_[bind]) return;
  shard_connected_[bind] = false;
  network_.close(current_[bind], orderly);
}

void PipeEnd::break_off(core::BindId bind) {
  network_.close(current_[bind], false);
}

std::size_t PipeEnd::unsent(core::BindId bind) {
  return bind < current_.size() && current_[bind] && current_[bind]->open ? current_[bind]->kernel.size() : 0;
}

void PipeEnd::pause_reading(core::BindId bind, bool paused) {
  if (bind >= current_.size() || !current_[bind]) return;
  const auto connection = current_[bind];
  connection->reading_paused = paused;
  if (paused || connection->unread.empty()) return;
  network_.clock_.after(0ns, [this, connection] {
    while (!connection->unread.empty() && !connection->reading_paused && connection->open) {
      const std::string bytes = std::move(connection->unread.front());
      connection->unread.pop_front();
      network_.hand_to_client(connection, bytes);
    }
  });
}

void PipeEnd::note_delivered(core::BindId bind, std::span<const std::byte> bytes) {
  const auto connection = current_[bind];
  if (!connection) return;
  connection->received_eye.append(bytes);
  std::uint64_t end = 0;
  while (const auto pdu = connection->received_eye.next(end))
    network_.watcher_.on_received(*this, *connection, *pdu);
}

void PipeEnd::die(bool flushed) {
  for (const auto& connection : current_) {
    if (!connection || connection->client == nullptr) continue;
    if (connection->open) network_.watcher_.on_connection_end(*connection);
    connection->open = false;
    connection->client = nullptr;
    if (!flushed) {
      network_.go_silent(connection);
    } else if (connection->kernel.empty()) {
      network_.fin_to_server(connection);
    } else {
      connection->fin_after_kernel = true;
    }
  }
  user_ = nullptr;
}

Network::Network(SimClock& clock, Random random, Trace& trace, WireWatcher& watcher, NetworkWeather weather)
    : clock_(clock), random_(random), trace_(trace), watcher_(watcher), weather_(weather) {}

void Network::add_host(std::unique_ptr<SmscHost> host) {
  host->send = [this](Connection& connection, std::string_view bytes) {
    send_to_client(pointer(connection), bytes);
  };
  host->close = [this](Connection& connection, bool hard) {
    const auto held = pointer(connection);
    held->server_open = false;
    // A reset may take with it what the engine has not read yet.
    if (hard && random_.chance(0.5)) held->to_client.clear();
    end_client(held, std::max(held->last_to_client, clock_.now() + one_way()) - clock_.now(),
               hard ? "connection reset by peer" : "closed by peer");
  };
  hosts_.push_back(std::move(host));
}

Network::Pointer Network::pointer(Connection& connection) {
  return connections_.at(connection.number);
}

std::shared_ptr<Connection> Network::any_connection(Random& random) {
  std::vector<Pointer> standing;
  for (const auto& [number, connection] : connections_) {
    if (connection->open && !connection->silent()) standing.push_back(connection);
  }
  return standing.empty() ? nullptr : random.pick(standing);
}

void Network::connect(PipeEnd& end, core::BindId bind) {
  const auto connection = std::make_shared<Connection>();
  connection->number = ++numbers_;
  connection->client = &end;
  connection->bind = bind;
  connection->operator_index = end.operators_[bind];
  connection->host = hosts_[connection->operator_index].get();
  if (end.current_[bind] && !end.current_[bind]->told_closed) {
    watcher_.on_broken_contract("connect on a bind whose last connection has not ended");
  }
  end.current_[bind] = connection;
  connections_.emplace(connection->number, connection);
  trace_.mix_event("connect", bind);
  trace_.tell("{} connects bind {} to {}", end.name(), bind, connection->host->name());
  switch (connection->host->door) {
    case SmscHost::Door::refuses:
      end_client(connection, one_way() * 2, "connection refused");
      return;
    case SmscHost::Door::silent:
      end_client(connection, weather_.connect_timeout, "timed out");
      return;
    case SmscHost::Door::open:
      break;
  }
  clock_.after(one_way(), [this, connection] {
    if (connection->client == nullptr) return;
    connection->server_open = true;
    connection->last_to_client = clock_.now() + one_way();
    clock_.at(connection->last_to_client, [connection] {
      if (connection->client == nullptr || connection->client->dead() || connection->told_closed) return;
      connection->open = true;
      connection->client->user().pipe_connected(connection->bind);
    });
    connection->host->connected(connection);
  });
}

std::size_t Network::write(PipeEnd& end, Connection& connection, std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  trace_.mix_event("write", connection.number);
  trace_.mix(text);
  if (connection.blocked) watcher_.on_broken_contract("write behind a short write, before on_writable");
  if (!text.starts_with(connection.remainder)) {
    watcher_.on_broken_contract("the rest of a short write does not come first in the next");
    return bytes.size();
  }
  connection.sent_eye.append(bytes.subspan(connection.remainder.size()));
  std::uint64_t stream_end = 0;
  while (const auto pdu = connection.sent_eye.next(stream_end)) {
    if (pdu->command == kQuerySm) {
      if (const auto id = read_query(pdu->body)) {
        watcher_.on_query(end, connection, *id);
      } else {
        watcher_.on_broken_contract("a query_sm that cannot be read");
      }
    }
    if (pdu->command != kSubmitSm) continue;
    if (const auto submit = read_submit(pdu->body)) {
      const auto write = watcher_.on_submit(end, connection, pdu->sequence, *submit, stream_end);
      connection.submits.push_back({stream_end - pdu->body.size() - 16, stream_end, write});
    } else {
      watcher_.on_broken_contract("a submit_sm that cannot be read");
    }
  }
  if (connection.sent_eye.broken()) watcher_.on_broken_contract("octets that are no PDU");

  const std::size_t room = weather_.kernel_bytes - std::min(weather_.kernel_bytes, connection.kernel.size());
  std::size_t taken = std::min(room, text.size());
  if (taken > 0 && random_.chance(weather_.short_write)) taken = random_.below(taken);
  connection.kernel.append(text.substr(0, taken));
  connection.taken += taken;
  connection.remainder = text.substr(taken);
  connection.blocked = taken < text.size();
  const bool late = random_.chance(weather_.late_departure);
  clock_.after(late ? random_.between(Duration(0), weather_.departure_max) : 0ns,
               [this, held = pointer(connection)] { depart(held); });
  return taken;
}

void Network::depart(const Pointer& connection) {
  if (connection->frozen) {
    watch_unacknowledged(connection);
    return;
  }
  if (!connection->kernel.empty()) {
    std::string bytes = std::move(connection->kernel);
    connection->kernel.clear();
    connection->departed += bytes.size();
    for (auto& submit : connection->submits) {
      if (submit.start >= connection->departed) break;
      watcher_.on_departure(submit.write);
      submit.left = true;
    }
    while (!connection->submits.empty() && connection->submits.front().end <= connection->departed) {
      connection->submits.pop_front();
    }
    send_to_server(connection, bytes);
    if (connection->silent()) watch_unacknowledged(connection);
  }
  if (connection->blocked) tell_writable(connection);
  if (connection->fin_after_kernel) {
    connection->fin_after_kernel = false;
    fin_to_server(connection);
  }
}

void Network::tell_writable(const Pointer& connection) {
  clock_.after(random_.between(0ns, Duration(2ms)), [connection] {
    if (!connection->blocked || !connection->open || connection->client == nullptr) return;
    connection->blocked = false;
    connection->client->user().pipe_writable(connection->bind);
  });
}

std::vector<std::string> Network::pieces(std::string_view bytes) {
  std::vector<std::string> cut;
  while (bytes.size() > 1 && random_.chance(weather_.split)) {
    const std::size_t size = 1 + random_.below(bytes.size() - 1);
    cut.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  cut.emplace_back(bytes);
  return cut;
}

void Network::send_to_server(const Pointer& connection, const std::string& bytes) {
  for (auto& piece : pieces(bytes)) {
    connection->to_server.push_back(std::move(piece));
    connection->last_to_server = std::max(connection->last_to_server, clock_.now() + one_way());
    clock_.at(connection->last_to_server, [connection] {
      if (connection->to_server.empty()) return;
      const std::string arrived = std::move(connection->to_server.front());
      connection->to_server.pop_front();
      if (connection->deaf || !connection->server_open) return;
      connection->host->received(*connection, std::as_bytes(std::span(arrived)));
    });
  }
}

void Network::send_to_client(const Pointer& connection, std::string_view bytes) {
  for (auto& piece : pieces(bytes)) {
    connection->to_client.push_back(std::move(piece));
    connection->last_to_client = std::max(connection->last_to_client, clock_.now() + one_way());
    clock_.at(connection->last_to_client, [this, connection] {
      if (connection->to_client.empty()) return;
      std::string arrived = std::move(connection->to_client.front());
      connection->to_client.pop_front();
      if (connection->mute || !connection->open) return;
      if (connection->reading_paused) {
        connection->unread.push_back(std::move(arrived));
      } else {
        hand_to_client(connection, std::move(arrived));
      }
    });
  }
}

void Network::hand_to_client(const Pointer& connection, std::string bytes) {
  if (connection->client == nullptr || connection->client->dead()) return;
  connection->client->user().pipe_bytes(connection->bind, std::as_bytes(std::span(bytes)));
}

void Network::fin_to_server(const Pointer& connection) {
  const Duration delay = connection->silent()
                             ? random_.between(Duration(3s), Duration(40s))
                             : std::max(connection->last_to_server, clock_.now() + one_way()) - clock_.now();
  clock_.after(delay, [this, connection] {
    if (connection->server_open) {
      connection->server_open = false;
      connection->host->disconnected(*connection);
    }
    if (connection->told_closed || connection->client == nullptr) connections_.erase(connection->number);
  });
}

void Network::end_client(const Pointer& connection, Duration delay, std::string reason) {
  clock_.after(delay, [this, connection, reason = std::move(reason)] {
    if (connection->told_closed) return;
    connection->told_closed = true;
    if (connection->open) watcher_.on_connection_end(*connection);
    connection->open = false;
    connection->kernel.clear();
    connection->unread.clear();
    PipeEnd* const client = connection->client;
    connection->client = nullptr;
    if (!connection->server_open) connections_.erase(connection->number);
    if (client == nullptr || client->dead()) return;
    trace_.tell("{} bind {} to {} ends: {}", client->name(), connection->bind, connection->host->name(),
                reason);
    client->user().pipe_closed(connection->bind, reason);
  });
}

void Network::close(const Pointer& held, bool orderly) {
  trace_.mix_event(orderly ? "close" : "abort", held->number);
  if (held->told_closed) return;  // the news waits for an engine that stood still
  if (held->open) watcher_.on_connection_end(*held);
  held->open = false;
  held->blocked = false;
  if (orderly && !held->kernel.empty()) {
    held->fin_after_kernel = true;
  } else {
    held->kernel.clear();
    held->submits.clear();
    if (held->server_open || !held->told_closed) fin_to_server(held);
  }
  // Told in a later turn. The kernel's bytes live on in the connection until they have left.
  clock_.after(random_.between(0ns, Duration(1ms)), [this, held] {
    if (held->told_closed) return;
    held->told_closed = true;
    PipeEnd* const client = held->client;
    held->client = nullptr;
    if (!held->server_open && !held->fin_after_kernel) connections_.erase(held->number);
    if (client != nullptr && !client->dead()) client->user().pipe_closed(held->bind, "closed");
  });
}

void Network::reset(const Pointer& held) {
  trace_.tell("fault: the link of {} bind {} to {} is reset", held->client->name(), held->bind,
              held->host->name());
  held->kernel.clear();
  held->to_server.resize(random_.below(held->to_server.size() + 1));
  held->to_client.resize(random_.below(held->to_client.size() + 1));
  const Duration at_client =
      std::max(held->last_to_client, clock_.now() + random_.between(0ns, Duration(20ms))) - clock_.now();
  held->last_to_server = std::max(held->last_to_server, clock_.now() + random_.between(0ns, Duration(20ms)));
  fin_to_server(held);
  end_client(held, at_client, "connection reset by peer");
}

void Network::go_silent(const Pointer& held, bool deaf, bool mute) {
  trace_.tell("fault: on the link of bind {} to {} {} arrives any more", held->bind, held->host->name(),
              deaf && mute ? "nothing"
              : deaf       ? "nothing of the engine"
                           : "nothing of the SMSC");
  held->deaf = held->deaf || deaf;
  held->mute = held->mute || mute;
  fin_to_server(held);
}

void Network::freeze(const Pointer& held, bool frozen) {
  if (held->frozen == frozen) return;
  held->frozen = frozen;
  trace_.tell("fault: the link bind {} to {} is {}", held->bind, held->host->name(),
              frozen ? "frozen" : "thawed");
  if (!frozen) depart(held);
}

/// Data that the peer does not acknowledge ends the connection after the user timeout, in the kernel and
/// whatever the engine does.
void Network::watch_unacknowledged(const Pointer& connection) {
  if (connection->watched) return;
  connection->watched = true;
  clock_.after(weather_.user_timeout, [this, connection] {
    connection->watched = false;
    const bool stuck = connection->silent() || (connection->frozen && !connection->kernel.empty());
    if (!stuck) return;
    connection->kernel.clear();
    connection->submits.clear();
    if (connection->frozen && !connection->silent()) fin_to_server(connection);
    if (connection->open) end_client(connection, 0ns, "timed out");
  });
}

}  // namespace anchal::sim
