#pragma once

#include <cstdint>

namespace anchal::core {

/// Deliberate breakages, each of one law of design.md §1, for the tests of the checks: the simulation must
/// see every one of them (tests/simulation/variants.cpp says within how many seeds). They exist in one
/// test-only build of this folder, with ANCHAL_BROKEN_VARIANTS defined; everywhere else broken() is false at
/// compile time and nothing of them is left in the code.
enum class Variant : std::uint8_t {
  none,
  // 1 conservation
  settle_before_send,    ///< the journal says settled when it should say intent
  ledger_forgets,        ///< `undelivered` is not counted in the durable ledger
  move_forgets_row,      ///< of several rows that move together the last is settled and not moved
  trim_past_watermark,   ///< streams are trimmed behind the cursor
  map_after_settle,      ///< SMSC ids go into the receipt map after their message was settled
  snapshot_forgets,      ///< a snapshot of the journal lists no intents
  finals_not_seeded,     ///< a takeover does not remember which receipts are final
  receipt_counts_twice,  ///< nor does anyone else
  replayed_blindly,      ///< a transaction of unknown fate is done again without a look into the journal
  fence_stays,           ///< the fence is not raised after a lost connection
  producer_key_ignored,  ///< a repeated job is a new job
  // 2 the gate
  gate_before_queue_only,  ///< not again before the write
  gate_spares_retries,     ///< what is tried again, or was held, does not pass the gate at the write
  // 3 effective means effective
  fails_open,            ///< without a policy lease everything goes on
  acknowledged_unsent,   ///< a policy is acknowledged while binds have unsent octets
  clock_rule_unsettled,  ///< nothing is done before a rule begins by the clock
  clock_read_once,       ///< what was allowed as the turn began is written whenever that comes about
  // 4 the contract rate
  rate_in_messages,    ///< a long message counts as one part
  window_empty,        ///< a share that is gained counts at once, and nothing as sent before
  share_kept,          ///< a lost share is not given up
  window_in_messages,  ///< a long message takes one place of a bind's window
  // 5 doubt has a name
  no_intent,             ///< nothing is journalled before the write
  wait_ignored,          ///< a replica's word that it has the intents is not waited for
  resends_everything,    ///< at-most-once categories are resent too
  doubt_unsaid,          ///< in_doubt is not reported
  resend_unsaid,         ///< the outcome of what was sent again does not say so
  doubt_as_delivered,    ///< what nobody knows ends as delivered
  doubt_not_retold,      ///< a Redis that forgot in_doubt is not told it again
  id_after_doubt,        ///< a late answer ends its doubt before its id is in the receipt map
  strays_unsought,       ///< receipts that lie in Redis for whoever is in doubt are not looked for
  query_unasked,         ///< a category that asks does not
  alarm_unsaid,          ///< nobody says that Redis is older than what is known
  no_fencing,            ///< a takeover does not raise the fence
  lease_ignored,         ///< not looked at before the write
  lease_from_answer,     ///< counted from whatever Redis answered last, not from the sending of the heartbeat
  lease_by_redis_clock,  ///< counted from when Redis says that the heartbeat came, by the wall clock
  claims_early,          ///< a lease is taken while its owner may still go by it
  // 6 bounded memory
  unbounded_queue,    ///< credits and the limits of queues are ignored
  bulk_before_otp,    ///< the other lanes first
  full_queue_blocks,  ///< one operator without room keeps the others from being read for
  // 7 no personal data
  number_in_notice,  ///< a notice names who did not get an answer
  // 8 deterministic core
  order_by_address,  ///< moves go in the order in which their entries lie in memory
  // what interface.md promises beside the laws
  not_before_ignored,
  expires_before_queue,  ///< expires_at is looked at before the queue and not before the write
  text_of_first_row,     ///< every recipient of a template gets what is the first one's
  reference_anew,        ///< the rest of a long message has another reference than what is out
  short_write_ignored,   ///< a bind is written to again before it is writable
  count,
};

#ifdef ANCHAL_BROKEN_VARIANTS
/// Set before a world is built, and not while it runs.
inline thread_local Variant broken_variant = Variant::none;
inline bool broken(Variant variant) {
  return broken_variant == variant;
}
#else
constexpr bool broken(Variant) {
  return false;
}
#endif

}  // namespace anchal::core
