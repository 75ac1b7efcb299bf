#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <tuple>

#include "engine/app/command_client.h"
#include "engine/app/control_store.h"
#include "engine/app/exit_codes.h"
#include "engine/app/text_table.h"
#include "engine/core/keys.h"
#include "engine/core/stream/stream_id.h"

namespace anchal::app {
namespace {

using nlohmann::ordered_json;

struct DeadLetter {
  std::string id;  // "partition/entry"
  core::StreamId entry;
  std::map<std::string, std::string> fields;
  std::size_t octets = 0;  // of the body
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
  DeadLetter letter;
  letter.id = fmt::format("{}/{}", partition, entry.elements[0].text);
  letter.entry = core::StreamId::parse(entry.elements[0].text).value_or(core::StreamId{});
  const auto& fields = entry.elements[1].elements;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) letter.fields[fields[i].text] = fields[i + 1].text;
  if (const auto body = letter.fields.find("body"); body != letter.fields.end())
    letter.octets = body->second.size();
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
  // Whole ids only: Redis takes "1700" for a range of entries in one command and for one entry in another.
  const std::string entry = id.substr(slash + 1);
  const auto parsed = core::StreamId::parse(entry);
  if (!parsed || parsed->text() != entry) return std::nullopt;
  if (error != std::errc{} || end != id.data() + slash || partition >= partitions) return std::nullopt;
  return DeadId{static_cast<core::PartitionId>(partition), entry};
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

/// The oldest letters of a partition, without their bodies: a few at a time, for each may be 16 MiB.
std::optional<ControlError> read_letters(ControlStore& store, core::PartitionId partition, std::size_t limit,
                                         std::vector<DeadLetter>& letters, bool& more) {
  constexpr std::size_t kAtOnce = 8;
  std::string from = "-";
  for (std::size_t got = 0;;) {
    const auto reply =
        store.ask({"XRANGE", dead_key(partition), from, "+", "COUNT", std::to_string(kAtOnce)});
    if (!reply) return reply.error();
    for (const OwnedReply& entry : reply->elements) {
      if (got == limit) {
        more = true;
        return std::nullopt;
      }
      ++got;
      letters.push_back(letter_of(partition, entry));
      letters.back().fields.erase("body");
    }
    if (reply->elements.size() < kAtOnce) return std::nullopt;
    from = letters.back().entry.next().text();
  }
}

}  // namespace

int run_dead_list(const DeadOptions& options) {
  const Opened opened = open(options);
  if (opened.exit_code != client_exit::ok) return opened.exit_code;
  std::vector<DeadLetter> letters;
  bool more = false;
  for (core::PartitionId partition = 0; partition < opened.config->core.partitions; ++partition) {
    if (const auto failed = read_letters(*opened.store, partition, options.limit, letters, more))
      return told(*failed);
  }
  // The oldest of all partitions, not all of the first one.
  std::ranges::sort(letters, [](const DeadLetter& a, const DeadLetter& b) {
    return std::tie(a.entry, a.id) < std::tie(b.entry, b.id);
  });
  more |= letters.size() > options.limit;
  letters.resize(std::min<std::size_t>(letters.size(), options.limit));
  if (more) fmt::print(stderr, "there are more: --limit N shows the N oldest\n");
  if (options.json) {
    ordered_json out = ordered_json::array();
    for (const DeadLetter& letter : letters) {
      ordered_json row{{"id", letter.id}};
      for (const auto& [name, value] : letter.fields) {
        if (name != "v" && name != "id") row[name] = value;
      }
      const auto entry = letter.fields.find("id");
      row["entry"] = entry == letter.fields.end() ? "" : entry->second;
      row["octets"] = letter.octets;
      out.push_back(std::move(row));
    }
    print(out.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
    return client_exit::ok;
  }
  TextTable table({"id", "stream", "reason", "detail"});
  for (DeadLetter& letter : letters) {
    table.add({letter.id, printable(letter.fields["stream"]), printable(letter.fields["reason"]),
               printable(letter.fields["detail"])});
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
    if (letter.fields.contains("indexes")) {
      print_error(
          "its messages were accepted and have ended; those still wanted need a job with an id of its own");
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
    if (done->integer == 0) {
      print_error("somebody else has just removed it");
      return client_exit::not_found;
    }
    if (options.json) print("{\"dropped\":true}\n");
    return client_exit::ok;
  });
}

}  // namespace anchal::app
