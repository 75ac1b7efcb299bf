#include "tests/simulation/smsc_host.h"

#include "tests/simulation/network.h"

namespace anchal::sim {

SmscHost::SmscHost(SimClock& clock, std::string name, simulator::Identity identity,
                   simulator::Behaviour behaviour, simulator::Observer& observer)
    : clock_(clock), name_(std::move(name)), smsc_(std::move(identity), std::move(behaviour), &observer) {}

void SmscHost::set_behaviour(const simulator::Behaviour& behaviour) {
  smsc_.set_behaviour(behaviour, clock_.now());
  pump();
}

void SmscHost::connected(const std::shared_ptr<Connection>& connection) {
  links_.emplace(connection->number, connection);
  smsc_.on_connect(connection->number, clock_.now());
  pump();
}

void SmscHost::received(Connection& connection, std::span<const std::byte> bytes) {
  smsc_.on_bytes(connection.number, bytes, clock_.now());
  pump();
}

void SmscHost::disconnected(Connection& connection) {
  if (links_.erase(connection.number) == 0) return;
  smsc_.on_disconnect(connection.number, clock_.now());
  pump();
}

void SmscHost::pump() {
  const auto touched = smsc_.touched();
  const std::vector<simulator::LinkId> links(touched.begin(), touched.end());
  for (const auto link : links) {
    const auto found = links_.find(link);
    if (found == links_.end()) continue;
    const auto connection = found->second;
    const auto state = smsc_.state(link);
    if (state == simulator::LinkState::resetting) {
      links_.erase(found);
      smsc_.on_disconnect(link, clock_.now());
      close(*connection, true);
      continue;
    }
    auto& output = smsc_.output(link);
    if (!output.empty()) {
      send(*connection, {reinterpret_cast<const char*>(output.data()), output.size()});
      output.consume(output.size());
    }
    if (state == simulator::LinkState::closing) {
      links_.erase(found);
      smsc_.on_disconnect(link, clock_.now());
      close(*connection, false);
    }
  }
  schedule();
}

void SmscHost::schedule() {
  const TimePoint due = smsc_.next_deadline();
  if (due >= wake_ || due == TimePoint::max()) return;
  wake_ = due;
  clock_.at(due, [this, due] {
    if (wake_ != due) return;
    wake_ = TimePoint::max();
    smsc_.on_tick(clock_.now());
    pump();
  });
}

}  // namespace anchal::sim
