#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/admin/http.h"
#include "engine/app/command_client.h"
#include "engine/app/exit_codes.h"
#include "engine/app/text_table.h"

namespace anchal::app {
namespace {

using nlohmann::ordered_json;

std::int64_t sum_of(const ordered_json& object) {
  std::int64_t sum = 0;
  for (const auto& [name, value] : object.items()) sum += value.get<std::int64_t>();
  return sum;
}

std::string list_of(const ordered_json& object) {
  std::string out;
  for (const auto& [name, value] : object.items()) {
    if (value.get<std::int64_t>() != 0)
      out += fmt::format("{}{} {}", out.empty() ? "" : "  ", name, grouped(value.get<std::int64_t>()));
  }
  return out.empty() ? "nothing" : out;
}

std::string operators_text(const ordered_json& operators) {
  TextTable table({"operator", "binds", "contract", "rate", "in flight", "queued", "backlog", "accepted",
                   "rejected", "throttled", "receipts"});
  for (const ordered_json& op : operators) {
    const auto number = [](const ordered_json& value) { return grouped(value.get<std::int64_t>()); };
    table.add({op["name"].get<std::string>() + (op["paused"].get<bool>() ? " (paused)" : ""),
               fmt::format("{}/{}", op["binds_up"].get<int>(), op["binds"].get<int>()),
               op["tps"] == 0 ? "unlimited" : number(op["tps"]),
               fmt::format("{:.0f}", op["rate_limit"].get<double>()), number(op["in_flight"]),
               number(op["queued"]), number(op["backlog"]), number(op["parts"]["accepted"]),
               number(op["parts"]["rejected"]), number(op["parts"]["throttled"]),
               number(op["receipts"]["matched"])});
  }
  return table.text();
}

/// Asks, and prints the JSON itself or what `text` makes of it.
template <class Text>
int ask_and_print(const ClientOptions& client, const std::string& path, Text text) {
  const EngineAnswer answer = ask_engine(client, "GET", path);
  if (!answer.ok()) return answer.exit_code;
  print(client.json ? answer.body : text(ordered_json::parse(answer.body)));
  return client_exit::ok;
}

}  // namespace

int run_status(const ClientOptions& client) {
  return ask_and_print(client, "/api/v1/status", [](const ordered_json& status) {
    std::string out =
        fmt::format("accepted {} = final {} + waiting {}   difference {}\n",
                    grouped(status["accepted"].get<std::int64_t>()), grouped(sum_of(status["final"])),
                    grouped(sum_of(status["waiting"])), status["difference"].get<std::int64_t>());
    if (status["partitions_owned"] == 0) {
      out += "         of no partition: none has an owner yet, and what waits there is not counted\n";
    }
    out += fmt::format("final    {}\nwaiting  {}\n", list_of(status["final"]), list_of(status["waiting"]));
    out += fmt::format("policy   epoch {}, {} rules\n\n", status["policy"]["epoch"].get<std::uint64_t>(),
                       status["policy"]["rules"].get<std::uint64_t>());
    return out + operators_text(status["operators"]);
  });
}

int run_operators(const ClientOptions& client) {
  return ask_and_print(client, "/api/v1/operators",
                       [](const ordered_json& answer) { return operators_text(answer["operators"]); });
}

int run_pause(const ClientOptions& client, const std::string& operator_name, bool paused,
              const std::string& reason) {
  const EngineAnswer answer = ask_engine(
      client, "POST",
      "/api/v1/operators/" + admin::encode_segment(operator_name) + (paused ? "/pause" : "/resume"),
      nlohmann::json{{"reason", reason}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  if (!answer.ok()) return answer.exit_code;
  print(client.json ? answer.body
                    : fmt::format("{} is {}\n", operator_name, paused ? "paused" : "in service again"));
  return client_exit::ok;
}

int run_trace(const ClientOptions& client, const std::string& tenant, const std::string& job,
              std::uint64_t index) {
  const std::string path = fmt::format("/api/v1/messages/{}/{}/{}", admin::encode_segment(tenant),
                                       admin::encode_segment(job), index);
  return ask_and_print(client, path, [](const ordered_json& message) {
    std::string out =
        fmt::format("{}{}, partition {}\n", message["state"].get<std::string>(),
                    message["final"].get<bool>() ? " (final)" : "", message["partition"].get<int>());
    for (const ordered_json& place : message["waiting"]) {
      out += fmt::format("waits in {}", place["place"].get<std::string>());
      for (const auto& [name, value] : place.items()) {
        if (name != "place" && value.is_string())
          out += fmt::format("  {} {}", name, value.get<std::string>());
      }
      out += '\n';
    }
    for (const ordered_json& line : message["outcomes"]) {
      out += fmt::format("{}  {}", line.value("at", ""), line.value("state", ""));
      for (const auto& [name, value] : line.items()) {
        if (name == "at" || name == "state" || name == "job" || name == "i" || name == "final") continue;
        out += fmt::format("  {} {}", name, value.is_string() ? value.get<std::string>() : value.dump());
      }
      out += '\n';
    }
    if (!message["whole"].get<bool>()) out += "the streams hold more than was looked at\n";
    return out;
  });
}

}  // namespace anchal::app
