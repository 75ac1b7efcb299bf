#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/simulator/smsc.h"
#include "tests/simulation/engine.h"
#include "tests/simulation/network.h"
#include "tests/simulation/places.h"
#include "tests/simulation/policy_office.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/truth.h"
#include "tests/support/sim_redis.h"

namespace anchal::sim {

/// The laws of design.md §1 as far as a run can show them, and what interface.md promises around them.
enum class Law : std::uint8_t {
  conservation,  ///< every recipient one final outcome, the first line counts; nothing left waiting
  difference,    ///< accepted - final - waiting reads 0 at every look
  gate,          ///< no submit_sm is offered to the kernel against the policy in force at that shard
  effective,     ///< nothing in scope is offered, or leaves the kernel, once a rule is EFFECTIVE
  rate,          ///< no window of 1,000 ms with more parts than the contract, whole fleet
  doubt,         ///< nothing written twice but what was refused, or reported in doubt and resent once
  evidence,      ///< a doubt ends by what stands in Redis, and not against it
  window,        ///< never more unanswered submits on a bind than its window
  memory,        ///< open messages and bytes within their limits
  urgency,   ///< an OTP does not wait behind other lanes, nor an operator that could send for one that cannot
  times,     ///< nothing before not_before, nothing from expires_at on
  content,   ///< what is written is what the hub asked for: number, sender, text, receipt
  truth,     ///< an outcome is what the operator's ledger says
  privacy,   ///< no numbers and no texts in notices
  contract,  ///< the ports are used as their headers say
  ownership,    ///< only who owns a message's partition writes it, and only within its lease
  waiting,      ///< in Redis: what is not final stands somewhere, and the ledger says what the streams show
  alarm,        ///< Redis lost what it had acknowledged, and somebody said so
  determinism,  ///< the same seed does the same (law 8)
  count,
};
inline constexpr std::size_t kLaws = static_cast<std::size_t>(Law::count);
inline constexpr std::array<std::string_view, kLaws> kLawNames{
    "conservation", "difference", "gate",    "effective", "rate",       "doubt", "evidence",
    "window",       "memory",     "urgency", "times",     "content",    "truth", "privacy",
    "contract",     "ownership",  "waiting", "alarm",     "determinism"};
static_assert(!kLawNames.back().empty());

struct Violation {
  Law law{};
  std::string what;
  TimePoint at{};
};

/// Watches a run from outside: the wire, the operators' ledgers, the outcome streams, the policy office.
/// Shares no code with the core; what it knows of formats is interface.md and the book of SMPP.
class Checker final : public WireWatcher, public EngineWatcher {
 public:
  Checker(SimClock& clock, const core::Config& config, const Truth& truth, PolicyOffice& office,
          SimRedis& redis, Trace& trace);
  ~Checker() override;

  /// The observer of one operator's SMSC.
  simulator::Observer& observer(std::size_t operator_index);

  // What happened to the world decides how strict some laws can be.
  void note_takeover() { takeovers_ = true; }  ///< an engine died or stood still beyond its lease
  /// An operator that was away may be reached again by then.
  void note_operators_back(TimePoint at) {
    operators_back_ = at;
    absent_.reset();
  }
  /// Nothing is held back either: no operator is idle while its messages wait. `absent`: but for this one.
  void expect_no_idleness(std::optional<std::size_t> absent) {
    never_idle_ = true;
    absent_ = absent;
  }
  /// Redis is about to be set back to what it had before.
  void note_set_back();
  /// Redis has other data from now on, what it lacks is told again by those who wrote it.
  void note_other_data() {
    redis_forgot_ = true;
    places_.count_finals_anew();
  }
  /// Redis has only what it had at `since`, and memory does not cover the rest: that is in doubt now.
  void note_forgotten(TimePoint since);
  /// Redis has what it had at `since`, and every engine died then or later. `known`: until when the file that
  /// each lives again with covers what it wrote. What is written behind both is the double fault of law 5,
  /// unless it is sent at most once by one of the shards `confirmed`: Redis has its intents.
  void note_power_cut(TimePoint since, const std::map<std::string, TimePoint>& known,
                      const std::set<std::string>& confirmed);
  /// Until then Redis is being told what it forgot: a message may stand nowhere for a moment.
  void note_telling(TimePoint until) { telling_until_ = until; }
  void note_clock_jump() { clock_jumped_at_ = clock_.now(); }
  void set_calm(bool calm) { calm_ = calm; }  ///< nothing disturbs: OTP latency is checked
  void set_otp_patience(Duration patience) { otp_patience_ = patience; }
  void set_bytes_slack(std::size_t messages, std::size_t bytes) {
    messages_slack_ = messages;
    bytes_slack_ = bytes;
  }

