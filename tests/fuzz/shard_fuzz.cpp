// A whole shard on a Redis that cannot be trusted: a simulated one whose replies, and whose streams, hashes
// and journal, the input changes here and there. Bytes of operators are the matter of fuzz_session; here the
// SMSC is an honest one. The laws: the shard lives, never spins, and what it says of it is one line that a
// log can hold.
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/keys.h"
#include "engine/core/shard.h"
#include "engine/simulator/smsc.h"
#include "tests/fuzz/reply_draw.h"
#include "tests/support/sim_clock.h"
#include "tests/support/sim_redis.h"

namespace {

using namespace anchal;
using namespace std::chrono_literals;
using fuzz::check;
using fuzz::Input;

constexpr std::size_t kStepsMax = 400;

core::Config configuration() {
  core::Config config;
  config.incarnation = "one";
  config.partitions = 2;
  config.lease = 500ms;
  config.drain_deadline = 2s;
  config.categories = {
      core::CategoryConfig{.name = "otp", .lane = core::Lane::otp, .exempt = true},
      core::CategoryConfig{.name = "bulk", .on_doubt = core::OnDoubt::resend_once, .doubt_wait = 1s}};
  for (const char* const name : {"alpha", "beta"}) {
    core::OperatorConfig op;
    op.name = op.system_id = name;
    op.prefixes = {std::string_view(name) == "alpha" ? "91" : ""};
    op.binds = 1;
    op.response_timeout = 2s;
    op.receipt_deadline = 1h;
    config.operators.push_back(op);
  }
  return config;
}

class Trial final : public core::StorePort, public core::BindPort {
 public:
  explicit Trial(Input& input)
      : input_(input),
        redis_(clock_),
        shard_(std::make_unique<core::Shard>(config_, core::ShardPlace{}, *this, *this)) {
    fill();
    shard_->start(clock_.instant());
    shard_->on_store_up(redis_.history(), clock_.instant());
  }

  void run() {
    for (std::size_t step = 0; step < kStepsMax && !input_.empty(); ++step) {
      static constexpr Duration kPauses[] = {1ms, 5ms, 100ms, 400ms, 1s, 3s, 30s, 10min};
      const std::uint8_t what = input_.octet();
      if (what % 8 == 7) disturb();
      work();
      clock_.run_until(clock_.now() + kPauses[(what >> 3) % std::size(kPauses)]);
    }
    shard_->drain(clock_.instant());
    for (int turns = 0; turns < 40; ++turns) {
      work();
      clock_.run_until(clock_.now() + 200ms);
    }
  }

 private:
  struct Request {
    core::Ticket ticket = 0;
    bool is_transaction = false;
    core::Transaction transaction;
    core::Commands commands;
    bool settles = false;
  };

  // What a hub and a former owner left.
  void fill() {
    for (int job = 0; job < 3; ++job) {
      const std::string body =
          "{\"id\":\"j-" + std::to_string(job) +
          "\",\"tenant\":\"t\",\"category\":\"bulk\",\"sender\":\"ANCHAL\",\"text\":\"Hello\","
          "\"recipients\":[{\"to\":\"+919800000001\"},{\"to\":\"+4915100000001\"}]}";
      static_cast<void>(redis_.run({"XADD", "anchal:{0}:jobs:bulk", "*", "v", "1", "body", body}));
    }
  }

  /// Writes something into a key of a partition that nobody of ours would.
  void disturb() {
    const std::string value = input_.text(120);
    const std::string field = input_.text(20);
    const std::string p = input_.octet() % 2 == 0 ? "anchal:{0}:" : "anchal:{1}:";
    switch (input_.octet() % 12) {
      case 0:
        static_cast<void>(redis_.run({"XADD", p + "journal", "*", "j", value, "f", "1", "n", "1"}));
        return;
      case 1:
        static_cast<void>(redis_.run({"XADD", p + "jobs:bulk", "*", "v", "1", "body", value}));
        return;
      case 2:
        static_cast<void>(redis_.run({"HSET", p + "doubt", field, value}));
        return;
      case 3:
        static_cast<void>(redis_.run({"XADD", p + "inbox", "*", field.empty() ? "x" : field, value}));
        return;
      case 4:
        static_cast<void>(
            redis_.run({"XADD", p + "backlog:alpha:bulk", "*", "v", "1", "body", value, "meta", field}));
        return;
      case 5:
        static_cast<void>(redis_.run({"ZADD", p + "retry", "1", value}));
        return;
      case 6:
        static_cast<void>(redis_.run({"HSET", p + "ledger", field, value}));
        return;
      case 7:
        static_cast<void>(redis_.run({"SET", p + "owner", value}));
        return;
      case 8:
        static_cast<void>(redis_.run({"SET", p + "fence", value}));
        return;
      case 9:
        redis_.flush();
        return;
      case 10:
        shard_->on_store_down(clock_.instant());
        requests_.clear();
        shard_->on_store_up({"other", field}, clock_.instant());
        return;
      default:
        static_cast<void>(redis_.run({"HSET", "anchal:{fleet}:shards", field, value}));
    }
  }

