#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "smpp/receipt/receipt.h"
#include "smpp/time.h"

namespace anchal::smpp {

/// Where one part stands for the reconciler.
enum class PartState : std::uint8_t {
  open,           ///< not answered, or accepted and waiting
  enroute,        ///< a receipt that is not final came
  unknown,        ///< a receipt said UNKNOWN: may yet be followed by another
  no_receipt,     ///< the deadline passed in silence
  submit_failed,  ///< refused for good, or tries used up
  undeliverable,
  expired,
  deleted,
  rejected,
  skipped,
  delivered,
  submitted,  ///< accepted, and no receipt was asked for
};
std::string_view to_string(PartState state);

/// 0 open, 1 soft final (unknown, no_receipt), 2 failed, 3 delivered or submitted without receipt.
int rank(PartState state);

/// Which final state stands where two contradict (dlr.final_policy).
enum class FinalPolicy : std::uint8_t { delivered_wins, first_wins, last_wins };

/// What a receipt did to a part.
enum class PartChange : std::uint8_t {
  advanced,      ///< from open, enroute or a soft final to a new state
  correction,    ///< one final state replaced by another: history, never a second final outcome
  duplicate,     ///< the same final state again
  out_of_order,  ///< not final, after a final or soft final state
  ignored,       ///< another final state, and the policy keeps the first
  unchanged,     ///< one more receipt that says the same and is not final
};

struct PartTransition {
  PartState state = PartState::open;
  PartChange change = PartChange::unchanged;
};

/// The part's state that a parsed receipt stands for.
PartState part_state(const Receipt& receipt);

/// Applies a receipt's state to a part. `since_final` is the age of the part's final state by our own clock,
/// `window` the time within which last_wins still corrects (dlr.correction_window). Pure.
PartTransition apply(PartState current, PartState incoming, FinalPolicy policy = FinalPolicy::delivered_wins,
                     Duration since_final = Duration::zero(), Duration window = Duration::max());

}  // namespace anchal::smpp
