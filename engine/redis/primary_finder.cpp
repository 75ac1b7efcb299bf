#include "engine/redis/primary_finder.h"

#include <algorithm>

#include "engine/redis/resp_writer.h"

namespace anchal::redis {

namespace {

constexpr std::size_t kAnswerBytesMax = std::size_t{64} * 1024;

net::StreamOptions stream_options(const SentinelSettings& settings) {
  net::StreamOptions options;
  options.connect_timeout = settings.timeout;
  options.notsent_lowat = 0;
  return options;
}

}  // namespace

PrimaryFinder::PrimaryFinder(net::Loop& loop, SentinelSettings settings, Callbacks callbacks)
    : settings_(std::move(settings)),
      callbacks_(std::move(callbacks)),
      resolver_(settings_.url),
      stream_(loop, stream_options(settings_)),
      patience_(loop, [this] { give_up("no answer"); }),
      fail_later_(loop, [this] { callbacks_.on_failed(resolver_.failure()); }),
      reader_(kAnswerBytesMax) {
  stream_.set_callbacks({
      .on_connected = [this] { put_question(); },
      .on_data = [this](std::span<const std::byte> bytes) { on_data(bytes); },
      .on_closed = [this](const net::CloseReason& reason) { give_up(reason.text); },
  });
}

void PrimaryFinder::begin() {
  stop();
  resolver_.begin();
  ask();
}

void PrimaryFinder::stop() {
  stream_.reset();
  patience_.stop();
  fail_later_.cancel();
}

void PrimaryFinder::refute(const std::string& why) {
  resolver_.on_refuted(why);
  ask();
}

void PrimaryFinder::confirm() {
  resolver_.on_confirmed();
}

void PrimaryFinder::ask() {
  stop();
  const RedisUrl::Endpoint* const sentinel = resolver_.sentinel();
  if (sentinel == nullptr) {
    fail_later_.schedule();
    return;
  }
  reader_.reset();
  patience_.start(settings_.timeout);
  stream_.connect(sentinel->host, sentinel->port, settings_.url.tls ? settings_.tls : nullptr);
}

void PrimaryFinder::put_question() {
  std::string out;
  RespWriter writer(out);
  if (!settings_.username.empty()) {
    writer.command({"AUTH", settings_.username, settings_.password});
  } else if (!settings_.password.empty()) {
    writer.command({"AUTH", settings_.password});
  }
  writer.command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", settings_.url.group});
  reader_.begin(writer.written());
  if (stream_.write(std::as_bytes(std::span(out))) != out.size()) {
    give_up("it takes no question");
  }
}

void PrimaryFinder::on_data(std::span<const std::byte> bytes) {
  ReplyReader::Status status = ReplyReader::Status::incomplete;
  while (!bytes.empty() && status == ReplyReader::Status::incomplete) {
    const auto helping = bytes.first(std::min(bytes.size(), ReplyReader::kFeedBytes));
    bytes = bytes.subspan(helping.size());
    status = reader_.feed(helping) ? reader_.next() : ReplyReader::Status::broken;
  }
  if (status == ReplyReader::Status::incomplete) {
    return;
  }
  if (status == ReplyReader::Status::broken) {
    give_up(reader_.error());
    return;
  }
  // A sentinel without a password refuses AUTH and answers all the same. One that refuses both told the
  // reason with the first.
  const auto replies = reader_.replies();
  const bool refused = replies.back().is_error() && replies.front().is_error();
  const auto found = resolver_.on_reply(refused ? replies.front() : replies.back());
  if (!found) {
    ask();
    return;
  }
  stop();
  callbacks_.on_found(*found);
}

void PrimaryFinder::give_up(const std::string& why) {
  resolver_.on_silence(why);
  ask();
}

}  // namespace anchal::redis