  /// A loop turn of the process around the shard, until nothing more happens at this instant.
  void work() {
    for (int round = 0; round < 20; ++round) {
      const bool answered = answer_all();
      const bool anything = serve_binds() || answered;
      shard_->turn(clock_.instant());
      for (const auto& notice : shard_->take_notices()) {
        check(fuzz::is_one_line(notice.text) && notice.text.size() < 2000);
      }
      if (!anything) break;
    }
    static_cast<void>(shard_->counters(clock_.instant()));
    static_cast<void>(shard_->next_deadline());
  }

  bool answer_all() {
    const bool any = !requests_.empty();
    for (std::size_t left = requests_.size(); left > 0 && !requests_.empty(); --left) {
      const Request request = std::move(requests_.front());
      requests_.pop_front();
      const sim::Executed executed = request.is_transaction
                                         ? redis_.transact(request.transaction)
                                         : redis_.execute(request.commands, request.settles);
      fuzz::ReplyDraw draw(input_);
      std::vector<core::Reply> replies = executed.replies;
      // One reply in eight is changed somewhere, while there is input to say where.
      if (!replies.empty() && !input_.empty() && input_.octet() % 8 == 0) {
        core::Reply& reply = replies[input_.octet() % replies.size()];
        reply = changed(reply, draw);
      }
      core::StoreAnswer answer;
      answer.ticket = request.ticket;
      answer.outcome = executed.outcome;
      answer.replies = replies;
      answer.error = executed.error;
      shard_->on_store_answer(answer, clock_.instant());
    }
    return any;
  }

  core::Reply changed(const core::Reply& reply, fuzz::ReplyDraw& draw) {
    const std::uint8_t how = input_.octet();
    if (reply.size > 0 && how % 4 != 0) {
      std::vector<core::Reply> elements(reply.array().begin(), reply.array().end());
      const std::size_t at = input_.octet() % elements.size();
      if (how % 4 == 1) {
        elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(at));
      } else {
        elements[at] = changed(elements[at], draw);
      }
      return draw.array(std::move(elements));
    }
    // Mostly another value of the same type: the shape is looked at in one place, values everywhere.
    if (how % 8 == 0) return draw.reply();
    if (reply.type == core::Reply::Type::text && !reply.text.empty() && how % 8 < 6) {
      std::string text(reply.text);
      text[input_.octet() % text.size()] = static_cast<char>(input_.octet());
      return draw.text(text);
    }
    if (reply.type == core::Reply::Type::text) return draw.text(input_.text());
    core::Reply other = reply;
    if (reply.type == core::Reply::Type::integer)
      other.integer = static_cast<std::int64_t>(input_.number64());
    return other;
  }

  bool serve_binds() {
    bool any = false;
    for (const core::BindId bind : std::exchange(connecting_, {})) {
      any = true;
      smsc_.on_connect(bind + 1U, clock_.now());
      shard_->on_connected(bind, clock_.instant());
    }
    for (auto& [bind, bytes] : std::exchange(written_, {})) {
      any = true;
      smsc_.on_bytes(bind + 1U, std::as_bytes(std::span(bytes)), clock_.now());
    }
    smsc_.on_tick(clock_.now());
    const auto touched = smsc_.touched();
    for (const simulator::LinkId link : std::vector(touched.begin(), touched.end())) {
      auto& output = smsc_.output(link);
      if (output.empty()) continue;
      any = true;
      const std::vector<std::byte> bytes(output.data(), output.data() + output.size());
      output.consume(output.size());
      shard_->on_bytes(static_cast<core::BindId>(link - 1), bytes, clock_.instant());
    }
    for (const core::BindId bind : std::exchange(closed_, {})) {
      any = true;
      smsc_.on_disconnect(bind + 1U, clock_.now());
      shard_->on_closed(bind, "closed", clock_.instant());
    }
    return any;
  }

  void transact(core::Transaction&& transaction) override {
    Request& request = requests_.emplace_back();
    request.ticket = transaction.ticket;
    request.is_transaction = true;
    request.transaction = std::move(transaction);
  }
  void execute(core::Pipeline&& pipeline) override {
    Request& request = requests_.emplace_back();
    request.ticket = pipeline.ticket;
    request.commands = std::move(pipeline.commands);
    request.settles = pipeline.settles;
  }
  void connect(core::BindId bind) override { connecting_.push_back(bind); }
  std::optional<std::size_t> write(core::BindId bind, std::span<const std::byte> bytes,
                                   TimePoint /*before*/) override {
    written_.emplace_back(bind, std::vector<std::byte>(bytes.begin(), bytes.end()));
    return bytes.size();
  }
  void close(core::BindId bind, bool) override { closed_.push_back(bind); }
  std::size_t unsent(core::BindId) override { return 0; }
  void pause_reading(core::BindId, bool) override {}

  Input& input_;
  const core::Config config_ = configuration();
  sim::SimClock clock_;
  sim::SimRedis redis_;
  simulator::Smsc smsc_;
  std::deque<Request> requests_;
  std::vector<core::BindId> connecting_, closed_;
  std::vector<std::pair<core::BindId, std::vector<std::byte>>> written_;
  std::unique_ptr<core::Shard> shard_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Trial(input).run();
  return 0;
}
