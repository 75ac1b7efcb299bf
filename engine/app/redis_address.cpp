#include "engine/app/redis_address.h"

#include <charconv>

namespace anchal::app {
namespace {

constexpr unsigned kDatabaseMax = 65'535;

template <class Number>
bool read_number(std::string_view text, Number max, Number& out) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return false;
  out = static_cast<Number>(value);
  return true;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool percent_decode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return false;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return false;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return true;
}

std::expected<RedisAddress, std::string> parse_unix(std::string_view rest) {
  RedisAddress address;
  const std::size_t query = rest.find('?');
  address.unix_path = rest.substr(0, query);
  if (address.unix_path.empty() || address.unix_path.front() != '/') {
    return std::unexpected("a Unix socket is written unix:///path with an absolute path");
  }
  if (address.unix_path.size() > 107)
    return std::unexpected("the path of a Unix socket has at most 107 octets");
  if (query == std::string_view::npos) return address;
  const std::string_view option = rest.substr(query + 1);
  if (!option.starts_with("db=") || !read_number(option.substr(3), kDatabaseMax, address.database)) {
    return std::unexpected("the only option of a Unix socket is ?db=NUMBER");
  }
  return address;
}

std::expected<void, std::string> parse_host(std::string_view text, RedisAddress& address) {
  if (text.find(',') != std::string_view::npos) {
    return std::unexpected("one host only; several hosts need a scheme for Sentinel or Cluster");
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::unexpected("an IPv6 address needs its closing bracket");
    address.host = text.substr(1, close - 1);
    const std::string_view after = text.substr(close + 1);
    if (!after.empty() && after.front() != ':')
      return std::unexpected("after the host comes :port or /database");
    if (!after.empty()) port = after.substr(1);
  } else {
    const std::size_t colon = text.find(':');
    address.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
    if (port.find(':') != std::string_view::npos)
      return std::unexpected("an IPv6 address stands in brackets");
  }
  if (address.host.empty()) return std::unexpected("the host is missing");
  if (port.data() != nullptr &&
      (!read_number<std::uint16_t>(port, 65'535, address.port) || address.port == 0)) {
    return std::unexpected("the port is a number from 1 to 65535");
  }
  return {};
}

}  // namespace

std::string RedisAddress::label() const {
  if (!unix_path.empty()) return unix_path;
  if (host.find(':') != std::string::npos) return "[" + host + "]:" + std::to_string(port);
  return host + ":" + std::to_string(port);
}

std::expected<RedisAddress, std::string> parse_redis_url(std::string_view url) {
  const std::size_t mark = url.find("://");
  const std::string_view scheme = mark == std::string_view::npos ? std::string_view{} : url.substr(0, mark);
  if (scheme == "unix") return parse_unix(url.substr(mark + 3));
  if (scheme != "redis" && scheme != "rediss") {
    return std::unexpected("it starts with redis://, rediss:// (TLS) or unix:///path");
  }
  RedisAddress address;
  address.tls = scheme == "rediss";
  std::string_view rest = url.substr(mark + 3);
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = rest.substr(0, at);
    const std::size_t colon = user.find(':');
    if (!percent_decode(user.substr(0, colon), address.username) ||
        (colon != std::string_view::npos && !percent_decode(user.substr(colon + 1), address.password))) {
      return std::unexpected("user and password have a broken % escape");
    }
    rest.remove_prefix(at + 1);
  }
  if (rest.find('?') != std::string_view::npos) return std::unexpected("options after ? are not known here");
  const std::size_t slash = rest.find('/');
  if (auto host = parse_host(rest.substr(0, slash), address); !host) return std::unexpected(host.error());
  if (slash != std::string_view::npos && slash + 1 < rest.size() &&
      !read_number(rest.substr(slash + 1), kDatabaseMax, address.database)) {
    return std::unexpected("after the slash comes the number of the database");
  }
  return address;
}

}  // namespace anchal::app
