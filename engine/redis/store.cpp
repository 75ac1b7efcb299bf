#include "engine/redis/store.h"

#include <algorithm>
#include <utility>

#include "engine/redis/settle_script.h"

namespace anchal::redis {

namespace {

RedisSettings named(RedisSettings settings, std::string_view part) {
  settings.client_name.append("-").append(part);
  return settings;
}

/// The second connection follows the first one; it need not watch the sentinels too.
RedisSettings following(RedisSettings settings) {
  settings.sentinel_interval = Duration::zero();
  return named(std::move(settings), "bulk");
}

}  // namespace

/// A settling pipeline, kept until its answer is complete: what a full Redis refuses goes once more as a
/// script.
struct Store::Retried {
  core::Pipeline pipeline;
  std::vector<std::size_t> refused;  // indices of what the script does
  std::vector<core::Reply> replies;  // of the first attempt, in `arena`
  ReplyArena arena;
};

Store::Store(net::Loop& loop, const RedisSettings& settings, Callbacks callbacks, std::uint64_t seed)
    : callbacks_(std::move(callbacks)),
      pump_hook_(loop, net::TurnHook::Phase::flush, [this] { lane_.pump(); }),
      main_(loop, named(settings, "main"),
            {.on_up = [this](const ServerIdentity& identity) { on_main_up(identity); },
             .on_down = [this](const DownReason& reason) { on_main_down(reason); }},
            seed),
      bulk_(loop, following(settings), {.on_up = [this](const ServerIdentity&) { compare_bulk(); }},
            seed + 1),
      lane_(main_, [this](const core::StoreAnswer& told) { answer(told); }),
      refusals_later_(loop, [this] { tell_refusals(); }),
      waiting_bytes_max_(settings.output_bytes_max) {}

void Store::start() {
  main_.start();
  bulk_.start();
}

void Store::stop() {
  main_.stop();
  bulk_.stop();
  refusals_later_.cancel();
  refusals_.clear();
}

void Store::on_main_up(const ServerIdentity& identity) {
  const bool first = last_identity_.run_id.empty();
  const StoreUp news{.identity = identity,
                     .other_process = !first && !identity.same_process(last_identity_),
                     .other_history = !first && !identity.same_history(last_identity_)};
  last_identity_ = identity;
  compare_bulk();
  if (callbacks_.on_up) {
    callbacks_.on_up(news);
  }
}

/// During a failover the two may meet different servers for a while.
bool Store::bulk_is_same() const {
  return bulk_.up() && bulk_.identity().same_process(main_.identity());
}

void Store::compare_bulk() {
  if (main_.up() && bulk_.up() && !bulk_is_same()) {
    bulk_.reconnect("it is another server than " + main_.label());
  }
}

void Store::on_main_down(const DownReason& reason) {
  lane_.on_down();
  if (callbacks_.on_down) {
    callbacks_.on_down(reason);
  }
}

void Store::transact(core::Transaction&& transaction) {
  if (!main_.accepts() || lane_.waiting_bytes() >= waiting_bytes_max_) {
    refuse_later(transaction.ticket, main_.up() ? "too much is waiting for Redis" : "the store is down");
    return;
  }
  if (transaction.commands.empty()) {
    refuse_later(transaction.ticket, "an empty transaction");
    return;
  }
  lane_.take(std::move(transaction));
}

void Store::execute(core::Pipeline&& pipeline) {
  RespConnection& connection = pipeline.bulk_read && bulk_is_same() && bulk_.accepts() ? bulk_ : main_;
  if (!connection.accepts()) {
    refuse_later(pipeline.ticket, connection.up() ? "too much is waiting for Redis" : "the store is down");
    return;
  }
  if (pipeline.commands.empty()) {
    refuse_later(pipeline.ticket, "an empty pipeline");
    return;
  }
  ++(pipeline.bulk_read ? statistics_.bulk_reads : statistics_.pipelines);
  connection.write().commands(pipeline.commands);
  if (!pipeline.settles) {
    connection.commit(
        [this, ticket = pipeline.ticket](const RespConnection::Answer& given) { on_pipeline(ticket, given); },
        pipeline.bulk_read);
    return;
  }
  const auto retried = std::make_shared<Retried>();
  retried->pipeline = std::move(pipeline);
  connection.commit(
      [this, retried](const RespConnection::Answer& given) { on_settling_pipeline(retried, given); });
}

/// Commands that were refused for want of memory are done by the script, together with those after them that
/// were done already but may have missed them (an EXPIRE of a hash that was not there). What needs memory and
/// was done is not done twice.
void Store::on_settling_pipeline(const std::shared_ptr<Retried>& retried,
                                 const RespConnection::Answer& given) {
  const core::Commands& commands = retried->pipeline.commands;
  for (std::size_t i = 0; i < given.replies.size(); ++i) {
    const core::Reply& reply = given.replies[i];
    const bool full = reply.is_error() && classify_error(reply.text).kind == RedisErrorKind::full;
    if (full || (!retried->refused.empty() && !needs_memory(commands.argument(i, 0)))) {
      retried->refused.push_back(i);
    }
  }
  if (retried->refused.empty() || !fits_script(commands) || !main_.up()) {
    on_pipeline(retried->pipeline.ticket, given);
    return;
  }
  for (const core::Reply& reply : given.replies) {
    retried->replies.push_back(copy_reply(reply, retried->arena));
  }
  write_plain_script(main_.write(), commands, retried->refused);
  main_.commit([this, retried](const RespConnection::Answer& of_script) { on_script(*retried, of_script); });
}

void Store::on_script(const Retried& retried, const RespConnection::Answer& given) {
  std::vector<core::Reply> replies = retried.replies;
  if (given.fate == RespConnection::Fate::answered) {
    const core::Reply& result = given.replies.front();
    const auto redone = result.array();
    for (std::size_t i = 0; i < retried.refused.size(); ++i) {
      if (i < redone.size()) {
        replies[retried.refused[i]] = redone[i];
      } else if (result.is_error()) {
        replies[retried.refused[i]] = result;  // no scripts here: each command tells so
      }
    }
  }
  on_pipeline(
      retried.pipeline.ticket,
      {given.fate == RespConnection::Fate::answered ? given.fate : RespConnection::Fate::sent, replies});
}

void Store::on_pipeline(core::Ticket ticket, const RespConnection::Answer& given) {
  using Outcome = core::StoreOutcome;
  if (given.fate == RespConnection::Fate::too_large) {
    answer({.ticket = ticket, .outcome = Outcome::refused, .replies = {}, .error = core::kAnswerTooLarge});
    return;
  }
  if (given.fate != RespConnection::Fate::answered) {
    const bool untouched = given.fate == RespConnection::Fate::unsent;
    answer({.ticket = ticket,
            .outcome = untouched ? Outcome::refused : Outcome::unknown,
            .replies = {},
            .error = "connection lost"});
    return;
  }
  const auto of_server = [](const core::Reply& reply) {
    return reply.is_error() && classify_error(reply.text).whole_server;
  };
  const auto met = std::ranges::find_if(given.replies, of_server);
  if (met == given.replies.end()) {
    answer({.ticket = ticket, .outcome = Outcome::ok, .replies = given.replies, .error = {}});
    return;
  }
  const std::string shown = loggable(met->text);
  // One will do: a demoted primary goes on to answer reads.
  const RedisErrorClass what = classify_error(shown);
  if (what.action != RedisErrorAction::back_off || what.kind == RedisErrorKind::loading) {
    main_.reconnect("it answers: " + shown);
    bulk_.reconnect("it answers: " + shown);
  }
  if (std::ranges::all_of(given.replies, of_server)) {
    answer({.ticket = ticket, .outcome = Outcome::refused, .replies = {}, .error = shown});
  } else {
    answer({.ticket = ticket, .outcome = Outcome::ok, .replies = given.replies, .error = {}});
  }
}

void Store::refuse_later(core::Ticket ticket, std::string_view why) {
  ++statistics_.refused;
  refusals_.emplace_back(ticket, why);
  refusals_later_.schedule();
}

void Store::tell_refusals() {
  for (const auto& [ticket, why] : std::exchange(refusals_, {})) {
    answer({.ticket = ticket, .outcome = core::StoreOutcome::refused, .replies = {}, .error = why});
  }
}

void Store::answer(const core::StoreAnswer& told) {
  if (callbacks_.on_answer) {
    callbacks_.on_answer(told);
  }
}

Store::Statistics Store::statistics() const {
  Statistics now = statistics_;
  now.main = main_.statistics();
  now.bulk = bulk_.statistics();
  now.transactions = lane_.statistics();
  now.waiting_bytes = main_.waiting_bytes() + bulk_.waiting_bytes() + lane_.waiting_bytes();
  now.unanswered = main_.unanswered() + bulk_.unanswered();
  now.waiting_transactions = lane_.waiting();
  return now;
}

}  // namespace anchal::redis
