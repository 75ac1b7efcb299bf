#include "engine/redis/fenced_lane.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/core/keys.h"
#include "engine/redis/settle_script.h"

namespace anchal::redis {

namespace {

/// One EXEC holds Redis up for everybody: a few milliseconds are enough.
constexpr std::size_t kBatchCommandsMax = 4096;
constexpr std::size_t kBatchBytesMax = std::size_t{8} << 20;
/// While Redis is full and only settles come, every so many of them one is tried the ordinary way again.
constexpr unsigned kScriptsPerProbe = 64;
/// Of a server that is none: what it says is not asked for a second time.
constexpr std::string_view kNoAnswer = "a reply does not answer its command";

std::optional<std::uint64_t> number(const core::Reply& reply) {
  std::uint64_t value = 0;
  const std::string_view text = reply.text;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (reply.type != core::Reply::Type::text || error != std::errc() || stop != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

/// What made Redis abort an EXEC at its very end, from "EXECABORT Transaction discarded because of: OOM …".
std::string_view abort_cause(std::string_view error) {
  constexpr std::string_view kMark = "because of: ";
  const std::size_t at = error.find(kMark);
  return at == std::string_view::npos ? error : error.substr(at + kMark.size());
}

}  // namespace

FencedLane::FencedLane(RespConnection& connection, OnAnswer on_answer)
    : connection_(connection), on_answer_(std::move(on_answer)) {}

void FencedLane::take(core::Transaction&& transaction) {
  fence_of(transaction.partition).used = true;
  queued_bytes_ += transaction.commands.bytes();
  queue_.push_back({std::move(transaction), armings_});
}

FencedLane::Queued FencedLane::pop() {
  Queued first = std::move(queue_.front());
  queue_.pop_front();
  queued_bytes_ -= first.transaction.commands.bytes();
  return first;
}

void FencedLane::pump() {
  if (queue_.empty() || !batch_.empty() || !scripted_.empty() || arming_under_way_ ||
      !connection_.accepts()) {
    return;
  }
  if (take_scripted()) {
    send_scripts();
    return;
  }
  std::vector<core::Ticket> fenced;
  const bool must_arm = take_batch(fenced);
  if (!batch_.empty()) {
    std::chrono::milliseconds asks{0};
    for (const Queued& queued : batch_) {
      asks = std::max(asks, queued.transaction.replica_wait);
    }
    send_batch();
    send_arming(false);
    if (asks.count() > 0) {
      send_wait(asks);
    }
  } else if (must_arm) {
    send_arming(true);
  }
  for (const core::Ticket ticket : fenced) {
    on_answer_({.ticket = ticket, .outcome = core::StoreOutcome::fenced, .replies = {}, .error = {}});
  }
}

FencedLane::Fence& FencedLane::fence_of(core::PartitionId partition) {
  const auto found = std::ranges::find(fences_, partition, &Fence::partition);
  if (found != fences_.end()) {
    return *found;
  }
  Fence& fence = fences_.emplace_back();
  fence.partition = partition;
  fence.key = core::keys::partition(partition, core::keys::kFence);
  fence.journal_key = core::keys::partition(partition, core::keys::kJournal);
  return fence;
}

/// While Redis is known to be full settles go the way that works. True: `scripted_` is filled.
bool FencedLane::take_scripted() {
  if (!full_ || !queue_.front().transaction.settles || scripts_since_probe_ >= kScriptsPerProbe) {
    scripts_since_probe_ = 0;
    return false;
  }
  while (!queue_.empty() && queue_.front().transaction.settles && scripts_since_probe_ < kScriptsPerProbe) {
    scripted_.push_back(pop());
    ++scripts_since_probe_;
  }
  return true;
}

/// Moves what may go now into `batch_`. True: the next one needs a (newer) look at its fence first.
bool FencedLane::take_batch(std::vector<core::Ticket>& fenced) {
  std::size_t commands = 0;
  std::size_t bytes = 0;
  while (!queue_.empty() && commands < kBatchCommandsMax && bytes < kBatchBytesMax) {
    Queued& next = queue_.front();
    if (full_ && !batch_.empty() && next.transaction.settles != batch_.front().transaction.settles) {
      return false;  // what will be refused must not drag the others along
    }
    Fence& fence = fence_of(next.transaction.partition);
    const bool right = fence.value == next.transaction.fence;
    if (!fence.held || (!right && fence.read_by <= next.armings_before)) {
      fence.used = true;  // one before it may have been fenced since this one came
      return true;
    }
    if (!right) {
      fence.used = false;
      ++statistics_.fenced;
      fenced.push_back(pop().transaction.ticket);
    } else {
      commands += next.transaction.commands.count();
      bytes += next.transaction.commands.bytes();
      batch_.push_back(pop());
    }
  }
  return false;
}

void FencedLane::send_batch() {
  RespWriter& writer = connection_.write();
  writer.command({"MULTI"});
  for (const Queued& queued : batch_) {
    writer.commands(queued.transaction.commands);
    statistics_.commands += queued.transaction.commands.count();
  }
  writer.command({"EXEC"});
  connection_.commit([this](const RespConnection::Answer& answer) { on_exec(answer); });
  statistics_.transactions += batch_.size();
  ++statistics_.batches;
}

void FencedLane::send_arming(bool watches_something) {
  arming_.clear();
  for (std::size_t i = 0; i < fences_.size(); ++i) {
    if (fences_[i].used) {
      arming_.push_back(i);
    }
  }
  if (arming_.empty()) {
    return;  // all were fenced; whoever comes next asks
  }
  RespWriter& writer = connection_.write();
  if (watches_something) {
    writer.command({"UNWATCH"});  // else a change seen by the old watch would still break the next EXEC
    for (Fence& fence : fences_) {
      fence.held = false;  // whoever is not looked at now, or cannot be, is not watched any more
    }
  }
  for (const std::string_view verb : {"WATCH", "MGET"}) {
    writer.begin(arming_.size() + 1);
    writer.bulk(verb);
    for (const std::size_t i : arming_) {
      writer.bulk(fences_[i].key);
    }
  }
  ++armings_;
  arming_under_way_ = true;
  connection_.commit([this](const RespConnection::Answer& answer) { on_armed(answer); });
}

void FencedLane::send_wait(std::chrono::milliseconds most) {
  connection_.write().command({"WAIT", "1", std::to_string(most.count())});
  connection_.commit([this](const RespConnection::Answer& answer) { on_waited(answer); });
  ++statistics_.waits;
}

/// An EXEC that did nothing leaves nobody to be told.
void FencedLane::on_waited(const RespConnection::Answer& answer) {
  const bool lost = answer.fate != RespConnection::Fate::answered;
  for (const Confirming& done : std::exchange(confirming_, {})) {
    if (lost) {
      tell(done.queued, core::StoreOutcome::unknown, "connection lost");
    } else {
      tell(done.queued, core::StoreOutcome::ok, {}, done.replies, &answer.replies.front());
    }
  }
  confirming_arena_.clear();
}

void FencedLane::on_armed(const RespConnection::Answer& answer) {
  arming_under_way_ = false;
  if (answer.fate != RespConnection::Fate::answered) {
    return;  // on_down() follows
  }
  for (const core::Reply& reply : answer.replies) {
    if (reply.is_error()) {
      meet_server_error(classify_error(reply.text), reply.text);
      refuse_all(reply.text);
      return;
    }
  }
  const auto values = answer.replies.back().array();
  if (values.size() != arming_.size()) {
    connection_.reconnect(std::string(kNoAnswer));
    return;
  }
  for (std::size_t i = 0; i < arming_.size(); ++i) {
    Fence& fence = fences_[arming_[i]];
    fence.value = number(values[i]);
    fence.held = true;
    fence.read_by = armings_;
  }
}

void FencedLane::on_exec(const RespConnection::Answer& answer) {
  std::vector<Queued> batch = std::move(batch_);
  batch_.clear();
  for (Fence& fence : fences_) {
    fence.held = false;
  }
  if (answer.fate != RespConnection::Fate::answered) {
    const bool done_perhaps = answer.fate == RespConnection::Fate::sent;
    for (const Queued& queued : batch) {
      tell(queued, done_perhaps ? core::StoreOutcome::unknown : core::StoreOutcome::refused,
           "connection lost");
    }
    return;
  }
  const core::Reply& result = answer.replies.back();
  if (result.is_nil()) {
    ++statistics_.broken_watches;
    requeue(std::move(batch));
    return;
  }
  if (result.is_error()) {
    on_aborted(std::move(batch), answer.replies);
    return;
  }
  auto replies = result.array();
  const std::size_t queued_commands = answer.replies.size() - 2;  // less MULTI and EXEC
  if (replies.size() != queued_commands) {
    connection_.reconnect(std::string(kNoAnswer));
    for (const Queued& queued : batch) {
      tell(queued, core::StoreOutcome::unknown, kNoAnswer);
    }
    return;
  }
  full_ = false;
  for (Queued& queued : batch) {
    const auto own = replies.first(queued.transaction.commands.count());
    replies = replies.subspan(own.size());
    if (queued.transaction.replica_wait.count() == 0) {
      tell(queued, core::StoreOutcome::ok, {}, own);
      continue;
    }
    Confirming& done = confirming_.emplace_back();
    for (const core::Reply& reply : own) {
      done.replies.push_back(copy_reply(reply, confirming_arena_));
    }
    done.queued = std::move(queued);
  }
}

/// Nothing was done: find out why, and for whom there is hope.
void FencedLane::on_aborted(std::vector<Queued> batch, std::span<const core::Reply> replies) {
  const auto queueing = replies.subspan(1, replies.size() - 2);
  const auto first = std::ranges::find_if(queueing, &core::Reply::is_error);
  const std::string cause(first != queueing.end() ? first->text : abort_cause(replies.back().text));
  const RedisErrorClass what = classify_error(cause);
  if (what.kind == RedisErrorKind::full) {
    script_or_refuse(std::move(batch));
    return;
  }
  if (what.whole_server || first == queueing.end()) {
    meet_server_error(what, cause);
    for (const Queued& queued : batch) {
      tell(queued, core::StoreOutcome::refused, cause);
    }
    return;
  }
  // Some commands were refused for themselves; the transactions without such a one go again.
  std::vector<Queued> innocent;
  auto rest = queueing;
  for (Queued& queued : batch) {
    const auto own = rest.first(std::min(queued.transaction.commands.count(), rest.size()));
    rest = rest.subspan(own.size());
    if (const auto wrong = std::ranges::find_if(own, &core::Reply::is_error); wrong != own.end()) {
      tell(queued, core::StoreOutcome::refused, wrong->text);
    } else {
      innocent.push_back(std::move(queued));
    }
  }
  requeue(std::move(innocent));
}

void FencedLane::script_or_refuse(std::vector<Queued> batch) {
  full_ = true;
  scripts_since_probe_ = 0;
  std::vector<Queued> refused;
  for (Queued& queued : batch) {
    if (queued.transaction.settles) {
      scripted_.push_back(std::move(queued));
    } else {
      refused.push_back(std::move(queued));
    }
  }
  send_scripts();
  for (const Queued& queued : refused) {
    ++statistics_.refused_full;
    tell(queued, core::StoreOutcome::full);
  }
}

void FencedLane::send_scripts() {
  std::vector<Queued> too_long;
  std::erase_if(scripted_, [&too_long](Queued& queued) {
    const bool fits = fits_script(queued.transaction.commands);
    if (!fits) {
      too_long.push_back(std::move(queued));
    }
    return !fits;
  });
  for (const Queued& queued : scripted_) {
    const core::Commands& commands = queued.transaction.commands;
    const Fence& fence = fence_of(queued.transaction.partition);
    RespWriter& writer = connection_.write();
    write_fenced_script(writer, fence.key, fence.journal_key, queued.transaction.fence, commands);
    if (const auto most = queued.transaction.replica_wait; most.count() > 0) {
      writer.command({"WAIT", "1", std::to_string(most.count())});
      ++statistics_.waits;
    }
    connection_.commit([this](const RespConnection::Answer& answer) { on_script(answer); });
    ++statistics_.scripts;
  }
  for (const Queued& queued : too_long) {
    tell(queued, core::StoreOutcome::refused, "a command has too many arguments for a script");
  }
}

void FencedLane::on_script(const RespConnection::Answer& answer) {
  const Queued queued = std::move(scripted_.front());
  scripted_.pop_front();
  if (answer.fate != RespConnection::Fate::answered) {
    // With a WAIT behind it the script may have left whole although the request did not.
    const bool done_perhaps = answer.fate != RespConnection::Fate::unsent;
    tell(queued, done_perhaps ? core::StoreOutcome::unknown : core::StoreOutcome::refused, "connection lost");
    return;
  }
  const core::Reply& result = answer.replies.front();
  if (result.is_nil()) {
    fence_of(queued.transaction.partition).used = false;
    ++statistics_.fenced;
    tell(queued, core::StoreOutcome::fenced);
  } else if (result.is_error()) {
    meet_server_error(classify_error(result.text), result.text);
    tell(queued, core::StoreOutcome::refused, result.text);
  } else if (result.size != queued.transaction.commands.count()) {
    connection_.reconnect(std::string(kNoAnswer));
    tell(queued, core::StoreOutcome::unknown, kNoAnswer);
  } else {
    tell(queued, core::StoreOutcome::ok, {}, result.array(),
         answer.replies.size() > 1 ? &answer.replies[1] : nullptr);
  }
}

void FencedLane::requeue(std::vector<Queued> batch) {
  for (const Queued& queued : batch) {
    queued_bytes_ += queued.transaction.commands.bytes();
  }
  queue_.insert(queue_.begin(), std::move_iterator(batch.begin()), std::move_iterator(batch.end()));
}

void FencedLane::on_down() {
  for (Fence& fence : fences_) {
    fence.held = false;
  }
  full_ = false;
  refuse_all("connection lost");
}

void FencedLane::refuse_all(std::string_view error) {
  const std::string kept(error);
  queued_bytes_ = 0;
  for (const Queued& queued : std::exchange(queue_, {})) {
    tell(queued, core::StoreOutcome::refused, kept);
  }
}

void FencedLane::tell(const Queued& queued, core::StoreOutcome outcome, std::string_view error,
                      std::span<const core::Reply> replies, const core::Reply* replicas) {
  const bool refused = replicas != nullptr && replicas->is_error();
  const std::string shown = loggable(refused ? replicas->text : error);
  on_answer_({.ticket = queued.transaction.ticket,
              .outcome = outcome,
              .replies = replies,
              .error = shown,
              .replicas = replicas != nullptr ? replicas->integer : 0});
}

void FencedLane::meet_server_error(const RedisErrorClass& what, std::string_view error) {
  if (what.whole_server && (what.action == RedisErrorAction::reconnect ||
                            what.action == RedisErrorAction::fatal || what.kind == RedisErrorKind::loading)) {
    connection_.reconnect("it answers: " + loggable(error));
  }
}

}  // namespace anchal::redis
