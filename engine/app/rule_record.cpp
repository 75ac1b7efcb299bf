#include "engine/app/rule_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/app/suggest.h"
#include "engine/core/job/time_text.h"

namespace anchal::app {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using Errors = std::vector<admin::FieldError>;

constexpr std::array<std::string_view, 7> kDays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::size_t kTextMax = 500;
constexpr std::size_t kListMax = 1'000;

struct ScopeField {
  std::string_view name;
  std::vector<std::string> throttle::Scope::* list;
};
constexpr std::array<ScopeField, 5> kScope{{{"categories", &throttle::Scope::categories},
                                            {"tenants", &throttle::Scope::tenants},
                                            {"senders", &throttle::Scope::senders},
                                            {"places", &throttle::Scope::places},
                                            {"operators", &throttle::Scope::operators}}};

/// Reads one JSON object field by field and remembers what is wrong.
class ObjectReader {
 public:
  ObjectReader(const json& object, std::string path, Errors& errors)
      : object_(object), path_(std::move(path)), errors_(errors) {}

  void only(std::span<const std::string_view> names) {
    for (const auto& [key, value] : object_.items()) {
      if (std::find(names.begin(), names.end(), key) != names.end()) continue;
      const std::string_view near = nearest(key, names);
      wrong(key, near.empty() ? "there is no such field"
                              : fmt::format("there is no such field; did you mean {}?", near));
    }
  }

  const json* find(std::string_view name) const {
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  std::string text(std::string_view name, bool required) {
    const json* value = find(name);
    if (value == nullptr) {
      if (required) wrong(name, "is required");
      return {};
    }
    if (!value->is_string()) {
      wrong(name, "must be a text");
      return {};
    }
    auto out = value->get<std::string>();
    if (out.size() > kTextMax) wrong(name, fmt::format("has more than {} octets", kTextMax));
    if (required && out.find_first_not_of(" \t\r\n") == std::string::npos) wrong(name, "must not be empty");
    return out;
  }

  std::optional<WallTime> time(std::string_view name) {
    const json* value = find(name);
    if (value == nullptr) return std::nullopt;
    const auto time = value->is_string() ? core::parse_rfc3339(value->get<std::string>()) : std::nullopt;
    if (!time) wrong(name, "must be a time with its zone, like 2026-03-03T09:00:00+05:30");
    return time;
  }

  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> out;
    const json* value = find(name);
    if (value == nullptr) return out;
    if (!value->is_array() || value->size() > kListMax) {
      wrong(name, fmt::format("must be a list of at most {} texts", kListMax));
      return out;
    }
    for (std::size_t i = 0; i < value->size(); ++i) {
      if ((*value)[i].is_string()) {
        out.push_back((*value)[i].get<std::string>());
      } else {
        wrong(fmt::format("{}[{}]", name, i), "must be a text");
      }
    }
    return out;
  }

  void wrong(std::string_view name, std::string message) {
    errors_.push_back(
        {path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name), std::move(message)});
  }

 private:
  const json& object_;
  std::string path_;
  Errors& errors_;
};

/// "HH:MM" as minutes after midnight; 24:00 included.
std::optional<std::chrono::minutes> clock_time(std::string_view text) {
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
    return std::nullopt;
  const int hours = (text[0] - '0') * 10 + text[1] - '0';
  const int minutes = (text[3] - '0') * 10 + text[4] - '0';
  if (minutes > 59 || hours * 60 + minutes > 24 * 60) return std::nullopt;
  return std::chrono::minutes(hours * 60 + minutes);
}

std::string clock_text(std::chrono::minutes time) {
  return fmt::format("{:02}:{:02}", time.count() / 60, time.count() % 60);
}

void read_scope(const json& value, throttle::Scope& scope, Errors& errors) {
  if (!value.is_object()) {
    errors.push_back({"scope", "must be an object"});
    return;
  }
  static constexpr std::array<std::string_view, 5> names{"categories", "tenants", "senders", "places",
                                                         "operators"};
  ObjectReader reader(value, "scope", errors);
  reader.only(names);
  for (const ScopeField& field : kScope) scope.*field.list = reader.texts(field.name);
}

void read_daily(const json& value, std::optional<throttle::Daily>& out, Errors& errors) {
  if (!value.is_object()) {
    errors.push_back({"daily", "must be an object"});
    return;
  }
  static constexpr std::array<std::string_view, 4> names{"from", "to", "zone", "days"};
  ObjectReader reader(value, "daily", errors);
  reader.only(names);
  throttle::Daily daily;
  const auto read_clock = [&](std::string_view name, std::chrono::minutes& to) {
    const std::string text = reader.text(name, true);
    if (text.empty()) return;
    if (const auto time = clock_time(text)) {
      to = *time;
    } else {
      reader.wrong(name, "must be a time of day, like 21:00");
    }
  };
  read_clock("from", daily.from);
  read_clock("to", daily.to);
  daily.zone = reader.text("zone", true);
  if (reader.find("days") != nullptr) {
    daily.days = 0;
    const std::vector<std::string> days = reader.texts("days");
    for (std::size_t i = 0; i < days.size(); ++i) {
      const auto day = std::find(kDays.begin(), kDays.end(), days[i]);
      if (day == kDays.end()) {
        reader.wrong(fmt::format("days[{}]", i), "must be mon, tue, wed, thu, fri, sat or sun");
      } else {
        daily.days = static_cast<std::uint8_t>(daily.days | 1U << (day - kDays.begin()));
      }
    }
  }
  out = std::move(daily);
}

