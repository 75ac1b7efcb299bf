#include "engine/net/stream.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <random>

#include "tests/support/temporary_directory.h"
#include "tests/unit/net/link.h"

namespace anchal::net::test {
namespace {

using testing::HasSubstr;
using Kind = CloseReason::Kind;

/// A bound port that nobody listens on, held so that nobody else takes it.
class DeadPort {
 public:
  DeadPort() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof in;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&in), size), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&in), &size), 0);
    port = ntohs(in.sin_port);
  }
  ~DeadPort() { ::close(fd_); }
  DeadPort(const DeadPort&) = delete;
  DeadPort& operator=(const DeadPort&) = delete;
  void listen_with_full_backlog(std::vector<int>& fillers) const {
    ASSERT_EQ(::listen(fd_, 0), 0);
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in.sin_port = htons(port);
    for (int i = 0; i < 4; ++i) {
      fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      (void)::connect(fillers.back(), reinterpret_cast<sockaddr*>(&in), sizeof in);
    }
  }
  std::uint16_t port = 0;

 private:
  int fd_;
};

std::string random_text(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (auto& c : text) {
    c = static_cast<char>(random());
  }
  return text;
}

TEST(Stream, CarriesBytesBothWays) {
  Loop loop;
  Link link(loop);
  link.establish();
  EXPECT_EQ(link.client.stream->write(bytes_of("ping")), 4u);
  EXPECT_EQ(link.server->stream->write(bytes_of("pong")), 4u);
  run_until(loop, [&] { return link.server->received == "ping" && link.client.received == "pong"; });
  EXPECT_THAT(link.client.stream->peer(), HasSubstr("127.0.0.1:"));
}

TEST(Stream, ManyBytesArriveWholeAndInOrder) {
  Loop loop;
  Link link(loop);
  link.establish();
  const std::string text = random_text(8 << 20, 7);
  write_all(loop, link.client, text);
  run_until(loop, [&] { return link.server->received.size() >= text.size(); });
  EXPECT_TRUE(link.server->received == text);
}

TEST(Stream, ResolvesNamesAtConnect) {
  Loop loop;
  Link link(loop, {.host = "localhost"});
  link.establish();
  EXPECT_EQ(link.client.stream->peer(), "localhost:" + std::to_string(link.listener->port()));
}

TEST(Stream, AnUnknownNameIsReportedWithTheName) {
  Loop loop;
  End end(std::make_unique<Stream>(loop));
  end.stream->connect("no-such-host.invalid", 2775);
  EXPECT_FALSE(end.closed) << "callbacks never come from inside a call";
  run_until(loop, [&] { return end.closed.has_value(); });
  EXPECT_EQ(end.closed->kind, Kind::resolve);
  EXPECT_THAT(end.closed->text, HasSubstr("no-such-host.invalid:2775"));
  EXPECT_TRUE(end.stream->idle());
}

TEST(Stream, ARefusedConnectIsReportedAndTheStreamMayTryAgain) {
  Loop loop;
  const DeadPort dead;
  End end(std::make_unique<Stream>(loop));
  for (int attempt = 0; attempt < 3; ++attempt) {
    end.closed.reset();
    end.stream->connect("127.0.0.1", dead.port);
    run_until(loop, [&] { return end.closed.has_value(); });
    EXPECT_EQ(end.closed->kind, Kind::refused);
    EXPECT_THAT(end.closed->text, HasSubstr("refused"));
  }
  EXPECT_FALSE(end.connected);
}

TEST(Stream, AConnectThatNobodyAnswersTimesOut) {
  Loop loop;
  const DeadPort dead;
  std::vector<int> fillers;
  dead.listen_with_full_backlog(fillers);
  End end(std::make_unique<Stream>(loop, StreamOptions{.connect_timeout = std::chrono::milliseconds(80)}));
  end.stream->connect("127.0.0.1", dead.port);
  run_until(loop, [&] { return end.closed.has_value(); });
  EXPECT_EQ(end.closed->kind, Kind::timeout);
  for (const int fd : fillers) {
    ::close(fd);
  }
}

TEST(Stream, APeerThatStopsReadingMakesWritePartialAndUnsentBytesVisible) {
  Loop loop;
  Link link(loop,
            {.client_options = {.send_buffer = 64 * 1024}, .server_options = {.receive_buffer = 64 * 1024}});
  link.establish();
  link.server->stream->pause_reading();
  const std::string text = random_text(4 << 20, 11);
  std::size_t taken = 0;
  for (int turn = 0; turn < 50; ++turn) {
    taken += link.client.stream->write(bytes_of(text).subspan(taken));
    loop.run_turn(std::chrono::milliseconds(1));
  }
  EXPECT_GT(taken, 0u);
  EXPECT_LT(taken, text.size());
  EXPECT_TRUE(link.client.stream->write_blocked());
  EXPECT_GT(link.client.stream->unsent_bytes(), 0u);
  link.server->stream->resume_reading();
  write_all(loop, link.client, std::string_view(text).substr(taken));
  run_until(loop, [&] { return link.server->received.size() == text.size(); });
  EXPECT_TRUE(link.server->received == text);
  run_until(loop, [&] { return link.client.stream->unsent_bytes() == 0; });
}