  bool failed() const { return !violations_.empty(); }
  const std::vector<Violation>& violations() const { return violations_; }
  const std::array<std::uint64_t, kLaws>& checks() const { return checks_; }
  void violate(Law law, std::string what);

  /// Walks Redis: accepted = final + waiting (the world asks every so many events, and at every fault).
  void look();
  void on_written(const Arguments& command);

  /// Every recipient of every usable job has its final outcome.
  bool all_final() const;
  std::size_t unfinished() const;
  std::uint64_t finals() const { return finals_; }
  /// Checks that make sense only when everything has come to rest.
  void check_rest(const std::vector<core::Counters>& counters);
  /// What a stuck message went through.
  std::string story_of_unfinished() const;

  struct Numbers {
    std::uint64_t queries = 0, queries_final = 0;  ///< answered by operators; with a final state
    std::uint64_t parts_written = 0, parts_accepted = 0, duplicates = 0, in_doubt = 0, held = 0,
                  repeated_finals = 0;
    std::uint64_t unprotected = 0;  ///< parts written behind what Redis and a file remember: the double fault
    std::uint64_t confirmed = 0;    ///< likewise, if a replica that took over had not had their intents
    std::map<std::string, std::uint64_t> finals;
  };
  const Numbers& numbers() const { return numbers_; }
  /// Parts offered to an operator so far, and when: for scenarios.
  const std::vector<TimePoint>& writes_to(std::size_t operator_index) const {
    return written_at_[operator_index];
  }
  /// Time from a message's push to its first write; nothing if it was not written.
  std::optional<Duration> delay_of(MessageIndex message) const;
  const std::string& state_of(MessageIndex message) const;
  std::size_t writes_of(MessageIndex message) const;
  std::size_t accepted_of(MessageIndex message) const;

  // WireWatcher
  std::uint64_t on_submit(const PipeEnd& end, const Connection& connection, std::uint32_t sequence,
                          const SeenSubmit& submit, std::uint64_t stream_end) override;
  void on_query(const PipeEnd& end, const Connection& connection, std::string_view message_id) override;
  void on_departure(std::uint64_t write) override;
  void on_received(const PipeEnd& end, const Connection& connection, const SeenPdu& pdu) override;
  void on_connection_end(const Connection& connection) override;
  void on_broken_contract(std::string_view what) override { violate(Law::contract, std::string(what)); }
  // EngineWatcher
  void on_policy_applied(const SimShard& shard, std::uint64_t epoch) override;
  void on_policy_confirmed(const SimShard& shard, TimePoint until) override;
  void on_shard_start(const SimShard& shard) override;
  void on_shard_end(const SimShard& shard, bool drained) override;
  void on_counters(const SimShard& shard, const core::Counters& counters) override;
  void on_notice(const SimShard& shard, std::string_view text) override;
  void on_stuck(const SimShard& shard, std::string_view what) override;

 private:
  static constexpr MessageIndex kForeign = ~MessageIndex{0};

