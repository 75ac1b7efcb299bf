#include "tests/simulation/checker.h"

#include <algorithm>

namespace anchal::sim {

using namespace std::chrono_literals;

/// One operator's own account: what it took, and which receipts it gave.
class Checker::Ledger final : public simulator::Observer {
 public:
  Ledger(Checker& checker, std::uint16_t operator_index)
      : checker_(checker), operator_index_(operator_index) {}

  void on_accepted(const simulator::AcceptedPart& part) override {
    ++checker_.numbers_.parts_accepted;
    const auto found = checker_.truth_.by_number.find(std::string(part.destination));
    if (found == checker_.truth_.by_number.end()) {
      checker_.violate(Law::content, "an operator took a message for a number nobody asked for");
      return;
    }
    unsigned number = 1, parts = 1, reference = 0;
    const std::string_view data(reinterpret_cast<const char*>(part.user_data.data()), part.user_data.size());
    if ((part.esm_class & 0x40) != 0) read_concatenation(data, number, parts, reference);
    if (number == 0 || number > parts) return;
    MessageSeen& message = checker_.seen(found->second);
    auto& seen = message.copy(operator_index_, parts).parts[number - 1];
    if (++seen.accepted > 1) {
      ++checker_.numbers_.duplicates;
      message.taken_twice_at = std::min(message.taken_twice_at, checker_.clock_.now());
    }
    seen.accepted_as.insert(reference);
    const auto write = checker_.by_sequence_.find(std::uint64_t{part.link} << 32 | part.sequence_number);
    checker_.given_[operator_index_][std::string(part.message_id)] = {
        found->second, parts, number, reference,
        write == checker_.by_sequence_.end() ? ~std::uint64_t{0} : write->second};
    checker_.trace_.tell("{} takes part {} of {} as {}", checker_.config_.operators[operator_index_].name,
                         number, checker_.who(found->second), part.message_id);
  }

  void on_query(simulator::LinkId, std::string_view id, bool delivered, bool final_state) override {
    ++checker_.numbers_.queries;
    checker_.numbers_.queries_final += final_state ? 1 : 0;
    if (final_state) says(id, delivered, "answers a query");
  }

  void on_receipt(simulator::LinkId, std::string_view id, bool delivered, bool final_state) override {
    if (final_state) says(id, delivered, "gives a receipt");
  }

 private:
  void says(std::string_view id, bool delivered, std::string_view how) {
    const auto& ids = checker_.given_[operator_index_];
    const auto found = ids.find(std::string(id));
    if (found == ids.end()) return;
    const Given& given = found->second;
    auto& part = checker_.seen(given.message).copy(operator_index_, given.parts).parts[given.part - 1];
    if (delivered) part.delivered_as.insert(given.reference);
    part.undelivered = part.undelivered || !delivered;
    checker_.trace_.tell("{} {} for part {} of {}: {}", checker_.config_.operators[operator_index_].name, how,
                         given.part, checker_.who(given.message), delivered ? "delivered" : "undelivered");
  }

