#pragma once

#include <tsl/robin_map.h>
#include <tsl/robin_set.h>

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/core/dispatch/active_table.h"
#include "engine/core/dispatch/operator_state.h"
#include "engine/core/doubt/doubt.h"
#include "engine/core/doubt/query.h"
#include "engine/core/doubt/resend.h"
#include "engine/core/job/job_parser.h"
#include "engine/core/outcome/outcome.h"
#include "engine/core/partition/members.h"
#include "engine/core/partition/partition.h"
#include "engine/core/partition/seen.h"
#include "engine/core/poison/suspects.h"
#include "engine/core/question.h"
#include "engine/core/receipts/map_put.h"
#include "engine/core/receipts/receipt_event.h"
#include "engine/core/receipts/receipt_search.h"
#include "engine/core/route/router.h"
#include "engine/core/shard.h"
#include "engine/core/store_health.h"
#include "smpp/receipt/fold.h"
#include "smpp/receipt/part_state.h"
#include "throttle/rate/random.h"

namespace anchal::core {

/// Which transaction an entry of the journal belongs to.
TransactionId transaction_of(const Reply& journal_entry);

/// The shard's state and its moves; README.md says which source is which room.
class Shard::Impl {
 public:
  Impl(const Config& config, ShardPlace place, StorePort& store, BindPort& ports);

  // --- shard.cpp
  void start(Now now);
  void drain(Now now);
  bool drained() const;
  void turn(Now now);
  void written(TimePoint at);
  TimePoint next_deadline() const;
  const Counters& counters(Now now);
  void on_policy(throttle::PolicyTable table, Now now);
  bool policy_settled(TimePoint deadline, Now now);
  void look_ahead(Now now);
  void rule_begins(Now now);
  void watch_policy_lease(Now now);
  void notice(Notice::Level level, std::string text);

  // --- links.cpp
  void make_operators();
  void connect_binds(Now now);
  void on_connected(BindId bind, Now now);
  void on_bytes(BindId bind, std::span<const std::byte> bytes, Now now);
  void on_writable(BindId bind, Now now);
  void on_closed(BindId bind, std::string_view reason, Now now);
  void tick_sessions(Now now);
  void handle_events(Bind& bind, Now now);
  void close_bind(Bind& bind, bool orderly);
  void flush_bind(Bind& bind);
  void bind_lost(Bind& bind, Now now);
  void count_binds(Operator& op);
  bool open(const Operator& op) const;

  // --- ownership.cpp
  using Handler = Question::Handler;
  void ask(Commands commands, Handler handler, AskKind kind = AskKind::plain,
           TimePoint due = TimePoint::min());
  void send_question(Question question);
  void ask_again(Now now);
  void on_store_answer(const StoreAnswer& answer, Now now);
  void on_store_up(const StoreHistory& history, Now now);
  void on_store_down(Now now);
  void watch_leases(Now now);
  void look_at_owner(Partition& partition, const Reply& reply, Now now);
  void claim(Partition& partition, Now now);
  bool outlived(Partition& partition, Now now);
  /// So often at once; where Redis' fence is farther behind than any failover leaves it, the rest follows in
  /// paces.
  static constexpr std::uint64_t kRaisesMax = 64;
  void raise_and_look(Partition& partition, std::uint64_t times, Now now, TimePoint due = TimePoint::min());
  void raise(Commands& commands, const Partition& partition, std::uint64_t times, Now now) const;
  void read_journal(Partition& partition, Now now);
  void read_ledger(Partition& partition, Now now);
  void read_doubts(Partition& partition, const std::string& cursor, Now now);
  void own(Partition& partition, Now now);
  void lose(Partition& partition, Now now);
  bool recovering(Partition& partition);

