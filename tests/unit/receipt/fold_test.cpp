#include "smpp/receipt/fold.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace anchal::smpp {
namespace {

using S = PartState;
using O = MessageOutcome;
using P = SegmentPolicy;

struct Row {
  std::vector<S> parts;
  P policy;
  bool deadline_passed;
  O outcome;
  std::uint32_t delivered;
  std::size_t decided_by;
};

constexpr std::size_t kNone = Folded::kNoPart;

TEST(Fold, GivesOneOutcomeForAllParts) {
  const std::vector<Row> rows{
      {{}, P::each, true, O::pending, 0, kNone},
      {{S::delivered}, P::each, false, O::delivered, 1, 0},
      {{S::delivered, S::open}, P::each, false, O::pending, 1, kNone},
      {{S::delivered, S::delivered}, P::each, false, O::delivered, 2, 1},
      {{S::delivered, S::open}, P::each, true, O::no_receipt, 1, 1},
      {{S::delivered, S::no_receipt}, P::each, false, O::no_receipt, 1, 1},
      {{S::unknown}, P::each, false, O::pending, 0, kNone},
      {{S::unknown}, P::each, true, O::no_receipt, 0, 0},
      {{S::enroute, S::undeliverable}, P::each, false, O::pending, 0, kNone},
      {{S::enroute, S::undeliverable}, P::each, true, O::no_receipt, 0, 1},
      {{S::undeliverable, S::skipped, S::deleted}, P::each, false, O::undelivered, 0, 0},
      {{S::expired, S::expired}, P::each, false, O::expired, 0, 0},
      {{S::rejected, S::submit_failed}, P::each, false, O::rejected, 0, 0},
      {{S::expired, S::rejected}, P::each, false, O::undelivered, 0, 0},
      {{S::delivered, S::expired, S::delivered}, P::each, false, O::undelivered, 2, 1},
      {{S::submit_failed, S::delivered}, P::each, false, O::undelivered, 1, 0},
      {{S::submitted, S::submitted}, P::each, false, O::submitted, 0, 1},
      {{S::submitted, S::delivered}, P::each, false, O::delivered, 1, 1},
      {{S::submitted, S::undeliverable}, P::each, false, O::undelivered, 0, 1},
      {{S::open, S::delivered}, P::any_one, false, O::delivered, 1, 1},
      {{S::open, S::expired}, P::any_one, false, O::expired, 0, 1},
      {{S::submitted, S::open}, P::any_one, false, O::pending, 0, kNone},
      {{S::submit_failed, S::delivered}, P::any_one, false, O::undelivered, 1, 0},
      {{S::open, S::open}, P::any_one, true, O::no_receipt, 0, 0},
      {{S::open, S::delivered}, P::last_only, false, O::delivered, 1, 1},
      {{S::delivered, S::open}, P::last_only, false, O::pending, 1, kNone},
      {{S::undeliverable, S::delivered}, P::last_only, false, O::delivered, 1, 1},
      {{S::submit_failed, S::delivered}, P::last_only, false, O::undelivered, 1, 0},
      {{S::delivered, S::open}, P::first_only, false, O::delivered, 1, 0},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const Folded folded = fold(row.parts, row.policy, row.deadline_passed);
    EXPECT_EQ(folded.outcome, row.outcome) << "row " << i << ": " << to_string(folded.outcome);
    EXPECT_EQ(folded.parts_delivered, row.delivered) << "row " << i;
    EXPECT_EQ(folded.decided_by, row.decided_by) << "row " << i;
  }
}

RC_GTEST_PROP(FoldProperty, AfterTheDeadlineNothingIsPending, ()) {
  const auto parts = *rc::gen::nonEmpty(rc::gen::container<std::vector<S>>(
      rc::gen::map(rc::gen::inRange(0, 12), [](int i) { return static_cast<S>(i); })));
  const auto policy = *rc::gen::element(P::each, P::any_one, P::last_only, P::first_only);
  const Folded late = fold(parts, policy, true);
  RC_ASSERT(late.outcome != O::pending);
  RC_ASSERT(late.decided_by < parts.size());
  const Folded early = fold(parts, policy, false);
  RC_ASSERT(early.outcome == O::pending || early.outcome == late.outcome);
}

RC_GTEST_PROP(FoldProperty, DeliveredMeansThatNoPartFailed, ()) {
  const auto parts = *rc::gen::container<std::vector<S>>(
      rc::gen::map(rc::gen::inRange(0, 12), [](int i) { return static_cast<S>(i); }));
  if (fold(parts, P::each, *rc::gen::arbitrary<bool>()).outcome != O::delivered) return;
  for (const S part : parts) RC_ASSERT(rank(part) == 3);
}

}  // namespace
}  // namespace anchal::smpp
