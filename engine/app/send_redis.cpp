#include "engine/app/send_redis.h"

#include <hiredis/hiredis.h>

#include <charconv>
#include <optional>
#include <utility>

#include "engine/app/sentinel_lookup.h"
#include "engine/net/clock.h"
#include "engine/net/stream.h"
#include "engine/redis/server_identity.h"

namespace anchal::app {
namespace {

struct FreeReader {
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
};
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

}  // namespace

struct RedisPipe::Impl {
  Impl() : stream(loop, options()), reader(redisReaderCreate()) {
    net::Stream::Callbacks callbacks;
    callbacks.on_connected = [this] { connected = true; };
    callbacks.on_data = [this](std::span<const std::byte> bytes) {
      arrived = true;
      redisReaderFeed(reader.get(), reinterpret_cast<const char*>(bytes.data()), bytes.size());
      take_replies();
    };
    callbacks.on_writable = [this] { write(); };
    callbacks.on_closed = [this](const net::CloseReason& reason) { closed = reason.text; };
    stream.set_callbacks(std::move(callbacks));
  }

  static net::StreamOptions options() {
    net::StreamOptions o;
    o.notsent_lowat = 0;  // bulk loading: throughput counts
    return o;
  }

  void take_replies() {
    for (;;) {
      void* raw = nullptr;
      if (redisReaderGetReply(reader.get(), &raw) != REDIS_OK) {
        closed = "Redis sent what is no reply";
        return;
      }
      if (raw == nullptr) return;
      const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(raw));
      if (unanswered > 0) --unanswered;
      if (on_reply != nullptr) (*on_reply)(*reply);
    }
  }

  void write() {
    if (sent == out.size()) return;
    sent += stream.write(std::as_bytes(std::span(out)).subspan(sent));
    if (sent == out.size()) {
      out.clear();
      sent = 0;
    }
  }

  /// Turns the loop until `done`; every sign of life starts the time-out anew.
  template <class Done>
  std::expected<void, std::string> run_until(Done done, Duration timeout) {
    TimePoint deadline = net::monotonic_now() + timeout;
    while (!done()) {
      if (closed) return std::unexpected("lost the connection to Redis at " + label + ": " + *closed);
      const TimePoint now = net::monotonic_now();
      if (now >= deadline) return std::unexpected("no answer from Redis at " + label);
      loop.run_turn(deadline - now);
      if (std::exchange(arrived, false)) deadline = net::monotonic_now() + timeout;
    }
    return {};
  }

  std::string label;
  TlsContext tls;
  net::Loop loop;
  net::Stream stream;
  std::unique_ptr<redisReader, FreeReader> reader;
  std::string out;
  std::size_t sent = 0;
  std::size_t unanswered = 0;
  const OnReply* on_reply = nullptr;
  bool connected = false, arrived = false;
  std::optional<std::string> closed;
};