  // --- memory.cpp
  void remember(const KnowledgeMap& known, std::string installation);
  KnowledgeMap knowledge() const;
  void note_cursors(Partition& partition, Knowledge& known) const;
  void compare_with_known(Partition& partition);
  void redis_forgot(Partition& partition, Now now);
  void tell_forgotten(const Partition& partition, Now now);
  void forget_finals(const Partition& partition);
  void write_forgotten(const Partition& partition, Commands& commands) const;
  void settle_forgotten(Partition& partition);
  bool suspect(const Stream& stream, StreamId id) const;
  bool job_forgotten(const Partition& partition, const Seen& seen, bool marked) const;

  // --- producer_keys.cpp
  void ask_seen(Commands& commands, PartitionId partition, std::uint64_t hash, Now now) const;
  void remember_seen(Partition& partition, std::uint64_t hash, const std::string& name, Now now);
  void mark_forgotten_seen(Partition& partition, std::uint64_t hash, const std::string& name, Now now);
  void tell_seen(const Partition& partition, Now now);
  void tell_seen(PartitionId partition, std::vector<std::uint64_t> hashes, Now now);

  // --- resync.cpp
  void resync(Partition& partition, Now now);
  void raise_fence(Partition& partition, std::uint64_t times, Now now, TimePoint due = TimePoint::min());
  void look_for_transaction(Partition& partition, Now now, TimePoint due);
  void resynced(Partition& partition, Now now);
  void again(Partition& partition, Now now);
  void tell_again(Partition& partition, TransactionId last, Now now);
  void tell_beside(Partition& partition, const Commands& beside);
  void tell_removals(Partition& partition, const Commands& removals);
  void forgotten(Partition& partition, Now now);
  void tell_knowledge(Partition& partition);
  void meet_history(Partition& partition, Now now);
  void remind(Partition& partition, TimePoint due);
  void reminded(Partition& partition);
  bool within_barrier(Now now) const;
  /// A lease is judged on two clocks: so long after the last sign of it nobody acts on it.
  Duration outwaited() const { return config_.lease * 2 + config_.lease / 50; }
  bool others_may_tell(Now now) const;
  bool may_be_taken(const Partition& partition, Now now) const;
  Stream* stream_named(Partition& partition, std::string_view suffix);
  void heartbeat(Partition& partition, Now now);
  void update_shares(Now now);
  std::string owner_record(const Partition& partition) const;

  // --- sharing.cpp
  std::string member_name(std::uint16_t index) const;
  std::vector<std::string> sibling_names() const;
  void share_partitions(Now now);
  void hear_members();
  bool may_claim(const Partition& partition, Duration silent) const;
  void hand_over(Partition& partition, Now now);
  void forget_queued(const Partition& partition);
  void release_partitions(Now now);
  bool at_rest(const Partition& partition);
  void give_up_answers(Partition& partition, Now now);

  // --- settle.cpp
  void flush_partitions(Now now);
  void submit_transaction(Partition& partition, Now now);
  void on_transaction(Partition& partition, const StoreAnswer& answer, Now now);
  void committed(Partition& partition, OnCommit& done, std::string_view journal_id, Now now);
  Stream& stream(Partition& partition, StreamKind kind, std::string suffix, Lane lane, std::uint16_t op);
  void write_snapshot(Partition& partition, Now now);
  void trim(Partition& partition, Now now);
  /// A final outcome, counted once in the ledger. The caller takes the message from where it was.
  void finalise(const Identity& who, Final state, OutcomeLine line, Now now);
  void report(const Identity& who, OutcomeLine line, Now now);
  /// Marks a row as having left its entry, in journal and memory; frees the entry with its last row.
  void settle_row(Entry& entry, std::uint32_t row);
  /// Gives up one claim on the entry (a row's, or a caller's who holds on to it): the last one frees it.
  void unpin(Entry& entry);
  struct Destination {
    StreamKind kind = StreamKind::backlog;
    std::uint16_t operator_index = 0;
    std::string rule;
    Lane lane = Lane::bulk;
    WallTime due{};
  };
  void move_rows(Entry& entry, const std::vector<std::uint32_t>& rows, const Destination& to,
                 std::uint32_t attempts, const std::optional<Progress>& progress, Now now);
  void put(Partition& partition, const Destination& to, std::string_view body, std::string_view moved,
           std::uint32_t count, Now now);
  Identity identity(const Entry& entry, const Row& row) const;

