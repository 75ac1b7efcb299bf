#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "engine/net/clock.h"
#include "engine/net/hooks.h"
#include "engine/net/timer.h"
#include "engine/simulator/command.h"
#include "engine/simulator/ledger_file.h"

namespace anchal::simulator {
namespace {

using std::chrono::duration_cast;

void print_statistics(const Statistics& s, std::int64_t epoch_us) {
  const auto print = [](const char* name, std::uint64_t value, const char* end = ",") {
    std::printf("\"%s\":%llu%s", name, static_cast<unsigned long long>(value), end);
  };
  std::printf("{");
  print("connections", s.connections);
  print("binds", s.binds);
  print("binds_refused", s.binds_refused);
  print("submits", s.submits);
  print("accepted", s.accepted);
  print("refused", s.refused);
  print("throttled", s.throttled);
  print("malformed", s.malformed);
  print("responses_lost", s.responses_lost);
  print("receipts_due", s.receipts_due);
  print("receipts_sent", s.receipts_sent);
  print("receipts_answered", s.receipts_answered);
  print("receipts_refused", s.receipts_refused);
  print("receipts_waiting", s.receipts_waiting);
  print("largest_second", s.largest_second);
  const auto wall_us = [&](TimePoint at) {
    const auto since = duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
    return s.accepted == 0 ? 0 : static_cast<std::uint64_t>(epoch_us + since);
  };
  print("first_accepted_us", wall_us(s.first_accepted));
  print("last_accepted_us", wall_us(s.last_accepted), "}\n");
  std::fflush(stdout);
}

/// Wall clock at TimePoint{}, in microseconds.
std::int64_t wall_at_epoch_us() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return duration_cast<std::chrono::microseconds>(wall - net::monotonic_now().time_since_epoch()).count();
}

/// How late this process comes to what it waits for. A part that it reads then had arrived before: whoever
/// counts parts in a second by the ledger must know.
class LateWatch {
 public:
  LateWatch(net::Loop& loop, Duration above, std::int64_t epoch_us)
      : timer_(loop, [this] { tick(); }), above_(above), epoch_us_(epoch_us) {
    timer_.keeps_loop_alive(false);
    next();
  }

 private:
  static constexpr Duration kEvery = std::chrono::milliseconds(1);

  void next() {
    due_ = net::monotonic_now() + kEvery;
    timer_.start_at(due_);
  }

  void tick() {
    const TimePoint now = net::monotonic_now();
    if (now - due_ > above_) {
      const auto us = [](Duration time) {
        return static_cast<long long>(duration_cast<std::chrono::microseconds>(time).count());
      };
      std::fprintf(stderr, "late %lld us at %lld\n", us(now - due_), epoch_us_ + us(now.time_since_epoch()));
    }
    next();
  }

  net::Timer timer_;
  Duration above_;
  std::int64_t epoch_us_;
  TimePoint due_;
};

}  // namespace

int run_smsc(CommandOptions options) {
  const auto fail = [](const std::string& why) {
    std::fprintf(stderr, "anchal smsc: %s\n", why.c_str());
    return 1;
  };
  if (!options.tls_cert.empty()) {
    const net::TlsSettings settings{options.tls_ca, options.tls_cert, options.tls_key, "",
                                    !options.tls_ca.empty()};
    auto context = net::TlsContext::server(settings);
    if (!context) return fail(context.error());
    options.server.tls = std::move(*context);
  }
  const std::int64_t epoch_us = wall_at_epoch_us();
  options.identity.wall_at_epoch =
      WallTime(duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(epoch_us)));
  // An SMSC does not begin again with its ids when it is restarted.
  if (options.identity.first_id == 0) {
    options.identity.first_id = static_cast<std::uint64_t>(
        epoch_us + duration_cast<std::chrono::microseconds>(net::monotonic_now().time_since_epoch()).count());
  }

  std::optional<LedgerFile> ledger;
  if (!options.ledger.empty()) {
    auto opened = LedgerFile::open(options.ledger, epoch_us, options.ledger_prefix);
    if (!opened) return fail(opened.error());
    ledger.emplace(std::move(*opened));
  }

  net::Loop loop;
  Smsc smsc(options.identity, options.behaviour, ledger ? &*ledger : nullptr);
  auto server = Server::listen(loop, smsc, options.server);
  if (!server) return fail(server.error());
  std::printf("%u\n", static_cast<unsigned>((*server)->port()));
  std::fflush(stdout);

  std::optional<net::Timer> flush;
  if (ledger) {
    flush.emplace(loop, [&] {
      ledger->flush();
      flush->start(std::chrono::milliseconds(20));
    });
    flush->keeps_loop_alive(false);
    flush->start(std::chrono::milliseconds(20));
  }
  std::optional<LateWatch> late;
  if (options.late_above > Duration{0}) late.emplace(loop, options.late_above, epoch_us);
  const auto stop = [&] { (*server)->shut_down(std::chrono::seconds(1), [&] { loop.stop(); }); };
  net::Signal on_interrupt(loop, SIGINT, stop);
  net::Signal on_terminate(loop, SIGTERM, stop);
  net::Signal on_user(loop, SIGUSR1, [&] { print_statistics(smsc.statistics(), epoch_us); });
  loop.run();

  server->reset();
  print_statistics(smsc.statistics(), epoch_us);
  if (!ledger) return 0;
  ledger->flush();
  return ledger->error().empty() ? 0 : fail(ledger->error());
}

}  // namespace anchal::simulator
