#include "smpp/session/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "smpp/pdu/encode.h"
#include "tests/unit/session/any_name.h"

namespace anchal::smpp::test {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

class BoundSession : public testing::Test {
 protected:
  explicit BoundSession(SessionConfig config = {}) : session_(std::move(config)) {
    session_.start(kStart);
    recv("bind_transceiver_resp", {{"seq", "1"}});
    events_.clear();
    session_.out().clear();
  }

  void recv(std::string_view command, const Settings& settings) {
    wire_.clear();
    append_pdu(wire_, command, settings);
    session_.on_bytes(wire_.bytes(), kStart, events_);
  }

  Session session_;
  std::vector<Event> events_;
  Buffer wire_;
};

TEST_F(BoundSession, SubmitThatCannotBeEncodedLeavesNoTrace) {
  const std::string text(300, 'x');
  const auto sent = session_.submit({.short_message = as_octets(text)}, 1, kStart);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), SendError::not_encodable);
  EXPECT_TRUE(session_.out().empty());
  EXPECT_EQ(session_.outstanding(), 0U);
  EXPECT_EQ(session_.submit({}, 1, kStart), 2U);
}

TEST_F(BoundSession, ViewsOfAPduSplitOverTwoReadsLastUntilTheNextCall) {
  wire_.clear();
  append_pdu(wire_, "deliver_sm",
             {{"seq", "1"}, {"source_addr", "447700900123"}, {"short_message", "first"}});
  append_pdu(wire_, "deliver_sm", {{"seq", "2"}, {"short_message", "second"}});
  append_pdu(wire_, "deliver_sm", {{"seq", "3"}, {"short_message", "third, cut"}});
  session_.on_bytes(wire_.bytes().first(20), kStart, events_);
  session_.on_bytes(wire_.bytes().subspan(20, wire_.size() - 25), kStart, events_);
  ASSERT_EQ(events_.size(), 2U);
  EXPECT_EQ(std::get<DeliverArrived>(events_[0]).pdu.source_addr, "447700900123");
  EXPECT_EQ(as_text(std::get<DeliverArrived>(events_[0]).pdu.short_message), "first");
  EXPECT_EQ(as_text(std::get<DeliverArrived>(events_[1]).pdu.short_message), "second");
}

TEST_F(BoundSession, AnswersBehindTheCloseAreWithoutEffect) {
  recv("deliver_sm", {{"seq", "5"}});
  session_.on_disconnect(kStart, events_);
  session_.answer_deliver(5, ESME_ROK);
  session_.answer_submit(5, ESME_ROK, "id");
  session_.unbind(kStart, events_);
  session_.on_tick(kStart + 1h, events_);
  recv("enquire_link", {{"seq", "6"}});
  EXPECT_TRUE(session_.out().empty());
  EXPECT_EQ(session_.next_deadline(), TimePoint::max());
}

TEST_F(BoundSession, WholeResponseIsThereForWhoeverNeedsMoreOfIt) {
  const std::vector<DestAddress> two(2, DestAddress{.destination_addr = "447700900123"});
  ASSERT_TRUE(session_.send(SubmitMulti{.dest_address = std::span(two)}, 9, kStart));
  const std::vector<UnsuccessSme> refused = {{1, 1, "447700900123", ESME_RINVDSTADR}};
  wire_.clear();
  ASSERT_TRUE(encode(wire_, 2, SubmitMultiResp{.message_id = "M1", .unsuccess_sme = std::span(refused)}));
  session_.on_bytes(wire_.bytes(), kStart, events_);
  const auto& done = std::get<Completed>(events_.at(0));
  const auto response = decode<SubmitMultiResp>(done.response, DecodeMode::strict);
  ASSERT_TRUE(response);
  EXPECT_EQ(*response->pdu.unsuccess_sme.begin(), refused[0]);
}

TEST(SessionSteadyState, NoBufferGrowsOnceWarm) {
  Session session({.window = 100});
  std::vector<Event> events;
  Buffer wire;
  session.start(kStart);
  append_pdu(wire, "bind_transceiver_resp", {{"seq", "1"}});
  session.on_bytes(wire.bytes(), kStart, events);
  std::size_t capacity = 0;
  std::uint32_t sequence = 1;
  for (int round = 0; round < 1000; ++round) {
    events.clear();
    wire.clear();
    session.out().clear();
    while (const auto sent = session.submit({.short_message = as_octets("text")}, 1, kStart))
      sequence = *sent;
    for (std::uint32_t number = sequence - 99; number <= sequence; ++number) {
      ASSERT_TRUE(encode(wire, number, SubmitSmResp{.message_id = "1"}));
    }
    session.on_bytes(wire.bytes(), kStart, events);
    ASSERT_EQ(session.outstanding(), 0U);
    if (round == 10) capacity = session.out().capacity();
  }
  EXPECT_EQ(session.out().capacity(), capacity);
}

TEST(SessionTimers, ZeroMeansNever) {
  Session session({.enquire_link_interval = 0s, .response_timeout = 0s, .bind_timeout = 0s});
  std::vector<Event> events;
  Buffer wire;
  session.start(kStart);
  EXPECT_EQ(session.next_deadline(), TimePoint::max());
  append_pdu(wire, "bind_transceiver_resp", {{"seq", "1"}});
  session.on_bytes(wire.bytes(), kStart, events);
  ASSERT_TRUE(session.submit({}, 1, kStart));
  events.clear();
  session.on_tick(kStart + 10000h, events);
  EXPECT_TRUE(events.empty());
  EXPECT_EQ(session.next_deadline(), TimePoint::max());
}

TEST(SessionNames, EveryValueHasOne) {
  for (int value = 0; value <= static_cast<int>(CloseReason::disconnected); ++value) {
    EXPECT_NE(to_string(static_cast<CloseReason>(value)), "unknown");
  }
  for (int value = 0; value <= static_cast<int>(SessionWarning::request_status); ++value) {
    EXPECT_NE(to_string(static_cast<SessionWarning>(value)), "unknown");
  }
  for (int value = 0; value <= static_cast<int>(SendError::not_encodable); ++value) {
    EXPECT_NE(to_string(static_cast<SendError>(value)), "unknown");
  }
}

}  // namespace
}  // namespace anchal::smpp::test