  // --- store_health.cpp
  void on_store_pressure(double used);
  void on_store_replicas(std::size_t online);
  std::chrono::milliseconds replica_wait(const OnCommit& after, Now now);
  void count_replica_wait(const Partition::Outstanding& sent, const StoreAnswer* answer, Now now);
  void store_was_full(Now now);
  bool probes_full_store(const Batch& batch, Now now);
  void store_took(bool settled_only);
  void store_refused(std::string_view words, Now now);
  void tell_refusal(std::string_view words, Now now);

  // --- intake.cpp
  /// Read in this turn, not yet accepted: in stream order, refused ones among them, so that the cursor never
  /// passes an entry whose acceptance is not in the same or an earlier transaction.
  struct Arrived {
    PartitionId partition = 0;
    std::uint64_t fence = 0;
    std::string suffix;
    StreamId id;
    std::unique_ptr<Entry> entry;
    std::optional<Refusal> refusal;
    std::string body;  ///< of a refused one, for the dead letter
  };
  static std::string entry_name(Lane lane, StreamId id);
  void read_streams(Now now);
  void read_otp(Now now);
  void read_jobs(Now now);
  void read_waiting(Now now);
  void read_retries(Partition& partition, Now now);
  static void add_streams(Commands& commands, const std::vector<Stream*>& streams, std::int64_t count,
                          std::vector<std::string>& looked);
  std::size_t on_entries(const Reply& reply, Now now);
  Stream* stream_of_key(std::string_view key);
  void take_entry(Stream& stream, StreamId id, const Reply& fields, Now now);
  void take_body(Stream& stream, StreamId id, Lane lane, std::string_view body, bool is_envelope,
                 std::optional<std::string_view> meta, Now now);
  void admit_arrived(bool& reading, Now now);
  void admit(Arrived& arrived, const Reply* current, const Reply* previous, Now now);
  void refuse(Stream& stream, StreamId id, const Refusal& refusal, std::string_view body, Now now);
  void accept(std::unique_ptr<Entry> entry, Now now);
  void open_entry(std::unique_ptr<Entry> entry, Now now);
  std::size_t room(const Operator& op, Lane lane) const;
  std::size_t capacity(const Operator& op) const;
  std::size_t lane_room(Lane lane, Now now) const;
  bool valve_open(const Stream& stream, Now now) const;
  bool may_read(const Partition& partition) const;

  // --- reread.cpp
  static void note_taken(Stream& stream, StreamId id, std::uint64_t hash);
  void tell_taken(Stream& stream, StreamId id, std::uint64_t hash);
  void list_taken(Partition& partition);
  void begin_reread(Partition& partition, const Commands& lost, bool once_more);
  static void note_reread(const Partition& partition, std::string_view suffix, StreamId to, Commands& told);
  static void append_untrimmed(Commands& to, const Commands& from);
  void reread(Partition& partition, Now now);
  Stream* rereading(Partition& partition, const std::string& suffix, std::uint64_t fence,
                    std::uint64_t rereads);
  void on_reread(Stream& stream, const Reply& entries, Now now);
  void take_reread(Stream& stream, Arrived& arrived, bool seen, Now now);
  void rescue_forgotten(Stream& stream, Now now);
  void give_up(Stream& stream, StreamId id, Now now);
  void give_up_missing(Stream& stream, StreamId up_to, Now now);
  void nothing_follows(const std::vector<std::string>& keys, Now now);

