#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "smpp/pdu/encode.h"
#include "smpp/session/session.h"
#include "tests/unit/session/any_name.h"

namespace anchal::smpp::test {
namespace {

using namespace std::chrono_literals;

/// A session of ours under a peer that does whatever it likes, and the laws it must keep.
class Trial {
 public:
  explicit Trial(SessionConfig config) : session_(std::move(config)) { session_.start(now_); }

  void bind() {
    Buffer wire;
    append_pdu(wire, "bind_transceiver_resp",
               {{"seq", std::to_string(session_.config().first_sequence_number)}});
    feed(wire.bytes());
  }

  void submit() {
    const std::uint32_t free = session_.window_free();
    const auto sent = session_.submit({.short_message = as_octets("text")}, next_token_, now_);
    RC_ASSERT(sent.has_value() == (free > 0));
    if (!sent) return;
    RC_ASSERT(*sent >= 1U);
    RC_ASSERT(*sent <= kMaxSequenceNumber);
    RC_ASSERT(outstanding_.emplace(*sent, next_token_).second);
    ++next_token_;
    RC_ASSERT(session_.outstanding() == outstanding_.size());
    RC_ASSERT(session_.outstanding() <= session_.config().window);
  }

  /// A response of any kind to any number, outstanding or not.
  void respond() {
    Buffer wire;
    auto sequence = *rc::gen::inRange<std::uint32_t>(0, 40);
    if (!outstanding_.empty() && *rc::gen::inRange(0, 4) != 0) {
      auto at = outstanding_.begin();
      std::advance(at,
                   *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(outstanding_.size())));
      sequence = at->first;
    }
    const auto status = *rc::gen::element<std::uint32_t>(ESME_ROK, ESME_ROK, ESME_RTHROTTLED, 0x55F);
    const auto name =
        *rc::gen::element<std::string>("submit_sm_resp", "submit_sm_resp", "submit_sm_resp", "generic_nack",
                                       "query_sm_resp", "enquire_link_resp", "unbind_resp");
    append_pdu(wire, name,
               {{"seq", std::to_string(sequence)}, {"status", std::to_string(status)}, {"message_id", "m"}});
    feed(wire.bytes());
  }

  void request() {
    Buffer wire;
    const auto name = *rc::gen::element<std::string>("deliver_sm", "deliver_sm", "enquire_link", "data_sm",
                                                     "unbind", "alert_notification");
    append_pdu(wire, name, {{"seq", std::to_string(*rc::gen::arbitrary<std::uint32_t>())}});
    feed(wire.bytes());
    if (*rc::gen::arbitrary<bool>()) session_.answer_deliver(1, ESME_ROK);
  }

  /// A frame whose length is right and whose rest is not.
  void malformed() {
    const auto body = *rc::gen::container<std::vector<std::uint8_t>>(*rc::gen::inRange<std::size_t>(0, 60),
                                                                     rc::gen::arbitrary<std::uint8_t>());
    Buffer wire;
    encode_header(wire,
                  *rc::gen::element(CommandId::submit_sm_resp, CommandId::deliver_sm, CommandId::data_sm,
                                    CommandId::query_sm_resp, static_cast<CommandId>(0x4711)),
                  *rc::gen::element<std::uint32_t>(0, 8), *rc::gen::inRange<std::uint32_t>(0, 40));
    wire.append(std::as_bytes(std::span(body)));
    std::vector<std::byte> frame(wire.bytes().begin(), wire.bytes().end());
    frame[3] = static_cast<std::byte>(frame.size());
    feed(frame);
  }

  void garbage() {
    const auto octets = *rc::gen::container<std::vector<std::uint8_t>>(*rc::gen::inRange<std::size_t>(1, 40),
                                                                       rc::gen::arbitrary<std::uint8_t>());
    feed(std::as_bytes(std::span(octets)));
  }

