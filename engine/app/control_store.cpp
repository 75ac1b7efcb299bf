#include "engine/app/control_store.h"

#include <hiredis/hiredis.h>

#include <algorithm>

#include "engine/app/send_redis.h"
#include "engine/net/clock.h"
#include "engine/redis/redis_error.h"
#include "engine/redis/settle_script.h"

namespace anchal::app {
namespace {

constexpr int kChangeTries = 20;
constexpr Duration kLookEvery = std::chrono::seconds(1);

OwnedReply owned(const redisReply& reply) {
  OwnedReply out;
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      out.type = OwnedReply::Type::integer;
      out.integer = reply.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      out.type = OwnedReply::Type::text;
      out.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_ERROR:
      out.type = OwnedReply::Type::error;
      out.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_ARRAY:
      out.type = OwnedReply::Type::array;
      out.elements.reserve(reply.elements);
      for (std::size_t i = 0; i < reply.elements; ++i) out.elements.push_back(owned(*reply.element[i]));
      break;
    default:
      break;
  }
  return out;
}

/// Of a change on a full Redis, where no MULTI passes: what was read must still be so, then the commands.
/// ARGV: how many reads, for each its number of arguments, these, and its answer ('-' for nil, else '+' and
/// the text); then the commands, as in redis::plain_script().
constexpr const char* kChangeScript =
    "redis.pcall('XTRIM',KEYS[1],'MINID','0') "
    "local o,i={},2 "
    "for read=1,tonumber(ARGV[1]) do local n=tonumber(ARGV[i]) local v=redis.pcall(unpack(ARGV,i+1,i+n)) "
    "if (v and '+'..tostring(v) or '-')~=ARGV[i+n+1] then return false end i=i+n+2 end "
    "while i<=#ARGV do local n=tonumber(ARGV[i]) o[#o+1]=redis.pcall(unpack(ARGV,i+1,i+n)) i=i+n+1 end "
    "return o";

void append_command(RedisCommand& script, const RedisCommand& command) {
  script.push_back(std::to_string(command.size()));
  script.insert(script.end(), command.begin(), command.end());
}

bool is_full(const ControlError& error) {
  return error.kind == ControlFailure::refused &&
         redis::classify_error(error.text).kind == redis::RedisErrorKind::full;
}

bool is_from_the_wrong_server(const OwnedReply& reply) {
  return reply.is_error() && redis::classify_error(reply.text).action == redis::RedisErrorAction::reconnect;
}

std::unexpected<ControlError> refused(const OwnedReply& reply) {
  return std::unexpected(ControlError{ControlFailure::refused, reply.text});
}

}  // namespace

ControlStore::ControlStore(const RedisSettings& settings, Duration timeout)
    : settings_(settings), timeout_(timeout) {}

ControlStore::~ControlStore() = default;

/// A primary that its sentinels have replaced takes what it is told for a while, and then forgets it. Not
/// between a WATCH and its EXEC.
void ControlStore::look_around() {
  const TimePoint now = net::monotonic_now();
  if (pipe_ == nullptr || now - looked_at_ < kLookEvery) return;
  looked_at_ = now;
  if (!pipe_->still_named(settings_.address, timeout_)) pipe_.reset();
}

ControlResult<std::vector<OwnedReply>> ControlStore::round_trip(const std::vector<RedisCommand>& commands,
                                                                Duration timeout) {
  if (pipe_ == nullptr) {
    auto connected = RedisPipe::connect(settings_.address, settings_.tls, timeout_);
    if (!connected) return std::unexpected(ControlError{ControlFailure::unreachable, connected.error()});
    pipe_ = std::move(*connected);
    looked_at_ = net::monotonic_now();
  }
  std::vector<std::string_view> words;
  for (const RedisCommand& command : commands) {
    words.assign(command.begin(), command.end());
    pipe_->command(words);
  }
  std::vector<OwnedReply> replies;
  const auto done =
      pipe_->drain(0, [&](const redisReply& reply) { replies.push_back(owned(reply)); }, timeout);
  if (!done) {
    pipe_.reset();  // what is still on its way must not answer the next question
    return std::unexpected(ControlError{ControlFailure::unreachable, done.error()});
  }
  // Demoted or cut off: at the next question we look for the primary anew.
  if (std::ranges::any_of(replies, is_from_the_wrong_server)) pipe_.reset();
  return replies;
}

ControlResult<OwnedReply> ControlStore::ask(const RedisCommand& command) {
  const std::lock_guard lock(mutex_);
  look_around();
  auto replies = round_trip({command}, timeout_);
  if (!replies) return std::unexpected(std::move(replies.error()));
  if (replies->front().is_error()) return refused(replies->front());
  return std::move(replies->front());
}

ControlResult<std::vector<OwnedReply>> ControlStore::ask_all(const std::vector<RedisCommand>& commands) {
  const std::lock_guard lock(mutex_);
  look_around();
  return round_trip(commands, timeout_);
}

