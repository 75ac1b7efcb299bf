#include "engine/app/send.h"

#include <fmt/core.h>
#include <hiredis/hiredis.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/app/progress.h"
#include "engine/app/send_csv.h"
#include "engine/app/send_outcomes.h"
#include "engine/app/send_redis.h"
#include "engine/app/send_target.h"
#include "engine/net/clock.h"
#include "smpp/text/template.h"

namespace anchal::app {
namespace {

constexpr int kOk = 0, kFailed = 1, kUsage = 2, kUnreachable = 6, kTooLate = 7;
constexpr std::size_t kBodyOctets = 3U << 20;   // well below the 4 MiB a job may have
constexpr std::size_t kRecipientsMax = 10'000;  // interface.md
constexpr std::size_t kUnansweredMax = 400;     // jobs on their way to Redis
constexpr std::size_t kMistakesShown = 10;

int complain(int code, const std::string& text) {
  fmt::print(stderr, "anchal send: {}\n", text);
  return code;
}

std::string made_up_id() {
  std::random_device random;
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
  return fmt::format("send-{}-{:08x}", stamp, random());
}

/// One campaign from its options to its outcomes.
class Campaign {
 public:
  explicit Campaign(const SendOptions& options) : options_(options), stem_(options.id) {
    if (stem_.empty()) stem_ = made_up_id();
  }

  int run() {
    if (const int code = prepare(); code != kOk) return code;
    auto target = find_target(options_);
    if (!target) return complain(kUsage, target.error());
    target_ = std::move(*target);
    if (!options_.dry_run) {
      auto redis = RedisPipe::connect(target_.redis, target_.tls, std::chrono::seconds(10));
      if (!redis) return complain(kUnreachable, redis.error());
      redis_ = std::move(*redis);
      if (options_.follow) {
        outcomes_.emplace(*redis_, options_.header.tenant, target_.partitions);
        if (auto done = outcomes_->skip_to_end(); !done) return complain(kUnreachable, done.error());
      }
    }
    if (const int code = push_all(); code != kOk) return code;
    return options_.follow && !options_.dry_run ? follow() : report();
  }

 private:
  // --- before anything leaves ---

  int prepare() {
    if (options_.csv.empty() == options_.to.empty()) return complain(kUsage, "say either --to or --csv");
    if (options_.batch < 1 || options_.batch > kRecipientsMax) {
      return complain(kUsage, "--batch must be 1 to 10000 recipients a job");
    }
    header_ = options_.header;
    if (!options_.template_file.empty()) {
      if (!header_.text.empty()) return complain(kUsage, "say either --template-file or a text");
      std::ifstream file(options_.template_file, std::ios::binary);
      if (!file) return complain(kUsage, "cannot read " + options_.template_file);
      header_.text.assign(std::istreambuf_iterator<char>(file), {});
      while (header_.text.ends_with('\n') || header_.text.ends_with('\r')) header_.text.pop_back();
      header_.is_template = true;
    }
    if (options_.csv.empty()) return prepare_one();
    auto columns = read_csv_columns(options_.csv);
    if (!columns) return complain(kUsage, columns.error());
    if (header_.text.empty() == !columns->has_text) {
      return complain(kUsage, header_.text.empty()
                                  ? "say --text or --template-file, or give the CSV a column 'text'"
                                  : "the CSV has a column 'text': say no other text");
    }
    if (const int code = check_template(*columns); code != kOk) return code;
    return check_rows();
  }

  int prepare_one() {
    if (header_.text.empty()) return complain(kUsage, "say --text or --template-file");
    single_.to = normal_number(options_.to);
    if (single_.to.empty()) return complain(kUsage, "--to must be a number as +919800000001");
    single_.ref = options_.ref;
    single_.place = options_.place;
    return check_template({});
  }

