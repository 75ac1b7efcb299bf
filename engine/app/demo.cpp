#include "engine/app/demo.h"

#include <fmt/core.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "engine/app/demo_balance.h"
#include "engine/app/demo_campaign.h"
#include "engine/app/progress.h"
#include "engine/app/trial.h"
#include "engine/net/clock.h"

namespace anchal::app {
namespace {

using namespace nlohmann::literals;

constexpr int kOk = 0, kFailed = 1, kUsage = 2, kInterrupted = 130;
constexpr const char* kDarkCategory = "publicity";
constexpr auto kDarkAtMost = std::chrono::seconds(6);
constexpr auto kPatience = std::chrono::minutes(10);
const std::vector<std::string> kOperators = {"swift", "steady", "flaky"};

volatile std::sig_atomic_t g_interrupted = 0;

extern "C" void note_interrupt(int) {
  g_interrupted = 1;
}

/// Ctrl-C and SIGTERM only set a mark while this lives: every wait looks at it, and destructors do the rest.
class InterruptMark {
 public:
  InterruptMark() {
    struct sigaction action = {};
    action.sa_handler = note_interrupt;
    sigaction(SIGINT, &action, &old_interrupt_);
    sigaction(SIGTERM, &action, &old_terminate_);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, &old_pipe_);
  }
  ~InterruptMark() {
    sigaction(SIGINT, &old_interrupt_, nullptr);
    sigaction(SIGTERM, &old_terminate_, nullptr);
    sigaction(SIGPIPE, &old_pipe_, nullptr);
  }
  InterruptMark(const InterruptMark&) = delete;
  InterruptMark& operator=(const InterruptMark&) = delete;
  [[nodiscard]] static bool interrupted() { return g_interrupted != 0; }

 private:
  struct sigaction old_interrupt_ = {}, old_terminate_ = {}, old_pipe_ = {};
};

constexpr const char* kConfig = R"([engine]
id = "demo"
shards = 1

[log]
level = "warning"

[[category]]
name = "otp"
lane = "otp"
exempt = true
doubt_wait_s = 2

[[category]]
name = "transactional"
lane = "service"
doubt_wait_s = 2

[[category]]
name = "service"
lane = "service"
doubt_wait_s = 2

[[category]]
name = "publicity"
lane = "bulk"
on_hold = "defer"
doubt_wait_s = 2
)";

constexpr const char* kBlackout =
    R"({{"name":"demo","kind":"blackout","scope":{{"categories":["{}"]}},"on_hold":"defer","reason":"model code"}})";

std::vector<TrialOperator> three_operators() {
  TrialOperator swift;
  swift.name = "swift";
  swift.smsc = {"--receipt-delay", "150", "--undelivered", "0.01", "--seed", "11"};
  swift.settings = {"prefixes = [\"9198\"]", "binds = 2", "window = 500", "tps = 12000",
                    "national_languages = [\"malayalam\", \"hindi\", \"tamil\"]"};
  // It takes less than it has promised, and says so: the engine finds out how much.
  TrialOperator steady;
  steady.name = "steady";
  steady.smsc = {"--receipt-delay", "300",  "--throttle-above", "4000",
                 "--undelivered",   "0.01", "--seed",           "12"};
  steady.settings = {"prefixes = [\"9197\"]", "binds = 2", "window = 200", "tps = 8000"};
  TrialOperator flaky;
  flaky.name = "flaky";
  flaky.smsc = {"--response-delay",  "5",    "--receipt-delay",         "400",  "--receipt-late",  "0.2",
                "--receipt-late-by", "3000", "--receipt-twice",         "0.02", "--receipt-early", "0.02",
                "--undelivered",     "0.05", "--drop-connection-after", "9000", "--seed",          "13"};
  flaky.settings = {
      "prefixes = [\"9196\"]",  "binds = 2", "window = 50", "tps = 5000", "reconnect_min_ms = 100",
      "reconnect_max_ms = 1000"};
  std::vector<TrialOperator> all = {swift, steady, flaky};
  for (TrialOperator& one : all) {
    one.ledger = true;
    one.settings.emplace_back("system_id = \"anchal\"");
  }
  return all;
}