ControlResult<std::vector<OwnedReply>> ControlStore::transact_locked(
    const std::vector<RedisCommand>& commands, bool& aborted) {
  std::vector<RedisCommand> all{{"MULTI"}};
  all.insert(all.end(), commands.begin(), commands.end());
  all.push_back({"EXEC"});
  auto replies = round_trip(all, timeout_);
  if (!replies) return replies;
  OwnedReply& exec = replies->back();
  aborted = exec.is_nil();
  if (aborted) return std::vector<OwnedReply>{};
  if (exec.is_error()) {
    const auto cause =
        std::find_if(replies->begin(), replies->end(), [](const OwnedReply& r) { return r.is_error(); });
    return refused(*cause);  // the first refusal says more than EXECABORT
  }
  for (const OwnedReply& reply : exec.elements) {
    if (reply.is_error()) return refused(reply);
  }
  return std::move(exec.elements);
}

ControlResult<std::vector<OwnedReply>> ControlStore::transact(const std::vector<RedisCommand>& commands) {
  const std::lock_guard lock(mutex_);
  look_around();
  bool aborted = false;
  return transact_locked(commands, aborted);
}

ControlResult<std::vector<OwnedReply>> ControlStore::settle(const std::vector<RedisCommand>& commands) {
  auto done = transact(commands);
  if (done || !is_full(done.error())) return done;
  RedisCommand script{"EVAL", std::string(redis::plain_script()), "1", commands.front().at(1)};
  for (const RedisCommand& command : commands) append_command(script, command);
  auto reply = ask(script);
  if (!reply) return std::unexpected(std::move(reply.error()));
  for (const OwnedReply& one : reply->elements) {
    if (one.is_error()) return refused(one);
  }
  return std::move(reply->elements);
}

ControlResult<std::vector<OwnedReply>> ControlStore::change_though_full(
    const std::vector<std::string>& keys, const std::vector<RedisCommand>& read,
    const std::vector<OwnedReply>& answers, const std::vector<RedisCommand>& commands, bool& changed) {
  RedisCommand script{"EVAL", kChangeScript, "1", keys.front(), std::to_string(read.size())};
  for (std::size_t i = 0; i < read.size(); ++i) {
    append_command(script, read[i]);
    script.push_back(answers[i].is_nil() ? "-" : "+" + answers[i].text);
  }
  for (const RedisCommand& command : commands) append_command(script, command);
  auto replies = round_trip({script}, timeout_);
  if (!replies) return replies;
  OwnedReply& reply = replies->front();
  if (reply.is_error()) return refused(reply);
  changed = reply.is_nil();
  for (const OwnedReply& one : reply.elements) {
    if (one.is_error()) return refused(one);
  }
  return std::move(reply.elements);
}

ControlResult<bool> ControlStore::change(const std::vector<std::string>& keys,
                                         const std::vector<RedisCommand>& read, const Decide& decide) {
  const std::lock_guard lock(mutex_);
  look_around();
  RedisCommand watch{"WATCH"};
  watch.insert(watch.end(), keys.begin(), keys.end());
  for (int attempt = 0; attempt < kChangeTries; ++attempt) {
    std::vector<RedisCommand> first{watch};
    first.insert(first.end(), read.begin(), read.end());
    auto replies = round_trip(first, timeout_);
    if (!replies) return std::unexpected(std::move(replies.error()));
    for (const OwnedReply& reply : *replies) {
      if (reply.is_error()) {
        (void)round_trip({{"UNWATCH"}}, timeout_);
        return refused(reply);
      }
    }
    replies->erase(replies->begin());
    const auto commands = decide(*replies);
    if (!commands) {
      (void)round_trip({{"UNWATCH"}}, timeout_);
      return false;
    }
    bool aborted = false;
    auto done = transact_locked(*commands, aborted);
    if (!done && is_full(done.error())) done = change_though_full(keys, read, *replies, *commands, aborted);
    if (!done) return std::unexpected(std::move(done.error()));
    if (!aborted) return true;
  }
  return std::unexpected(ControlError{ControlFailure::conflict, "others kept changing the same keys"});
}

ControlResult<std::optional<std::string>> ControlStore::wait_for_entry(const std::string& stream,
                                                                       const std::string& id,
                                                                       Duration patience) {
  const std::lock_guard lock(mutex_);
  look_around();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
  auto replies =
      round_trip({{"XREAD", "COUNT", "1000", "BLOCK", std::to_string(milliseconds), "STREAMS", stream, id}},
                 patience + timeout_);
  if (!replies) return std::unexpected(std::move(replies.error()));
  const OwnedReply& reply = replies->front();
  if (reply.is_error()) return refused(reply);
  if (reply.elements.empty() || reply.elements[0].elements.size() != 2) return std::nullopt;
  const std::vector<OwnedReply>& entries = reply.elements[0].elements[1].elements;
  if (entries.empty() || entries.back().elements.empty()) return std::nullopt;
  return entries.back().elements[0].text;
}

}  // namespace anchal::app
