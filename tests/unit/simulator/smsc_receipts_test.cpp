#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "engine/simulator/smsc.h"
#include "tests/unit/simulator/esme_peer.h"

namespace anchal::simulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint t0{seconds(1000)};

/// Lets the SMSC work until `until`, stopping at each of its deadlines.
void run(Smsc& smsc, EsmePeer& esme, TimePoint until) {
  TimePoint now = t0;
  while (smsc.next_deadline() <= until) {
    now = std::max(now, smsc.next_deadline());
    smsc.on_tick(now);
    esme.exchange(now);
  }
}

EsmePeer bound_peer(Smsc& smsc, LinkId link = 1) {
  EsmePeer esme(smsc, link);
  esme.bind(t0);
  return esme;
}

TEST(SmscReceipts, EarlyOnesGoAheadOfTheResponse) {
  Behaviour behaviour;
  behaviour.receipt_early = 1;
  Smsc smsc({}, behaviour);
  EsmePeer esme = bound_peer(smsc);
  esme.submit(1, t0);
  EXPECT_THAT(esme.order, testing::ElementsAre('r', 'a'));
  EXPECT_EQ(esme.receipts.at(0).id, esme.answers.at(0).id);
}

TEST(SmscReceipts, ComeAfterTheDelayAndLateOnesLater) {
  Behaviour behaviour;
  behaviour.receipt_delay = milliseconds(300);
  behaviour.receipt_late = 0.5;
  behaviour.receipt_late_by = seconds(5);
  Smsc smsc({}, behaviour);
  EsmePeer esme = bound_peer(smsc);
  for (std::uint64_t token = 0; token < 100; ++token) esme.submit(token, t0);
  run(smsc, esme, t0 + milliseconds(299));
  EXPECT_TRUE(esme.receipts.empty());
  run(smsc, esme, t0 + seconds(1));
  EXPECT_GT(esme.receipts.size(), 20U);
  EXPECT_LT(esme.receipts.size(), 80U);
  run(smsc, esme, t0 + seconds(6));
  EXPECT_EQ(esme.receipts.size(), 100U);
}

TEST(SmscReceipts, TwiceContradictingAndIntermediateOnesComeAsTold) {
  Behaviour behaviour;
  behaviour.receipt_twice = 1;
  Smsc twice({}, behaviour);
  EsmePeer first = bound_peer(twice);
  first.submit(1, t0);
  run(twice, first, t0 + seconds(1));
  ASSERT_EQ(first.receipts.size(), 2U);
  EXPECT_EQ(first.receipts[0].id, first.receipts[1].id);
  EXPECT_EQ(first.receipts[0].state, first.receipts[1].state);

  behaviour = {};
  behaviour.receipt_contradiction = 1;
  behaviour.receipt_enroute = 1;
  Smsc contradicting({}, behaviour);
  EsmePeer second = bound_peer(contradicting);
  second.submit(1, t0);
  run(contradicting, second, t0 + seconds(1));
  ASSERT_EQ(second.receipts.size(), 3U);
  EXPECT_EQ(second.receipts[0].state, 1U);
  EXPECT_EQ(second.receipts[1].state, 2U);
  EXPECT_EQ(second.receipts[2].state, 5U);
}

TEST(SmscReceipts, FractionsAreKept) {
  Behaviour behaviour;
  behaviour.receipts = 0.75;
  behaviour.undelivered = 0.25;
  Smsc smsc({}, behaviour);
  EsmePeer esme = bound_peer(smsc);
  for (std::uint64_t token = 0; token < 4000; ++token) {
    esme.submit(token, t0);
    smsc.on_tick(t0);
    esme.exchange(t0);
  }
  EXPECT_NEAR(static_cast<double>(esme.receipts.size()), 3000, 150);
  const auto failed = std::count_if(esme.receipts.begin(), esme.receipts.end(),
                                    [](const EsmePeer::Receipt& receipt) { return receipt.state == 5; });
  EXPECT_NEAR(static_cast<double>(failed), 750, 120);
}

TEST(SmscReceipts, IdsMayBeSpelledOtherwiseThanInTheResponse) {
  Identity identity;
  identity.first_id = 489708364;
  Behaviour behaviour;
  behaviour.id_style = IdStyle::hex;
  behaviour.receipt_id_style = IdStyle::decimal_padded;
  Smsc smsc(identity, behaviour);
  EsmePeer esme = bound_peer(smsc);
  esme.submit(1, t0);
  run(smsc, esme, t0);
  EXPECT_EQ(esme.answers.at(0).id, "1D305B4C");
  EXPECT_EQ(esme.receipts.at(0).id, "0489708364");
}

