#include "engine/redis/redis_url.h"

#include <algorithm>
#include <charconv>

namespace anchal::redis {

namespace {

using Failure = std::unexpected<std::string>;

struct Scheme {
  std::string_view name;
  RedisUrl::Mode mode;
  bool tls;
  bool unix_socket;
};
constexpr Scheme kSchemes[] = {
    {"redis", RedisUrl::Mode::single, false, false},
    {"rediss", RedisUrl::Mode::single, true, false},
    {"unix", RedisUrl::Mode::single, false, true},
    {"redis+sentinel", RedisUrl::Mode::sentinel, false, false},
    {"rediss+sentinel", RedisUrl::Mode::sentinel, true, false},
    {"redis+cluster", RedisUrl::Mode::cluster, false, false},
    {"rediss+cluster", RedisUrl::Mode::cluster, true, false},
};
constexpr unsigned kDatabaseMax = 65535;
constexpr std::size_t kUnixPathMax = 107;

template <class Number>
std::optional<Number> whole_number(std::string_view text, Number largest) {
  unsigned long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > largest) {
    return std::nullopt;
  }
  return static_cast<Number>(value);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

/// Such an octet stands in no address, and would break a log line; a NUL would cut a path short.
bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

std::expected<RedisUrl::Endpoint, std::string> endpoint(std::string_view text, std::uint16_t default_port) {
  RedisUrl::Endpoint found{{}, default_port};
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return Failure("an IPv6 address is not closed by ']'");
    found.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = text.find(':');
    found.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (found.host.empty()) return Failure("a host name is missing");
  if (rest.empty()) return found;
  const auto port = rest.front() == ':' ? whole_number<std::uint16_t>(rest.substr(1), 65535) : std::nullopt;
  if (!port || *port == 0) return Failure("the port is not a number from 1 to 65535");
  found.port = *port;
  return found;
}

std::expected<void, std::string> read_credentials(std::string_view text, RedisUrl& url) {
  const std::size_t colon = text.find(':');
  const auto user = percent_decoded(text.substr(0, colon));
  const auto password =
      percent_decoded(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
  if (!user || !password)
    return Failure("a '%' in user or password is not followed by two hexadecimal digits");
  url.username = *user;
  url.password = *password;
  return {};
}

std::expected<void, std::string> read_database(std::string_view text, RedisUrl& url) {
  if (text.empty()) return {};
  const auto number = whole_number<unsigned>(text, kDatabaseMax);
  if (!number) return Failure("the database is not a number from 0 to 65535");
  url.database = *number;
  return {};
}

std::expected<RedisUrl, std::string> unix_url(std::string_view rest, RedisUrl url) {
  const std::size_t question = rest.find('?');
  const auto path = percent_decoded(rest.substr(0, question));
  if (!path || !path->starts_with('/'))
    return Failure("unix:// needs an absolute path: unix:///run/redis.sock");
  if (has_control(*path)) return Failure("the path holds a control character");
  if (path->size() > kUnixPathMax) return Failure("the path of a Unix socket has at most 107 octets");
  url.unix_path = *path;
  if (question == std::string_view::npos) return url;
  const std::string_view query = rest.substr(question + 1);
  if (!query.starts_with("db=")) return Failure("the only parameter of unix:// is db");
  if (auto read = read_database(query.substr(3), url); !read) return Failure(read.error());
  return url;
}

}  // namespace

std::expected<RedisUrl, std::string> RedisUrl::parse(std::string_view text) {
  if (has_control(text)) return Failure("the URL holds a control character");
  const std::size_t scheme_end = text.find("://");
  const Scheme* scheme = nullptr;
  for (const Scheme& candidate : kSchemes) {
    if (scheme_end != std::string_view::npos && text.substr(0, scheme_end) == candidate.name)
      scheme = &candidate;
  }
  if (scheme == nullptr) {
    return Failure(
        "the URL must begin with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://");
  }
  RedisUrl url;
  url.mode = scheme->mode;
  url.tls = scheme->tls;
  std::string_view rest = text.substr(scheme_end + 3);
  if (scheme->unix_socket) return unix_url(rest, std::move(url));

  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    if (auto read = read_credentials(rest.substr(0, at), url); !read) return Failure(read.error());
    rest.remove_prefix(at + 1);
  }
  if (rest.find('?') != std::string_view::npos) return Failure("parameters after '?' are not known here");
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  std::string_view path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  const std::uint16_t default_port = url.mode == Mode::sentinel ? 26379 : 6379;
  for (;;) {
    const std::size_t comma = authority.find(',');
    auto found = endpoint(authority.substr(0, comma), default_port);
    if (!found) return Failure(found.error());
    url.endpoints.push_back(std::move(*found));
    if (comma == std::string_view::npos) break;
    authority.remove_prefix(comma + 1);
  }
  if (url.mode == Mode::single && url.endpoints.size() > 1) {
    return Failure("several hosts need redis+sentinel:// or redis+cluster://");
  }
  if (url.mode == Mode::sentinel) {
    const std::size_t end = path.find('/');
    url.group = path.substr(0, end);
    if (url.group.empty())
      return Failure("redis+sentinel:// needs the group's name: redis+sentinel://host/mymaster");
    path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
  }
  if (auto read = read_database(path, url); !read) return Failure(read.error());
  if (url.mode == Mode::cluster && url.database != 0) return Failure("a cluster has only database 0");
  return url;
}

std::string RedisUrl::Endpoint::label() const {
  const bool bracket = host.find(':') != std::string::npos;
  return (bracket ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string RedisUrl::label() const {
  if (!unix_path.empty()) return "unix:" + unix_path;
  std::string text = mode == Mode::sentinel ? group + " of sentinels " : std::string();
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    text += i == 0 ? "" : ",";
    text += endpoints[i].label();
  }
  return text;
}

std::optional<std::string> RedisUrl::unsupported() const {
  switch (mode) {
    case Mode::single:
    case Mode::sentinel:
      return std::nullopt;
    case Mode::cluster:
      return "redis+cluster:// is not supported yet: give the address of a single Redis as redis://";
  }
  return std::nullopt;
}

}  // namespace anchal::redis
