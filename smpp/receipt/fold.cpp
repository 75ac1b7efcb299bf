#include "smpp/receipt/fold.h"

#include <algorithm>
#include <array>

namespace anchal::smpp {
namespace {

constexpr std::array<std::string_view, 7> kNames{"pending", "submitted", "delivered", "undelivered",
                                                 "expired", "rejected",  "no_receipt"};

/// What a part that has ended means on its own.
MessageOutcome outcome_of(PartState state) {
  switch (state) {
    case PartState::open:
    case PartState::enroute:
      return MessageOutcome::pending;
    case PartState::unknown:
    case PartState::no_receipt:
      return MessageOutcome::no_receipt;
    case PartState::submit_failed:
    case PartState::rejected:
      return MessageOutcome::rejected;
    case PartState::expired:
      return MessageOutcome::expired;
    case PartState::undeliverable:
    case PartState::deleted:
    case PartState::skipped:
      return MessageOutcome::undelivered;
    case PartState::delivered:
      return MessageOutcome::delivered;
    case PartState::submitted:
      return MessageOutcome::submitted;
  }
  return MessageOutcome::pending;
}

/// The part that speaks for all under any_one: a delivered one, else the first that a receipt ended, else one
/// that still waits for its receipt.
std::size_t speaker(std::span<const PartState> parts) {
  std::size_t ended = Folded::kNoPart;
  std::size_t waiting = 0;
  for (std::size_t i = parts.size(); i-- > 0;) {
    if (parts[i] == PartState::delivered) return i;
    if (rank(parts[i]) < 2) waiting = i;
    if (rank(parts[i]) == 2 && parts[i] != PartState::submit_failed) ended = i;
  }
  return ended == Folded::kNoPart ? waiting : ended;
}

bool is_needed(std::span<const PartState> parts, std::size_t i, SegmentPolicy policy, std::size_t spokesman) {
  if (parts[i] == PartState::submit_failed) return true;
  switch (policy) {
    case SegmentPolicy::each:
      return true;
    case SegmentPolicy::any_one:
      return i == spokesman;
    case SegmentPolicy::last_only:
      return i + 1 == parts.size();
    case SegmentPolicy::first_only:
      return i == 0;
  }
  return true;
}

/// The fold so far, over the needed parts.
struct Tally {
  bool pending = false;
  bool silent = false;
  bool mixed = false;
  MessageOutcome ending = MessageOutcome::pending;  ///< of all parts that ended, unless mixed
  std::size_t failed_part = Folded::kNoPart;
  std::size_t silent_part = Folded::kNoPart;
  std::size_t good_part = Folded::kNoPart;

  void add(std::size_t i, PartState state, bool deadline_passed) {
    if (rank(state) < 2) {
      pending |= !deadline_passed && state != PartState::no_receipt;
      silent = true;
      if (silent_part == Folded::kNoPart) silent_part = i;
      return;
    }
    const MessageOutcome outcome = outcome_of(state);
    const bool good = rank(state) == 3;
    if (good) {
      good_part = i;
    } else if (failed_part == Folded::kNoPart) {
      failed_part = i;
    }
    if (ending == MessageOutcome::pending) {
      ending = outcome;
    } else if (ending != outcome) {
      // Parts that asked for no receipt do not contradict those that were delivered.
      const bool both_good =
          good && (ending == MessageOutcome::delivered || ending == MessageOutcome::submitted);
      if (both_good) {
        ending = MessageOutcome::delivered;
      } else {
        mixed = true;
      }
    }
  }
};

}  // namespace

std::string_view to_string(MessageOutcome outcome) {
  return kNames[static_cast<std::size_t>(outcome)];
}

Folded fold(std::span<const PartState> parts, SegmentPolicy policy, bool deadline_passed) {
  Folded folded;
  folded.parts_delivered = static_cast<std::uint32_t>(std::ranges::count(parts, PartState::delivered));
  if (parts.empty()) return folded;
  const std::size_t spokesman = policy == SegmentPolicy::any_one ? speaker(parts) : 0;
  Tally tally;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (is_needed(parts, i, policy, spokesman)) tally.add(i, parts[i], deadline_passed);
  }
  if (tally.pending) return folded;
  if (tally.silent) {
    folded.outcome = MessageOutcome::no_receipt;
    folded.decided_by = tally.failed_part != Folded::kNoPart ? tally.failed_part : tally.silent_part;
    return folded;
  }
  folded.outcome = tally.mixed ? MessageOutcome::undelivered : tally.ending;
  folded.decided_by = tally.failed_part != Folded::kNoPart ? tally.failed_part : tally.good_part;
  return folded;
}

}  // namespace anchal::smpp
