// A session of either role under a peer, a caller and a clock that do whatever the input says. The laws:
// every request that was taken leaves exactly once, nothing comes behind Closed, the window is never
// exceeded.
#include <chrono>
#include <map>
#include <set>
#include <vector>

#include "smpp/pdu/encode.h"
#include "smpp/session/session.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/pdu_draw.h"

namespace {

using namespace anchal;
using namespace anchal::smpp;
using namespace std::chrono_literals;
using anchal::fuzz::check;

class Trial {
 public:
  explicit Trial(fuzz::Input& input) : input_(input), session_(config(input)) {
    session_.start(now_);
    if (session_.config().role == Role::esme) {
      feed_pdu<BindTransceiverResp>(1);
    } else {
      feed_pdu<BindTransceiver>(1);
      session_.accept_bind(now_);
    }
  }

  void run() {
    while (!input_.empty()) step();
    session_.on_disconnect(now_, events_);
    account();
    check(session_.closed() && closed_ == 1 && outstanding_.empty() && results_.size() == next_token_);
  }

 private:
  static SessionConfig config(fuzz::Input& input) {
    const std::uint8_t bits = input.octet();
    return {.role = (bits & 1) != 0 ? Role::smsc : Role::esme,
            .window = 1U + (bits >> 1 & 7U),
            .enquire_link_interval = 20s,
            .enquire_link_timeout = 5s,
            .response_timeout = 10s,
            .unbind_timeout = 3s,
            .lenient = (bits & 16) != 0,
            .max_command_length = (bits & 32) != 0 ? 200U : kMaxCommandLength,
            .first_sequence_number = (bits & 64) != 0 ? kMaxSequenceNumber : 1,
            .late_memory = (bits & 128) != 0 ? 2U : 0U};
  }

  void step() {
    switch (input_.octet() % 16) {
      case 0:
      case 1:
      case 2:
        return take(session_.submit(SubmitSm{}, next_token_, now_));
      case 3:
        return take(session_.deliver(DeliverSm{}, next_token_, now_));
      case 4:
        return take(session_.send(QuerySm{}, next_token_, now_));
      case 5:
        return feed(input_.take(input_.octet()));
      case 6:
        return feed_pdu<SubmitSmResp>(sequence());
      case 7:
        return feed_pdu<DeliverSmResp>(sequence());
      case 8:
        return feed_pdu<QuerySmResp>(sequence());
      case 9:
        return feed_pdu<DeliverSm>(input_.octet());
      case 10:
        return feed_pdu<SubmitSm>(input_.octet());
      case 11:
        return feed_header();
      case 12:
        session_.answer_deliver(input_.octet(), ESME_ROK);
        return session_.answer_submit(input_.octet(), ESME_ROK, "1");
      case 13:
        now_ += std::chrono::milliseconds(input_.octet() * 50);
        session_.on_tick(now_, events_);
        return account();
      case 14:
        if (input_.octet() % 8 == 0) session_.unbind(now_, events_);
        return account();
      default:
        session_.accept_bind(now_);
        return session_.out().consume(session_.out().size());
    }
  }

  /// A number that is outstanding, mostly.
  std::uint32_t sequence() {
    const std::uint8_t chosen = input_.octet();
    if (outstanding_.empty() || chosen >= 200) return chosen;
    auto at = outstanding_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(chosen % outstanding_.size()));
    return at->first;
  }

  template <class Pdu>
  void feed_pdu(std::uint32_t sequence_number) {
    fuzz::Draw draw(input_);
    const auto pdu = draw.pdu<Pdu>();
    const std::uint32_t status = input_.octet() % 4 == 0 ? input_.octet() : 0;
    Buffer wire;
    check(encode(wire, sequence_number, pdu, status).has_value());
    feed(wire.bytes());
  }

  void feed_header() {
    Buffer wire;
    const CommandInfo& command = kCommands[input_.octet() % kCommands.size()];
    const std::uint32_t status = input_.octet();
    encode_header(wire, command.id, status, sequence());
    feed(wire.bytes());
  }

  void feed(Octets octets) {
    const std::size_t piece = 1U + input_.octet();
    while (!octets.empty()) {
      const std::size_t count = std::min(piece, octets.size());
      const std::vector<std::byte> read(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(count));
      octets = octets.subspan(count);
      session_.on_bytes(read, now_, events_);
      account();
    }
  }

  void take(std::expected<std::uint32_t, SendError> sent) {
    if (!sent) return;
    check(*sent >= 1 && *sent <= kMaxSequenceNumber);
    check(outstanding_.emplace(*sent, next_token_++).second);
    check(session_.outstanding() <= session_.config().window);
  }

  void account() {
    for (const Event& event : events_) {
      check(closed_ == 0);
      if (std::holds_alternative<Closed>(event)) ++closed_;
      const auto* done = std::get_if<Completed>(&event);
      if (done == nullptr) continue;
      check(results_.insert(done->token).second);
      const auto found = outstanding_.find(done->sequence_number);
      check(found != outstanding_.end() && found->second == done->token);
      outstanding_.erase(found);
      // The views are there as long as the events are.
      check(done->message_id.size() <= kMaxCommandLength && done->response.body.size() <= kMaxCommandLength);
      for (const Tlv& tlv : done->tlvs) check(tlv.value.size() <= kMaxCommandLength);
    }
    events_.clear();
    check(session_.outstanding() == outstanding_.size());
    static_cast<void>(session_.next_deadline());
  }

  fuzz::Input& input_;
  TimePoint now_{1h};
  Session session_;
  std::vector<Event> events_;
  std::uint64_t next_token_ = 0;
  std::map<std::uint32_t, std::uint64_t> outstanding_;
  std::set<std::uint64_t> results_;
  int closed_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  Trial(input).run();
  return 0;
}
