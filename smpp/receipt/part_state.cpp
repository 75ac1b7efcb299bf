#include "smpp/receipt/part_state.h"

#include <array>

namespace anchal::smpp {
namespace {

constexpr std::array<std::string_view, 12> kNames{"open",          "enroute",       "unknown",   "no_receipt",
                                                  "submit_failed", "undeliverable", "expired",   "deleted",
                                                  "rejected",      "skipped",       "delivered", "submitted"};

bool replaces(PartState current, PartState incoming, FinalPolicy policy, bool in_window) {
  switch (policy) {
    case FinalPolicy::delivered_wins:
      return rank(incoming) > rank(current);
    case FinalPolicy::first_wins:
      return false;
    case FinalPolicy::last_wins:
      return in_window;
  }
  return false;
}

}  // namespace

std::string_view to_string(PartState state) {
  return kNames[static_cast<std::size_t>(state)];
}

int rank(PartState state) {
  switch (state) {
    case PartState::open:
    case PartState::enroute:
      return 0;
    case PartState::unknown:
    case PartState::no_receipt:
      return 1;
    case PartState::submit_failed:
    case PartState::undeliverable:
    case PartState::expired:
    case PartState::deleted:
    case PartState::rejected:
    case PartState::skipped:
      return 2;
    case PartState::delivered:
    case PartState::submitted:
      return 3;
  }
  return 0;
}

PartState part_state(const Receipt& receipt) {
  if (receipt.kind == ReceiptKind::intermediate) return PartState::enroute;
  switch (receipt.state) {
    case ReceiptState::scheduled:
    case ReceiptState::enroute:
      return PartState::enroute;
    case ReceiptState::delivered:
    case ReceiptState::accepted:  // final only where the operator is set up so: read on the subscriber's
                                  // behalf
      return PartState::delivered;
    case ReceiptState::expired:
      return PartState::expired;
    case ReceiptState::deleted:
      return PartState::deleted;
    case ReceiptState::undeliverable:
      return PartState::undeliverable;
    case ReceiptState::unknown:
      return PartState::unknown;
    case ReceiptState::rejected:
      return PartState::rejected;
    case ReceiptState::skipped:
      return PartState::skipped;
  }
  return PartState::unknown;
}

PartTransition apply(PartState current, PartState incoming, FinalPolicy policy, Duration since_final,
                     Duration window) {
  const int now = rank(current);
  const int next = rank(incoming);
  if (current == incoming) return {current, now >= 2 ? PartChange::duplicate : PartChange::unchanged};
  if (next == 0) {
    if (now > 0) return {current, PartChange::out_of_order};
    // An answered part does not become open again.
    if (incoming == PartState::open) return {current, PartChange::unchanged};
    return {incoming, PartChange::advanced};
  }
  if (next == 1)
    return now == 0 ? PartTransition{incoming, PartChange::advanced}
                    : PartTransition{current, PartChange::out_of_order};
  if (current == PartState::no_receipt)
    return {incoming, PartChange::correction};  // silence was reported as final
  if (now < 2) return {incoming, PartChange::advanced};
  if (replaces(current, incoming, policy, since_final <= window)) return {incoming, PartChange::correction};
  return {current, PartChange::ignored};
}

}  // namespace anchal::smpp