  // --- poison.cpp
  void tell_endings(Now now);
  bool awaiting_endings(TimePoint now) const { return endings_asked_ > 0 && now < endings_due_; }
  bool condemned(const Stream& stream, StreamId id) const;
  void condemn(Stream& stream, StreamId id, Lane lane, std::string_view body, bool is_envelope,
               std::optional<std::string_view> meta, Now now);
  void condemn_messages(Stream& stream, StreamId id, Lane lane, std::string_view body,
                        std::optional<std::string_view> meta, const Refusal& refusal, Now now);
  void doubt_condemned(Identity who, const Intent& intent, Lane lane, const std::optional<Moved>& moved,
                       Now now);
  void dead_letter(Stream& stream, StreamId id, const Refusal& refusal, std::string_view body,
                   std::string_view indexes = {});
  bool may_take(Stream& stream, StreamId id, TimePoint now);
  TimePoint trial_of(const Partition& partition, TimePoint now) const;
  bool careful(const Stream& stream) const;
  void announced(Partition& partition, const std::string& suffix, Now now);
  void announce_anew();
  void drop_suspects(Partition& partition, const std::vector<std::string>& fields);
  void drop_old_suspects(Partition& partition, Now now);
  Holding holding(const Entry& entry, Stage stage, std::uint32_t row = InHand::kWhole) {
    return {hand_, entry.stream->partition, entry.stream->suffix, entry.id, stage, row};
  }

  // --- plan.cpp
  void plan(Entry& entry, Now now);
  throttle::MessageClass policy_class(const Job& job, const Row& row, const Operator& op) const;
  std::string hold_name(const throttle::Verdict& verdict) const;
  void spill_queues(Now now);
  std::vector<std::pair<Entry*, std::vector<std::uint32_t>>> take_queued(
      Operator& op, Lane lane, const std::function<bool(const Queued&)>& take);
  static bool too_early(const Job& job, Now now);
  void wait_again(Now now);
  void give_back_ready(Operator& op, Now now);

  // --- pump.cpp
  void prepare(Now now);
  void prepare(Operator& op, Now now);
  bool prepare_message(Operator& op, const Queued& message, Now now);
  bool render(Active& active, const Job& job, const Row& row, std::string_view& text, std::string& why);
  void write_ready(Now now);
  void write_ready(Operator& op, std::deque<std::uint64_t>& ready, bool otp, Now now);
  Bind* pick_bind(Operator& op, bool otp, Now now);
  bool write_part(Operator& op, Active& active, std::uint64_t token, std::uint16_t part, Bind& bind, Now now);
  throttle::Verdict gate(const throttle::MessageClass& message, std::optional<throttle::OnHold> on_hold,
                         Now now) const;
  Active& take_slot();
  void free_slot(Active& active);

  // --- results.cpp
  void on_completed(Bind& bind, const smpp::Completed& done, Now now);
  void part_accepted(Active& active, std::uint64_t token, std::uint16_t part, std::string_view message_id,
                     Now now);
  void part_refused(Active& active, std::uint16_t part, std::uint32_t status, TimePoint sent_at, Bind* bind,
                    Now now);
  void count_stop(const throttle::Verdict& verdict);
  void stopped_by_rule(Active& active, const throttle::Verdict& verdict, Now now);
  void try_finish(Active& active, Now now);
  void finish_final(Active& active, Final state, OutcomeLine line, Now now);
  void retry_later(Active& active, Now now);
  void leave_place(Active& active);
  void leave(Active& active, Now now);
  void withdraw(Active& active);
  void due_delays(Now now);
  void journal_intents(Active& active, Now now);
  /// How far a message has come; nothing accepted: nothing to know, unless `always` and it has several parts.
  std::optional<Progress> progress_of(const Active& active, bool always = false) const;

