#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/store.h"
#include "tests/support/sim_clock.h"
#include "tests/support/sim_random.h"
#include "tests/support/sim_redis.h"

namespace anchal::sim {

/// Who is told what a store has to say: a shard in simulation, a recorder in tests.
class StoreListener {
 public:
  virtual ~StoreListener() = default;
  virtual void on_store_up() = 0;
  virtual void on_store_down() = 0;
  virtual void on_store_answer(const core::StoreAnswer& answer) = 0;
};

/// How the way between an engine and its Redis behaves.
struct StoreWeather {
  Duration latency_min{std::chrono::microseconds(40)};  ///< one way
  Duration latency_max{std::chrono::microseconds(400)};
  double spike = 0;  ///< fraction of requests that take up to `spike_max` longer, and all behind them
  Duration spike_max{std::chrono::milliseconds(200)};
  Duration reconnect_min{std::chrono::milliseconds(5)};
  Duration reconnect_max{std::chrono::milliseconds(300)};
  /// After a cut, how much later the old connection may still deliver what it carried.
  Duration straggle_max{std::chrono::seconds(2)};
};

/// core::StorePort against a SimRedis, over a simulated network. Answers come later through the clock and a
/// StoreListener. Transactions, pipelines and bulk reads travel on connections of their own: each keeps its
/// order, there is none between them.
///
/// Must outlive the events it has scheduled, that is: keep it as long as its clock.
class SimulatedStore final : public core::StorePort {
 public:
  SimulatedStore(SimClock& clock, SimRedis& redis, Random random, StoreListener& listener,
                 StoreWeather weather = {});

  /// Connects for the first time; on_store_up follows.
  void start();
  void transact(core::Transaction&& transaction) override;
  void execute(core::Pipeline&& pipeline) override;

  bool up() const { return up_; }
  TimePoint up_since() const { return up_since_; }  ///< when it last came up
  std::size_t pending() const;
  const StoreWeather& weather() const { return weather_; }
  void set_weather(const StoreWeather& weather) { weather_ = weather; }

  /// Every connection breaks. Requests without an answer are answered `unknown`: of what was on its way a
  /// part still reaches Redis, perhaps late, perhaps after the reconnect; answers on their way back are lost.
  void cut();
  /// While true requests and answers vanish without a sign, as on a path that drops everything.
  void set_silent(bool silent) { silent_ = silent; }
  bool silent() const { return silent_; }
  /// While false no new connection comes about.
  void set_reachable(bool reachable);
  /// The connections break, and later answers of requests told `unknown` come all the same, as from a
  /// client that did not take its old connection's reader away.
  void cut_with_echo();
  /// What of the requests on their way still reaches Redis when their sender dies.
  enum class Travelling : std::uint8_t { some, none, all };
  /// The process of this client dies: like a cut, with nobody left to be told.
  void die(Travelling travelling = Travelling::some);

  struct Statistics {
    std::uint64_t cuts = 0, unknown = 0, refused = 0, stragglers = 0, echoes = 0;
  };
  const Statistics& statistics() const { return statistics_; }

 private:
  struct Request {
    core::Ticket ticket = 0;
    std::uint64_t process = 0;  ///< of Redis; another one by the time it arrives: nobody is there to take it
    bool is_transaction = false;
    core::Transaction transaction;
    core::Pipeline pipeline;
  };
  struct Answer {
    core::Ticket ticket = 0;
    Executed executed;
    std::int64_t replicas = 0;
  };
  struct Channel {
    std::deque<std::unique_ptr<Request>> travelling;
    std::deque<std::unique_ptr<Answer>> returning;
    TimePoint last_arrival{};
    TimePoint last_answer{};
    TimePoint blocked_until = TimePoint::min();        ///< by WAIT
    bool requests_lost = false, answers_lost = false;  ///< on a silent path, until the cut
  };

  static Executed run(SimRedis& redis, const Request& request);
  void submit(Channel& channel, std::unique_ptr<Request> request);
  void arrive(Channel& channel);
  std::int64_t wait_for_replica(Channel& channel, Duration most);
  void echo(core::Ticket ticket);
  void deliver(Channel& channel);
  void tell(core::Ticket ticket, core::StoreOutcome outcome);
  void break_connections(std::vector<core::Ticket>* unanswered, Travelling travelling = Travelling::some);
  void reconnect();
  Duration one_way();

  SimClock& clock_;
  SimRedis& redis_;
  Random random_;
  StoreListener* listener_;
  StoreWeather weather_;
  std::array<Channel, 4> channels_;  ///< transactions of even and of odd partitions, pipelines, bulk reads
  std::uint64_t generation_ = 0;     ///< events of an earlier one are void
  bool up_ = false;
  TimePoint up_since_ = TimePoint::min();
  bool silent_ = false;
  bool reachable_ = true;
  bool reconnecting_ = false;
  Statistics statistics_;
};

}  // namespace anchal::sim
