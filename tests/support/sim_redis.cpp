#include "tests/support/sim_redis.h"

#include <array>

namespace anchal::sim {
namespace {

constexpr std::string_view kOutOfMemory = "OOM command not allowed when used memory > 'maxmemory'.";
constexpr std::string_view kNoScripts = "NOPERM this user has no permissions to run the 'eval' command";
constexpr std::string_view kReadOnly = "READONLY You can't write against a read only replica.";
constexpr std::size_t kPublicationsKept = 10'000;

}  // namespace

core::Reply SimRedis::apply(const Arguments& arguments, ReplyArena& arena) {
  ++statistics_.commands;
  const core::Reply reply = data_.execute(arguments, clock_.wall_ms(), arena);
  if (reply.is_error()) {
    ++statistics_.replies_wrong;
    return reply;
  }
  const auto* const verb = Keyspace::verb(arguments[0]);
  if (!Keyspace::writes(*verb)) {
    if (on_read) on_read(arguments);
    return reply;
  }
  if (verb->name == "PUBLISH") {
    if (publications_.size() < kPublicationsKept) {
      publications_.push_back({std::string(arguments[1]), std::string(arguments[2])});
    }
    return reply;
  }
  if (replica_) follow(arguments);
  if (on_written) on_written(arguments);
  if (on_added && verb->name == "XADD")
    on_added(arguments[1], data_.get<Stream>(arguments[1])->entries.back());
  return reply;
}

void SimRedis::outside(const Arguments& arguments) {
  ++statistics_.outside_contract;
  if (!first_outside_contract_.empty()) return;
  for (std::size_t i = 0; i < arguments.size() && i < 3; ++i) {
    first_outside_contract_.append(i == 0 ? "" : " ").append(arguments[i]);
  }
}

Executed SimRedis::transact(const core::Transaction& transaction) {
  ++statistics_.requests;
  ++statistics_.transactions;
  Executed done;
  done.arena = std::make_unique<ReplyArena>();
  const core::Commands& commands = transaction.commands;
  if (!refusal_.empty()) {
    done.outcome = core::StoreOutcome::refused;
    done.error = refusal_;
    return done;
  }
  // As MULTI queues: a wrong arity or an unknown verb discards the whole.
  for (std::size_t i = 0; i < commands.count(); ++i) {
    const Arguments arguments(commands, i);
    const auto* const verb = Keyspace::verb(arguments[0]);
    if (verb == nullptr || !Keyspace::writes(*verb)) outside(arguments);
    if (verb == nullptr || !Keyspace::arity_fits(*verb, arguments.size())) {
      done.outcome = core::StoreOutcome::refused;
      done.error = "EXECABORT Transaction discarded because of previous errors.";
      return done;
    }
  }
  if (read_only_) {
    ++statistics_.refused_read_only;
    done.outcome = core::StoreOutcome::refused;
    done.error = kReadOnly;
    return done;
  }
  if (full_ && (!transaction.settles || !scripts_)) {
    ++statistics_.refused_full;
    done.outcome = transaction.settles ? core::StoreOutcome::refused : core::StoreOutcome::full;
    if (transaction.settles) done.error = kNoScripts;
    return done;
  }
  const std::string fence = "anchal:{" + std::to_string(transaction.partition) + "}:fence";
  core::Commands look;
  look.command("GET").arg(fence);
  const core::Reply held = data_.execute(Arguments(look, 0), clock_.wall_ms(), *done.arena);
  if (held.type != core::Reply::Type::text || held.text != std::to_string(transaction.fence)) {
    ++statistics_.fenced;
    done.outcome = core::StoreOutcome::fenced;
    return done;
  }
  done.replies.reserve(commands.count());
  for (std::size_t i = 0; i < commands.count(); ++i) {
    done.replies.push_back(apply(Arguments(commands, i), *done.arena));
    // EXEC has done the rest all the same: whoever sent it has lost one of its writes.
    if (done.replies.back().is_error()) {
      ++statistics_.failed_in_transaction;
      outside(Arguments(commands, i));
    }
  }
  if (on_done) on_done();
  return done;
}

Executed SimRedis::execute(const core::Commands& commands, bool settles) {
  ++statistics_.requests;
  Executed done;
  done.arena = std::make_unique<ReplyArena>();
  if (!refusal_.empty()) {
    done.outcome = core::StoreOutcome::refused;
    done.error = refusal_;
    return done;
  }
  done.replies.reserve(commands.count());
  std::size_t entries = 0;
  for (std::size_t i = 0; i < commands.count(); ++i) {
    const Arguments arguments(commands, i);
    const auto* const verb = Keyspace::verb(arguments[0]);
    if (verb == nullptr) outside(arguments);
    if (read_only_ && verb != nullptr && Keyspace::writes(*verb)) {
      ++statistics_.refused_read_only;
      done.replies.push_back(done.arena->error(kReadOnly));
    } else if (full_ && !(settles && scripts_) && verb != nullptr && Keyspace::needs_memory(*verb)) {
      ++statistics_.refused_full;
      done.replies.push_back(done.arena->error(kOutOfMemory));
    } else {
      done.replies.push_back(apply(arguments, *done.arena));
    }
    if (arguments[0] == "XREAD") {
      for (const core::Reply& stream : done.replies.back().array()) entries += stream.elements[1].size;
    } else if (arguments[0] == "HMGET" && arguments[1].ends_with(":retry:rows")) {
      entries += done.replies.back().size;
    }
  }
  if (entries_max_ > 0 && entries > entries_max_) {
    done.outcome = core::StoreOutcome::refused;
    done.replies.clear();
    done.error = core::kAnswerTooLarge;
    return done;
  }
  if (on_done) on_done();
  return done;
}

core::Reply SimRedis::run(std::initializer_list<std::string_view> arguments) {
  core::Commands commands;
  bool first = true;
  for (const auto argument : arguments) {
    if (first) {
      commands.command(argument);
    } else {
      commands.arg(argument);
    }
    first = false;
  }
  own_arena_ = std::make_unique<ReplyArena>();
  return apply(Arguments(commands, 0), *own_arena_);
}

void SimRedis::replicate(Duration lag) {
  lag_ = lag;
  log_.clear();
  replica_ = std::make_unique<Keyspace>(data_);
}

void SimRedis::let_confirm(Duration least, Duration most) {
  confirm_min_ = least;
  confirm_max_ = most;
}

void SimRedis::confirm(TimePoint until) {
  if (!replica_) return;
  ++statistics_.waits_confirmed;
  confirmed_to_ = std::max(confirmed_to_, until);
  catch_up(until);
}

/// The replica is sent what happened, not what was asked: XADD with the id that was given.
void SimRedis::follow(const Arguments& arguments) {
  Logged logged{clock_.now(), clock_.wall_ms(), {}};
  logged.command.command(arguments[0]);
  bool id_given = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[0] == "XADD" && arguments[i] == "*" && !id_given) {
      id_given = true;
      logged.command.arg(data_.last_added().text());
    } else {
      logged.command.arg(arguments[i]);
    }
  }
  log_.push_back(std::move(logged));
  catch_up(clock_.now() - lag_);
}

