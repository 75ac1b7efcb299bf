#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "engine/simulator/smsc.h"
#include "smpp/pdu/frame.h"
#include "tests/unit/simulator/esme_peer.h"

namespace anchal::simulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint t0{seconds(1000)};

TEST(SmscFaults, LosesAndDoublesResponses) {
  Behaviour behaviour;
  behaviour.response_loss = 1;
  Smsc losing({}, behaviour);
  EsmePeer unanswered(losing, 1);
  unanswered.bind(t0);
  unanswered.submit(1, t0);
  EXPECT_TRUE(unanswered.answers.empty());
  EXPECT_EQ(losing.statistics().accepted, 1U) << "lost is the response, not the message";
  losing.on_tick(t0);
  unanswered.exchange(t0);
  EXPECT_EQ(unanswered.receipts.size(), 1U);

  behaviour = {};
  behaviour.response_twice = 1;
  Smsc doubling({}, behaviour);
  EsmePeer answered(doubling, 1);
  answered.bind(t0);
  answered.submit(1, t0);
  doubling.on_tick(t0 + seconds(1));
  answered.exchange(t0 + seconds(1));
  EXPECT_EQ(answered.answers.size(), 1U);
  EXPECT_EQ(answered.late_or_double, 1U);
}

TEST(SmscFaults, JitterReordersResponsesAndLosesNone) {
  Behaviour behaviour;
  behaviour.response_jitter = milliseconds(100);
  Smsc smsc({}, behaviour);
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  for (std::uint64_t token = 0; token < 200; ++token) esme.queue(token, t0);
  esme.exchange(t0);
  while (smsc.next_deadline() <= t0 + milliseconds(100)) {
    const TimePoint now = std::max(t0, smsc.next_deadline());
    smsc.on_tick(now);
    esme.exchange(now);
  }
  ASSERT_EQ(esme.answers.size(), 200U);
  EXPECT_FALSE(std::is_sorted(esme.answers.begin(), esme.answers.end(),
                              [](const auto& a, const auto& b) { return a.token < b.token; }));
}

TEST(SmscFaults, RefusesTheFractionItIsTold) {
  Behaviour behaviour;
  behaviour.statuses = {{smpp::ESME_RINVDSTADR, 0.2}, {0x400, 0.1}};
  Smsc smsc({}, behaviour);
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  for (std::uint64_t token = 0; token < 2000; ++token) esme.submit(token, t0);
  const auto count = [&](std::uint32_t status) {
    return std::count_if(esme.answers.begin(), esme.answers.end(),
                         [&](const auto& a) { return a.status == status; });
  };
  EXPECT_NEAR(static_cast<double>(count(smpp::ESME_RINVDSTADR)), 400, 80);
  EXPECT_NEAR(static_cast<double>(count(0x400)), 160, 60);
  EXPECT_EQ(smsc.statistics().accepted, static_cast<std::uint64_t>(count(0)));
}

TEST(SmscFaults, RefusalsAndAcceptancesComeInEveryBody) {
  const auto octets = [](ErrorBody error, MissingId missing, std::uint32_t status) {
    Behaviour behaviour;
    behaviour.error_body = error;
    behaviour.missing_id = missing;
    if (status != 0) behaviour.statuses = {{status, 1.0}};
    Smsc smsc({}, behaviour);
    EsmePeer esme(smsc, 1);
    esme.bind(t0);
    esme.received.clear();
    esme.submit(1, t0);
    EXPECT_EQ(esme.answers.at(0).status, status);
    return smpp::read_header(esme.received.data()).command_length - 16;
  };
  EXPECT_EQ(octets(ErrorBody::none, MissingId::nothing, 0x45), 0U);
  EXPECT_EQ(octets(ErrorBody::nul, MissingId::nothing, 0x45), 1U);
  EXPECT_EQ(octets(ErrorBody::id, MissingId::nothing, 0x45), 2U);
  EXPECT_GT(octets(ErrorBody::tlvs, MissingId::nothing, 0x45), 5U);
  EXPECT_EQ(octets(ErrorBody::none, MissingId::nothing, 0), 2U);
  EXPECT_EQ(octets(ErrorBody::none, MissingId::id, 0), 1U);
  EXPECT_EQ(octets(ErrorBody::none, MissingId::body, 0), 0U);
}

TEST(SmscFaults, DropsTheConnectionWithTheLastOnesUnanswered) {
  Behaviour behaviour;
  behaviour.drop_connection_after = 3;
  Smsc smsc({}, behaviour);
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  for (std::uint64_t token = 0; token < 5; ++token) esme.queue(token, t0);
  esme.exchange(t0);
  EXPECT_TRUE(esme.gone);
  EXPECT_EQ(smsc.statistics().accepted, 3U) << "what was behind was never read";
  ASSERT_EQ(esme.answers.size(), 5U);
  for (const auto& answer : esme.answers) EXPECT_EQ(answer.outcome, smpp::Outcome::unresolved);

  EsmePeer again(smsc, 2);
  again.bind(t0);
  smsc.on_tick(t0);
  again.exchange(t0);
  EXPECT_EQ(again.receipts.size(), 3U) << "the receipts come all the same";
}

