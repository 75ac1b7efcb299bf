#include "engine/simulator/smsc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "smpp/pdu/encode.h"
#include "tests/unit/simulator/esme_peer.h"

namespace anchal::simulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint t0{seconds(1000)};

struct Recorder : Observer {
  void on_accepted(const AcceptedPart& part) override {
    ids.emplace_back(part.message_id);
    destinations.emplace_back(part.destination);
    texts.emplace_back(smpp::as_text(part.user_data));
    binds.push_back(part.bind);
  }
  void on_refused(LinkId, std::uint32_t, std::uint32_t status) override { refused.push_back(status); }
  void on_receipt(LinkId link, std::string_view, bool, bool) override { receipt_links.push_back(link); }
  std::vector<std::string> ids, destinations, texts;
  std::vector<std::uint32_t> binds, refused;
  std::vector<LinkId> receipt_links;
};

TEST(Smsc, TakesASubmitAndSendsItsReceipt) {
  Recorder recorder;
  Smsc smsc({}, {}, &recorder);
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  ASSERT_TRUE(esme.bound);
  ASSERT_TRUE(esme.submit(5, t0));
  ASSERT_EQ(esme.answers.size(), 1U);
  EXPECT_EQ(esme.answers[0].token, 5U);
  EXPECT_EQ(esme.answers[0].status, smpp::ESME_ROK);
  EXPECT_EQ(esme.answers[0].id, recorder.ids.at(0));
  EXPECT_EQ(recorder.texts.at(0), "hello");
  EXPECT_EQ(recorder.destinations.at(0), "919800000001");

  smsc.on_tick(t0);
  esme.exchange(t0);
  ASSERT_EQ(esme.receipts.size(), 1U);
  EXPECT_EQ(esme.receipts[0].id, recorder.ids[0]);
  EXPECT_EQ(esme.receipts[0].state, 2U);
  EXPECT_EQ(smsc.statistics().receipts_answered, 1U);
  EXPECT_EQ(smsc.statistics().receipts_waiting, 0U);
}

TEST(Smsc, SendsNoReceiptThatWasNotAskedFor) {
  Smsc smsc;
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  smpp::SubmitSm silent = EsmePeer::message();
  silent.registered_delivery = 0;
  smpp::SubmitSm on_failure = EsmePeer::message();
  on_failure.registered_delivery = 2;
  smpp::SubmitSm on_success = EsmePeer::message();
  on_success.registered_delivery = 3;
  esme.submit(1, t0, silent);
  esme.submit(2, t0, on_failure);
  esme.submit(3, t0, on_success);
  smsc.on_tick(t0 + seconds(1));
  esme.exchange(t0 + seconds(1));
  ASSERT_EQ(esme.receipts.size(), 1U);
  EXPECT_EQ(esme.receipts[0].id, esme.answers.at(2).id);
}

TEST(Smsc, RefusesAWrongPasswordAndTooManyBinds) {
  Identity identity;
  identity.password = "secret";
  Behaviour behaviour;
  behaviour.max_binds = 2;
  Smsc smsc(identity, behaviour);
  EsmePeer wrong(smsc, 1, smpp::BindKind::transceiver, "guess");
  wrong.bind(t0);
  EXPECT_EQ(wrong.bind_status, smpp::ESME_RINVPASWD);
  EsmePeer first(smsc, 2), second(smsc, 3), third(smsc, 4);
  first.bind(t0);
  second.bind(t0);
  third.bind(t0);
  EXPECT_TRUE(first.bound);
  EXPECT_TRUE(second.bound);
  EXPECT_EQ(third.bind_status, smpp::ESME_RALYBND);
  EsmePeer stranger(smsc, 5, smpp::BindKind::transceiver, "secret", "other");
  stranger.bind(t0);
  EXPECT_TRUE(stranger.bound) << "the limit is per system_id";
  first.disconnect(t0);
  EsmePeer again(smsc, 6);
  again.bind(t0);
  EXPECT_TRUE(again.bound);
}

TEST(Smsc, RefusesWhatIsNoMessageUnlessLenient) {
  const auto status_of = [](bool lenient) {
    Behaviour behaviour;
    behaviour.lenient = lenient;
    Smsc smsc({}, behaviour);
    EsmePeer esme(smsc, 1);
    esme.bind(t0);
    esme.submit(1, t0, EsmePeer::message("+919800000001"));
    return esme.answers.at(0).status;
  };
  EXPECT_EQ(status_of(false), smpp::ESME_RINVDSTADR);
  EXPECT_EQ(status_of(true), smpp::ESME_ROK);
}