/// From build/release/anchal in the tree, or installed beside share/.
std::string find_data(const DemoOptions& options) {
  if (!options.data.empty()) return options.data;
  const std::filesystem::path home = std::filesystem::path(own_executable()).parent_path();
  for (const char* place : {"../../deploy/demo", "../share/anchal/demo"}) {
    const std::filesystem::path found = home / place;
    if (std::filesystem::exists(found / "recipients.csv")) return found.lexically_normal().string();
  }
  return "deploy/demo";
}

std::int64_t wall_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

/// The demo from its first line to its last. Steps return false when it is over, with the reason in error_.
class Demo {
 public:
  explicit Demo(const DemoOptions& options) : options_(options) {}

  int run() {
    auto campaign = DemoCampaign::load(find_data(options_), options_.messages);
    if (!campaign) return complain(kUsage, campaign.error());
    campaign_ = std::move(*campaign);
    if (!start() || !push() || !wait_for(share(25)) || !darken() || !wait_for(share(60), kDarkAtMost) ||
        !lighten() || !wait_for(campaign_->messages())) {
      progress_.clear();
      if (InterruptMark::interrupted()) return complain(kInterrupted, "interrupted; cleaning up");
      return complain(kFailed, error_);
    }
    return close();
  }

 private:
  int complain(int code, const std::string& text) {
    progress_.clear();
    fmt::print(stderr, "anchal demo: {}\n", text);
    return code;
  }

  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    progress_.clear();
    fmt::print(stderr, format, std::forward<Args>(args)...);
    fmt::print(stderr, "\n");
  }

  bool failed(std::string why) {
    error_ = std::move(why);
    return false;
  }

  [[nodiscard]] std::uint64_t share(std::uint64_t percent) const {
    return campaign_->messages() * percent / 100;
  }

  bool start() {
    TrialOptions trial;
    trial.executable = options_.executable;
    trial.config = kConfig;
    trial.operators = three_operators();
    auto started = Trial::start(trial);
    if (!started) return failed(started.error());
    trial_ = std::move(*started);
    if (InterruptMark::interrupted()) return failed("interrupted");
    auto redis = trial_->redis().connect();
    if (!redis) return failed(redis.error());
    redis_ = std::move(*redis);
    say("Redis        {}", trial_->redis().url());
    say("operators    swift: 12,000 parts/s, national tables; steady: throttles; flaky: drops links, late "
        "receipts");
    if (auto ready = trial_->start_engine(); !ready) return failed(ready.error());
    say("engine       console and API at {}", trial_->admin_url());
    return !InterruptMark::interrupted();
  }

  bool push() {
    const TimePoint begin = net::monotonic_now();
    auto pushed = campaign_->push(*redis_, trial_->partitions(), [&](std::uint64_t count) {
      progress_.show("pushing", count, campaign_->messages(), net::monotonic_now());
      return !InterruptMark::interrupted();
    });
    if (!pushed) return failed(pushed.error());
    say("pushed       {} messages in {:.1f} s, {} of them {}", grouped(campaign_->messages()),
        std::chrono::duration<double>(net::monotonic_now() - begin).count(),
        grouped(campaign_->messages_of(kDarkCategory)), kDarkCategory);
    return true;
  }

  /// Until so many messages are final, or `at_most` has passed.
  bool wait_for(std::uint64_t finals, std::optional<Duration> at_most = std::nullopt) {
    const TimePoint begin = net::monotonic_now();
    for (;;) {
      if (InterruptMark::interrupted()) return failed("interrupted");
      if (trial_->engine().ended()) return failed("the engine ended, see " + trial_->engine_log());
      auto status = trial_->status();
      if (!status) return failed(status.error());
      status_ = std::move(*status);
      const TimePoint now = net::monotonic_now();
      show(now);
      if (status_.final >= finals || (at_most && now - begin > *at_most)) return true;
      if (now - begin > kPatience) {
        return failed(fmt::format("{} of {} messages have no outcome after ten minutes: {}",
                                  campaign_->messages() - status_.final, campaign_->messages(),
                                  status_.json));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  void show(TimePoint now) {
    std::string note = fmt::format("held {}", grouped(status_.waiting_in("hold")));
    const std::uint64_t doubt = status_.waiting_in("in_doubt");
    if (doubt != 0) note += fmt::format("  in doubt {}", doubt);
    if (dark_) note += "  BLACKOUT of publicity";
    progress_.show("final", status_.final, campaign_->messages(), now, note);
    if (progress_.visible() || now - last_line_ < std::chrono::seconds(2)) return;
    last_line_ = now;
    say("final        {} of {}  {}", grouped(status_.final), grouped(campaign_->messages()), note);
  }

  bool darken() {
    const TimePoint called = net::monotonic_now();
    auto answer = trial_->api("POST", "/api/v1/blackouts", fmt::format(kBlackout, kDarkCategory));
    if (!answer) return failed("the blackout was not created: " + answer.error());
    dark_time_.from_us = wall_us();
    rule_ = nlohmann::json::parse(*answer, nullptr, false).value("/rule/id"_json_pointer, "");
    if (rule_.empty()) return failed("the answer to the blackout names no rule");
    dark_ = true;
    say("blackout     of {} EFFECTIVE {:.0f} ms after the call", kDarkCategory,
        std::chrono::duration<double, std::milli>(net::monotonic_now() - called).count());
    return true;
  }

  bool lighten() {
    const std::uint64_t held = status_.waiting_in("hold");
    dark_time_.to_us = wall_us();
    auto ended = trial_->api("POST", "/api/v1/blackouts/" + rule_ + "/end", R"({"reason":"demo: lifted"})");
    if (!ended) return failed("the blackout was not lifted: " + ended.error());
    dark_ = false;
    say("blackout     lifted after {:.1f} s, {} messages held",
        static_cast<double>(dark_time_.to_us - dark_time_.from_us) / 1e6, grouped(held));
    return true;
  }

  int close() {
    progress_.clear();
    // Nothing may come behind: the engine says once more what it counts, then it and the operators stop.
    auto status = trial_->status();
    if (!status) return complain(kFailed, status.error());
    std::optional<int> exit_code = 0;
    if (!options_.keep) exit_code = trial_->stop_engine();
    for (const std::string& name : kOperators) {
      // The simulator flushes its ledger when it ends; kept running, it does so many times a second.
      if (!options_.keep) trial_->stop_smsc(name);
    }
    if (options_.keep) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::vector<std::string> ledgers;
    ledgers.reserve(std::size(kOperators));
    for (const std::string& name : kOperators) ledgers.push_back(trial_->ledger(name));
    auto balance = count_demo(*redis_, trial_->partitions(), *campaign_, ledgers, kDarkCategory, dark_time_);
    if (!balance) return complain(kFailed, balance.error());
    balance->waiting = status->waiting;
    balance->difference = status->difference;
    const std::uint64_t known = balance->finals() + balance->waiting;
    balance->lost = balance->accepted > known ? balance->accepted - known : 0;
    if (options_.json) {
      fmt::print("{}\n", json_of(*balance));
    } else {
      fmt::print("\n{}\n", describe(*balance));
    }
    std::fflush(stdout);
    if (exit_code != 0)
      return complain(kFailed, fmt::format("the engine ended with {}", exit_code.value_or(-1)));
    if (options_.keep) keep();
    if (balance->around_blackout == 0)
      return complain(kFailed, "nothing of the dark category was sent at all");
    return balance->right() ? kOk : complain(kFailed, "the balance is not right");
  }

  void keep() {
    say("still running: {} and {}; Ctrl-C ends it", trial_->admin_url(), trial_->redis().url());
    while (!InterruptMark::interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }

  const DemoOptions& options_;
  InterruptMark interrupts_;
  std::optional<DemoCampaign> campaign_;
  std::unique_ptr<Trial> trial_;
  std::unique_ptr<RedisPipe> redis_;
  Progress progress_;
  TimePoint last_line_{};
  EngineStatus status_;
  std::string rule_, error_;
  DarkTime dark_time_;
  bool dark_ = false;
};

}  // namespace

int run_demo(const DemoOptions& options) {
  g_interrupted = 0;
  try {
    return Demo(options).run();
  } catch (const std::exception& error) {  // no temporary directory, no free port
    fmt::print(stderr, "anchal demo: {}\n", error.what());
    return kFailed;
  }
}

}  // namespace anchal::app
