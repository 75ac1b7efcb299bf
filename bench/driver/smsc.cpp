#include <fmt/core.h>

#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <vector>

#include "bench/driver/commands.h"
#include "bench/driver/measure.h"
#include "engine/app/progress.h"
#include "engine/net/clock.h"
#include "engine/net/hooks.h"
#include "engine/net/stream.h"
#include "smpp/session/session.h"

namespace anchal::bench {
namespace {

/// The least an ESME can do: keep its window full and answer receipts.
class Esme {
 public:
  Esme(net::Loop& loop, std::uint16_t port, std::uint32_t window, std::uint64_t messages)
      : session_(config(window)), stream_(loop, options()), left_(messages) {
    net::Stream::Callbacks callbacks;
    callbacks.on_connected = [this] { session_.start(net::monotonic_now()); };
    callbacks.on_data = [this](std::span<const std::byte> bytes) {
      session_.on_bytes(bytes, net::monotonic_now(), events_);
      handle();
    };
    callbacks.on_writable = [] {};
    callbacks.on_closed = [this](const net::CloseReason& reason) { closed = reason.text; };
    stream_.set_callbacks(std::move(callbacks));
    stream_.connect("127.0.0.1", port);
  }

  void turn() {
    const TimePoint now = net::monotonic_now();
    while (left_ > 0 && session_.window_free() > 0) {
      if (!session_.submit(message_, left_, now)) break;
      --left_;
    }
    session_.out().consume(stream_.write(session_.out().bytes()));
  }

  std::uint64_t answered = 0, receipts = 0, refused = 0;
  std::optional<std::string> closed;

 private:
  static smpp::SessionConfig config(std::uint32_t window) {
    smpp::SessionConfig c;
    c.system_id = "bench";
    c.window = window;
    return c;
  }
  static net::StreamOptions options() {
    net::StreamOptions o;
    o.notsent_lowat = 0;
    return o;
  }
  static smpp::SubmitSm text_message() {
    smpp::SubmitSm pdu;
    pdu.source_addr_ton = 5;
    pdu.source_addr = "BENCH";
    pdu.dest_addr_ton = 1;
    pdu.dest_addr_npi = 1;
    pdu.destination_addr = "919800000001";
    pdu.registered_delivery = 1;
    pdu.short_message = smpp::as_octets(
        "Dear pensioner, DA arrears of Rs 4210 credited on 3 March. Treasury, Government of Kerala.");
    return pdu;
  }

  void handle() {
    for (const smpp::Event& event : events_) {
      if (const auto* done = std::get_if<smpp::Completed>(&event)) {
        ++answered;
        refused += done->status != 0 ? 1 : 0;
      } else if (const auto* receipt = std::get_if<smpp::DeliverArrived>(&event)) {
        ++receipts;
        session_.answer_deliver(receipt->sequence_number, 0);
      }
    }
    events_.clear();
  }

  smpp::SubmitSm message_ = text_message();
  smpp::Session session_;
  net::Stream stream_;
  std::vector<smpp::Event> events_;
  std::uint64_t left_;
};

}  // namespace

int run_smsc_bench(const SmscOptions& options) {
  Series per_second, smsc_us;
  for (unsigned run = 0; run < options.runs; ++run) {
    auto process = app::ChildProcess::start(
        {options.executable, "smsc", "--port", "0", "--receipt-window", "5000"}, {"", true, {}});
    if (!process) return failed(process.error());
    const auto line = process->read_line(std::chrono::seconds(10));
    std::uint16_t port = 0;
    if (!line || std::from_chars(line->data(), line->data() + line->size(), port).ec != std::errc{}) {
      return failed("the simulator did not start");
    }
    net::Loop loop;
    std::vector<std::unique_ptr<Esme>> binds;
    binds.reserve(options.binds);
    for (unsigned bind = 0; bind < options.binds; ++bind) {
      binds.push_back(std::make_unique<Esme>(loop, port, options.window, options.messages / options.binds));
    }
    const std::uint64_t wanted = options.messages / options.binds * options.binds;
    const net::TurnHook hook(loop, net::TurnHook::Phase::before_sleep, [&] {
      for (const auto& bind : binds) bind->turn();
    });
    const TimePoint begin = net::monotonic_now();
    std::uint64_t receipts = 0, refused = 0;
    while (receipts < wanted) {
      loop.run_turn(std::chrono::milliseconds(100));
      receipts = refused = 0;
      for (const auto& bind : binds) {
        if (bind->closed) return failed("the link broke: " + *bind->closed);
        receipts += bind->receipts;
        refused += bind->refused;
      }
      if (net::monotonic_now() - begin > std::chrono::minutes(5)) return failed("receipts are missing");
    }
    const double seconds = std::chrono::duration<double>(net::monotonic_now() - begin).count();
    if (refused != 0) return failed("the simulator refused messages");
    const auto usage = process->usage();
    per_second.add(static_cast<double>(wanted) / seconds);
    smsc_us.add((usage ? usage->cpu_seconds : 0) * 1e6 / static_cast<double>(wanted));
  }
  fmt::print(
      stderr,
      "simulator with the least ESME there can be, receipts on\n  messages        {}\n  simulator CPU   {}\n",
      describe(per_second, "/s"), describe(smsc_us, " us a message", 2));
  fmt::print(R"({{"bench":"smsc","machine":"{}","messages_per_second":{},"simulator_us":{}}})"
             "\n",
             machine(), per_second.json(), smsc_us.json());
  return 0;
}

}  // namespace anchal::bench