TEST(Stream, APeerThatStopsReadingForLongerThanTheUserTimeoutTimedOutAndDidNotClose) {
  Loop loop;
  Link link(loop, {.client_options = {.user_timeout = std::chrono::milliseconds(200)}});
  link.establish();
  link.server->stream->pause_reading();
  const std::string block(64 * 1024, 'x');
  std::size_t written = 0;
  const auto write = [&] { written += link.client.stream->write(bytes_of(block)); };
  // The end shows as a link that can be written to: a write is what learns of it first.
  link.client.stream->set_callbacks({
      .on_connected = {},
      .on_data = [](std::span<const std::byte>) {},
      .on_writable = write,
      .on_closed = [&](const CloseReason& reason) { link.client.closed = reason; },
  });
  while (!link.client.stream->write_blocked()) write();
  run_until(loop, [&] { return link.client.closed.has_value(); });
  EXPECT_EQ(link.client.closed->kind, Kind::timeout) << link.client.closed->text;
}

TEST(Stream, NotSentLowWaterMarkKeepsTheKernelQueueSmall) {
  Loop loop;
  Link link(loop,
            {.client_options = {.notsent_lowat = 4096}, .server_options = {.receive_buffer = 32 * 1024}});
  link.establish();
  link.server->stream->pause_reading();
  const std::string text(1 << 20, 'x');
  std::size_t taken = 0;
  for (int turn = 0; turn < 50; ++turn) {
    taken += link.client.stream->write(bytes_of(text).subspan(taken));
    loop.run_turn(std::chrono::milliseconds(1));
  }
  EXPECT_LT(taken, text.size());
  EXPECT_LE(link.client.stream->unsent_bytes(), 128u * 1024)
      << "one segmentation-offload unit above the mark";
}

TEST(Stream, ResetDropsWhatWasNotSentAndThePeerSeesABrokenLink) {
  Loop loop;
  Link link(loop);
  link.establish();
  link.client.stream->reset();
  EXPECT_TRUE(link.client.stream->idle());
  run_until(loop, [&] { return link.server->closed.has_value(); });
  EXPECT_EQ(link.server->closed->kind, Kind::reset);
  EXPECT_FALSE(link.client.closed) << "reset() makes no callback";
}

TEST(Stream, DestructionResetsTheLink) {
  Loop loop;
  Link link(loop);
  link.establish();
  link.client.stream.reset();
  run_until(loop, [&] { return link.server->closed.has_value(); });
  EXPECT_EQ(link.server->closed->kind, Kind::reset);
}

TEST(Stream, OrderlyCloseDeliversEverythingFirst) {
  Loop loop;
  Link link(loop);
  link.establish();
  write_all(loop, link.client, "the last words");
  link.client.stream->close_orderly();
  EXPECT_EQ(link.client.stream->write(bytes_of("too late")), 0u);
  run_until(loop, [&] { return link.server->closed.has_value(); });
  EXPECT_EQ(link.server->received, "the last words");
  EXPECT_EQ(link.server->closed->kind, Kind::peer_closed);
  run_until(loop, [&] { return link.client.closed.has_value(); });
  EXPECT_EQ(link.client.closed->kind, Kind::orderly);
}

TEST(Stream, OrderlyCloseDoesNotWaitForeverForAPeerThatDoesNotEnd) {
  Loop loop;
  Link link(loop);
  link.establish();
  link.server->stream->pause_reading();
  link.client.stream->close_orderly(std::chrono::milliseconds(50));
  run_until(loop, [&] { return link.client.closed.has_value(); });
  EXPECT_EQ(link.client.closed->kind, Kind::orderly);
}

TEST(Stream, DataBeforeThePeersEndIsDeliveredBeforeTheEnd) {
  Loop loop;
  Link link(loop);
  link.establish();
  std::vector<std::string> story;
  link.client.stream->set_callbacks({
      .on_data = [&](std::span<const std::byte>) { story.emplace_back("data"); },
      .on_closed = [&](const CloseReason&) { story.emplace_back("closed"); },
  });
  write_all(loop, *link.server, "x");
  link.server->stream->close_orderly();
  run_until(loop, [&] { return !story.empty() && story.back() == "closed"; });
  EXPECT_EQ(story, (std::vector<std::string>{"data", "closed"}));
}