TEST(SmscFaults, GoesSilentAndAnswersNotEvenEnquireLink) {
  Behaviour behaviour;
  behaviour.silent_after = 2;
  Smsc smsc({}, behaviour);
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  for (std::uint64_t token = 0; token < 3; ++token) esme.submit(token, t0);
  const std::size_t heard = esme.received.size();
  const std::array<std::byte, 16> enquire{std::byte{0}, std::byte{0}, std::byte{0},    std::byte{16},
                                          std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0x15},
                                          std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
                                          std::byte{0}, std::byte{0}, std::byte{0x12}, std::byte{0}};
  esme.say(enquire, t0);
  smsc.on_tick(t0 + seconds(100));
  esme.exchange(t0 + seconds(100));
  EXPECT_EQ(esme.received.size(), heard);
  EXPECT_EQ(smsc.state(1), LinkState::open);
}

TEST(SmscFaults, UnbindsInOrder) {
  Behaviour behaviour;
  behaviour.unbind_after = 2;
  Smsc smsc({}, behaviour);
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  esme.submit(0, t0);
  esme.submit(1, t0);
  EXPECT_EQ(esme.answers.size(), 2U);
  EXPECT_TRUE(esme.peer_unbound);
}

TEST(SmscFaults, InjectsOctetsWhereTold) {
  Behaviour behaviour;
  behaviour.inject = {std::byte{0xDE}, std::byte{0xAD}};
  behaviour.inject_after = 1;
  Smsc smsc({}, behaviour);
  smpp::SessionConfig config;
  config.system_id = "hub";
  smpp::Session esme(config);
  std::vector<smpp::Event> events;
  smsc.on_connect(1, t0);
  esme.start(t0);
  smsc.on_bytes(1, esme.out().bytes(), t0);
  esme.out().clear();
  esme.on_bytes(smsc.output(1).bytes(), t0, events);
  smsc.output(1).clear();
  (void)esme.submit(EsmePeer::message(), 1, t0);
  smsc.on_bytes(1, esme.out().bytes(), t0);
  const auto said = smsc.output(1).bytes();
  ASSERT_GE(said.size(), 2U);
  EXPECT_EQ(said[said.size() - 2], std::byte{0xDE});
  EXPECT_EQ(said[said.size() - 1], std::byte{0xAD});
}

TEST(SmscFaults, LagDelaysEverythingItSays) {
  Behaviour behaviour;
  behaviour.lag = milliseconds(200);
  Smsc smsc({}, behaviour);
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  EXPECT_FALSE(esme.bound);
  EXPECT_EQ(smsc.next_deadline(), t0 + milliseconds(200));
  smsc.on_tick(t0 + milliseconds(200));
  esme.exchange(t0 + milliseconds(200));
  EXPECT_TRUE(esme.bound);
}

TEST(SmscFaults, EnquiresBeforeTheBindResponse) {
  Behaviour behaviour;
  behaviour.enquire_before_bind_resp = true;
  Smsc smsc({}, behaviour);
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  EXPECT_TRUE(esme.bound);
  EXPECT_EQ(smpp::read_header(esme.received.data()).command_id, smpp::CommandId::enquire_link);
}

TEST(SmscFaults, ClosesAQuietLink) {
  Behaviour behaviour;
  behaviour.inactivity_timeout = seconds(60);
  Smsc smsc({}, behaviour);
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  smsc.on_tick(t0 + seconds(59));
  EXPECT_EQ(smsc.state(1), LinkState::open);
  smsc.on_tick(t0 + seconds(60));
  EXPECT_EQ(smsc.state(1), LinkState::closing);
}

TEST(SmscFaults, TheSameSeedGivesTheSameBytes) {
  const auto talk = [](std::uint64_t seed) {
    Identity identity;
    identity.seed = seed;
    Behaviour behaviour;
    behaviour.response_loss = 0.2;
    behaviour.response_jitter = milliseconds(30);
    behaviour.receipt_early = 0.3;
    behaviour.undelivered = 0.3;
    behaviour.receipt_twice = 0.2;
    Smsc smsc(identity, behaviour);
    EsmePeer esme(smsc, 1);
    esme.bind(t0);
    for (std::uint64_t token = 0; token < 100; ++token) esme.submit(token, t0 + milliseconds(token));
    while (smsc.next_deadline() <= t0 + seconds(1)) {
      const TimePoint now = std::max(t0 + milliseconds(100), smsc.next_deadline());
      smsc.on_tick(now);
      esme.exchange(now);
    }
    return esme.received;
  };
  EXPECT_EQ(talk(3), talk(3));
  EXPECT_NE(talk(3), talk(4));
}

TEST(SmscFaults, BehaviourMayChangeWhileItRuns) {
  Smsc smsc;
  EsmePeer esme(smsc, 1);
  esme.bind(t0);
  esme.submit(1, t0);
  Behaviour refusing;
  refusing.statuses = {{smpp::ESME_RSYSERR, 1.0}};
  smsc.set_behaviour(refusing, t0);
  esme.submit(2, t0);
  smsc.set_behaviour({}, t0);
  esme.submit(3, t0);
  ASSERT_EQ(esme.answers.size(), 3U);
  EXPECT_EQ(esme.answers[0].status, 0U);
  EXPECT_EQ(esme.answers[1].status, smpp::ESME_RSYSERR);
  EXPECT_EQ(esme.answers[2].status, 0U);
}

}  // namespace
}  // namespace anchal::simulator