  // --- doubts.cpp
  void into_doubt(Active& active, Now now);
  void doubt_row(Entry& entry, std::uint32_t row, const Intent& intent, Now now);
  void detach_old(Now now);
  void resume_detached(Active& active, const Destination& to, Now now);
  /// Which copy of a message an answer is about: the first, or the one sent again.
  struct DoubtfulCopy {
    std::string key;
    bool resent = false;
    PartitionId partition = 0;
    std::uint16_t parts = 0, reference = 0;
  };
  static DoubtfulCopy copy_of(const Active& active);
  void expect_late(std::uint64_t token, DoubtfulCopy copy);
  bool late_for_part(std::uint64_t token, std::uint32_t status, std::string_view message_id, Now now);
  void on_late(const smpp::LateResponse& late, std::uint16_t op, Now now);
  void on_given_up(std::uint64_t token, std::uint32_t status, std::string_view message_id, std::uint16_t op,
                   Now now);
  void answer_to_doubt(const DoubtfulCopy& copy, std::uint16_t part, std::uint32_t status,
                       std::string_view message_id, std::uint16_t op, const Active* active, Now now);
  void late_answered(const std::string& key, std::size_t part, bool accepted, Now now);
  void remember_doubt(Doubt doubt);
  void store_doubt(const Doubt& doubt);
  void drop_doubt(const std::string& key);
  void replace_doubt(const std::string& key, Doubt doubt);
  void report_recovered_doubts(Partition& partition, Now now);
  OnDoubt on_doubt_of(const Doubt& doubt) const;
  void forget_doubts(const Partition& partition);
  void act_on_doubt(const std::string& key, Now now);
  void due_doubts(Now now);
  static void note_written(Doubt& doubt, const Active& active, Now now);
  void count_evidence(Evidence evidence) { ++counters_.doubts_ended[static_cast<std::size_t>(evidence)]; }
  WallTime orphans_until(const Partition& partition, std::string_view operator_name, Now now) const;
  Doubt doubt_of(const Entry& entry, std::uint32_t row, const Operator* op, std::uint32_t attempts,
                 const std::optional<Progress>& progress, Now now,
                 std::optional<bool> resent = std::nullopt) const;

  // --- strays.cpp
  struct StrayLook {
    std::string key;  ///< of the doubt
    std::uint64_t fence = 0;
    bool last = false;  ///< on_doubt acts if there is nothing
  };
  std::chrono::milliseconds stray_life(const OperatorConfig& op) const;
  const Operator* operator_of(const Doubt& doubt) const;
  bool seek_receipts(const std::string& key, bool last);
  void look_for_strays();
  void weigh_strays(const StrayLook& look, const Reply& reply, Now now);
  void believe(const StrayLook& look, Doubt& doubt, const std::map<std::string, Stray>& strays, bool alone,
               Now now);
  void accept_doubtful(const std::string& key, Doubt& doubt, std::uint8_t part, const Operator& op,
                       std::string id, Proof proof, Now now);

  // --- queries.cpp
  bool inquire(const std::string& key, Doubt& doubt, Now now);
  void search_ids(Now now);
  void scan_for_ids(Now now);
  void send_queries(Now now);
  void on_query_answer(Bind& bind, const smpp::Completed& done, Now now);
  void not_known(const std::string& key, Now now);

  // --- resends.cpp
  void remember_resend(const std::string& key, const Doubt& doubt, const Moved& moved, std::uint16_t op);
  Resend* resend_of(const Entry& entry, const Row& row);
  Resend& keep_resend(const std::string& key, Resend resend);
  void late_for_resend(const DoubtfulCopy& copy, std::uint16_t part, std::string_view message_id,
                       std::uint16_t op, Now now);
  void take_late_answer(Active& active, std::uint64_t token, std::uint16_t part, std::string_view message_id,
                        Now now);
  void prepare_resend(Active& active);
  void refused_again(Active& active, std::uint64_t token, std::uint16_t part, Now now);
  void resend_waits(const Active& active);
  void resend_journalled(Active& active, Now now);
  bool answered_after_all(Entry& entry, std::uint32_t row, Now now, const Operator* through = nullptr);
  void called_off(const std::string& key, Now now);

