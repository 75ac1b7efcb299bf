#include "engine/app/demo_campaign.h"

#include <fmt/core.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <utility>

#include "engine/app/send_csv.h"
#include "smpp/text/template.h"

namespace anchal::app {
namespace {

constexpr std::size_t kOwnDigits = 7;  // of a number: they are the message's
constexpr std::uint64_t kMessagesMax = 10'000'000;
constexpr unsigned kPerJob = 100;
constexpr std::size_t kUnansweredMax = 200;

/// An OTP is for one, and now; the others go in batches.
std::uint64_t per_job(std::string_view category) {
  return category == "otp" ? 1 : kPerJob;
}

std::string_view lane_of(std::string_view category) {
  if (category == "otp") return "otp";
  return category == "publicity" || category == "promotional" ? "bulk" : "service";
}

std::string take(std::vector<std::pair<std::string, std::string>>& vars, std::string_view name) {
  const auto at = std::find_if(vars.begin(), vars.end(), [&](const auto& var) { return var.first == name; });
  if (at == vars.end()) return {};
  std::string value = std::move(at->second);
  vars.erase(at);
  return value;
}

std::optional<std::uint64_t> number_in(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace

std::expected<DemoCampaign, std::string> DemoCampaign::load(const std::string& directory,
                                                            std::uint64_t messages) {
  if (messages < 1 || messages > kMessagesMax) return std::unexpected("--messages must be 1 to 10000000");
  DemoCampaign campaign;
  campaign.messages_ = messages;
  std::string wrong;
  const std::string path = directory + "/recipients.csv";
  auto read = read_csv(path, [&](const CsvColumns&, CsvRow& row) {
    const std::string category = take(row.recipient.vars, "category"),
                      language = take(row.recipient.vars, "language");
    const std::string name = category + "." + language;
    row.recipient.to = normal_number(row.recipient.to);
    if (row.recipient.to.size() <= kOwnDigits + 1 || category.empty() || language.empty()) {
      wrong = fmt::format("{}: row {}: number, category and language must be there", path, row.line);
      return false;
    }
    auto group = std::find_if(campaign.groups_.begin(), campaign.groups_.end(),
                              [&](const Group& known) { return known.name == name; });
    if (group == campaign.groups_.end()) {
      campaign.groups_.push_back({category, language, name, {}, {}, {}});
      group = std::prev(campaign.groups_.end());
    }
    const std::uint64_t place = group->rows.size();
    group->rows.push_back(campaign.rows_.size());
    campaign.rows_.push_back(
        {std::move(row.recipient), static_cast<std::size_t>(group - campaign.groups_.begin()), place});
    return true;
  });
  if (!read) return std::unexpected(read.error());
  if (!wrong.empty()) return std::unexpected(wrong);

  for (Group& group : campaign.groups_) {
    const std::string file_name = directory + "/templates/" + group.name + ".txt";
    std::ifstream file(file_name, std::ios::binary);
    if (!file) return std::unexpected("cannot read " + file_name);
    group.text_template.assign(std::istreambuf_iterator<char>(file), {});
    while (group.text_template.ends_with('\n')) group.text_template.pop_back();
    const auto parsed = smpp::Template::parse(group.text_template);
    if (!parsed) return std::unexpected(file_name + ": " + std::string(smpp::to_string(parsed.error().kind)));
    for (const std::string_view variable : parsed->variables()) {
      if (std::find(read->variables.begin(), read->variables.end(), variable) == read->variables.end()) {
        return std::unexpected(
            fmt::format("{} uses {{{}}}, and {} has no such column", file_name, variable, path));
      }
      group.variables.emplace_back(variable);
    }
  }
  return campaign;
}

std::uint64_t DemoCampaign::size_of(const Group& group) const {
  const std::uint64_t rounds = messages_ / rows_.size(), rest = messages_ % rows_.size();
  const auto begun = std::lower_bound(group.rows.begin(), group.rows.end(), rest) - group.rows.begin();
  return rounds * group.rows.size() + static_cast<std::uint64_t>(begun);
}

std::uint64_t DemoCampaign::message_in(const Group& group, std::uint64_t place) const {
  return place / group.rows.size() * rows_.size() + group.rows[place % group.rows.size()];
}

std::uint64_t DemoCampaign::messages_of(std::string_view category) const {
  std::uint64_t sum = 0;
  for (const Group& group : groups_) sum += group.category == category ? size_of(group) : 0;
  return sum;
}

std::string DemoCampaign::number(std::uint64_t k) const {
  const std::string& row = rows_[k % rows_.size()].recipient.to;
  return row.substr(0, row.size() - kOwnDigits) + fmt::format("{:07}", k % kMessagesMax);
}

std::string DemoCampaign::text(std::uint64_t k) const {
  const Row& row = rows_[k % rows_.size()];
  const auto parsed = smpp::Template::parse(groups_[row.group].text_template);
  std::string out(1000, '\0');
  const auto size =
      parsed->render(std::span<char>(out), [&](std::string_view name) -> std::optional<std::string_view> {
        for (const auto& [variable, value] : row.recipient.vars) {
          if (variable == name) return value;
        }
        return std::nullopt;
      });
  out.resize(size.value_or(0));
  return out;
}

std::optional<std::uint64_t> DemoCampaign::find(std::string_view job, std::uint64_t index) const {
  // demo:GROUP:NUMBER
  const std::size_t first = job.find(':'), last = job.rfind(':');
  if (first == std::string_view::npos || last == first) return std::nullopt;
  const std::string_view name = job.substr(first + 1, last - first - 1);
  const auto number = number_in(job.substr(last + 1));
  for (const Group& group : groups_) {
    if (group.name != name || !number) continue;
    const std::uint64_t place = *number * per_job(group.category) + index;
    if (place < size_of(group)) return message_in(group, place);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> DemoCampaign::find_number(std::string_view written) const {
  if (written.size() <= kOwnDigits) return std::nullopt;
  const auto k = number_in(written.substr(written.size() - kOwnDigits));
  if (!k || *k >= messages_) return std::nullopt;
  const std::string ours = number(*k);
  return std::string_view(ours).ends_with(written) ? k : std::nullopt;
}

std::expected<void, std::string> DemoCampaign::push(
    RedisPipe& redis, unsigned partitions, const std::function<bool(std::uint64_t)>& on_progress) const {
  std::string refused;
  const RedisPipe::OnReply on_reply = [&](const redisReply& reply) {
    if (reply.type == REDIS_REPLY_ERROR) refused.assign(reply.str, static_cast<std::size_t>(reply.len));
  };
  struct Stream {
    JobWriter writer;
    std::uint64_t place = 0, jobs = 0;
  };
  std::vector<Stream> streams;
  for (const Group& group : groups_) {
    JobHeader header;
    header.tenant = kTenant;
    header.category = group.category;
    header.sender = "KLGOVT";
    header.text = group.text_template;
    header.is_template = true;
    header.campaign = "demo";
    streams.push_back({JobWriter(std::move(header))});
  }
  std::uint64_t pushed = 0;
  while (pushed < messages_) {
    // A job of each group in turn, so that all are on their way together.
    for (std::size_t at = 0; at < groups_.size(); ++at) {
      const Group& group = groups_[at];
      Stream& stream = streams[at];
      const std::uint64_t left = size_of(group) - stream.place;
      const std::uint64_t count = std::min(left, per_job(group.category));
      if (count == 0) continue;
      stream.writer.start(fmt::format("demo:{}:{}", group.name, stream.jobs++));
      for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t k = message_in(group, stream.place++);
        JobRecipient recipient = rows_[k % rows_.size()].recipient;
        recipient.to = number(k);
        std::erase_if(recipient.vars, [&](const auto& var) {
          return std::find(group.variables.begin(), group.variables.end(), var.first) ==
                 group.variables.end();
        });
        stream.writer.add(recipient);
      }
      pushed += count;
      const std::string key = fmt::format(
          "anchal:{{{}}}:jobs:{}", partition_of(stream.writer.id(), partitions), lane_of(group.category));
      redis.command({"XADD", key, "*", "v", "1", "body", stream.writer.finish()});
    }
    const bool last = pushed >= messages_;
    if (last || redis.unanswered() > kUnansweredMax) {
      if (auto done = redis.drain(last ? 0 : kUnansweredMax / 2, on_reply); !done) return done;
    }
    if (!refused.empty()) return std::unexpected("Redis refused a job: " + refused);
    if (!on_progress(pushed)) return std::unexpected("interrupted");
  }
  return {};
}

}  // namespace anchal::app
