#include "bench/driver/load.h"

#include <fmt/core.h>
#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "engine/app/send_job.h"

namespace anchal::bench {
namespace {

constexpr std::size_t kUnansweredMax = 2000;
constexpr std::size_t kQueuedMax = 4U << 20;

constexpr std::string_view kText =
    "Dear pensioner, DA arrears of Rs 4210 credited on 3 March. Treasury, Government of Kerala.";

// 153 septets a part behind the header of concatenation: cut one letter short of n parts.
std::string text_of(const Load& load) {
  if (load.parts <= 1) return std::string(kText);
  return std::string(load.parts * 153 - 1, 'x');
}

void write_body(const Load& load, std::uint64_t job, std::uint64_t first, std::uint64_t count,
                fmt::memory_buffer& out) {
  auto at = std::back_inserter(out);
  fmt::format_to(at, R"({{"id":"{}-{}","tenant":"{}","category":"{}","sender":"{}",)", load.stem, job,
                 load.tenant, load.category, load.sender);
  if (load.templated) {
    fmt::format_to(
        at, R"("template":"Dear {{name}}, DA arrears of Rs {{amount}} credited on 3 March. Treasury.",)");
  } else {
    fmt::format_to(at, R"("text":"{}",)", text_of(load));
  }
  if (load.per_job == 1 && !load.templated) {
    fmt::format_to(at, R"("to":"+{}"}})", load.first_number + first);
    return;
  }
  fmt::format_to(at, R"("recipients":[)");
  for (std::uint64_t k = first; k < first + count; ++k) {
    if (k != first) out.push_back(',');
    fmt::format_to(at, R"({{"to":"+{}")", load.first_number + k);
    if (load.templated) fmt::format_to(at, R"(,"vars":{{"name":"Anu","amount":"{}"}})", 4000 + k % 1000);
    out.push_back('}');
  }
  fmt::format_to(at, "]}}");
}

}  // namespace

std::expected<Loaded, std::string> push(app::RedisPipe& redis, const Load& load) {
  Loaded loaded;
  std::string error;
  const app::RedisPipe::OnReply on_reply = [&](const redisReply& reply) {
    if (reply.type == REDIS_REPLY_ERROR && error.empty())
      error.assign(reply.str, static_cast<std::size_t>(reply.len));
  };
  std::vector<std::string> keys;
  keys.reserve(load.partitions);
  for (unsigned partition = 0; partition < load.partitions; ++partition) {
    keys.push_back(fmt::format("anchal:{{{}}}:jobs:{}", partition, load.lane));
  }
  fmt::memory_buffer body, id;
  for (std::uint64_t first = 0; first < load.messages; first += load.per_job) {
    const std::uint64_t count = std::min<std::uint64_t>(load.per_job, load.messages - first);
    body.clear();
    write_body(load, loaded.jobs, first, count, body);
    id.clear();
    fmt::format_to(std::back_inserter(id), "{}-{}", load.stem, loaded.jobs);
    const std::string& key = keys[app::partition_of({id.data(), id.size()}, load.partitions)];
    redis.command({"XADD", key, "*", "v", "1", "body", std::string_view(body.data(), body.size())});
    ++loaded.jobs;
    loaded.octets += body.size();
    if (redis.unanswered() > kUnansweredMax || redis.queued_octets() > kQueuedMax) {
      if (auto done = redis.drain(kUnansweredMax / 2, on_reply); !done) return std::unexpected(done.error());
    }
    if (!error.empty()) return std::unexpected("Redis refused a job: " + error);
  }
  if (auto done = redis.drain(0, on_reply); !done) return std::unexpected(done.error());
  if (!error.empty()) return std::unexpected("Redis refused a job: " + error);
  return loaded;
}

std::uint64_t number_of(const Load& load, std::string_view job, std::uint64_t index) {
  const std::size_t dash = job.rfind('-');
  std::uint64_t number = 0;
  std::from_chars(job.data() + dash + 1, job.data() + job.size(), number);
  return number * load.per_job + index;
}

}  // namespace anchal::bench
