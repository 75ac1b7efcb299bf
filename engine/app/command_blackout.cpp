#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "engine/admin/http.h"
#include "engine/app/command_client.h"
#include "engine/app/exit_codes.h"
#include "engine/app/text_table.h"

namespace anchal::app {
namespace {

using nlohmann::ordered_json;

std::string dump(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string body_of(const BlackoutOptions& options) {
  ordered_json body;
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty()) body[name] = value;
  };
  put("name", options.name);
  put("reason", options.reason);
  put("reference", options.reference);
  put("starts_at", options.starts_at);
  put("ends_at", options.ends_at);
  put("on_hold", options.on_hold);
  body["scope"] = {{"categories", options.categories},
                   {"tenants", options.tenants},
                   {"senders", options.senders},
                   {"places", options.places},
                   {"operators", options.operators}};
  body["kind"] = "blackout";
  if (!options.daily_from.empty() || !options.daily_to.empty()) {
    body["kind"] = "quiet";
    body["daily"] = {{"from", options.daily_from}, {"to", options.daily_to}, {"zone", options.daily_zone}};
    if (!options.daily_days.empty()) body["daily"]["days"] = options.daily_days;
  }
  return dump(body);
}

std::string scope_text(const ordered_json& scope) {
  std::string out;
  for (const auto& [what, names] : scope.items()) {
    if (names.empty()) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : "; ", what,
                       fmt::join(names.get<std::vector<std::string>>(), ","));
  }
  return out.empty() ? "everything" : out;
}

std::string when_text(const ordered_json& rule) {
  std::string out;
  if (rule.contains("daily")) {
    out = fmt::format("daily {}-{} {}", rule["daily"].value("from", ""), rule["daily"].value("to", ""),
                      rule["daily"].value("zone", ""));
  }
  if (rule["starts_at"].is_string())
    out += fmt::format("{}from {}", out.empty() ? "" : " ", rule["starts_at"].get<std::string>());
  if (rule["ends_at"].is_string())
    out += fmt::format("{}until {}", out.empty() ? "" : " ", rule["ends_at"].get<std::string>());
  return out.empty() ? "until ended" : out;
}

std::string certificate_text(const ordered_json& certificate) {
  std::string out = fmt::format("EFFECTIVE at {}, epoch {}\n", certificate["effective_at"].get<std::string>(),
                                certificate["epoch"].get<std::uint64_t>());
  for (const ordered_json& engine : certificate["engines"]) {
    out += fmt::format("  {}: {} after {} ms\n", engine["engine"].get<std::string>(),
                       engine["how"].get<std::string>(), engine["after_ms"].get<std::int64_t>());
  }
  return out;
}

int tell_certificate(const ClientOptions& client, const EngineAnswer& answer) {
  if (!answer.ok()) return answer.exit_code;
  if (client.json) {
    print(answer.body);
    return client_exit::ok;
  }
  const auto body = ordered_json::parse(answer.body);
  if (body.contains("rule")) print(fmt::format("{}\n", body["rule"]["id"].get<std::string>()));
  print(certificate_text(body["certificate"]));
  return client_exit::ok;
}

}  // namespace

int run_blackout_list(const ClientOptions& client) {
  const EngineAnswer answer = ask_engine(client, "GET", "/api/v1/blackouts");
  if (!answer.ok()) return answer.exit_code;
  if (client.json) {
    print(answer.body);
    return client_exit::ok;
  }
  TextTable table({"id", "name", "in force", "held", "scope", "when", "reason"});
  const auto body = ordered_json::parse(answer.body);
  for (const ordered_json& rule : body["blackouts"]) {
    table.add({rule["id"].get<std::string>(), rule.value("name", ""),
               rule["active"].get<bool>() ? "yes" : "no", grouped(rule["held"].get<std::int64_t>()),
               scope_text(rule["scope"]), when_text(rule), rule.value("reason", "")});
  }
  print(table.text());
  return client_exit::ok;
}

int run_blackout_add(const ClientOptions& client, const BlackoutOptions& blackout) {
  return tell_certificate(client, ask_engine(client, "POST", "/api/v1/blackouts", body_of(blackout)));
}

int run_blackout_preview(const ClientOptions& client, const BlackoutOptions& blackout) {
  const EngineAnswer answer = ask_engine(client, "POST", "/api/v1/blackouts/preview", body_of(blackout));
  if (!answer.ok()) return answer.exit_code;
  if (client.json) {
    print(answer.body);
    return client_exit::ok;
  }
  const auto body = ordered_json::parse(answer.body);
  print(fmt::format("judged at {}{}\n", body["judged_at"].get<std::string>(),
                    body["active"].get<bool>() ? "" : ", when it begins"));
  for (const ordered_json& stop : body["stops"]) {
    print(fmt::format("{} {} to {}\n", stop["decision"] == "drop" ? "drops" : "holds",
                      stop["category"].get<std::string>(),
                      fmt::join(stop["operators"].get<std::vector<std::string>>(), ", ")));
  }
  for (const ordered_json& pass : body["passes"]) {
    print(fmt::format("passes {}{}\n", pass["category"].get<std::string>(),
                      pass["exempt"].get<bool>() ? " (exempt)" : ""));
  }
  return client_exit::ok;
}

int run_blackout_end(const ClientOptions& client, const std::string& id, const std::string& reason) {
  return tell_certificate(
      client, ask_engine(client, "POST", "/api/v1/blackouts/" + admin::encode_segment(id) + "/end",
                         dump({{"reason", reason}})));
}

int run_blackout_extend(const ClientOptions& client, const std::string& id, const std::string& ends_at,
                        const std::string& reason) {
  return tell_certificate(
      client, ask_engine(client, "POST", "/api/v1/blackouts/" + admin::encode_segment(id) + "/extend",
                         dump({{"reason", reason}, {"ends_at", ends_at}})));
}

}  // namespace anchal::app