TEST(Stream, TheLastWordsOfAPeerAreReadThoughWritingToItFails) {
  Loop loop;
  Link link(loop);
  link.establish();
  write_all(loop, *link.server, "goodbye");
  link.server->stream->close_orderly(std::chrono::milliseconds(0));
  // The client has not run its loop since: it writes into a link that the peer has left, until that fails.
  for (int i = 0; i < 100; ++i) {
    std::ignore = link.client.stream->write(bytes_of("x"));
    ::usleep(100);
  }
  run_until(loop, [&] { return link.client.closed.has_value(); });
  EXPECT_EQ(link.client.received, "goodbye");
}

TEST(Stream, PausedReadingHoldsBytesBackUntilResumed) {
  Loop loop;
  Link link(loop);
  link.establish();
  link.server->stream->pause_reading();
  write_all(loop, link.client, "held");
  for (int turn = 0; turn < 5; ++turn) {
    loop.run_turn(std::chrono::milliseconds(2));
  }
  EXPECT_EQ(link.server->received, "");
  link.server->stream->resume_reading();
  run_until(loop, [&] { return link.server->received == "held"; });
}

TEST(Stream, MayBeDestroyedInItsOwnCallbacks) {
  Loop loop;
  Link link(loop);
  link.establish();
  bool called = false;
  link.client.stream->set_callbacks({
      .on_data =
          [&](std::span<const std::byte>) {
            link.client.stream.reset();
            called = true;
          },
      .on_closed = [](const CloseReason&) { FAIL() << "nothing comes after destruction"; },
  });
  write_all(loop, *link.server, "bytes");
  run_until(loop, [&] { return called && link.server->closed.has_value(); });
}

TEST(Stream, MayConnectAgainFromWithinOnClosed) {
  Loop loop;
  Link link(loop);
  link.establish();
  bool again = false;
  link.client.stream->set_callbacks({
      .on_connected = [&] { again = true; },
      .on_closed =
          [&](const CloseReason&) { link.client.stream->connect("127.0.0.1", link.listener->port()); },
  });
  link.server->stream->reset();
  run_until(loop, [&] { return again; });
}

TEST(Stream, DroppedWhileANameIsBeingResolvedLeavesNothingOpen) {
  Loop loop;
  {
    End end(std::make_unique<Stream>(loop));
    end.stream->connect("no-such-host.invalid", 1);
  }
  loop.run();
  EXPECT_EQ(loop.open_handles(), 0u);
}

TEST(Stream, AllHandlesAreClosedWhenTheOwnersAreGone) {
  Loop loop;
  {
    Link link(loop);
    link.establish();
    write_all(loop, link.client, std::string(1000, 'x'));
  }
  loop.run();
  EXPECT_EQ(loop.open_handles(), 0u);
}

TEST(Stream, ConnectsToUnixSockets) {
  const anchal::test::TemporaryDirectory directory;
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  std::ranges::copy(directory.file("s"), un.sun_path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&un), sizeof un), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  Loop loop;
  End end(std::make_unique<Stream>(loop));
  end.stream->connect_unix(directory.file("s"));
  run_until(loop, [&] { return end.connected; });
  const int accepted = ::accept(fd, nullptr, nullptr);
  EXPECT_EQ(end.stream->write(bytes_of("hello")), 5u);
  char buffer[8];
  EXPECT_EQ(::read(accepted, buffer, sizeof buffer), 5);
  EXPECT_EQ(::write(accepted, "you", 3), 3);
  run_until(loop, [&] { return end.received == "you"; });
  ::close(accepted);
  run_until(loop, [&] { return end.closed.has_value(); });
  EXPECT_EQ(end.closed->kind, Kind::peer_closed);
  ::close(fd);
}

TEST(Stream, AMissingOrTooLongUnixPathIsReported) {
  Loop loop;
  End end(std::make_unique<Stream>(loop));
  for (const std::string& path : {std::string("/nonexistent/socket"), std::string(300, 'x'), std::string()}) {
    end.closed.reset();
    end.stream->connect_unix(path);
    run_until(loop, [&] { return end.closed.has_value(); });
    EXPECT_EQ(end.closed->kind, Kind::refused);
  }
}

TEST(Listener, TwoCannotHaveOnePortUnlessBothShareIt) {
  Loop loop;
  const auto ignore = [](std::unique_ptr<Stream>) {};
  auto first = Listener::listen(loop, "127.0.0.1", 0, ignore);
  ASSERT_TRUE(first);
  const auto second = Listener::listen(loop, "127.0.0.1", (*first)->port(), ignore);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), HasSubstr("cannot listen on 127.0.0.1:"));
  auto shared = Listener::listen(loop, "127.0.0.1", 0, ignore, nullptr, {}, true);
  ASSERT_TRUE(shared);
  EXPECT_TRUE(Listener::listen(loop, "127.0.0.1", (*shared)->port(), ignore, nullptr, {}, true));
  EXPECT_FALSE(Listener::listen(loop, "example.org", 0, ignore));
}

}  // namespace
}  // namespace anchal::net::test
