#include "engine/app/startup_checks.h"

#include <fmt/format.h>

#include <cstdlib>

#include "engine/core/keys.h"
#include "engine/redis/server_identity.h"

namespace anchal::app {
namespace {

/// Of a hash's fields: between small packed hashes and large ones lies a region where every look-up is a
/// search.
constexpr long kListpackMax = 64;

std::expected<admin::Tokens, std::string> load_tokens(const AdminSettings& admin) {
  if (admin.tokens_file.empty()) return admin::Tokens::open();
  const auto text = real_surroundings("").read_file(admin.tokens_file);
  if (!text) return std::unexpected("admin.tokens_file: " + text.error());
  auto tokens = admin::Tokens::parse(*text);
  if (!tokens)
    return std::unexpected(fmt::format("admin.tokens_file {}: {}", admin.tokens_file, tokens.error()));
  return tokens;
}

/// Commands that change nothing and that every engine needs, tried as the ACL user in a form that has no
/// effect.
std::vector<RedisCommand> harmless_commands() {
  const std::string probe = core::keys::partition(0, "acl-probe");
  return {{"GET", probe},
          {"XLEN", probe},
          {"XRANGE", probe, "-", "+", "COUNT", "1"},
          {"HGETALL", probe},
          {"ZRANGEBYSCORE", probe, "0", "1", "LIMIT", "0", "1"},
          {"DEL", probe},
          {"XREVRANGE", probe, "+", "-", "COUNT", "1"},
          {"XREAD", "COUNT", "1", "STREAMS", probe, "0"},
          {"XTRIM", probe, "MINID", "0"},
          {"MGET", probe},
          {"HGET", probe, "f"},
          {"HMGET", probe, "f"},
          {"HLEN", probe},
          {"HSCAN", probe, "0"},
          {"HDEL", probe, "f"},
          {"ZREM", probe, "m"},
          {"PEXPIRE", probe, "1000"},
          {"EVAL", "return 1", "1", probe},
          {"WATCH", probe},
          {"UNWATCH"},
          {"MULTI"},
          {"EXEC"}};
}

/// Those that write are tried on a key of our own within a script, which removes it again: a script may do
/// what its caller may. It answers with the names of what was refused; a full Redis refuses too, but in other
/// words.
RedisCommand writing_commands() {
  constexpr const char* kTryAll =
      "local refused={} for _,line in ipairs(ARGV) do "
      "local words={} for word in string.gmatch(line,'%S+') do words[#words+1]=word=='K' and KEYS[1] or word "
      "end "
      "local reply=redis.pcall(unpack(words)) "
      "if type(reply)=='table' and reply.err and "
      "(string.find(reply.err,'NOPERM') or string.find(reply.err,\"can't run this command\")) "
      "then refused[#refused+1]=words[1] end "
      "redis.pcall('DEL',KEYS[1]) end return refused";
  return {"EVAL",
          kTryAll,
          "1",
          core::keys::partition(0, "acl-probe"),
          "SET K 1 PX 99",
          "INCR K",
          "XADD K * f v",
          "HSET K f v",
          "HSETNX K f v",
          "HINCRBY K f 1",
          "ZADD K 1 m"};
}

}  // namespace

std::expected<LoadedFiles, std::vector<std::string>> load_files(const AppConfig& config) {
  LoadedFiles files;
  std::vector<std::string> errors;
  if (config.redis.address.tls) {
    auto context = net::TlsContext::client(config.redis.tls);
    if (context) {
      files.redis_tls = std::move(*context);
    } else {
      errors.push_back("redis: " + context.error());
    }
  }
  for (std::size_t i = 0; i < config.links.size(); ++i) {
    auto& slot = files.operator_tls.emplace_back();
    if (!config.links[i].tls) continue;
    auto context = net::TlsContext::client(config.links[i].tls_settings);
    if (context) {
      slot = std::move(*context);
    } else {
      errors.push_back(fmt::format("operator \"{}\": {}", config.core.operators[i].name, context.error()));
    }
  }
  auto tokens = load_tokens(config.admin);
  if (tokens) {
    files.tokens = std::move(*tokens);
  } else {
    errors.push_back(tokens.error());
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return files;
}

RedisCheck check_redis(ControlStore& store, const AppConfig& config) {
  RedisCheck check;
  const auto info = store.ask({"INFO"});
  if (!info) {
    check.faults.push_back(info.error().text);
    check.reachable = info.error().kind == ControlFailure::refused;
    return check;
  }
  check.reachable = true;
  const auto identity = redis::ServerIdentity::from_info(info->text);
  check.facts.push_back(
      fmt::format("Redis {} at {}, {}", identity.version, config.redis.address.label(), identity.role));
  if (const auto unfit = redis::unfit(identity)) check.faults.push_back(unfit->text);
  if (identity.maxmemory == 0) {
    check.warnings.push_back(
        "maxmemory is 0: a backlog that outgrows the machine ends in the kernel's hands");
  } else if (identity.used_memory > identity.maxmemory / 10 * 9) {
    check.warnings.push_back("more than 90 % of maxmemory is used");
  }
  const auto setting = [&store](const char* name) {
    const auto reply = store.ask({"CONFIG", "GET", name});
    return reply && reply->elements.size() == 2 ? reply->elements[1].text : std::string();
  };
  const std::string replicas = setting("min-replicas-to-write");
  if (std::atol(replicas.c_str()) > static_cast<long>(identity.replicas)) {
    check.warnings.push_back(
        fmt::format("min-replicas-to-write is {} and {} replicas are connected: Redis refuses every write",
                    replicas, identity.replicas));
  }
  if (!config.redis.address.sentinels.empty() && replicas == "0") {
    check.warnings.push_back(
        "min-replicas-to-write is 0: a primary that is cut off from its sentinels goes on beside the new "
        "one, and "
        "what it is told is forgotten");
  }
  if (!identity.append_only) {
    check.warnings.push_back("the append-only file is off: a restart of Redis loses what was waiting");
  } else if (setting("appendfsync") == "no") {
    check.warnings.push_back("appendfsync is no: a power cut loses what the kernel had not written yet");
  }
  if (!setting("save").empty() && setting("stop-writes-on-bgsave-error") == "yes") {
    check.warnings.push_back(
        "snapshots are on and stop-writes-on-bgsave-error is yes: one that fails stops every write; the "
        "append-only file makes snapshots needless (save \"\")");
  }
  if (const std::string size = setting("hash-max-listpack-entries"); std::atol(size.c_str()) > kListpackMax) {
    check.warnings.push_back(fmt::format(
        "hash-max-listpack-entries is {}, more than {}: small hashes become slow", size, kListpackMax));
  }
  std::vector<RedisCommand> commands = harmless_commands();
  commands.push_back(writing_commands());
  if (const auto replies = store.ask_all(commands)) {
    for (std::size_t i = 0; i < replies->size(); ++i) {
      if ((*replies)[i].text.starts_with("NOPERM")) {
        check.faults.push_back(fmt::format("user \"{}\" may not use {}: {}", config.redis.username,
                                           commands[i][0], (*replies)[i].text));
      }
    }
    for (const OwnedReply& refused : replies->back().elements) {
      check.faults.push_back(fmt::format("user \"{}\" may not use {}", config.redis.username, refused.text));
    }
  } else {
    check.faults.push_back(replies.error().text);
  }
  check.usable = check.faults.empty();
  return check;
}

}  // namespace anchal::app