  /// Its variables must be columns; other columns stay at home.
  int check_template(const CsvColumns& columns) {
    if (!header_.is_template) return kOk;
    const auto parsed = smpp::Template::parse(header_.text);
    if (!parsed) {
      return complain(kUsage, fmt::format("template, octet {}: {}", parsed.error().offset,
                                          smpp::to_string(parsed.error().kind)));
    }
    for (const std::string_view name : parsed->variables()) {
      if (std::find(columns.variables.begin(), columns.variables.end(), name) == columns.variables.end()) {
        return complain(kUsage,
                        fmt::format("the template uses {{{}}}, and {} has no such column", name,
                                    options_.csv.empty() ? "there is no --csv, which" : options_.csv));
      }
      variables_.emplace_back(name);
    }
    return kOk;
  }

  int check_rows() {
    std::size_t bad = 0;
    auto read = read_csv(options_.csv, [&](const CsvColumns& columns, CsvRow& row) {
      std::string wrong;
      if (normal_number(row.recipient.to).empty()) {
        wrong = fmt::format("'to' is no E.164 number ({})", masked_number(row.recipient.to));
      } else if (columns.has_text && row.text.empty()) {
        wrong = "'text' is empty";
      }
      if (wrong.empty()) {
        ++messages_;
      } else if (++bad <= kMistakesShown) {
        fmt::print(stderr, "{}: row {}: {}\n", options_.csv, row.line, wrong);
      }
      return true;
    });
    if (!read) return complain(kUsage, read.error());
    if (bad > kMistakesShown) fmt::print(stderr, "{}: and {} more\n", options_.csv, bad - kMistakesShown);
    if (bad != 0 && !options_.skip_invalid) {
      return complain(
          kFailed,
          fmt::format("{} rows cannot be used; nothing was sent (--skip-invalid sends the rest)", bad));
    }
    skipped_ = bad;
    return messages_ != 0 ? kOk : complain(kFailed, options_.csv + " has no row that can be sent");
  }

  // --- pushing ---

  int push_all() {
    if (options_.csv.empty()) {
      messages_ = 1;
      JobWriter job(header_);
      job.start(stem_);
      job.add(single_);
      return push(job) && settle(0) ? kOk : failed();
    }
    JobWriter job(header_);
    bool open = false;
    auto read = read_csv(options_.csv, [&](const CsvColumns& columns, CsvRow& row) {
      std::string number = normal_number(row.recipient.to);
      if (number.empty() || (columns.has_text && row.text.empty())) return true;
      row.recipient.to = std::move(number);
      std::erase_if(row.recipient.vars, [&](const auto& variable) {
        return std::find(variables_.begin(), variables_.end(), variable.first) == variables_.end();
      });
      if (columns.has_text) {
        JobHeader header = header_;
        header.text = row.text;
        JobWriter own(std::move(header));
        own.start(next_id());
        own.add(row.recipient);
        return push(own);
      }
      if (!open) job.start(next_id());
      open = true;
      job.add(row.recipient);
      if (job.recipients() < options_.batch && job.octets() < kBodyOctets) return true;
      open = false;
      return push(job);
    });
    if (!read) return complain(kFailed, read.error());
    if (error_.empty() && open) push(job);
    progress_.clear();
    return error_.empty() && settle(0) ? kOk : failed();
  }

  std::string next_id() { return fmt::format("{}-{:06}", stem_, ++jobs_made_); }

  bool push(JobWriter& job) {
    const std::string_view body = job.finish();
    const unsigned partition = partition_of(job.id(), target_.partitions);
    ++jobs_;
    pushed_ += job.recipients();
    if (options_.dry_run) {
      fmt::print("{}\n", body);
      return true;
    }
    if (options_.follow) open_jobs_[job.id()].assign(job.recipients(), false);
    const std::string key = fmt::format("anchal:{{{}}}:jobs:{}", partition, target_.lane);
    redis_->command({"XADD", key, "*", "v", "1", "body", body});
    progress_.show("pushing", pushed_, messages_, net::monotonic_now());
    const bool many = redis_->unanswered() > kUnansweredMax || redis_->queued_octets() > kBodyOctets;
    return !many || settle(kUnansweredMax / 2);
  }

