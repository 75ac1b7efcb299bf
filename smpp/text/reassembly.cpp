#include "smpp/text/reassembly.h"

#include <algorithm>

#include "smpp/text/septets.h"

namespace anchal::smpp {
namespace {

constexpr std::size_t kBookkeepingOctets = 256;  // list node, map entry, vectors: about

// Addresses have no NUL inside, so it separates.
std::string key_of(const Reassembler::Part& part) {
  std::string key(part.source);
  key += '\0';
  key += part.destination;
  key += '\0';
  const PartNumber& number = part.number;
  for (const int octet :
       {number.reference >> 8, number.reference & 0xFF, int{number.total}, number.wide ? 1 : 0}) {
    key += static_cast<char>(octet);
  }
  return key;
}

// Packed septets of two parts do not join: keep them unpacked.
void take_body(const Received& received, BodyFormat& format, std::vector<std::byte>& octets) {
  format = received.format;
  if (format.alphabet != ReceivedAlphabet::gsm7_packed) {
    octets.assign(received.body.begin(), received.body.end());
    return;
  }
  const auto septets = unpack_all(received.body, format.fill_bits, format.filled_with_cr);
  const auto* data = reinterpret_cast<const std::byte*>(septets.data());
  octets.assign(data, data + septets.size());
  format = {.alphabet = ReceivedAlphabet::gsm7, .locking = format.locking, .single = format.single};
}

}  // namespace

Reassembler::Place Reassembler::place_of(const Part& part, TimePoint now) {
  std::string key = key_of(part);
  if (const auto known = by_key_.find(key); known != by_key_.end()) return known->second;
  const std::size_t size = kBookkeepingOctets + 2 * key.size();
  waiting_.push_back({key,
                      std::string(part.source),
                      std::string(part.destination),
                      part.number.total,
                      now + limits_.timeout,
                      size,
                      {}});
  octets_ += size;
  const Place place = std::prev(waiting_.end());
  by_key_.emplace(std::move(key), place);
  return place;
}

void Reassembler::add(const Part& part, TimePoint now, std::vector<Reassembled>& done) {
  if (part.number.total == 0 || part.number.sequence == 0 || part.number.sequence > part.number.total) return;
  const Place place = place_of(part, now);
  auto& bodies = place->bodies;
  const auto spot = std::ranges::lower_bound(bodies, part.number.sequence, {}, &Body::sequence);
  if (spot != bodies.end() && spot->sequence == part.number.sequence) return;
  Body body{part.number.sequence, {}, {}};
  take_body(part.received, body.format, body.octets);
  const std::size_t size = sizeof(Body) + body.octets.size();
  bodies.insert(spot, std::move(body));
  place->octets += size;
  octets_ += size;
  if (bodies.size() == place->total) {
    finish(place, done);
  } else {
    make_room(done, *place);
  }
}

void Reassembler::make_room(std::vector<Reassembled>& done, const Waiting& keep) {
  while (waiting_.size() > 1 && (waiting_.size() > limits_.messages_max || octets_ > limits_.octets_max)) {
    Place oldest = waiting_.begin();
    if (&*oldest == &keep) ++oldest;
    finish(oldest, done);
  }
}

void Reassembler::expire(TimePoint now, std::vector<Reassembled>& done) {
  while (!waiting_.empty() && waiting_.front().deadline <= now) finish(waiting_.begin(), done);
}

std::optional<TimePoint> Reassembler::next_deadline() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.front().deadline;
}

// Neighbours of one format are read as one: some senders cut inside an escape or a surrogate pair.
void Reassembler::finish(Place place, std::vector<Reassembled>& done) {
  Reassembled result;
  result.source = std::move(place->source);
  result.destination = std::move(place->destination);
  result.total = place->total;
  std::vector<std::byte> joined;
  const auto& bodies = place->bodies;
  unsigned expected = 1;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    for (; expected < bodies[i].sequence; ++expected)
      result.missing.push_back(static_cast<std::uint8_t>(expected));
    ++expected;
    joined.insert(joined.end(), bodies[i].octets.begin(), bodies[i].octets.end());
    const bool goes_on = i + 1 < bodies.size() && bodies[i + 1].sequence == expected &&
                         bodies[i + 1].format == bodies[i].format;
    if (goes_on) continue;
    result.unread += decode_body(joined, bodies[i].format, result.text);
    joined.clear();
  }
  for (; expected <= place->total; ++expected) result.missing.push_back(static_cast<std::uint8_t>(expected));
  octets_ -= place->octets;
  by_key_.erase(place->key);
  waiting_.erase(place);
  done.push_back(std::move(result));
}

}  // namespace anchal::smpp