  void wait() {
    now_ += std::chrono::milliseconds(*rc::gen::inRange(0, 8000));
    session_.on_tick(now_, events_);
    account();
    RC_ASSERT(session_.closed() || session_.next_deadline() > now_ || !session_.bound());
  }

  void unbind() {
    session_.unbind(now_, events_);
    account();
  }

  /// The link goes, and every request has had exactly one result.
  void end() {
    session_.on_disconnect(now_, events_);
    account();
    session_.on_disconnect(now_, events_);
    account();
    RC_ASSERT(session_.closed());
    RC_ASSERT(closed_ == 1);
    RC_ASSERT(outstanding_.empty());
    RC_ASSERT(results_.size() == next_token_);
  }

 private:
  void feed(Octets octets) {
    while (!octets.empty()) {
      const auto piece = *rc::gen::inRange<std::size_t>(1, octets.size() + 1);
      const std::vector<std::byte> read(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(piece));
      octets = octets.subspan(piece);
      session_.on_bytes(read, now_, events_);
      account();
    }
  }

  void account() {
    for (const Event& event : events_) {
      RC_ASSERT(closed_ == 0);  // nothing comes behind Closed
      if (std::holds_alternative<Closed>(event)) ++closed_;
      const auto* done = std::get_if<Completed>(&event);
      if (done == nullptr) continue;
      RC_ASSERT(results_.insert(done->token).second);
      const auto found = outstanding_.find(done->sequence_number);
      RC_ASSERT(found != outstanding_.end());
      RC_ASSERT(found->second == done->token);
      outstanding_.erase(found);
    }
    events_.clear();
    RC_ASSERT(session_.outstanding() == outstanding_.size());
  }

  TimePoint now_{1h};
  Session session_;
  std::vector<Event> events_;
  std::uint64_t next_token_ = 0;
  std::map<std::uint32_t, std::uint64_t> outstanding_;
  std::set<std::uint64_t> results_;
  int closed_ = 0;
};

RC_GTEST_PROP(SessionProperty, EverySubmitLeavesExactlyOnceWhateverThePeerDoes, ()) {
  Trial trial({.window = *rc::gen::inRange<std::uint32_t>(1, 8),
               .enquire_link_interval = 20s,
               .enquire_link_timeout = 5s,
               .response_timeout = 10s,
               .unbind_timeout = 3s,
               .lenient = *rc::gen::arbitrary<bool>(),
               .first_sequence_number = *rc::gen::element<std::uint32_t>(1, kMaxSequenceNumber - 3),
               .late_memory = *rc::gen::element<std::uint32_t>(0, 2, 64)});
  trial.bind();
  const auto steps = *rc::gen::inRange(0, 80);
  for (int step = 0; step < steps; ++step) {
    const auto what = *rc::gen::inRange(0, 100);
    if (what < 45)
      trial.submit();
    else if (what < 75)
      trial.respond();
    else if (what < 82)
      trial.request();
    else if (what < 88)
      trial.malformed();
    else if (what < 97)
      trial.wait();
    else if (what < 98)
      trial.garbage();
    else
      trial.unbind();
  }
  trial.end();
}

RC_GTEST_PROP(SessionProperty, AnyOctetsInAnyPiecesLeaveTheSessionWhole,
              (const std::vector<std::uint8_t>& octets)) {
  for (const Role role : {Role::esme, Role::smsc}) {
    Session session({.role = role});
    std::vector<Event> events;
    session.start(TimePoint(1h));
    for (Octets left = std::as_bytes(std::span(octets)); !left.empty();) {
      const auto piece = *rc::gen::inRange<std::size_t>(1, left.size() + 1);
      session.on_bytes(left.first(piece), TimePoint(1h), events);
      left = left.subspan(piece);
    }
    session.on_disconnect(TimePoint(1h), events);
    RC_ASSERT(std::holds_alternative<Closed>(events.back()));
  }
}

}  // namespace
}  // namespace anchal::smpp::test