/// The fields that a hub's body and a stored record have in common.
RuleRecord read_record(const json& body, Errors& errors) {
  RuleRecord record;
  ObjectReader reader(body, "", errors);
  record.name = reader.text("name", false);
  record.reason = reader.text("reason", true);
  record.reference = reader.text("reference", false);
  if (const std::string kind = reader.text("kind", false); !kind.empty()) {
    if (const auto parsed = throttle::parse_rule_kind(kind)) {
      record.rule.kind = *parsed;
    } else {
      reader.wrong("kind", "must be blackout or quiet");
    }
  }
  if (const std::string on_hold = reader.text("on_hold", false); !on_hold.empty()) {
    if (const auto parsed = throttle::parse_on_hold(on_hold)) {
      record.rule.on_hold = *parsed;
    } else {
      reader.wrong("on_hold", "must be defer, drop or reapprove");
    }
  }
  record.rule.starts_at = reader.time("starts_at");
  record.rule.ends_at = reader.time("ends_at");
  if (const json* scope = reader.find("scope")) read_scope(*scope, record.rule.scope, errors);
  if (const json* daily = reader.find("daily")) read_daily(*daily, record.rule.daily, errors);
  return record;
}

void check_operators(const throttle::Scope& scope, const std::vector<std::string>& operators,
                     Errors& errors) {
  const std::vector<std::string_view> known(operators.begin(), operators.end());
  for (std::size_t i = 0; i < scope.operators.size(); ++i) {
    const std::string& name = scope.operators[i];
    if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string_view near = nearest(name, known);
    errors.push_back({fmt::format("scope.operators[{}]", i),
                      fmt::format("there is no operator '{}'{}", name,
                                  near.empty() ? "" : fmt::format("; did you mean '{}'?", near))});
  }
}

std::string time_text(WallTime time) {
  std::string out;
  core::append_rfc3339(out, time);
  return out;
}

ordered_json time_or_null(const std::optional<WallTime>& time) {
  return time ? ordered_json(time_text(*time)) : ordered_json(nullptr);
}

}  // namespace

std::expected<RuleRecord, Errors> rule_from_request(std::string_view body,
                                                    const std::vector<throttle::Category>& categories,
                                                    const std::vector<std::string>& operators, std::string id,
                                                    std::string author, WallTime now) {
  Errors errors;
  const json parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object()) return std::unexpected(Errors{{"", "the body must be one JSON object"}});
  static constexpr std::array<std::string_view, 9> names{"name",  "kind",    "scope",  "starts_at", "ends_at",
                                                         "daily", "on_hold", "reason", "reference"};
  ObjectReader(parsed, "", errors).only(names);
  RuleRecord record = read_record(parsed, errors);
  record.rule.id = std::move(id);
  record.author = std::move(author);
  record.created_at = now;
  if (record.rule.ends_at && *record.rule.ends_at <= now) errors.push_back({"ends_at", "is in the past"});
  check_operators(record.rule.scope, operators, errors);
  for (throttle::RuleError& error : throttle::validate(std::span(&record.rule, 1), categories)) {
    errors.push_back({std::move(error.field), std::move(error.message)});
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return record;
}

std::string rule_json(const RuleRecord& record) {
  const throttle::Rule& rule = record.rule;
  ordered_json out;
  out["id"] = rule.id;
  out["name"] = record.name;
  out["kind"] = throttle::to_string(rule.kind);
  out["scope"] = ordered_json::object();
  for (const ScopeField& field : kScope) out["scope"][std::string(field.name)] = rule.scope.*field.list;
  out["starts_at"] = time_or_null(rule.starts_at);
  out["ends_at"] = time_or_null(rule.ends_at);
  if (rule.daily) {
    ordered_json days = ordered_json::array();
    for (std::size_t day = 0; day < kDays.size(); ++day) {
      if ((rule.daily->days >> day & 1U) != 0) days.push_back(kDays[day]);
    }
    out["daily"] = {{"from", clock_text(rule.daily->from)},
                    {"to", clock_text(rule.daily->to)},
                    {"zone", rule.daily->zone},
                    {"days", std::move(days)}};
  }
  out["on_hold"] = throttle::to_string(rule.on_hold);
  out["reason"] = record.reason;
  out["reference"] = record.reference;
  out["author"] = record.author;
  out["created_at"] = time_text(record.created_at);
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<RuleRecord> rule_from_json(std::string_view text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return std::nullopt;
  Errors errors;
  RuleRecord record = read_record(parsed, errors);
  ObjectReader reader(parsed, "", errors);
  record.rule.id = reader.text("id", true);
  record.author = reader.text("author", false);
  record.created_at = reader.time("created_at").value_or(WallTime{});
  if (!errors.empty()) return std::nullopt;
  return record;
}

std::string new_rule_id(WallTime now, std::uint64_t random) {
  static constexpr char kLetters[] =
      "abcdefghijkmnpqrstuvwxyz23456789";  // no l, o, 0, 1: read over the phone
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(now)};
  std::string id = fmt::format("r{:04}{:02}{:02}-", static_cast<int>(day.year()),
                               static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  for (int i = 0; i < 10; ++i, random >>= 5) id += kLetters[random & 31];
  return id;
}

}  // namespace anchal::app
