#include "smpp/receipt/part_state.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace anchal::smpp {
namespace {

using namespace std::chrono_literals;
using S = PartState;
using C = PartChange;

constexpr int kStates = 12;

TEST(PartState, AReceiptStandsForOneState) {
  const auto of = [](ReceiptKind kind, ReceiptState state) {
    Receipt receipt;
    receipt.kind = kind;
    receipt.state = state;
    return part_state(receipt);
  };
  EXPECT_EQ(of(ReceiptKind::intermediate, ReceiptState::delivered), S::enroute)
      << "an intermediate notification";
  EXPECT_EQ(of(ReceiptKind::intermediate, ReceiptState::accepted), S::enroute);
  EXPECT_EQ(of(ReceiptKind::final, ReceiptState::accepted), S::delivered);
  EXPECT_EQ(of(ReceiptKind::soft, ReceiptState::unknown), S::unknown);
  EXPECT_EQ(of(ReceiptKind::final, ReceiptState::skipped), S::skipped);
}

struct Row {
  S current;
  S incoming;
  S state;
  C change;
};

TEST(PartState, FollowsTheTableOfTransitions) {
  for (const Row& row : std::vector<Row>{{S::open, S::enroute, S::enroute, C::advanced},
                                         {S::enroute, S::enroute, S::enroute, C::unchanged},
                                         {S::enroute, S::open, S::enroute, C::unchanged},
                                         {S::open, S::delivered, S::delivered, C::advanced},
                                         {S::enroute, S::unknown, S::unknown, C::advanced},
                                         {S::open, S::no_receipt, S::no_receipt, C::advanced},
                                         {S::unknown, S::delivered, S::delivered, C::advanced},
                                         {S::unknown, S::enroute, S::unknown, C::out_of_order},
                                         {S::unknown, S::unknown, S::unknown, C::unchanged},
                                         {S::no_receipt, S::enroute, S::no_receipt, C::out_of_order},
                                         {S::no_receipt, S::unknown, S::no_receipt, C::out_of_order},
                                         {S::no_receipt, S::delivered, S::delivered, C::correction},
                                         {S::delivered, S::delivered, S::delivered, C::duplicate},
                                         {S::delivered, S::enroute, S::delivered, C::out_of_order},
                                         {S::delivered, S::unknown, S::delivered, C::out_of_order},
                                         {S::delivered, S::undeliverable, S::delivered, C::ignored},
                                         {S::undeliverable, S::delivered, S::delivered, C::correction},
                                         {S::undeliverable, S::expired, S::undeliverable, C::ignored},
                                         {S::submit_failed, S::delivered, S::delivered, C::correction},
                                         {S::submitted, S::undeliverable, S::submitted, C::ignored}}) {
    const PartTransition got = apply(row.current, row.incoming);
    EXPECT_EQ(got.state, row.state) << to_string(row.current) << " + " << to_string(row.incoming);
    EXPECT_EQ(got.change, row.change) << to_string(row.current) << " + " << to_string(row.incoming);
  }
}

TEST(PartState, ThePolicyDecidesBetweenFinalStates) {
  EXPECT_EQ(apply(S::undeliverable, S::delivered, FinalPolicy::first_wins).state, S::undeliverable);
  EXPECT_EQ(apply(S::unknown, S::delivered, FinalPolicy::first_wins).state, S::delivered);
  EXPECT_EQ(apply(S::delivered, S::undeliverable, FinalPolicy::last_wins, 1h, 2h).change, C::correction);
  EXPECT_EQ(apply(S::delivered, S::undeliverable, FinalPolicy::last_wins, 3h, 2h).change, C::ignored);
  EXPECT_EQ(apply(S::delivered, S::enroute, FinalPolicy::last_wins).state, S::delivered);
}

RC_GTEST_PROP(PartStateProperty, TheOrderOfReceiptsOfDifferentRanksDoesNotMatter, ()) {
  const std::vector<std::vector<S>> by_rank{
      {S::enroute},
      {S::unknown},
      {S::undeliverable, S::expired, S::deleted, S::rejected, S::skipped},
      {S::delivered}};
  std::vector<S> receipts;
  for (const auto& states : by_rank) {
    if (*rc::gen::arbitrary<bool>()) receipts.push_back(*rc::gen::elementOf(states));
  }
  const auto end = [](const std::vector<S>& order) {
    S state = S::open;
    for (const S receipt : order) state = apply(state, receipt).state;
    return state;
  };
  const S expected = end(receipts);
  std::sort(receipts.begin(), receipts.end());
  do {
    RC_ASSERT(end(receipts) == expected);
  } while (std::next_permutation(receipts.begin(), receipts.end()));
}

RC_GTEST_PROP(PartStateProperty, AReceiptFedTwiceChangesNothing, ()) {
  const auto some = [] { return static_cast<S>(*rc::gen::inRange(0, kStates)); };
  const auto policy =
      *rc::gen::element(FinalPolicy::delivered_wins, FinalPolicy::first_wins, FinalPolicy::last_wins);
  const S incoming = some();
  const PartTransition once = apply(some(), incoming, policy);
  const PartTransition twice = apply(once.state, incoming, policy);
  RC_ASSERT(twice.state == once.state);
  RC_ASSERT(twice.change != C::advanced);
  RC_ASSERT(twice.change != C::correction);
}

RC_GTEST_PROP(PartStateProperty, AFinalStateNeverOpensAgain, ()) {
  S state = S::open;
  int highest = 0;
  for (int i = 0; i < 20; ++i) {
    state = apply(state, static_cast<S>(*rc::gen::inRange(0, kStates))).state;
    RC_ASSERT(rank(state) >= highest);
    highest = rank(state);
  }
}

}  // namespace
}  // namespace anchal::smpp