  struct Write {
    MessageIndex message = kForeign;
    unsigned part = 1;
    std::uint16_t operator_index = 0;
    std::size_t shard = 0;
    std::uint32_t connection = 0;
    std::uint32_t sequence = 0;
    std::uint64_t stream_end = 0;
    TimePoint at{};
    bool answered = false, heard_by_owner = false;
    TimePoint answered_at{};
    std::uint32_t status = 0;
    bool unprotected = false;  ///< nobody remembers it (note_power_cut)
    bool never_taken = false;  ///< its last octet did not reach the kernel before the connection ended
  };
  struct PartSeen {
    std::vector<std::uint64_t> writes;
    std::optional<std::string> text;
    unsigned accepted = 0;
    std::set<unsigned> accepted_as,
        delivered_as;  ///< references of what the SMSC took, and gave final receipts for
    bool undelivered = false;
  };
  /// A message as one operator gets it, cut into so many parts. Another operator is another copy.
  struct Copy {
    std::uint16_t operator_index = 0;
    std::vector<PartSeen> parts;
  };
  struct Said {
    std::string stream;
    EntryId id;
  };
  struct MessageSeen {
    std::deque<Copy> copies;
    std::vector<Said> doubts;  ///< where in the outcomes it was said to be in doubt
    bool doubt_stood = false;  ///< there, when Redis was last set back
    bool final = false, resent = false;
    std::string state;
    std::string reason;
    TimePoint final_at{}, last_final_at{};  ///< the hub takes the first
    TimePoint taken_twice_at = TimePoint::max();
    unsigned in_doubt = 0, held = 0;
    TimePoint first_write = TimePoint::max();
    TimePoint first_doubt = TimePoint::max(), last_doubt = TimePoint::min();

    Copy& copy(std::uint16_t operator_index, unsigned parts);
  };
  struct ShardSeen {
    bool alive = false;
    std::string name;
    const SimShard* shard = nullptr;
    std::uint64_t alarms = 0;
    std::vector<throttle::Rule> rules;
    TimePoint lease_until{};
  };
  struct PartitionSeen {
    std::string owner;  ///< a shard's name
    TimePoint since = TimePoint::min();
    std::string record;      ///< the owner's, as a heartbeat leaves it
    TimePoint renewed_at{};  ///< when that reached Redis
    std::set<std::string> records;
  };
  struct ConnectionSeen {
    std::deque<std::uint64_t> unanswered;
  };
  class Ledger;
  /// What an operator gave an id.
  struct Given {
    MessageIndex message = 0;
    unsigned parts = 1, part = 1, reference = 0;
    std::uint64_t write = 0;  ///< the submit_sm that it answers
  };
  /// A receipt of an id that nobody knew, laid into Redis for whoever has its message in doubt.
  struct Stray {
    std::uint16_t operator_index = 0;
    std::uint64_t write = 0;
    std::string key, field;
    TimePoint at{};
  };

  MessageSeen& seen(MessageIndex message);
  void on_entry(std::string_view key, const StreamEntry& entry);
  void on_outcome(std::string_view key, EntryId entry, std::string_view line);
  void on_dead_letter(const StreamEntry& entry);
  void on_journal(std::string_view key);
  void see_owner(PartitionSeen& partition, std::uint16_t number);
  const std::string* owner_record(std::uint16_t partition) const;
  std::string owner_of(std::uint16_t partition) const;
  void check_gate(const Write& write, const ShardSeen& state, const JobTruth& job,
                  const MessageTruth& message);
  void check_rate(std::uint16_t operator_index, unsigned tps);
  void check_doubt(MessageSeen& message, Copy& copy, const JobTruth& job, const Write& write);
  void check_content(Copy& copy, const Write& write, const SeenSubmit& submit, const JobTruth& job,
                     const MessageTruth& truth);
  bool may_be_out(const Write& write) const;
  void check_urgency(const Write& write, const JobTruth& job);
  // checker_doubts.cpp
  void on_read(const Arguments& command);
  void on_done();
  void on_stray(std::string_view key, std::string_view field, std::string_view value);
  bool said_in_redis(const MessageSeen& message, const JobTruth& job, std::uint32_t index) const;
  /// A message in doubt is resent, or ends as one of which nobody knows.
  bool unprotected(const MessageSeen& message) const;
  bool ended_unwritten(const MessageSeen& message) const;
  bool at_most_once(MessageIndex message) const;
  void check_decision(MessageIndex message, std::string_view what, const Write* write = nullptr);
  bool unaware(const Write& write) const;
  void check_strays(MessageIndex message, std::string_view what);
  void check_queries(MessageIndex message);
  // checker_neighbours.cpp
  void check_ownership(const Write& write, const ShardSeen& state, const JobTruth& job);
  double reach(std::size_t op) const;
  void check_idle_operators();
  void check_ledgers_at_rest();
  void check_queues(const SimShard& shard, const core::Counters& counters);
  /// Another server answers than in the beginning: its last writes may be those of before.
  bool redis_forgot() const { return redis_forgot_ || !(redis_.history() == first_history_); }
  void check_outcome(MessageIndex index);
  void look_at_ledger(std::uint16_t partition);
  /// By the clock of whose shard it is.
  std::int64_t wall_ms(std::size_t shard) const;
  bool forgotten_since(TimePoint at) const { return !forgotten_.empty() && at < forgotten_.back().at; }
  std::uint64_t alarms() const;
  bool stopped(const throttle::Rule& rule, const JobTruth& job, const MessageTruth& message,
               std::uint16_t operator_index, std::int64_t wall_ms) const;
  bool exempt(std::string_view category) const;
  const core::CategoryConfig* category(std::string_view name) const;
  std::uint16_t route_of(const std::string& number) const;
  std::string who(MessageIndex message) const;
  bool answer_is_known(const Write& write, const MessageSeen& message) const;
  void checked(Law law) { ++checks_[static_cast<std::size_t>(law)]; }

