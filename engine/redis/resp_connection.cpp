#include "engine/redis/resp_connection.h"

#include <algorithm>
#include <cassert>

#include "engine/net/clock.h"
#include "engine/redis/redis_error.h"

namespace anchal::redis {

namespace {

/// What is sent stays in front of the buffer until this much has gathered, then the rest moves up.
constexpr std::size_t kCompactBytes = std::size_t{1} << 20;

/// While we wait for a dead machine or for our turn the sentinels may have named another.
constexpr Duration kSentinelConnectMax = std::chrono::seconds(2);
constexpr Duration kSentinelBackoffMax = std::chrono::seconds(1);

RedisSettings adjusted(RedisSettings settings) {
  if (settings.url.mode == RedisUrl::Mode::sentinel) {
    settings.connect_timeout = std::min(settings.connect_timeout, kSentinelConnectMax);
    settings.reconnect.max = std::min(settings.reconnect.max, kSentinelBackoffMax);
  }
  return settings;
}

net::StreamOptions stream_options(const RedisSettings& settings) {
  net::StreamOptions options;
  options.connect_timeout = settings.connect_timeout;
  options.user_timeout = settings.command_timeout;
  options.keepalive_idle = std::chrono::seconds(30);
  options.notsent_lowat = 0;  // Redis is not behind the gate: the kernel may hold as much as it likes
  return options;
}

}  // namespace

SentinelSettings sentinel_settings(const RedisSettings& settings) {
  SentinelSettings out{.url = settings.url,
                       .username = settings.sentinel_username,
                       .password = settings.sentinel_password,
                       .tls = settings.tls,
                       .timeout = settings.sentinel_timeout};
  if (out.password.empty()) {
    out.username = settings.username.empty() ? settings.url.username : settings.username;
    out.password = settings.password.empty() ? settings.url.password : settings.password;
  }
  return out;
}

RespConnection::RespConnection(net::Loop& loop, RedisSettings settings, Callbacks callbacks,
                               std::uint64_t seed)
    : loop_(loop),
      settings_(adjusted(std::move(settings))),
      callbacks_(std::move(callbacks)),
      backoff_(settings_.reconnect, seed),
      stream_(loop, stream_options(settings_)),
      look_(loop, [this] { finder_->begin(); }),
      retry_(loop, [this] { attempt(); }),
      silence_(loop, [this] { on_silence(); }),
      flush_hook_(loop, net::TurnHook::Phase::flush, [this] { flush(); }),
      lose_later_(loop, [this] { lose(lose_why_, false); }),
      reader_(settings_.answer_bytes_max),
      writer_(out_) {
  stream_.set_callbacks({
      .on_connected = [this] { greet(); },
      .on_data = [this](std::span<const std::byte> bytes) { on_data(bytes); },
      .on_writable = [this] { flush(); },
      .on_closed = [this](const net::CloseReason& reason) { lose(reason.text, false); },
  });
  silence_.keeps_loop_alive(false);
  look_.keeps_loop_alive(false);
  if (settings_.url.mode == RedisUrl::Mode::sentinel) {
    finder_.emplace(
        loop, sentinel_settings(settings_),
        PrimaryFinder::Callbacks{.on_found = [this](const RedisUrl::Endpoint& named) { on_named(named); },
                                 .on_failed = [this](const std::string& why) { on_none_named(why); }});
  } else if (!settings_.url.endpoints.empty()) {
    endpoint_ = settings_.url.endpoints.front();
  }
}

RespConnection::~RespConnection() = default;

void RespConnection::start() {
  if (state_ == State::stopped) {
    attempt();
  }
}

void RespConnection::stop() {
  state_ = State::stopped;
  if (finder_) finder_->stop();
  stream_.reset();
  look_.stop();
  retry_.stop();
  silence_.stop();
  lose_later_.cancel();
  pending_.clear();
  out_.clear();
  sent_ = 0;
}

void RespConnection::attempt() {
  if (finder_) {
    state_ = State::searching;
    endpoint_ = {};
    finder_->begin();
  } else {
    connect(endpoint_);
  }
}

void RespConnection::on_named(const RedisUrl::Endpoint& endpoint) {
  if (state_ != State::up) {
    connect(endpoint);
  } else if (endpoint == endpoint_) {
    finder_->confirm();
    watch_sentinels();
  } else {
    reconnect("its sentinels name " + endpoint.label() + " now");
  }
}

void RespConnection::on_none_named(const std::string& why) {
  if (state_ == State::up) {
    watch_sentinels();
  } else {
    lose(why, false);
  }
}

void RespConnection::watch_sentinels() {
  if (settings_.sentinel_interval > Duration::zero()) look_.start(settings_.sentinel_interval);
}

void RespConnection::connect(const RedisUrl::Endpoint& endpoint) {
  state_ = State::connecting;
  endpoint_ = endpoint;
  out_.clear();
  sent_ = begins_at_ = 0;
  base_ = 0;
  reader_.reset();
  answer_open_ = false;
  if (!settings_.url.unix_path.empty()) {
    stream_.connect_unix(settings_.url.unix_path);
  } else {
    stream_.connect(endpoint_.host, endpoint_.port, settings_.url.tls ? settings_.tls : nullptr);
  }
}

void RespConnection::greet() {
  state_ = State::greeting;
  silent_once_ = false;
  ++statistics_.connects;
  last_progress_ = net::monotonic_now();
  const std::string& user = settings_.username.empty() ? settings_.url.username : settings_.username;
  const std::string& password = settings_.password.empty() ? settings_.url.password : settings_.password;
  RespWriter& writer = write();
  const std::size_t before = writer.written();
  if (!user.empty()) {
    writer.command({"AUTH", user, password});
  } else if (!password.empty()) {
    writer.command({"AUTH", password});
  }
  const std::size_t courtesy = writer.written() - before;
  writer.command({"CLIENT", "SETNAME", settings_.client_name});
  if (settings_.url.database != 0) {
    writer.command({"SELECT", std::to_string(settings_.url.database)});
  }
  // Where MULTI is not allowed the commands behind it would be done one by one, without a fence.
  writer.command({"MULTI"});
  writer.command({"EXEC"});
  writer.command({"INFO"});
  commit([this, courtesy](const Answer& answer) { on_greeted(answer, courtesy); });
}

void RespConnection::on_greeted(const Answer& answer, std::size_t courtesy) {
  if (answer.fate != Fate::answered) {
    return;
  }
  for (std::size_t i = 0; i < answer.replies.size(); ++i) {
    if (const core::Reply& reply = answer.replies[i]; reply.is_error()) {
      const RedisErrorClass what = classify_error(reply.text);
      if (i == courtesy && what.kind == RedisErrorKind::no_permission) {
        continue;  // the connection goes without its name
      }
      const bool fatal = what.action == RedisErrorAction::fatal || what.action == RedisErrorAction::report;
      lose("it answers: " + loggable(reply.text), fatal);
      return;
    }
  }
  identity_ = ServerIdentity::from_info(answer.replies.back().text);
  if (identity_.maxmemory_policy.empty()) {
    write().command({"CONFIG", "GET", "maxmemory-policy"});
    commit([this](const Answer& policy) { on_policy(policy); });
    return;
  }
  come_up();
}

void RespConnection::on_policy(const Answer& answer) {
  if (answer.fate != Fate::answered) {
    return;
  }
  if (const auto pair = answer.replies.front().array(); pair.size() == 2) {
    identity_.maxmemory_policy = pair[1].text;
  }
  come_up();
}

void RespConnection::come_up() {
  if (const auto problem = unfit(identity_)) {
    lose(problem->text, problem->fatal);
    return;
  }
  state_ = State::up;
  if (finder_) {
    finder_->confirm();
    watch_sentinels();
  }
  backoff_.reset();
  if (callbacks_.on_up) {
    callbacks_.on_up(identity_);
  }
}

bool RespConnection::accepts() const {
  return state_ == State::up && waiting_bytes() < settings_.output_bytes_max;
}

RespWriter& RespConnection::write() {
  begins_at_ = out_.size();
  written_before_ = writer_.written();
  return writer_;
}

void RespConnection::commit(OnAnswer on_answer, bool may_be_large) {
  const std::size_t replies = writer_.written() - written_before_;
  assert(replies > 0);
  if (pending_.empty()) {
    last_progress_ = loop_.turn_time();
    pending_.push_back(
        {replies, base_ + begins_at_, base_ + out_.size(), std::move(on_answer), may_be_large});
    watch_silence();
  } else {
    pending_.push_back(
        {replies, base_ + begins_at_, base_ + out_.size(), std::move(on_answer), may_be_large});
  }
  statistics_.commands += replies;
}

void RespConnection::flush() {
  if (sent_ == out_.size() || stream_.write_blocked()) {
    return;
  }
  const auto rest = std::as_bytes(std::span(out_)).subspan(sent_);
  const std::size_t taken = stream_.write(rest);
  ++statistics_.writes;
  statistics_.bytes_out += taken;
  sent_ += taken;
  if (sent_ == out_.size() || sent_ >= kCompactBytes) {
    out_.erase(0, sent_);
    base_ += sent_;
    sent_ = 0;
  }
}

void RespConnection::on_data(std::span<const std::byte> bytes) {
  statistics_.bytes_in += bytes.size();
  last_progress_ = loop_.turn_time();
  silent_once_ = false;
  while (!bytes.empty() || reader_.unread() > 0) {
    const auto helping = bytes.first(std::min(bytes.size(), ReplyReader::kFeedBytes));
    bytes = bytes.subspan(helping.size());
    if (!helping.empty() && !reader_.feed(helping)) {
      lose(reader_.error(), false);
      return;
    }
    for (;;) {
      if (!answer_open_) {
        if (pending_.empty()) {
          break;
        }
        reader_.begin(pending_.front().replies, pending_.front().may_be_large);
        answer_open_ = true;
      }
      const ReplyReader::Status status = reader_.next();
      if (status == ReplyReader::Status::broken) {
        lose(reader_.error(), false);
        return;
      }
      if (status == ReplyReader::Status::incomplete) {
        break;
      }
      answer_open_ = false;
      const OnAnswer on_answer = std::move(pending_.front().on_answer);
      pending_.pop_front();
      if (reader_.skipped()) {
        on_answer({Fate::too_large, {}});
      } else {
        on_answer({Fate::answered, reader_.replies()});
      }
      if (state_ != State::greeting && state_ != State::up) {
        return;
      }
    }
    if (pending_.empty() && reader_.unread() > 0) {
      lose("it says what nobody asked for", false);
      return;
    }
    if (bytes.empty()) {
      return;
    }
  }
}

void RespConnection::watch_silence() {
  silence_.start_at(last_progress_ + settings_.command_timeout);
}

/// The timer is not moved with every answer; when it is due it looks how long the silence really was.
void RespConnection::on_silence() {
  if (pending_.empty() || (state_ != State::greeting && state_ != State::up)) {
    return;
  }
  if (net::monotonic_now() - last_progress_ < settings_.command_timeout) {
    silent_once_ = false;
    watch_silence();
    return;
  }
  if (!silent_once_) {
    // It may be we who slept: timers run before sockets are read.
    silent_once_ = true;
    silence_.start(settings_.command_timeout / 8);
    return;
  }
  lose("no answer within the command time-out", false);
}

void RespConnection::reconnect(const std::string& why) {
  if (state_ == State::up || state_ == State::greeting) {
    lose_why_ = why;
    lose_later_.schedule();
  }
}

void RespConnection::drop(State next) {
  stream_.reset();
  silence_.stop();
  lose_later_.cancel();
  look_.stop();
  if (finder_) finder_->stop();
  state_ = next;
  fail_unanswered();
}

void RespConnection::lose(std::string why, bool fatal) {
  if (state_ == State::stopped || state_ == State::waiting) {
    return;
  }
  if (finder_ && !fatal && (state_ == State::connecting || state_ == State::greeting)) {
    // The attempt goes on with the next sentinel: this one may be behind the times.
    drop(State::searching);
    finder_->refute(why);
    return;
  }
  ++statistics_.losses;
  drop(State::waiting);
  const Duration pause = backoff_.next();
  retry_.start(pause);
  if (callbacks_.on_down) {
    callbacks_.on_down({"Redis at " + label() + ": " + std::move(why), fatal, pause});
  }
}

std::string RespConnection::label() const {
  if (!finder_ || endpoint_.port == 0) {
    return settings_.url.label();
  }
  return endpoint_.label() + ", named " + settings_.url.group + " by its sentinels";
}

void RespConnection::fail_unanswered() {
  const auto lost = std::exchange(pending_, {});
  for (const Pending& pending : lost) {
    pending.on_answer({fate_of(pending), {}});
  }
  out_.clear();
  sent_ = 0;
}

RespConnection::Fate RespConnection::fate_of(const Pending& pending) const {
  const std::uint64_t handed_over = base_ + sent_;
  if (handed_over >= pending.ends) {
    return Fate::sent;
  }
  return handed_over > pending.begins && pending.replies > 1 ? Fate::partly_sent : Fate::unsent;
}

}  // namespace anchal::redis
