#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "engine/app/command_client.h"
#include "engine/app/control_store.h"
#include "engine/app/exit_codes.h"
#include "engine/app/text_table.h"
#include "engine/core/keys.h"

namespace anchal::app {
namespace {

using nlohmann::ordered_json;

struct DeadLetter {
  std::string id;  // "partition/entry"
  std::map<std::string, std::string> fields;
};

/// The configuration and its Redis, or an exit code after telling why not.
struct Opened {
  int exit_code = client_exit::ok;
  std::optional<AppConfig> config;
  std::unique_ptr<ControlStore> store;
};

Opened open(const DeadOptions& options) {
  ConfigResult result = load_config(options.config_file);
  if (!result.config) {
    for (const Mistake& mistake : result.mistakes)
      fmt::print(stderr, "{}\n", mistake.text(options.config_file));
    return {client_exit::usage, std::nullopt, nullptr};
  }
  auto store = std::make_unique<ControlStore>(result.config->redis);
  return {client_exit::ok, std::move(result.config), std::move(store)};
}

int told(const ControlError& error) {
  print_error(error.text);
  return error.kind == ControlFailure::unreachable ? client_exit::unreachable : client_exit::failed;
}

/// What came from outside, without what a terminal would obey.
std::string printable(std::string text) {
  for (char& octet : text) {
    if ((static_cast<unsigned char>(octet) < 0x20 && octet != '\n' && octet != '\t') || octet == 0x7F)
      octet = '?';
  }
  return text;
}

std::string dead_key(core::PartitionId partition) {
  return core::keys::partition(partition, core::keys::kDead);
}

DeadLetter letter_of(core::PartitionId partition, const OwnedReply& entry) {
  DeadLetter letter{fmt::format("{}/{}", partition, entry.elements[0].text), {}};
  const auto& fields = entry.elements[1].elements;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) letter.fields[fields[i].text] = fields[i + 1].text;
  return letter;
}

/// "3/1700000000000-0" taken apart.
struct DeadId {
  core::PartitionId partition;
  std::string entry;
};
std::optional<DeadId> parse_id(const std::string& id, unsigned partitions) {
  const std::size_t slash = id.find('/');
  if (slash == std::string::npos || slash + 1 == id.size()) return std::nullopt;
  unsigned partition = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + slash, partition);
  if (error != std::errc{} || end != id.data() + slash || partition >= partitions) return std::nullopt;
  return DeadId{static_cast<core::PartitionId>(partition), id.substr(slash + 1)};
}

/// Opens, finds the letter that `options.id` names, and hands both on.
template <class Work>
int with_letter(const DeadOptions& options, Work work) {
  Opened opened = open(options);
  if (opened.exit_code != client_exit::ok) return opened.exit_code;
  const auto id = parse_id(options.id, opened.config->core.partitions);
  if (!id) {
    print_error("an id is written partition/entry, as `anchal dead list` prints it");
    return client_exit::usage;
  }
  const auto reply = opened.store->ask({"XRANGE", dead_key(id->partition), id->entry, id->entry});
  if (!reply) return told(reply.error());
  if (reply->elements.empty()) {
    print_error("there is no such dead letter");
    return client_exit::not_found;
  }
  return work(*opened.store, *id, letter_of(id->partition, reply->elements[0]));
}

}  // namespace

int run_dead_list(const DeadOptions& options) {
  const Opened opened = open(options);
  if (opened.exit_code != client_exit::ok) return opened.exit_code;
  std::vector<DeadLetter> letters;
  for (core::PartitionId partition = 0; partition < opened.config->core.partitions; ++partition) {
    const auto reply =
        opened.store->ask({"XRANGE", dead_key(partition), "-", "+", "COUNT", std::to_string(options.limit)});
    if (!reply) return told(reply.error());
    for (const OwnedReply& entry : reply->elements) {
      if (letters.size() < options.limit) letters.push_back(letter_of(partition, entry));
    }
  }
  if (options.json) {
    ordered_json out = ordered_json::array();
    for (const DeadLetter& letter : letters) {
      ordered_json row{{"id", letter.id}};
      for (const auto& [name, value] : letter.fields) {
        if (name != "body" && name != "v" && name != "id") row[name] = value;
      }
      const auto entry = letter.fields.find("id");
      const auto body = letter.fields.find("body");
      row["entry"] = entry == letter.fields.end() ? "" : entry->second;
      row["octets"] = body == letter.fields.end() ? 0 : body->second.size();
      out.push_back(std::move(row));
    }
    print(out.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
    return client_exit::ok;
  }
  TextTable table({"id", "stream", "reason", "detail"});
  for (DeadLetter& letter : letters) {
    table.add({letter.id, letter.fields["stream"], letter.fields["reason"], letter.fields["detail"]});
  }
  print(table.text());
  return client_exit::ok;
}

int run_dead_show(const DeadOptions& options) {
  return with_letter(options, [&](ControlStore&, const DeadId&, const DeadLetter& letter) {
    if (options.json) {
      ordered_json out = ordered_json::object();
      for (const auto& [name, value] : letter.fields) out[name] = value;
      print(out.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
    } else {
      for (const auto& [name, value] : letter.fields) print(fmt::format("{}: {}\n", name, printable(value)));
    }
    return client_exit::ok;
  });
}

namespace {

/// Which field of a job stream the body came in: "data" holds a CloudEvents envelope.
const char* field_of(const std::string& body) {
  const auto parsed = nlohmann::json::parse(body, nullptr, false);
  return parsed.is_object() && parsed.contains("specversion") && parsed.contains("data") ? "data" : "body";
}

}  // namespace

int run_dead_retry(const DeadOptions& options) {
  return with_letter(options, [&](ControlStore& store, const DeadId& id, const DeadLetter& letter) {
    const auto stream = letter.fields.find("stream");
    const auto body = letter.fields.find("body");
    const std::string jobs = core::keys::partition(id.partition, "jobs:");
    if (stream == letter.fields.end() || body == letter.fields.end() || !stream->second.starts_with(jobs)) {
      print_error("only what came from a job stream can be tried again");
      return client_exit::refused;
    }
    if (body->second.size() >= core::keys::kDeadBodyMax) {
      print_error("the dead letter keeps only the beginning of this job: push it anew");
      return client_exit::refused;
    }
    const auto done =
        store.transact({{"XADD", stream->second, "*", "v", "1", field_of(body->second), body->second},
                        {"XDEL", dead_key(id.partition), id.entry}});
    if (!done) return told(done.error());
    print(options.json ? ordered_json{{"stream", stream->second}, {"entry", done->at(0).text}}.dump() + "\n"
                       : fmt::format("{} {}\n", stream->second, done->at(0).text));
    return client_exit::ok;
  });
}

int run_dead_drop(const DeadOptions& options) {
  return with_letter(options, [&](ControlStore& store, const DeadId& id, const DeadLetter&) {
    const auto done = store.ask({"XDEL", dead_key(id.partition), id.entry});
    if (!done) return told(done.error());
    if (options.json) print("{\"dropped\":true}\n");
    return client_exit::ok;
  });
}

}  // namespace anchal::app
