// What the way to Redis costs: round trips, pipelining, fenced batches by WATCH and by script, bulk reads,
// and the two halves of RESP alone. Each bench starts its own redis-server on a Unix socket and checks every
// answer. `redis_us` is the server's CPU time per item, `engine_us` this process' (items are commands, or
// stream entries).

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "engine/core/keys.h"
#include "engine/net/loop.h"
#include "engine/redis/reply_reader.h"
#include "engine/redis/settle_script.h"
#include "engine/redis/store.h"
#include "tests/support/redis_server.h"

namespace anchal::redis {
namespace {

constexpr std::size_t kJobBytes = 200;

void must(bool good, const char* what) {
  if (!good) {
    throw std::runtime_error(what);
  }
}

double own_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double server_cpu_seconds(test::RedisServer& server) {
  const std::string info = server.ask({"INFO", "cpu"});
  const auto field = [&info](const std::string& name) {
    const std::size_t at = info.find(name + ":");
    must(at != std::string::npos, "INFO cpu");
    return std::stod(info.substr(at + name.size() + 1));
  };
  return field("used_cpu_user") + field("used_cpu_sys");
}

/// A server, a loop, and a connection or a store that is up; measures both sides' CPU.
class Bench {
 public:
  explicit Bench(bool tcp = false) : server_({.tcp = tcp}) {
    settings_.url =
        *RedisUrl::parse(tcp ? "redis://127.0.0.1:" + std::to_string(server_.port()) : server_.url());
  }
  RespConnection& connect() {
    connection_ = std::make_unique<RespConnection>(loop_, settings_, RespConnection::Callbacks{}, 1);
    connection_->start();
    run_until([this] { return connection_->up(); });
    return *connection_;
  }
  Store& open(std::function<void(const core::StoreAnswer&)> on_answer) {
    store_ =
        std::make_unique<Store>(loop_, settings_, Store::Callbacks{.on_answer = std::move(on_answer)}, 1);
    store_->start();
    run_until([this] { return store_->up() && store_->statistics().bulk.connects == 1; });
    return *store_;
  }
  template <class Done>
  void run_until(Done done) {
    while (!done()) {
      loop_.run_turn(std::chrono::milliseconds(100));
    }
  }
  test::RedisServer& server() { return server_; }

  void begin() {
    server_before_ = server_cpu_seconds(server_);
    own_before_ = own_cpu_seconds();
  }
  void report(benchmark::State& state, std::size_t items_per_iteration) {
    const double own = own_cpu_seconds() - own_before_;
    const double servers = server_cpu_seconds(server_) - server_before_;
    const double items = static_cast<double>(state.iterations()) * static_cast<double>(items_per_iteration);
    state.SetItemsProcessed(static_cast<std::int64_t>(items));
    state.counters["engine_us"] = own * 1e6 / items;
    state.counters["redis_us"] = servers * 1e6 / items;
  }

