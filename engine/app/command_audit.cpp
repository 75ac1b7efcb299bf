#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/admin/http.h"
#include "engine/app/audit_chain.h"
#include "engine/app/command_client.h"
#include "engine/app/exit_codes.h"
#include "engine/app/text_table.h"

namespace anchal::app {
namespace {

using nlohmann::ordered_json;

AuditEntry entry_of(const ordered_json& row) {
  AuditEntry entry;
  for (const AuditField& field : audit_fields()) entry.*field.value = row.value(std::string(field.name), "");
  return entry;
}

}  // namespace

int run_audit_list(const ClientOptions& client, std::uint64_t limit) {
  const EngineAnswer answer = ask_engine(client, "GET", fmt::format("/api/v1/audit?limit={}", limit));
  if (!answer.ok()) return answer.exit_code;
  if (client.json) {
    print(answer.body);
    return client_exit::ok;
  }
  TextTable table({"at", "epoch", "actor", "action", "subject", "reason"});
  const auto body = ordered_json::parse(answer.body);
  for (const ordered_json& row : body["entries"]) {
    const AuditEntry entry = entry_of(row);
    table.add({entry.at, entry.epoch, entry.actor, entry.action, entry.subject, entry.reason});
  }
  print(table.text());
  return client_exit::ok;
}

int run_audit_verify(const ClientOptions& client) {
  std::string previous(kFirstPrevious);
  std::string after;
  std::uint64_t count = 0;
  for (;;) {
    const std::string path =
        "/api/v1/audit?limit=1000" + (after.empty() ? "" : "&after=" + admin::encode_segment(after));
    const EngineAnswer answer = ask_engine(client, "GET", path);
    if (!answer.ok()) return answer.exit_code;
    const auto rows = ordered_json::parse(answer.body)["entries"];
    if (rows.empty()) break;
    std::vector<AuditEntry> entries;
    entries.reserve(rows.size());
    for (const ordered_json& row : rows) entries.push_back(entry_of(row));
    if (const auto verified = verify_chain(entries, previous); !verified) {
      const std::string id = rows[verified.error().index].value("id", "");
      if (client.json)
        print(ordered_json{{"whole", false}, {"entry", id}, {"what", verified.error().what}}.dump() + "\n");
      print_error(fmt::format("the chain is broken at entry {}: {}", id, verified.error().what));
      return client_exit::failed;
    }
    count += entries.size();
    previous = entries.back().hash;
    after = rows.back().value("id", "");
  }
  if (client.json) {
    print(ordered_json{{"whole", true}, {"entries", count}, {"head", previous}}.dump() + "\n");
  } else {
    print(fmt::format("{} entries, every link holds; head {}\n", count, previous));
  }
  return client_exit::ok;
}

}  // namespace anchal::app
