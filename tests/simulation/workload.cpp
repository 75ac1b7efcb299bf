#include "tests/simulation/workload.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace anchal::sim {
namespace {

constexpr std::array<std::string_view, 12> kWords{"pay",   "ward",   "bill",   "road",    "arrears", "camp",
                                                  "water", "clinic", "notice", "holiday", "class",   "bus"};
constexpr std::array<std::string_view, 4> kMalayalam{"ശമ്പളം", "അറിയിപ്പ്", "വെള്ളം", "ആശുപത്രി"};

std::string words(std::size_t characters, bool unicode, Random& random) {
  std::string text;
  for (std::size_t length = 0; length < characters; length += 6) {
    text += ' ';
    text += unicode ? random.pick(kMalayalam) : random.pick(kWords);
  }
  return text;
}

}  // namespace

std::string time_text(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, unix_ms % 1000);
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

Workload::Workload(SimClock& clock, SimRedis& redis, Random random, const core::Config& config,
                   WorkloadPlan plan, Truth& truth, Trace& trace)
    : clock_(clock),
      redis_(redis),
      random_(random),
      config_(config),
      plan_(std::move(plan)),
      truth_(truth),
      trace_(trace) {}

void Workload::start() {
  // Each job is made of chance of its own: a world with fewer jobs has the same ones.
  for (unsigned i = 0; i < plan_.jobs; ++i) {
    if (plan_.only && std::ranges::find(*plan_.only, i) == plan_.only->end()) continue;
    ++planned_;
    Random random = random_.fork("job", i);
    const Duration when = random.between(Duration(0), plan_.spread);
    clock_.after(when, [this, i, random]() mutable {
      ++pushed_;
      if (random.chance(plan_.malformed)) {
        push_malformed(i, random);
      } else {
        push_random(i, random);
      }
    });
  }
}