  // --- receipts.cpp
  void on_receipt(Bind& bind, std::uint32_t sequence_number, bool data_sm,
                  const ReceiptReader::Arrived& arrived, Now now);
  void look_up_receipts(Now now);
  void look_up(std::vector<ReceiptEvent> events, bool everywhere, Now now);
  void found(ReceiptEvent event, const ReceiptKey& key, const ReceiptTarget& target, Now now);
  void correction(Partition& partition, const ReceiptEvent& event, const ReceiptKey& key);
  void postpone(ReceiptEvent event, Now now);
  bool settle_orphan(ReceiptEvent& event, const ReceiptKey& key, const ReceiptTarget& target, Now now);
  void fold_part(ReceiptEvent event, const ReceiptKey& key, const ReceiptTarget& target, Now now);
  void apply_part(const std::string& fold_key, ReceiptEvent event, const ReceiptKey& key,
                  const ReceiptTarget& target, Now now);
  void begin_fold(const Identity& who);
  static Final final_of(smpp::MessageOutcome outcome);
  void unmatched(ReceiptEvent event, Now now);
  bool keep_stray(ReceiptEvent& event, Now now);
  void forget_stray(const ReceiptEvent& event);
  ReceiptEvent drop_orphan(std::list<ReceiptEvent>::iterator orphan);
  void due_orphans(Now now);
  void answer(const ReceiptAnswer& answer);
  std::uint64_t receipt_hash(std::uint16_t op, std::string_view id) const;
  void remember_final(std::uint64_t hash, PartitionId partition);
  void answer_repeated(const ReceiptAnswer& owed, std::uint64_t hash);

  // --- receipt_store.cpp
  void store_id(const Identity& who, const Operator& op, std::uint16_t part, std::uint16_t parts,
                std::string_view message_id, std::uint64_t day, std::uint64_t token, std::string doubt_key,
                Now now);
  void flush_receipt_map(Now now);
  void give_up_removals(Now now);
  void store_key(const Identity& who, const Operator& op, std::uint16_t part, std::uint16_t parts,
                 std::string id, std::uint64_t day, std::uint64_t token, std::string doubt_key,
                 std::unique_ptr<Proof> proof, Now now);
  void deliver_proof(const MapPut& put);
  void id_of_doubt_stored(const std::string& key, std::uint8_t part, PartitionId partition,
                          std::uint64_t fence, Now now);
  void remember_unfenced(const Commands& commands, Now now);
  /// The hash's name in Redis; valid until the next call.
  const std::string& map_name(const MapPlace& place);
  ReceiptKey key_of(const MapPlace& place, std::string_view id) const;
  void log_put(const MapPut& put);
  bool store_anew(MapPut& put, Now now);
  void stored(MapPut put, Now now);
  void id_taken(MapPut put, Now now);
  void forget(PartitionId partition, const ReceiptKey& key);
  void read_inbox(Partition& partition, Now now);
  static void pack_inbox(std::string& packed, const ReceiptEvent& event, const ReceiptKey& key);
  void send_to_inbox(const ReceiptEvent& event, const ReceiptKey& key, const ReceiptTarget& target);

  // --- early.cpp
  bool lay_early(ReceiptEvent& event, Now now);
  void take_early(const MapPut& put, const ReceiptTarget& target, Now now);
  void drop_early(const ReceiptKey& key);
  void ids_told_again(const Commands& told, std::span<const Reply> replies, Now now);
  void wake_orphans(std::uint16_t op, const ReceiptKey& key, std::string_view value, Now now);

