#include "engine/app/config_rules.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "engine/app/suggest.h"
#include "throttle/rate/rate.h"

namespace anchal::app {
namespace {

/// Everything one rule needs; a rule is a function of it.
struct Check {
  AppConfig& config;
  const std::vector<OperatorSettings>& operators;
  const Positions& positions;
  const Surroundings& surroundings;
  Findings& findings;

  void mistake(const std::string& path, std::string message) const {
    const auto at = positions.of(path);
    findings.mistakes.push_back({at.line, at.column, std::move(message)});
  }
  void warn(const std::string& path, std::string message) const {
    const auto at = positions.of(path);
    findings.warnings.push_back({at.line, at.column, std::move(message)});
  }
};

std::string operator_path(std::size_t index, std::string_view setting) {
  return fmt::format("operator[{}].{}", index, setting);
}

template <class List, class NameOf>
void check_names_differ(const Check& check, std::string_view table, const List& list, NameOf name_of) {
  for (std::size_t later = 0; later < list.size(); ++later) {
    for (std::size_t first = 0; first < later; ++first) {
      if (name_of(list[first]).empty() || name_of(list[first]) != name_of(list[later])) continue;
      check.mistake(fmt::format("{}[{}].name", table, later),
                    fmt::format("{}.name \"{}\" is taken by the one in line {}; names must differ", table,
                                name_of(list[later]),
                                check.positions.of(fmt::format("{}[{}].name", table, first)).line));
      break;
    }
  }
}

void check_something_is_there(const Check& check) {
  if (check.config.core.categories.empty()) {
    check.mistake("", "no [[category]]: every job would be refused; add at least one with name and lane");
  }
  if (check.operators.empty()) {
    check.mistake("", "no [[operator]]: nothing could be sent; add at least one with name and host");
  }
}

void check_failover(const Check& check, std::size_t index) {
  const core::OperatorConfig& self = check.operators[index].core;
  std::vector<std::string_view> names;
  names.reserve(check.operators.size());
  for (const OperatorSettings& other : check.operators) names.push_back(other.core.name);
  for (std::size_t i = 0; i < self.failover.size(); ++i) {
    const std::string& target = self.failover[i];
    const std::string path = operator_path(index, fmt::format("failover[{}]", i));
    if (target == self.name) {
      check.mistake(path, fmt::format("operator.failover of \"{}\" names itself", self.name));
    } else if (std::find(names.begin(), names.end(), target) == names.end()) {
      const std::string_view near = nearest(target, names);
      check.mistake(
          path,
          fmt::format("operator.failover of \"{}\" names \"{}\", but no operator has this name{}", self.name,
                      target, near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
    }
  }
}

void check_tls(const Check& check, const std::string& table, bool on, std::string_view off_because,
               const net::TlsSettings& tls) {
  const auto path = [&](std::string_view name) { return fmt::format("{}.{}", table, name); };
  const auto refuse_without_tls = [&](std::string_view name, std::string_view value) {
    if (on || value.empty()) return;
    check.mistake(path(name), fmt::format("{} is \"{}\", but {}", name, value, off_because));
  };
  refuse_without_tls("tls_ca_file", tls.ca_file);
  refuse_without_tls("tls_cert_file", tls.cert_file);
  refuse_without_tls("tls_key_file", tls.key_file);
  refuse_without_tls("tls_server_name", tls.server_name);
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    const bool key_missing = tls.key_file.empty();
    check.mistake(
        path(key_missing ? "tls_cert_file" : "tls_key_file"),
        key_missing
            ? fmt::format("tls_cert_file is \"{}\", but tls_key_file is empty; give both", tls.cert_file)
            : fmt::format("tls_key_file is \"{}\", but tls_cert_file is empty; give both", tls.key_file));
  }
  if (on && !tls.verify) {
    check.warn(path("tls_verify"), "tls_verify is false: anyone on the way can pose as the peer");
  }
}

/// Each alphabet's own setting of its data_coding, as far as it may be used.
void check_data_codings(const Check& check, std::size_t index) {
  const core::OperatorConfig& o = check.operators[index].core;
  struct Coding {
    std::string_view name;
    bool used;
    unsigned value;
  };
  const Coding codings[] = {{"data_coding_gsm7", o.gsm7, o.data_coding.gsm7},
                            {"data_coding_ascii", o.ascii, o.data_coding.ascii},
                            {"data_coding_latin1", o.latin1, o.data_coding.latin1},
                            {"data_coding_ucs2", o.ucs2, o.data_coding.ucs2}};
  for (std::size_t later = 0; later < std::size(codings); ++later) {
    for (std::size_t first = 0; first < later; ++first) {
      const Coding &a = codings[first], &b = codings[later];
      if (!a.used || !b.used || a.value != b.value) continue;
      const bool a_is_written = check.positions.has(operator_path(index, a.name));
      const bool b_is_written = check.positions.has(operator_path(index, b.name));
      check.mistake(
          operator_path(index, a_is_written && !b_is_written ? a.name : b.name),
          fmt::format("operator \"{}\": {} and {} are both {}; nobody could tell the alphabets apart", o.name,
                      a.name, b.name, a.value));
    }
  }
}

void check_septets(const Check& check, std::size_t index) {
  const core::OperatorConfig& o = check.operators[index].core;
  const auto refuse = [&](std::string_view setting, const std::string& why) {
    check.mistake(operator_path(index, setting), fmt::format("operator \"{}\": {}", o.name, why));
  };
  const bool septets = o.default_charset == core::DefaultCharset::gsm7;
  const std::string charset = o.default_charset == core::DefaultCharset::latin1 ? "latin1" : "ascii";
  if (!septets && !o.gsm7) {
    refuse("default_charset",
           fmt::format("default_charset is \"{}\", but gsm7 is false: nothing would go out so", charset));
  }
  if (o.packed && !o.gsm7) refuse("packed", "packed is true, but gsm7 is false");
  if (o.packed && !septets) {
    refuse("packed",
           fmt::format("packed is true, but default_charset is \"{}\"; only septets of gsm7 are packed",
                       charset));
  }
  if (o.fill_with_cr && !o.packed) refuse("fill_with_cr", "fill_with_cr is true, but packed is false");
  if (o.national_languages.empty()) {
    if (o.allow_disputed) refuse("allow_disputed", "allow_disputed is true, but national_languages is empty");
    return;
  }
  if (!o.gsm7) refuse("national_languages", "national_languages is not empty, but gsm7 is false");
  if (!septets) {
    refuse("national_languages",
           fmt::format("national_languages is not empty, but default_charset is \"{}\"; the tables need "
                       "septets that reach the handset as they are",
                       charset));
  }
}

void check_text(const Check& check, std::size_t index) {
  const core::OperatorConfig& o = check.operators[index].core;
  if (!o.gsm7 && !o.ucs2 && !o.latin1 && !o.ascii) {
    check.mistake(
        operator_path(index, "gsm7"),
        fmt::format("operator \"{}\": gsm7, ucs2, latin1 and ascii are all false; one must be true", o.name));
  }
  check_septets(check, index);
  check_data_codings(check, index);
  const std::string parts = operator_path(index, "max_parts");
  if (o.concat == core::ConcatStyle::none && o.max_parts > 1 && check.positions.has(parts)) {
    check.mistake(
        parts, fmt::format("operator \"{}\": max_parts is {}, but concat is \"none\"", o.name, o.max_parts));
  }
  const bool in_every_part = o.concat == core::ConcatStyle::udh8 || o.concat == core::ConcatStyle::udh16;
  if (!o.national_languages.empty() && !in_every_part) {
    check.warn(
        operator_path(index, "concat"),
        fmt::format("operator \"{}\": national_languages need concat = \"udh8\" or \"udh16\" in a long "
                    "message; without, only messages of one part use the tables",
                    o.name));
  }
  if (check.positions.has(operator_path(index, "flash")) && o.default_charset != core::DefaultCharset::gsm7 &&
      o.flash != smpp::FlashStyle::tlv && o.flash != smpp::FlashStyle::none) {
    check.warn(
        operator_path(index, "flash"),
        fmt::format("operator \"{}\": a GSM data_coding cannot mark flash where default_charset is not "
                    "\"gsm7\"; only UCS-2 messages will flash, tlv marks all",
                    o.name));
  }
}

void check_operator(const Check& check, std::size_t index) {
  const OperatorSettings& settings = check.operators[index];
  const core::OperatorConfig& o = settings.core;
  check_failover(check, index);
  check_tls(check, fmt::format("operator[{}]", index), settings.link.tls,
            fmt::format("tls of operator \"{}\" is false", o.name), settings.link.tls_settings);
  check_text(check, index);
  if (!o.password.empty() && !settings.link.password_file.empty()) {
    check.mistake(operator_path(index, "password"),
                  fmt::format("operator \"{}\" has both password and password_file \"{}\"; give one", o.name,
                              settings.link.password_file));
  }
  if (o.reconnect_min > o.reconnect_max) {
    using std::chrono::duration_cast, std::chrono::milliseconds;
    check.mistake(operator_path(index, check.positions.has(operator_path(index, "reconnect_min_ms"))
                                           ? "reconnect_min_ms"
                                           : "reconnect_max_ms"),
                  fmt::format("operator \"{}\": reconnect_min_ms is {}, more than reconnect_max_ms {}",
                              o.name, duration_cast<milliseconds>(o.reconnect_min).count(),
                              duration_cast<milliseconds>(o.reconnect_max).count()));
  }
  if (o.query_trusted && (o.id_in_response != core::ReceiptBase::raw || o.id_fold_case || o.id_strip_zeros)) {
    const std::string_view other = o.id_in_response != core::ReceiptBase::raw ? "id_in_response"
                                   : o.id_fold_case                           ? "id_fold_case"
                                                                              : "id_strip_zeros";
    check.mistake(operator_path(index, "query_trusted"),
                  fmt::format("operator \"{}\": query_trusted asks by the id that the operator gave, and {} "
                              "keeps another form of it; set query_trusted to false",
                              o.name, other));
  }
  if (o.tps == 0) {
    check.warn(operator_path(index, "tps"),
               fmt::format("operator \"{}\" has no tps: no contract rate is kept towards it", o.name));
  }
  if (o.prefixes.empty()) {
    check.warn(
        operator_path(index, "prefixes"),
        fmt::format("operator \"{}\" has an empty list of prefixes: it serves only by failover", o.name));
  }
}

void check_routes(const Check& check) {
  const bool everything =
      std::any_of(check.operators.begin(), check.operators.end(), [](const auto& settings) {
        const auto& prefixes = settings.core.prefixes;
        return std::find(prefixes.begin(), prefixes.end(), "") != prefixes.end();
      });
  if (!everything && !check.operators.empty()) {
    check.warn("", "no operator has the prefix \"\": numbers outside of all prefixes are rejected");
  }
}

void fill_in_passwords(const Check& check, std::vector<OperatorSettings>& operators) {
  const auto first_line = [&](const std::string& path, const std::string& file, std::string& out) {
    if (file.empty()) return;
    const auto text = check.surroundings.read_file(file);
    if (!text) return check.mistake(path, fmt::format("password_file: {}", text.error()));
    out = text->substr(0, text->find_first_of("\r\n"));
    if (out.empty()) check.mistake(path, fmt::format("password_file {} has an empty first line", file));
  };
  for (std::size_t index = 0; index < operators.size(); ++index) {
    if (!operators[index].core.password.empty()) continue;
    std::string& password = operators[index].core.password;
    const std::string path = operator_path(index, "password_file");
    first_line(path, operators[index].link.password_file, password);
    if (password.size() > 64) {
      check.mistake(path, fmt::format("password_file {}: the password has {} octets, at most 64 are allowed",
                                      operators[index].link.password_file, password.size()));
    }
  }
  RedisSettings& redis = check.config.redis;
  first_line("redis.password_file", redis.password_file, redis.password);
  first_line("redis.sentinel_password_file", redis.sentinel_password_file, redis.sentinel_password);
}

void check_redis(const Check& check) {
  RedisSettings& redis = check.config.redis;
  auto address = parse_redis_url(redis.url);
  if (!address) {
    check.mistake("redis.url", fmt::format("redis.url: {}", address.error()));
    return;
  }
  check_tls(check, "redis", address->tls, "redis.url does not start with rediss://", redis.tls);
  if (!address->username.empty() && !redis.username.empty() && address->username != redis.username) {
    check.mistake("redis.username",
                  fmt::format("redis.username is \"{}\", but redis.url names the user \"{}\"", redis.username,
                              address->username));
  }
  if (!address->password.empty() && !redis.password_file.empty()) {
    check.mistake("redis.password_file",
                  fmt::format("redis.password_file is \"{}\", but redis.url has a password too; give one",
                              redis.password_file));
  } else if (!address->password.empty()) {
    check.warn("redis.url", "redis.url holds a password; password_file keeps it out of this file");
  }
  if (redis.username.empty()) redis.username = address->username;
  if (redis.password.empty()) redis.password = address->password;
  if (!redis.username.empty() && redis.password.empty()) {
    check.mistake("redis.username",
                  fmt::format("redis.username is \"{}\", but there is no password_file", redis.username));
  }
  if (address->sentinels.empty() &&
      !(redis.sentinel_username.empty() && redis.sentinel_password_file.empty())) {
    const char* const given =
        redis.sentinel_username.empty() ? "sentinel_password_file" : "sentinel_username";
    check.mistake(
        fmt::format("redis.{}", given),
        fmt::format("redis.{} is given, but redis.url does not start with redis+sentinel://", given));
  } else if (!redis.sentinel_username.empty() && redis.sentinel_password_file.empty()) {
    check.mistake("redis.sentinel_username",
                  fmt::format("redis.sentinel_username is \"{}\", but there is no sentinel_password_file",
                              redis.sentinel_username));
  }
  redis.address = std::move(*address);
  redis.address.username = redis.username;
  redis.address.password = redis.password;
  redis.address.sentinel_username = redis.sentinel_username;
  redis.address.sentinel_password = redis.sentinel_password;
}

/// Splits "host:port" and "[v6]:port".
bool split_listen(std::string_view listen, std::string& host, std::uint16_t& port) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  host = listen.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return false;
  }
  const std::string_view digits = listen.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc{} && end == digits.data() + digits.size() && !host.empty();
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

void check_admin(const Check& check) {
  AdminSettings& admin = check.config.admin;
  if (!split_listen(admin.listen, admin.host, admin.port)) {
    check.mistake("admin.listen", fmt::format("admin.listen is \"{}\", must be host:port", admin.listen));
    return;
  }
  if (!is_loopback(admin.host) && admin.tokens_file.empty()) {
    check.mistake(
        "admin.listen",
        fmt::format("admin.listen is \"{}\", which others can reach, but admin.tokens_file is empty; give "
                    "tokens or listen on 127.0.0.1",
                    admin.listen));
  }
}

/// Parts per second that are the least of one of so many shards: see throttle::Rate::share.
std::uint32_t least_share(std::uint32_t tps, unsigned shards, unsigned partitions) {
  return throttle::Rate::share(tps, partitions / shards, partitions).parts;
}

/// The most shards of which each still has something to send.
unsigned most_shards(std::uint32_t tps, unsigned partitions) {
  unsigned shards = 1;
  while (shards < partitions && (tps == 0 || least_share(tps, shards + 1, partitions) > 0)) ++shards;
  return shards;
}

void check_share(const Check& check, const core::OperatorConfig& o, unsigned shards) {
  const unsigned partitions = check.config.core.partitions;
  if (o.tps == 0 || shards > partitions || least_share(o.tps, shards, partitions) > 0) return;
  const unsigned owned = partitions / shards;
  check.mistake(
      "engine.shards",
      fmt::format("engine.shards is {}, but operator \"{}\" has tps = {}: a shard with {} of the {} "
                  "partitions may send {} x {} / {} = 0 parts/s, so nothing; lower shards to {} or "
                  "raise tps to {}",
                  shards, o.name, o.tps, owned, partitions, o.tps, owned, partitions,
                  most_shards(o.tps, partitions), (partitions + owned - 1) / owned));
}

void check_shards(const Check& check) {
  unsigned least_binds = 64, most = check.config.core.partitions;
  std::size_t least_index = 0;
  const unsigned partitions = check.config.core.partitions;
  for (std::size_t index = 0; index < check.operators.size(); ++index) {
    const core::OperatorConfig& o = check.operators[index].core;
    most = std::min(most, most_shards(o.tps, partitions));
    if (o.binds < least_binds) {
      least_binds = o.binds;
      least_index = index;
    }
    if (o.tps > 0 && o.tps < partitions) {
      check.warn(
          operator_path(index, "tps"),
          fmt::format("operator \"{}\": tps is {}, less than redis.partitions {}; in a fleet an engine "
                      "with few partitions may send nothing through it",
                      o.name, o.tps, partitions));
    }
  }
  unsigned& shards = check.config.shards;
  if (shards == 0) {
    shards = std::clamp(check.surroundings.cores - 1, 1U, std::min(least_binds, most));
    return;
  }
  if (shards > least_binds) {
    check.mistake(
        "engine.shards",
        fmt::format("engine.shards is {}, but operator \"{}\" has binds = {}; each shard needs a bind of "
                    "its own: lower shards or raise binds",
                    shards, check.operators[least_index].core.name, least_binds));
  }
  if (shards > partitions) {
    check.mistake(
        "engine.shards",
        fmt::format("engine.shards is {}, but redis.partitions is {}; a shard beyond would have no work",
                    shards, partitions));
  }
  for (const OperatorSettings& settings : check.operators) check_share(check, settings.core, shards);
}

/// Until a former owner's lease is surely over it may still write: on_doubt must not act before.
void check_doubt_wait(const Check& check, std::size_t index) {
  using std::chrono::duration_cast, std::chrono::milliseconds;
  const core::CategoryConfig& category = check.config.core.categories[index];
  const auto least = duration_cast<milliseconds>(2 * check.config.core.lease);
  if (category.doubt_wait >= least) return;
  check.mistake(
      fmt::format("category[{}].doubt_wait_s", index),
      fmt::format(
          "doubt_wait_s of category \"{}\" is {} s, but engine.lease_ms is {}: doubt must wait for two "
          "leases; raise doubt_wait_s to {} or lower engine.lease_ms",
          category.name, duration_cast<std::chrono::seconds>(category.doubt_wait).count(), least.count() / 2,
          (least.count() + 999) / 1000));
}

void check_query(const Check& check, std::size_t index) {
  const core::CategoryConfig& category = check.config.core.categories[index];
  const auto trusted = [](const OperatorSettings& settings) { return settings.core.query_trusted; };
  if (category.on_doubt != core::OnDoubt::query || std::ranges::any_of(check.operators, trusted)) return;
  check.warn(fmt::format("category[{}].on_doubt", index),
             fmt::format("category \"{}\" asks by query_sm, but no operator has query_trusted: its messages "
                         "in doubt are reported",
                         category.name));
}

void check_engine_id(const Check& check) {
  std::string& id = check.config.core.engine_id;
  if (!check.positions.has("engine.id")) {
    id.clear();
    for (const char c : check.surroundings.host_name.substr(0, 64)) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                         c == '-' || c == '.' || c == '_';
      id += plain ? c : '-';
    }
  }
  if (id.empty())
    check.mistake("engine", "engine.id is missing and the host has no name; add id = \"engine-1\"");
}

}  // namespace

Positions::Position Positions::of(std::string path) const {
  for (;;) {
    if (const auto found = positions_.find(path); found != positions_.end()) return found->second;
    const std::size_t cut = path.find_last_of(".[");
    if (cut == std::string::npos || cut == 0) return {};
    path.resize(cut);
  }
}

void check_rules(AppConfig& config, std::vector<OperatorSettings>& operators, const Positions& positions,
                 const Surroundings& surroundings, Findings& findings) {
  const Check check{config, operators, positions, surroundings, findings};
  check_something_is_there(check);
  check_engine_id(check);
  check_names_differ(check, "category", config.core.categories,
                     [](const auto& c) -> auto& { return c.name; });
  check_names_differ(check, "operator", operators, [](const auto& o) -> auto& { return o.core.name; });
  for (std::size_t index = 0; index < operators.size(); ++index) check_operator(check, index);
  for (std::size_t index = 0; index < config.core.categories.size(); ++index) {
    check_doubt_wait(check, index);
    check_query(check, index);
  }
  check_routes(check);
  fill_in_passwords(check, operators);
  check_redis(check);
  check_admin(check);
  check_shards(check);
}

}  // namespace anchal::app