MessageIndex Workload::add_message(JobIndex job, unsigned number, std::uint32_t index,
                                   std::string_view prefix) {
  MessageTruth message;
  message.job = job;
  message.index = index;
  // Unique, and not in order: 8 digits scrambled by a number coprime to 10^8.
  const std::uint64_t serial = std::uint64_t{number} * 10'000 + index;
  message.number =
      std::string(prefix) + fmt::format("{:08}", (serial * 29'876'543u + 10'007u) % 100'000'000u);
  const auto at = static_cast<MessageIndex>(truth_.messages.size());
  truth_.by_number.emplace(message.number, at);
  truth_.messages.push_back(std::move(message));
  return at;
}

/// Pushes as a hub would, who is told when Redis does not take it.
bool Workload::add(JobTruth& job, const std::string& text) {
  if (!redis_.takes_writes()) return false;
  redis_.run({"XADD", job.stream, "*", "v", "1", "body", text});
  if (job.entry == EntryId{}) {
    job.entry = redis_.data().get<Stream>(job.stream)->last;
    job.pushed = clock_.now();
  }
  trace_.tell("hub        pushes {} of {} ({}, {} recipients) to {}", job.id, job.tenant, job.category,
              job.messages, job.stream);
  return true;
}

std::string Workload::body(const JobTruth& job, const std::string& common) {
  std::string text =
      fmt::format(R"({{"id":{},"tenant":{},"category":{},"sender":{},{})", json_text(job.id),
                  json_text(job.tenant), json_text(job.category), json_text(job.sender), common);
  if (!job.receipt) text += R"(,"receipt":false)";
  if (!job.on_hold.empty()) text += R"(,"on_hold":)" + json_text(job.on_hold);
  if (job.not_before_ms) text += R"(,"not_before":)" + json_text(time_text(*job.not_before_ms));
  if (job.expires_at_ms) text += R"(,"expires_at":)" + json_text(time_text(*job.expires_at_ms));
  return text;
}

void Workload::push_random(unsigned number, Random random) {
  const auto& category = random.pick(config_.categories);
  JobTruth job;
  const auto at = static_cast<JobIndex>(truth_.jobs.size());
  job.id = fmt::format("job-{}", number);
  job.tenant = random.pick(plan_.tenants);
  job.category = category.name;
  job.sender = random.pick(plan_.senders);
  job.lane = category.lane;
  job.partition = static_cast<std::uint16_t>(random.below(config_.partitions));
  job.stream = fmt::format("anchal:{{{}}}:jobs:{}", job.partition, core::name_of(job.lane));
  job.receipt = !random.chance(plan_.no_receipt);
  if (random.chance(plan_.drop_on_hold)) job.on_hold = "drop";
  if (random.chance(plan_.not_before)) job.not_before_ms = clock_.wall_ms() + random.between(100, 15'000);
  if (random.chance(plan_.expires)) {
    job.expires_at_ms = job.not_before_ms.value_or(clock_.wall_ms()) + random.between(500, 40'000);
  }
  job.messages =
      static_cast<std::uint32_t>(random.chance(plan_.big_job) ? random.between(1, plan_.big_recipients_max)
                                                              : random.between(1, plan_.recipients_max));
  if (job.lane == core::Lane::otp) job.messages = 1;
  if (plan_.recipients_at_most > 0) job.messages = std::min(job.messages, plan_.recipients_at_most);
  job.first_message = static_cast<MessageIndex>(truth_.messages.size());

  const bool unicode = random.chance(plan_.unicode);
  const bool templated = random.chance(plan_.with_template);
  const std::size_t length =
      random.chance(plan_.long_text) ? 100 + random.below(unicode ? 150 : 500) : 20 + random.below(60);
  const std::string tail = words(length, unicode, random);
  std::string rows;
  for (std::uint32_t i = 0; i < job.messages; ++i) {
    MessageTruth& message = truth_.messages[add_message(at, number, i, random.pick(plan_.prefixes))];
    const std::string name = fmt::format("zq{}x{}", number, i);
    message.text = templated ? "Dear " + name + "," + tail : "zq" + std::to_string(number) + tail;
    std::string row = fmt::format(R"({{"to":"+{}","ref":"r-{}")", message.number, i);
    const bool broken = random.chance(plan_.invalid_recipient);
    if (broken && templated && random.chance(0.5)) {
      message.invalid = true;  // the template's variable is missing
    } else if (templated) {
      row += R"(,"vars":{"name":)" + json_text(name) + "}";
    }
    if (broken && !message.invalid) {
      message.invalid = true;
      row = fmt::format(R"({{"to":"{}","ref":"r-{}","vars":{{"name":"x"}})",
                        random.chance(0.5) ? "12ab" : "+9198000000000000000000", i);
    }
    if (random.chance(plan_.place)) {
      message.place = random.pick(plan_.places);
      row += R"(,"place":)" + json_text(message.place);
    }
    rows += (i == 0 ? "" : ",") + row + "}";
  }
  const std::string text = templated ? "Dear {name}," + tail : "zq" + std::to_string(number) + tail;
  std::string whole;
  const MessageTruth& only = truth_.messages[job.first_message];
  if (job.messages == 1 && !templated && only.place.empty() && !only.invalid && random.chance(0.5)) {
    whole = body(job, fmt::format(R"("text":{},"to":"+{}")", json_text(text), only.number));
  } else {
    whole = body(job, fmt::format(R"("{}":{},"recipients":[{}])", templated ? "template" : "text",
                                  json_text(text), rows));
  }
  whole += '}';
  if (!add(job, whole)) {
    // Nobody took it: the hub keeps it, and we forget it.
    for (MessageIndex m = job.first_message; m < truth_.messages.size(); ++m) {
      truth_.by_number.erase(truth_.messages[m].number);
    }
    truth_.messages.resize(job.first_message);
    return;
  }
  truth_.by_key.emplace(job.tenant + '\n' + job.id, at);
  job.refused = plan_.poison == number;
  truth_.jobs.push_back(job);
  if (job.refused) {
    on_poison(at);
    return;
  }
  Random later = random_.fork("again", number);
  if (later.chance(plan_.reply_lost)) {
    push_again(later.between(Duration(0), Duration(std::chrono::milliseconds(50))), at, whole, true);
  }
  if (later.chance(plan_.repeated)) {
    push_again(later.between(Duration(0), Duration(std::chrono::seconds(10))), at, whole, false);
  }
}

/// Whoever pushes a job again does not do so after Redis was emptied or set back: a producer key is as good
/// as the Redis that keeps it.
void Workload::push_again(Duration after, JobIndex at, std::string whole, bool reply_lost) {
  clock_.after(after, [this, at, whole = std::move(whole), reply_lost] {
    JobTruth again = truth_.jobs[at];
    if (again.forgotten || !add(again, whole)) return;
    asked_twice_ += reply_lost ? 1 : 0;
  });
}

void Workload::push_malformed(unsigned number, Random random) {
  JobTruth job;
  const auto at = static_cast<JobIndex>(truth_.jobs.size());
  job.id = fmt::format("bad-{}", number);
  job.tenant = random.pick(plan_.tenants);
  job.category = config_.categories.back().name;
  job.lane = config_.categories.back().lane;
  job.sender = "KLGOVT";
  job.refused = true;
  job.partition = static_cast<std::uint16_t>(random.below(config_.partitions));
  job.first_message = static_cast<MessageIndex>(truth_.messages.size());
  const std::string to = R"("text":"hello","to":"+)" + plan_.prefixes.front() + R"(99999999")";
  std::string text;
  switch (random.below(11)) {
    case 0:
      text = "{";
      break;
    case 1:
      text = "";
      break;
    case 2:
      text = R"({"id":"x","tenant":"finance"})";
      break;
    case 3:
      text = R"([1,2,3])";
      break;
    case 4:
      text = body(job, R"("text":"hello","recipients":[])") + "}";
      break;
    case 5:
      job.category = "unheard-of";
      text = body(job, to) + "}";
      break;
    case 6:
      text = body(job, to);
      break;  // the closing brace is missing
    case 7:
      text = R"({"id":7,"tenant":"finance","category":"service","sender":"A",)" + to + "}";
      break;
    case 8:
      text = body(job, R"("text":"bad )"
                       "\xC3\x28"
                       R"( octets","to":"+919800000001")") +
             "}";
      break;
    case 9:
      job.lane = job.lane == core::Lane::bulk ? core::Lane::alert : core::Lane::bulk;
      text = body(job, to) + "}";
      break;
    default:
      text = body(job, R"("recipients":[{"to":"+919800000001"}])") + "}";
      break;  // no text
  }
  job.stream = fmt::format("anchal:{{{}}}:jobs:{}", job.partition, core::name_of(job.lane));
  if (!add(job, text)) return;
  truth_.by_key.emplace(job.tenant + '\n' + job.id, at);
  truth_.jobs.push_back(job);
}

JobIndex Workload::push(std::string_view category, unsigned count, std::string_view prefix,
                        std::string_view tenant, std::string_view text,
                        std::optional<std::int64_t> not_before_ms) {
  JobTruth job;
  job.not_before_ms = not_before_ms;
  const auto number = static_cast<JobIndex>(truth_.jobs.size());
  job.id = fmt::format("job-{}", number);
  job.tenant = tenant;
  job.category = category;
  job.sender = plan_.senders.front();
  for (const auto& one : config_.categories) {
    if (one.name == category) job.lane = one.lane;
  }
  job.partition = static_cast<std::uint16_t>(number % config_.partitions);
  job.stream = fmt::format("anchal:{{{}}}:jobs:{}", job.partition, core::name_of(job.lane));
  job.messages = count;
  job.first_message = static_cast<MessageIndex>(truth_.messages.size());
  const std::string content = text.empty() ? fmt::format("zq{} hello", number) : std::string(text);
  std::string rows;
  for (std::uint32_t i = 0; i < count; ++i) {
    MessageTruth& message = truth_.messages[add_message(number, number, i, prefix)];
    message.text = content;
    rows += fmt::format(R"({}{{"to":"+{}"}})", i == 0 ? "" : ",", message.number);
  }
  add(job, body(job, fmt::format(R"("text":{},"recipients":[{}])", json_text(content), rows)) + "}");
  truth_.by_key.emplace(job.tenant + '\n' + job.id, number);
  truth_.jobs.push_back(job);
  return number;
}

}  // namespace anchal::sim