  bool settle(std::size_t left) {
    if (!redis_) return true;
    auto done = redis_->drain(left, [this](const redisReply& reply) {
      if (reply.type != REDIS_REPLY_ERROR) {
        ++accepted_jobs_;
      } else if (error_.empty()) {
        error_ = "Redis refused a job: " + std::string(reply.str, static_cast<std::size_t>(reply.len));
      }
    });
    if (!done) error_ = done.error();
    return error_.empty();
  }

  int failed() {
    return complain(kFailed, fmt::format("{}; {} of {} jobs were accepted", error_, accepted_jobs_, jobs_));
  }

  int report() const {
    if (options_.json) {
      fmt::print("{{\"id\":\"{}\",\"jobs\":{},\"messages\":{},\"skipped\":{}}}\n", stem_, jobs_, pushed_,
                 skipped_);
    } else if (!options_.dry_run) {
      fmt::print("{}: {} messages in {} jobs\n", stem_, grouped(pushed_), grouped(jobs_));
    }
    return kOk;
  }

  // --- waiting for outcomes ---

  void on_outcome(const OutcomeLine& line) {
    const auto job = open_jobs_.find(std::string(line.job));
    if (job == open_jobs_.end()) return;
    if (options_.json) fmt::print("{}\n", line.json);
    if (!line.final) return;
    std::vector<bool>& done = job->second;
    const std::size_t first = line.whole_job ? 0 : line.index;
    const std::size_t last = line.whole_job ? done.size() : line.index + 1;
    for (std::size_t index = first; index < std::min(last, done.size()); ++index) {
      if (done[index]) continue;  // repeated behind a crash: the first one counts
      done[index] = true;
      ++finished_;
      ++states_[std::string(line.state)];
    }
  }

  int follow() {
    const TimePoint start = net::monotonic_now();
    while (finished_ < pushed_) {
      auto read = outcomes_->read([this](const OutcomeLine& line) { on_outcome(line); });
      if (!read) return complain(kUnreachable, read.error());
      const TimePoint now = net::monotonic_now();
      progress_.show("outcomes", finished_, pushed_, now);
      if (options_.timeout.count() != 0 && now - start > options_.timeout) {
        progress_.clear();
        return complain(kTooLate, fmt::format("{} of {} messages have no final outcome yet",
                                              pushed_ - finished_, pushed_));
      }
      if (*read == 0) std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
    progress_.clear();
    std::string summary;
    for (const auto& [state, count] : states_) summary += fmt::format(", {} {}", grouped(count), state);
    if (options_.json) {
      std::fflush(stdout);
    } else {
      fmt::print("{}: {} messages{}\n", stem_, grouped(pushed_), summary);
    }
    const auto good = states_["delivered"] + states_["submitted"];
    return good == finished_ ? kOk : kFailed;
  }

  const SendOptions& options_;
  SendTarget target_;
  JobHeader header_;
  JobRecipient single_;
  std::vector<std::string> variables_;
  std::string stem_;
  std::unique_ptr<RedisPipe> redis_;
  std::optional<OutcomeReader> outcomes_;
  Progress progress_;
  std::string error_;
  std::uint64_t messages_ = 0, skipped_ = 0, pushed_ = 0;
  std::uint64_t jobs_ = 0, jobs_made_ = 0, accepted_jobs_ = 0;
  std::unordered_map<std::string, std::vector<bool>> open_jobs_;
  std::uint64_t finished_ = 0;
  std::map<std::string, std::uint64_t> states_;
};

}  // namespace

int run_send(const SendOptions& options) {
  return Campaign(options).run();
}

}  // namespace anchal::app
