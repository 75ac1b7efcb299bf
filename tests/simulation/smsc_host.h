#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/simulator/smsc.h"
#include "tests/simulation/trace.h"

namespace anchal::sim {

struct Connection;

/// One operator's SMSC and its end of the pipes. Runs simulator::Smsc on the simulated clock.
class SmscHost {
 public:
  SmscHost(SimClock& clock, std::string name, simulator::Identity identity, simulator::Behaviour behaviour,
           simulator::Observer& observer);

  const std::string& name() const { return name_; }
  const simulator::Behaviour& behaviour() const { return smsc_.behaviour(); }
  void set_behaviour(const simulator::Behaviour& behaviour);
  const simulator::Statistics& statistics() const { return smsc_.statistics(); }

  // How it takes new connections.
  enum class Door : std::uint8_t { open, refuses, silent };
  Door door = Door::open;

  // Called by the network.
  void connected(const std::shared_ptr<Connection>& connection);
  void received(Connection& connection, std::span<const std::byte> bytes);
  void disconnected(Connection& connection);
  /// Connections as they are now, in the order of their numbers.
  const std::map<simulator::LinkId, std::shared_ptr<Connection>>& connections() const { return links_; }

  /// Set by the network: bytes for the peer, and the end of a link.
  std::function<void(Connection&, std::string_view)> send;
  std::function<void(Connection&, bool reset)> close;

 private:
  void pump();
  void schedule();

  SimClock& clock_;
  std::string name_;
  simulator::Smsc smsc_;
  std::map<simulator::LinkId, std::shared_ptr<Connection>> links_;
  TimePoint wake_ = TimePoint::max();
};

}  // namespace anchal::sim