  SimClock& clock_;
  const core::Config& config_;
  const Truth& truth_;
  PolicyOffice& office_;
  SimRedis& redis_;
  Trace& trace_;
  Places places_;
  std::vector<std::unique_ptr<Ledger>> ledgers_;
  std::vector<std::unordered_map<std::string, Given>> given_;  ///< by operator and id

  std::vector<Violation> violations_;
  std::array<std::uint64_t, kLaws> checks_{};
  Numbers numbers_;
  struct Forgotten {
    TimePoint since{}, at{};
    std::uint64_t alarms = 0;  ///< counted until then
    bool known = true;         ///< somebody can tell that something is missing
  };
  std::vector<Forgotten> forgotten_;
  TimePoint clock_jumped_at_ = TimePoint::min();
  TimePoint telling_until_ = TimePoint::min();
  bool takeovers_ = false;
  bool calm_ = false;
  Duration otp_patience_ = std::chrono::seconds(1);
  std::size_t messages_slack_ = 0, bytes_slack_ = 0;

  std::vector<MessageSeen> seen_;
  std::vector<Write> writes_;
  std::vector<std::vector<TimePoint>> written_at_;  ///< by operator
  std::map<std::size_t, ShardSeen> shards_;
  std::map<std::uint16_t, PartitionSeen> partitions_;
  std::unordered_map<std::uint32_t, ConnectionSeen> connections_;
  std::unordered_map<std::uint64_t, std::uint64_t> by_sequence_;  ///< connection, sequence -> write
  std::map<MessageIndex, std::vector<Stray>> strays_;
  std::map<std::string, TimePoint, std::less<>> strays_looked_at_;  ///< by key
  std::set<std::pair<std::uint16_t, std::string>> queried_;         ///< operator, id
  std::vector<MessageIndex> doubts_left_;                           ///< by the request that is being done
  std::uint64_t finals_ = 0;
  std::set<std::pair<std::string, std::string>> dead_letters_;  ///< stream, entry id
  core::StoreHistory first_history_;
  bool redis_forgot_ = false, never_idle_ = false;
  TimePoint set_back_at_ = TimePoint::min();
  TimePoint operators_back_ = TimePoint::min();
  std::optional<std::size_t> absent_;  ///< an operator that is away in an otherwise calm world
  std::size_t waiting_scanned_ = 0;
  std::vector<std::deque<MessageIndex>> waiting_;  ///< by operator, not written and not final, as pushed
  std::size_t otp_scanned_ = 0;
  std::vector<std::deque<MessageIndex>> otp_waiting_;  ///< by operator, in order of push
};

}  // namespace anchal::sim
