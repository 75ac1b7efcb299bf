#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "engine/net/tls_context.h"
#include "engine/net/tls_engine.h"
#include "tests/support/certificates.h"
#include "tests/unit/net/link.h"

namespace anchal::net::test {
namespace {

using anchal::test::TestAuthority;
using testing::AllOf;
using testing::HasSubstr;
using Kind = CloseReason::Kind;

std::shared_ptr<const TlsContext> must(TlsContext::Result result) {
  EXPECT_TRUE(result) << result.error();
  return result ? *result : nullptr;
}

class Tls : public testing::Test {
 protected:
  std::shared_ptr<const TlsContext> server(const TestAuthority::Files& files,
                                           const std::string& client_ca = {}) {
    return must(
        TlsContext::server({.ca_file = client_ca, .cert_file = files.certificate, .key_file = files.key}));
  }
  std::shared_ptr<const TlsContext> client(TlsSettings settings = {}) {
    if (settings.ca_file.empty()) {
      settings.ca_file = authority.ca_file();
    }
    return must(TlsContext::client(settings));
  }
  /// Connects and returns how the client's attempt ended; nullopt: connected.
  std::optional<CloseReason> attempt(std::shared_ptr<const TlsContext> with_client,
                                     std::shared_ptr<const TlsContext> with_server,
                                     std::string host = "127.0.0.1") {
    Link link(loop, {.client_tls = std::move(with_client),
                     .server_tls = std::move(with_server),
                     .host = std::move(host)});
    run_until(loop, [&] { return link.client.closed || (link.client.connected && link.server->connected); });
    return link.client.closed;
  }