  // --- receipt_search.cpp
  std::vector<std::uint64_t> list_generations(const std::vector<MapPut>& puts, Commands& commands, Now now);
  void listed(const std::vector<std::uint64_t>& fresh, std::uint64_t set_backs, Now now);
  void unlist(const ReceiptSearch::Generation& one);
  void watch_clock(Now now);
  void sweep(Now now);
  void sweep_hashes(std::vector<std::pair<std::uint16_t, ReceiptKey>> hashes, WallTime began);
  void overdue_among(std::uint16_t op, const ReceiptKey& hash, const Reply& pairs, Now now);
  void swept(Partition& partition, WallTime began);
  void hear_searches(Now now);
  bool all_searched(Doubt& doubt, const Partition& partition);

  Partition* owned(PartitionId id);
  Partition& of(const Entry& entry) { return *partitions_[entry.stream->partition]; }

  const Config& config_;
  ShardPlace place_;
  InHand nobody_reads_;
  InHand& hand_;
  std::vector<Ending> endings_;
  std::vector<Ending> endings_told_;          ///< in case Redis forgets them
  Stream* announcing_ = nullptr;              ///< whose next entry is announced
  std::size_t endings_asked_ = 0;             ///< of them, not known to be in Redis yet
  TimePoint endings_due_ = TimePoint::max();  ///< awaited until then
  StorePort& store_;
  BindPort& ports_;
  throttle::Names names_;
  throttle::PolicyTable policy_;
  /// A rule that begins by the clock: so long before, what it stops goes no more (the kernel of a process
  /// that dies now may keep what it was given for TCP_USER_TIMEOUT, which is not longer than the lease); and
  /// so long before, what was written and has not left is reset.
  std::chrono::milliseconds before_rule() const {
    return std::chrono::ceil<std::chrono::milliseconds>(config_.lease) + std::chrono::milliseconds(10);
  }
  static constexpr std::chrono::milliseconds kResetBeforeRule{50};
  WallTime policy_change_ = WallTime::max();  ///< when the next rule begins or ends
  bool rule_settling_ = false;
  TimePoint rule_due_ = TimePoint::max();
  TimePoint rule_begins_at_ = TimePoint::max();  ///< by the wall clock of this turn
  bool policy_lease_over_ = false;
  Duration commit_took_{};  ///< smoothed, from sending a transaction to its answer
  throttle::SplitMix64 random_;
  JobParser parser_;
  Router router_;
  std::vector<std::unique_ptr<Operator>> operators_;
  std::vector<std::unique_ptr<Bind>> binds_;
  std::vector<BindInfo> bind_infos_;
  std::vector<smpp::Event> events_;
  std::vector<std::unique_ptr<Partition>> partitions_;  ///< all of them, by id; ours to claim: mine()
  ActiveTable actives_;
  Counters counters_;
  std::vector<Notice> notices_;

  bool started_ = false;
  bool draining_ = false;
  std::string installation_;
  Members members_;
  std::uint64_t beat_ = 0;
  bool beating_ = false;
  bool telling_ = false;  ///< another Redis was met, and has not been told all yet that it may lack
  TimePoint beat_due_ = TimePoint::min();
  TimePoint rest_due_ = TimePoint::max();  ///< when partitions that are given up are looked at again
  bool store_up_ = false;
  StoreHistory history_;
  TimePoint history_since_ = TimePoint::min();  ///< when another history was met; min(): never
  StoreHealth store_health_;
  Ticket next_ticket_ = 1;
  std::unordered_map<Ticket, Question> asked_;
  std::deque<Question> unasked_;  ///< while the store is down
  std::unordered_map<Ticket, PartitionId> transactions_;

  // intake
  std::uint32_t open_messages_ = 0, open_messages_otp_ = 0;
  std::size_t open_bytes_ = 0;
  bool reading_otp_ = false, reading_jobs_ = false, reading_waiting_ = false;
  TimePoint read_otp_due_ = TimePoint::min(), read_jobs_due_ = TimePoint::min(),
            read_waiting_due_ = TimePoint::min();
  std::array<double, kLanes> rows_per_entry_{1, 1, 1, 1};
  std::array<TimePoint, kLanes> probe_due_by_lane_{};
  std::vector<Arrived> arrived_;
  tsl::robin_map<std::uint64_t, Seen> recently_seen_;  ///< producer keys accepted lately
  std::deque<std::uint64_t> recently_seen_order_;
  std::unordered_map<std::string, bool> expiring_seen_;  ///< producer key hashes whose expiry is set

