#include "tests/simulation/reduction.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace anchal::sim {

using namespace std::chrono_literals;

namespace {

struct Number {
  std::string_view name;
  unsigned Reduction::* value;
};
constexpr std::array kNumbers{
    Number{"engines", &Reduction::engines},       Number{"shards", &Reduction::shards},
    Number{"partitions", &Reduction::partitions}, Number{"operators", &Reduction::operators},
    Number{"recipients", &Reduction::recipients}, Number{"patience", &Reduction::patience}};

struct Plain {
  std::string_view name;
  bool Reduction::* value;
};
constexpr std::array kPlain{
    Plain{"operators", &Reduction::plain_operators}, Plain{"network", &Reduction::plain_network},
    Plain{"store", &Reduction::plain_store}, Plain{"limits", &Reduction::plain_limits}};

template <class Value>
bool read(std::string_view text, Value& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(at), text.size());
    if (end > 0) pieces.push_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return pieces;
}

bool read_list(std::string_view text, std::optional<std::vector<unsigned>>& list) {
  list.emplace();
  for (const auto piece : split(text, ',')) {
    if (!read(piece, list->emplace_back())) return false;
  }
  return true;
}

}  // namespace

std::optional<Reduction> Reduction::parse(std::string_view text) {
  Reduction reduction;
  for (const auto word : split(text, ' ')) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = word.substr(0, equals), value = word.substr(equals + 1);
    bool good = false;
    if (name == "seed") good = read(value, reduction.seed);
    if (name == "jobs") good = read_list(value, reduction.jobs);
    if (name == "faults") good = read_list(value, reduction.faults);
    for (const auto& number : kNumbers) {
      if (name == number.name) good = read(value, reduction.*number.value);
    }
    if (name == "plain") {
      good = true;
      for (const auto piece : split(value, ',')) {
        const auto known = std::ranges::find(kPlain, piece, &Plain::name);
        good = good && known != kPlain.end();
        if (good) reduction.*known->value = true;
      }
    }
    if (!good) return std::nullopt;
  }
  return reduction;
}

std::string Reduction::text() const {
  std::string text = fmt::format("seed={}", seed);
  for (const auto& number : kNumbers) {
    if (this->*number.value > 0) text += fmt::format(" {}={}", number.name, this->*number.value);
  }
  if (jobs) text += fmt::format(" jobs={}", fmt::join(*jobs, ","));
  if (faults) text += fmt::format(" faults={}", fmt::join(*faults, ","));
  std::vector<std::string_view> plain;
  for (const auto& one : kPlain) {
    if (this->*one.value) plain.push_back(one.name);
  }
  if (!plain.empty()) text += fmt::format(" plain={}", fmt::join(plain, ","));
  return text;
}

Plan Reduction::plan() const {
  Plan plan = Plan::of_seed(seed);
  auto& config = plan.config;
  const auto at_most = [](auto& value, unsigned limit) {
    if (limit > 0 && value > limit) value = static_cast<std::remove_reference_t<decltype(value)>>(limit);
  };
  at_most(plan.engines, engines);
  at_most(plan.shards, shards);
  at_most(config.partitions, partitions);
  if (operators > 0 && config.operators.size() > operators) {
    config.operators.resize(operators);
    plan.behaviours.resize(operators);
    plan.workload.prefixes.resize(std::min<std::size_t>(plan.workload.prefixes.size(), operators));
    if (plan.absent && *plan.absent >= operators) plan.absent.reset();
    for (auto& op : config.operators) {
      std::erase_if(op.failover, [&](const std::string& name) {
        return std::ranges::find(config.operators, name, &core::OperatorConfig::name) ==
               config.operators.end();
      });
    }
  }
  plan.workload.recipients_at_most = recipients;
  plan.workload.only = jobs;
  if (faults) {
    std::vector<FaultEvent> left;
    for (const unsigned number : *faults) {
      if (number < plan.schedule.size()) left.push_back(plan.schedule[number]);
    }
    plan.schedule = std::move(left);
  }
  if (plain_operators) {
    for (auto& behaviour : plan.behaviours) {
      simulator::Behaviour plain;
      plain.id_style = behaviour.id_style;
      plain.receipt_id_style = behaviour.receipt_id_style;
      behaviour = plain;
    }
    for (auto& op : config.operators) {
      op.bind = core::BindKind::transceiver;
      op.binds = plan.shards;
    }
  }
  if (plain_network) {
    plan.network.short_write = plan.network.late_departure = plan.network.split = 0;
    plan.network.kernel_bytes = NetworkWeather{}.kernel_bytes;
  }
  if (plain_store) plan.store.spike = 0;
  if (plain_limits) config.limits = core::Limits{};
  if (patience > 0) plan.patience = std::chrono::seconds(patience);
  return plan;
}

}  // namespace anchal::sim