RedisPipe::RedisPipe(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RedisPipe::~RedisPipe() = default;

std::expected<std::unique_ptr<RedisPipe>, std::string> RedisPipe::connect(const RedisAddress& address,
                                                                          const net::TlsSettings& tls,
                                                                          Duration timeout) {
  std::shared_ptr<const net::TlsContext> context;
  if (address.tls) {
    auto made = net::TlsContext::client(tls);
    if (!made) return std::unexpected(made.error());
    context = std::move(*made);
  }
  return address.sentinels.empty() ? connect_to(address, context, timeout)
                                   : connect_to_primary(address, context, timeout);
}

RedisPipe::Connected RedisPipe::connect_to_primary(const RedisAddress& address, const TlsContext& context,
                                                   Duration timeout) {
  SentinelLookup lookup(address, context, timeout);
  for (;;) {
    const auto named = lookup.next();
    if (!named) return std::unexpected("no primary of " + address.label() + ": " + named.error());
    RedisAddress primary = address;
    primary.sentinels.clear();
    primary.host = named->host;
    primary.port = named->port;
    auto pipe = connect_to(primary, context, timeout);
    std::string why;
    if (!pipe) {
      why = pipe.error();
    } else if (auto asked = (*pipe)->ask(
                   {"INFO", "replication"},
                   [&](const redisReply& reply) {
                     const std::string_view info(reply.str, reply.str == nullptr ? 0 : reply.len);
                     if (redis::ServerIdentity::from_info(info).role != "master") why = "which is no primary";
                   },
                   timeout);
               !asked && asked.error().find("NOPERM") == std::string::npos) {
      why = asked.error();  // who may not ask learns it from the first write
    }
    if (why.empty()) return pipe;
    lookup.refute(why);
  }
}

bool RedisPipe::still_named(const RedisAddress& address, Duration timeout) const {
  if (address.sentinels.empty()) return true;
  const auto named = SentinelLookup(address, impl_->tls, timeout).next();
  return !named || named->label() == impl_->label;
}

RedisPipe::Connected RedisPipe::connect_to(const RedisAddress& address, const TlsContext& context,
                                           Duration timeout) {
  auto impl = std::make_unique<Impl>();
  impl->label = address.label();
  impl->tls = context;
  if (!address.unix_path.empty()) {
    impl->stream.connect_unix(address.unix_path);
  } else {
    impl->stream.connect(address.host, address.port, context);
  }
  Impl* const raw = impl.get();
  if (auto done = raw->run_until([raw] { return raw->connected; }, timeout); !done) {
    if (raw->closed) return std::unexpected("cannot reach Redis at " + raw->label + ": " + *raw->closed);
    return std::unexpected(done.error());
  }
  std::unique_ptr<RedisPipe> pipe(new RedisPipe(std::move(impl)));
  const auto ignore = [](const redisReply&) {};
  if (!address.password.empty()) {
    auto done = address.username.empty()
                    ? pipe->ask({"AUTH", address.password}, ignore, timeout)
                    : pipe->ask({"AUTH", address.username, address.password}, ignore, timeout);
    if (!done) return std::unexpected(done.error());
  }
  if (address.database != 0) {
    if (auto done = pipe->ask({"SELECT", std::to_string(address.database)}, ignore, timeout); !done) {
      return std::unexpected(done.error());
    }
  }
  return pipe;
}

void RedisPipe::command(std::span<const std::string_view> words) {
  std::string& out = impl_->out;
  const auto header = [&out](char kind, std::size_t number) {
    char digits[24];
    out += kind;
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
    out += "\r\n";
  };
  header('*', words.size());
  for (const std::string_view word : words) {
    header('$', word.size());
    out += word;
    out += "\r\n";
  }
  ++impl_->unanswered;
}

std::size_t RedisPipe::unanswered() const {
  return impl_->unanswered;
}
std::size_t RedisPipe::queued_octets() const {
  return impl_->out.size() - impl_->sent;
}

std::expected<void, std::string> RedisPipe::drain(std::size_t left, const OnReply& on_reply,
                                                  Duration timeout) {
  impl_->on_reply = &on_reply;
  impl_->write();
  auto done = impl_->run_until([this, left] { return impl_->unanswered <= left; }, timeout);
  impl_->on_reply = nullptr;
  return done;
}

std::expected<void, std::string> RedisPipe::ask(std::initializer_list<std::string_view> words,
                                                const OnReply& on_reply, Duration timeout) {
  std::string error;
  command(words);
  const std::string_view name = *words.begin();
  auto done = drain(
      0,
      [&](const redisReply& reply) {
        if (reply.type == REDIS_REPLY_ERROR) {
          error = "Redis refused " + std::string(name) + ": " + std::string(reply.str, reply.len);
        } else {
          on_reply(reply);
        }
      },
      timeout);
  if (!done) return done;
  if (!error.empty()) return std::unexpected(error);
  return {};
}

}  // namespace anchal::app
