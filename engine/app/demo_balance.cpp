#include "engine/app/demo_balance.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <unordered_set>
#include <utility>

#include "engine/app/progress.h"
#include "engine/app/send_outcomes.h"
#include "engine/simulator/ledger_reader.h"
#include "smpp/text/profile.h"

namespace anchal::app {
namespace {

constexpr unsigned kUdhIndicator = 0x40;
constexpr unsigned kLockingShift = 0x25, kSingleShift = 0x24;  // 3GPP TS 23.040 §9.2.3.24.15, .16

/// The national language whose table the header of the part names.
smpp::Language national_language(const simulator::LedgerLine& line) {
  if (line.data_coding != 0 || (line.esm_class & kUdhIndicator) == 0) return smpp::Language::none;
  const std::string octets = simulator::octets_of(line.hex.substr(0, 2 * 32));
  const auto octet = [&](std::size_t at) {
    return at < octets.size() ? static_cast<unsigned char>(octets[at]) : 0U;
  };
  const std::size_t end = octet(0) + 1U;
  for (std::size_t at = 1; at + 1 < end; at += 2U + octet(at + 1)) {
    if (octet(at) != kLockingShift && octet(at) != kSingleShift) continue;
    const unsigned identifier = octet(at + 2);
    if (identifier <= smpp::kLanguageCount) return static_cast<smpp::Language>(identifier);
  }
  return smpp::Language::none;
}

struct MessageParts {
  std::uint8_t parts = 0;
  smpp::Language language = smpp::Language::none;
};

}  // namespace

std::uint64_t ucs2_parts(std::string_view utf8) {
  std::uint64_t units = 0;
  for (const char c : utf8) {
    const auto octet = static_cast<unsigned char>(c);
    if ((octet & 0xC0) != 0x80) units += octet >= 0xF0 ? 2 : 1;  // beyond the BMP: a surrogate pair
  }
  return units <= 70 ? 1 : (units + 66) / 67;
}

std::uint64_t DemoBalance::finals() const {
  std::uint64_t sum = 0;
  for (const auto& [state, count] : final) sum += count;
  return sum;
}

std::uint64_t DemoBalance::in(const std::string& state) const {
  const auto at = final.find(state);
  return at == final.end() ? 0 : at->second;
}

bool DemoBalance::right() const {
  return lost == 0 && waiting == 0 && difference == 0 && during_blackout == 0 && sent_twice == 0 &&
         finals() == accepted;
}

std::expected<DemoBalance, std::string> count_demo(RedisPipe& redis, unsigned partitions,
                                                   const DemoCampaign& campaign,
                                                   const std::vector<std::string>& ledgers,
                                                   const std::string& dark_category, const DarkTime& dark) {
  DemoBalance balance;
  balance.accepted = campaign.messages();
  std::vector<bool> final(campaign.messages()), held(campaign.messages()), doubtful(campaign.messages());
  std::uint64_t foreign = 0;
  OutcomeReader outcomes(redis, std::string(DemoCampaign::kTenant), partitions);
  for (;;) {
    auto read = outcomes.read([&](const OutcomeLine& line) {
      const auto k = campaign.find(line.job, line.index);
      if (!k || line.whole_job) {
        ++foreign;
      } else if (line.final && !final[*k]) {
        final[*k] = true;
        ++balance.final[std::string(line.state)];
        if (line.state == "unknown" && !doubtful[*k]) doubtful[*k] = true, ++balance.in_doubt;
      } else if (line.state == "held" && !held[*k]) {
        held[*k] = true;
        ++balance.held;
      } else if (line.state == "in_doubt" && !doubtful[*k]) {
        doubtful[*k] = true;
        ++balance.in_doubt;
      }
    });
    if (!read) return std::unexpected(read.error());
    if (*read == 0) break;
  }
  if (foreign != 0)
    return std::unexpected(fmt::format("{} outcomes of messages that nobody pushed", foreign));

  std::vector<MessageParts> messages(campaign.messages());
  std::unordered_set<std::size_t> seen;
  for (const std::string& path : ledgers) {
    simulator::LedgerReader reader(path);
    auto read = reader.read([&](const simulator::LedgerLine& line) {
      const auto k = campaign.find_number(line.to);
      if (!k) {
        ++foreign;
        return;
      }
      ++balance.parts;
      // A part is known by its number and its octets: parts of one message differ in their headers at least.
      const std::size_t number = std::hash<std::string_view>{}(line.to),
                        octets = std::hash<std::string_view>{}(line.hex);
      if (!seen.insert(number * 0x9E3779B97F4A7C15U ^ octets).second) ++balance.sent_twice;
      MessageParts& message = messages[*k];
      ++message.parts;
      if (message.language == smpp::Language::none) message.language = national_language(line);
      if (campaign.category(*k) != dark_category) return;
      const bool inside = line.t_us >= dark.from_us && line.t_us < dark.to_us;
      ++(inside ? balance.during_blackout : balance.around_blackout);
    });
    if (!read) return std::unexpected(read.error());
  }
  if (foreign != 0) return std::unexpected(fmt::format("{} parts to numbers that nobody asked for", foreign));
  for (std::uint64_t k = 0; k < campaign.messages(); ++k) {
    if (messages[k].language == smpp::Language::none) continue;
    const std::uint64_t in_ucs2 = ucs2_parts(campaign.text(k));
    ++balance.national_messages;
    balance.national_parts += messages[k].parts;
    balance.national_in_ucs2 += in_ucs2;
    balance.saved_by[std::string(smpp::to_string(messages[k].language))] +=
        static_cast<std::int64_t>(in_ucs2) - messages[k].parts;
  }
  return balance;
}

std::string describe(const DemoBalance& b) {
  std::string out;
  const auto line = [&](std::string_view name, std::uint64_t count, std::string_view note = {}) {
    out += fmt::format("  {:<16} {:>11}{}{}\n", name, grouped(count), note.empty() ? "" : "   ", note);
  };
  line("accepted", b.accepted);
  line("delivered", b.in("delivered"));
  const std::uint64_t undeliverable = b.in("undelivered") + b.in("rejected") + b.in("expired") +
                                      b.in("invalid") + b.in("dropped") + b.in("cancelled");
  line("undeliverable", undeliverable, "the operator's word");
  const std::uint64_t silent = b.in("no_receipt") + b.in("submitted");
  if (silent != 0) line("no receipt", silent);
  line("held", b.held, "by the blackout, sent when it was lifted");
  line("in doubt", b.in_doubt, "the link broke before the answer came; never sent again, and said so");
  if (b.waiting != 0) line("still waiting", b.waiting);
  out += '\n';
  line("parts sent", b.parts);
  std::string languages;
  for (const auto& [language, saved] : b.saved_by) {
    languages += fmt::format("{}{} {}", languages.empty() ? "" : ", ", language,
                             grouped(static_cast<std::uint64_t>(std::max<std::int64_t>(saved, 0))));
  }
  line("parts saved", b.parts_saved(), "by national tables: " + languages);
  out += fmt::format("  {:<16} {:>11}   {} messages in {} parts, in UCS-2 it would be {}\n", "", "",
                     grouped(b.national_messages), grouped(b.national_parts), grouped(b.national_in_ucs2));
  out += fmt::format("\n  lost {}   sent twice {}   during blackout {}   difference {}\n", b.lost,
                     b.sent_twice, b.during_blackout, b.difference);
  return out;
}

std::string json_of(const DemoBalance& b) {
  std::string states, languages;
  for (const auto& [language, saved] : b.saved_by)
    languages += fmt::format("{}\"{}\":{}", languages.empty() ? "" : ",", language, saved);
  for (const auto& [state, count] : b.final)
    states += fmt::format("{}\"{}\":{}", states.empty() ? "" : ",", state, count);
  return fmt::format(
      R"({{"accepted":{},"final":{{{}}},"held":{},"in_doubt":{},"lost":{},"waiting":{},"difference":{},"parts":{},)"
      R"("sent_twice":{},"during_blackout":{},"around_blackout":{},"national_messages":{},"national_parts":{},)"
      R"("national_in_ucs2":{},"parts_saved":{},"saved_by":{{{}}}}})",
      b.accepted, states, b.held, b.in_doubt, b.lost, b.waiting, b.difference, b.parts, b.sent_twice,
      b.during_blackout, b.around_blackout, b.national_messages, b.national_parts, b.national_in_ucs2,
      b.parts_saved(), languages);
}

}  // namespace anchal::app
