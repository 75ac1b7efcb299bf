#include "tests/support/simulated_store.h"

#include <algorithm>

namespace anchal::sim {

SimulatedStore::SimulatedStore(SimClock& clock, SimRedis& redis, Random random, StoreListener& listener,
                               StoreWeather weather)
    : clock_(clock), redis_(redis), random_(random), listener_(&listener), weather_(weather) {}

void SimulatedStore::start() {
  reconnect();
}

std::size_t SimulatedStore::pending() const {
  std::size_t sum = 0;
  for (const auto& channel : channels_) sum += channel.travelling.size() + channel.returning.size();
  return sum;
}

Duration SimulatedStore::one_way() {
  Duration latency = random_.between(weather_.latency_min, weather_.latency_max);
  if (weather_.spike > 0 && random_.chance(weather_.spike))
    latency += random_.between(Duration(0), weather_.spike_max);
  return latency;
}

void SimulatedStore::transact(core::Transaction&& transaction) {
  auto request = std::make_unique<Request>();
  request->ticket = transaction.ticket;
  request->is_transaction = true;
  request->transaction = std::move(transaction);
  Channel& channel = channels_[request->transaction.partition % 2];  // before the request is moved from
  submit(channel, std::move(request));
}

void SimulatedStore::execute(core::Pipeline&& pipeline) {
  auto request = std::make_unique<Request>();
  request->ticket = pipeline.ticket;
  request->pipeline = std::move(pipeline);
  Channel& channel = channels_[request->pipeline.bulk_read ? 3 : 2];
  submit(channel, std::move(request));
}

void SimulatedStore::submit(Channel& channel, std::unique_ptr<Request> request) {
  if (!up_) {
    ++statistics_.refused;
    tell(request->ticket, core::StoreOutcome::refused);
    return;
  }
  request->process = redis_.process();
  channel.last_arrival = std::max(channel.last_arrival, clock_.now() + one_way());
  channel.travelling.push_back(std::move(request));
  clock_.at(channel.last_arrival, [this, &channel, generation = generation_] {
    if (generation == generation_) arrive(channel);
  });
}

Executed SimulatedStore::run(SimRedis& redis, const Request& request) {
  return request.is_transaction ? redis.transact(request.transaction)
                                : redis.execute(request.pipeline.commands, request.pipeline.settles);
}

void SimulatedStore::arrive(Channel& channel) {
  const TimePoint free = std::max(redis_.stalled_until(), channel.blocked_until);
  if (free > clock_.now()) {  // it lies in the server's socket until then
    channel.last_arrival = std::max(channel.last_arrival, free);
    clock_.at(free, [this, &channel, generation = generation_] {
      if (generation == generation_) arrive(channel);
    });
    return;
  }
  auto answer = std::make_unique<Answer>();
  const auto request = std::move(channel.travelling.front());
  channel.travelling.pop_front();
  answer->ticket = request->ticket;
  // On a silent path the request, or only its answer, is lost; which of the two nobody can tell from here.
  // Nothing overtakes a lost segment: whatever follows on this connection is lost as well, until the cut.
  channel.answers_lost = channel.answers_lost || silent_;
  channel.requests_lost = channel.requests_lost || (silent_ && random_.chance(0.5));
  if (!channel.requests_lost) answer->executed = run(redis_, *request);
  const bool waits = request->is_transaction && request->transaction.replica_wait.count() > 0;
  if (waits && !channel.requests_lost && answer->executed.outcome == core::StoreOutcome::ok)
    answer->replicas = wait_for_replica(channel, request->transaction.replica_wait);
  channel.returning.push_back(std::move(answer));
  if (channel.answers_lost) return;
  const TimePoint answered = std::max(clock_.now(), channel.blocked_until);
  channel.last_answer = std::max(channel.last_answer, answered + one_way());
  clock_.at(channel.last_answer, [this, &channel, generation = generation_] {
    if (generation == generation_) deliver(channel);
  });
}

/// The replica has it in the end, whether or not anybody waits for that.
std::int64_t SimulatedStore::wait_for_replica(Channel& channel, Duration most) {
  channel.blocked_until = clock_.now() + most;
  if (redis_.online_replicas() == 0) return 0;
  const Duration time = redis_.time_to_confirm(random_);
  clock_.after(time, [redis = &redis_, process = redis_.process(), until = clock_.now()] {
    if (process == redis->process()) redis->confirm(until);
  });
  if (time > most) return 0;
  channel.blocked_until = clock_.now() + time;
  return 1;
}

void SimulatedStore::deliver(Channel& channel) {
  const auto answer = std::move(channel.returning.front());
  channel.returning.pop_front();
  core::StoreAnswer told;
  told.ticket = answer->ticket;
  told.outcome = answer->executed.outcome;
  told.replies = answer->executed.replies;
  told.error = answer->executed.error;
  told.replicas = answer->replicas;
  listener_->on_store_answer(told);
}

void SimulatedStore::tell(core::Ticket ticket, core::StoreOutcome outcome) {
  clock_.after(Duration(0), [this, ticket, outcome] {
    if (listener_ == nullptr) return;
    core::StoreAnswer told;
    told.ticket = ticket;
    told.outcome = outcome;
    if (outcome == core::StoreOutcome::refused) told.error = "the store is down";
    listener_->on_store_answer(told);
  });
}

/// What was on its way reaches Redis up to some point and no further, in its order, as TCP has it; and
/// perhaps only when the client has long since connected anew.
void SimulatedStore::break_connections(std::vector<core::Ticket>* unanswered, Travelling travelling) {
  ++generation_;
  for (Channel& channel : channels_) {
    if (unanswered != nullptr) {
      for (const auto& answer : channel.returning) unanswered->push_back(answer->ticket);
      for (const auto& request : channel.travelling) unanswered->push_back(request->ticket);
    }
    channel.returning.clear();
    const std::size_t drawn = random_.below(channel.travelling.size() + 1);
    const std::size_t survive = silent_ || channel.requests_lost || travelling == Travelling::none ? 0
                                : travelling == Travelling::all ? channel.travelling.size()
                                                                : drawn;
    TimePoint when = std::max(clock_.now(), redis_.stalled_until());
    for (std::size_t i = 0; i < survive; ++i) {
      ++statistics_.stragglers;
      // Transactions are fenced and may come at any time. Without a fence nothing could bear that; but what
      // Redis has not read of an old connection by then, it reads together with the first of the new one.
      const Duration most =
          channel.travelling[i]->is_transaction ? weather_.straggle_max : weather_.reconnect_min;
      const Duration late =
          random_.chance(0.5) ? std::min(one_way(), most) : random_.between(Duration(0), most);
      when = std::max(when, clock_.now() + late);
      clock_.at(when, [redis = &redis_, request = std::move(channel.travelling[i])] {
        if (request->process == redis->process()) run(*redis, *request);
      });
    }
    channel.travelling.clear();
    channel.last_arrival = channel.last_answer = clock_.now();
    channel.blocked_until = TimePoint::min();
    channel.requests_lost = channel.answers_lost = false;
  }
}

void SimulatedStore::cut() {
  if (!up_) return;
  ++statistics_.cuts;
  up_ = false;
  std::vector<core::Ticket> unanswered;
  break_connections(&unanswered);
  statistics_.unknown += unanswered.size();
  // The news and the lost answers come in one loop turn, in either order.
  const bool news_first = random_.chance(0.5);
  const auto news = [this] {
    if (listener_ != nullptr) listener_->on_store_down();
  };
  if (news_first) clock_.after(Duration(0), news);
  for (const auto ticket : unanswered) tell(ticket, core::StoreOutcome::unknown);
  if (!news_first) clock_.after(Duration(0), news);
  reconnect();
}

void SimulatedStore::set_reachable(bool reachable) {
  reachable_ = reachable;
  if (!reachable) cut();
}

/// Whoever was told `unknown` must not listen to what is said of that request afterwards.
void SimulatedStore::cut_with_echo() {
  if (!up_) return;
  std::vector<core::Ticket> unanswered;
  for (const Channel& channel : channels_) {
    for (const auto& answer : channel.returning) unanswered.push_back(answer->ticket);
    for (const auto& request : channel.travelling) unanswered.push_back(request->ticket);
  }
  cut();
  for (const auto ticket : unanswered) {
    clock_.after(random_.between(Duration(1), weather_.reconnect_max), [this, ticket] { echo(ticket); });
  }
}

void SimulatedStore::echo(core::Ticket ticket) {
  if (listener_ == nullptr) return;
  ++statistics_.echoes;
  core::StoreAnswer told;
  told.ticket = ticket;
  listener_->on_store_answer(told);
}

void SimulatedStore::die(Travelling travelling) {
  listener_ = nullptr;
  up_ = false;
  break_connections(nullptr, travelling);
}

void SimulatedStore::reconnect() {
  if (reconnecting_) return;
  reconnecting_ = true;
  clock_.after(random_.between(weather_.reconnect_min, weather_.reconnect_max), [this] {
    reconnecting_ = false;
    if (listener_ == nullptr || up_) return;
    if (!reachable_ || silent_ || redis_.down()) {
      reconnect();
      return;
    }
    up_ = true;
    up_since_ = clock_.now();
    listener_->on_store_up();
  });
}

}  // namespace anchal::sim