TEST(SmscReceipts, MayComeInDataSm) {
  Behaviour behaviour;
  behaviour.receipt_form = ReceiptForm::data_sm;
  Smsc smsc({}, behaviour);
  EsmePeer esme = bound_peer(smsc);
  esme.submit(1, t0);
  run(smsc, esme, t0);
  ASSERT_EQ(esme.receipts.size(), 1U);
  EXPECT_TRUE(esme.receipts[0].data_sm);
  EXPECT_EQ(smsc.statistics().receipts_answered, 1U);
}

TEST(SmscReceipts, ATransmitterGetsThemOnTheReceiverOfItsAccount) {
  Smsc smsc;
  EsmePeer sender(smsc, 1, smpp::BindKind::transmitter);
  EsmePeer receiver(smsc, 2, smpp::BindKind::receiver);
  EsmePeer stranger(smsc, 3, smpp::BindKind::receiver, "secret", "other");
  sender.bind(t0);
  sender.submit(1, t0);
  smsc.on_tick(t0);
  EXPECT_EQ(smsc.statistics().receipts_waiting, 1U) << "nobody to take it";
  stranger.bind(t0);
  receiver.bind(t0);
  smsc.on_tick(t0);
  receiver.exchange(t0);
  stranger.exchange(t0);
  EXPECT_EQ(receiver.receipts.size(), 1U);
  EXPECT_TRUE(stranger.receipts.empty());
  EXPECT_TRUE(sender.receipts.empty());
}

TEST(SmscReceipts, MayComeOnAnotherBind) {
  Behaviour behaviour;
  behaviour.receipt_other_bind = true;
  Smsc smsc({}, behaviour);
  EsmePeer first(smsc, 1), second(smsc, 2);
  first.bind(t0);
  first.submit(1, t0);
  smsc.on_tick(t0);
  first.exchange(t0);
  EXPECT_EQ(first.receipts.size(), 1U) << "there is no other";
  second.bind(t0);
  for (std::uint64_t token = 2; token < 10; ++token) first.submit(token, t0);
  smsc.on_tick(t0);
  second.exchange(t0);
  EXPECT_EQ(first.receipts.size(), 1U);
  EXPECT_EQ(second.receipts.size(), 8U);
}

TEST(SmscReceipts, AreDeliveredAgainWhereTheAnswerWasAnErrorOrNeverCame) {
  Smsc smsc;
  EsmePeer esme = bound_peer(smsc);
  esme.receipt_status = smpp::ESME_RX_T_APPN;
  esme.submit(1, t0);
  run(smsc, esme, t0);
  EXPECT_EQ(esme.receipts.size(), 1U);
  EXPECT_EQ(smsc.statistics().receipts_refused, 1U);
  esme.receipt_status = smpp::ESME_ROK;
  run(smsc, esme, t0 + seconds(2));
  EXPECT_EQ(esme.receipts.size(), 2U);
  EXPECT_EQ(smsc.statistics().receipts_answered, 1U);

  esme.answer_receipts = false;
  esme.submit(2, t0 + seconds(3));
  smsc.on_tick(t0 + seconds(3));
  esme.exchange(t0 + seconds(3));
  EXPECT_EQ(esme.receipts.size(), 3U);
  esme.disconnect(t0 + seconds(4));
  EsmePeer again(smsc, 2);
  again.bind(t0 + seconds(5));
  smsc.on_tick(t0 + seconds(5));
  again.exchange(t0 + seconds(5));
  ASSERT_EQ(again.receipts.size(), 1U);
  EXPECT_EQ(again.receipts[0].id, esme.receipts[2].id);
  EXPECT_EQ(smsc.statistics().receipts_waiting, 0U);
}

TEST(SmscReceipts, KeepToTheirWindow) {
  Behaviour behaviour;
  behaviour.receipt_window = 3;
  Smsc smsc({}, behaviour);
  EsmePeer esme = bound_peer(smsc);
  esme.answer_receipts = false;
  for (std::uint64_t token = 0; token < 10; ++token) esme.submit(token, t0);
  smsc.on_tick(t0);
  esme.exchange(t0);
  EXPECT_EQ(esme.receipts.size(), 3U);
  EXPECT_EQ(smsc.statistics().receipts_waiting, 10U);
}

}  // namespace
}  // namespace anchal::simulator