  Loop loop;
  TestAuthority authority;
};

TEST_F(Tls, CarriesBytesBothWays) {
  Link link(loop, {.client_tls = client(), .server_tls = server(authority.issue())});
  link.establish();
  EXPECT_EQ(link.client.stream->write(bytes_of("ping")), 4u);
  run_until(loop, [&] { return link.server->received == "ping"; });
  EXPECT_EQ(link.server->stream->write(bytes_of("pong")), 4u);
  run_until(loop, [&] { return link.client.received == "pong"; });
  EXPECT_EQ(link.client.stream->peer_certificate_subject(), "CN=localhost");
}

TEST_F(Tls, ManyBytesArriveWholeAndInOrder) {
  Link link(loop, {.client_tls = client(), .server_tls = server(authority.issue())});
  link.establish();
  std::mt19937 random(3);
  std::string text(4 << 20, '\0');
  for (auto& c : text) {
    c = static_cast<char>(random());
  }
  write_all(loop, link.client, text);
  run_until(loop, [&] { return link.server->received.size() >= text.size(); });
  EXPECT_TRUE(link.server->received == text);
}

TEST_F(Tls, VerifiesHostNamesAndAddresses) {
  const auto good = server(authority.issue());
  EXPECT_FALSE(attempt(client(), good, "localhost"));
  EXPECT_FALSE(attempt(client(), good, "127.0.0.1"));
}

TEST_F(Tls, RefusesACertificateForAnotherName) {
  const auto other = server(authority.issue({.dns_names = {"smsc.example"}, .addresses = {"192.0.2.1"}}));
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    const auto closed = attempt(client(), other, host);
    ASSERT_TRUE(closed);
    EXPECT_EQ(closed->kind, Kind::tls);
    EXPECT_THAT(closed->text, AllOf(HasSubstr(host), HasSubstr("mismatch")));
  }
}

TEST_F(Tls, TheServerNameSettingIsWhatIsVerified) {
  const auto other = server(authority.issue({.dns_names = {"smsc.example"}, .addresses = {}}));
  EXPECT_FALSE(attempt(client({.server_name = "smsc.example"}), other));
  EXPECT_TRUE(attempt(client({.server_name = "other.example"}), other));
}

TEST_F(Tls, RefusesSelfSignedAndForeignCertificates) {
  const auto closed = attempt(client(), server(authority.issue({.self_signed = true})));
  ASSERT_TRUE(closed);
  EXPECT_THAT(closed->text, HasSubstr("self-signed"));
  TestAuthority foreign;
  EXPECT_TRUE(attempt(client(), server(foreign.issue())));
}

TEST_F(Tls, RefusesExpiredAndNotYetValidCertificates) {
  const auto expired =
      attempt(client(), server(authority.issue({.valid_from_days = -10, .valid_to_days = -1})));
  ASSERT_TRUE(expired);
  EXPECT_THAT(expired->text, HasSubstr("expired"));
  const auto early = attempt(client(), server(authority.issue({.valid_from_days = 1, .valid_to_days = 2})));
  ASSERT_TRUE(early);
  EXPECT_THAT(early->text, HasSubstr("not yet valid"));
}

TEST_F(Tls, WithoutVerificationAnyCertificateWill) {
  EXPECT_FALSE(attempt(client({.verify = false}), server(authority.issue({.self_signed = true}))));
}

TEST_F(Tls, AsksForAndVerifiesClientCertificates) {
  const auto demanding = server(authority.issue(), authority.ca_file());
  const auto own = authority.issue({.common_name = "engine-1"});
  Link link(loop, {.client_tls = client({.cert_file = own.certificate, .key_file = own.key}),
                   .server_tls = demanding});
  link.establish();
  EXPECT_EQ(link.server->stream->peer_certificate_subject(), "CN=engine-1");

  // Without one: under TLS 1.3 the client believes itself connected until the server's alert arrives.
  Link refused(loop, {.client_tls = client(), .server_tls = demanding});
  run_until(loop, [&] { return refused.client.closed && refused.server->closed; });
  EXPECT_FALSE(refused.server->connected);
  EXPECT_EQ(refused.server->closed->kind, Kind::tls);

  TestAuthority foreign;
  const auto stranger = foreign.issue();
  Link wrong(loop, {.client_tls = client({.cert_file = stranger.certificate, .key_file = stranger.key}),
                    .server_tls = demanding});
  run_until(loop, [&] { return wrong.server && wrong.server->closed; });
  EXPECT_FALSE(wrong.server->connected);
}

TEST_F(Tls, APlainPeerIsATlsErrorNotAHang) {
  Link link(loop, {.client_tls = client()});
  run_until(loop, [&] { return link.server && link.server->connected; });
  write_all(loop, *link.server, "HTTP/1.1 400 Bad Request\r\n\r\n");
  run_until(loop, [&] { return link.client.closed.has_value(); });
  EXPECT_EQ(link.client.closed->kind, Kind::tls);
}

TEST_F(Tls, ASilentPeerTimesOutInTheHandshake) {
  Link link(loop,
            {.client_tls = client(), .client_options = {.connect_timeout = std::chrono::milliseconds(80)}});
  run_until(loop, [&] { return link.client.closed.has_value(); });
  EXPECT_EQ(link.client.closed->kind, Kind::timeout);
  EXPECT_THAT(link.client.closed->text, HasSubstr("TLS handshake"));
}

TEST_F(Tls, APeerThatStopsReadingLeavesAtMostOneRecordInTheStream) {
  Link link(loop, {.client_tls = client(),
                   .server_tls = server(authority.issue()),
                   .client_options = {.send_buffer = 64 * 1024},
                   .server_options = {.receive_buffer = 64 * 1024}});
  link.establish();
  link.server->stream->pause_reading();
  const std::string text(4 << 20, 'y');
  std::size_t taken = 0;
  for (int turn = 0; turn < 50; ++turn) {
    taken += link.client.stream->write(bytes_of(text).subspan(taken));
    loop.run_turn(std::chrono::milliseconds(1));
  }
  EXPECT_LT(taken, text.size());
  EXPECT_TRUE(link.client.stream->write_blocked());
  EXPECT_GT(link.client.stream->unsent_bytes(), 0u);
  EXPECT_EQ(link.client.stream->write(bytes_of(text)), 0u) << "nothing is taken while a record waits";
  link.server->stream->resume_reading();
  write_all(loop, link.client, std::string_view(text).substr(taken));
  run_until(loop, [&] { return link.server->received.size() == text.size(); });
  EXPECT_TRUE(link.server->received == text);
}

TEST_F(Tls, PausingInTheMiddleOfARecordLosesNothing) {
  Link link(loop, {.client_tls = client(), .server_tls = server(authority.issue())});
  link.establish();
  std::string got;
  link.server->stream->set_callbacks({
      .on_data =
          [&](std::span<const std::byte> bytes) {
            got.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            link.server->stream->pause_reading();
          },
  });
  const std::string text(300'000, 'z');
  std::size_t taken = 0;
  run_until(loop, [&] {
    taken += link.client.stream->write(bytes_of(text).subspan(taken));
    link.server->stream->resume_reading();
    return got.size() == text.size();
  });
  EXPECT_TRUE(got == text);
}

TEST_F(Tls, OrderlyCloseDeliversEverythingFirst) {
  Link link(loop, {.client_tls = client(), .server_tls = server(authority.issue())});
  link.establish();
  const std::string text(200'000, 'w');
  write_all(loop, link.client, text);
  link.client.stream->close_orderly();
  run_until(loop, [&] { return link.server->closed.has_value() && link.client.closed.has_value(); });
  EXPECT_EQ(link.server->received.size(), text.size());
  EXPECT_EQ(link.server->closed->kind, Kind::peer_closed);
  EXPECT_EQ(link.client.closed->kind, Kind::orderly);
}

TEST_F(Tls, ContextErrorsNameTheSettingAndTheFile) {
  const auto files = authority.issue();
  const auto other = authority.issue();
  const auto error = [](const TlsContext::Result& result) { return result ? "no error" : result.error(); };
  EXPECT_THAT(error(TlsContext::client({.ca_file = "/nonexistent/ca.pem"})),
              AllOf(HasSubstr("tls_ca_file '/nonexistent/ca.pem'"), HasSubstr("No such file")));
  EXPECT_THAT(error(TlsContext::client({.ca_file = files.key})), HasSubstr("tls_ca_file"));
  EXPECT_THAT(error(TlsContext::client({.cert_file = files.certificate})),
              HasSubstr("tls_cert_file and tls_key_file belong together"));
  EXPECT_THAT(error(TlsContext::server({.cert_file = files.certificate, .key_file = other.key})),
              AllOf(HasSubstr("is not the key of"), HasSubstr(other.key)));
  EXPECT_THAT(error(TlsContext::server({.cert_file = files.key, .key_file = files.key})),
              HasSubstr("tls_cert_file"));
  EXPECT_THAT(error(TlsContext::server({})), HasSubstr("needs tls_cert_file"));
}

TEST_F(Tls, AnEncryptedKeyIsAnErrorNotAQuestion) {
  const anchal::test::TemporaryDirectory directory;
  const auto files = authority.issue();
  std::ofstream(directory.file("key.pem")) << "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n"
                                              "-----END ENCRYPTED PRIVATE KEY-----\n";
  EXPECT_FALSE(TlsContext::server({.cert_file = files.certificate, .key_file = directory.file("key.pem")}));
}

TEST_F(Tls, RandomBytesAreRefusedByTheEngine) {
  const auto context = client();
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    TlsEngine engine(context, TlsEngine::Role::client, "localhost");
    ASSERT_EQ(engine.handshake(), TlsEngine::Status::pending);
    std::string noise(random() % 600 + 16, '\0');
    for (auto& c : noise) {
      c = static_cast<char>(random());
    }
    engine.feed(bytes_of(noise));
    EXPECT_NE(engine.handshake(), TlsEngine::Status::done) << "seed " << seed;
  }
}

}  // namespace
}  // namespace anchal::net::test