  Checker& checker_;
  std::uint16_t operator_index_;
};

Checker::Copy& Checker::MessageSeen::copy(std::uint16_t operator_index, unsigned parts) {
  for (auto& copy : copies) {
    if (copy.operator_index == operator_index && copy.parts.size() == parts) return copy;
  }
  Copy& copy = copies.emplace_back();
  copy.operator_index = operator_index;
  copy.parts.resize(parts);
  return copy;
}

Checker::Checker(SimClock& clock, const core::Config& config, const Truth& truth, PolicyOffice& office,
                 SimRedis& redis, Trace& trace)
    : clock_(clock),
      config_(config),
      truth_(truth),
      office_(office),
      redis_(redis),
      trace_(trace),
      places_(truth, redis) {
  for (std::size_t i = 0; i < config.operators.size(); ++i) {
    ledgers_.push_back(std::make_unique<Ledger>(*this, static_cast<std::uint16_t>(i)));
  }
  given_.resize(config.operators.size());
  written_at_.resize(config.operators.size());
  otp_waiting_.resize(config.operators.size());
  waiting_.resize(config.operators.size());
  first_history_ = redis.history();
  redis_.on_added = [this](std::string_view key, const StreamEntry& entry) { on_entry(key, entry); };
  redis_.on_read = [this](const Arguments& command) { on_read(command); };
  redis_.on_done = [this] { on_done(); };
}

Checker::~Checker() = default;

simulator::Observer& Checker::observer(std::size_t operator_index) {
  return *ledgers_[operator_index];
}

void Checker::violate(Law law, std::string what) {
  trace_.tell("VIOLATED {}: {}", kLawNames[static_cast<std::size_t>(law)], what);
  if (violations_.size() < 20) violations_.push_back({law, std::move(what), clock_.now()});
}

Checker::MessageSeen& Checker::seen(MessageIndex message) {
  if (seen_.size() <= message) seen_.resize(std::max<std::size_t>(message + 1, truth_.messages.size()));
  return seen_[message];
}

std::string Checker::who(MessageIndex message) const {
  const auto& job = truth_.job_of(message);
  return fmt::format("{}/{}[{}]", job.tenant, job.id, truth_.messages[message].index);
}

const core::CategoryConfig* Checker::category(std::string_view name) const {
  const auto found = std::ranges::find(config_.categories, name, &core::CategoryConfig::name);
  return found == config_.categories.end() ? nullptr : &*found;
}

bool Checker::exempt(std::string_view name) const {
  const auto* const found = category(name);
  return found != nullptr && found->exempt;
}

std::uint16_t Checker::route_of(const std::string& number) const {
  std::uint16_t best = 0;
  std::size_t length = 0;
  for (std::size_t i = 0; i < config_.operators.size(); ++i) {
    for (const auto& prefix : config_.operators[i].prefixes) {
      if (number.starts_with(prefix) && prefix.size() >= length) {
        length = prefix.size();
        best = static_cast<std::uint16_t>(i);
      }
    }
  }
  return best;
}

// --- the policy, read anew

bool Checker::stopped(const throttle::Rule& rule, const JobTruth& job, const MessageTruth& message,
                      std::uint16_t operator_index, std::int64_t wall_ms) const {
  const auto covers = [](const std::vector<std::string>& list, const std::string& value) {
    return list.empty() || std::ranges::find(list, value) != list.end();
  };
  const auto& scope = rule.scope;
  if (!covers(scope.categories, job.category) || !covers(scope.tenants, job.tenant) ||
      !covers(scope.senders, job.sender) ||
      !covers(scope.operators, config_.operators[operator_index].name)) {
    return false;
  }
  // A place that is not known counts as inside every place.
  if (!message.place.empty() && !covers(scope.places, message.place)) return false;
  if (rule.starts_at && wall_ms < rule.starts_at->time_since_epoch().count()) return false;
  if (rule.ends_at && wall_ms >= rule.ends_at->time_since_epoch().count()) return false;
  if (!rule.daily) return true;
  // The generator uses zones without a change of clocks only.
  const std::int64_t offset_minutes = rule.daily->zone == "Asia/Kolkata" ? 330 : 0;
  const std::int64_t local_ms = wall_ms + offset_minutes * 60'000;
  const std::int64_t day = local_ms / 86'400'000;
  const std::int64_t minute_ms = local_ms % 86'400'000;
  const std::int64_t from = rule.daily->from.count() * 60'000, to = rule.daily->to.count() * 60'000;
  const auto on_day = [&](std::int64_t number) { return (rule.daily->days >> ((number + 4) % 7) & 1) != 0; };
  if (from < to) return on_day(day) && minute_ms >= from && minute_ms < to;
  return (on_day(day) && minute_ms >= from) || (on_day(day - 1) && minute_ms < to);
}

// --- the wire

std::uint64_t Checker::on_submit(const PipeEnd& end, const Connection& connection, std::uint32_t sequence,
                                 const SeenSubmit& submit, std::uint64_t stream_end) {
  const std::uint64_t number = writes_.size();
  Write& write = writes_.emplace_back();
  write.operator_index = connection.operator_index;
  write.shard = end.number;
  write.connection = connection.number;
  write.sequence = sequence;
  write.stream_end = stream_end;
  write.at = clock_.now();
  write.part = submit.part;
  ++numbers_.parts_written;
  const auto& op = config_.operators[connection.operator_index];
  written_at_[connection.operator_index].push_back(clock_.now());
  by_sequence_[std::uint64_t{connection.number} << 32 | sequence] = number;
  check_rate(connection.operator_index, op.tps);

  // The window: what was never answered counts until the response timer gives it up.
  auto& unanswered = connections_[connection.number].unanswered;
  std::erase_if(unanswered, [&](std::uint64_t other) {
    return writes_[other].answered || writes_[other].at + op.response_timeout <= clock_.now();
  });
  unanswered.push_back(number);
  checked(Law::window);
  if (unanswered.size() > op.window) {
    violate(Law::window, fmt::format("{} unanswered submits on a bind to {}, its window is {}",
                                     unanswered.size(), op.name, op.window));
  }

  const auto found = truth_.by_number.find(submit.destination);
  if (found == truth_.by_number.end()) {
    violate(Law::content, "a submit_sm to a number nobody asked for: " + submit.destination);
    return number;
  }
  write.message = found->second;
  const MessageTruth& message = truth_.messages[write.message];
  const JobTruth& job = truth_.jobs[message.job];
  MessageSeen& was = seen(write.message);
  trace_.tell("{} offers part {}/{} of {} ({}) to {} as {}", end.name(), submit.part, submit.parts,
              who(write.message), job.category, op.name, sequence);
  was.first_write = std::min(was.first_write, clock_.now());

  if (job.refused || message.invalid) {
    violate(Law::content, "written although it cannot be used: " + who(write.message));
  }
  const auto* const of_category = category(job.category);
  const bool may_resend =
      of_category != nullptr && of_category->on_doubt == core::OnDoubt::resend_once && was.in_doubt > 0;
  // Unless Redis forgot the outcome, and nobody could tell it again.
  if (was.final &&
      !(forgotten_since(was.final_at) && (may_resend || unprotected(was) || ended_unwritten(was)))) {
    violate(Law::conservation,
            fmt::format("{} is written after its final outcome {}", who(write.message), was.state));
  }
  if (submit.part == 0 || submit.part > submit.parts || submit.parts > 255) {
    violate(Law::content, fmt::format("part {} of {}", submit.part, submit.parts));
    return number;
  }
  const auto shard = shards_.find(write.shard);
  check_gate(write, shard->second, job, message);
  check_ownership(write, shard->second, job);
  Copy& copy = was.copy(connection.operator_index, submit.parts);
  check_content(copy, write, submit, job, message);
  check_doubt(was, copy, job, write);
  copy.parts[submit.part - 1].writes.push_back(number);
  check_urgency(write, job);
  return number;
}

void Checker::check_gate(const Write& write, const ShardSeen& state, const JobTruth& job,
                         const MessageTruth& message) {
  const std::int64_t wall_ms = this->wall_ms(write.shard);
  checked(Law::gate);
  if (!exempt(job.category)) {
    if (clock_.now() >= state.lease_until) {
      violate(Law::gate, who(write.message) + " is written without a policy lease");
    }
    for (const auto& rule : state.rules) {
      if (!stopped(rule, job, message, write.operator_index, wall_ms)) continue;
      violate(Law::gate, fmt::format("{} is written against rule {}", who(write.message), rule.id));
    }
    checked(Law::effective);
    for (const auto& life : office_.lives()) {
      if (clock_.now() < life.effective || clock_.now() >= life.lifted) continue;
      if (!stopped(life.rule, job, message, write.operator_index, wall_ms)) continue;
      violate(Law::effective,
              fmt::format("{} is written though rule {} is EFFECTIVE", who(write.message), life.rule.id));
    }
  }
  checked(Law::times);
  // What has begun goes on, whatever is done to the clock then.
  if (job.not_before_ms && wall_ms < *job.not_before_ms && seen(write.message).first_write == clock_.now()) {
    violate(Law::times, who(write.message) + " is written before its not_before");
  }
  if (job.expires_at_ms && wall_ms >= *job.expires_at_ms) {
    violate(Law::times, who(write.message) + " is written after it expired");
  }
}

void Checker::on_departure(std::uint64_t number) {
  const Write& write = writes_[number];
  if (write.message == kForeign) return;
  const JobTruth& job = truth_.job_of(write.message);
  if (exempt(job.category)) return;
  // Nobody foresees that a clock will jump across the edge of a rule. What was written before may leave until
  // the engine has noticed, or the kernel has lost its patience.
  if (clock_jumped_at_ >= write.at && clock_.now() - clock_jumped_at_ < 2 * config_.lease + 1s) return;
  for (const auto& life : office_.lives()) {
    if (clock_.now() < life.effective || clock_.now() >= life.lifted) continue;
    checked(Law::effective);
    if (!stopped(life.rule, job, truth_.messages[write.message], write.operator_index, wall_ms(write.shard)))
      continue;
    violate(Law::effective, fmt::format("{} leaves the kernel though rule {} is EFFECTIVE",
                                        who(write.message), life.rule.id));
  }
}

void Checker::check_rate(std::uint16_t operator_index, unsigned tps) {
  const auto& times = written_at_[operator_index];
  if (tps == 0) return;
  checked(Law::rate);
  if (times.size() > tps && times.back() - times[times.size() - 1 - tps] < 1000ms) {
    violate(Law::rate,
            fmt::format("more than {} parts to {} within {} us", tps, config_.operators[operator_index].name,
                        (times.back() - times[times.size() - 1 - tps]) / 1us));
  }
}

/// Whether the shard that wrote it heard the answer, still lives to know it, and owned the partition then and
/// since: what a former owner hears is lost with its lease.
bool Checker::answer_is_known(const Write& write, const MessageSeen& message) const {
  const auto shard = shards_.find(write.shard);
  if (!write.answered || shard == shards_.end() || !shard->second.alive) return false;
  if (forgotten_since(write.answered_at)) return false;
  if (message.in_doubt == 0) return true;
  // An answer that came before the doubt was reported was lost with its engine, or with its lease.
  if (takeovers_ && message.last_doubt >= write.answered_at) return false;
  const auto partition = partitions_.find(truth_.job_of(write.message).partition);
  return write.heard_by_owner &&
         (partition == partitions_.end() || partition->second.since <= write.answered_at);
}

/// As Redis has it: "<engine>/<incarnation>/<shard>/<beat>", of which the middle is a shard's name.
const std::string* Checker::owner_record(std::uint16_t partition) const {
  const auto& objects = redis_.data().objects();
  const auto found = objects.find(fmt::format("anchal:{{{}}}:owner", partition));
  return found == objects.end() ? nullptr : std::get_if<std::string>(&found->second.value);
}

std::string Checker::owner_of(std::uint16_t partition) const {
  const auto* const record = owner_record(partition);
  if (record == nullptr) return {};
  const std::size_t first = record->find('/');
  return record->substr(first + 1, record->rfind('/') - first - 1);
}

void Checker::on_journal(std::string_view key) {
  const auto number = static_cast<std::uint16_t>(std::stoul(std::string(key.substr(key.find('{') + 1))));
  PartitionSeen& partition = partitions_[number];
  see_owner(partition, number);
  std::string owner = owner_of(number);
  if (owner == partition.owner) return;
  partition.owner = std::move(owner);
  partition.since = clock_.now();
}

/// Whether an operator may have what was written, as far as the engines can know.
bool Checker::may_be_out(const Write& write) const {
  return !write.never_taken && !write.unprotected && !(write.answered && write.status != 0);
}

void Checker::check_doubt(MessageSeen& message, Copy& copy, const JobTruth& job, const Write& write) {
  checked(Law::doubt);
  PartSeen& part = copy.parts[write.part - 1];
  // Earlier writes that may be out: of this part in this copy, and every other copy as one.
  unsigned out = 0;
  bool known = false;
  // A resend that has begun is brought to its end: half of a copy serves nobody. What is heard of the first
  // one from then on does not stop it.
  TimePoint begun = TimePoint::max();
  for (const auto& one : copy.parts) {
    for (const auto number : one.writes) {
      if (copy.parts.size() > 1 && message.in_doubt > 0 && writes_[number].at >= message.first_doubt)
        begun = std::min(begun, writes_[number].at);
    }
  }
  const auto may_be_there = [&](std::uint64_t number) {
    const Write& other = writes_[number];
    if (!may_be_out(other)) return false;
    const bool too_late = other.at < begun && other.answered_at >= begun;
    known = known || (!too_late && answer_is_known(other, message));
    return true;
  };
  // What was written before Redis forgot it counts as one: nobody knows how often that was. So does what had
  // its intent before, and was written while the lease of before was in force.
  const auto intent_forgotten = [&](const Write& other) { return forgotten_since(other.at - config_.lease); };
  bool before = false;
  for (const auto number : part.writes) {
    const bool there = may_be_there(number);
    const bool old = intent_forgotten(writes_[number]);
    out += there && !(old && before) ? 1 : 0;
    before = before || (there && old);
  }
  for (const auto& other : message.copies) {
    if (&other == &copy) continue;
    bool there = false;
    for (const auto& one : other.parts) {
      for (const auto number : one.writes) {
        const bool old = intent_forgotten(writes_[number]);
        const bool may_be = may_be_there(number);
        there = there || (may_be && !(old && before));
        before = before || (may_be && old);
      }
    }
    out += there ? 1 : 0;
  }
  if (out == 0) return;  // refused, or never wholly handed over: it may be tried again
  if (known) {
    violate(Law::doubt, fmt::format("part {} of {} is written again after it was accepted", write.part,
                                    who(write.message)));
    return;
  }
  const auto* const kind = category(job.category);
  if (kind == nullptr || kind->on_doubt != core::OnDoubt::resend_once) {
    violate(Law::doubt, fmt::format("part {} of {} ({}) is written twice, the first without a known answer",
                                    write.part, who(write.message), job.category));
    return;
  }
  if (message.in_doubt == 0) {
    violate(Law::doubt, who(write.message) + " is resent and was never reported in_doubt");
  } else {
    check_decision(write.message, "is resent", &write);
  }
  if (out > 1) violate(Law::doubt, who(write.message) + " is resent a second time");
}

void Checker::check_content(Copy& copy, const Write& write, const SeenSubmit& submit, const JobTruth& job,
                            const MessageTruth& truth) {
  checked(Law::content);
  if (submit.source != job.sender) violate(Law::content, who(write.message) + " has sender " + submit.source);
  if (((submit.registered_delivery & 0x01) != 0) != job.receipt) {
    violate(Law::content, who(write.message) + ": a receipt is asked for against the job");
  }
  auto& text = copy.parts[submit.part - 1].text;
  if (text && *text != submit.text)
    violate(Law::content, who(write.message) + " is tried again with another text");
  text = submit.text;
  std::string whole;
  for (const auto& part : copy.parts) {
    if (!part.text) return;
    whole += *part.text;
  }
  if (whole != truth.text) {
    violate(Law::content, fmt::format("{} reads \"{}\" (data_coding {}) instead of \"{}\"",
                                      who(write.message), whole, submit.data_coding, truth.text));
  }
}

/// Where nothing disturbs, no other lane's part goes to an operator for which an OTP has waited long.
void Checker::check_urgency(const Write& write, const JobTruth& job) {
  if (!calm_) return;
  for (; otp_scanned_ < truth_.messages.size(); ++otp_scanned_) {
    const auto& of = truth_.messages[otp_scanned_];
    const auto& its_job = truth_.jobs[of.job];
    if (its_job.lane != core::Lane::otp || its_job.refused || of.invalid || its_job.not_before_ms) continue;
    otp_waiting_[route_of(of.number)].push_back(static_cast<MessageIndex>(otp_scanned_));
  }
  if (job.lane == core::Lane::otp) return;
  auto& waiting = otp_waiting_[write.operator_index];
  while (!waiting.empty() &&
         (seen(waiting.front()).first_write != TimePoint::max() || seen(waiting.front()).final)) {
    waiting.pop_front();
  }
  checked(Law::urgency);
  if (waiting.empty()) return;
  // Until the first leases are taken nothing can go; and who takes a partition has a share of the contract
  // for it only when one window is over.
  const JobTruth& its_job = truth_.job_of(waiting.front());
  const auto owned = partitions_.find(its_job.partition);
  const TimePoint taken = owned == partitions_.end() ? SimClock::kMonoStart : owned->second.since;
  const TimePoint since = std::max({its_job.pushed, taken + 1s, SimClock::kMonoStart + 1s, operators_back_});
  if (clock_.now() - since > otp_patience_) {
    violate(Law::urgency, fmt::format("{} goes to {} while {} has waited {} ms", who(write.message),
                                      config_.operators[write.operator_index].name, who(waiting.front()),
                                      (clock_.now() - truth_.job_of(waiting.front()).pushed) / 1ms));
  }
}

void Checker::on_received(const PipeEnd&, const Connection& connection, const SeenPdu& pdu) {
  if (pdu.command != kSubmitSmResp && pdu.command != kGenericNack) return;
  const auto found = by_sequence_.find(std::uint64_t{connection.number} << 32 | pdu.sequence);
  if (found == by_sequence_.end()) return;
  Write& write = writes_[found->second];
  if (write.answered) return;
  write.answered = true;
  write.answered_at = clock_.now();
  write.heard_by_owner = write.message != kForeign &&
                         owner_of(truth_.job_of(write.message).partition) == shards_[write.shard].name;
  write.status = pdu.status;
  trace_.tell("answer {:#x} to {} of bind {} ({})", pdu.status, pdu.sequence, connection.bind,
              write.message == kForeign ? std::string("?") : who(write.message));
}

void Checker::on_connection_end(const Connection& connection) {
  const auto found = connections_.find(connection.number);
  if (found == connections_.end()) return;
  for (const auto number : found->second.unanswered) {
    if (writes_[number].stream_end > connection.taken) writes_[number].never_taken = true;
  }
  connections_.erase(found);
}

// --- the engines

std::int64_t Checker::wall_ms(std::size_t shard) const {
  const auto found = shards_.find(shard);
  const auto* const known = found == shards_.end() ? nullptr : found->second.shard;
  return known == nullptr ? clock_.wall_ms() : known->instant().wall.time_since_epoch().count();
}

std::uint64_t Checker::alarms() const {
  std::uint64_t sum = 0;
  for (const auto& [number, shard] : shards_) sum += shard.alarms;
  return sum;
}

void Checker::note_forgotten(TimePoint since) {
  forgotten_.push_back({since, clock_.now(), alarms(), true});
  note_other_data();
}

void Checker::on_shard_start(const SimShard& shard) {
  shards_[shard.number()].alive = true;
  shards_[shard.number()].name = shard.name();
  shards_[shard.number()].shard = &shard;
}

void Checker::on_shard_end(const SimShard& shard, bool drained) {
  shards_[shard.number()].alive = false;
  if (!drained) takeovers_ = true;
}

void Checker::on_policy_applied(const SimShard& shard, std::uint64_t epoch) {
  shards_[shard.number()].rules = office_.rules_of(epoch);
}

void Checker::on_policy_confirmed(const SimShard& shard, TimePoint until) {
  auto& known = shards_[shard.number()].lease_until;
  known = until;
}

void Checker::on_counters(const SimShard& shard, const core::Counters& counters) {
  shards_[shard.number()].alarms = counters.forgotten + counters.told_again;
  checked(Law::contract);
  if (redis_.statistics().outside_contract > 0) {
    violate(Law::contract, "a command that fails in a transaction, or is not in StorePort's list: " +
                               redis_.first_outside_contract());
  }
  checked(Law::difference);
  if (counters.difference() != 0) {
    std::string places;
    for (std::size_t i = 0; i < core::kPlaces; ++i) {
      if (counters.waiting[i] != 0)
        places += fmt::format(" {}={}", core::kPlaceNames[i], counters.waiting[i]);
    }
    violate(Law::difference,
            fmt::format(
                "{}: accepted {} final {} waiting{}: difference {}", shard.name(), counters.accepted,
                [&] {
                  std::uint64_t sum = 0;
                  for (const auto one : counters.finals) sum += one;
                  return sum;
                }(),
                places, counters.difference()));
  }
  checked(Law::memory);
  const auto& limits = config_.limits;
  if (counters.open_messages > limits.open_messages + limits.open_messages_otp + messages_slack_) {
    violate(Law::memory, fmt::format("{}: {} open messages", shard.name(), counters.open_messages));
  }
  if (counters.open_bytes > limits.open_bytes + bytes_slack_) {
    violate(Law::memory, fmt::format("{}: {} open bytes", shard.name(), counters.open_bytes));
  }
  check_queues(shard, counters);
  check_idle_operators();
}

void Checker::on_notice(const SimShard& shard, std::string_view text) {
  checked(Law::privacy);
  if (text.find("zq") != std::string_view::npos) {
    violate(Law::privacy, fmt::format("{} puts a text into a notice: {}", shard.name(), text));
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::size_t end = at;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end - at >= 8) {
      const std::string digits(text.substr(at, end - at));
      if (truth_.by_number.contains(digits) || truth_.by_number.contains("91" + digits)) {
        violate(Law::privacy, fmt::format("{} puts a number into a notice: {}", shard.name(), text));
      }
    }
    at = end;
  }
}

void Checker::on_stuck(const SimShard& shard, std::string_view what) {
  violate(Law::contract, fmt::format("{}: {}", shard.name(), what));
}

}  // namespace anchal::sim