TEST(Smsc, AnswersUnreadableAndUnknownRequests) {
  Smsc smsc;
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  esme.received.clear();
  smpp::Buffer unknown;
  smpp::encode_header(unknown, static_cast<smpp::CommandId>(0x77), 0, 9);
  esme.say(unknown.bytes(), t0);
  ASSERT_EQ(esme.received.size(), 16U);
  const smpp::Header nack = smpp::read_header(esme.received.data());
  EXPECT_EQ(nack.command_id, smpp::CommandId::generic_nack);
  EXPECT_EQ(nack.command_status, smpp::ESME_RINVCMDID);
  EXPECT_EQ(nack.sequence_number, 9U);

  esme.received.clear();
  smpp::Buffer empty_submit;
  smpp::encode_header(empty_submit, smpp::CommandId::submit_sm, 0, 10);
  esme.say(empty_submit.bytes(), t0);
  const smpp::Header refusal = smpp::read_header(esme.received.data());
  EXPECT_EQ(refusal.command_id, smpp::CommandId::submit_sm_resp);
  EXPECT_EQ(refusal.command_status, smpp::ESME_RINVCMDLEN);
  EXPECT_EQ(smsc.statistics().malformed, 2U);
}

TEST(Smsc, ASplitStreamGivesTheSameBytesAsAWholeOne) {
  const auto talk = [](std::size_t piece) {
    Smsc smsc;
    smpp::SessionConfig config;
    config.system_id = "hub";
    smpp::Session esme(config);
    smsc.on_connect(1, t0);
    esme.start(t0);
    std::vector<std::byte> said, heard;
    std::vector<smpp::Event> events;
    const auto pass = [&] {
      said.assign(esme.out().bytes().begin(), esme.out().bytes().end());
      esme.out().clear();
      for (std::size_t at = 0; at < said.size(); at += piece) {
        smsc.on_bytes(1, std::span(said).subspan(at, std::min(piece, said.size() - at)), t0);
      }
      const auto answer = smsc.output(1).bytes();
      heard.insert(heard.end(), answer.begin(), answer.end());
      esme.on_bytes(answer, t0, events);
      smsc.output(1).clear();
    };
    pass();
    for (std::uint64_t token = 1; token <= 5; ++token) (void)esme.submit(EsmePeer::message(), token, t0);
    pass();
    smsc.on_tick(t0);
    pass();
    return heard;
  };
  const auto whole = talk(100000);
  EXPECT_FALSE(whole.empty());
  EXPECT_EQ(talk(1), whole);
  EXPECT_EQ(talk(7), whole);
}

TEST(Smsc, TpsPacesTheResponses) {
  Behaviour behaviour;
  behaviour.tps = 10;
  Smsc smsc({}, behaviour);
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  for (std::uint64_t token = 0; token < 5; ++token) esme.queue(token, t0);
  esme.exchange(t0);
  EXPECT_TRUE(esme.answers.empty());
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(smsc.next_deadline(), t0 + milliseconds(100 * i));
    smsc.on_tick(t0 + milliseconds(100 * i));
    esme.exchange(t0 + milliseconds(100 * i));
    EXPECT_EQ(esme.answers.size(), static_cast<std::size_t>(i));
    smsc.on_tick(t0 + milliseconds(100 * i));  // the receipt that became due with it
    esme.exchange(t0 + milliseconds(100 * i));
  }
}

TEST(Smsc, ThrottlesAboveItsRateAndCountsTheFullestSecond) {
  Recorder recorder;
  Behaviour behaviour;
  behaviour.throttle_above = 3;
  Smsc smsc({}, behaviour, &recorder);
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  for (std::uint64_t token = 0; token < 5; ++token) esme.submit(token, t0 + milliseconds(token));
  EXPECT_THAT(recorder.refused, testing::ElementsAre(smpp::ESME_RTHROTTLED, smpp::ESME_RTHROTTLED));
  esme.submit(9, t0 + milliseconds(1000));
  EXPECT_EQ(esme.answers.back().status, smpp::ESME_ROK);
  EXPECT_EQ(smsc.statistics().largest_second, 3U);
  EXPECT_EQ(smsc.statistics().throttled, 2U);
}