void SimRedis::catch_up(TimePoint until) {
  while (!log_.empty() && log_.front().at <= until) {
    ReplyArena arena;
    replica_->execute(Arguments(log_.front().command, 0), log_.front().wall_ms, arena);
    log_.pop_front();
  }
}

void SimRedis::forget_after(TimePoint until) {
  catch_up(until);
  statistics_.forgotten += log_.size();
  if (on_forgotten) {
    for (const Logged& logged : log_) on_forgotten(logged.command);
  }
  data_ = *replica_;
  log_.clear();
}

void SimRedis::fail_over() {
  if (!replica_) return;
  ++statistics_.failovers;
  forget_after(clock_.now() - lag_);
}

void SimRedis::restart(Duration lost) {
  ++statistics_.restarts;
  if (replica_ && lost > Duration::zero()) forget_after(clock_.now() - std::min(lost, lag_));
}

void SimRedis::restore(const Keyspace& backup) {
  ++statistics_.restarts;
  data_ = backup;
  if (replica_) replicate(lag_);
}

void SimRedis::flush() {
  data_ = Keyspace();
  if (replica_) replicate(lag_);
}

core::StoreHistory SimRedis::history() const {
  // A process that starts again takes a new replication id as well, unless it was told to shut down.
  return {"run-" + std::to_string(process()), "history-" + std::to_string(process())};
}

}  // namespace anchal::sim