 private:
  test::RedisServer server_;
  net::Loop loop_;
  RedisSettings settings_;
  std::unique_ptr<RespConnection> connection_;
  std::unique_ptr<Store> store_;
  double server_before_ = 0;
  double own_before_ = 0;
};

void pipelined(benchmark::State& state, bool tcp) {
  Bench bench(tcp);
  RespConnection& connection = bench.connect();
  const auto depth = static_cast<std::size_t>(state.range(0));
  std::int64_t expected = 0;
  bench.begin();
  for (auto _ : state) {
    std::size_t answered = 0;
    for (std::size_t i = 0; i < depth; ++i) {
      connection.write().command({"INCR", "n"});
      connection.commit([&](const RespConnection::Answer& answer) {
        must(answer.fate == RespConnection::Fate::answered && answer.replies[0].integer == ++expected,
             "INCR");
        ++answered;
      });
    }
    bench.run_until([&] { return answered == depth; });
  }
  bench.report(state, depth);
}
void RedisPipelinedUnix(benchmark::State& state) {
  pipelined(state, false);
}
void RedisPipelinedTcp(benchmark::State& state) {
  pipelined(state, true);
}
BENCHMARK(RedisPipelinedUnix)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->UseRealTime();
BENCHMARK(RedisPipelinedTcp)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->UseRealTime();

/// A batch as the core writes it, roughly: a journal record, an outcome entry of as many lines, and with
/// `keys` also a producer key for each, as a batch that accepts single-recipient jobs has.
core::Commands settle_batch(std::int64_t messages, bool keys) {
  core::Commands commands;
  const std::string body(static_cast<std::size_t>(messages) * 110, 'o');
  const std::string results(static_cast<std::size_t>(messages) * 30, 'r');
  for (std::int64_t i = 0; keys && i < messages; ++i) {
    const std::string name = std::to_string(1'764'000'000'000 + i);
    commands.command("HSET").arg(core::keys::seen(0, 1, static_cast<unsigned>(i % 256))).arg(name).arg(name);
  }
  commands.command("XADD").arg(core::keys::partition(0, "outcomes:t")).arg("*");
  commands.arg("n").arg(messages).arg("body").arg(body);
  commands.command("HINCRBY")
      .arg(core::keys::partition(0, core::keys::kLedger))
      .arg("w:awaiting")
      .arg(messages);
  commands.command("XTRIM").arg(core::keys::partition(0, "outcomes:t")).arg("MAXLEN").arg("~");
  commands.arg(std::int64_t{1000});
  commands.command("XTRIM").arg(core::keys::partition(0, core::keys::kJournal)).arg("MAXLEN").arg("~");
  commands.arg(std::int64_t{1000});
  commands.command("XADD").arg(core::keys::partition(0, core::keys::kJournal)).arg("*").arg("j").arg(results);
  return commands;
}

void must_be_done(std::span<const core::Reply> replies, const core::Commands& batch) {
  must(replies.size() == batch.count(), "as many replies as commands");
  for (const core::Reply& reply : replies)
    must(!reply.is_error() && !reply.is_nil(), "a command was refused");
}

/// At the end, whichever way it went: each batch is in the journal's counter once, and a wrong fence is
/// refused.
void must_have_settled(Bench& bench, std::int64_t batches, std::int64_t messages) {
  must(bench.server().ask({"HGET", core::keys::partition(0, core::keys::kLedger), "w:awaiting"}) ==
           std::to_string(batches * messages),
       "each batch once");
}

/// WATCH armed ahead, MULTI, the batch, EXEC, and WATCH and MGET for the next one.
void SettleByWatch(benchmark::State& state) {
  Bench bench;
  bool answered = false;
  const core::Commands batch = settle_batch(state.range(0), state.range(1) != 0);
  Store& store = bench.open([&](const core::StoreAnswer& answer) {
    must(answer.outcome == core::StoreOutcome::ok, "transaction");
    must_be_done(answer.replies, batch);
    answered = true;
  });
  bench.server().ask({"SET", core::keys::partition(0, core::keys::kFence), "1"});
  core::Ticket ticket = 0;
  bench.begin();
  for (auto _ : state) {
    answered = false;
    core::Transaction transaction;
    transaction.ticket = ++ticket;
    transaction.fence = 1;
    transaction.commands = batch;
    store.transact(std::move(transaction));
    bench.run_until([&] { return answered; });
  }
  bench.report(state, static_cast<std::size_t>(state.range(0)));
  must_have_settled(bench, static_cast<std::int64_t>(ticket), state.range(0));
}

/// One EVALSHA that compares the fence and does the batch.
void SettleByScript(benchmark::State& state) {
  Bench bench;
  RespConnection& connection = bench.connect();
  const std::string fence = core::keys::partition(0, core::keys::kFence);
  const std::string journal = core::keys::partition(0, core::keys::kJournal);
  bench.server().ask({"SET", fence, "1"});
  const std::string sha = bench.server().ask({"SCRIPT", "LOAD", std::string(fenced_script())});
  const core::Commands batch = settle_batch(state.range(0), state.range(1) != 0);
  std::int64_t batches = 0;
  bench.begin();
  for (auto _ : state) {
    bool answered = false;
    RespWriter& writer = connection.write();
    std::size_t arguments = 6;
    for (std::size_t i = 0; i < batch.count(); ++i) arguments += 1 + batch.arguments(i);
    writer.begin(arguments);
    for (const std::string_view text :
         {std::string_view("EVALSHA"), std::string_view(sha), std::string_view("2"), std::string_view(fence),
          std::string_view(journal), std::string_view("1")}) {
      writer.bulk(text);
    }
    for (std::size_t i = 0; i < batch.count(); ++i) {
      writer.bulk(std::to_string(batch.arguments(i)));
      for (std::size_t at = 0; at < batch.arguments(i); ++at) writer.bulk(batch.argument(i, at));
    }
    connection.commit([&](const RespConnection::Answer& answer) {
      must(answer.fate == RespConnection::Fate::answered, "script");
      must_be_done(answer.replies[0].array(), batch);
      answered = true;
    });
    ++batches;
    bench.run_until([&] { return answered; });
  }
  bench.report(state, static_cast<std::size_t>(state.range(0)));
  must_have_settled(bench, batches, state.range(0));
}
BENCHMARK(SettleByWatch)
    ->ArgNames({"messages", "keys"})
    ->ArgsProduct({{1, 10, 100, 1000}, {0, 1}})
    ->UseRealTime();
BENCHMARK(SettleByScript)
    ->ArgNames({"messages", "keys"})
    ->ArgsProduct({{1, 10, 100, 1000}, {0, 1}})
    ->UseRealTime();

void BulkRead(benchmark::State& state) {
  Bench bench;
  bool answered = false;
  const auto count = static_cast<std::size_t>(state.range(0));
  Store& store = bench.open([&](const core::StoreAnswer& answer) {
    must(answer.outcome == core::StoreOutcome::ok, "XREAD");
    const auto entries = answer.replies[0].array()[0].array()[1].array();
    must(entries.size() == count, "XREAD count");
    for (const core::Reply& entry : entries) {
      must(entry.array()[1].array()[3].text.size() == kJobBytes, "XREAD body");
    }
    answered = true;
  });
  const std::string body(kJobBytes, 'j');
  for (std::size_t i = 0; i < count; ++i) {
    bench.server().ask({"XADD", "jobs", "*", "v", "1", "body", body});
  }
  core::Ticket ticket = 0;
  bench.begin();
  for (auto _ : state) {
    answered = false;
    core::Pipeline read;
    read.ticket = ++ticket;
    read.bulk_read = true;
    read.commands.command("XREAD").arg("COUNT").arg(state.range(0)).arg("STREAMS").arg("jobs").arg("0");
    store.execute(std::move(read));
    bench.run_until([&] { return answered; });
  }
  bench.report(state, count);
}
BENCHMARK(BulkRead)->Arg(10)->Arg(100)->Arg(500)->UseRealTime();

void ReadReplies(benchmark::State& state) {
  const std::string entry =
      "*2\r\n$15\r\n1700000000000-0\r\n*4\r\n$1\r\nv\r\n$1\r\n1\r\n$4\r\nbody\r\n$200\r\n" +
      std::string(kJobBytes, 'j') + "\r\n";
  std::string wire = "*1\r\n*2\r\n$4\r\njobs\r\n*500\r\n";
  for (int i = 0; i < 500; ++i) {
    wire += entry;
  }
  ReplyReader reader;
  for (auto _ : state) {
    reader.begin(1);
    auto rest = std::as_bytes(std::span(wire));
    while (!rest.empty()) {
      const auto helping = rest.first(std::min(rest.size(), ReplyReader::kFeedBytes));
      rest = rest.subspan(helping.size());
      must(reader.feed(helping) && reader.next() != ReplyReader::Status::broken, "feed");
    }
    must(reader.next() == ReplyReader::Status::complete, "complete");
    must(reader.replies()[0].array()[0].array()[1].size == 500, "entries");
  }
  state.SetItemsProcessed(state.iterations() * 500);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(wire.size()));
}
BENCHMARK(ReadReplies);

void WriteCommands(benchmark::State& state) {
  const core::Commands batch = settle_batch(100, false);
  std::string out;
  for (auto _ : state) {
    out.clear();
    RespWriter writer(out);
    writer.commands(batch);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch.count()));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}
BENCHMARK(WriteCommands);

}  // namespace
}  // namespace anchal::redis