TEST(Smsc, ThrottlesAboveItsWindow) {
  Behaviour behaviour;
  behaviour.window = 2;
  behaviour.response_delay = milliseconds(50);
  behaviour.throttle_status = smpp::ESME_RMSGQFUL;
  Smsc smsc({}, behaviour);
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  for (std::uint64_t token = 0; token < 3; ++token) esme.submit(token, t0);
  smsc.on_tick(t0 + milliseconds(50));
  esme.exchange(t0 + milliseconds(50));
  ASSERT_EQ(esme.answers.size(), 3U);
  EXPECT_EQ(esme.answers[2].status, smpp::ESME_RMSGQFUL);
  esme.submit(3, t0 + milliseconds(60));
  smsc.on_tick(t0 + milliseconds(200));
  esme.exchange(t0 + milliseconds(200));
  EXPECT_EQ(esme.answers.back().status, smpp::ESME_ROK);
}

TEST(Smsc, AnswersQueryCancelAndReplace) {
  Behaviour behaviour;
  behaviour.receipt_delay = seconds(10);
  Smsc smsc({}, behaviour);
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  esme.submit(1, t0);
  const std::string id = esme.answers.at(0).id;

  const auto query = [&](std::string_view source, TimePoint now) {
    smpp::QuerySm pdu;
    pdu.message_id = id;
    pdu.source_addr_ton = 5;
    pdu.source_addr = source;
    (void)esme.session().send(pdu, 2, now);
    esme.exchange(now);
    return esme.last_other;
  };
  EXPECT_EQ(query("KLGOVT", t0).message_state, 1) << "on its way";
  EXPECT_EQ(query("SOMEONE", t0).status, smpp::ESME_RQUERYFAIL);

  smpp::ReplaceSm replace;
  replace.message_id = id;
  replace.source_addr = "KLGOVT";
  replace.short_message = smpp::as_octets("another text");
  (void)esme.session().send(replace, 3, t0);
  esme.exchange(t0);
  EXPECT_EQ(esme.last_other.status, smpp::ESME_ROK);

  smpp::CancelSm cancel;
  cancel.source_addr = "KLGOVT";
  cancel.destination_addr = "919800000001";
  (void)esme.session().send(cancel, 4, t0);
  esme.exchange(t0);
  EXPECT_EQ(esme.last_other.status, smpp::ESME_ROK);
  EXPECT_EQ(query("KLGOVT", t0).message_state, 4) << "deleted";
  (void)esme.session().send(cancel, 5, t0);
  esme.exchange(t0);
  EXPECT_EQ(esme.last_other.status, smpp::ESME_RCANCELFAIL);

  smsc.on_tick(t0 + seconds(10));
  esme.exchange(t0 + seconds(10));
  ASSERT_EQ(esme.receipts.size(), 1U);
  EXPECT_EQ(esme.receipts[0].state, 4U);
  EXPECT_TRUE(esme.receipts[0].text.ends_with("text:another text"));
}

TEST(Smsc, KnowsAMessageByIdAndSourceWithTypeAndPlanAndAsLongAsItIsTold) {
  Behaviour behaviour;
  behaviour.query_memory = seconds(5);
  Smsc smsc({}, behaviour);
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  esme.submit(1, t0);
  const auto query = [&](std::uint8_t ton, TimePoint now) {
    smpp::QuerySm pdu;
    pdu.message_id = esme.answers.at(0).id;
    pdu.source_addr_ton = ton;
    pdu.source_addr = "KLGOVT";
    (void)esme.session().send(pdu, 2, now);
    esme.exchange(now);
    return esme.last_other;
  };
  EXPECT_EQ(query(5, t0 + seconds(1)).message_state, 2);
  EXPECT_EQ(query(1, t0 + seconds(1)).status, smpp::ESME_RQUERYFAIL);
  EXPECT_EQ(query(5, t0 + seconds(6)).status, smpp::ESME_RQUERYFAIL) << "forgotten";
  behaviour.query_status = smpp::ESME_RTHROTTLED;
  smsc.set_behaviour(behaviour, t0 + seconds(6));
  EXPECT_EQ(query(5, t0 + seconds(7)).status, smpp::ESME_RTHROTTLED);
}

TEST(Smsc, ClosesALinkThatDoesNotBind) {
  Behaviour behaviour;
  behaviour.session_init_timeout = seconds(5);
  Smsc smsc({}, behaviour);
  smsc.on_connect(1, t0);
  EXPECT_EQ(smsc.next_deadline(), t0 + seconds(5));
  smsc.on_tick(t0 + seconds(5));
  EXPECT_EQ(smsc.state(1), LinkState::closing);
  EXPECT_THAT(smsc.touched(), testing::Contains(1U));
}

}  // namespace
}  // namespace anchal::simulator
