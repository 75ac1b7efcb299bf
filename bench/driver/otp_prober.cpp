#include "bench/driver/otp_prober.h"

#include <fmt/core.h>

#include <charconv>
#include <chrono>
#include <thread>

#include "engine/app/send_job.h"
#include "engine/net/clock.h"
#include "engine/simulator/ledger_reader.h"

namespace anchal::bench {
namespace {

constexpr std::uint64_t kFirstNumber = 919'899'000'000;

std::int64_t wall_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace

std::expected<void, std::string> OtpProber::run(Duration duration, unsigned per_second) {
  const TimePoint start = net::monotonic_now();
  const Duration pause = Duration(std::chrono::seconds(1)) / per_second;
  for (std::int64_t k = 0; pause * k < duration; ++k) {
    std::this_thread::sleep_until(start + pause * k);
    const std::uint64_t number = kFirstNumber + sent_us_.size();
    const std::string id = fmt::format("otp-{}", number);
    const std::string body = fmt::format(
        R"({{"id":"{}","tenant":"otp","category":"otp","sender":"BENCH","text":"Your code is 123456","to":"+{}"}})",
        id, number);
    const std::string key = fmt::format("anchal:{{{}}}:jobs:otp", app::partition_of(id, partitions_));
    sent_us_.push_back(wall_us());
    auto pushed = redis_.ask({"XADD", key, "*", "v", "1", "body", body}, [](const redisReply&) {});
    if (!pushed) return pushed;
  }
  return {};
}

std::expected<Series, std::string> OtpProber::latencies(const std::string& ledger) const {
  Series series;
  std::vector<std::int64_t> arrived(sent_us_.size());
  std::string wrong;
  simulator::LedgerReader reader(ledger);
  auto read = reader.read([&](const simulator::LedgerLine& line) {
    std::uint64_t number = 0;
    std::from_chars(line.to.data(), line.to.data() + line.to.size(), number);
    if (number < kFirstNumber || number - kFirstNumber >= arrived.size()) return;
    std::int64_t& at = arrived[number - kFirstNumber];
    if (at != 0) wrong = "an OTP went out twice";
    at = line.t_us;
  });
  if (!read) return std::unexpected(read.error());
  for (std::size_t k = 0; k < arrived.size(); ++k) {
    if (arrived[k] == 0) wrong = fmt::format("OTP {} of {} did not arrive", k + 1, arrived.size());
    series.add(static_cast<double>(arrived[k] - sent_us_[k]) / 1000);
  }
  if (!wrong.empty()) return std::unexpected(wrong);
  return series;
}

std::string describe_latency(const Series& ms) {
  return fmt::format("p50 {:.2f} ms, p99 {:.2f} ms, max {:.2f} ms of {}", ms.quantile(0.5), ms.quantile(0.99),
                     ms.max(), ms.size());
}

std::string json_of_latency(const Series& ms) {
  return fmt::format(R"("latency_ms":{{"p50":{:.3f},"p99":{:.3f},"max":{:.3f},"count":{}}})",
                     ms.quantile(0.5), ms.quantile(0.99), ms.max(), ms.size());
}

}  // namespace anchal::bench