  // receipts
  std::vector<MapPut> puts_;
  std::multiset<std::int64_t> puts_sent_;  ///< MapPut::sent_ms, the oldest of every request without an answer
  /// Of late, in case Redis forgets them: what went into inboxes and among the strays.
  std::deque<std::pair<TimePoint, Commands>> unfenced_writes_;
  tsl::robin_map<std::uint64_t, std::string> map_names_;  ///< by MapPlace::number(): a few dozen are in use
  /// Requests with ids that may be in Redis although their answer was lost: until they are answered nobody
  /// knows whether a receipt's message is settled, so receipts wait.
  std::size_t puts_unsure_ = 0;
  struct Forget {
    PartitionId partition = 0;
    std::uint64_t number = 0;  ///< in Partition::forgetting
    ReceiptKey key;
  };
  std::vector<Forget> forgets_;
  std::vector<ReceiptEvent> lookups_;
  std::vector<ReceiptEvent> postponed_;  ///< of partitions that are still recovering
  TimePoint postponed_due_ = TimePoint::min();
  std::list<ReceiptEvent> orphans_;  ///< receipts without a message so far, by arrival
  std::unordered_multimap<std::uint64_t, std::list<ReceiptEvent>::iterator> orphan_by_id_;  ///< receipt_hash
  struct Fold {
    std::string states;  ///< one smpp::PartState per part
    std::string error;
    bool loaded = false;
    bool resent = false;  ///< a part of it was sent again, whichever part's receipt is the last
    bool done = false;    ///< the message is final
    std::vector<std::function<void(Now)>> waiting;
  };
  std::size_t folds_loading_ = 0;
  std::unordered_map<std::string, Fold> folds_;  ///< of long messages, kept while receipts come in
  std::deque<std::string> folds_order_;
  tsl::robin_map<std::uint64_t, PartitionId> recent_finals_;  ///< receipt_hash of what is final: repeats
  std::deque<std::uint64_t> recent_finals_order_;
  ReceiptSearch search_;
  WallTime wall_before_{};  ///< the wall clock of the last turn

  // doubt
  std::unordered_map<std::string, Doubt> doubts_;  ///< by "<partition>/<field>"
  std::multimap<WallTime, std::string> doubt_due_;
  std::deque<std::uint64_t> late_order_;
  std::unordered_map<std::string, Resend> resends_;  ///< by message_key
  std::deque<std::string> resends_order_;
  std::unordered_map<std::uint64_t, DoubtfulCopy> late_;  ///< by token, while a late answer may come
  std::vector<StrayLook> stray_looks_;                    ///< for the next turn
  std::deque<TimePoint> strays_kept_;                     ///< when each expires: their number is bounded
  std::map<std::string, std::uint64_t> ids_wanted_;       ///< doubts, with the fence of then
  struct {
    std::map<std::string, std::uint64_t> sought;
    std::vector<ReceiptKey> hashes;  ///< still to be read, from their cursors
  } id_search_;
  std::deque<Query> queries_;  ///< to be sent, in order
  std::unordered_map<std::uint64_t, Query> queries_asked_;
  std::uint64_t query_number_ = 0;

  TimePoint second_due_ = TimePoint::min();
  TimePoint last_turn_ = TimePoint::min();
  TimePoint orphans_due_ = TimePoint::max();
  // Kept for their capacity.
  std::string scratch_;
  std::vector<std::string_view> names_given_, values_given_, values_ordered_;
  std::vector<smpp::Tlv> tlvs_;
  std::string line_;
};

}  // namespace anchal::core
